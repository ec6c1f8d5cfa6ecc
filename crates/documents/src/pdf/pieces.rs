//! Pieces: glyphs that follow each other without a gap.

use super::characters::{accented, append, is_space, is_spacing_accent};
use super::frame::Frame;

/// Pieces of one page. Real pages have fewer than 20,000.
pub(super) const MAX_PIECES: usize = 300_000;
/// Bytes of text of one page: a font may say that a glyph stands for a whole string.
const MAX_TEXT_BYTES: usize = 8 << 20;

/// Glyphs of one piece lie closer than this, in em.
const JOIN_GAP_EM: f64 = 0.05;
/// Kerning draws a glyph back over the one before by at most this much, in em.
const JOIN_OVERLAP_EM: f64 = 0.4;
/// Glyphs of one piece share their baseline to this much, in em.
const JOIN_BASELINE_EM: f64 = 0.03;
/// Sizes within this share of each other are the same size.
const SAME_SIZE: f64 = 0.1;
/// An accent covers its letter by more than this share of the narrower of both.
const ACCENT_COVER: f64 = 0.4;
/// An accent's baseline may be raised by this much, in em.
const ACCENT_RISE_EM: f64 = 0.5;
/// Fake bold draws a glyph again, moved by less than this, in em.
const BOLD_SHIFT_EM: f64 = 0.1;

/// Where one glyph stands, in its frame's coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) frame: Frame,
    /// Left edge.
    pub(super) x0: f64,
    /// Right edge.
    pub(super) x1: f64,
    /// Baseline.
    pub(super) y: f64,
    /// Height of the em.
    pub(super) size: f64,
}

/// Glyphs that follow each other without a gap on one baseline.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) place: Place,
    /// A space was drawn before it.
    pub(super) space_before: bool,
    /// Its place in the order of drawing.
    pub(super) order: u32,
    /// Left edge of its last glyph.
    last_x0: f64,
}

impl Piece {
    pub(super) fn new(text: impl Into<String>, place: Place, space_before: bool, order: u32) -> Self {
        Self {
            text: text.into(),
            place,
            space_before,
            order,
            last_x0: place.x0,
        }
    }

    /// Puts an accent on the last letter, or the other way round.
    fn accent(&mut self, last: char, text: &str, place: Place) -> bool {
        let Some(next) = text.chars().next() else {
            return false;
        };
        let Some(both) = accented(last, next) else {
            return false;
        };
        self.text.pop();
        self.text.push(both);
        self.place.x1 = self.place.x1.max(place.x1);
        self.last_x0 = self.last_x0.min(place.x0);
        if is_spacing_accent(last) {
            self.place.y = place.y;
        }
        true
    }
}

/// What a new glyph is to the piece before it.
enum Relation {
    /// An accent over its last letter, or the letter under its accent.
    Accent,
    /// Its last glyph drawn again.
    Again,
    /// The next glyph of it.
    Next,
    /// Something else.
    None,
}

/// Builds the pieces of a page, glyph by glyph.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) list: Vec<Piece>,
    /// A limit was reached: glyphs are missing.
    pub(super) capped: bool,
    text_bytes: usize,
    space: bool,
}

impl Pieces {
    /// Adds a glyph with the text it stands for.
    pub(super) fn add(&mut self, text: &str, place: Place) {
        if is_space(text) {
            self.space = true;
            return;
        }
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        if self.list.len() >= MAX_PIECES || self.text_bytes > MAX_TEXT_BYTES {
            self.capped = true;
            return;
        }
        let space = self.space;
        if let Some(last) = self.list.last_mut()
            && let Some(last_char) = last.text.chars().next_back()
        {
            match relation(last, last_char, text, place, space) {
                Relation::Accent if last.accent(last_char, text, place) => return,
                Relation::Again => return,
                Relation::Next => {
                    append(&mut last.text, text);
                    last.last_x0 = place.x0;
                    last.place.x1 = last.place.x1.max(place.x1);
                    return;
                }
                Relation::Accent | Relation::None => {}
            }
        }
        let mut own = String::with_capacity(16);
        append(&mut own, text);
        if !own.is_empty() {
            let order = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
            self.list.push(Piece::new(own, place, space, order));
            self.space = false;
        }
    }
}

