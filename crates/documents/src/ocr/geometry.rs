//! Points, directions, and upright or slanted boxes, in pixels; y grows downwards.

/// A point, or the way from one to another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Point {
    pub(super) fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }

    pub(super) fn times(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }

    /// Divided; zero stays zero.
    pub(super) fn over(self, divisor: f32) -> Self {
        if divisor == 0.0 {
            Self::default()
        } else {
            self.times(1.0 / divisor)
        }
    }

    pub(super) fn length(self) -> f32 {
        // Not `hypot`, which takes a newer C library than functions have. Pixels are far from overflow.
        (self.x * self.x + self.y * self.y).sqrt()
    }

    pub(super) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    /// A quarter turn clockwise.
    pub(super) fn turned(self) -> Self {
        Self::new(-self.y, self.x)
    }

    /// The same place in coordinates whose first axis is a direction of length 1.
    pub(super) fn along(self, unit: Self) -> Self {
        Self::new(self.dot(unit), self.dot(unit.turned()))
    }
}

/// The direction at an angle clockwise from level, of length 1.
pub(super) fn direction(degrees: f32) -> Point {
    let (sin, cos) = degrees.to_radians().sin_cos();
    Point::new(cos, sin)
}

/// A rectangle at any angle, as text stands in it: from its origin *across* is the way its line runs, *down* the way
/// to the next line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quad {
    origin: Point,
    across: Point,
    down: Point,
}

impl Quad {
    /// An upright one.
    #[cfg(test)]
    pub(super) fn level(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        Self {
            origin: Point::new(x0, y0),
            across: Point::new(x1 - x0, 0.0),
            down: Point::new(0.0, y1 - y0),
        }
    }

    /// Around a centre: `unit` is the direction across, of length 1, and *down* is a quarter turn clockwise from it.
    pub(super) fn around(centre: Point, unit: Point, width: f32, height: f32) -> Self {
        let across = unit.times(width);
        let down = unit.turned().times(height);
        let origin = centre.minus(across.times(0.5)).minus(down.times(0.5));
        Self { origin, across, down }
    }

    pub(super) fn origin(&self) -> Point {
        self.origin
    }

    pub(super) fn across(&self) -> Point {
        self.across
    }

    pub(super) fn down(&self) -> Point {
        self.down
    }

    pub(super) fn width(&self) -> f32 {
        self.across.length()
    }

    pub(super) fn height(&self) -> f32 {
        self.down.length()
    }

    pub(super) fn centre(&self) -> Point {
        self.origin
            .plus(self.across.times(0.5))
            .plus(self.down.times(0.5))
    }

    /// As text stands in it: upper left, upper right, lower right, lower left.
    pub(super) fn corners(&self) -> [(f32, f32); 4] {
        let end = self.origin.plus(self.across);
        let corners = [self.origin, end, end.plus(self.down), self.origin.plus(self.down)];
        corners.map(|corner| (corner.x, corner.y))
    }

    /// The part of it between two shares of its width, from 0 to 1.
    pub(super) fn between(&self, start: f32, end: f32) -> Self {
        Self {
            origin: self.origin.plus(self.across.times(start)),
            across: self.across.times(end - start),
            down: self.down,
        }
    }

    /// Larger on every side by the same length.
    pub(super) fn grown(&self, by: f32) -> Self {
        let unit = self.across.over(self.width());
        Self::around(
            self.centre(),
            unit,
            self.width() + 2.0 * by,
            self.height() + 2.0 * by,
        )
    }

    /// The same box read the other way round.
    pub(super) fn half_turned(&self) -> Self {
        Self {
            origin: self.origin.plus(self.across).plus(self.down),
            across: self.across.times(-1.0),
            down: self.down.times(-1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_round() {
        let quad = Quad::level(10.0, 20.0, 50.0, 30.0);
        assert_eq!(quad.half_turned().half_turned(), quad);
        assert_eq!(quad.half_turned().centre(), quad.centre());
        let corners = [(10.0, 20.0), (50.0, 20.0), (50.0, 30.0), (10.0, 30.0)];
        assert_eq!(quad.corners(), corners);
        assert_eq!(quad.half_turned().corners()[0], (50.0, 30.0));
    }

    #[test]
    fn places_along_a_direction() {
        let place = Point::new(3.0, 4.0).along(direction(90.0));
        assert!(place.minus(Point::new(4.0, -3.0)).length() < 1e-5);
    }

    #[test]
    fn a_part_and_a_larger_one() {
        let quad = Quad::level(0.0, 0.0, 100.0, 10.0);
        assert_eq!(quad.between(0.25, 0.5), Quad::level(25.0, 0.0, 50.0, 10.0));
        assert_eq!(quad.grown(2.0), Quad::level(-2.0, -2.0, 102.0, 12.0));
    }
}
