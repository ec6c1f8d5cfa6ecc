use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use proptest::prelude::*;

use super::super::delimiter::ALL;
use super::*;

fn table(bytes: &[u8]) -> Delimited {
    read(bytes, &Options::default(), &Limits::default()).unwrap()
}

fn rows(sheet: &Sheet) -> Vec<Vec<String>> {
    let texts = |row: super::super::Row<'_>| row.cells().map(|cell| cell.text.to_owned()).collect();
    sheet.rows().map(texts).collect()
}

fn numbers(sheet: &Sheet) -> Vec<u32> {
    sheet.rows().map(|row| row.number()).collect()
}

fn refused(bytes: &[u8], limits: &Limits) -> &'static str {
    read(bytes, &Options::default(), limits).unwrap_err().code()
}

/// UTF-16 has no encoder in `encoding_rs`, since the web does not write it.
fn encode(text: &str, encoding: &'static Encoding, mark: bool) -> Vec<u8> {
    let text = if mark {
        format!("\u{feff}{text}")
    } else {
        text.to_owned()
    };
    if encoding == UTF_16LE {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else if encoding == UTF_16BE {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    } else {
        encoding.encode(&text).0.into_owned()
    }
}

#[test]
fn rows_stay_as_they_are() {
    let found = table(b"Statement 12\n\nDate,Text,Amount\r\n1,\"a, \"\"b\"\"\nc\",2\n\n3\n,,\n");
    assert_eq!(
        rows(&found.sheet),
        [
            vec!["Statement 12"],
            vec!["Date", "Text", "Amount"],
            vec!["1", "a, \"b\"\nc", "2"],
            vec!["3"],
            vec!["", "", ""],
        ]
    );
    assert_eq!(numbers(&found.sheet), [1, 3, 4, 7, 8]);
    assert_eq!(found.sheet.width(), 3);
    assert_eq!(found.sheet.row(1).unwrap().text(1), "Text");
    assert_eq!(found.sheet.row(3).unwrap().text(9), "");
    assert!(found.sheet.row(4).unwrap().is_blank());
}

#[test]
fn amounts_stay_texts() {
    let found = table(b"a;b\n1.234,50;0012\n");
    let row = found.sheet.row(1).unwrap();
    assert_eq!(row.get(0).unwrap().value, super::super::Value::Text("1.234,50"));
    assert_eq!(row.text(1), "0012");
}

#[test]
fn every_line_end_is_known() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a,b", "1,2", "", "3,4"].join(end);
        let found = table(text.as_bytes());
        assert_eq!(rows(&found.sheet), [["a", "b"], ["1", "2"], ["3", "4"]]);
        assert_eq!(numbers(&found.sheet), [1, 2, 4], "{end:?}");
    }
}

#[test]
fn excel_tells_the_delimiter() {
    let found = table(b"sep=;\na,b;c\n1,2;3\n");
    assert_eq!(rows(&found.sheet), [["a,b", "c"], ["1,2", "3"]]);
    assert_eq!(numbers(&found.sheet), [2, 3]);
    assert_eq!(found.delimiter, Delimiter::Semicolon);
}

#[test]
fn an_empty_text_has_no_rows() {
    assert_eq!(table(b"").sheet.row_count(), 0);
    assert_eq!(table(b"\xef\xbb\xbf\r\n").sheet.row_count(), 0);
    assert_eq!(refused(b"a,b\0\n", &Limits::default()), "NOT_A_TEXT");
    assert_eq!(refused(b"\xff\xfea\0\0\0", &Limits::default()), "NOT_A_TEXT");
}

#[test]
fn damage_is_told() {
    let found = table(b"\xc3\xa9,\xc3\xa8\n\xc3,b\n");
    assert!(found.has_replaced);
    assert_eq!(found.sheet.row(1).unwrap().text(0), "\u{fffd}");
    assert!(!table("é,è\n".as_bytes()).has_replaced);
}

