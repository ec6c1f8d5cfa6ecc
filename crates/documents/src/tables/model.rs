//! What tables are made from, and what they are.

use serde::{Deserialize, Serialize};

use crate::pdf::PageContent;

/// Units along each side of a page.
pub const UNITS: i32 = 10_000;

/// Words of a page that are looked at; a dense page of a newspaper has 3,000.
pub const MAX_WORDS: usize = 20_000;
/// Rulings of a page that are looked at.
pub const MAX_RULINGS: usize = 20_000;
/// Cells of a table, before any are merged.
pub const MAX_CELLS: usize = 20_000;

/// How sure a table is whose cells are drawn.
pub const DRAWN: f32 = 1.0;
/// How sure a table is whose cells are guessed from where its words stand.
pub const GUESSED: f32 = 0.8;

/// An upright rectangle in ten-thousandths of the page's width and height, the origin at the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Area {
    /// Left edge.
    pub x0: i32,
    /// Top edge.
    pub y0: i32,
    /// Right edge, not left of `x0`.
    pub x1: i32,
    /// Bottom edge, not above `y0`.
    pub y1: i32,
}

impl Area {
    /// The rectangle of two opposite corners, cut to the page.
    pub fn of_corners(a: (i32, i32), b: (i32, i32)) -> Self {
        let on_page = |value: i32| value.clamp(0, UNITS);
        Self {
            x0: on_page(a.0.min(b.0)),
            y0: on_page(a.1.min(b.1)),
            x1: on_page(a.0.max(b.0)),
            y1: on_page(a.1.max(b.1)),
        }
    }

    /// Its middle.
    pub fn centre(&self) -> (i32, i32) {
        (i32::midpoint(self.x0, self.x1), i32::midpoint(self.y0, self.y1))
    }

    /// Units down.
    pub fn height(&self) -> i32 {
        self.y1 - self.y0
    }

    /// Whether a point is inside; the right and the bottom edge are not.
    pub fn contains(&self, (x, y): (i32, i32)) -> bool {
        (self.x0..self.x1).contains(&x) && (self.y0..self.y1).contains(&y)
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn around(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }
}

/// A word on a page, from the file's text or as it was recognised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableWord {
    /// Its characters.
    pub text: String,
    /// Where it stands.
    pub area: Area,
    /// How sure its characters are, 0 to 1; 1 for text of a file.
    pub confidence: f32,
    /// Writing direction in degrees clockwise: 0 to the right, 90 downwards.
    pub rotation: u16,
}

/// A horizontal or vertical line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TableRuling {
    /// Whether it runs from left to right; otherwise it runs downwards.
    pub is_horizontal: bool,
    /// Its y if it is horizontal, its x otherwise.
    pub at: i32,
    /// Where it begins, along its direction.
    pub from: i32,
    /// Where it ends, not before `from`.
    pub to: i32,
}

impl TableWord {
    /// The words of a page of a PDF.
    pub fn of_page(page: &PageContent) -> Vec<Self> {
        let unit = units(page);
        let words = page.words.iter().take(MAX_WORDS);
        words
            .map(|word| Self {
                text: word.text.clone(),
                area: Area::of_corners(
                    unit((word.rect.x0, word.rect.y0)),
                    unit((word.rect.x1, word.rect.y1)),
                ),
                confidence: 1.0,
                rotation: word.angle,
            })
            .collect()
    }
}

impl TableRuling {
    /// The rulings of a page of a PDF.
    pub fn of_page(page: &PageContent) -> Vec<Self> {
        let unit = units(page);
        let rulings = page.rulings.iter().take(MAX_RULINGS);
        rulings
            .map(|ruling| {
                let (a, b) = (unit(ruling.from), unit(ruling.to));
                let area = Area::of_corners(a, b);
                if ruling.is_horizontal() {
                    Self {
                        is_horizontal: true,
                        at: area.centre().1,
                        from: area.x0,
                        to: area.x1,
                    }
                } else {
                    Self {
                        is_horizontal: false,
                        at: area.centre().0,
                        from: area.y0,
                        to: area.y1,
                    }
                }
            })
            .collect()
    }
}

/// From points of a page to its units.
fn units(page: &PageContent) -> impl Fn((f32, f32)) -> (i32, i32) {
    let (width, height) = page.size;
    // A cast of what is not a number is 0.
    let unit = |value: f32, side: f32| (value / side.max(1.0) * UNITS as f32).round() as i32;
    move |(x, y)| (unit(x, width), unit(y, height))
}

/// A line of text in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellLine {
    /// Its words with spaces between them.
    pub text: String,
    /// Around its words.
    pub area: Area,
    /// Height of its tallest word, across the writing direction: compare it within one direction only.
    pub height: i32,
    /// Writing direction, as of its words.
    pub rotation: u16,
    /// Mean confidence of its words.
    pub confidence: f32,
    /// Which words: indices of what the table was made from.
    pub words: Vec<usize>,
}

/// A cell, merged ones included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Its first row, counted from 0.
    pub row: usize,
    /// Its first column, counted from 0.
    pub column: usize,
    /// Rows it covers, at least 1.
    pub row_span: usize,
    /// Columns it covers, at least 1.
    pub column_span: usize,
    /// Where it is.
    pub area: Area,
    /// What is written in it, in reading order.
    pub lines: Vec<CellLine>,
    /// Its colour, red, green and blue, if it has one and a picture of it was looked at.
    pub fill: Option<[u8; 3]>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Edges of the columns from the left, one more than there are columns.
    pub columns: Vec<i32>,
    /// Edges of the rows from the top, one more than there are rows.
    pub rows: Vec<i32>,
    /// Row by row. They do not overlap; places that no cell covers are outside of a table that is no rectangle.
    pub cells: Vec<Cell>,
    /// [`DRAWN`] or [`GUESSED`].
    pub confidence: f32,
}

impl Grid {
    /// Around the whole table.
    pub fn area(&self) -> Area {
        let ends = |edges: &[i32]| {
            (
                edges.first().copied().unwrap_or(0),
                edges.last().copied().unwrap_or(0),
            )
        };
        let ((x0, x1), (y0, y1)) = (ends(&self.columns), ends(&self.rows));
        Area { x0, y0, x1, y1 }
    }

    /// The cell that covers a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        self.cells.iter().find(|cell| {
            (cell.row..cell.row + cell.row_span).contains(&row)
                && (cell.column..cell.column + cell.column_span).contains(&column)
        })
    }
}

/// The tables of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    /// From the top.
    pub grids: Vec<Grid>,
    /// The words that stand in no cell: indices of what the tables were made from.
    pub outside: Vec<usize>,
}
