//! Lines: rows with what tells paragraphs apart.

use super::characters::{SOFT_HYPHEN, to_nfc};
use super::columns::{Block, Row};
use super::drop_caps::DropCap;
use super::leading::{Baseline, Leading};
use super::rows::{LaidWord, Phrase};
use crate::Line;

/// A gap is a drop of more than this many usual drops between lines. Half a blank line is what many books and most
/// manuals set between paragraphs; formulas stretch lines by less.
const GAP: f64 = 1.35;
/// Lines that begin within this of each other, in em, begin at the same place.
const SAME_EDGE_EM: f64 = 0.3;
/// The column's left edge is the first place where at least this share of its lines begins, in percent.
const EDGE_PERCENT: usize = 5;
/// Paragraphs are indented by no more than this, in em.
const WIDEST_INDENT_EM: f64 = 4.5;
/// In a column of at least this many lines one line alone makes no edge: it may be a number in the margin.
const EDGE_SURE_LINES: usize = 8;
/// The column's right edge is where this share of its lines has ended, in percent.
const RIGHT_PERCENT: usize = 90;
/// A line that reaches this far across its column is full, in percent.
const FULL_PERCENT: u8 = 85;
/// Lines that an indented block has at least: two may be two paragraphs.
const INDENTED_BLOCK_LINES: usize = 3;
/// A list item's label is at most this long: a bullet, a number, a letter.
const LABEL_CHARS: usize = 5;

/// A line with its words and their places in the frame.
#[derive(Debug)]
pub(super) struct LaidLine {
    pub(super) line: Line,
    pub(super) words: Vec<LaidWord>,
}

/// Makes lines of blocks in reading order.
pub(super) fn lines(blocks: &[Block<'_>], drop_caps: &[DropCap]) -> Vec<LaidLine> {
    let columns = blocks.iter().map(|block| block.column + 1).max().unwrap_or(0);
    let mut rows_of: Vec<Vec<Measured<'_>>> = (0..columns).map(|_| Vec::new()).collect();
    for block in blocks {
        if let Some(rows) = rows_of.get_mut(block.column) {
            rows.extend(block.rows.iter().filter_map(|row| Measured::new(row, drop_caps)));
        }
    }
    let neighbours = rows_of
        .iter()
        .flat_map(|rows| rows.iter().zip(rows.iter().skip(1)));
    let leading = Leading::of(neighbours.map(|(above, row)| (above.baseline(), row.baseline())));
    let columns: Vec<Column> = rows_of.iter().map(|rows| Column::of(rows)).collect();
    let mut lines = Vec::new();
    let mut lowest: Option<f64> = None;
    for block in blocks {
        let Some(column) = columns.get(block.column) else {
            continue;
        };
        let rows: Vec<Measured<'_>> = block
            .rows
            .iter()
            .filter_map(|row| Measured::new(row, drop_caps))
            .collect();
        let gaps = gaps(&rows, &leading, lowest);
        let indents = indents(&rows, &gaps, column);
        for ((row, gap), indent) in rows.iter().zip(gaps).zip(indents) {
            lines.extend(row.line(gap, indent, column));
        }
        lowest = rows.iter().map(|row| row.y).chain(lowest).max_by(f64::total_cmp);
    }
    lines
}

/// A row with its measures.
struct Measured<'p> {
    row: &'p Row<'p>,
    /// Where it begins; beside a drop cap, where that begins.
    left: f64,
    right: f64,
    y: f64,
    /// The em of most of its characters.
    size: f64,
}

impl<'p> Measured<'p> {
    fn new(row: &'p Row<'p>, drop_caps: &[DropCap]) -> Option<Self> {
        let first = row.first()?;
        let size = usual_size(row);
        let left = drop_caps
            .iter()
            .find(|cap| cap.is_beside(first.x0, first.y, size))
            .map_or(first.x0, |cap| cap.left);
        Some(Self {
            row,
            left,
            right: row.iter().fold(first.x1, |right, phrase| right.max(phrase.x1)),
            y: first.y,
            size,
        })
    }

