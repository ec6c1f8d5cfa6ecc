//! Words of a picture, whoever read them, as lines in reading order: the page is straightened first.

use serde::{Deserialize, Serialize};

use super::geometry::{Point, direction};
use crate::Line;
use crate::pdf::{Rect, SeenLayout, SeenWord, lay_out_seen};

/// Height of the em as a share of a word's box: measured on pages rendered from PDFs of 8 to 24 points.
const EM: f32 = 0.75;
/// Where the baseline is, as a share of a box's height from its top.
const BASELINE: f32 = 0.72;
/// A page is turned by quarters, whatever its tilt.
const QUARTERS: [u16; 4] = [0, 90, 180, 270];

/// What was read of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScannedPage {
    /// Lines in reading order, column by column.
    pub lines: Vec<Line>,
    /// The words of the lines, in the same order.
    pub words: Vec<ScannedWord>,
    /// By how much the page stands turned clockwise in the picture: 0, 90, 180 or 270 degrees.
    pub turn_degrees: u16,
    /// By how much its lines fall to the right beyond that, in degrees from −45 to 45.
    pub tilt_degrees: f32,
    /// How sure the reader is of its characters on average, from 0 to 1; 0 where there are none.
    pub confidence: f32,
}

/// A word that was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScannedWord {
    /// Its characters; no white space among them.
    pub text: String,
    /// The corners of its box in pixels of the picture as given, the origin at the picture's upper left corner: the
    /// word's own upper left corner, upper right, lower right, lower left. They may lie a little outside the picture.
    pub corners: [(f32, f32); 4],
    /// How sure the reader is of its characters on average, from 0 to 1.
    pub confidence: f32,
    /// The line it stands in: an index into [`ScannedPage::lines`].
    pub line: u32,
}

impl ScannedWord {
    /// The upright box around it in the picture.
    pub fn rect(&self) -> Rect {
        self.rect_along(0.0)
    }

    /// The way it is written, in degrees clockwise from level, above −180 and up to 180.
    pub fn rotation_degrees(&self) -> f32 {
        let [start, end, ..] = self.points();
        let across = end.minus(start);
        across.y.atan2(across.x).to_degrees()
    }

    /// The box around it whose sides run at an angle, in coordinates that are turned by it about the picture's origin.
    fn rect_along(&self, degrees: f32) -> Rect {
        let unit = direction(degrees);
        let [a, b, c, d] = self.points().map(|point| point.along(unit));
        let low = |axis: fn(Point) -> f32| axis(a).min(axis(b)).min(axis(c)).min(axis(d));
        let high = |axis: fn(Point) -> f32| axis(a).max(axis(b)).max(axis(c)).max(axis(d));
        Rect {
            x0: low(|point| point.x),
            y0: low(|point| point.y),
            x1: high(|point| point.x),
            y1: high(|point| point.y),
        }
    }

    fn points(&self) -> [Point; 4] {
        self.corners.map(|(x, y)| Point::new(x, y))
    }

    fn letters(&self) -> f32 {
        self.text.chars().count() as f32
    }

    fn is_sound(&self) -> bool {
        let is_finite = |(x, y): (f32, f32)| x.is_finite() && y.is_finite();
        !self.text.trim().is_empty() && self.corners.into_iter().all(is_finite)
    }

    /// For the layout, on a page whose lines run at an angle.
    fn seen(&self, degrees: f32) -> SeenWord {
        let unit = direction(degrees);
        let [start, end, below_end, below_start] = self.points().map(|point| point.along(unit));
        let between = |upper: Point, lower: Point| upper.plus(lower.minus(upper).times(BASELINE));
        let (start_base, end_base) = (between(start, below_start), between(end, below_end));
        SeenWord {
            text: self.text.clone(),
            start: (f64::from(start_base.x), f64::from(start_base.y)),
            end: (f64::from(end_base.x), f64::from(end_base.y)),
            size: f64::from(EM * below_start.minus(start).length()),
        }
    }
}

impl ScannedPage {
    /// Where a word stands once the lines are level and the right way up, in pixels: turned about the picture's upper
    /// left corner, so that places may be negative.
    pub fn level_rect(&self, word: &ScannedWord) -> Rect {
        word.rect_along(f32::from(self.turn_degrees) + self.tilt_degrees)
    }
}

/// Lays out words of a picture as the words of a PDF are: lines, columns, reading order. Boxes are to be as high as the
/// words' line, whichever letters they have. Their own [`line`](ScannedWord::line) does not matter; what has no characters
/// or no place is left out.
pub fn lay_out(mut words: Vec<ScannedWord>) -> ScannedPage {
    words.retain(ScannedWord::is_sound);
    let (turn_degrees, tilt_degrees) = page_direction(&words);
    let degrees = f32::from(turn_degrees) + tilt_degrees;
    let mut placed: Vec<(SeenWord, ScannedWord)> =
        words.into_iter().map(|word| (word.seen(degrees), word)).collect();
    placed.sort_by(|(a, _), (b, _)| {
        let by_row = a.start.1.total_cmp(&b.start.1);
        by_row.then(a.start.0.total_cmp(&b.start.0))
    });
    let (seen, mut words): (Vec<SeenWord>, Vec<ScannedWord>) = placed.into_iter().unzip();
    let SeenLayout { lines, words: laid } = lay_out_seen(seen);
    let words: Vec<ScannedWord> = laid
        .into_iter()
        .filter_map(|(laid, index)| {
            let word = std::mem::take(words.get_mut(index)?);
            Some(ScannedWord {
                text: laid.text,
                line: laid.line,
                ..word
            })
        })
        .collect();
    ScannedPage {
        confidence: mean_confidence(&words),
        lines,
        words,
        turn_degrees,
        tilt_degrees,
    }
}

