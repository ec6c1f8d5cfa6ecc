use std::sync::LazyLock;

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Formula, Workbook};

use super::super::testing::container;
use super::super::{Kind, Value, kind};
use super::*;

fn book(bytes: &[u8]) -> Vec<Sheet> {
    read(bytes, &Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> &'static str {
    read(bytes, &Limits::default()).unwrap_err().code()
}

const WORKBOOK: &str =
    "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"a\"/></sheets></workbook>";
const RELATIONS: &str = "<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";

/// A workbook of one sheet, with these cells and these shared strings.
fn packed(sheet: &str, strings: &str) -> Vec<u8> {
    container(&[
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/sharedStrings.xml", format!("<sst>{strings}</sst>").as_bytes()),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet>{sheet}</worksheet>").as_bytes(),
        ),
    ])
}

fn rows(cells: &str) -> String {
    format!("<sheetData>{cells}</sheetData>")
}

/// What Excel's own writer makes, with a cell of each kind.
static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Bank & Co").unwrap();
    let format = |code: &str| Format::new().set_num_format(code);
    sheet.write_string(0, 0, "Date").unwrap();
    sheet.write_string(0, 1, " é\n<b>&_x0041_ ").unwrap();
    sheet
        .write_number_with_format(1, 0, 45_957, &format("dd/mm/yyyy"))
        .unwrap();
    sheet.write_number(1, 1, -1_234.56).unwrap();
    sheet.write_boolean(1, 2, true).unwrap();
    sheet.write_boolean(1, 3, false).unwrap();
    sheet
        .write_formula(2, 0, Formula::new("=1+1").set_result("2"))
        .unwrap();
    sheet
        .write_formula(2, 1, Formula::new("=\"a\"&\"b\"").set_result("ab"))
        .unwrap();
    sheet
        .write_number_with_format(3, 0, 0.395_833_333_333_333_3, &format("hh:mm"))
        .unwrap();
    sheet
        .write_number_with_format(3, 1, 45_957.5, &format("yyyy-mm-dd hh:mm"))
        .unwrap();
    sheet
        .write_number_with_format(3, 2, 1.104_166_666_666_666_7, &format("[h]:mm"))
        .unwrap();
    sheet
        .write_number_with_format(3, 3, 1_234, &format("00000"))
        .unwrap();
    sheet.set_row_hidden(3).unwrap();
    sheet.merge_range(5, 1, 7, 3, "Lunch", &Format::new()).unwrap();
    let hidden = workbook.add_worksheet();
    hidden.set_name("Hidden").unwrap().set_hidden(true);
    hidden.write_string(9, 2, "x").unwrap();
    workbook.save_to_buffer().unwrap()
});

#[test]
fn a_workbook_is_read_as_written() {
    assert_eq!(kind(&WRITTEN, "x.csv"), Some(Kind::Xlsx));
    let sheets = book(&WRITTEN);
    let [sheet, hidden] = &sheets[..] else {
        panic!("{} sheets", sheets.len())
    };
    assert_eq!((sheet.name(), sheet.is_hidden()), ("Bank & Co", false));
    assert_eq!((hidden.name(), hidden.is_hidden()), ("Hidden", true));
    let only = hidden.row(0).unwrap();
    assert_eq!((only.number(), only.text(2), hidden.row_count()), (10, "x", 1));

    let values: Vec<Vec<Value<'_>>> = sheet
        .rows()
        .map(|row| row.cells().map(|cell| cell.value).collect())
        .collect();
    assert_eq!(
        values,
        [
            vec![Value::Text("Date"), Value::Text(" é\n<b>&_x0041_ ")],
            vec![
                Value::Date("2025-10-27"),
                Value::Number("-1234.56"),
                Value::Bool(true),
                Value::Bool(false)
            ],
            vec![Value::Number("2"), Value::Text("ab")],
            vec![
                Value::Time("09:30"),
                Value::DateTime("2025-10-27T12:00:00"),
                Value::Duration("26:30"),
                Value::Number("1234")
            ],
            vec![Value::Text("Lunch")],
        ]
    );
    let row = |index| sheet.row(index).unwrap();
    assert_eq!(row(1).get(0).unwrap().source, "45957");
    assert_eq!(row(1).text(2), "TRUE");
    assert!(row(2).get(0).unwrap().is_formula && !row(1).get(1).unwrap().is_formula);
    assert_eq!(row(3).text(3), "01234");
    assert!(row(3).is_hidden() && !row(2).is_hidden());
    let lunch = row(4).get(1).unwrap();
    assert_eq!((row(4).number(), lunch.row_span, lunch.column_span), (6, 3, 3));
    assert_eq!(sheet.width(), 4);
}

