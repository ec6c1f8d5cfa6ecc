//! TIFF: scans, faxes, and the form that Exif has.
//!
//! # Layout
//! - [`Directories`]: the tags of each page. [`layout`]: what they say about its pixels.
//! - [`chunks`]: strips and tiles, decompressed. [`samples`]: what is in them as red, green and blue.

mod chunks;
mod directory;
mod layout;
mod samples;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

pub(super) use directory::Directories;

use super::error::PictureError;
use super::limits::Limits;
use super::orientation::Orientation;
use super::raster::{CHANNELS, Raster};
use layout::Layout;

/// What the directories of a file say about one page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    pub(super) pages: u32,
    /// Where the page's directory stands.
    offset: u64,
}

impl Head {
    /// The head of a page, counted from 1.
    pub(super) fn read(bytes: &[u8], page: u32, limits: &Limits) -> Result<Self, PictureError> {
        let damaged = PictureError::corrupt("its directory of pages is damaged");
        let directories = Directories::open(bytes).ok_or(damaged)?;
        let pages = directories.pages(limits.max_pages)?;
        let index = page.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let offset = index
            .and_then(|index| pages.get(index))
            .ok_or(PictureError::NoSuchPage { page })?;
        let directory = directories.directory(*offset).ok_or(damaged)?;
        let side = |tag| {
            let side = directory.number(tag)?;
            u32::try_from(side).ok()
        };
        Ok(Self {
            width: side(layout::WIDTH).ok_or(damaged)?,
            height: side(layout::HEIGHT).ok_or(damaged)?,
            orientation: directory
                .number(layout::ORIENTATION)
                .and_then(Orientation::of_number)
                .unwrap_or_default(),
            pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
            offset: *offset,
        })
    }
}

/// Decodes a page, as stored: one strip or tile after the other.
pub(super) fn decode(bytes: &[u8], head: &Head, limits: &Limits) -> Result<Raster, PictureError> {
    let damaged = PictureError::corrupt("its directory of pages is damaged");
    let directory = Directories::open(bytes)
        .and_then(|directories| directories.directory(head.offset))
        .ok_or(damaged)?;
    let layout = Layout::read(&directory, bytes.len())?;
    let pixels = u64::from(head.width) * u64::from(head.height);
    let copies = 1 + u64::from(head.orientation.swaps_sides());
    let chunk = layout.chunk_bytes();
    limits.check_memory(pixels * CHANNELS as u64 * copies + chunk.saturating_mul(2), 1)?;

    let row_bytes = head.width as usize * CHANNELS;
    let mut rgb = vec![u8::MAX; row_bytes * head.height as usize];
    let mut buffer = Vec::new();
    let mut row_rgb = Vec::new();
    for place in layout.places() {
        let samples = chunks::read(bytes, &layout, &place, limits, &mut buffer)?;
        let left = place.left as usize * CHANNELS;
        let width = place.shown_width(head.width) as usize;
        let rows = rgb.chunks_exact_mut(row_bytes).skip(place.top as usize);
        let chunk_rows = samples.bytes.chunks_exact(samples.row_bytes.max(1));
        for (row, packed) in rows.zip(chunk_rows).take(place.height as usize) {
            row_rgb.clear();
            samples.form.to_rgb(&layout, packed, width, &mut row_rgb);
            let target = row.get_mut(left..left + width * CHANNELS).ok_or(damaged)?;
            target.copy_from_slice(row_rgb.get(..width * CHANNELS).ok_or(damaged)?);
        }
    }
    Raster::of_rgb(head.width, head.height, rgb).map_err(|_| damaged)
}