#[test]
fn an_open_quotation_mark_is_told_by_its_line() {
    let mut text = "a,b\n1,\"two\"\n3,\"four\n".to_owned();
    text.push_str(&"5,6\n".repeat(10));
    let refusal = read(text.as_bytes(), &Options::default(), &Limits::default()).unwrap_err();
    assert_eq!(refusal, SheetError::UnclosedQuote { line: 3 });
    // The same before so much was read that the end was not seen.
    text.push_str(&"5,6\n".repeat(1 << 19));
    let refusal = read(text.as_bytes(), &Options::default(), &Limits::default()).unwrap_err();
    assert_eq!(refusal, SheetError::UnclosedQuote { line: 3 });
    // A mark inside a cell opens nothing.
    assert_eq!(
        table(b"5\" pipe,2\n3,4\n").sheet.row(0).unwrap().text(0),
        "5\" pipe"
    );
}

#[test]
fn bombs_are_refused() {
    let limits = Limits::default();
    assert_eq!(refused(&vec![b'a'; (10 << 20) + 1], &limits), "FILE_TOO_LARGE");
    assert_eq!(refused(&vec![b','; 2_000], &limits), "TOO_MANY_COLUMNS");
    assert_eq!(refused(&vec![b','; 10 << 20], &limits), "CELL_TOO_LONG");
    assert_eq!(refused(&b",\n".repeat(1 << 20), &limits), "TOO_MANY_ROWS");
    assert_eq!(
        refused(&[&[b','; 100][..], b"\n"].concat().repeat(20_000), &limits),
        "TOO_MANY_CELLS"
    );
    assert_eq!(refused(&vec![b'a'; 1 << 18], &limits), "CELL_TOO_LONG");
    assert_eq!(refused(&vec![b'a'; 9 << 20], &limits), "CELL_TOO_LONG");
    assert_eq!(
        refused(&[&[b'"'][..], &vec![b'a'; 9 << 20]].concat(), &limits),
        "QUOTE_NOT_CLOSED"
    );
    let small = Limits {
        text_bytes: 10,
        ..limits
    };
    assert_eq!(refused(b"abcdef,g\nhijkl,m\n", &small), "TEXT_TOO_LONG");
}

fn delimiters() -> impl Strategy<Value = Delimiter> {
    proptest::sample::select(ALL.to_vec())
}

fn written(rows: &[Vec<String>], delimiter: Delimiter) -> String {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter.byte())
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        cells in proptest::collection::vec(proptest::collection::vec("[a-zé€ ,;|\t\"'\n0-9.-]{0,8}", 1..6), 0..12),
        delimiter in delimiters(),
        encoding in proptest::sample::select(vec![UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252]),
        mark in any::<bool>(),
    ) {
        let text = written(&cells, delimiter);
        let bytes = encode(&text, encoding, mark && encoding != WINDOWS_1252);
        let options = Options { encoding: Some(encoding), delimiter: Some(delimiter) };
        let found = read(&bytes, &options, &Limits::default()).unwrap();
        prop_assert_eq!(rows(&found.sheet), cells);
        prop_assert_eq!(found.encoding, encoding);
        prop_assert!(!found.has_replaced);
    }

    #[test]
    fn a_statement_needs_no_options(
        lines in proptest::collection::vec(("[0-3][0-9]/[01][0-9]/20[12][0-9]", "[A-Za-zéèà ,;&.'-]{1,20}", "-?[0-9]{1,4},[0-9]{2}"), 2..30),
        delimiter in delimiters(),
        encoding in proptest::sample::select(vec![UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252]),
        mark in any::<bool>(),
    ) {
        let mut cells = vec![["Date", "Libellé de l’opération", "Montant en €"].map(str::to_owned).to_vec()];
        cells.extend(lines.into_iter().map(|(date, text, amount)| vec![date, text, amount]));
        let text = written(&cells, delimiter);
        let found = table(&encode(&text, encoding, mark && encoding != WINDOWS_1252));
        prop_assert_eq!(found.delimiter, delimiter);
        prop_assert_eq!(rows(&found.sheet), cells);
        prop_assert_eq!(found.encoding, encoding);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(found) = read(&bytes, &Options::default(), &Limits::default()) {
            prop_assert!(found.sheet.cell_count() <= bytes.len() + 1);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a,;\"\r\n\t|é]{0,80}", delimiter in delimiters()) {
        let options = Options { delimiter: Some(delimiter), ..Options::default() };
        match read(text.as_bytes(), &options, &Limits::default()) {
            Ok(found) => {
                let numbers = numbers(&found.sheet);
                prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", numbers);
            }
            Err(refusal) => prop_assert_eq!(refusal.code(), "QUOTE_NOT_CLOSED"),
        }
    }
}
