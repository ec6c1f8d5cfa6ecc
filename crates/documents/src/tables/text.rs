//! Which words stand in which cell, and in which lines.

use super::model::{Area, Cell, CellLine, Grid, MAX_WORDS, TableWord};

/// Words of one row have their middles no further apart than this share of the lower one's height, in per cent: lines of a
/// narrow cell overlap.
const LEVEL_PERCENT: i32 = 40;
/// Words of one row share no more than this of the narrower one's width, in per cent.
const SHARED_PERCENT: i32 = 30;

/// Puts words into the cells that their centres are in; answers which words are in none.
pub(super) fn fill(grids: &mut [Grid], words: &[TableWord]) -> Vec<usize> {
    let mut outside = Vec::new();
    let mut sets: Vec<Vec<Vec<usize>>> = grids
        .iter()
        .map(|grid| vec![Vec::new(); grid.cells.len()])
        .collect();
    let places: Vec<Places> = grids.iter().map(Places::of).collect();
    for (index, word) in words.iter().enumerate().take(MAX_WORDS) {
        let found = places
            .iter()
            .enumerate()
            .find_map(|(grid, places)| Some((grid, places.at(word.area.centre())?)));
        let set = found.and_then(|(grid, cell)| sets.get_mut(grid)?.get_mut(cell));
        match set {
            Some(set) => set.push(index),
            None => outside.push(index),
        }
    }
    for (grid, sets) in grids.iter_mut().zip(sets) {
        for (cell, set) in grid.cells.iter_mut().zip(sets) {
            cell.lines = lines(&set, words);
        }
    }
    outside
}

/// Which cell of a table covers a place.
struct Places {
    columns: Vec<i32>,
    rows: Vec<i32>,
    /// Row by row, the cell of each small rectangle.
    cells: Vec<Option<usize>>,
}

impl Places {
    fn of(grid: &Grid) -> Self {
        let across = grid.columns.len().saturating_sub(1);
        let mut cells = vec![None; across * grid.rows.len().saturating_sub(1)];
        for (index, cell) in grid.cells.iter().enumerate() {
            let Cell { row, column, .. } = *cell;
            for row in row..row + cell.row_span {
                let places = cells.iter_mut().skip(row * across + column);
                places
                    .take(cell.column_span)
                    .for_each(|place| *place = Some(index));
            }
        }
        Self {
            columns: grid.columns.clone(),
            rows: grid.rows.clone(),
            cells,
        }
    }

    fn at(&self, (x, y): (i32, i32)) -> Option<usize> {
        let between = |edges: &[i32], place: i32| {
            let index = edges.partition_point(|edge| *edge <= place).checked_sub(1)?;
            (index + 1 < edges.len()).then_some(index)
        };
        let (column, row) = (between(&self.columns, x)?, between(&self.rows, y)?);
        *self.cells.get(row * (self.columns.len() - 1) + column)?
    }
}

/// A word as its reader sees it, the page turned for that.
struct Turned {
    index: usize,
    /// Along the line.
    from: i32,
    to: i32,
    /// Across the line, from above.
    top: i32,
    bottom: i32,
}

impl Turned {
    fn of(index: usize, word: &TableWord) -> Self {
        let Area { x0, y0, x1, y1 } = word.area;
        let (from, to, top, bottom) = match quarter(word.rotation) {
            1 => (y0, y1, -x1, -x0),
            2 => (-x1, -x0, -y1, -y0),
            3 => (-y1, -y0, x0, x1),
            _ => (x0, x1, y0, y1),
        };
        Self {
            index,
            from,
            to,
            top,
            bottom,
        }
    }
}

/// Quarter turns, of the nearest direction.
fn quarter(rotation: u16) -> u16 {
    (rotation % 360 + 45) / 90 % 4
}

/// Lines of some words in reading order: direction by direction, from above, each from its start.
pub(super) fn lines(indices: &[usize], words: &[TableWord]) -> Vec<CellLine> {
    let mut lines = Vec::new();
    for direction in 0..4 {
        let mut turned: Vec<Turned> = indices
            .iter()
            .filter_map(|index| Some((*index, words.get(*index)?)))
            .filter(|(_, word)| quarter(word.rotation) == direction)
            .map(|(index, word)| Turned::of(index, word))
            .collect();
        turned.sort_by_key(|word| (word.top + word.bottom, word.from));
        let mut rows: Vec<Vec<Turned>> = Vec::new();
        for word in turned {
            match rows.last_mut() {
                Some(row) if is_in_row(row, &word) => row.push(word),
                _ => rows.push(vec![word]),
            }
        }
        lines.extend(rows.into_iter().map(|row| line(row, words)));
    }
    lines
}

/// Whether a word stands in a row: as high as the word that it began with, and beside all of its words.
fn is_in_row(row: &[Turned], word: &Turned) -> bool {
    let Some(first) = row.first() else {
        return false;
    };
    let twice_apart = ((word.top + word.bottom) - (first.top + first.bottom)).abs();
    let lower = (first.bottom - first.top).min(word.bottom - word.top).max(1);
    let is_level = twice_apart * 100 <= 2 * LEVEL_PERCENT * lower;
    let is_beside = |other: &Turned| {
        let shared = word.to.min(other.to) - word.from.max(other.from);
        let narrower = (word.to - word.from).min(other.to - other.from);
        shared * 100 <= SHARED_PERCENT * narrower
    };
    is_level && row.iter().all(is_beside)
}

fn line(mut row: Vec<Turned>, words: &[TableWord]) -> CellLine {
    row.sort_by_key(|word| (word.from, word.to));
    let height = row.iter().map(|word| word.bottom - word.top).max().unwrap_or(0);
    let indices: Vec<usize> = row.iter().map(|word| word.index).collect();
    let members: Vec<&TableWord> = indices.iter().filter_map(|index| words.get(*index)).collect();
    let texts: Vec<&str> = members.iter().map(|word| word.text.as_str()).collect();
    let area = members
        .iter()
        .map(|word| word.area)
        .reduce(|a, b| a.around(&b))
        .unwrap_or_default();
    let confidence = members.iter().map(|word| word.confidence).sum::<f32>() / members.len().max(1) as f32;
    CellLine {
        text: texts.join(" "),
        area,
        height,
        rotation: members.first().map_or(0, |word| word.rotation),
        confidence,
        words: indices,
    }
}