#[test]
fn cells_of_other_programs() {
    let cells = rows(
        "<row><c><v>1</v></c><c r=\"C1\" t=\"inlineStr\"><is><r><t>a</t></r><r><t xml:space=\"preserve\"> b</t></r><rPh><t>no</t></rPh></is></c></row>\
         <row r=\"7\"><c t=\"s\"><v>1</v></c><c t=\"s\"><v>0</v></c><c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c><c t=\"d\"><v>2025-10-27T00:00:00</v></c>\
         <c><v>1234.5599999999999</v></c><c t=\"b\"><v>1</v></c><c s=\"99\"><v>0.1E1</v></c><c><v>?</v></c></row>\
         <row><c r=\"A8\"/></row>",
    );
    let strings = "<si><t/></si><si><r><t>two</t></r><r><t>_x000D_\nlines</t></r></si>";
    let sheets = book(&packed(&cells, strings));
    let sheet = &sheets[0];
    let numbers: Vec<u32> = sheet.rows().map(|row| row.number()).collect();
    assert_eq!(numbers, [1, 7]);
    assert_eq!(sheet.row(0).unwrap().text(2), "a b");
    let row = sheet.row(1).unwrap();
    let values: Vec<_> = row.cells().map(|cell| (cell.column, cell.value)).collect();
    assert_eq!(
        values,
        [
            (0, Value::Text("two\nlines")),
            (2, Value::Error("#DIV/0!")),
            (3, Value::Date("2025-10-27")),
            (4, Value::Number("1234.56")),
            (5, Value::Bool(true)),
            (6, Value::Number("1")),
            (7, Value::Text("?")),
        ]
    );
    assert_eq!((row.text(4), row.text(6)), ("1234.56", "1"));
}

#[test]
fn numbers_are_what_their_formats_say() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let formats = ["0%", "0.00%", "#,##0.00\\ [$€-407]", "[$USD] 0.00", "0.00", "000"];
    let numbers = [0.07, 0.055, 0.1 + 0.2, 1_234.56, 100.0, 7.0];
    for (column, (format, number)) in (0..).zip(formats.iter().zip(numbers)) {
        let format = Format::new().set_num_format(*format);
        sheet
            .write_number_with_format(0, column, number, &format)
            .unwrap();
    }
    sheet.set_column_hidden(2).unwrap();
    let sheets = book(&workbook.save_to_buffer().unwrap());
    let row = sheets[0].row(0).unwrap();
    let cells: Vec<_> = row
        .cells()
        .map(|cell| (cell.text, cell.value, cell.format))
        .collect();
    assert_eq!(
        cells,
        [
            ("7%", Value::Percent("7"), formats[0]),
            ("5.5%", Value::Percent("5.5"), formats[1]),
            ("0.3", Value::Number("0.3"), formats[2]),
            ("1234.56", Value::Number("1234.56"), formats[3]),
            ("100", Value::Number("100"), formats[4]),
            ("007", Value::Number("7"), formats[5]),
        ]
    );
    assert!(sheets[0].is_column_hidden(2) && !sheets[0].is_column_hidden(1));
}

#[test]
fn days_of_old_macs() {
    let styles = b"<styleSheet><cellXfs><xf numFmtId=\"14\"/></cellXfs></styleSheet>";
    for (setting, day) in [
        ("<workbookPr date1904=\"1\"/>", "2025-10-27"),
        ("<workbookPr date1904=\"0\"/>", "2021-10-26"),
        ("", "2021-10-26"),
    ] {
        let workbook = WORKBOOK.replace("<sheets>", &format!("{setting}<sheets>"));
        let sheet = format!(
            "<worksheet>{}</worksheet>",
            rows("<row><c s=\"0\"><v>44495</v></c></row>")
        );
        let sheets = book(&container(&[
            ("xl/workbook.xml", workbook.as_bytes()),
            ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
            ("xl/styles.xml", styles),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ]));
        let cell = sheets[0].row(0).unwrap().get(0).unwrap();
        assert_eq!((cell.value, cell.source), (Value::Date(day), "44495"));
    }
}

#[test]
fn hidden_columns_are_runs() {
    let sheet = "<cols><col min=\"1\" max=\"2\" hidden=\"1\"/><col min=\"3\" max=\"3\"/><col min=\"4\" max=\"16384\" hidden=\"true\"/>\
        <col min=\"0\" max=\"9\" hidden=\"1\"/><col min=\"9\" max=\"5\" hidden=\"1\"/></cols><sheetData/>";
    let sheets = book(&packed(sheet, ""));
    let hidden: Vec<u32> = (0..6)
        .filter(|column| sheets[0].is_column_hidden(*column))
        .collect();
    assert_eq!(hidden, [0, 1, 3, 4, 5]);
    assert!(sheets[0].is_column_hidden(16_383) && !sheets[0].is_column_hidden(16_384));
}

