//! Reading order: which rows are read column by column, and which across.
//!
//! Rows that lie under each other and share a free strip (a gutter) may be columns of text or a table. What tells them
//! apart is the order of drawing: programs write a column to its end before they begin the next, and a table row by
//! row. Where that says nothing, only long, wide and well-filled columns count as columns.

use super::rows::Phrase;

/// Rows of one page beyond which columns are not looked for.
pub(super) const MAX_ROWS: usize = 3_000;
/// Rows that one pair of columns can have.
const MAX_COLUMN_ROWS: usize = 400;
/// Gutters that a run of rows can share.
const MAX_GUTTERS: usize = 64;
/// Columns within columns.
const MAX_DEPTH: usize = 8;
/// Phrases looked at for one page, over and over: bounds the work on pages made to be slow.
const MAX_LOOKS: usize = 20_000_000;

/// A gutter is at least this wide, in em.
const GUTTER_EM: f64 = 1.0;
/// Rows further apart than this do not belong to one run, in em.
const RUN_GAP_EM: f64 = 6.0;
/// Rows below the shorter column that are set apart by this much come after both, in em.
const AFTER_GAP_EM: f64 = 1.8;

/// Drawn in columns: the drawing crosses the gutter at most once, and once more for so many rows.
const ROWS_PER_CROSSING: usize = 6;
/// Fewest rows of a column that was drawn as one.
const SERIAL_MIN_ROWS: usize = 2;
/// Least width of a column that was drawn as one, in em.
const SERIAL_MIN_EM: f64 = 2.0;

/// Fewest rows of a column that only its shape speaks for.
const SHAPE_MIN_ROWS: usize = 6;
/// Share of such a column's rows that text fills.
const SHAPE_FILL: f64 = 0.75;
/// Least width of such a column, in em.
const SHAPE_MIN_EM: f64 = 10.0;

/// Columns wider than this are text rather than labels, in em.
const TEXT_COLUMN_EM: f64 = 12.0;
/// How much more a gutter between columns of text counts than one of the same width beside labels.
const TEXT_COLUMN_WEIGHT: f64 = 3.0;

/// What is read across as one row: phrases from left to right.
pub(super) type Row<'p> = Vec<&'p Phrase>;

/// Rows of one column, from top to bottom, without other columns beside them.
#[derive(Debug)]
pub(super) struct Block<'p> {
    pub(super) rows: Vec<Row<'p>>,
    /// Counts the columns the page was cut into: blocks of one column have the same number.
    pub(super) column: usize,
}

/// Puts phrases, sorted by row and then from left to right, into reading order. The second value tells that a limit
/// was reached and some of the page is read across.
pub(super) fn blocks(phrases: &[Phrase]) -> (Vec<Block<'_>>, bool) {
    let mut flow = Flow::default();
    flow.read(phrases.iter().collect(), 0);
    (flow.blocks, flow.capped)
}

#[derive(Default)]
struct Flow<'p> {
    blocks: Vec<Block<'p>>,
    columns: usize,
    looks: usize,
    capped: bool,
}

/// A free strip from left to right.
type Strip = (f64, f64);

/// Rows `start..end` with their shared gutters.
struct Run {
    end: usize,
    gutters: Vec<Strip>,
}

impl<'p> Flow<'p> {
    /// Reads what stands in one column.
    fn read(&mut self, phrases: Vec<&'p Phrase>, depth: usize) {
        let column = self.columns;
        self.columns += 1;
        let rows: Vec<Row<'p>> = phrases
            .chunk_by(|a, b| a.row == b.row)
            .map(<[_]>::to_vec)
            .collect();
        if rows.len() > MAX_ROWS {
            self.capped = true;
        }
        if rows.len() > MAX_ROWS || depth >= MAX_DEPTH {
            self.emit(rows, column);
            return;
        }
        let mut plain: Vec<Row<'p>> = Vec::new();
        let mut rest = rows.as_slice();
        while let Some((first, following)) = rest.split_first() {
            let Some((end, middle)) = self.columns_from(rest) else {
                plain.push(first.clone());
                rest = following;
                continue;
            };
            self.emit(std::mem::take(&mut plain), column);
            let (run, following) = rest.split_at(end);
            let (left, right) = run.iter().flatten().partition(|phrase| phrase.x1 <= middle);
            self.read(left, depth + 1);
            self.read(right, depth + 1);
            rest = following;
        }
        self.emit(plain, column);
    }

