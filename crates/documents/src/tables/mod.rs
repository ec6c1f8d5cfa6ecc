//! Tables: from words and rulings to cells.
//!
//! All places are in ten-thousandths of the page, whole numbers: the same for a PDF's points and a picture's pixels.
//!
//! # Layout
//! - [`TableWord`], [`TableRuling`]: what is on a page. [`rulings_of`]: the rulings that a picture shows.
//! - [`tables_of`]: the tables that are drawn. [`grid_of_centres`], [`grid_of_edges`],
//!   [`grids_by_alignment`]: those that are not. [`lines_of`]: text beside them.
//! - [`Grid`], [`Cell`], [`CellLine`]: a table.
//! - `lattice` (rulings to cells), `text` (words to cells and lines), `guessed` (without rulings), `seen` (pixels to
//!   rulings), `fills` (colours of cells). [`find_tables`]: what pixels show, for a process of its own.

mod fills;
mod guessed;
mod lattice;
mod model;
mod reader;
mod seen;
#[cfg(test)]
mod tests;
mod text;

pub use fills::add_fills;
pub use guessed::{grid_of_centres, grid_of_edges, grids_by_alignment};
pub use model::{
    Area, Cell, CellLine, DRAWN, GUESSED, Grid, MAX_CELLS, MAX_RULINGS, MAX_WORDS, TableRuling, TableWord,
    Tables, UNITS,
};
pub use reader::{SeenTables, find_tables};
pub use seen::{SeenRulings, rulings_of};

/// Some of the words of a page in lines: direction by direction, from above, each from its start.
pub fn lines_of(words: &[TableWord], indices: &[usize]) -> Vec<CellLine> {
    text::lines(indices, words)
}

/// The tables of a page that are drawn with rulings, with their words. What is beyond [`MAX_WORDS`], [`MAX_RULINGS`] and
/// [`MAX_CELLS`] is left out.
pub fn tables_of(words: &[TableWord], rulings: &[TableRuling]) -> Tables {
    let mut grids = lattice::grids(rulings);
    let outside = text::fill(&mut grids, words);
    Tables { grids, outside }
}