fn relation(last: &Piece, last_char: char, text: &str, place: Place, space: bool) -> Relation {
    let em = last.place.size.max(place.size);
    let rise = (last.place.y - place.y).abs();
    if last.place.frame != place.frame || rise > ACCENT_RISE_EM * em {
        return Relation::None;
    }
    let covered = last.place.x1.min(place.x1) - last.last_x0.max(place.x0);
    let narrower = (place.x1 - place.x0).min(last.place.x1 - last.last_x0);
    if covered > ACCENT_COVER * narrower.max(JOIN_GAP_EM * em) {
        let mut chars = text.chars();
        let next = chars.next().unwrap_or(' ');
        if accented(last_char, next).is_some() {
            return Relation::Accent;
        }
        let shift = (place.x0 - last.last_x0).abs();
        if last_char == next && chars.next().is_none() && shift.max(rise) < BOLD_SHIFT_EM * em {
            return Relation::Again;
        }
    }
    let gap = place.x0 - last.place.x1;
    let joined = !space
        && rise < JOIN_BASELINE_EM * em
        && gap < JOIN_GAP_EM * em
        && gap > -JOIN_OVERLAP_EM * em
        && (last.place.size - place.size).abs() < SAME_SIZE * em;
    if joined { Relation::Next } else { Relation::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(x0: f64, x1: f64, y: f64) -> Place {
        Place {
            frame: Frame::along(1.0, 0.0),
            x0,
            x1,
            y,
            size: 10.0,
        }
    }

    fn texts(pieces: &Pieces) -> Vec<&str> {
        pieces.list.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn glyphs_without_gap_join() {
        let mut pieces = Pieces::default();
        pieces.add("m", place(0.0, 6.0, 0.0));
        pieces.add("o", place(6.0, 11.0, 0.0));
        pieces.add("t", place(13.0, 16.0, 0.0));
        assert_eq!(texts(&pieces), ["mo", "t"]);
    }

    #[test]
    fn a_space_is_remembered() {
        let mut pieces = Pieces::default();
        pieces.add("a", place(0.0, 6.0, 0.0));
        pieces.add(" ", place(6.0, 6.2, 0.0));
        pieces.add("b", place(6.2, 11.0, 0.0));
        assert!(pieces.list[1].space_before && !pieces.list[0].space_before);
    }

    #[test]
    fn accents_are_composed_in_either_order() {
        let mut pieces = Pieces::default();
        pieces.add("^", place(0.5, 4.5, -2.0));
        pieces.add("e", place(0.0, 5.0, 0.0));
        pieces.add("c", place(5.0, 9.0, 0.0));
        pieces.add("\u{b8}", place(5.5, 8.5, 0.0));
        assert_eq!(texts(&pieces), ["êç"]);
        assert_eq!(pieces.list[0].place.y, 0.0);
    }

    #[test]
    fn fake_bold_counts_once_but_double_letters_twice() {
        let mut pieces = Pieces::default();
        pieces.add("l", place(0.0, 3.0, 0.0));
        pieces.add("l", place(0.2, 3.2, 0.0));
        pieces.add("l", place(3.2, 6.2, 0.0));
        assert_eq!(texts(&pieces), ["ll"]);
    }

    #[test]
    fn a_limit_is_reported() {
        let mut pieces = Pieces::default();
        let long = "x".repeat(MAX_TEXT_BYTES / 2);
        pieces.add(&long, place(0.0, 6.0, 0.0));
        assert!(!pieces.capped);
        pieces.add(&long, place(20.0, 26.0, 0.0));
        pieces.add("x", place(40.0, 46.0, 0.0));
        assert!(pieces.capped);
        assert_eq!(pieces.list.len(), 2);
    }
}