    fn emit(&mut self, rows: Vec<Row<'p>>, column: usize) {
        if !rows.is_empty() {
            self.blocks.push(Block { rows, column });
        }
    }

    /// If the rows begin with columns: how many rows those have, and where the gutter is.
    fn columns_from(&mut self, rows: &[Row<'p>]) -> Option<(usize, f64)> {
        let em = rows.first()?.first()?.size;
        let run = self.run(rows, em)?;
        let rows = rows.get(..run.end)?;
        let mut best: Option<(f64, f64)> = None;
        for (left, right) in run.gutters {
            self.looks += rows.iter().map(Vec::len).sum::<usize>();
            let middle = (left + right) / 2.0;
            let Some(narrower) = Sides::of(rows, middle).columns(rows, middle, em) else {
                continue;
            };
            let weight = if narrower > TEXT_COLUMN_EM {
                TEXT_COLUMN_WEIGHT
            } else {
                1.0
            };
            let score = (right - left) * weight;
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, middle));
            }
        }
        let (_, middle) = best?;
        Some((end_of_columns(rows, middle, em), middle))
    }

    /// The longest run of rows from the first that shares a gutter.
    fn run(&mut self, rows: &[Row<'p>], em: f64) -> Option<Run> {
        let first = rows.first()?;
        let mut shared = free_strips(first);
        let (mut left, mut right) = extent(first);
        let mut found: Option<Run> = None;
        for (index, pair) in rows.windows(2).enumerate() {
            let [above, row] = pair else { break };
            let next = index + 1;
            if self.looks > MAX_LOOKS || next >= MAX_COLUMN_ROWS || shared.len() >= MAX_GUTTERS {
                self.capped = true;
                break;
            }
            self.looks += row.len() + shared.len();
            if row.len() == 1 && drop_between(above, row) > RUN_GAP_EM * em {
                break;
            }
            let narrowed = common(&shared, &free_strips(row), GUTTER_EM * em);
            let (row_left, row_right) = extent(row);
            let (new_left, new_right) = (left.min(row_left), right.max(row_right));
            let gutters: Vec<Strip> = narrowed
                .iter()
                .copied()
                .filter(|strip| strip.0 >= new_left && strip.1 <= new_right)
                .collect();
            let only_margins = narrowed
                .iter()
                .all(|strip| strip.0 == f64::NEG_INFINITY || strip.1 == f64::INFINITY);
            if gutters.is_empty() && (found.is_some() || only_margins && next > 1) {
                break;
            }
            (shared, left, right) = (narrowed, new_left, new_right);
            if !gutters.is_empty() {
                found = Some(Run {
                    end: next + 1,
                    gutters,
                });
            }
        }
        found
    }
}

/// Rows after the last one that has text right of the gutter belong to what follows, if they are set apart.
fn end_of_columns(rows: &[Row<'_>], middle: f64, em: f64) -> usize {
    let last_right = rows
        .iter()
        .rposition(|row| row.iter().any(|phrase| phrase.x0 >= middle))
        .unwrap_or(rows.len());
    rows.windows(2)
        .enumerate()
        .skip(last_right)
        .find_map(|(index, pair)| match pair {
            [above, row] if drop_between(above, row) > AFTER_GAP_EM * em => Some(index + 1),
            _ => None,
        })
        .unwrap_or(rows.len())
}

/// How far below a row the next one stands.
fn drop_between(above: &Row<'_>, row: &Row<'_>) -> f64 {
    match (above.first(), row.first()) {
        (Some(above), Some(below)) => below.y - above.y,
        _ => 0.0,
    }
}

/// Left and right edge of a row.
fn extent(row: &Row<'_>) -> Strip {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    row.iter().fold(start, |(left, right), phrase| {
        (left.min(phrase.x0), right.max(phrase.x1))
    })
}

