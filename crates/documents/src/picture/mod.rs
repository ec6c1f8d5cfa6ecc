//! Pictures: what they are before and after they are decoded.
//!
//! # Layout
//! - [`Raster`]: a decoded picture.

mod raster;

pub(crate) use raster::{CHANNELS, checked_pixels};
pub use raster::{MAX_PIXELS, Raster, RasterError};
