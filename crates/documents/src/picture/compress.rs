//! Smaller copies of pictures, for browsers and models.

use docmill_webp::{Settings as WebPSettings, encode};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use serde::{Deserialize, Serialize};

use super::decode::decode;
use super::error::PictureError;
use super::limits::Limits;
use super::raster::{CHANNELS, Raster};

/// Time for smaller files, of 0 to 6: what sharp calls effort 4.
const METHOD: u8 = 4;
/// Rows that are made narrower at a time. The filter's weights are computed anew for each band, which takes as long as
/// many rows do.
const BAND_ROWS: usize = 512;

/// How a picture is made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompressSettings {
    /// Pixels of the longest side, 512 to 4096. Smaller pictures keep their size.
    pub max_side: u32,
    /// 50 to 95.
    pub quality: u8,
}

impl Default for CompressSettings {
    fn default() -> Self {
        Self {
            max_side: 2_048,
            quality: 85,
        }
    }
}

impl CompressSettings {
    /// These settings, or the nearest that are allowed.
    fn clamped(self) -> Self {
        Self {
            max_side: self.max_side.clamp(512, 4_096),
            quality: self.quality.clamp(50, 95),
        }
    }
}

/// What became of a picture: the head of what a reader answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compression {
    /// Pixels across of the copy, or of the original where that is used.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes of the file that came.
    pub original_size: u64,
    /// Bytes of the copy; as many as the original has, where that is used.
    pub compressed_size: u64,
    /// `(1 - compressed_size / original_size) * 100`, with one decimal.
    pub compression_ratio: String,
    /// The original is to be used: the copy would not have been smaller, or could not be made.
    pub is_original: bool,
}

/// A picture's smaller copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compressed {
    /// What was done.
    pub head: Compression,
    /// A WebP file; `None` where the original is to be used.
    pub webp: Option<Vec<u8>>,
}

/// Makes a copy of a page, counted from 1, as WebP, fitted into a square and never enlarged.
///
/// # Errors
/// [`PictureError`], if the picture cannot be decoded. One that cannot be encoded is no error: the original is used.
pub fn compress(
    bytes: &[u8],
    page: u32,
    settings: CompressSettings,
    limits: &Limits,
) -> Result<Compressed, PictureError> {
    let raster = decode(bytes, page, limits)?;
    let size = (raster.width(), raster.height());
    let webp = small(raster, settings).filter(|(_, _, file)| file.len() < bytes.len());
    let original_size = bytes.len() as u64;
    let (width, height, file) = match webp {
        Some((width, height, file)) => (width, height, Some(file)),
        None => (size.0, size.1, None),
    };
    let compressed_size = file.as_ref().map_or(original_size, |file| file.len() as u64);
    Ok(Compressed {
        head: Compression {
            width,
            height,
            original_size,
            compressed_size,
            compression_ratio: ratio(original_size, compressed_size),
            is_original: file.is_none(),
        },
        webp: file,
    })
}

/// The fitted picture as WebP, with its size.
pub(super) fn small(raster: Raster, settings: CompressSettings) -> Option<(u32, u32, Vec<u8>)> {
    let settings = settings.clamped();
    let small = fit(raster, settings.max_side)?;
    let to = WebPSettings {
        quality: settings.quality,
        method: METHOD,
    };
    let file = encode(small.width(), small.height(), small.rgb(), to).ok()?;
    Some((small.width(), small.height(), file))
}