/// What is free of text in a row, margins included.
fn free_strips(row: &Row<'_>) -> Vec<Strip> {
    let mut strips = Vec::with_capacity(row.len() + 1);
    let mut edge = f64::NEG_INFINITY;
    for phrase in row {
        if phrase.x0 > edge {
            strips.push((edge, phrase.x0));
        }
        edge = edge.max(phrase.x1);
    }
    strips.push((edge, f64::INFINITY));
    strips
}

/// What is free in both, where it is at least so wide.
fn common(a: &[Strip], b: &[Strip], width: f64) -> Vec<Strip> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut strips = Vec::new();
    while let (Some(&&left), Some(&&right)) = (a.peek(), b.peek()) {
        let both = (left.0.max(right.0), left.1.min(right.1));
        if both.1 - both.0 >= width {
            strips.push(both);
        }
        if left.1 < right.1 {
            a.next();
        } else {
            b.next();
        }
    }
    strips
}

/// What stands on one side of a gutter.
#[derive(Clone, Copy)]
struct Side {
    rows: usize,
    text_width: f64,
    left: f64,
    right: f64,
}

impl Side {
    const EMPTY: Self = Self {
        rows: 0,
        text_width: 0.0,
        left: f64::INFINITY,
        right: f64::NEG_INFINITY,
    };

    fn add(&mut self, phrase: &Phrase) {
        self.text_width += phrase.x1 - phrase.x0;
        self.left = self.left.min(phrase.x0);
        self.right = self.right.max(phrase.x1);
    }

    fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Share of the rows' width that text takes.
    fn fill(&self) -> f64 {
        self.text_width / (self.rows as f64 * self.width())
    }
}

/// Both sides of a gutter.
struct Sides {
    left: Side,
    right: Side,
}

impl Sides {
    fn of(rows: &[Row<'_>], middle: f64) -> Self {
        let mut sides = Self {
            left: Side::EMPTY,
            right: Side::EMPTY,
        };
        for row in rows {
            let (mut in_left, mut in_right) = (false, false);
            for phrase in row {
                if phrase.x1 <= middle {
                    sides.left.add(phrase);
                    in_left = true;
                } else {
                    sides.right.add(phrase);
                    in_right = true;
                }
            }
            sides.left.rows += usize::from(in_left);
            sides.right.rows += usize::from(in_right);
        }
        sides
    }

    /// If these are columns of text, not cells of a table: the width of the narrower one in em.
    fn columns(&self, rows: &[Row<'_>], middle: f64, em: f64) -> Option<f64> {
        let shorter = self.left.rows.min(self.right.rows);
        let narrower = self.left.width().min(self.right.width()) / em;
        let shaped = shorter >= SHAPE_MIN_ROWS
            && narrower > SHAPE_MIN_EM
            && self.left.fill().min(self.right.fill()) > SHAPE_FILL;
        let serial = shorter >= SERIAL_MIN_ROWS
            && narrower > SERIAL_MIN_EM
            && crossings(rows, middle) <= 1 + shorter / ROWS_PER_CROSSING;
        (serial || shaped).then_some(narrower)
    }
}

/// How often the drawing of the page went over the gutter.
fn crossings(rows: &[Row<'_>], middle: f64) -> usize {
    let mut drawn: Vec<(u32, bool)> = rows
        .iter()
        .flatten()
        .map(|phrase| (phrase.order, phrase.x1 <= middle))
        .collect();
    drawn.sort_unstable();
    drawn
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.1 != b.1))
        .count()
}
