//! Headings that share a cell: a row of them may have a colour instead of rulings.

use docmill_documents::tables::{Area, Cell, Grid, TableWord, lines_of};

use super::days::days_of;
use super::times::of_label;

/// Headings from which a cell is several.
const FEWEST: usize = 2;

/// Splits the cells of a table over several columns or rows in which a heading stands for each.
pub(super) fn split(grid: &mut Grid, words: &[TableWord]) {
    let mut cells = Vec::with_capacity(grid.cells.len());
    for cell in std::mem::take(&mut grid.cells) {
        let parts = across(&cell, &grid.columns, words).or_else(|| down(&cell, &grid.rows, words));
        match parts {
            Some(parts) => cells.extend(parts),
            None => cells.push(cell),
        }
    }
    cells.sort_by_key(|cell| (cell.row, cell.column));
    grid.cells = cells;
}

/// One cell a column.
fn across(cell: &Cell, columns: &[i32], words: &[TableWord]) -> Option<Vec<Cell>> {
    let edges = columns.get(cell.column..=cell.column + cell.column_span)?;
    parts(
        edges,
        cell,
        words,
        |area| area.centre().0,
        |at, from, to| Cell {
            column: cell.column + at,
            column_span: 1,
            area: Area {
                x0: from,
                x1: to,
                ..cell.area
            },
            ..cell.clone()
        },
    )
}

/// One cell a row.
fn down(cell: &Cell, rows: &[i32], words: &[TableWord]) -> Option<Vec<Cell>> {
    let edges = rows.get(cell.row..=cell.row + cell.row_span)?;
    parts(
        edges,
        cell,
        words,
        |area| area.centre().1,
        |at, from, to| Cell {
            row: cell.row + at,
            row_span: 1,
            area: Area {
                y0: from,
                y1: to,
                ..cell.area
            },
            ..cell.clone()
        },
    )
}

fn parts(
    edges: &[i32],
    cell: &Cell,
    words: &[TableWord],
    place: impl Fn(&Area) -> i32,
    part: impl Fn(usize, i32, i32) -> Cell,
) -> Option<Vec<Cell>> {
    if edges.len() <= FEWEST {
        return None;
    }
    let inside: Vec<usize> = cell.lines.iter().flat_map(|line| line.words.clone()).collect();
    let mut headings = 0;
    let mut cells = Vec::with_capacity(edges.len());
    for (at, pair) in edges.windows(2).enumerate() {
        let [from, to] = *pair else { continue };
        let own: Vec<usize> = inside
            .iter()
            .filter(|index| {
                let centre = words.get(**index).map(|word| place(&word.area));
                centre.is_some_and(|centre| (from..to).contains(&centre))
            })
            .copied()
            .collect();
        let mut made = part(at, from, to);
        made.lines = lines_of(words, &own);
        let texts: Vec<&str> = made.lines.iter().map(|line| line.text.as_str()).collect();
        let text = texts.join(" ");
        let is_day = days_of(&text).is_some_and(|days| days.len() == 1);
        match text.is_empty() {
            true => {}
            false if is_day || of_label(&text).is_some() => headings += 1,
            // A sentence over several columns is one cell.
            false => return None,
        }
        cells.push(made);
    }
    (headings >= FEWEST).then_some(cells)
}
