//! Tables: from words and rulings to cells.
//!
//! All places are in ten-thousandths of the page, whole numbers: the same for a PDF's points and a picture's pixels.
//!
//! # Layout
//! - [`TableWord`], [`TableRuling`]: what is on a page. [`rulings_of`]: the rulings that a picture shows.
//! - [`tables_of`]: the tables that are drawn. [`grid_of_centres`], [`grids_by_alignment`]: those that are not.
//! - [`Grid`], [`Cell`], [`CellLine`]: a table.
//! - `lattice` (rulings to cells), `text` (words to cells and lines), `guessed` (without rulings), `seen` (pixels to
//!   rulings), `fills` (colours of cells).

mod fills;
mod guessed;
mod lattice;
mod model;
mod seen;
#[cfg(test)]
mod tests;
mod text;

pub use fills::add_fills;
pub use guessed::{grid_of_centres, grids_by_alignment};
pub use model::{
    Area, Cell, CellLine, DRAWN, GUESSED, Grid, MAX_CELLS, MAX_RULINGS, MAX_WORDS, TableRuling, TableWord,
    Tables, UNITS,
};
pub use seen::{SeenRulings, rulings_of};

/// The tables of a page that are drawn with rulings, with their words. What is beyond [`MAX_WORDS`], [`MAX_RULINGS`] and
/// [`MAX_CELLS`] is left out.
pub fn tables_of(words: &[TableWord], rulings: &[TableRuling]) -> Tables {
    let mut grids = lattice::grids(rulings);
    let outside = text::fill(&mut grids, words);
    Tables { grids, outside }
}
