//! A table with its texts repaired, either way round.

use docmill_documents::tables::{Area, CellLine, Grid};

use super::letters;

/// A cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) row_span: usize,
    pub(super) column_span: usize,
    /// On the page, whichever way round the table is.
    pub(super) area: Area,
    /// From where to where it goes down; across the page in a table that is turned.
    pub(super) down: (i32, i32),
    /// Its lines, with their letters put together.
    pub(super) lines: Vec<CellLine>,
    /// All of them, with spaces between.
    pub(super) text: String,
    pub(super) fill: Option<[u8; 3]>,
}

impl Place {
    pub(super) fn covers_row(&self, row: usize) -> bool {
        (self.row..self.row + self.row_span).contains(&row)
    }

    pub(super) fn covers_column(&self, column: usize) -> bool {
        (self.column..self.column + self.column_span).contains(&column)
    }

    pub(super) fn is_blank(&self) -> bool {
        !self.text.chars().any(char::is_alphanumeric)
    }
}

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Row by row.
    pub(super) cells: Vec<Place>,
    /// How sure its cells are.
    pub(super) confidence: f32,
    /// Letters below one another, or turned words.
    pub(super) has_vertical_text: bool,
    /// Its words were seen, not read from a file.
    pub(super) is_seen: bool,
}

impl View {
    pub(super) fn of(grid: &Grid, is_seen: bool) -> Self {
        let mut has_vertical_text = false;
        let cells = grid.cells.iter().map(|cell| {
            let (lines, has_stack) = letters::repaired(&cell.lines);
            has_vertical_text |= has_stack || lines.iter().any(|line| !matches!(line.rotation, 0 | 180));
            let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            Place {
                row: cell.row,
                column: cell.column,
                row_span: cell.row_span,
                column_span: cell.column_span,
                area: cell.area,
                down: (cell.area.y0, cell.area.y1),
                text: texts.join(" "),
                lines,
                fill: cell.fill,
            }
        });
        Self {
            cells: cells.collect(),
            rows: grid.rows.len().saturating_sub(1),
            columns: grid.columns.len().saturating_sub(1),
            confidence: grid.confidence,
            has_vertical_text,
            is_seen,
        }
    }

    /// Rows made columns.
    pub(super) fn turned(&self) -> Self {
        let mut cells: Vec<Place> = self
            .cells
            .iter()
            .map(|cell| Place {
                row: cell.column,
                column: cell.row,
                row_span: cell.column_span,
                column_span: cell.row_span,
                down: match cell.down == (cell.area.y0, cell.area.y1) {
                    true => (cell.area.x0, cell.area.x1),
                    false => (cell.area.y0, cell.area.y1),
                },
                ..cell.clone()
            })
            .collect();
        cells.sort_by_key(|cell| (cell.row, cell.column));
        Self {
            rows: self.columns,
            columns: self.rows,
            cells,
            ..*self
        }
    }

    /// The cell that covers a row and a column.
    pub(super) fn at(&self, row: usize, column: usize) -> Option<&Place> {
        self.cells
            .iter()
            .find(|cell| cell.covers_row(row) && cell.covers_column(column))
    }

    /// The cells that begin in a row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &Place> {
        self.cells.iter().filter(move |cell| cell.row == row)
    }

    /// The cells that begin in a column.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = &Place> {
        self.cells.iter().filter(move |cell| cell.column == column)
    }
}
