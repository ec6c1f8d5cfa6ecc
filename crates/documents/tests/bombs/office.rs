//! Workbooks and documents.

use docmill_documents::sheets::{Limits, xlsx};

use crate::support::Alone;
use crate::zips::container;
use crate::{MOST_MEMORY_BYTES, are_cheap, are_refused};

const WORKBOOK: &str =
    "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"a\"/></sheets></workbook>";
const RELATIONS: &str = "<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";

/// A workbook of one sheet.
fn book(head: &str, body: &str, times: usize, tail: &str) -> Vec<u8> {
    book_with(
        ("xl/media/none", "", "", 0, ""),
        ("xl/worksheets/sheet1.xml", head, body, times, tail),
    )
}

type Part<'p> = (&'p str, &'p str, &'p str, usize, &'p str);

fn book_with(other: Part<'_>, sheet: Part<'_>) -> Vec<u8> {
    container(&[
        ("xl/workbook.xml", WORKBOOK, "", 0, ""),
        ("xl/_rels/workbook.xml.rels", RELATIONS, "", 0, ""),
        other,
        sheet,
    ])
}

/// A workbook with a part beside its one empty sheet.
fn beside(part: Part<'_>) -> Vec<u8> {
    book_with(part, ("xl/worksheets/sheet1.xml", "<worksheet/>", "", 0, ""))
}

fn sheet(body: &str, times: usize) -> Vec<u8> {
    book("<worksheet>", body, times, "</worksheet>")
}

fn strings(body: &str, times: usize) -> Vec<u8> {
    beside(("xl/sharedStrings.xml", "<sst>", body, times, "</sst>"))
}

fn attributes(each: &str, times: usize) -> String {
    format!("<c {}/>", each.repeat(times))
}

fn gaps() -> Vec<u8> {
    let rows: String = (1..=100_200)
        .map(|row| format!("<row r=\"{}\"><c><v>1</v></c></row>", row * 10))
        .collect();
    sheet(&rows, 1)
}

fn merged_pairs() -> Vec<u8> {
    sheet("<mergeCell ref=\"A1:B1\"/>", 600_000)
}

fn relations() -> Vec<u8> {
    let id = "i".repeat(1_000);
    let body: String = (0..5_000)
        .map(|number| format!("<Relationship Id=\"{id}{number}\" Type=\"{id}\" Target=\"{id}\"/>"))
        .collect();
    container(&[
        ("xl/workbook.xml", WORKBOOK, "", 0, ""),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships>",
            &body,
            1,
            "</Relationships>",
        ),
    ])
}

fn entities() -> Vec<u8> {
    let mut text = String::from("<!DOCTYPE a [<!ENTITY a0 \"ha\">");
    for level in 1..10 {
        let inner = format!("&a{};", level - 1).repeat(10);
        text += &format!("<!ENTITY a{level} \"{inner}\">");
    }
    book(&format!("{text}]><worksheet>&a9;"), "", 0, "</worksheet>")
}

#[test]
fn workbooks_are_refused() {
    are_refused(&[
        (
            "shared texts",
            || strings("<si><t>a</t></si>", 1_100_000),
            "TOO_MANY_CELLS",
        ),
        (
            "long shared texts",
            || strings(&format!("<si><t>{}</t></si>", "a".repeat(100_000)), 200),
            "TEXT_TOO_LONG",
        ),
        (
            "one long text",
            || strings(&format!("<si><t>{}</t></si>", "a".repeat(900_000)), 60),
            "CELL_TOO_LONG",
        ),
        (
            "the last cell of a sheet",
            || sheet("<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>", 1),
            "TOO_MANY_COLUMNS",
        ),
        ("rows with gaps", gaps, "TOO_MANY_ROWS"),
        ("empty rows", || sheet("<row/>", 1_100_000), "CORRUPT"),
        (
            "empty cells",
            || {
                book(
                    "<worksheet><row>",
                    "<c s=\"1\"/>",
                    2_500_000,
                    "</row></worksheet>",
                )
            },
            "TOO_MANY_ELEMENTS",
        ),
        (
            "cells",
            || {
                sheet(
                    "<row><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c></row>",
                    95_000,
                )
            },
            "TOO_MANY_CELLS",
        ),
        (
            "a merged sheet",
            || sheet("<mergeCell ref=\"A1:XFD1048576\"/>", 1),
            "TOO_MANY_CELLS",
        ),
        ("merged pairs", merged_pairs, "TOO_MANY_CELLS"),
        (
            "styles",
            || {
                beside((
                    "xl/styles.xml",
                    "<styleSheet><cellXfs>",
                    "<xf/>",
                    70_000,
                    "</cellXfs></styleSheet>",
                ))
            },
            "TOO_MANY_CELLS",
        ),
        ("relations", relations, "TOO_MANY_PARTS"),
    ]);
}

