//! The result in other forms: CSV, TXT, XLSX. The same rows give the same bytes.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::flags::Flags;
use super::result::Row;
use crate::cells::{self, fitting, harmless};

/// Rows of one file: what one download of the predecessor gave, and what spreadsheets still handle with ease.
pub(super) const ROWS_PER_PART: usize = 10_000;

/// Characters that Excel takes in a title.
const TITLE_CHARS: usize = 255;

/// Rows could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    /// As CSV.
    #[error("writing CSV: {0}")]
    Csv(#[from] csv::Error),
    /// As CSV, at its end.
    #[error("finishing CSV: {0}")]
    CsvEnd(String),
    /// As XLSX.
    #[error("writing XLSX: {0}")]
    Xlsx(#[from] XlsxError),
}

/// How a table is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Adds the columns Original, Page, Words and Flags.
    pub(super) full: bool,
    /// Numbers the rows from here and leaves header and byte order mark out: to be appended to an earlier table.
    pub(super) start_index: Option<u64>,
}

impl Layout {
    fn header(self) -> &'static [&'static str] {
        let all: &[_] = &["Index", "Sentence", "Original", "Page", "Words", "Flags"];
        if self.full { all } else { &all[..2] }
    }

    fn index(self, place: usize, row: &Row<'_>) -> u64 {
        self.start_index
            .map_or(row.index, |start| start.saturating_add(place as u64))
    }
}

