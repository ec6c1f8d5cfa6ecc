//! WebP.

mod codes;
mod lossless;

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::error::PictureError;
use super::limits::Limits;
use super::orientation::Orientation;
use super::png::on_white;
use super::raster::{CHANNELS, Raster};

/// Bytes in front of the first chunk.
const FILE_HEAD: usize = 12;
const CHUNK_HEAD: usize = 8;
/// Bytes of a frame's head in an animation.
const FRAME_HEAD: usize = 16;
/// Bytes of a lossless picture in front of its transformations.
const LOSSLESS_HEAD: usize = 5;
/// A lossless picture is decoded with four bytes a pixel before it gets its own three, a lossy one as planes first.
const WORKING_BYTES_PER_PIXEL: u64 = 5;

/// What the chunks of a file say, and the first picture in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Head<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    image: Image<'a>,
    /// Where it stands on the canvas: only frames of an animation are elsewhere than at its corner.
    left: u32,
    top: u32,
}

/// The compressed data of one picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Image<'a> {
    alpha: Option<&'a [u8]>,
    /// The chunk's name and contents.
    pixels: Option<(&'a [u8; 4], &'a [u8])>,
}

impl<'a> Head<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, PictureError> {
        let cut = PictureError::corrupt("it ends before the picture is complete");
        let mut canvas = None;
        let mut place = None;
        let mut image = Image::default();
        let mut orientation = Orientation::Upright;
        for (kind, contents) in Chunks(bytes.get(FILE_HEAD..).ok_or(cut)?) {
            match kind {
                b"VP8X" => canvas = canvas.or(Some((u24(contents, 4)? + 1, u24(contents, 7)? + 1))),
                b"EXIF" => orientation = Orientation::of_exif(contents),
                b"ANMF" if place.is_none() => {
                    place = Some((u24(contents, 0)? * 2, u24(contents, 3)? * 2));
                    image = Image::default();
                    Chunks(contents.get(FRAME_HEAD..).ok_or(cut)?)
                        .for_each(|(kind, contents)| image.add(kind, contents));
                }
                _ if place.is_none() => image.add(kind, contents),
                _ => {}
            }
        }
        let (width, height) = canvas.map_or_else(|| image.size(), Ok)?;
        let (left, top) = place.unwrap_or_default();
        Ok(Self {
            width,
            height,
            orientation,
            image,
            left,
            top,
        })
    }
}

impl<'a> Image<'a> {
    fn add(&mut self, kind: &'a [u8; 4], contents: &'a [u8]) {
        match kind {
            b"ALPH" if self.alpha.is_none() => self.alpha = Some(contents),
            b"VP8 " | b"VP8L" if self.pixels.is_none() => self.pixels = Some((kind, contents)),
            _ => {}
        }
    }

    /// What the compressed data says of itself.
    fn size(&self) -> Result<(u32, u32), PictureError> {
        match self.pixels {
            Some((b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..])) => Ok((
                u32::from(u16::from_le_bytes([*w0, *w1]) & 0x3fff),
                u32::from(u16::from_le_bytes([*h0, *h1]) & 0x3fff),
            )),
            Some((b"VP8L", [0x2f, a, b, c, d, ..])) => {
                let packed = u32::from_le_bytes([*a, *b, *c, *d]);
                Ok(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
            }
            _ => Err(PictureError::corrupt("it has no picture in it")),
        }
    }

    /// Bytes of the tables that its codes take.
    fn table_bytes(&self, width: u32, height: u32) -> Result<u64, PictureError> {
        let lossless = match (self.pixels, self.alpha) {
            (Some((b"VP8L", contents)), _) => contents.get(LOSSLESS_HEAD..).unwrap_or_default(),
            // How it is filtered does not matter here; in the lowest bits stands whether it is compressed.
            (_, Some([head, compressed @ ..])) if head & 3 == 1 => compressed,
            _ => return Ok(0),
        };
        lossless::table_bytes(lossless, width, height)
    }

