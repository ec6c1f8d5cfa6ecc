//! Pictures of pages.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use hayro_interpret::InterpreterSettings;

use super::document::PdfDocument;

/// Points in an inch.
const POINTS_PER_INCH: f32 = 72.0;
/// Pixels along a side that the rasteriser counts with.
const MAX_SIDE_PX: f32 = 16_384.0;

/// How large the picture of a page may be. Checked before anything is allocated.
#[derive(Clone, Copy, Debug)]
pub struct RenderLimits {
    /// Resolution wanted, in dots per inch.
    pub dpi: f32,
    /// Pixels of the picture. A larger page comes in a lower resolution.
    pub max_pixels: u32,
}

/// A picture of a page on white.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Red, green and blue of each pixel, row by row from the top: `width * height * 3` bytes.
    pub rgb: Vec<u8>,
    /// The resolution it has, in thousandths of a dot per inch: lower than wanted if a limit made it so.
    pub milli_dpi: u32,
}

/// Why there is no picture of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The document has no page of this number.
    #[error("there is no page {0}")]
    NoSuchPage(u32),
    /// Not one pixel: the resolution or the limit is too small, or the page is a thread.
    #[error("the page is too small or too narrow for a picture")]
    Empty,
    /// The page is damaged.
    #[error("the page cannot be drawn")]
    Failed,
}

/// Draws the pages of one document, keeping its fonts from page to page.
pub struct Renderer<'d> {
    document: &'d PdfDocument,
    cache: RenderCache<'d>,
}

impl std::fmt::Debug for Renderer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer")
            .field("document", self.document)
            .finish_non_exhaustive()
    }
}

impl PdfDocument {
    /// A renderer of its pages.
    pub fn renderer(&self) -> Renderer<'_> {
        Renderer {
            document: self,
            cache: RenderCache::new(),
        }
    }
}

impl Renderer<'_> {
    /// Draws a page, counted from 1, as shown: turned by its `/Rotate`.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn render(&mut self, number: u32, limits: RenderLimits) -> Result<Bitmap, RenderError> {
        let page = self
            .document
            .syntax_page(number)
            .ok_or(RenderError::NoSuchPage(number))?;
        let (width, height) = page.render_dimensions();
        let scale = scale(width, height, limits).ok_or(RenderError::Empty)?;
        let settings = PixmapSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: WHITE,
        };
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            let (interpreter, rendering) = (InterpreterSettings::default(), RenderSettings::default());
            render(page, &self.cache, &interpreter, &rendering, &settings)
        }));
        let Ok(pixmap) = drawn else {
            // A panic may have left a lock of the cache poisoned.
            self.cache = RenderCache::new();
            return Err(RenderError::Failed);
        };
        let rgb = pixmap
            .data_as_u8_slice()
            .chunks_exact(4)
            .flat_map(|pixel| pixel.iter().take(3))
            .copied()
            .collect();
        Ok(Bitmap {
            width: u32::from(pixmap.width()),
            height: u32::from(pixmap.height()),
            rgb,
            milli_dpi: (scale * POINTS_PER_INCH * 1_000.0) as u32,
        })
    }
}

/// Pixels per point: what is wanted, or as much as the limits allow.
fn scale(width: f32, height: f32, limits: RenderLimits) -> Option<f32> {
    let wanted = limits.dpi / POINTS_PER_INCH;
    let by_side = MAX_SIDE_PX / width.max(height);
    let by_area = (f64::from(limits.max_pixels) / (f64::from(width) * f64::from(height))).sqrt() as f32;
    let scale = wanted.min(by_side).min(by_area);
    // Also false for NaN.
    (scale > 0.0 && width * scale >= 1.0 && height * scale >= 1.0).then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: RenderLimits = RenderLimits {
        dpi: 144.0,
        max_pixels: 4_000_000,
    };

    #[test]
    fn the_resolution_falls_with_the_size_of_the_page() {
        assert_eq!(scale(595.0, 842.0, LIMITS), Some(2.0));
        let large = scale(20_000.0, 20_000.0, LIMITS).unwrap();
        assert!((large - 0.1).abs() < 1e-4);
        let long = scale(10.0, 1e6, LIMITS);
        assert_eq!(long, None);
        assert_eq!(scale(f32::NAN, 10.0, LIMITS), None);
        assert_eq!(
            scale(1e30, 1e30, LIMITS).map(|scale| scale * 1e30 < 2_001.0),
            Some(true)
        );
    }
}
