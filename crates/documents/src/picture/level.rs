//! Turning a picture so that its text is level.

use serde::{Deserialize, Serialize};

use super::orientation::Orientation;
use super::raster::{CHANNELS, Raster, checked_pixels};

/// Steeper tilts are left as they are: a page that lies like that is no scan.
const MAX_MILLI_DEGREES: i32 = 15_000;
/// A tilt that no ruling shows, in thousandths of a degree.
const LEAST_MILLI_DEGREES: i32 = 100;

/// How a picture is turned: by quarters first, then by the rest. The corners that the rest would cut off stay, the picture
/// becomes larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leveling {
    /// Pixels across, before.
    pub width: u32,
    /// Pixels down, before.
    pub height: u32,
    /// Quarter turns anticlockwise, 0 to 3.
    pub quarters: u8,
    /// Then so many thousandths of a degree anticlockwise.
    pub milli_degrees: i32,
}

impl Leveling {
    /// What makes text level that runs at an angle, in degrees clockwise.
    pub fn of_text(width: u32, height: u32, degrees: f32) -> Self {
        let milli = (degrees.rem_euclid(360.0) * 1_000.0).round() as i32;
        let quarters = (milli + 45_000) / 90_000 % 4;
        let rest = milli - (milli + 45_000) / 90_000 * 90_000;
        Self {
            width,
            height,
            quarters: u8::try_from(quarters).unwrap_or(0),
            milli_degrees: match rest.abs() {
                LEAST_MILLI_DEGREES..=MAX_MILLI_DEGREES => rest,
                _ => 0,
            },
        }
    }

    /// Width and height after the quarter turns.
    fn turned(self) -> (u32, u32) {
        match self.quarters % 2 {
            0 => (self.width, self.height),
            _ => (self.height, self.width),
        }
    }

    fn radians(self) -> f64 {
        let milli = self.milli_degrees.clamp(-MAX_MILLI_DEGREES, MAX_MILLI_DEGREES);
        (f64::from(milli) / 1_000.0).to_radians()
    }

    /// Width and height in pixels afterwards.
    pub fn size(self) -> (u32, u32) {
        let (width, height) = self.turned();
        let (sin, cos) = self.radians().sin_cos();
        let (w, h) = (f64::from(width), f64::from(height));
        let side = |length: f64| length.ceil().clamp(1.0, f64::from(u32::MAX)) as u32;
        match self.milli_degrees {
            0 => (width, height),
            _ => (
                side(w * cos.abs() + h * sin.abs()),
                side(w * sin.abs() + h * cos.abs()),
            ),
        }
    }

    /// Where a place of the picture is afterwards, both in pixels.
    pub fn place(self, (x, y): (f32, f32)) -> (f32, f32) {
        let (w, h) = (self.width as f32, self.height as f32);
        let (x, y) = match self.quarters % 4 {
            1 => (y, w - x),
            2 => (w - x, h - y),
            3 => (h - y, x),
            _ => (x, y),
        };
        if self.milli_degrees == 0 {
            return (x, y);
        }
        let (width, height) = self.turned();
        let (to_width, to_height) = self.size();
        let (sin, cos) = self.radians().sin_cos();
        let (dx, dy) = (
            f64::from(x) - f64::from(width) / 2.0,
            f64::from(y) - f64::from(height) / 2.0,
        );
        (
            (dx * cos + dy * sin + f64::from(to_width) / 2.0) as f32,
            (dy * cos - dx * sin + f64::from(to_height) / 2.0) as f32,
        )
    }

    /// The picture turned; what was outside of it is white. As it is, if it is not of the size that was said, or would
    /// become larger than pictures may be.
    pub fn apply(self, raster: Raster) -> Raster {
        let (to_width, to_height) = self.size();
        if (raster.width(), raster.height()) != (self.width, self.height) {
            return raster;
        }
        let raster = match self.quarters % 4 {
            1 => Orientation::Turned270.apply(raster),
            2 => Orientation::Turned180.apply(raster),
            3 => Orientation::Turned90.apply(raster),
            _ => raster,
        };
        match checked_pixels(to_width, to_height) {
            Ok(pixels) if self.milli_degrees != 0 => {
                rotated(&raster, self.radians(), (to_width, to_height), pixels)
            }
            _ => raster,
        }
    }
}