#[test]
fn markup_is_refused() {
    are_refused(&[
        ("entities in entities", entities, "CORRUPT"),
        ("empty elements", || sheet("<a/>", 3_000_000), "TOO_MANY_ELEMENTS"),
        (
            "elements without a name",
            || book("<worksheet>", "<>", 1 << 20, ""),
            "NESTED_TOO_DEEP",
        ),
        (
            "opening brackets",
            || book("<worksheet>", "<", 4 << 20, ""),
            "CELL_TOO_LONG",
        ),
        ("references", || sheet("&amp;", 3_000_000), "TOO_MANY_ELEMENTS"),
        (
            "numbered references",
            || sheet("&#1114111;", 3_000_000),
            "TOO_MANY_ELEMENTS",
        ),
        ("comments", || sheet("<!---->", 3_000_000), "TOO_MANY_ELEMENTS"),
        ("instructions", || sheet("<?a?>", 3_000_000), "TOO_MANY_ELEMENTS"),
        ("nesting", || book("", "<a>", 1 << 20, ""), "NESTED_TOO_DEEP"),
        (
            "one long tag",
            || sheet(&attributes("a=\"\" ", 300_000), 1),
            "CELL_TOO_LONG",
        ),
    ]);
    are_cheap(&[
        ("long tags", || {
            sheet(&format!("<row>{}</row>", attributes("a=\"\" ", 190_000)), 68)
        }),
        ("tags with attributes", || {
            sheet(&format!("<row>{}</row>", attributes("a=\"\" ", 60)), 200_000)
        }),
        ("long values", || {
            sheet(&format!("<row><c r=\"{}\"/></row>", "A".repeat(900_000)), 70)
        }),
        ("long comments", || {
            sheet(&format!("<!--{}-->", " ".repeat(900_000)), 70)
        }),
    ]);
}

fn document(body: &str, times: usize) -> Vec<u8> {
    container(&[("word/document.xml", "<w:document>", body, times, "</w:document>")])
}

#[test]
fn documents_are_refused() {
    are_refused(&[
        (
            "tables in tables",
            || document("<w:tbl><w:tr><w:tc>", 100_000),
            "NESTED_TOO_DEEP",
        ),
        ("tables", || document("<w:tbl/>", 100_000), "TOO_MANY_SHEETS"),
        (
            "rows",
            || document(&format!("<w:tbl>{}</w:tbl>", "<w:tr/>".repeat(110_000)), 1),
            "TOO_MANY_ROWS",
        ),
        (
            "columns",
            || {
                document(
                    &format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", "<w:tc/>".repeat(2_000)),
                    1,
                )
            },
            "TOO_MANY_COLUMNS",
        ),
        (
            "cells",
            || {
                document(
                    &format!(
                        "<w:tbl>{}</w:tbl>",
                        format!("<w:tr>{}</w:tr>", "<w:tc/>".repeat(1_000)).repeat(1_100)
                    ),
                    1,
                )
            },
            "TOO_MANY_CELLS",
        ),
        (
            "a wide cell",
            || {
                document(
                    "<w:tbl><w:tr><w:tc><w:gridSpan w:val=\"4294967295\"/></w:tc><w:tc/></w:tr></w:tbl>",
                    1,
                )
            },
            "TOO_MANY_COLUMNS",
        ),
        (
            "paragraphs",
            || document("<w:p><w:t>a</w:t></w:p>", 200_000),
            "TOO_MANY_ROWS",
        ),
        ("tabs", || document("<w:tab/>", 1 << 20), "CELL_TOO_LONG"),
        (
            "a long paragraph",
            || document("<w:t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</w:t>", 1 << 20),
            "CELL_TOO_LONG",
        ),
    ]);
}

/// A million numbers: as many as there may be.
#[test]
fn the_largest_workbook_fits() {
    let make = || {
        let cells = "<c><v>1234567.89</v></c>".repeat(10);
        sheet(&format!("<row>{cells}</row>"), 100_000)
    };
    let alone = Alone::wait();
    let (sheets, used) = alone.measured(make, |file| xlsx::read(&file, &Limits::default()).unwrap());
    assert_eq!(sheets[0].cell_count(), 1_000_000);
    println!("a million numbers: {used:?}");
    assert!(used.memory_bytes < MOST_MEMORY_BYTES, "{used:?}");
}