#[test]
fn dimensions_are_not_believed() {
    let sheet = "<dimension ref=\"A1:XFD1048576\"/><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>\
        <row r=\"1048576\"><c r=\"A1048576\"><v>2</v></c></row></sheetData>";
    let sheets = book(&packed(sheet, ""));
    assert_eq!((sheets[0].row_count(), sheets[0].cell_count()), (2, 2));
}

#[test]
fn other_files_are_refused() {
    assert_eq!(refused(b"a,b"), "FILE_TYPE");
    assert_eq!(refused(b"PK\x03\x04"), "CORRUPT");
    assert_eq!(refused(&container(&[("a", b"")])), "FILE_TYPE");
    assert_eq!(refused(&container(&[("xl/workbook.xml", b"<x/>")])), "FILE_TYPE");
    assert_eq!(
        refused(&container(&[("xl/workbook.xml", b"<workbook>")])),
        "CORRUPT"
    );
    let missing = [
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
    ];
    assert_eq!(refused(&container(&missing)), "CORRUPT");
    assert_eq!(refused(&packed(&rows("<row r=\"0\"/>"), "")), "CORRUPT");
    assert_eq!(
        refused(&packed(&rows("<row><c r=\"XFE1\"><v>1</v></c></row>"), "")),
        "CORRUPT"
    );
    assert_eq!(
        refused(&packed(&rows("<row><c t=\"s\"><v>7</v></c></row>"), "")),
        "CORRUPT"
    );
    let mut encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    assert_eq!(refused(&encrypted), "FILE_TYPE");
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(refused(&encrypted), "FILE_ENCRYPTED");
}

#[test]
fn bombs_are_refused() {
    let limits = Limits {
        expanded_bytes: 100_000,
        ..Limits::default()
    };
    let refusal = read(&packed(&" ".repeat(100_000), ""), &limits).unwrap_err();
    assert_eq!(refusal.code(), "EXPANDS_TOO_MUCH");
    assert_eq!(
        refused(&packed("", &"<a/>".repeat(2_300_000))),
        "TOO_MANY_ELEMENTS"
    );
    assert_eq!(
        refused(&packed("", &"<si><t>a</t></si>".repeat(1_100_000))),
        "TOO_MANY_CELLS"
    );
    let long = format!("<si><t>{}</t></si>", "a".repeat(100_000));
    assert_eq!(refused(&packed("", &long.repeat(200))), "TEXT_TOO_LONG");
    // One string in many cells.
    let cells = "<c t=\"s\"><v>0</v></c>";
    let one_each = format!("<row>{cells}</row>").repeat(1_000);
    assert_eq!(refused(&packed(&rows(&one_each), &long)), "TEXT_TOO_LONG");
    let in_one_row = format!("<row>{}</row>", cells.repeat(11));
    assert_eq!(refused(&packed(&rows(&in_one_row), &long)), "CELL_TOO_LONG");
    assert_eq!(
        refused(&packed(&rows(&"<row><c><v>1</v></c></row>".repeat(110_000)), "")),
        "TOO_MANY_ROWS"
    );
    assert_eq!(
        refused(&packed(
            &rows(&format!("<row>{}</row>", "<c><v>1</v></c>".repeat(1_025))),
            ""
        )),
        "TOO_MANY_COLUMNS"
    );
    assert_eq!(
        refused(&packed(
            &rows(&format!("<row><c><v>{}</v></c></row>", "1".repeat(1 << 18))),
            ""
        )),
        "CELL_TOO_LONG"
    );
    assert_eq!(
        refused(&packed(&format!("<a b=\"{}\"/>", "1".repeat(2 << 20)), "")),
        "CELL_TOO_LONG"
    );
    assert_eq!(refused(&packed(&"<a>".repeat(1_000), "")), "NESTED_TOO_DEEP");
    let merges = "<mergeCells><mergeCell ref=\"A1:XFD1048576\"/></mergeCells>";
    assert_eq!(refused(&packed(merges, "")), "TOO_MANY_CELLS");
    let parts: Vec<String> = (0..5_000).map(|part| part.to_string()).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|part| (part.as_str(), &b""[..])).collect();
    assert_eq!(refused(&container(&parts)), "TOO_MANY_PARTS");
    let sheets = "<sheet r:id=\"a\"/>".repeat(300);
    let many = [
        (
            "xl/workbook.xml",
            format!("<workbook xmlns:r=\"r\">{sheets}</workbook>"),
        ),
        ("xl/_rels/workbook.xml.rels", RELATIONS.to_owned()),
    ];
    let many = many.each_ref().map(|(name, xml)| (*name, xml.as_bytes()));
    assert_eq!(refused(&container(&many)), "TOO_MANY_SHEETS");
}

