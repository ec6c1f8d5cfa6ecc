//! What every reader of tables hands on: a sheet of rows of cells.
//!
//! The texts of a sheet lie in one string and a cell is 12 bytes, so that a million cells fit where a million strings
//! would not.

mod builder;
mod parts;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(super) use builder::{Content, SheetBuilder};
pub use parts::{RowParts, SheetHead};

/// What a cell holds, where the format says so. CSV has texts only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'s> {
    /// A text, perhaps an empty one.
    Text(&'s str),
    /// A number in plain decimals: `1234.56`, whatever binary fraction the file was written from
    /// (`1234.5599999999999`). What has more than 30 zeros keeps its exponent: `1E300`.
    Number(&'s str),
    /// A share in hundredths, in plain decimals: `19` of `19%`.
    Percent(&'s str),
    /// A day: `2025-10-27`.
    Date(&'s str),
    /// A day and a time without a zone: `2025-10-27T09:30:00`.
    DateTime(&'s str),
    /// A time of day: `09:30`, or `09:30:15` if it has seconds.
    Time(&'s str),
    /// Hours, which may be more than 24, and minutes: `26:30` or `26:30:15`.
    Duration(&'s str),
    /// A truth value.
    Bool(bool),
    /// A formula's failure: `#DIV/0!`.
    Error(&'s str),
}

/// What a cell holds, without its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    #[default]
    Text,
    Number,
    Percent,
    Date,
    DateTime,
    Time,
    Duration,
    True,
    False,
    Error,
}

/// A cell as kept: its text begins where the one before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    text_end: u32,
    /// The source follows the text where it differs from it.
    source_end: u32,
    /// The column; the highest bit says whether a formula computed it.
    place: u16,
    kind: Kind,
    /// The number format among the sheet's, from 1; 0 for none.
    format: u8,
}

/// See [`Record::place`].
const FORMULA: u16 = 1 << 15;

impl Record {
    fn column(&self) -> u32 {
        u32::from(self.place & !FORMULA)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RowRecord {
    number: u32,
    cells_end: u32,
    hidden: bool,
}

/// Neighbouring cells made one. Rows count from 1, columns from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The first row.
    pub row: u32,
    /// The first column.
    pub column: u32,
    /// Rows covered, at least 1.
    pub rows: u32,
    /// Columns covered, at least 1.
    pub columns: u32,
}

/// A sheet, or another table. Serialized, it is one value: a process that reads a document hands its rows on piece by
/// piece instead ([`super::SheetRecord`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "parts::SheetParts<'_>")]
pub struct Sheet {
    name: String,
    hidden: bool,
    text: String,
    cells: Vec<Record>,
    rows: Vec<RowRecord>,
    merges: Vec<Merge>,
    /// The first and the last column of each run of hidden ones.
    hidden_columns: Vec<(u32, u32)>,
    formats: Arc<[String]>,
}

impl Sheet {
    /// The name that the file gives it, or an empty text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the file hides it from its readers.
    pub fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// Whether the file hides a column, counted from 0, from its readers.
    pub fn is_column_hidden(&self, column: u32) -> bool {
        let hides = |(first, last): &(u32, u32)| (*first..=*last).contains(&column);
        self.hidden_columns.iter().any(hides)
    }

    /// The rows that have a cell, in the file's order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|index| Row { sheet: self, index })
    }

    /// A row by its place among [`Sheet::rows`], counted from 0.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        (index < self.rows.len()).then_some(Row { sheet: self, index })
    }

    /// How many rows have a cell.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// How many cells there are.
    pub fn cell_count(&self) -> usize {
        self.cells.len()
    }

    /// Columns up to the last one with a cell.
    pub fn width(&self) -> u32 {
        self.cells.iter().map(|cell| cell.column() + 1).max().unwrap_or(0)
    }

    /// Merged cells, by row and column. Together they cover no more cells than [`super::Limits::cells`].
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    fn span(&self, row: u32, column: u32) -> (u32, u32) {
        match self
            .merges
            .binary_search_by_key(&(row, column), |merge| (merge.row, merge.column))
        {
            Ok(found) => self
                .merges
                .get(found)
                .map_or((1, 1), |merge| (merge.rows, merge.columns)),
            Err(_) => (1, 1),
        }
    }
}

/// A row of a sheet.
#[derive(Clone, Copy, Debug)]
pub struct Row<'s> {
    sheet: &'s Sheet,
    index: usize,
}

impl<'s> Row<'s> {
    fn record(&self) -> RowRecord {
        self.sheet.rows.get(self.index).copied().unwrap_or(RowRecord {
            number: 0,
            cells_end: 0,
            hidden: false,
        })
    }

    /// Its number as people count, from 1: the row of a sheet, the line of a text that it begins in.
    pub fn number(&self) -> u32 {
        self.record().number
    }

    /// Whether the file hides it from its readers.
    pub fn is_hidden(&self) -> bool {
        self.record().hidden
    }

    /// Its cells in the file's order. Of a spreadsheet those without a content are left out.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = Cell<'s>> + use<'s> {
        let (sheet, row) = (self.sheet, self.number());
        self.places().map(move |index| cell(sheet, row, index))
    }

    /// Its cells, and how they are kept.
    fn records(&self) -> impl Iterator<Item = (Record, Cell<'s>)> {
        let cells = self.sheet.cells.get(self.places()).unwrap_or_default();
        cells.iter().copied().zip(self.cells())
    }

    /// Where its cells are kept.
    fn places(&self) -> std::ops::Range<usize> {
        let sheet = self.sheet;
        let start = match self.index.checked_sub(1) {
            Some(before) => sheet.rows.get(before).map_or(0, |row| row.cells_end as usize),
            None => 0,
        };
        start..self.record().cells_end as usize
    }

    /// The cell of a column, counted from 0.
    pub fn get(&self, column: u32) -> Option<Cell<'s>> {
        self.cells().find(|cell| cell.column == column)
    }

    /// The text of the cell of a column, counted from 0; empty where there is none.
    pub fn text(&self, column: u32) -> &'s str {
        self.get(column).map_or("", |cell| cell.text)
    }

    /// Whether no cell has anything but white space.
    pub fn is_blank(&self) -> bool {
        self.cells().all(|cell| cell.text.trim().is_empty())
    }
}