/// Pixels between four others are mixed from them.
fn rotated(raster: &Raster, radians: f64, (width, height): (u32, u32), pixels: usize) -> Raster {
    let (sin, cos) = (radians.sin() as f32, radians.cos() as f32);
    let middle = (raster.width() as f32 / 2.0, raster.height() as f32 / 2.0);
    let mut rgb = Vec::with_capacity(pixels * CHANNELS);
    for y in 0..height {
        let dy = y as f32 + 0.5 - height as f32 / 2.0;
        for x in 0..width {
            let dx = x as f32 + 0.5 - width as f32 / 2.0;
            let from = (
                dx * cos - dy * sin + middle.0 - 0.5,
                dx * sin + dy * cos + middle.1 - 0.5,
            );
            rgb.extend(mixed(raster, from));
        }
    }
    Raster::from_checked(width, height, rgb)
}

fn mixed(raster: &Raster, (x, y): (f32, f32)) -> [u8; CHANNELS] {
    let (left, top) = (x.floor(), y.floor());
    let inside = |value: f32, side: u32| value >= -1.0 && value < side as f32;
    if !inside(left, raster.width()) || !inside(top, raster.height()) {
        return [u8::MAX; CHANNELS];
    }
    // Beyond the edges a pixel is white, like everything outside.
    let pixel = |dx: i32, dy: i32| {
        let (x, y) = (left as i32 + dx, top as i32 + dy);
        match (u32::try_from(x), u32::try_from(y)) {
            (Ok(x), Ok(y)) if x < raster.width() && y < raster.height() => raster.pixel(x, y),
            _ => [u8::MAX; CHANNELS],
        }
    };
    let (right, low) = (x - left, y - top);
    let (a, b, c, d) = (pixel(0, 0), pixel(1, 0), pixel(0, 1), pixel(1, 1));
    let mut mixed = [0; CHANNELS];
    for (out, ((a, b), (c, d))) in mixed
        .iter_mut()
        .zip(a.into_iter().zip(b).zip(c.into_iter().zip(d)))
    {
        let upper = f32::from(a) * (1.0 - right) + f32::from(b) * right;
        let lower = f32::from(c) * (1.0 - right) + f32::from(d) * right;
        *out = (upper * (1.0 - low) + lower * low).round() as u8;
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A white picture with one dark spot, and where its middle is.
    fn spot(width: u32, height: u32, (x, y): (u32, u32)) -> Raster {
        let mut gray = vec![255; (width * height) as usize];
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            gray[((y + dy) * width + x + dx) as usize] = 0;
        }
        Raster::of_gray(width, height, &gray).unwrap()
    }

    fn darkest(raster: &Raster) -> (f32, f32) {
        let mut best = (255, (0.0, 0.0));
        for y in 0..raster.height() {
            for x in 0..raster.width() {
                let value = raster.pixel(x, y)[0];
                if value < best.0 {
                    best = (value, (x as f32 + 0.5, y as f32 + 0.5));
                }
            }
        }
        best.1
    }

    proptest! {
        #[test]
        fn places_move_with_the_picture(degrees in -180.0_f32..180.0, x in 5_u32..50, y in 5_u32..30) {
            let raster = spot(60, 40, (x, y));
            let leveling = Leveling::of_text(60, 40, degrees);
            let turned = leveling.apply(raster);
            prop_assert_eq!((turned.width(), turned.height()), leveling.size());
            let expected = leveling.place((x as f32 + 1.0, y as f32 + 1.0));
            let found = darkest(&turned);
            prop_assert!((expected.0 - found.0).abs() < 1.6 && (expected.1 - found.1).abs() < 1.6, "{:?} {:?}", expected, found);
        }
    }

    #[test]
    fn text_becomes_level() {
        // A line that falls by 3 degrees to the right.
        let leveling = Leveling::of_text(1_000, 500, 3.0);
        let slope = 3.0_f32.to_radians().tan();
        let (a, b) = (
            leveling.place((0.0, 100.0)),
            leveling.place((900.0, 100.0 + 900.0 * slope)),
        );
        assert!((a.1 - b.1).abs() < 0.1, "{a:?} {b:?}");
        assert_eq!(Leveling::of_text(10, 20, 91.0).quarters, 1);
        assert_eq!(Leveling::of_text(10, 20, 91.0).milli_degrees, 1_000);
        assert_eq!(Leveling::of_text(10, 20, 359.0).milli_degrees, -1_000);
        assert_eq!(
            Leveling::of_text(10, 20, 0.05),
            Leveling {
                width: 10,
                height: 20,
                ..Leveling::default()
            }
        );
    }

    #[test]
    fn another_picture_is_left_alone() {
        let raster = spot(60, 40, (5, 5));
        assert_eq!(Leveling::of_text(40, 60, 3.0).apply(raster.clone()), raster);
    }
}