#[test]
fn rows_that_only_have_a_height_cost_nothing() {
    let empty = "<row ht=\"20\"><c s=\"1\"/></row>".repeat(200_000);
    let sheets = book(&packed(&rows(&format!("{empty}<row><c><v>1</v></c></row>")), ""));
    assert_eq!(sheets[0].row(0).unwrap().number(), 200_001);
    assert_eq!(sheets[0].row_count(), 1);
}

#[test]
fn cells_in_no_row_are_left_out() {
    let sheet = rows("<c><v>1</v></c><row/><c><v>2</v></c><row><c><v>3</v></c></row><c><v>4</v></c>");
    let sheets = book(&packed(&sheet, ""));
    assert_eq!((sheets[0].cell_count(), sheets[0].row_count()), (1, 1));
    assert_eq!(sheets[0].row(0).unwrap().text(0), "3");
}

#[test]
fn a_size_that_lies_is_met_on_the_way() {
    let mut bytes = packed(&" ".repeat(65 << 20), "");
    // The expanded size stands 24 bytes into each entry of the directory; the local one 22 bytes into its header.
    for (sign, at) in [(b"PK\x01\x02", 24), (b"PK\x03\x04", 22)] {
        let starts: Vec<usize> = (0..bytes.len() - 4)
            .filter(|start| &bytes[*start..*start + 4] == sign)
            .collect();
        for start in starts {
            bytes[start + at..start + at + 4].copy_from_slice(&100_u32.to_le_bytes());
        }
    }
    let code = refused(&bytes);
    assert!(
        ["EXPANDS_TOO_MUCH", "CORRUPT", "CELL_TOO_LONG"].contains(&code),
        "{code}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sheet_is_read_as_written(
        cells in proptest::collection::vec(proptest::collection::vec("[a-zé<&\n\"]{1,8}", 1..5), 1..6),
        cents in proptest::collection::vec(-9_999_999_i64..9_999_999, 1..6),
    ) {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (row, texts) in (0..).zip(&cells) {
            for (column, text) in (0..).zip(texts) {
                sheet.write_string(row, column, text).unwrap();
            }
        }
        let amounts = workbook.add_worksheet();
        for (row, cents) in (0..).zip(&cents) {
            amounts.write_number(row, 0, *cents as f64 / 100.0).unwrap();
        }
        let sheets = book(&workbook.save_to_buffer().unwrap());
        let texts: Vec<Vec<&str>> = sheets[0].rows().map(|row| row.cells().map(|cell| cell.text).collect()).collect();
        prop_assert_eq!(texts, cells);
        for (row, cents) in sheets[1].rows().zip(cents) {
            let sign = if cents < 0 { "-" } else { "" };
            let exact = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
            prop_assert_eq!(row.text(0), if cents == 0 { "0" } else { exact.trim_end_matches('0').trim_end_matches('.') });
        }
    }

    #[test]
    fn damaged_files_are_read_or_refused(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..8)) {
        let mut bytes = WRITTEN.clone();
        for (at, byte, how) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let _ = read(&bytes, &Limits::default());
    }

    #[test]
    fn every_cell_is_in_a_row(cells in "(<row/>|<c><v>1</v></c>|<row><c><v>2</v></c></row>|<row r=\"9\"><row/><c r=\"B9\"><v>3</v></c></row>){0,12}") {
        for sheet in read(&packed(&rows(&cells), ""), &Limits::default()).unwrap_or_default() {
            prop_assert_eq!(sheet.rows().map(|row| row.cells().len()).sum::<usize>(), sheet.cell_count());
        }
    }

    #[test]
    fn damaged_sheets_are_read_or_refused(
        sheet in "(<row>|<row r=\"3\">|</row>|<c>|<c r=\"B2\">|<c t=\"s\">|<c t=\"inlineStr\">|</c>|<v>|</v>|<is>|</is>|<t>|</t>|<f/>|<rPh>|</rPh>|1|a|&amp;|<mergeCell ref=\"A1:B2\"/>){0,40}",
        strings in "(<si>|</si>|<t>|</t>|<r>|</r>|a|_x0041_){0,20}",
    ) {
        let _ = read(&packed(&rows(&sheet), &strings), &Limits::default());
    }

    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&[b"PK\x03\x04", &bytes[..]].concat(), &Limits::default()).is_err());
    }
}
