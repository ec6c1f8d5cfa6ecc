//! Rows: what stands on one baseline, as words and phrases.

use super::pieces::Piece;

/// A gap wider than this separates words, in em. Wider values lose dot leaders and French thin spaces.
const WORD_GAP_EM: f64 = 0.10;
/// A gap wider than this ends a phrase, in em: the next one may belong to another column.
const PHRASE_GAP_EM: f64 = 1.0;
/// A space drawn by the file counts even if the glyphs overlap by this much, in em.
const SPACE_OVERLAP_EM: f64 = 0.3;
/// An index or exponent is measured by its neighbour's em, but not by less than this share of the larger one.
const SMALLER_EM: f64 = 0.6;

/// Baselines this far apart, in the larger em, are two rows.
const ROW_RISE_EM: f64 = 0.45;
/// The same for glyphs of one size, which are no indices of each other.
const ROW_RISE_SAME_SIZE_EM: f64 = 0.35;
/// Sizes within this share of each other are the same size.
const SAME_SIZE: f64 = 0.9;
/// A font this much larger than the row's so far sets the row's baseline.
const LARGER: f64 = 1.05;

/// What overlaps its neighbour by more than this and is on another baseline stands above or below it, in em: two lines of a
/// narrow cell in a row whose other cells are in between.
const ABOVE_OVERLAP_EM: f64 = 0.5;
const ABOVE_RISE_EM: f64 = 0.2;

/// The same piece drawn again, moved by less than this, in em: fake bold or a shadow.
const AGAIN_EM: f64 = 0.15;

/// Only rows of more single letters than this can be letter-spaced.
const SPACED_MIN_PIECES: usize = 5;
/// Share of single letters in a letter-spaced row, in tenths.
const SPACED_TENTHS: usize = 7;
/// Gaps that are neither kerning nor columns, in em.
const SPACED_GAPS_EM: std::ops::Range<f64> = 0.05..1.0;
/// Letter-spacing is never this wide, in em.
const SPACED_WIDEST_EM: f64 = 0.5;
/// A letter-spaced row, unless it is all capitals, has a word gap of at least this many letter gaps.
const SPACED_WORD_GAP: f64 = 1.5;

/// Characters without a space between them, in the coordinates of their frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LaidWord {
    pub(super) text: String,
    pub(super) x0: f64,
    pub(super) x1: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    /// When its first piece was drawn.
    pub(super) order: u32,
}

/// Words of one row without a column-like gap between them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phrase {
    pub(super) words: Vec<LaidWord>,
    pub(super) x0: f64,
    pub(super) x1: f64,
    /// Baseline of its row.
    pub(super) y: f64,
    /// Largest em in it.
    pub(super) size: f64,
    /// Its row, counted from the top of the page.
    pub(super) row: usize,
    /// When it was drawn.
    pub(super) order: u32,
}

/// Sorts the pieces of one frame into phrases, from top to bottom and from left to right.
pub(super) fn phrases(mut pieces: Vec<Piece>) -> Vec<Phrase> {
    pieces.sort_by(|a, b| a.place.y.total_cmp(&b.place.y));
    let mut phrases = Vec::new();
    let mut rest = pieces.as_mut_slice();
    let mut row = 0;
    while !rest.is_empty() {
        let (end, baseline) = row_end(rest);
        let (current, following) = rest.split_at_mut(end);
        current.sort_by(|a, b| a.place.x0.total_cmp(&b.place.x0));
        RowBuilder::new(row, baseline, word_gap(current)).build(current, &mut phrases);
        rest = following;
        row += 1;
    }
    phrases
}

/// How many of the pieces, sorted by their baselines, stand in the first row, and that row's baseline. The largest
/// font sets it; smaller ones (indices, footnote marks) join the row they overlap.
fn row_end(pieces: &[Piece]) -> (usize, f64) {
    let Some(first) = pieces.first() else {
        return (0, 0.0);
    };
    let (mut em, mut baseline) = (first.place.size, first.place.y);
    for (index, piece) in pieces.iter().enumerate().skip(1) {
        let size = piece.place.size;
        let drop = piece.place.y - baseline;
        let same_size = size > SAME_SIZE * em && em > SAME_SIZE * size;
        let limit = if same_size {
            ROW_RISE_SAME_SIZE_EM
        } else {
            ROW_RISE_EM
        };
        if drop > limit * em.max(size) {
            return (index, baseline);
        }
        if size > LARGER * em {
            (em, baseline) = (size, piece.place.y);
        }
    }
    (pieces.len(), baseline)
}