/// The flags as one cell.
fn flags_cell(flags: Flags) -> String {
    flags
        .iter()
        .map(|flag| flag.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// CSV as spreadsheets like it: UTF-8 with byte order mark, CRLF, commas, quotes where needed.
///
/// # Errors
/// None that a writer into memory is known to have.
pub(super) fn csv(rows: &[Row<'_>], layout: Layout) -> Result<Vec<u8>, ExportError> {
    let mut out = Vec::new();
    if layout.start_index.is_none() {
        out.extend_from_slice("\u{feff}".as_bytes());
    }
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    if layout.start_index.is_none() {
        writer.write_record(layout.header())?;
    }
    for (place, row) in rows.iter().enumerate() {
        writer.write_field(layout.index(place, row).to_string())?;
        writer.write_field(harmless(row.text).as_bytes())?;
        if layout.full {
            writer.write_field(harmless(row.original).as_bytes())?;
            writer.write_field(row.page.to_string())?;
            writer.write_field(row.words.to_string())?;
            writer.write_field(flags_cell(row.flags))?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer
        .into_inner()
        .map_err(|error| ExportError::CsvEnd(error.to_string()))
}

/// One sentence a line, LF.
pub(super) fn txt(rows: &[Row<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.iter().map(|row| row.text.len() + 1).sum());
    for row in rows {
        out.extend_from_slice(row.text.as_bytes());
        out.push(b'\n');
    }
    out
}

/// A workbook with one sheet named after the file. Its stamps are fixed.
///
/// # Errors
/// Whatever the workbook's writer refuses.
pub(super) fn xlsx(rows: &[Row<'_>], layout: Layout, filename: &str) -> Result<Vec<u8>, ExportError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let title: String = filename.chars().take(TITLE_CHARS).collect();
    workbook.set_properties(
        &DocProperties::new()
            .set_title(title)
            .set_creation_datetime(&created),
    );
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name(filename))?;
    sheet.set_column_width(1, 80)?;
    let mut line = 0;
    if layout.start_index.is_none() {
        let bold = Format::new().set_bold();
        for (column, name) in (0..).zip(layout.header()) {
            sheet.write_string_with_format(0, column, *name, &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        line = 1;
    }
    if layout.full {
        sheet.set_column_width(2, 80)?;
    }
    for (place, row) in rows.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "row numbers are far below 2^53")]
        sheet.write_number(line, 0, layout.index(place, row) as f64)?;
        sheet.write_string(line, 1, fitting(row.text))?;
        if layout.full {
            sheet.write_string(line, 2, fitting(row.original))?;
            sheet.write_number(line, 3, row.page)?;
            sheet.write_number(line, 4, row.words)?;
            sheet.write_string(line, 5, flags_cell(row.flags))?;
        }
        line += 1;
    }
    Ok(workbook.save_to_buffer()?)
}

/// The file's name without its extension, as far as Excel takes it.
fn sheet_name(filename: &str) -> String {
    let stem = filename.rsplit_once('.').map_or(filename, |(stem, _)| stem);
    cells::sheet_name(stem).unwrap_or_else(|| "Sentences".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::novel::flags::Flag;
    use crate::novel::split::Method;
    use proptest::prelude::*;

    fn row(index: u64, text: &str) -> Row<'_> {
        Row {
            index,
            text,
            original: "Il dit : « Oui, non »",
            original_index: 1,
            page: 3,
            words: 2,
            method: Method::Rules,
            flags: [Flag::Fragment, Flag::Dialogue].into_iter().collect(),
        }
    }

    fn as_text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn csv_is_what_spreadsheets_like() {
        let rows = [row(1, "Il vint."), row(2, "Oui, \"non\".")];
        let plain = as_text(csv(&rows, Layout::default()).unwrap());
        assert_eq!(
            plain,
            "\u{feff}Index,Sentence\r\n1,Il vint.\r\n2,\"Oui, \"\"non\"\".\"\r\n"
        );
        let full = as_text(
            csv(
                &rows[..1],
                Layout {
                    full: true,
                    start_index: None,
                },
            )
            .unwrap(),
        );
        assert_eq!(
            full,
            "\u{feff}Index,Sentence,Original,Page,Words,Flags\r\n\
             1,Il vint.,\"Il dit : « Oui, non »\",3,2,fragment dialogue\r\n"
        );
    }

    #[test]
    fn csv_to_append_goes_on_numbering_without_header() {
        let rows = [row(1, "Il vint."), row(2, "Il vit.")];
        let more = as_text(
            csv(
                &rows,
                Layout {
                    full: false,
                    start_index: Some(41),
                },
            )
            .unwrap(),
        );
        assert_eq!(more, "41,Il vint.\r\n42,Il vit.\r\n");
    }

    #[test]
    fn formulas_are_made_text() {
        for first in ["=", "+", "-", "@", "\t"] {
            let text = format!("{first}1+1");
            let found = as_text(
                csv(
                    &[row(1, &text)],
                    Layout {
                        full: false,
                        start_index: Some(1),
                    },
                )
                .unwrap(),
            );
            assert_eq!(found, format!("1,'{text}\r\n"));
        }
    }

    #[test]
    fn txt_is_a_sentence_a_line() {
        assert_eq!(as_text(txt(&[row(1, "Oui."), row(2, "Non.")])), "Oui.\nNon.\n");
    }

    #[test]
    fn xlsx_is_the_same_every_time() {
        let long = "é".repeat(40_000);
        let rows = [row(1, "=1+1"), row(2, &long)];
        let layout = Layout {
            full: true,
            start_index: None,
        };
        let first = xlsx(
            &rows,
            layout,
            "La [maison]: du port, une très longue histoire.txt",
        )
        .unwrap();
        assert!(first.starts_with(b"PK"));
        assert_eq!(
            first,
            xlsx(
                &rows,
                layout,
                "La [maison]: du port, une très longue histoire.txt"
            )
            .unwrap()
        );
    }

    #[test]
    fn sheet_names_fit() {
        assert_eq!(
            sheet_name("La [maison]: du port, une très longue histoire.txt"),
            "La maison du port, une très lon"
        );
        assert_eq!(sheet_name(".txt"), "Sentences");
        assert_eq!(sheet_name("history.txt"), "Sentences");
        assert_eq!(sheet_name("'a'.txt"), "a");
    }

    proptest! {
        #[test]
        fn csv_gives_back_what_went_in(texts in proptest::collection::vec("[-=+@\"',;\t a-zé\n]{0,12}", 1..8)) {
            let rows: Vec<_> = texts.iter().zip(1..).map(|(text, index)| row(index, text)).collect();
            let bytes = csv(&rows, Layout { full: true, start_index: None }).unwrap();
            let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
            let mut reader = csv::Reader::from_reader(bytes);
            let read: Vec<_> = reader.records().map(|record| record.unwrap()[1].to_owned()).collect();
            prop_assert_eq!(read.len(), texts.len());
            for (read, text) in read.iter().zip(&texts) {
                prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t']));
                prop_assert_eq!(read, &harmless(text).into_owned());
            }
        }
    }
}
