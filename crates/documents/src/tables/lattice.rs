//! From rulings to cells.
//!
//! Rulings that touch belong to one table. Their places are clustered to the edges of rows and columns, which cut the
//! table into small rectangles. Where the side between two of these is missing they are one cell. Cells that are no
//! rectangle are cut: from the left end of their top row as far right as they go, then as far down as that whole width
//! goes; then the same with what is left.

use super::model::{Area, Cell, DRAWN, Grid, MAX_CELLS, MAX_RULINGS, TableRuling};

/// Rulings this near are one, and ends this near touch.
const TOLERANCE: i32 = 20;
/// A side is there if this share of it is drawn, in per cent.
const COVERED_PERCENT: i64 = 80;
/// Lines of all tables together, merged ones.
const MAX_LINES: usize = 4_000;
/// Rulings reach beyond the outermost of the other direction by more than this: the table has open sides. Corners that
/// are drawn carelessly reach less far, and no column is as narrow.
const OPEN_SIDE: i32 = 200;

/// The tables that rulings draw, from the top; single boxes are none. Rulings beyond the limits are left out.
pub(super) fn grids(rulings: &[TableRuling]) -> Vec<Grid> {
    let mut lines = merged(rulings);
    if lines.len() > MAX_LINES {
        lines.sort_by_key(|line| line.from - line.to);
        lines.truncate(MAX_LINES);
    }
    let mut grids: Vec<Grid> = connected(&lines).iter().filter_map(|lines| grid(lines)).collect();
    grids.sort_by_key(|grid| (grid.area().y0, grid.area().x0));
    grids
}

/// Pieces of one line put together.
fn merged(rulings: &[TableRuling]) -> Vec<TableRuling> {
    let mut sorted: Vec<TableRuling> = rulings.iter().copied().take(MAX_RULINGS).collect();
    sorted.sort_by_key(|ruling| (ruling.is_horizontal, ruling.at, ruling.from));
    let mut lines = Vec::new();
    for cluster in sorted.chunk_by(|a, b| a.is_horizontal == b.is_horizontal && b.at - a.at <= TOLERANCE / 4)
    {
        let mut cluster = cluster.to_vec();
        cluster.sort_by_key(|ruling| ruling.from);
        let mut current: Option<TableRuling> = None;
        for ruling in cluster {
            match &mut current {
                Some(line) if ruling.from <= line.to + TOLERANCE => line.to = line.to.max(ruling.to),
                _ => lines.extend(current.replace(ruling)),
            }
        }
        lines.extend(current);
    }
    lines
}

/// Lines in groups of those that touch.
fn connected(lines: &[TableRuling]) -> Vec<Vec<TableRuling>> {
    let mut groups = Groups::new(lines.len());
    for (a, across) in lines.iter().enumerate().filter(|(_, line)| line.is_horizontal) {
        for (b, down) in lines.iter().enumerate().filter(|(_, line)| !line.is_horizontal) {
            let near =
                |line: &TableRuling, at: i32| (line.from - TOLERANCE..=line.to + TOLERANCE).contains(&at);
            if near(across, down.at) && near(down, across.at) {
                groups.join(a, b);
            }
        }
    }
    let mut sets: Vec<Vec<TableRuling>> = vec![Vec::new(); lines.len()];
    for (index, line) in lines.iter().enumerate() {
        if let Some(set) = sets.get_mut(groups.find(index)) {
            set.push(*line);
        }
    }
    sets.retain(|set| set.len() >= 4);
    sets
}

/// Sets of numbers that are joined.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The number that stands for the set.
    fn find(&mut self, index: usize) -> usize {
        let mut at = index;
        while let Some(parent) = self.0.get(at).copied().filter(|parent| *parent != at) {
            let above = self.0.get(parent).copied().unwrap_or(parent);
            if let Some(entry) = self.0.get_mut(at) {
                *entry = above;
            }
            at = above;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        if let Some(entry) = self.0.get_mut(a.max(b)) {
            *entry = a.min(b);
        }
    }
}

/// An edge of rows or of columns: where it is, and which pieces of it are drawn.
#[derive(Clone, Debug)]
struct Edge {
    at: i32,
    /// Not overlapping, from the start.
    pieces: Vec<(i32, i32)>,
}

impl Edge {
    /// Units that are drawn between two places; an end within the tolerance of a place reaches it.
    fn drawn(&self, from: i32, to: i32) -> i64 {
        let pieces = self.pieces.iter();
        let lengths = pieces.map(|(start, end)| {
            let start = if (start - from).abs() <= TOLERANCE {
                from
            } else {
                *start
            };
            let end = if (end - to).abs() <= TOLERANCE { to } else { *end };
            i64::from((end.min(to) - start.max(from)).max(0))
        });
        lengths.sum()
    }

    fn covers(&self, from: i32, to: i32) -> bool {
        self.drawn(from, to) * 100 >= i64::from(to - from) * COVERED_PERCENT
    }
}

/// The edges of one direction, clustered by their places.
fn edges(lines: &[TableRuling], is_horizontal: bool) -> Vec<Edge> {
    let mut lines: Vec<&TableRuling> = lines
        .iter()
        .filter(|line| line.is_horizontal == is_horizontal)
        .collect();
    lines.sort_by_key(|line| line.at);
    let mut edges = Vec::new();
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        let count = rest.partition_point(|line| line.at - first.at <= TOLERANCE);
        let (cluster, others) = rest.split_at(count);
        rest = others;
        // Long lines say more about the place than short ones.
        let weight: i64 = cluster
            .iter()
            .map(|line| i64::from(line.to - line.from).max(1))
            .sum();
        let sum: i64 = cluster
            .iter()
            .map(|line| i64::from(line.to - line.from).max(1) * i64::from(line.at))
            .sum();
        let mut spans: Vec<(i32, i32)> = cluster.iter().map(|line| (line.from, line.to)).collect();
        spans.sort_unstable();
        let mut pieces: Vec<(i32, i32)> = Vec::new();
        for (from, to) in spans {
            match pieces.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => pieces.push((from, to)),
            }
        }
        edges.push(Edge {
            at: i32::try_from((sum + weight / 2) / weight).unwrap_or(first.at),
            pieces,
        });
    }
    edges
}

