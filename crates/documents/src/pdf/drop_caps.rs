//! Drop caps: the large letter a chapter begins with, which belongs to the line beside its top.

use super::pieces::Piece;

/// A drop cap is at least this many times as large as the text.
const LARGER: f64 = 1.8;
/// Its height over the baseline, in its own em: that of capitals.
const CAP_HEIGHT_EM: f64 = 0.7;
/// The text begins this close to it at most, in the text's em.
const NEAR_EM: f64 = 1.2;
/// The gap after it within a word is at most this, in the text's em.
const WORD_GAP_EM: f64 = 0.9;
/// Characters: a letter, perhaps with a quotation mark or apostrophe.
const MAX_CHARS: usize = 3;
/// Pieces this large are headings if there are more of them than this.
const MAX_CANDIDATES: usize = 16;

/// Where a drop cap stood before it was moved to its line.
#[derive(Clone, Copy, Debug)]
pub(super) struct DropCap {
    pub(super) left: f64,
    right: f64,
    top: f64,
    baseline: f64,
}

impl DropCap {
    /// Whether a line that begins here is pushed aside by it.
    pub(super) fn is_beside(&self, x0: f64, y: f64, size: f64) -> bool {
        (self.right - size * 0.3..=self.right + size * NEAR_EM).contains(&x0)
            && y > self.top
            && y < self.baseline + 0.5 * size
    }
}

/// Moves drop caps to the line beside their top, close to the word they begin.
pub(super) fn attach(pieces: &mut [Piece]) -> Vec<DropCap> {
    let usual = usual_size(pieces);
    let candidates: Vec<usize> = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| piece.place.size >= LARGER * usual && is_initial(&piece.text))
        .map(|(index, _)| index)
        .collect();
    if candidates.len() > MAX_CANDIDATES {
        return Vec::new();
    }
    candidates
        .into_iter()
        .filter_map(|index| attach_one(pieces, index))
        .collect()
}

/// The em of the middle one of all characters.
fn usual_size(pieces: &[Piece]) -> f64 {
    let mut sizes: Vec<(f64, usize)> = pieces
        .iter()
        .map(|piece| (piece.place.size, piece.text.len()))
        .collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = sizes.iter().map(|(_, length)| length).sum::<usize>() / 2;
    let mut before = 0;
    sizes
        .iter()
        .find(|(_, length)| {
            before += length;
            before > half
        })
        .map_or(f64::INFINITY, |(size, _)| *size)
}

fn is_initial(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphabetic());
    text.chars().count() <= MAX_CHARS
        && letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_none()
}

fn attach_one(pieces: &mut [Piece], index: usize) -> Option<DropCap> {
    let cap = pieces.get(index)?.clone();
    let drop_cap = DropCap {
        left: cap.place.x0,
        right: cap.place.x1,
        top: cap.place.y - CAP_HEIGHT_EM * cap.place.size,
        baseline: cap.place.y,
    };
    let beside = |piece: &&Piece| {
        piece.place.frame == cap.place.frame
            && piece.place.size * LARGER <= cap.place.size
            && drop_cap.is_beside(piece.place.x0, piece.place.y, piece.place.size)
    };
    let first = pieces.iter().filter(beside).min_by(|a, b| {
        a.place
            .y
            .total_cmp(&b.place.y)
            .then(a.place.x0.total_cmp(&b.place.x0))
    })?;
    let (line, size, next_x0, spaced) = (
        first.place.y,
        first.place.size,
        first.place.x0,
        first.space_before,
    );
    let more_lines = pieces
        .iter()
        .filter(beside)
        .any(|piece| piece.place.y > line + 0.8 * size);
    if !more_lines || cap.place.y < line + 0.5 * size {
        return None;
    }
    let alone = spaced || matches!(cap.text.as_str(), "À" | "Ô");
    let piece = pieces.get_mut(index)?;
    piece.place.y = line;
    piece.place.size = size;
    if !alone && next_x0 - piece.place.x1 < WORD_GAP_EM * size {
        piece.place.x1 = next_x0;
    }
    Some(drop_cap)
}
