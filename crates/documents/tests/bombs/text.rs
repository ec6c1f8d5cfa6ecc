//! Tables of text and statements of banks.

use crate::{are_cheap, are_refused};

/// Just below the largest file.
const FULL: usize = 10 << 20;

fn filled(head: &str, body: &str, tail: &str) -> Vec<u8> {
    let times = (FULL - head.len() - tail.len()) / body.len();
    [head, &body.repeat(times), tail].concat().into_bytes()
}

fn nested(depth: usize) -> Vec<u8> {
    let mut file = String::from("<OFX>");
    for level in 0..depth {
        file += &format!("<A{level}>");
    }
    for level in (0..depth).rev() {
        file += &format!("</A{level}>");
    }
    file.into_bytes()
}

#[test]
fn texts_are_refused() {
    are_refused(&[
        ("100 MB", || vec![b'a'; 100 << 20], "FILE_TOO_LARGE"),
        ("one field", || filled("a,b\n1,", "a", "\n"), "CELL_TOO_LONG"),
        (
            "one quoted field",
            || filled("a,b\n1,\"", "a", "\"\n"),
            "QUOTE_NOT_CLOSED",
        ),
        (
            "an open quotation mark",
            || filled("a,b\n1,\"", "a\n", ""),
            "QUOTE_NOT_CLOSED",
        ),
        ("quotation marks", || filled("a,b\n1,", "\"", ""), "CELL_TOO_LONG"),
        (
            "a million columns",
            || ",".repeat(1_000_000).into_bytes(),
            "TOO_MANY_COLUMNS",
        ),
        ("ten million columns", || filled("", ",", ""), "CELL_TOO_LONG"),
        ("rows", || filled("", "a,b\n", ""), "TOO_MANY_ROWS"),
        (
            "cells",
            || filled("", &format!("{}\n", ",".repeat(1_000)), ""),
            "TOO_MANY_CELLS",
        ),
        ("controls", || filled("a,b\n", "\u{1}", ""), "NOT_A_TEXT"),
        ("zeros", || vec![0; FULL], "NOT_A_TEXT"),
        (
            "letters of no encoding",
            || [b"a,b\n".to_vec(), vec![0x81; FULL - 4]].concat(),
            "CELL_TOO_LONG",
        ),
        (
            "UTF-16",
            || [vec![0xff, 0xfe], b"a\0".repeat(FULL / 2 - 1)].concat(),
            "CELL_TOO_LONG",
        ),
    ]);
}

#[test]
fn statements_are_refused() {
    are_refused(&[
        (
            "transactions",
            || filled("<OFX>", "<STMTTRN>", ""),
            "TOO_MANY_ROWS",
        ),
        (
            "transactions with all they may have",
            full_transactions,
            "TOO_MANY_ROWS",
        ),
        (
            "statements",
            || filled("<OFX>", "<STMTRS>", ""),
            "TOO_MANY_SHEETS",
        ),
        (
            "answers",
            || filled("<OFX>", "<STATUS><CODE>1</STATUS>", ""),
            "TOO_MANY_SHEETS",
        ),
        ("nesting", || nested(10_000), "NESTED_TOO_DEEP"),
        (
            "a long field",
            || filled("<OFX><STMTTRN><MEMO>", "a", ""),
            "CELL_TOO_LONG",
        ),
        (
            "fields",
            || filled("<OFX><STMTTRN>", "<MEMO>a", ""),
            "TOO_MANY_CELLS",
        ),
        (
            "zeros",
            || [b"<OFX>".to_vec(), vec![0; FULL - 5]].concat(),
            "NOT_A_TEXT",
        ),
    ]);
}

fn full_transactions() -> Vec<u8> {
    filled(
        "<OFX>",
        "<STMTTRN><TRNTYPE>A<DTPOSTED>20240101<TRNAMT>1<FITID>1<NAME>a<MEMO>b</STMTTRN>",
        "",
    )
}

#[test]
fn what_is_read_in_the_end_is_cheap() {
    are_cheap(&[
        ("blank lines", || filled("", "\n", "")),
        ("opening brackets", || filled("<OFX>", "<", "")),
        ("empty names", || filled("<OFX>", "<>", "")),
        ("comments that are never closed", || filled("<OFX>", "<!--", "")),
        ("sections that are never closed", || {
            filled("<OFX>", "<![CDATA[", "")
        }),
        ("tags that are never closed", || filled("<OFX>", "<A ", "")),
        ("closing tags", || filled("<OFX>", "</A>", "")),
        ("empty elements", || filled("<OFX>", "<A>", "")),
        ("references", || filled("<OFX>", "&amp;", "")),
        ("names", names),
        ("letters of no encoding", || {
            [b"<OFX>".to_vec(), vec![0x81; FULL - 5]].concat()
        }),
    ]);
}

/// As many different elements as fit.
fn names() -> Vec<u8> {
    let mut file = String::from("<OFX>");
    for number in 0..600_000 {
        file += &format!("<A{number}></A{number}>");
        if file.len() > FULL - 100 {
            break;
        }
    }
    file.into_bytes()
}