/// The quarter turn of a page in degrees clockwise, and its tilt beyond that, −45 to 45: the median of its words, each with
/// the weight of its letters.
pub fn page_direction(words: &[ScannedWord]) -> (u16, f32) {
    let said: Vec<(f32, f32)> = words
        .iter()
        .map(|word| (word.rotation_degrees(), word.letters()))
        .collect();
    let tilt = |degrees: f32, turn: u16| (degrees - f32::from(turn) + 180.0).rem_euclid(360.0) - 180.0;
    let near = |turn: u16| {
        let said = said
            .iter()
            .map(move |(degrees, weight)| (tilt(*degrees, turn), *weight));
        said.filter(|(tilt, _)| tilt.abs() <= 45.0)
    };
    let weight = |turn: u16| near(turn).map(|(_, weight)| weight).sum::<f32>();
    // Level, where it is a draw.
    let heaviest = QUARTERS
        .into_iter()
        .rev()
        .max_by(|a, b| weight(*a).total_cmp(&weight(*b)));
    let turn = heaviest.unwrap_or_default();
    (turn, weighted_median(near(turn).collect()).unwrap_or(0.0))
}

/// The value in the middle, each value with a weight.
pub(super) fn weighted_median(mut values: Vec<(f32, f32)>) -> Option<f32> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = values.iter().map(|(_, weight)| weight).sum::<f32>() / 2.0;
    let mut passed = 0.0;
    let middle = values.iter().find(|(_, weight)| {
        passed += weight;
        passed >= half
    });
    middle.map(|(value, _)| *value)
}

fn mean_confidence(words: &[ScannedWord]) -> f32 {
    let letters: f32 = words.iter().map(ScannedWord::letters).sum();
    let sum: f32 = words.iter().map(|word| word.confidence * word.letters()).sum();
    if letters > 0.0 { sum / letters } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word in a picture whose page is turned about the origin.
    fn word(text: &str, degrees: f32, (x0, y0, x1, y1): (f32, f32, f32, f32)) -> ScannedWord {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)];
        ScannedWord {
            text: text.to_owned(),
            corners: corners.map(|(x, y)| (x * cos - y * sin, x * sin + y * cos)),
            confidence: 0.5,
            line: 77,
        }
    }

    fn page(degrees: f32) -> Vec<ScannedWord> {
        vec![
            word("page", degrees, (135.0, 51.0, 175.0, 68.0)),
            word("une", degrees, (100.0, 52.0, 130.0, 67.0)),
            word("Voici", degrees, (50.0, 52.0, 95.0, 67.0)),
            word("de", degrees, (50.0, 72.0, 70.0, 87.0)),
            word("texte.", degrees, (75.0, 73.0, 125.0, 86.0)),
        ]
    }

    #[test]
    fn words_of_a_turned_page_come_in_lines() {
        for (degrees, turn, tilt) in [
            (0.0, 0, 0.0),
            (-10.0, 0, -10.0),
            (3.0, 0, 3.0),
            (90.0, 90, 0.0),
            (187.0, 180, 7.0),
            (-91.0, 270, -1.0),
        ] {
            let laid = lay_out(page(degrees));
            let lines: Vec<&str> = laid.lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(lines, ["Voici une page", "de texte."], "at {degrees}");
            let at: Vec<u32> = laid.words.iter().map(|word| word.line).collect();
            assert_eq!(at, [0, 0, 0, 1, 1]);
            assert_eq!(laid.turn_degrees, turn);
            assert!((laid.tilt_degrees - tilt).abs() < 0.01, "{}", laid.tilt_degrees);
            assert_eq!(laid.confidence, 0.5);
            let level = laid.level_rect(&laid.words[0]);
            assert!(
                (level.x0 - 50.0).abs() < 0.1 && (level.y1 - 67.0).abs() < 0.1,
                "{level:?}"
            );
        }
    }

    #[test]
    fn what_stands_across_the_page_is_read_after_it() {
        let mut words = vec![word("margin", 90.0, (40.0, -30.0, 90.0, -15.0))];
        words.extend(page(0.0));
        let laid = lay_out(words);
        assert_eq!(laid.lines.last().unwrap().text, "margin");
        assert_eq!((laid.turn_degrees, laid.words[5].rotation_degrees()), (0, 90.0));
    }

    #[test]
    fn words_without_text_or_place_are_left_out() {
        let words = vec![
            word(" ", 0.0, (0.0, 0.0, 9.0, 9.0)),
            word("nowhere", 0.0, (f32::NAN, 0.0, 9.0, 9.0)),
        ];
        assert_eq!(lay_out(words), ScannedPage::default());
        assert_eq!(lay_out(Vec::new()).confidence, 0.0);
    }

    #[test]
    fn a_point_is_a_place() {
        assert_eq!(lay_out(vec![word("x", 0.0, (1.0, 1.0, 1.0, 1.0))]).words.len(), 1);
    }
}
