//! Pictures: what they are before and after they are decoded.
//!
//! Libraries decompress; what is allowed, which way up a picture is and how its samples become red, green and blue is
//! decided here.
//!
//! # Layout
//! - [`Kind`]: what a file is, by its bytes. [`probe`]: what it says of itself. [`decode`](decode()): its pixels.
//! - [`Limits`], [`PictureError`]: what is refused, and why. [`Orientation`]: which way up it is.
//! - [`Raster`]: a decoded picture. [`Rows`]: one on its way to another process.
//! - [`Leveling`]: a page that lies askew is put straight. [`compress`](compress()): a smaller copy as WebP.
//! - [`read_picture_info`], [`decode_to_rows`], [`compress_picture`], [`compress_rows`]: all that for a process of its own.
//! - `png`, `jpeg`, `gif`, `webp`, `tiff`: one kind of file each.

mod compress;
mod decode;
mod error;
mod gif;
mod jpeg;
mod kind;
mod level;
mod limits;
mod orientation;
mod png;
mod raster;
mod reader;
mod rows;
#[cfg(test)]
mod tests;
mod tiff;
mod webp;

pub use compress::{CompressSettings, Compressed, Compression, compress};
pub use decode::{Info, decode, probe, probe_page};
pub use error::PictureError;
pub use kind::Kind;
pub use level::Leveling;
pub use limits::Limits;
pub use orientation::Orientation;
pub(crate) use raster::{CHANNELS, checked_pixels};
pub use raster::{MAX_PIXELS, Raster, RasterError};
pub use reader::{Refusal, compress_picture, compress_rows, decode_to_rows, read_picture_info};
pub use rows::{Rows, RowsHeader};
