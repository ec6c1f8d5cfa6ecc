//! Writing directions. Text that runs in another direction than the page is laid out in a frame of its own, turned so
//! that its lines are level.

use super::content::Rect;

/// Text this close to a side of the page is taken as running along it: scans are fed in askew.
const SNAP_DEGREES: f64 = 4.0;

/// A coordinate system turned clockwise by whole degrees about the page's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Frame(u16);

impl Frame {
    /// The frame for text that runs along a vector of the page.
    pub(super) fn along(dx: f64, dy: f64) -> Self {
        if dy == 0.0 && dx > 0.0 {
            return Self(0);
        }
        let degrees = (dy.atan2(dx).to_degrees().round() + 360.0) % 360.0;
        let side = (degrees / 90.0).round() * 90.0;
        let snapped = if (degrees - side).abs() <= SNAP_DEGREES {
            side % 360.0
        } else {
            degrees
        };
        // NaN becomes 0.
        Self(snapped as u16)
    }

    /// Degrees clockwise, below 360.
    pub(super) fn degrees(self) -> u16 {
        self.0
    }

    fn sin_cos(self) -> (f64, f64) {
        match self.0 {
            0 => (0.0, 1.0),
            90 => (1.0, 0.0),
            180 => (0.0, -1.0),
            270 => (-1.0, 0.0),
            degrees => f64::from(degrees).to_radians().sin_cos(),
        }
    }

    /// From the page's coordinates to the frame's.
    pub(super) fn enter(self, (x, y): (f64, f64)) -> (f64, f64) {
        let (sin, cos) = self.sin_cos();
        (x * cos + y * sin, y * cos - x * sin)
    }

    /// From the frame's coordinates to the page's.
    pub(super) fn leave(self, (x, y): (f64, f64)) -> (f64, f64) {
        let (sin, cos) = self.sin_cos();
        (x * cos - y * sin, y * cos + x * sin)
    }

    /// The upright box on the page around a box of the frame.
    pub(super) fn leave_box(self, (x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> Rect {
        let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|corner| self.leave(corner));
        let [first, rest @ ..] = corners;
        let (low, high) = rest.iter().fold((first, first), |(low, high), c| {
            (
                (low.0.min(c.0), low.1.min(c.1)),
                (high.0.max(c.0), high.1.max(c.1)),
            )
        });
        Rect::of_corners(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_of_the_page_attract() {
        assert_eq!(Frame::along(1.0, 0.0).degrees(), 0);
        assert_eq!(Frame::along(1.0, -0.05).degrees(), 0);
        assert_eq!(Frame::along(0.0, 1.0).degrees(), 90);
        assert_eq!(Frame::along(0.0, -1.0).degrees(), 270);
        assert_eq!(Frame::along(1.0, 1.0).degrees(), 45);
        assert_eq!(Frame::along(f64::NAN, 1.0).degrees(), 0);
    }

    #[test]
    fn there_and_back() {
        for degrees in 0..360 {
            let frame = Frame(degrees);
            let (x, y) = frame.leave(frame.enter((30.0, 700.0)));
            assert!((x - 30.0).abs() < 1e-9 && (y - 700.0).abs() < 1e-9);
        }
    }
}
