//! The straightened page: where a point of the picture is once its lines are level and the right way up.

use super::geometry::{Point, Quad};
use super::lines::direction;

/// How a picture is turned about its middle to become a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Straight {
    across: Point,
    from: Point,
    to: Point,
    scale: f32,
}

impl Straight {
    /// For a picture of some size in pixels whose lines run at an angle, clockwise. `scale` is the length of a pixel on
    /// the page.
    pub(super) fn new(width: u32, height: u32, degrees: f32, scale: f32) -> Self {
        let (width, height) = (width as f32, height as f32);
        let is_on_its_side = (degrees.rem_euclid(180.0) - 90.0).abs() < 45.0;
        let (page_width, page_height) = if is_on_its_side {
            (height, width)
        } else {
            (width, height)
        };
        Self {
            across: direction(degrees),
            from: Point::new(width, height).times(0.5),
            to: Point::new(page_width, page_height).times(0.5),
            scale,
        }
    }

    /// Width and height of the page.
    pub(super) fn size(&self) -> (f32, f32) {
        let size = self.to.times(2.0 * self.scale);
        (size.x, size.y)
    }

    /// Where a point of the picture is on the page.
    pub(super) fn point(&self, point: Point) -> Point {
        let from = point.minus(self.from);
        let down = Point::new(-self.across.y, self.across.x);
        Point::new(from.dot(self.across), from.dot(down))
            .plus(self.to)
            .times(self.scale)
    }

    /// A length of the picture on the page.
    pub(super) fn length(&self, length: f32) -> f32 {
        length * self.scale
    }

    /// The line through a box, from left to right, at a share of its height from its top.
    pub(super) fn level(&self, quad: &Quad, share: f32) -> (Point, Point) {
        let start = quad.origin().plus(quad.down().times(share));
        (self.point(start), self.point(start.plus(quad.across())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Point, b: (f32, f32)) -> bool {
        a.minus(Point::new(b.0, b.1)).length() < 1e-3
    }

    #[test]
    fn a_straight_page_stays() {
        let straight = Straight::new(100, 200, 0.0, 0.5);
        assert!(near(straight.point(Point::new(10.0, 20.0)), (5.0, 10.0)));
        assert_eq!(straight.size(), (50.0, 100.0));
    }

    #[test]
    fn quarter_turns_swap_the_sides() {
        // Text that runs down the picture: the picture's upper right corner is the page's upper left one.
        let straight = Straight::new(100, 200, 90.0, 1.0);
        assert_eq!(straight.size(), (200.0, 100.0));
        assert!(near(straight.point(Point::new(100.0, 0.0)), (0.0, 0.0)));
        assert!(near(straight.point(Point::new(100.0, 200.0)), (200.0, 0.0)));
        let other = Straight::new(100, 200, 270.0, 1.0);
        assert!(near(other.point(Point::new(0.0, 200.0)), (0.0, 0.0)));
        let half = Straight::new(100, 200, 180.0, 1.0);
        assert!(near(half.point(Point::new(100.0, 200.0)), (0.0, 0.0)));
    }

    #[test]
    fn tilted_lines_become_level() {
        let straight = Straight::new(300, 400, 7.0, 1.0);
        let quad = Quad::around(Point::new(50.0, 60.0), direction(7.0), 100.0, 20.0);
        let (start, end) = straight.level(&quad, 0.75);
        assert!((start.y - end.y).abs() < 1e-3 && (end.x - start.x - 100.0).abs() < 1e-3);
    }
}
