//! What a page holds: lines, words, rulings and pictures, with their places.
//!
//! All lengths are points (1/72 inch). The origin is the top left corner of the page as it is shown, `/Rotate`
//! applied; y grows downwards.

use serde::{Deserialize, Serialize};

use super::text::{Cap, TextKind};
use crate::Line;

/// An upright rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x0: f32,
    /// Top edge.
    pub y0: f32,
    /// Right edge, not left of `x0`.
    pub x1: f32,
    /// Bottom edge, not above `y0`.
    pub y1: f32,
}

impl Rect {
    /// The rectangle that two opposite corners span.
    pub fn of_corners(a: (f64, f64), b: (f64, f64)) -> Self {
        Self {
            x0: a.0.min(b.0) as f32,
            y0: a.1.min(b.1) as f32,
            x1: a.0.max(b.0) as f32,
            y1: a.1.max(b.1) as f32,
        }
    }

    /// Width in points.
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Height in points.
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }
}

/// Characters without a space between them: a word, a number, a table cell without spaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Its characters in NFC; never empty, no white space at the ends.
    pub text: String,
    /// From the left edge of the first glyph to the right edge of the last. Vertically it is the font's usual ascent
    /// and descent, not the ink. For oblique text it is the upright box around the slanted one.
    pub rect: Rect,
    /// Height of the em.
    pub size: f32,
    /// Writing direction in degrees clockwise: 0 to the right, 90 downwards.
    pub angle: u16,
    /// The line it stands in: an index into [`PageContent::lines`].
    pub line: u32,
}

/// A straight line that was drawn: stroked, or filled as a thin rectangle. Only horizontal and vertical ones are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    /// Left end, or upper end.
    pub from: (f32, f32),
    /// Right end, or lower end.
    pub to: (f32, f32),
    /// Thickness in points; 0 is the thinnest line a device can draw.
    pub width: f32,
}

impl Ruling {
    /// Whether it runs from left to right; otherwise it runs downwards.
    pub fn is_horizontal(&self) -> bool {
        (self.to.0 - self.from.0).abs() >= (self.to.1 - self.from.1).abs()
    }
}

/// A picture. Its pixels are not decoded for this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Where it stands; it may reach beyond the page.
    pub rect: Rect,
    /// Pixels across, as the file says.
    pub width_px: u32,
    /// Pixels down, as the file says.
    pub height_px: u32,
}

/// Everything that was read of one page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PageContent {
    /// Counted from 1.
    pub number: u32,
    /// Width and height as shown.
    pub size: (f32, f32),
    /// Printed lines in reading order: column by column, running heads among them.
    pub lines: Vec<Line>,
    /// The words of the lines, in the same order.
    pub words: Vec<Word>,
    /// Horizontal and vertical lines, in the order they were drawn.
    pub rulings: Vec<Ruling>,
    /// Pictures, in the order they were drawn.
    pub pictures: Vec<Picture>,
    /// What kind of text it has. For [`TextKind::Garbled`] lines and words are what the file says, which is not what
    /// is seen.
    pub kind: TextKind,
    /// Limits that were reached: something is missing or in simpler order.
    pub caps: Vec<Cap>,
    /// The page could not be read to its end; what was read before is here.
    pub failed: bool,
}
