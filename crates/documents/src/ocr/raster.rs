//! Pictures as rows of pixels, and level strips cut out of them at any angle.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::geometry::{Point, Quad};
use crate::pdf::Bitmap;

/// Channels of a pixel: red, green, blue.
pub(super) const CHANNELS: usize = 3;

/// Pixels of the largest picture that is read. A sheet of A3 at 400 dpi has 31 million; DESIGN and the picture pipelines
/// reject more than 50 million before they decode.
pub const MAX_PIXELS: u64 = 50_000_000;

/// Why pixels are no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RasterError {
    /// One side has no pixel.
    #[error("the picture is empty")]
    Empty,
    /// More than [`MAX_PIXELS`].
    #[error("the picture has more than {MAX_PIXELS} pixels")]
    TooLarge,
    /// Not as many bytes as width and height ask for.
    #[error("the picture's bytes do not fit its width and height")]
    WrongLength,
}

/// A decoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Raster {
    /// A picture of red, green and blue bytes, row by row from the top. Takes the bytes as they are.
    ///
    /// # Errors
    /// [`RasterError`].
    pub fn of_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, RasterError> {
        let pixels = checked_pixels(width, height)?;
        if rgb.len() != pixels * CHANNELS {
            return Err(RasterError::WrongLength);
        }
        Ok(Self { width, height, rgb })
    }

    /// A picture of one byte of brightness a pixel.
    ///
    /// # Errors
    /// [`RasterError`].
    pub fn of_gray(width: u32, height: u32, gray: &[u8]) -> Result<Self, RasterError> {
        let pixels = checked_pixels(width, height)?;
        if gray.len() != pixels {
            return Err(RasterError::WrongLength);
        }
        let rgb = gray.iter().flat_map(|value| [*value; CHANNELS]).collect();
        Ok(Self { width, height, rgb })
    }

    /// The page a renderer drew.
    ///
    /// # Errors
    /// [`RasterError`].
    pub fn of_bitmap(bitmap: Bitmap) -> Result<Self, RasterError> {
        Self::of_rgb(bitmap.width, bitmap.height, bitmap.rgb)
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Red, green and blue of each pixel, row by row from the top.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The picture in another size, averaged where it becomes smaller. `None` where a side would be empty.
    pub(super) fn resized(&self, width: u32, height: u32) -> Option<Self> {
        let pixels = checked_pixels(width, height).ok()?;
        if (width, height) == (self.width, self.height) {
            return Some(self.clone());
        }
        let mut rgb = vec![0; pixels * CHANNELS];
        // Typed: otherwise the program holds the resizing of every kind of pixel.
        let source = TypedImageRef::<U8x3>::from_buffer(self.width, self.height, &self.rgb).ok()?;
        let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut rgb).ok()?;
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        Resizer::new().resize_typed(&source, &mut target, &options).ok()?;
        Some(Self { width, height, rgb })
    }

    /// What stands in a quadrilateral, level and in its own size: the strip's left edge is the quadrilateral's first
    /// side from top to bottom. What lies outside the picture repeats its edge. `None` for one without a pixel, or with
    /// more than the picture has.
    pub(super) fn strip(&self, quad: &Quad) -> Option<Self> {
        let (width, height) = (quad.width().round(), quad.height().round());
        // Also false for NaN.
        if !(width >= 1.0 && height >= 1.0 && width * height <= MAX_PIXELS as f32) {
            return None;
        }
        let (columns, rows) = (width as u32, height as u32);
        let pixels = checked_pixels(columns, rows).ok()?;
        if pixels * CHANNELS > self.rgb.len().saturating_mul(2).max(1 << 20) {
            return None;
        }
        let across = quad.across().over(width);
        let down = quad.down().over(height);
        let mut rgb = Vec::with_capacity(pixels * CHANNELS);
        for row in 0..rows {
            let start = quad.origin().plus(down.times(row as f32 + 0.5));
            for column in 0..columns {
                rgb.extend(self.sample(start.plus(across.times(column as f32 + 0.5))));
            }
        }
        Some(Self {
            width: columns,
            height: rows,
            rgb,
        })
    }

    /// The colour at a point, between the four pixels around it.
    fn sample(&self, at: Point) -> [u8; CHANNELS] {
        let x = (at.x - 0.5).clamp(0.0, (self.width - 1) as f32);
        let y = (at.y - 0.5).clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as u32, y as u32);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (part_x, part_y) = (x - left as f32, y - top as f32);
        let corners = [
            self.pixel(left, top),
            self.pixel(right, top),
            self.pixel(left, bottom),
            self.pixel(right, bottom),
        ];
        std::array::from_fn(|channel| {
            let [a, b, c, d] = corners.map(|pixel| f32::from(pixel[channel]));
            let upper = a + (b - a) * part_x;
            let lower = c + (d - c) * part_x;
            (upper + (lower - upper) * part_y + 0.5) as u8
        })
    }

    fn pixel(&self, x: u32, y: u32) -> [u8; CHANNELS] {
        let start = (y as usize * self.width as usize + x as usize) * CHANNELS;
        let pixel = self.rgb.get(start..start + CHANNELS);
        pixel
            .and_then(|pixel| pixel.try_into().ok())
            .unwrap_or([u8::MAX; CHANNELS])
    }
}