/// A cell of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<'s> {
    /// Counted from 0.
    pub column: u32,
    /// What a reader sees, without decoration: a number has no thousands separators, no currency and all its digits
    /// (of 15, as Excel shows them), a share its `%`; days and times are as in [`Value`]. Lines end with LF.
    pub text: &'s str,
    /// What it holds.
    pub value: Value<'s>,
    /// What stands in the file: a date's serial number.
    pub source: &'s str,
    /// The code of a number's format: `#,##0.00 [$€-407]`; empty where there is none or nothing but the usual one.
    pub format: &'s str,
    /// Whether a formula computed it; the value is the one that was saved.
    pub is_formula: bool,
    /// Rows it covers, at least 1.
    pub row_span: u32,
    /// Columns it covers, at least 1.
    pub column_span: u32,
}

fn cell(sheet: &Sheet, row: u32, index: usize) -> Cell<'_> {
    let start = match index.checked_sub(1) {
        Some(before) => sheet.cells.get(before).map_or(0, |cell| cell.source_end),
        None => 0,
    };
    let record = sheet.cells.get(index).copied().unwrap_or(Record {
        text_end: start,
        source_end: start,
        place: 0,
        kind: Kind::Text,
        format: 0,
    });
    let slice = |from: u32, to: u32| sheet.text.get(from as usize..to as usize).unwrap_or("");
    let text = slice(start, record.text_end);
    let source = match slice(record.text_end, record.source_end) {
        "" => text,
        source => source,
    };
    let column = record.column();
    let format = usize::from(record.format).checked_sub(1);
    let (row_span, column_span) = sheet.span(row, column);
    let value = match record.kind {
        Kind::Text => Value::Text(text),
        Kind::Number => Value::Number(unpadded(text)),
        Kind::Percent => Value::Percent(text.strip_suffix('%').unwrap_or(text)),
        Kind::Date => Value::Date(text),
        Kind::DateTime => Value::DateTime(text),
        Kind::Time => Value::Time(text),
        Kind::Duration => Value::Duration(text),
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Error => Value::Error(text),
    };
    Cell {
        column,
        text,
        value,
        source,
        format: format
            .and_then(|at| sheet.formats.get(at))
            .map_or("", String::as_str),
        is_formula: record.place & FORMULA != 0,
        row_span,
        column_span,
    }
}

/// A number without the leading zeros of a code: `1234` of `01234`, and `0.5` as it is.
fn unpadded(number: &str) -> &str {
    let digits = number.trim_start_matches('0');
    match digits.starts_with(|first: char| first.is_ascii_digit()) {
        true => digits,
        // One zero stays, before a point or alone.
        false => number
            .get(number.len() - digits.len() - usize::from(digits.len() < number.len())..)
            .unwrap_or(number),
    }
}