    fn baseline(&self) -> Baseline {
        Baseline {
            y: self.y,
            size: self.size,
        }
    }

    /// Where the text of a list item begins, after its label.
    fn text_after_label(&self) -> Option<f64> {
        let mut words = self.row.iter().flat_map(|phrase| &phrase.words);
        let label = words.next()?;
        let text = words.next()?;
        is_label(&label.text).then_some(text.x0)
    }

    fn reach(&self, column: &Column) -> u8 {
        let width = column.right - column.left;
        if width <= 0.0 {
            return 100;
        }
        // Saturates; NaN becomes 0.
        (((self.right - column.left) / width * 100.0).round() as u8).min(100)
    }

    fn line(&self, gap_before: bool, indent_em: f64, column: &Column) -> Option<LaidLine> {
        let words = finished_words(self.row);
        let text = words
            .iter()
            .map(|word| word.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        (!text.is_empty()).then(|| LaidLine {
            line: Line {
                text,
                gap_before,
                indent_centi_em: (indent_em.max(0.0) * 100.0).round() as u32,
                reach_percent: self.reach(column),
            },
            words,
        })
    }
}

/// Whether a word begins a list item: a bullet, a dash, `12`, `1.`, `a)`, `(iv)`; not the `M.` before a name.
fn is_label(word: &str) -> bool {
    let short = word.chars().count() <= LABEL_CHARS;
    let sign = word.chars().all(|c| !c.is_alphanumeric());
    let number = word.chars().all(|c| c.is_ascii_digit());
    let enumerated = word.ends_with(['.', ')']) && !word.starts_with(char::is_uppercase);
    short && (sign || number || enumerated)
}

/// The size that most of a row's width has.
fn usual_size(row: &Row<'_>) -> f64 {
    let mut sizes: Vec<(f64, f64)> = row
        .iter()
        .flat_map(|phrase| &phrase.words)
        .map(|word| (word.size, word.x1 - word.x0))
        .collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = sizes.iter().map(|(_, width)| width).sum::<f64>() / 2.0;
    let mut covered = 0.0;
    for (size, width) in &sizes {
        covered += width;
        if covered >= half {
            return *size;
        }
    }
    sizes.last().map_or(1.0, |(size, _)| *size)
}

/// The words of a row in NFC; a soft hyphen only at the end of the last one.
fn finished_words(row: &Row<'_>) -> Vec<LaidWord> {
    let mut words: Vec<LaidWord> = row
        .iter()
        .flat_map(|phrase: &&Phrase| &phrase.words)
        .cloned()
        .collect();
    let count = words.len();
    for (index, word) in words.iter_mut().enumerate() {
        let ends_line = index + 1 == count;
        if word.text.contains(SOFT_HYPHEN) {
            let hyphenated = ends_line && word.text.ends_with(SOFT_HYPHEN);
            word.text.retain(|c| c != SOFT_HYPHEN);
            if hyphenated {
                word.text.push(SOFT_HYPHEN);
            }
        }
        if let std::borrow::Cow::Owned(composed) = to_nfc(&word.text) {
            word.text = composed;
        }
    }
    words.retain(|word| !word.text.is_empty());
    words
}

/// Which rows of a block stand below a gap. `lowest` is the lowest baseline that was read before.
fn gaps(rows: &[Measured<'_>], leading: &Leading, lowest: Option<f64>) -> Vec<bool> {
    let mut gaps = Vec::with_capacity(rows.len());
    // The top of a column goes on where the one before it ended: no gap.
    let mut above = lowest.filter(|y| rows.first().is_some_and(|first| first.y > *y));
    for row in rows {
        let gap = above.is_some_and(|y| row.y - y > GAP * leading.drop(row.size));
        gaps.push(gap);
        above = Some(row.y);
    }
    gaps
}

/// Where the lines of a column begin and end.
struct Column {
    left: f64,
    right: f64,
}

impl Column {
    fn of(rows: &[Measured<'_>]) -> Self {
        let left = left_edge(rows);
        let mut rights: Vec<f64> = rows.iter().map(|row| row.right).collect();
        rights.sort_by(f64::total_cmp);
        let last = rights.len().saturating_sub(1);
        let index = (rights.len() * RIGHT_PERCENT / 100).min(last);
        Self {
            left,
            right: rights.get(index).copied().unwrap_or(0.0),
        }
    }
}

/// Where a column's lines begin: at the first place that enough of them share, unless that lies so far left of most
/// that it is the edge of notes in the margin.
fn left_edge(rows: &[Measured<'_>]) -> f64 {
    let mut lefts: Vec<(f64, f64)> = rows.iter().map(|row| (row.left, row.size)).collect();
    lefts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut end = 0;
    // Each beginning with its em and the number of lines that share it.
    let shared: Vec<(f64, f64, usize)> = lefts
        .iter()
        .enumerate()
        .map(|(index, (left, size))| {
            while lefts
                .get(end)
                .is_some_and(|(other, _)| other - left <= SAME_EDGE_EM * size)
            {
                end += 1;
            }
            (*left, *size, end.saturating_sub(index))
        })
        .collect();
    let most = shared.iter().map(|(_, _, lines)| *lines).max().unwrap_or(0);
    let Some((common, em, _)) = shared.iter().find(|(_, _, lines)| *lines == most) else {
        return 0.0;
    };
    let least = if lefts.len() < EDGE_SURE_LINES { 1 } else { 2 };
    let needed = (lefts.len() * EDGE_PERCENT).div_ceil(100).max(least).min(most);
    shared
        .iter()
        .find(|(left, _, lines)| *lines >= needed && *left >= common - WIDEST_INDENT_EM * em)
        .map_or(*common, |(left, _, _)| *left)
}

/// How far each row of a block is indented, in em: against the column, but against its own block where a whole block
/// is indented or hangs from a label.
fn indents(rows: &[Measured<'_>], gaps: &[bool], column: &Column) -> Vec<f64> {
    let mut indents: Vec<f64> = rows
        .iter()
        .map(|row| (row.left - column.left) / row.size)
        .collect();
    let mut label_edge: Option<f64> = None;
    let mut above_full = false;
    for (index, row) in rows.iter().enumerate() {
        if gaps.get(index).copied().unwrap_or(false) || !above_full {
            label_edge = None;
        }
        above_full = row.reach(column) >= FULL_PERCENT;
        let hangs = label_edge.is_some_and(|edge| (row.left - edge).abs() <= SAME_EDGE_EM * row.size);
        if hangs {
            if let Some(indent) = indents.get_mut(index) {
                *indent = 0.0;
            }
        } else {
            label_edge = row.text_after_label();
        }
    }
    let mut start = 0;
    while start < rows.len() {
        let end = indented_block_end(rows, gaps, start, column);
        if end - start >= INDENTED_BLOCK_LINES {
            for indent in indents.iter_mut().take(end).skip(start + 1) {
                *indent = 0.0;
            }
        }
        start = end.max(start + 1);
    }
    indents
}

/// Where the lines end that begin at the same place as the one at `start` and all but the last of which are full: a
/// quotation, or the text of a list item.
fn indented_block_end(rows: &[Measured<'_>], gaps: &[bool], start: usize, column: &Column) -> usize {
    let Some(first) = rows.get(start) else {
        return start;
    };
    let mut end = start + 1;
    while let (Some(above), Some(row)) = (rows.get(end - 1), rows.get(end)) {
        let same_edge = (row.left - first.left).abs() <= SAME_EDGE_EM * row.size;
        let gap = gaps.get(end).copied().unwrap_or(false);
        if !same_edge || gap || above.reach(column) < FULL_PERCENT {
            break;
        }
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_list_items() {
        for label in ["•", "—", "12", "1.", "a)", "(iv)", "1.2."] {
            assert!(is_label(label), "{label}");
        }
        for word in ["M.", "Mme", "le", "L’", "longtemps.", "etc.,"] {
            assert!(!is_label(word), "{word}");
        }
    }
}
