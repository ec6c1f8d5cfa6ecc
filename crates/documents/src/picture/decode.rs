//! From the bytes of a file to a picture.

use std::panic::catch_unwind;

use serde::{Deserialize, Serialize};

use super::error::PictureError;
use super::kind::Kind;
use super::limits::Limits;
use super::orientation::Orientation;
use super::raster::Raster;
use super::{gif, jpeg, png, tiff, webp};

/// What a file says of itself. Nothing is decoded for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The kind of the file.
    pub kind: Kind,
    /// Pixels across as stored: before it is turned the right way up.
    pub width: u32,
    /// Pixels down as stored.
    pub height: u32,
    /// Pages of a TIFF; 1 for all other kinds, of which the first picture is read.
    pub pages: u32,
    /// How it is to be turned; [`decode`] does that.
    pub orientation: Orientation,
}

impl Info {
    /// Width and height as the picture is seen.
    pub fn shown_size(&self) -> (u32, u32) {
        if self.orientation.swaps_sides() {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        }
    }
}

/// What stands in front of the pixels.
enum Head<'a> {
    Png(png::Head),
    Jpeg(jpeg::Head),
    Gif(u32, u32),
    WebP(webp::Head<'a>),
    Tiff(tiff::Head),
}

impl<'a> Head<'a> {
    fn read(bytes: &'a [u8], page: u32, limits: &Limits) -> Result<Self, PictureError> {
        let kind = Kind::of(bytes).ok_or(PictureError::FileType)?;
        if kind != Kind::Tiff && page != 1 {
            return Err(PictureError::NoSuchPage { page });
        }
        Ok(match kind {
            Kind::Png => Self::Png(png::Head::read(bytes)?),
            Kind::Jpeg => Self::Jpeg(jpeg::Head::read(bytes)?),
            Kind::Gif => {
                let (width, height) = gif::size(bytes)?;
                Self::Gif(width, height)
            }
            Kind::WebP => Self::WebP(webp::Head::read(bytes)?),
            Kind::Tiff => Self::Tiff(tiff::Head::read(bytes, page, limits)?),
        })
    }

    fn info(&self) -> Info {
        let (kind, width, height, orientation) = match self {
            Self::Png(head) => (Kind::Png, head.width, head.height, head.orientation),
            Self::Jpeg(head) => (Kind::Jpeg, head.width, head.height, head.orientation),
            Self::Gif(width, height) => (Kind::Gif, *width, *height, Orientation::Upright),
            Self::WebP(head) => (Kind::WebP, head.width, head.height, head.orientation),
            Self::Tiff(head) => (Kind::Tiff, head.width, head.height, head.orientation),
        };
        Info {
            kind,
            width,
            height,
            pages: if let Self::Tiff(head) = self {
                head.pages
            } else {
                1
            },
            orientation,
        }
    }
}

/// Reads what a file says of itself, of its first page where it has several, and checks it against the limits on pixels,
/// sides and pages. Takes no memory to speak of.
///
/// # Errors
/// [`PictureError`].
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Info, PictureError> {
    probe_page(bytes, 1, limits)
}

/// [`probe`] for a page, counted from 1.
///
/// # Errors
/// [`PictureError`].
pub fn probe_page(bytes: &[u8], page: u32, limits: &Limits) -> Result<Info, PictureError> {
    let info = Head::read(bytes, page, limits)?.info();
    limits.check_size(info.width, info.height)?;
    Ok(info)
}

/// Decodes a page, counted from 1: the right way up, on white where it is transparent, 8 bits for each colour. Colour
/// profiles are not applied.
///
/// What the file says of its size is checked before anything is allocated. A decoder's panic counts as a damaged file; a
/// file that is not trusted is decoded in a process with limits all the same.
///
/// # Errors
/// [`PictureError`].
pub fn decode(bytes: &[u8], page: u32, limits: &Limits) -> Result<Raster, PictureError> {
    let decoded = catch_unwind(|| {
        let head = Head::read(bytes, page, limits)?;
        let info = head.info();
        limits.check_size(info.width, info.height)?;
        let raster = match &head {
            Head::Png(head) => png::decode(bytes, head, limits),
            Head::Jpeg(head) => jpeg::decode(bytes, head, limits),
            Head::Gif(..) => gif::decode(bytes, limits),
            Head::WebP(head) => webp::decode(head, limits),
            Head::Tiff(head) => tiff::decode(bytes, head, limits),
        }?;
        Ok(info.orientation.apply(raster))
    });
    decoded.unwrap_or(Err(PictureError::corrupt("it is damaged")))
}