    /// A file with this picture and nothing else in it: no metadata, no frames, no chunks that anybody made up.
    fn file(&self, width: u32, height: u32) -> Vec<u8> {
        let mut chunks = Vec::new();
        let mut add = |kind: &[u8; 4], contents: &[u8]| {
            chunks.extend_from_slice(kind);
            chunks.extend_from_slice(&u32::try_from(contents.len()).unwrap_or(u32::MAX).to_le_bytes());
            chunks.extend_from_slice(contents);
            chunks.resize(chunks.len().next_multiple_of(2), 0);
        };
        let (kind, contents) = self.pixels.unwrap_or((b"VP8 ", &[]));
        // A lossless picture has its transparency in itself.
        if let Some(alpha) = self.alpha.filter(|_| kind == b"VP8 ") {
            /// The flag of a picture with transparency.
            const ALPHA: u8 = 0x10;
            let [w0, w1, w2, _] = (width - 1).to_le_bytes();
            let [h0, h1, h2, _] = (height - 1).to_le_bytes();
            add(b"VP8X", &[ALPHA, 0, 0, 0, w0, w1, w2, h0, h1, h2]);
            add(b"ALPH", alpha);
        }
        add(kind, contents);
        let size = u32::try_from(chunks.len() + 4).unwrap_or(u32::MAX);
        [b"RIFF", &size.to_le_bytes()[..], b"WEBP", &chunks].concat()
    }
}

/// A number of three bytes.
fn u24(bytes: &[u8], at: usize) -> Result<u32, PictureError> {
    match bytes.get(at..at + 3) {
        Some([a, b, c]) => Ok(u32::from_le_bytes([*a, *b, *c, 0])),
        _ => Err(PictureError::corrupt("its header is cut off")),
    }
}

/// Name and contents of one chunk after the other; the last one may be cut off.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.0.first_chunk::<4>()?;
        let length = self.0.get(4..CHUNK_HEAD)?.try_into().ok()?;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let rest = self.0.get(CHUNK_HEAD..)?;
        let contents = rest.get(..length).unwrap_or(rest);
        self.0 = rest.get(length.next_multiple_of(2)..).unwrap_or_default();
        Some((kind, contents))
    }
}

/// The still picture, or the first frame on a white canvas.
pub(super) fn decode(head: &Head<'_>, limits: &Limits) -> Result<Raster, PictureError> {
    let damaged = PictureError::corrupt("its compressed data is damaged");
    // The decoder allocates what the compressed data says, whatever the canvas.
    let (width, height) = head.image.size()?;
    limits.check_size(width, height)?;
    if head.left.saturating_add(width) > head.width || head.top.saturating_add(height) > head.height {
        return Err(damaged);
    }
    let pixels = u64::from(width) * u64::from(height);
    let canvas = u64::from(head.width) * u64::from(head.height) * CHANNELS as u64;
    let needed = canvas + pixels * (CHANNELS as u64 + WORKING_BYTES_PER_PIXEL);
    limits.check_memory(needed, 1)?;
    limits.check_memory(needed + head.image.table_bytes(width, height)?, 1)?;

    let file = head.image.file(width, height);
    let mut decoder = WebPDecoder::new(Cursor::new(&file)).map_err(|_| damaged)?;
    let has_alpha = decoder.has_alpha();
    let mut decoded = vec![0; decoder.output_buffer_size().ok_or(damaged)?];
    decoder.read_image(&mut decoded).map_err(|_| damaged)?;
    if has_alpha {
        onto_white(&mut decoded);
    }
    if (width, height) == (head.width, head.height) {
        return Raster::of_rgb(width, height, decoded).map_err(|_| damaged);
    }
    let row_bytes = head.width as usize * CHANNELS;
    let mut rgb = vec![u8::MAX; row_bytes * head.height as usize];
    let frame_bytes = width as usize * CHANNELS;
    let left = head.left as usize * CHANNELS;
    let rows = rgb.chunks_exact_mut(row_bytes).skip(head.top as usize);
    for (row, frame) in rows.zip(decoded.chunks_exact(frame_bytes)) {
        if let Some(target) = row.get_mut(left..left + frame_bytes) {
            target.copy_from_slice(frame);
        }
    }
    Raster::of_rgb(head.width, head.height, rgb).map_err(|_| damaged)
}

/// Four bytes a pixel become three, in place.
fn onto_white(rgba: &mut Vec<u8>) {
    let pixels = rgba.len() / 4;
    for pixel in 0..pixels {
        if let Some(&[red, green, blue, alpha]) = rgba.get(pixel * 4..pixel * 4 + 4) {
            let opaque = [red, green, blue].map(|value| on_white(value, alpha));
            if let Some(target) = rgba.get_mut(pixel * CHANNELS..(pixel + 1) * CHANNELS) {
                target.copy_from_slice(&opaque);
            }
        }
    }
    rgba.truncate(pixels * CHANNELS);
}
