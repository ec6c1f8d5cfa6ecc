use proptest::prelude::*;

use super::super::testing::container;
use super::super::{Kind, kind};
use super::*;

fn packed(body: &str) -> Vec<u8> {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:document xmlns:w=\"w\" xmlns:mc=\"mc\"><w:body>{body}</w:body></w:document>"
    );
    container(&[("word/document.xml", xml.as_bytes())])
}

fn document(body: &str) -> Document {
    read(&packed(body), &Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> &'static str {
    read(bytes, &Limits::default()).unwrap_err().code()
}

fn p(text: &str) -> String {
    format!("<w:p><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>")
}

fn tc(shape: &str, text: &str) -> String {
    format!("<w:tc><w:tcPr>{shape}</w:tcPr>{}</w:tc>", p(text))
}

fn tr(cells: &[String]) -> String {
    format!("<w:tr>{}</w:tr>", cells.concat())
}

fn tbl(rows: &[String]) -> String {
    format!("<w:tbl><w:tblPr/><w:tblGrid/>{}</w:tbl>", rows.concat())
}

fn cells(sheet: &Sheet) -> Vec<(u32, u32, &str, u32, u32)> {
    sheet
        .rows()
        .flat_map(|row| {
            row.cells().map(move |cell| {
                (
                    row.number(),
                    cell.column,
                    cell.text,
                    cell.row_span,
                    cell.column_span,
                )
            })
        })
        .collect()
}

const SPAN_2: &str = "<w:gridSpan w:val=\"2\"/>";
const BEGINS: &str = "<w:vMerge w:val=\"restart\"/>";
const GOES_ON: &str = "<w:vMerge/>";

#[test]
fn merged_cells_have_spans() {
    let table = tbl(&[
        tr(&[tc("", "Day"), tc(SPAN_2, "Morning"), tc("", "Noon")]),
        tr(&[tc("", "Mon"), tc("", "Maths"), tc("", "Art"), tc(BEGINS, "Lunch")]),
        tr(&[tc("", "Tue"), tc(SPAN_2, "PE"), tc(GOES_ON, "hidden")]),
        tr(&[tc("", "Wed"), tc("", "A"), tc("", "B"), tc("", "C")]),
    ]);
    let found = document(&format!("{}{table}{}", p("Class: 2EJ"), p("End")));
    assert_eq!(
        cells(&found.tables[0]),
        [
            (1, 0, "Day", 1, 1),
            (1, 1, "Morning", 1, 2),
            (1, 3, "Noon", 1, 1),
            (2, 0, "Mon", 1, 1),
            (2, 1, "Maths", 1, 1),
            (2, 2, "Art", 1, 1),
            (2, 3, "Lunch", 2, 1),
            (3, 0, "Tue", 1, 1),
            (3, 1, "PE", 1, 2),
            (4, 0, "Wed", 1, 1),
            (4, 1, "A", 1, 1),
            (4, 2, "B", 1, 1),
            (4, 3, "C", 1, 1),
        ]
    );
    assert_eq!(
        found.paragraphs,
        [(0, "Class: 2EJ".to_owned()), (1, "End".to_owned())]
    );
}

#[test]
fn a_merge_may_reach_the_last_row() {
    let table = tbl(&[
        tr(&[tc(BEGINS, "a"), tc("", "b")]),
        tr(&[tc(GOES_ON, ""), tc("", "c")]),
    ]);
    assert_eq!(
        cells(&document(&table).tables[0]),
        [(1, 0, "a", 2, 1), (1, 1, "b", 1, 1), (2, 1, "c", 1, 1)]
    );
}

#[test]
fn cells_before_the_first_row_are_a_row() {
    let loose = format!("{}{}", tc(BEGINS, "a"), tc("", "b"));
    let table = tbl(&[loose, tr(&[tc(GOES_ON, ""), tc("", "c")])]);
    assert_eq!(
        cells(&document(&table).tables[0]),
        [(1, 0, "a", 2, 1), (1, 1, "b", 1, 1), (2, 1, "c", 1, 1)]
    );
}

#[test]
fn paragraphs_and_inner_tables_are_lines() {
    let inner = tbl(&[tr(&[tc("", "x"), tc("", "y")]), tr(&[tc("", "z"), tc("", "")])]);
    let cell = format!(
        "<w:tc>{}<w:p/><w:p><w:r><w:t>b</w:t><w:tab/><w:t>c</w:t><w:br/><w:t>d</w:t></w:r></w:p>{inner}{}</w:tc>",
        p("a &amp; &#233;"),
        p("e")
    );
    let table = tbl(&[tr(&[cell, tc("", "f")])]);
    assert_eq!(
        cells(&document(&table).tables[0]),
        [(1, 0, "a & é\n\nb\tc\nd\nx\ty\nz\t\ne", 1, 1), (1, 1, "f", 1, 1)]
    );
}

#[test]
fn what_is_not_shown_is_left_out() {
    let body = "<w:p><w:r><w:delText>old</w:delText><w:instrText>PAGE</w:instrText></w:r>\
        <mc:AlternateContent><mc:Choice><w:r><w:t>once</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>twice</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>";
    assert_eq!(document(body).paragraphs, [(0, "once".to_owned())]);
}

#[test]
fn the_main_part_may_have_another_name() {
    let rels = b"<Relationships><Relationship Id=\"a\" Type=\"http://x/officeDocument\" Target=\"/word/Document2.xml\"/></Relationships>";
    let bytes = container(&[
        ("_rels/.rels", rels),
        ("word/document2.xml", b"<w:document xmlns:w=\"w\"/>"),
    ]);
    assert_eq!(read(&bytes, &Limits::default()), Ok(Document::default()));
}

#[test]
fn other_files_are_refused() {
    assert_eq!(kind(&packed(""), "x.bin"), Some(Kind::Docx));
    assert_eq!(refused(b"a,b"), "FILE_TYPE");
    assert_eq!(refused(b"PK\x03\x04"), "CORRUPT");
    assert_eq!(refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "FILE_TYPE");
    assert_eq!(refused(&container(&[("a.xml", b"<a/>")])), "FILE_TYPE");
    assert_eq!(
        refused(&container(&[("word/document.xml", b"<html/>")])),
        "FILE_TYPE"
    );
    assert_eq!(
        refused(&container(&[("word/document.xml", b"<w:document><w:p>")])),
        "CORRUPT"
    );
    let entities = b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><w:document>&x;</w:document>";
    assert_eq!(refused(&container(&[("word/document.xml", entities)])), "CORRUPT");
    assert_eq!(refused(&packed("<w:p>&x;</w:p>")), "CORRUPT");
}

#[test]
fn bombs_are_refused() {
    let deep = format!("{}{}", "<w:p>".repeat(1_000), "</w:p>".repeat(1_000));
    assert_eq!(refused(&packed(&deep)), "NESTED_TOO_DEEP");
    let tables = format!(
        "{}{}",
        "<w:tbl><w:tr><w:tc>".repeat(9),
        "</w:tc></w:tr></w:tbl>".repeat(9)
    );
    assert_eq!(refused(&packed(&tables)), "NESTED_TOO_DEEP");
    assert_eq!(
        refused(&packed(&tbl(&["<w:tr/>".repeat(200_000)]))),
        "TOO_MANY_ROWS"
    );
    assert_eq!(
        refused(&packed(&tbl(&[tr(&["<w:tc/>".repeat(2_000)])]))),
        "TOO_MANY_COLUMNS"
    );
    let wide = tc("<w:gridSpan w:val=\"4294967295\"/>", "");
    assert_eq!(
        refused(&packed(&tbl(&[tr(&[wide.clone(), wide])]))),
        "TOO_MANY_COLUMNS"
    );
    assert_eq!(refused(&packed(&"<w:tbl/>".repeat(300))), "TOO_MANY_SHEETS");
    assert_eq!(refused(&packed(&p(&"a".repeat(1 << 18)))), "CELL_TOO_LONG");
    assert_eq!(refused(&packed(&p(&"a".repeat(2 << 20)))), "CELL_TOO_LONG");
    assert_eq!(refused(&packed(&p("a").repeat(110_000))), "TOO_MANY_ROWS");
}

proptest! {
    #[test]
    fn any_markup_is_read_or_refused(body in "(<w:tbl>|</w:tbl>|<w:tr>|</w:tr>|<w:tc>|</w:tc>|<w:p>|</w:p>|<w:t>a</w:t>|<w:vMerge/>|<w:vMerge w:val=\"restart\"/>|<w:gridSpan w:val=\"3\"/>){0,40}") {
        let _ = read(&packed(&body), &Limits::default());
    }

    #[test]
    fn every_cell_is_in_a_row(rows in "(<w:tr/>|<w:tc/>|<w:tc><w:tc/></w:tc>|<w:tr><w:tc/></w:tr>|<w:tr><w:tr/><w:tc/></w:tr>){0,12}") {
        for table in document(&tbl(&[rows])).tables {
            prop_assert_eq!(table.rows().map(|row| row.cells().len()).sum::<usize>(), table.cell_count());
        }
    }

    #[test]
    fn any_table_is_read_as_it_is(rows in proptest::collection::vec(proptest::collection::vec("[a-zé<&]{0,6}", 1..5), 1..6)) {
        let escaped = |text: &String| tc("", &text.replace('&', "&amp;").replace('<', "&lt;"));
        let table: Vec<String> = rows.iter().map(|row| tr(&row.iter().map(escaped).collect::<Vec<_>>())).collect();
        let found = document(&tbl(&table));
        let read: Vec<Vec<&str>> = found.tables[0].rows().map(|row| row.cells().map(|cell| cell.text).collect()).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn damaged_files_are_read_or_refused(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = packed(&tbl(&[tr(&[tc(BEGINS, "a"), tc(SPAN_2, "b")])]));
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes, &Limits::default());
    }
}