/// Adds the sides of a table that are not drawn: where its lines of the other direction end.
fn add_open_sides(edges: &mut Vec<Edge>, others: &[Edge]) {
    let (Some(first), Some(last)) = (others.first(), others.last()) else {
        return;
    };
    let whole = vec![(first.at, last.at)];
    let starts = others
        .iter()
        .filter_map(|edge| edge.pieces.first())
        .map(|piece| piece.0);
    let ends = others
        .iter()
        .filter_map(|edge| edge.pieces.last())
        .map(|piece| piece.1);
    let (Some(start), Some(end)) = (starts.min(), ends.max()) else {
        return;
    };
    if edges.first().is_some_and(|edge| start < edge.at - OPEN_SIDE) {
        edges.insert(
            0,
            Edge {
                at: start,
                pieces: whole.clone(),
            },
        );
    }
    if edges.last().is_some_and(|edge| end > edge.at + OPEN_SIDE) {
        edges.push(Edge {
            at: end,
            pieces: whole,
        });
    }
}

/// The table of lines that touch.
fn grid(lines: &[TableRuling]) -> Option<Grid> {
    let (mut xs, mut ys) = (edges(lines, false), edges(lines, true));
    let drawn_ys = ys.clone();
    add_open_sides(&mut ys, &xs);
    add_open_sides(&mut xs, &drawn_ys);
    let (columns, rows) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
    if columns == 0 || rows == 0 || columns * rows > MAX_CELLS {
        return None;
    }
    let regions = regions(&xs, &ys);
    let cells: Vec<Cell> = rectangles(&regions, columns)
        .into_iter()
        .filter_map(|rectangle| cell(rectangle, &xs, &ys))
        .collect();
    (cells.len() > 1).then(|| Grid {
        columns: xs.iter().map(|edge| edge.at).collect(),
        rows: ys.iter().map(|edge| edge.at).collect(),
        cells,
        confidence: DRAWN,
    })
}

/// For each small rectangle, row by row, the region it belongs to.
fn regions(xs: &[Edge], ys: &[Edge]) -> Vec<usize> {
    let (columns, rows) = (xs.len() - 1, ys.len() - 1);
    let mut groups = Groups::new(columns * rows);
    for (row, pair) in ys.windows(2).enumerate() {
        let [top, bottom] = pair else { continue };
        for (column, pair) in xs.windows(2).enumerate() {
            let [left, right] = pair else { continue };
            let here = row * columns + column;
            if column + 1 < columns && !right.covers(top.at, bottom.at) {
                groups.join(here, here + 1);
            }
            if row + 1 < rows && !bottom.covers(left.at, right.at) {
                groups.join(here, here + columns);
            }
        }
    }
    (0..columns * rows).map(|index| groups.find(index)).collect()
}

/// Rows and columns of a rectangle, the ends not included.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rectangle {
    top: usize,
    left: usize,
    bottom: usize,
    right: usize,
}

/// Regions cut into rectangles, from the top left.
fn rectangles(regions: &[usize], columns: usize) -> Vec<Rectangle> {
    let rows = regions.len() / columns;
    let mut is_taken = vec![false; regions.len()];
    let mut rectangles = Vec::new();
    for index in 0..regions.len() {
        if is_taken.get(index).copied().unwrap_or(true) {
            continue;
        }
        let region = regions.get(index);
        let (top, left) = (index / columns, index % columns);
        let is_free = |is_taken: &[bool], row: usize, column: usize| {
            let at = row * columns + column;
            regions.get(at) == region && is_taken.get(at) == Some(&false)
        };
        let right = (left..columns)
            .find(|column| !is_free(&is_taken, top, *column))
            .unwrap_or(columns);
        let bottom = (top + 1..rows)
            .find(|row| !(left..right).all(|column| is_free(&is_taken, *row, column)))
            .unwrap_or(rows);
        for row in top..bottom {
            let places = is_taken.iter_mut().skip(row * columns + left);
            places.take(right - left).for_each(|place| *place = true);
        }
        rectangles.push(Rectangle {
            top,
            left,
            bottom,
            right,
        });
    }
    rectangles
}

/// The cell of a rectangle; none where it is open to the outside of the table.
fn cell(rectangle: Rectangle, xs: &[Edge], ys: &[Edge]) -> Option<Cell> {
    let Rectangle {
        top,
        left,
        bottom,
        right,
    } = rectangle;
    let (x0, x1) = (xs.get(left)?, xs.get(right)?);
    let (y0, y1) = (ys.get(top)?, ys.get(bottom)?);
    let is_closed = (left > 0 || x0.covers(y0.at, y1.at))
        && (right + 1 < xs.len() || x1.covers(y0.at, y1.at))
        && (top > 0 || y0.covers(x0.at, x1.at))
        && (bottom + 1 < ys.len() || y1.covers(x0.at, x1.at));
    is_closed.then(|| Cell {
        row: top,
        column: left,
        row_span: bottom - top,
        column_span: right - left,
        area: Area {
            x0: x0.at,
            y0: y0.at,
            x1: x1.at,
            y1: y1.at,
        },
        ..Cell::default()
    })
}
