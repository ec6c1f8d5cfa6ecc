//! Tables without rulings: their cells are guessed from where words stand.

use super::model::{Area, Cell, GUESSED, Grid, MAX_CELLS, MAX_WORDS, TableWord, UNITS};
use super::text;

/// Lines of a table without rulings, at least.
const FEWEST_ROWS: usize = 3;
/// Words further apart than this share of a line's height are in two columns. A space is a third of it.
const GAP_OF_HEIGHT: f32 = 1.0;
/// Heights to units across: a page is higher than it is wide, by the usual sheets.
const ASPECT: f32 = 1.41;
/// Lines further apart than so many of their heights are not in one table.
const LINE_GAP: i32 = 3;
/// Units of the narrowest gap between two columns.
const NARROWEST_GAP: i32 = 50;

/// The table whose columns and rows have these centres, in `area`: boundaries are half-way between them. Words that are
/// outside are not in it. `None` without a centre in each direction, or with too many.
pub fn grid_of_centres(words: &[TableWord], columns: &[i32], rows: &[i32], area: Area) -> Option<Grid> {
    let columns = half_way(columns, area.x0, area.x1)?;
    let rows = half_way(rows, area.y0, area.y1)?;
    grid_of_edges(words, columns, rows)
}

/// The table whose columns and rows have these edges. Words that are outside are not in it. `None` without a column or a
/// row, or with too many cells.
pub fn grid_of_edges(words: &[TableWord], columns: Vec<i32>, rows: Vec<i32>) -> Option<Grid> {
    let mut grids = [plain(columns, rows)?];
    text::fill(&mut grids, words);
    let [grid] = grids;
    Some(grid)
}

/// Edges between centres, and the two ends.
fn half_way(centres: &[i32], start: i32, end: i32) -> Option<Vec<i32>> {
    let mut centres: Vec<i32> = centres
        .iter()
        .copied()
        .filter(|centre| (start..end).contains(centre))
        .collect();
    centres.sort_unstable();
    centres.dedup();
    let first = *centres.first()?;
    let mut edges = vec![start.min(first)];
    edges.extend(centres.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(i32::midpoint(*a, *b)),
        _ => None,
    }));
    edges.push(end);
    Some(edges)
}

/// A grid without merged cells.
fn plain(columns: Vec<i32>, rows: Vec<i32>) -> Option<Grid> {
    let (across, down) = (columns.len().checked_sub(1)?, rows.len().checked_sub(1)?);
    if across * down == 0 || across * down > MAX_CELLS {
        return None;
    }
    let mut cells = Vec::with_capacity(across * down);
    for (row, pair) in rows.windows(2).enumerate() {
        let [y0, y1] = *pair else { continue };
        for (column, pair) in columns.windows(2).enumerate() {
            let [x0, x1] = *pair else { continue };
            cells.push(Cell {
                row,
                column,
                row_span: 1,
                column_span: 1,
                area: Area { x0, y0, x1, y1 },
                ..Cell::default()
            });
        }
    }
    Some(Grid {
        columns,
        rows,
        cells,
        confidence: GUESSED,
    })
}

/// A line of text in pieces with wide gaps between them.
struct Row {
    area: Area,
    pieces: Vec<(i32, i32)>,
}

/// The tables that words make by standing below one another, without any rulings: three lines or more with the same gaps
/// through all of them, but for one line in ten. Each line of text is a row of its own.
pub fn grids_by_alignment(words: &[TableWord]) -> Vec<Grid> {
    let upright: Vec<usize> = (0..words.len().min(MAX_WORDS))
        .filter(|index| words.get(*index).is_some_and(|word| word.rotation == 0))
        .collect();
    let rows: Vec<Row> = text::lines(&upright, words)
        .iter()
        .map(|line| row(&line.words, line.height, line.area, words))
        .collect();
    let mut grids: Vec<Grid> = runs(&rows).into_iter().filter_map(aligned).collect();
    text::fill(&mut grids, words);
    grids
}

fn row(indices: &[usize], height: i32, area: Area, words: &[TableWord]) -> Row {
    let widest = (height as f32 * GAP_OF_HEIGHT * ASPECT) as i32;
    let mut pieces: Vec<(i32, i32)> = Vec::new();
    for word in indices.iter().filter_map(|index| words.get(*index)) {
        match pieces.last_mut() {
            Some(last) if word.area.x0 - last.1 <= widest => last.1 = last.1.max(word.area.x1),
            _ => pieces.push((word.area.x0, word.area.x1)),
        }
    }
    Row { area, pieces }
}

/// Lines that follow one another and begin and end with one that has several pieces.
fn runs(rows: &[Row]) -> Vec<&[Row]> {
    let near = |a: &Row, b: &Row| b.area.y0 - a.area.y1 <= LINE_GAP * a.area.height().max(b.area.height());
    // One line that goes through may be a cell of two lines; two are a paragraph.
    let mut runs = Vec::new();
    for block in rows.chunk_by(near) {
        let mut start = None;
        let mut end = 0;
        for (index, row) in block.iter().enumerate() {
            if row.pieces.len() > 1 {
                start = start.or(Some(index));
                end = index + 1;
            } else if let Some(from) = start.filter(|_| index > end) {
                runs.extend(block.get(from..end));
                start = None;
            }
        }
        if let Some(from) = start {
            runs.extend(block.get(from..end));
        }
    }
    runs.retain(|run: &&[Row]| run.iter().filter(|row| row.pieces.len() > 1).count() >= FEWEST_ROWS);
    runs
}

/// The table of a run of lines, if gaps go through it.
fn aligned(rows: &[Row]) -> Option<Grid> {
    let area = rows.iter().map(|row| row.area).reduce(|a, b| a.around(&b))?;
    let mut changes = vec![0_i32; UNITS as usize + 2];
    for (from, to) in rows.iter().flat_map(|row| row.pieces.iter()) {
        let mut add = |at: i32, change: i32| {
            if let Some(entry) = changes.get_mut(at.clamp(0, UNITS) as usize) {
                *entry += change;
            }
        };
        add(*from, 1);
        add(to + 1, -1);
    }
    let most = i32::try_from(rows.len() / 10).unwrap_or(0);
    let mut columns = vec![area.x0];
    let (mut depth, mut gap_from) = (0, None);
    for (x, change) in (0..).zip(&changes) {
        depth += change;
        let is_gap = depth <= most && x > area.x0 && x < area.x1;
        if is_gap {
            gap_from = gap_from.or(Some(x));
        } else if let Some(from) = gap_from.take()
            && x - from >= NARROWEST_GAP
            && x < area.x1
        {
            columns.push(i32::midpoint(from, x));
        }
    }
    columns.push(area.x1 + 1);
    if columns.len() < 3 {
        return None;
    }
    let centres: Vec<i32> = rows.iter().map(|row| row.area.centre().1).collect();
    plain(columns, half_way(&centres, area.y0, area.y1 + 1)?)
}
