//! From pieces to lines: the way through [`rows`](super::rows), [`columns`](super::columns) and
//! [`lines`](super::lines), frame by frame.

use super::columns::blocks;
use super::content::{Rect, Word};
use super::drop_caps;
use super::frame::Frame;
use super::lines::{LaidLine, lines};
use super::pieces::Piece;
use super::rows::{LaidWord, phrases};
use crate::Line;

/// How far a font usually reaches above its baseline, in em.
const ASCENT_EM: f64 = 0.8;
/// How far a font usually reaches below its baseline, in em.
const DESCENT_EM: f64 = 0.2;

/// The text of a page.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) lines: Vec<Line>,
    pub(super) words: Vec<Word>,
    /// For each word, when its first piece was drawn.
    pub(super) orders: Vec<u32>,
    /// A limit was reached: some of the page is read across, without looking for columns.
    pub(super) capped: bool,
}

/// Lays out a page: the frame with the most pieces first, the others after it.
pub(super) fn lay_out(pieces: Vec<Piece>) -> Layout {
    let mut layout = Layout::default();
    for (frame, mut pieces) in by_frame(pieces) {
        let drop_caps = drop_caps::attach(&mut pieces);
        let phrases = phrases(pieces);
        let (blocks, capped) = blocks(&phrases);
        layout.capped |= capped;
        let follows = !layout.lines.is_empty();
        for (index, mut laid) in lines(&blocks, &drop_caps).into_iter().enumerate() {
            laid.line.gap_before |= follows && index == 0;
            layout.push(laid, frame);
        }
    }
    layout
}

fn by_frame(mut pieces: Vec<Piece>) -> Vec<(Frame, Vec<Piece>)> {
    let Some(first) = pieces.first().map(|piece| piece.place.frame) else {
        return Vec::new();
    };
    if pieces.iter().all(|piece| piece.place.frame == first) {
        return vec![(first, pieces)];
    }
    pieces.sort_by_key(|piece| (piece.place.frame, piece.order));
    let mut frames: Vec<(Frame, Vec<Piece>)> = pieces
        .chunk_by(|a, b| a.place.frame == b.place.frame)
        .filter_map(|pieces| pieces.first().map(|piece| (piece.place.frame, pieces.to_vec())))
        .collect();
    frames.sort_by_key(|(frame, pieces)| (std::cmp::Reverse(pieces.len()), *frame));
    frames
}

impl Layout {
    fn push(&mut self, laid: LaidLine, frame: Frame) {
        let line = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.lines.push(laid.line);
        self.orders.extend(laid.words.iter().map(|word| word.order));
        self.words.extend(laid.words.into_iter().map(|word| Word {
            rect: word_box(&word, frame),
            size: word.size as f32,
            angle: frame.degrees(),
            line,
            text: word.text,
        }));
    }
}

fn word_box(word: &LaidWord, frame: Frame) -> Rect {
    let top = word.y - ASCENT_EM * word.size;
    let bottom = word.y + DESCENT_EM * word.size;
    frame.leave_box((word.x0, top), (word.x1, bottom))
}

#[cfg(test)]
mod tests;
