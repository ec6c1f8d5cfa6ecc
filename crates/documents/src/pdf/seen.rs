//! Words that were read from a picture, laid out as the words of a PDF are.

use super::content::Word;
use super::frame::Frame;
use super::layout::{Layout, lay_out};
use super::pieces::{MAX_PIECES, Piece, Place};
use crate::Line;

/// A word, and where it stands on the page: any unit, the origin at the top left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeenWord {
    pub(crate) text: String,
    /// Where its baseline begins.
    pub(crate) start: (f64, f64),
    /// Where its baseline ends.
    pub(crate) end: (f64, f64),
    /// Height of the em.
    pub(crate) size: f64,
}

/// Lines and words in reading order.
#[derive(Debug, Default)]
pub(crate) struct SeenLayout {
    pub(crate) lines: Vec<Line>,
    /// Each with the index of what was seen.
    pub(crate) words: Vec<(Word, usize)>,
}

/// Lays words out. They are to come row by row, which says nothing about columns: those are told by their shape.
pub(crate) fn lay_out_seen(words: impl IntoIterator<Item = SeenWord>) -> SeenLayout {
    let pieces = words
        .into_iter()
        .take(MAX_PIECES)
        .zip(0u32..)
        .map(piece)
        .collect();
    let Layout {
        lines, words, orders, ..
    } = lay_out(pieces);
    let indices = orders
        .into_iter()
        .map(|order| usize::try_from(order).unwrap_or(usize::MAX));
    SeenLayout {
        lines,
        words: words.into_iter().zip(indices).collect(),
    }
}

fn piece((word, order): (SeenWord, u32)) -> Piece {
    let frame = Frame::along(word.end.0 - word.start.0, word.end.1 - word.start.1);
    let ((start, y), (end, _)) = (frame.enter(word.start), frame.enter(word.end));
    let place = Place {
        frame,
        x0: start.min(end),
        x1: start.max(end),
        y,
        size: word.size,
    };
    // What a picture shows as two words is two words, however close.
    Piece::new(word.text, place, true, order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, x: f64, y: f64) -> SeenWord {
        SeenWord {
            text: text.to_owned(),
            start: (x, y),
            end: (x + 5.0 * text.len() as f64, y),
            size: 10.0,
        }
    }

    #[test]
    fn words_come_in_lines_with_where_they_were_seen() {
        let seen = [
            word("mer", 40.0, 30.2),
            word("la", 28.0, 30.0),
            word("Il", 10.0, 15.0),
            word("voit", 10.0, 30.0),
        ];
        let laid = lay_out_seen(seen);
        let lines: Vec<&str> = laid.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["Il", "voit la mer"]);
        let words: Vec<(&str, usize)> = laid
            .words
            .iter()
            .map(|(word, index)| (word.text.as_str(), *index))
            .collect();
        assert_eq!(words, [("Il", 2), ("voit", 3), ("la", 1), ("mer", 0)]);
    }

    #[test]
    fn no_words_are_no_lines() {
        assert!(lay_out_seen([]).lines.is_empty());
    }
}
