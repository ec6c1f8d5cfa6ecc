//! Filling a sheet.

use std::sync::Arc;

use super::{FORMULA, Kind, Merge, Record, RowRecord, Sheet};
use crate::sheets::error::SheetError;
use crate::sheets::limits::{Budget, LAST_COLUMN, LAST_ROW};

/// What a cell is to hold.
#[derive(Clone, Copy, Debug)]
pub(in crate::sheets) struct Content<'t> {
    pub(in crate::sheets) kind: Kind,
    pub(in crate::sheets) text: &'t str,
    /// What stands in the file.
    pub(in crate::sheets) source: &'t str,
    pub(in crate::sheets) is_formula: bool,
    /// The number format, counted from 1; 0 for none.
    pub(in crate::sheets) format: u8,
}

impl<'t> Content<'t> {
    pub(in crate::sheets) fn text(text: &'t str) -> Self {
        Self {
            kind: Kind::Text,
            text,
            source: text,
            is_formula: false,
            format: 0,
        }
    }
}

/// Fills a sheet within a [`Budget`].
#[derive(Debug, Default)]
pub(in crate::sheets) struct SheetBuilder {
    sheet: Sheet,
    /// Where the text of the last row begins.
    row_start: u32,
}

impl SheetBuilder {
    pub(in crate::sheets) fn new(
        name: String,
        hidden: bool,
        budget: &mut Budget,
    ) -> Result<Self, SheetError> {
        budget.sheet()?;
        let mut builder = Self::default();
        builder.sheet.name = name;
        builder.sheet.hidden = hidden;
        Ok(builder)
    }

    pub(in crate::sheets) fn rename(&mut self, name: String) {
        self.sheet.name = name;
    }

    /// The row that the next cells belong to.
    pub(in crate::sheets) fn row(
        &mut self,
        number: u32,
        hidden: bool,
        budget: &mut Budget,
    ) -> Result<(), SheetError> {
        budget.row()?;
        self.row_start = self.text_end();
        self.sheet.rows.push(RowRecord {
            number,
            hidden,
            cells_end: self.cells_end(),
        });
        Ok(())
    }

    /// Takes back the last row if it got no cell: rows that only have a height cost nothing.
    pub(in crate::sheets) fn drop_empty_row(&mut self, budget: &mut Budget) {
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
            budget.row_back();
        }
    }

    pub(in crate::sheets) fn text(
        &mut self,
        column: u32,
        text: &str,
        budget: &mut Budget,
    ) -> Result<(), SheetError> {
        self.cell(column, &Content::text(text), budget)
    }

    /// A cell of the row that began last: one has to.
    pub(in crate::sheets) fn cell(
        &mut self,
        column: u32,
        content: &Content<'_>,
        budget: &mut Budget,
    ) -> Result<(), SheetError> {
        debug_assert!(!self.sheet.rows.is_empty(), "a cell in no row");
        let Content { text, source, .. } = *content;
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
        let source_end = self.text_end();
        budget.check_row(source_end.saturating_sub(self.row_start), row)?;
        let column = u16::try_from(column).map_or(FORMULA - 1, |column| column.min(FORMULA - 1));
        self.sheet.cells.push(Record {
            text_end,
            source_end,
            place: column | if content.is_formula { FORMULA } else { 0 },
            kind: content.kind,
            format: content.format,
        });
        let cells_end = self.cells_end();
        if let Some(row) = self.sheet.rows.last_mut() {
            row.cells_end = cells_end;
        }
        Ok(())
    }

    /// Columns that are hidden, counted from 0. Those that no sheet has are cut off.
    pub(in crate::sheets) fn hide_columns(&mut self, first: u32, last: u32) {
        let last = last.min(LAST_COLUMN - 1);
        let runs = self.sheet.hidden_columns.len();
        match self.sheet.hidden_columns.last_mut() {
            _ if first > last => {}
            Some(run) if (run.0..=run.1.saturating_add(1)).contains(&first) => run.1 = run.1.max(last),
            // More runs than columns say nothing new.
            _ if runs >= LAST_COLUMN as usize => {}
            _ => self.sheet.hidden_columns.push((first, last)),
        }
    }

    /// The number formats that cells refer to.
    pub(in crate::sheets) fn formats(&mut self, formats: Arc<[String]>) {
        self.sheet.formats = formats;
    }

    /// A merged cell. What of it lies beyond the limits' rows and columns is cut off.
    pub(in crate::sheets) fn merge(&mut self, merge: Merge, budget: &mut Budget) -> Result<(), SheetError> {
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

    pub(in crate::sheets) fn finish(mut self) -> Sheet {
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
