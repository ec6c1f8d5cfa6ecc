//! Pictures: what they are before and after they are decoded.
//!
//! # Layout
//! - [`Raster`]: a decoded picture. [`Rows`]: one on its way to another process.

mod raster;
mod rows;

pub(crate) use raster::{CHANNELS, checked_pixels};
pub use raster::{MAX_PIXELS, Raster, RasterError};
pub use rows::Rows;
