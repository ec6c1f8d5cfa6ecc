//! How much a reader accepts, and what is left of it.

use super::error::{Bound, SheetError};

/// Excel's own last column (XFD) and row. <https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3>
pub(super) const LAST_COLUMN: u32 = 16_384;
/// See [`LAST_COLUMN`].
pub(super) const LAST_ROW: u32 = 1_048_576;

/// Bytes of one row: what a quotation mark that nothing closes may swallow before it is refused.
pub(super) const ROW_BYTES: u32 = 1 << 20;

/// How much of a file is read. Every number is checked before anything is allocated for it; what a file says about itself
/// is never believed. The defaults keep what a reader allocates below 64 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as it came.
    pub file_bytes: u64,
    /// Rows of all sheets and paragraphs beside them, or transactions of all accounts.
    pub rows: u32,
    /// Columns of a row, at most 16,384.
    pub columns: u32,
    /// Cells of all sheets, or fields of all transactions.
    pub cells: u32,
    /// Bytes of the text of one cell.
    pub cell_bytes: u32,
    /// Bytes of the text of all cells, at most 4 GB.
    pub text_bytes: u32,
    /// Bytes that the parts of a container are expanded to, together.
    pub expanded_bytes: u64,
    /// Elements, comments and references of the parts of a container, together.
    pub elements: u32,
    /// Elements inside one another.
    pub nesting: u32,
    /// Sheets of a workbook, tables of a document, accounts of a statement.
    pub sheets: u32,
    /// Members of a ZIP container.
    pub parts: u32,
}

impl Default for Limits {
    /// A bank's statement has at most 10 MB and 100,000 rows; the rest leaves such a file room and a bomb none.
    fn default() -> Self {
        Self {
            file_bytes: 10 << 20,
            // 100,000 rows of data, and what stands above and below them.
            rows: 100_100,
            columns: 1_024,
            cells: 1_000_000,
            // Excel's longest text has 32,767 characters.
            cell_bytes: 4 * 32_767,
            // 10 MB of UTF-16 become 15 MB of UTF-8.
            text_bytes: 16 << 20,
            // A million cells of 40 bytes, and their texts.
            expanded_bytes: 64 << 20,
            // A million cells with a value each, and their rows.
            elements: 2_200_000,
            nesting: 128,
            sheets: 256,
            parts: 4_096,
        }
    }
}

impl Limits {
    /// Refuses a file that is too large.
    pub(super) fn check_file(&self, bytes: &[u8]) -> Result<(), SheetError> {
        if bytes.len() as u64 > self.file_bytes {
            return Err(SheetError::too_much(Bound::FileBytes, self.file_bytes));
        }
        Ok(())
    }
}

/// What is left of [`Limits`] for the rest of a file.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    rows: u32,
    cells: u32,
    text_bytes: u32,
    sheets: u32,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            rows: limits.rows,
            cells: limits.cells,
            text_bytes: limits.text_bytes,
            sheets: limits.sheets,
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn sheet(&mut self) -> Result<(), SheetError> {
        take(&mut self.sheets, 1, Bound::Sheets, self.limits.sheets)
    }

    pub(super) fn row(&mut self) -> Result<(), SheetError> {
        take(&mut self.rows, 1, Bound::Rows, self.limits.rows)
    }

    /// A row that turned out to be none.
    pub(super) fn row_back(&mut self) {
        self.rows = (self.rows + 1).min(self.limits.rows);
    }

    /// `count` cells, which may be what a merged cell covers.
    pub(super) fn cells(&mut self, count: u64) -> Result<(), SheetError> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        take(&mut self.cells, count, Bound::Cells, self.limits.cells)
    }

    /// Text of `bytes` that will be kept.
    pub(super) fn text(&mut self, bytes: usize) -> Result<(), SheetError> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        take(
            &mut self.text_bytes,
            bytes,
            Bound::TextBytes,
            self.limits.text_bytes,
        )
    }

    /// Whether a text may be that long in one cell.
    pub(super) fn check_cell(&self, bytes: usize, row: u32) -> Result<(), SheetError> {
        if bytes as u64 > u64::from(self.limits.cell_bytes) {
            return Err(SheetError::TooMuch {
                bound: Bound::CellBytes,
                limit: self.limits.cell_bytes.into(),
                row: (row > 0).then_some(row),
            });
        }
        Ok(())
    }

    /// Whether a row may be that long.
    pub(super) fn check_row(&self, bytes: u32, row: u32) -> Result<(), SheetError> {
        if bytes > ROW_BYTES {
            return Err(SheetError::TooMuch {
                bound: Bound::CellBytes,
                limit: ROW_BYTES.into(),
                row: (row > 0).then_some(row),
            });
        }
        Ok(())
    }

    /// Whether there may be a column of this index, counted from 0.
    pub(super) fn check_column(&self, column: u32, row: u32) -> Result<(), SheetError> {
        let limit = self.limits.columns.min(LAST_COLUMN);
        if column >= limit {
            return Err(SheetError::TooMuch {
                bound: Bound::Columns,
                limit: limit.into(),
                row: (row > 0).then_some(row),
            });
        }
        Ok(())
    }
}

fn take(left: &mut u32, count: u32, bound: Bound, limit: u32) -> Result<(), SheetError> {
    match left.checked_sub(count) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(SheetError::too_much(bound, limit.into())),
    }
}
