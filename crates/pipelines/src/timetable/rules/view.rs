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
    pub(super) fn is_blank(&self) -> bool {
        !self.text.chars().any(char::is_alphanumeric)
    }
}

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// By row and column.
    pub(super) cells: Vec<Place>,
    /// Which cell covers each row and column, row by row.
    covered: Vec<Option<usize>>,
    /// The cells by column and row.
    by_column: Vec<usize>,
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
        let cells: Vec<Place> = cells.collect();
        Self {
            rows: grid.rows.len().saturating_sub(1),
            columns: grid.columns.len().saturating_sub(1),
            confidence: grid.confidence,
            has_vertical_text,
            is_seen,
            ..Self::default()
        }
        .with(cells)
    }

    /// The table with these cells.
    fn with(mut self, mut cells: Vec<Place>) -> Self {
        cells.sort_by_key(|cell| (cell.row, cell.column));
        self.covered = vec![None; self.rows * self.columns];
        for (index, cell) in cells.iter().enumerate() {
            for row in cell.row..cell.row + cell.row_span {
                let places = self.covered.iter_mut().skip(row * self.columns + cell.column);
                places
                    .take(cell.column_span)
                    .for_each(|place| *place = Some(index));
            }
        }
        self.by_column = (0..cells.len()).collect();
        let place = |index: &usize| cells.get(*index).map(|cell| (cell.column, cell.row));
        self.by_column.sort_by_key(place);
        self.cells = cells;
        self
    }

    /// Rows made columns, of a table as it stands on its page.
    pub(super) fn turned(&self) -> Self {
        let cells = self.cells.iter().map(|cell| Place {
            row: cell.column,
            column: cell.row,
            row_span: cell.column_span,
            column_span: cell.row_span,
            down: (cell.area.x0, cell.area.x1),
            ..cell.clone()
        });
        Self {
            rows: self.columns,
            columns: self.rows,
            cells: Vec::new(),
            covered: Vec::new(),
            by_column: Vec::new(),
            ..*self
        }
        .with(cells.collect())
    }

    /// The cell that covers a row and a column.
    pub(super) fn at(&self, row: usize, column: usize) -> Option<&Place> {
        if column >= self.columns {
            return None;
        }
        let index = self.covered.get(row * self.columns + column).copied()??;
        self.cells.get(index)
    }

    /// The cells that begin in a row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &Place> {
        let from = self.cells.partition_point(|cell| cell.row < row);
        self.cells
            .iter()
            .skip(from)
            .take_while(move |cell| cell.row == row)
    }

    /// The cells that begin in a column.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = &Place> {
        let of = |index: &usize| self.cells.get(*index);
        let from = self
            .by_column
            .partition_point(|index| of(index).is_some_and(|cell| cell.column < column));
        let rest = self.by_column.get(from..).unwrap_or_default();
        rest.iter()
            .filter_map(of)
            .take_while(move |cell| cell.column == column)
    }
}