/// Pixels of a picture of this size, if it has some and not too many.
fn checked_pixels(width: u32, height: u32) -> Result<usize, RasterError> {
    match u64::from(width) * u64::from(height) {
        0 => Err(RasterError::Empty),
        pixels if pixels > MAX_PIXELS => Err(RasterError::TooLarge),
        pixels => usize::try_from(pixels).map_err(|_| RasterError::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checker(width: u32, height: u32) -> Raster {
        let gray: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| if (x + y) % 2 == 0 { 0 } else { 255 }))
            .collect();
        Raster::of_gray(width, height, &gray).unwrap()
    }

    #[test]
    fn sizes_are_checked() {
        assert_eq!(Raster::of_rgb(0, 5, Vec::new()), Err(RasterError::Empty));
        assert_eq!(
            Raster::of_rgb(u32::MAX, u32::MAX, Vec::new()),
            Err(RasterError::TooLarge)
        );
        assert_eq!(Raster::of_gray(2, 2, &[0; 3]), Err(RasterError::WrongLength));
        assert_eq!(Raster::of_gray(1, 1, &[7]).unwrap().rgb(), [7, 7, 7]);
    }

    #[test]
    fn a_level_strip_is_what_stands_there() {
        let picture = checker(8, 6);
        let strip = picture.strip(&Quad::level(2.0, 1.0, 6.0, 4.0)).unwrap();
        assert_eq!((strip.width(), strip.height()), (4, 3));
        let expected: Vec<u8> = (1..4)
            .flat_map(|y| (2..6).map(move |x| (x, y)))
            .flat_map(|(x, y)| picture.pixel(x, y))
            .collect();
        assert_eq!(strip.rgb(), expected);
    }

    #[test]
    fn a_turned_strip_is_turned_back() {
        let picture = Raster::of_gray(2, 1, &[10, 200]).unwrap();
        let turned = Quad::level(0.0, 0.0, 2.0, 1.0).half_turned();
        assert_eq!(picture.strip(&turned).unwrap().rgb(), [200, 200, 200, 10, 10, 10]);
    }

    #[test]
    fn what_is_no_strip_is_none() {
        let picture = checker(3, 3);
        for quad in [
            Quad::level(0.0, 0.0, 0.2, 3.0),
            Quad::level(0.0, 0.0, f32::NAN, 3.0),
            Quad::level(0.0, 0.0, 1e9, 1e9),
        ] {
            assert_eq!(picture.strip(&quad), None);
        }
    }
}