/// The gap that separates words in a row, in em: the usual one, unless single letters are spaced out.
fn word_gap(row: &[Piece]) -> f64 {
    if row.len() <= SPACED_MIN_PIECES {
        return WORD_GAP_EM;
    }
    let single = row.iter().filter(|piece| is_single_letter(&piece.text)).count();
    if single * 10 <= row.len() * SPACED_TENTHS {
        return WORD_GAP_EM;
    }
    let mut gaps: Vec<f64> = row
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] if !b.space_before => Some((b.place.x0 - a.place.x1) / a.place.size.max(b.place.size)),
            _ => None,
        })
        .filter(|gap| SPACED_GAPS_EM.contains(gap))
        .collect();
    gaps.sort_by(f64::total_cmp);
    let (Some(&median), Some(&widest)) = (gaps.get(gaps.len() / 2), gaps.last()) else {
        return WORD_GAP_EM;
    };
    // A row of even gaps may as well be a list of letters, but hardly of capitals this close.
    let told_apart = widest > SPACED_WORD_GAP * median || row.iter().all(|piece| is_capital(&piece.text));
    if gaps.len() >= SPACED_MIN_PIECES && median < SPACED_WIDEST_EM && told_apart {
        median + WORD_GAP_EM
    } else {
        WORD_GAP_EM
    }
}

fn is_capital(text: &str) -> bool {
    text.chars().all(char::is_uppercase)
}

fn is_single_letter(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

/// Puts the pieces of one row together.
struct RowBuilder {
    row: usize,
    baseline: f64,
    word_gap: f64,
    current: Option<Phrase>,
}

/// What stands between two neighbours of a row.
enum Between {
    Nothing,
    Space,
    Column,
}

impl RowBuilder {
    fn new(row: usize, baseline: f64, word_gap: f64) -> Self {
        Self {
            row,
            baseline,
            word_gap,
            current: None,
        }
    }

    fn build(mut self, row: &[Piece], out: &mut Vec<Phrase>) {
        let mut last: Option<&Piece> = None;
        for piece in row {
            let between = match (last, &self.current) {
                (Some(last), _) if is_again(last, piece) => continue,
                (Some(last), Some(phrase)) => self.between(last, phrase, piece),
                _ => Between::Column,
            };
            match (between, &mut self.current) {
                (Between::Nothing, Some(phrase)) => phrase.extend_word(piece),
                (Between::Space, Some(phrase)) => phrase.push_word(piece),
                _ => out.extend(self.current.replace(self.phrase(piece))),
            }
            last = Some(piece);
        }
        out.extend(self.current);
    }

    fn between(&self, last: &Piece, phrase: &Phrase, piece: &Piece) -> Between {
        let (small, large) = (
            last.place.size.min(piece.place.size),
            last.place.size.max(piece.place.size),
        );
        let em = small.max(SMALLER_EM * large);
        let gap = piece.place.x0 - phrase.x1;
        let rise = (piece.place.y - last.place.y).abs();
        let is_above = gap < -ABOVE_OVERLAP_EM * em && rise > ABOVE_RISE_EM * em;
        if gap >= PHRASE_GAP_EM * em || is_above {
            Between::Column
        } else if gap > self.word_gap * em || piece.space_before && gap > -SPACE_OVERLAP_EM * em {
            Between::Space
        } else {
            Between::Nothing
        }
    }

    fn phrase(&self, piece: &Piece) -> Phrase {
        Phrase {
            words: vec![word(piece)],
            x0: piece.place.x0,
            x1: piece.place.x1,
            y: self.baseline,
            size: piece.place.size,
            row: self.row,
            order: piece.order,
        }
    }
}

/// Whether the piece is the one before it, drawn again.
fn is_again(last: &Piece, piece: &Piece) -> bool {
    let shift = AGAIN_EM * piece.place.size;
    (last.place.x0 - piece.place.x0).abs() < shift
        && (last.place.y - piece.place.y).abs() < shift
        && last.text == piece.text
}

fn word(piece: &Piece) -> LaidWord {
    LaidWord {
        text: piece.text.clone(),
        x0: piece.place.x0,
        x1: piece.place.x1,
        y: piece.place.y,
        size: piece.place.size,
        order: piece.order,
    }
}

impl Phrase {
    fn push_word(&mut self, piece: &Piece) {
        self.words.push(word(piece));
        self.grow(piece);
    }

    fn extend_word(&mut self, piece: &Piece) {
        if let Some(word) = self.words.last_mut() {
            word.text.push_str(&piece.text);
            word.x1 = word.x1.max(piece.place.x1);
            if piece.place.size > word.size {
                (word.size, word.y) = (piece.place.size, piece.place.y);
            }
        }
        self.grow(piece);
    }

    fn grow(&mut self, piece: &Piece) {
        self.x1 = self.x1.max(piece.place.x1);
        self.size = self.size.max(piece.place.size);
    }
}
