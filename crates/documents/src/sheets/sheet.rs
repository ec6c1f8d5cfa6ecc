//! What every reader of tables hands on: a sheet of rows of cells.
//!
//! The texts of a sheet lie in one string and a cell is 12 bytes, so that a million cells fit where a million strings
//! would not.

use super::error::SheetError;
use super::limits::{Budget, LAST_ROW};

/// What a cell holds, where the format says so. CSV has texts only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'s> {
    /// A text, perhaps an empty one.
    Text(&'s str),
    /// A number, with the decimal text that stands in the file: never through a binary fraction.
    Number(&'s str),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
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
    column: u16,
    kind: Kind,
    formula: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RowRecord {
    number: u32,
    cells_end: u32,
    hidden: bool,
}

/// Neighbouring cells made one. Rows count from 1, columns from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// A sheet, or another table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    name: String,
    hidden: bool,
    text: String,
    cells: Vec<Record>,
    rows: Vec<RowRecord>,
    merges: Vec<Merge>,
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
        self.cells
            .iter()
            .map(|cell| u32::from(cell.column) + 1)
            .max()
            .unwrap_or(0)
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
        let sheet = self.sheet;
        let start = match self.index.checked_sub(1) {
            Some(before) => sheet.rows.get(before).map_or(0, |row| row.cells_end as usize),
            None => 0,
        };
        let row = self.record();
        (start..row.cells_end as usize).map(move |index| cell(sheet, row.number, index))
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
    /// (of 15, as Excel shows them); days and times are as in [`Value`]. Lines end with LF.
    pub text: &'s str,
    /// What it holds.
    pub value: Value<'s>,
    /// What stands in the file: a date's serial number.
    pub source: &'s str,
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
        column: 0,
        kind: Kind::Text,
        formula: false,
    });
    let slice = |from: u32, to: u32| sheet.text.get(from as usize..to as usize).unwrap_or("");
    let text = slice(start, record.text_end);
    let source = match slice(record.text_end, record.source_end) {
        "" => text,
        source => source,
    };
    let column = u32::from(record.column);
    let (row_span, column_span) = sheet.span(row, column);
    let value = match record.kind {
        Kind::Text => Value::Text(text),
        Kind::Number => Value::Number(source),
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
        is_formula: record.formula,
        row_span,
        column_span,
    }
}

/// Fills a sheet within a [`Budget`].
#[derive(Debug, Default)]
pub(super) struct SheetBuilder {
    sheet: Sheet,
}

impl SheetBuilder {
    pub(super) fn new(name: String, hidden: bool, budget: &mut Budget) -> Result<Self, SheetError> {
        budget.sheet()?;
        let mut builder = Self::default();
        builder.sheet.name = name;
        builder.sheet.hidden = hidden;
        Ok(builder)
    }

    pub(super) fn rename(&mut self, name: String) {
        self.sheet.name = name;
    }

    /// The row that the next cells belong to.
    pub(super) fn row(&mut self, number: u32, hidden: bool, budget: &mut Budget) -> Result<(), SheetError> {
        budget.row()?;
        self.sheet.rows.push(RowRecord {
            number,
            hidden,
            cells_end: self.cells_end(),
        });
        Ok(())
    }

    /// Takes back the last row if it got no cell; whether it did.
    pub(super) fn drop_empty_row(&mut self) -> bool {
        let cells_before = match self.sheet.rows.len().checked_sub(2) {
            Some(before) => self.sheet.rows.get(before).map_or(0, |row| row.cells_end),
            None => 0,
        };
        let empty = self
            .sheet
            .rows
            .last()
            .is_some_and(|row| row.cells_end == cells_before);
        if empty {
            self.sheet.rows.pop();
        }
        empty
    }

    pub(super) fn text(&mut self, column: u32, text: &str, budget: &mut Budget) -> Result<(), SheetError> {
        self.cell(column, Kind::Text, text, text, false, budget)
    }

    pub(super) fn cell(
        &mut self,
        column: u32,
        kind: Kind,
        text: &str,
        source: &str,
        formula: bool,
        budget: &mut Budget,
    ) -> Result<(), SheetError> {
        let row = self.sheet.rows.last().map_or(0, |row| row.number);
        let source = if source == text { "" } else { source };
        budget.check_column(column, row)?;
        budget.check_cell(text.len(), row)?;
        budget.check_cell(source.len(), row)?;
        budget.cells(1)?;
        budget.text(text.len() + source.len())?;
        self.sheet.text.push_str(text);
        let text_end = self.text_end();
        self.sheet.text.push_str(source);
        self.sheet.cells.push(Record {
            text_end,
            source_end: self.text_end(),
            column: u16::try_from(column).unwrap_or(u16::MAX),
            kind,
            formula,
        });
        let cells_end = self.cells_end();
        if let Some(row) = self.sheet.rows.last_mut() {
            row.cells_end = cells_end;
        }
        Ok(())
    }

    /// A merged cell. What of it lies beyond the limits' rows and columns is cut off.
    pub(super) fn merge(&mut self, merge: Merge, budget: &mut Budget) -> Result<(), SheetError> {
        let limits = budget.limits();
        let columns = merge
            .columns
            .min(limits.columns.saturating_sub(merge.column))
            .max(1);
        let last_row = LAST_ROW.saturating_add(1).saturating_sub(merge.row);
        let rows = merge.rows.min(limits.rows).min(last_row).max(1);
        if (rows, columns) == (1, 1) {
            return Ok(());
        }
        budget.cells(u64::from(rows) * u64::from(columns))?;
        self.sheet.merges.push(Merge {
            rows,
            columns,
            ..merge
        });
        Ok(())
    }

    pub(super) fn finish(mut self) -> Sheet {
        self.sheet
            .merges
            .sort_unstable_by_key(|merge| (merge.row, merge.column));
        self.sheet
    }

    fn text_end(&self) -> u32 {
        // The budget of text has 32 bits.
        u32::try_from(self.sheet.text.len()).unwrap_or(u32::MAX)
    }

    fn cells_end(&self) -> u32 {
        u32::try_from(self.sheet.cells.len()).unwrap_or(u32::MAX)
    }
}
