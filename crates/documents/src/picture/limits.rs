//! How much a picture may be.

use super::error::PictureError;
use super::raster::MAX_PIXELS;

/// How much of a picture is read. Every number is checked before anything is allocated for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Width times height of a page, at most [`MAX_PIXELS`].
    pub max_pixels: u64,
    /// Pixels along a side.
    pub max_side: u32,
    /// Pages of a file.
    pub max_pages: u32,
    /// Memory that decoding takes, the result included, as estimated from what the file says of itself. The file does not
    /// count.
    pub memory_bytes: u64,
    /// Passes over a JPEG. Each of them goes over the whole picture, however few bytes it has.
    pub max_scans: u32,
}

impl Default for Limits {
    /// What a reader with 512 MB of address space, 64 MB of them its stack, can do.
    fn default() -> Self {
        Self {
            max_pixels: MAX_PIXELS,
            max_side: 30_000,
            max_pages: 100,
            memory_bytes: 400 << 20,
            // Programs make about ten, scripts for smaller files up to thirty.
            max_scans: 64,
        }
    }
}

impl Limits {
    /// Refuses a picture of a declared size.
    pub(super) fn check_size(&self, width: u32, height: u32) -> Result<(), PictureError> {
        if width == 0 || height == 0 {
            return Err(PictureError::corrupt("the picture is empty"));
        }
        let max_pixels = self.max_pixels.min(MAX_PIXELS);
        if u64::from(width) * u64::from(height) > max_pixels {
            return Err(PictureError::TooManyPixels {
                width,
                height,
                max_pixels,
            });
        }
        if width.max(height) > self.max_side {
            return Err(PictureError::SideTooLong {
                width,
                height,
                max_side: self.max_side,
            });
        }
        Ok(())
    }

    /// Refuses what takes too many bytes for each pixel.
    pub(super) fn check_memory(&self, pixels: u64, bytes_per_pixel: u64) -> Result<(), PictureError> {
        let needed = pixels.saturating_mul(bytes_per_pixel);
        if needed > self.memory_bytes {
            return Err(PictureError::TooMuchMemory {
                needed,
                limit: self.memory_bytes,
            });
        }
        Ok(())
    }
}
