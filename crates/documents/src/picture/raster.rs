//! Pictures as rows of pixels.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::pdf::Bitmap;

/// Channels of a pixel: red, green, blue.
pub(crate) const CHANNELS: usize = 3;

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

    /// A picture whose size was checked where the bytes were made.
    pub(super) fn from_checked(width: u32, height: u32, rgb: Vec<u8>) -> Self {
        debug_assert_eq!(rgb.len(), width as usize * height as usize * CHANNELS);
        Self { width, height, rgb }
    }

    /// Red, green and blue of each pixel, and nothing else of the picture.
    pub(super) fn into_rgb(self) -> Vec<u8> {
        self.rgb
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

    /// Whether no pixel has a colour.
    pub fn is_gray(&self) -> bool {
        self.rgb
            .as_chunks::<CHANNELS>()
            .0
            .iter()
            .all(|[red, green, blue]| red == green && green == blue)
    }

    /// The picture in another size, averaged where it becomes smaller. `None` where a side would be empty.
    pub(crate) fn resized(&self, width: u32, height: u32) -> Option<Self> {
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

    /// The colour of a pixel; white outside.
    pub(crate) fn pixel(&self, x: u32, y: u32) -> [u8; CHANNELS] {
        let start = (y as usize * self.width as usize + x as usize) * CHANNELS;
        let pixel = self.rgb.get(start..start + CHANNELS);
        pixel
            .and_then(|pixel| pixel.try_into().ok())
            .unwrap_or([u8::MAX; CHANNELS])
    }
}

/// Pixels of a picture of this size, if it has some and not too many.
pub(crate) fn checked_pixels(width: u32, height: u32) -> Result<usize, RasterError> {
    match u64::from(width) * u64::from(height) {
        0 => Err(RasterError::Empty),
        pixels if pixels > MAX_PIXELS => Err(RasterError::TooLarge),
        pixels => usize::try_from(pixels).map_err(|_| RasterError::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