/// Per cent that were saved, rounded to tenths. `compressed` is not above `original`.
fn ratio(original: u64, compressed: u64) -> String {
    let saved = original.saturating_sub(compressed);
    let tenths = (saved * 1_000 + original / 2).checked_div(original).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The size in which a picture fits into a square.
fn fitted(width: u32, height: u32, max_side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= max_side {
        return (width, height);
    }
    let scaled = |side: u32| {
        let exact = (u64::from(side) * u64::from(max_side) + u64::from(longest) / 2) / u64::from(longest);
        u32::try_from(exact).unwrap_or(max_side).max(1)
    };
    (scaled(width), scaled(height))
}

/// The picture with at most so many pixels, in its proportions.
pub(super) fn fit_pixels(raster: Raster, max_pixels: u64) -> Option<Raster> {
    let (width, height) = (u64::from(raster.width()), u64::from(raster.height()));
    if width * height <= max_pixels {
        return Some(raster);
    }
    let longest = width.max(height) as f64;
    // Rounded down, and the other side rounded: at most a row too many.
    let side = (longest * (max_pixels as f64 / (width * height) as f64).sqrt()).floor();
    fit(raster, side as u32)
}

/// The picture fitted into a square, by Lanczos' filter; in the memory of the picture itself as long as that is the larger
/// one. `None` where a filter has no such size.
fn fit(raster: Raster, max_side: u32) -> Option<Raster> {
    let (from_width, from_height) = (raster.width(), raster.height());
    let (width, height) = fitted(from_width, from_height, max_side);
    if (width, height) == (from_width, from_height) {
        return Some(raster);
    }
    let mut resizer = Resizer::new();
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let mut rgb = raster.into_rgb();
    narrow(&mut rgb, from_width, from_height, width, &mut resizer, &options)?;
    let mut target = vec![0; width as usize * height as usize * CHANNELS];
    {
        let source = TypedImageRef::<U8x3>::from_buffer(width, from_height, &rgb).ok()?;
        let mut image = TypedImage::<U8x3>::from_buffer(width, height, &mut target).ok()?;
        resizer.resize_typed(&source, &mut image, &options).ok()?;
    }
    Some(Raster::from_checked(width, height, target))
}

/// Makes all rows narrower, band by band, each band over what was already read.
fn narrow(
    rgb: &mut Vec<u8>,
    from_width: u32,
    height: u32,
    width: u32,
    resizer: &mut Resizer,
    options: &ResizeOptions,
) -> Option<()> {
    if width == from_width {
        return Some(());
    }
    let (from_bytes, row_bytes) = (from_width as usize * CHANNELS, width as usize * CHANNELS);
    let mut band = vec![0; row_bytes * BAND_ROWS];
    for top in (0..height as usize).step_by(BAND_ROWS) {
        let rows = BAND_ROWS.min(height as usize - top);
        let band = band.get_mut(..rows * row_bytes)?;
        let source = rgb.get(top * from_bytes..(top + rows) * from_bytes)?;
        let rows = u32::try_from(rows).ok()?;
        let source = TypedImageRef::<U8x3>::from_buffer(from_width, rows, source).ok()?;
        let mut target = TypedImage::<U8x3>::from_buffer(width, rows, band).ok()?;
        resizer.resize_typed(&source, &mut target, options).ok()?;
        drop(target);
        rgb.get_mut(top * row_bytes..)?
            .get_mut(..band.len())?
            .copy_from_slice(band);
    }
    rgb.truncate(row_bytes * height as usize);
    // Given back before the next picture is made.
    rgb.shrink_to_fit();
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fit_and_never_grow() {
        assert_eq!(fitted(4_000, 3_000, 2_048), (2_048, 1_536));
        assert_eq!(fitted(1_500, 900, 2_048), (1_500, 900));
        assert_eq!(fitted(900, 4_096, 2_048), (450, 2_048));
        assert_eq!(fitted(30_000, 1, 512), (512, 1));
    }

    #[test]
    fn ratios_have_one_decimal() {
        assert_eq!(ratio(1_000, 388), "61.2");
        assert_eq!(ratio(3, 1), "66.7");
        assert_eq!(ratio(7, 7), "0.0");
        assert_eq!(ratio(0, 0), "0.0");
    }

    #[test]
    fn rows_made_narrower_in_place_are_as_made_at_once() {
        let gray: Vec<u8> = (0..700 * 300_u32).map(|at| (at * 7 % 251) as u8).collect();
        let raster = Raster::of_gray(700, 300, &gray).unwrap();
        let mut rgb = raster.rgb().to_vec();
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        narrow(&mut rgb, 700, 300, 512, &mut Resizer::new(), &options).unwrap();
        let source = TypedImageRef::<U8x3>::from_buffer(700, 300, raster.rgb()).unwrap();
        let mut whole = TypedImage::<U8x3>::new(512, 300);
        Resizer::new()
            .resize_typed(&source, &mut whole, &options)
            .unwrap();
        let whole: Vec<u8> = whole.pixels().iter().flat_map(|pixel| pixel.0).collect();
        assert!(rgb == whole);
    }
}
