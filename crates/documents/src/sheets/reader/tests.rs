use std::io::{self, ErrorKind};

use proptest::prelude::*;

use super::super::testing::container;
use super::super::{Delimiter, Reading, Tables, decode};
use super::*;

fn written(file: &[u8], arguments: &[&str]) -> Vec<u8> {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let mut output = Vec::new();
    read_sheets(&arguments, file.to_vec(), &mut output).unwrap();
    output
}

fn reading(file: &[u8]) -> Reading {
    decode(&written(file, &["-"]), &Limits::default())
}

fn tables(file: &[u8]) -> Tables {
    match reading(file) {
        Reading::Tables(tables) => *tables,
        other => panic!("{other:?}"),
    }
}

fn refused(file: &[u8]) -> &'static str {
    match reading(file) {
        Reading::Refused(refusal) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

const BOOK: [(&str, &[u8]); 4] = [
    (
        "xl/workbook.xml",
        b"<workbook><sheets><sheet name=\"S\" id=\"a\"/><sheet name=\"T\" state=\"veryHidden\" id=\"a\"/></sheets></workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        b"<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"a.xml\"/></Relationships>",
    ),
    (
        "xl/styles.xml",
        b"<styleSheet><numFmts><numFmt numFmtId=\"200\" formatCode=\"0.00 &quot;EUR&quot;\"/></numFmts><cellXfs><xf/><xf numFmtId=\"200\"/></cellXfs></styleSheet>",
    ),
    (
        "xl/a.xml",
        b"<worksheet><cols><col min=\"2\" max=\"3\" hidden=\"1\"/></cols><sheetData><row r=\"2\" hidden=\"1\"><c s=\"1\"><f>A1</f><v>0.30000000000000004</v></c><c t=\"b\"><v>1</v></c></row></sheetData><mergeCell ref=\"A2:A4\"/></worksheet>",
    ),
];

#[test]
fn a_text_is_handed_on() {
    let found = tables("Date;Été\n1;\"a\nb\"\n\n2;\n".as_bytes());
    assert_eq!(found.opened.kind, Kind::Delimited);
    let form = found.opened.text.unwrap();
    assert_eq!(
        (form.encoding.as_str(), form.delimiter, form.has_replaced),
        ("UTF-8", Delimiter::Semicolon, false)
    );
    let rows: Vec<_> = found.sheets[0]
        .rows()
        .map(|row| (row.number(), row.text(1).to_owned()))
        .collect();
    assert_eq!(
        rows,
        [(1, "Été".to_owned()), (2, "a\nb".to_owned()), (5, String::new())]
    );
}

#[test]
fn a_workbook_is_handed_on_with_all_it_says() {
    let file = container(&BOOK);
    let found = tables(&file);
    assert_eq!(
        found.opened,
        Opened {
            kind: Kind::Xlsx,
            text: None
        }
    );
    assert_eq!(found.sheets, xlsx::read(&file, &Limits::default()).unwrap());
    let [sheet, hidden] = &found.sheets[..] else {
        panic!("{} sheets", found.sheets.len())
    };
    assert!(hidden.is_hidden() && !sheet.is_hidden());
    assert!(sheet.is_column_hidden(1) && sheet.is_column_hidden(2) && !sheet.is_column_hidden(3));
    let row = sheet.row(0).unwrap();
    let cell = row.get(0).unwrap();
    assert_eq!(
        (cell.text, cell.format, cell.source),
        ("0.3", "0.00 \"EUR\"", "0.30000000000000004")
    );
    assert!(row.is_hidden() && cell.is_formula && cell.row_span == 3);
    let json = serde_json::to_string(sheet).unwrap();
    assert_eq!(&serde_json::from_str::<Sheet>(&json).unwrap(), sheet);
}

#[test]
fn a_document_is_handed_on() {
    let xml = b"<w:document><w:p><w:t>a</w:t></w:p><w:tbl><w:tr><w:tc><w:t>b</w:t></w:tc></w:tr></w:tbl><w:p><w:t>c</w:t></w:p></w:document>";
    let found = tables(&container(&[("word/document.xml", xml)]));
    assert_eq!(found.opened.kind, Kind::Docx);
    assert_eq!(found.sheets[0].row(0).unwrap().text(0), "b");
    assert_eq!(found.paragraphs, [(0, "a".to_owned()), (1, "c".to_owned())]);
}

#[test]
fn statements_are_handed_on() {
    let mut file = b"<OFX><STMTRS><CURDEF>EUR".to_vec();
    for number in 0..600 {
        file.extend(format!("<STMTTRN><FITID>{number}<DTPOSTED>20240101<TRNAMT>-1.50</STMTTRN>").bytes());
    }
    file.extend(b"</STMTRS><STMTRS></STMTRS><STATUS><CODE>15500</STATUS>");
    let found = tables(&file);
    assert_eq!(found.opened.kind, Kind::Ofx);
    assert_eq!(found.statements, ofx::read(&file, &Limits::default()).unwrap());
    assert_eq!(found.statements.statements[0].transactions.len(), 600);
    assert_eq!(found.statements.answers[0].code, "15500");
}

#[test]
fn refusals_have_codes() {
    for (file, code) in [
        (&b""[..], "read"),
        (b"%PDF-1.7\n1,2", "FILE_TYPE"),
        (b" <html>a,b", "FILE_TYPE"),
        (b"{\\rtf1 a,b", "FILE_TYPE"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "FILE_TYPE"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "NOT_A_TEXT"),
        (b"PK\x03\x04", "CORRUPT"),
        (b"a,\"b\n", "QUOTE_NOT_CLOSED"),
    ] {
        let found = match reading(file) {
            Reading::Refused(refusal) => refusal.code(),
            Reading::Tables(_) => "read",
            Reading::Unfinished => "unfinished",
        };
        assert_eq!(found, code, "{}", String::from_utf8_lossy(file));
    }
    assert_eq!(refused(&container(&[("a.xml", b"<a/>")])), "FILE_TYPE");
    let long = vec![b'a'; (10 << 20) + 1];
    assert_eq!(refused(&long), "FILE_TOO_LARGE");
    let rows = written(b"a,b\n1,2\n", &["1"]);
    assert_eq!(
        String::from_utf8(rows).unwrap(),
        "{\"refused\":{\"too_much\":{\"bound\":\"rows\",\"limit\":1,\"row\":null}}}\n"
    );
}

#[test]
fn arguments_are_checked() {
    for arguments in [&[][..], &["a"], &["-1"], &["1", "2"]] {
        let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
        let error = read_sheets(&arguments, Vec::new(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn a_reader_without_listener_ends() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = read_sheets(&["-".to_owned()], b"a,b\n".to_vec(), &mut Broken).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn what_is_cut_off_is_unfinished() {
    let whole = written(&container(&BOOK), &["-"]);
    for end in 0..whole.len() {
        assert_eq!(
            decode(&whole[..end], &Limits::default()),
            Reading::Unfinished,
            "{end}"
        );
    }
}

#[test]
fn who_writes_records_is_not_believed() {
    let code = |lines: &str, limits: &Limits| match decode(lines.as_bytes(), limits) {
        Reading::Refused(refusal) => refusal.code(),
        Reading::Tables(_) => "read",
        Reading::Unfinished => "unfinished",
    };
    let opened = "{\"opened\":{\"kind\":\"xlsx\"}}\n";
    let sheet = "{\"sheet\":{\"name\":\"S\"}}\n";
    let row = "{\"rows\":[{\"n\":1,\"c\":[{\"c\":3,\"t\":\"a\"}]}]}\n";
    let limits = Limits::default();
    let done = "\"done\"\n";
    assert_eq!(code(&[opened, sheet, row, done].concat(), &limits), "read");
    for wrong in [
        done.to_owned(),
        [sheet, done].concat(),
        [opened, row, done].concat(),
        [opened, opened, done].concat(),
        [opened, "{\"refused\":\"encrypted\"}\n"].concat(),
        [opened, "{\"transactions\":[{}]}\n", done].concat(),
        [opened, "{\"other\":1}\n", done].concat(),
    ] {
        assert_eq!(code(&wrong, &limits), "unfinished", "{wrong}");
    }
    let few = Limits {
        rows: 1,
        columns: 3,
        ..limits
    };
    assert_eq!(
        code(&[opened, sheet, row, done].concat(), &few),
        "TOO_MANY_COLUMNS"
    );
    let two = "{\"rows\":[{\"n\":1,\"c\":[]},{\"n\":2,\"c\":[]}]}\n";
    assert_eq!(code(&[opened, sheet, two, done].concat(), &few), "TOO_MANY_ROWS");
    let wide = "{\"sheet\":{\"name\":\"S\",\"merges\":[{\"row\":0,\"column\":0,\"rows\":4294967295,\"columns\":4294967295}]}}\n";
    assert_eq!(code(&[opened, wide, done].concat(), &limits), "TOO_MANY_CELLS");
}

proptest! {
    #[test]
    fn any_table_is_handed_on_as_it_is(rows in proptest::collection::vec(proptest::collection::vec("[ -~é\n]{0,8}", 1..5), 1..400)) {
        let mut file = String::from("\u{feff}");
        for row in &rows {
            let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            file += &cells.join(",");
            file.push('\n');
        }
        let direct = delimited::read(file.as_bytes(), &delimited::Options::default(), &Limits::default());
        match (reading(file.as_bytes()), direct) {
            (Reading::Tables(found), Ok(direct)) => prop_assert_eq!(&found.sheets, &[direct.sheet]),
            (Reading::Refused(found), Err(direct)) => prop_assert_eq!(found, direct),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn any_record_is_read_or_not(lines in proptest::collection::vec("\\{\"(rows|sheet|opened|statement)\":[\\[\\]{}\":,a-z0-9]{0,30}\\}|\"done\"|[ -~]{0,20}", 0..6)) {
        decode(lines.join("\n").as_bytes(), &Limits::default());
    }
}
