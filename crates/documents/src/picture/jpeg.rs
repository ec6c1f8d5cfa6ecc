//! JPEG.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::error::PictureError;
use super::limits::Limits;
use super::orientation::Orientation;
use super::raster::{CHANNELS, Raster};

/// Pixels times passes over them: each pass takes its time, however few bytes it has. The largest picture may have 15,
/// where programs make about ten.
const MAX_SCANNED_PIXELS: u64 = 750_000_000;
/// Bytes of a coefficient that a progressive picture keeps until its last scan.
const COEFFICIENT_BYTES: u64 = 2;

/// What the segments of a file say, found without decoding it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    /// Passes over the picture.
    scans: u32,
    components: u8,
    /// Samples of all components for each pixel, as the encoder says; 3 for full colour.
    samples_per_pixel: u64,
    is_progressive: bool,
    /// Adobe's segment: inks are stored as their complements.
    is_adobe: bool,
    /// The marker of the end was found.
    is_ended: bool,
}

impl Head {
    /// Walks over all segments. Only what a decoder would see is looked at.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        let mut head: Option<Self> = None;
        let (mut orientation, mut is_adobe, mut scans, mut is_ended) = (None, false, 0_u32, false);
        for (marker, payload) in (Segments { bytes, at: 2 }) {
            match marker {
                // Frames: baseline, extended, progressive and those that nobody decodes.
                0xc4 | 0xc8 | 0xcc => {}
                0xc0..=0xcf if head.is_none() => head = Some(frame(marker, payload)?),
                0xda => scans = scans.saturating_add(1),
                0xd9 => {
                    is_ended = true;
                    break;
                }
                0xe1 if payload.starts_with(b"Exif\0") => {
                    orientation = orientation.or(Some(Orientation::of_exif(payload)));
                }
                0xee if payload.starts_with(b"Adobe") => is_adobe = true,
                _ => {}
            }
        }
        let head = head.ok_or(PictureError::corrupt("it has no picture in it"))?;
        Ok(Self {
            orientation: orientation.unwrap_or_default(),
            scans,
            is_adobe,
            is_ended,
            ..head
        })
    }

    /// Checks a picture that is all of a page of so many pixels, or a part of it; returns how many passes it may have.
    fn check(&self, page_pixels: u64, limits: &Limits) -> Result<u32, PictureError> {
        limits.check_size(self.width, self.height)?;
        let pixels = self.pixels();
        let most = MAX_SCANNED_PIXELS / page_pixels.max(pixels);
        let limit = limits.max_scans.min(u32::try_from(most).unwrap_or(u32::MAX));
        if self.scans > limit {
            return Err(PictureError::TooManyScans { limit });
        }
        if self.scans == 0 || !self.is_ended {
            return Err(PictureError::corrupt("it ends before the picture is complete"));
        }
        let kept = if self.is_progressive || self.scans > 1 {
            self.samples_per_pixel * COEFFICIENT_BYTES
        } else {
            0
        };
        let inks = if self.components == 4 { 4 } else { 0 };
        let turned = if self.orientation.swaps_sides() {
            CHANNELS as u64
        } else {
            0
        };
        limits.check_memory(pixels, CHANNELS as u64 + turned.max(kept).max(inks))?;
        Ok(limit)
    }

    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// Reads the header of a frame.
fn frame(marker: u8, payload: &[u8]) -> Result<Head, PictureError> {
    let [bits, h0, h1, w0, w1, components, rest @ ..] = payload else {
        return Err(PictureError::corrupt("its header is cut off"));
    };
    if !matches!(marker, 0xc0..=0xc2) {
        return Err(PictureError::Unsupported {
            what: "a rare kind of JPEG compression",
        });
    }
    if *bits != 8 {
        return Err(PictureError::Unsupported {
            what: "more than 8 bits for each colour",
        });
    }
    let samplings: Vec<(u64, u64)> = rest
        .as_chunks::<3>()
        .0
        .iter()
        .take(usize::from(*components))
        .map(|[_, sampling, _]| (u64::from(sampling >> 4).max(1), u64::from(sampling & 15).max(1)))
        .collect();
    let across = samplings.iter().map(|sampling| sampling.0).max().unwrap_or(1);
    let down = samplings.iter().map(|sampling| sampling.1).max().unwrap_or(1);
    let samples: u64 = samplings.iter().map(|(across, down)| across * down).sum();
    Ok(Head {
        width: u16::from_be_bytes([*w0, *w1]).into(),
        height: u16::from_be_bytes([*h0, *h1]).into(),
        orientation: Orientation::Upright,
        scans: 0,
        components: *components,
        samples_per_pixel: samples.div_ceil(across * down),
        is_progressive: marker == 0xc2,
        is_adobe: false,
        is_ended: false,
    })
}

/// Walks from segment to segment, over the compressed data between them.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Segments<'a> {
    type Item = (u8, &'a [u8]);

    /// The next marker with what its segment holds; markers without a segment that stand inside of compressed data are
    /// passed over.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += rest.iter().position(|byte| *byte == 0xff)? + 1;
            let marker = *self.bytes.get(self.at)?;
            match marker {
                // A fill byte: the next one may be the marker.
                0xff => {}
                0x00 | 0x01 | 0xd0..=0xd8 => self.at += 1,
                0xd9 => {
                    self.at += 1;
                    return Some((marker, &[]));
                }
                _ => {
                    let length = self.bytes.get(self.at + 1..self.at + 3)?;
                    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
                    let payload = self.bytes.get(self.at + 3..(self.at + 1 + length.max(2)))?;
                    self.at += 1 + length.max(2);
                    return Some((marker, payload));
                }
            }
        }
    }
}

/// Decodes a whole file, as stored.
pub(super) fn decode(bytes: &[u8], head: &Head, limits: &Limits) -> Result<Raster, PictureError> {
    let max_scans = head.check(head.pixels(), limits)?;
    let is_plain_inks = head.components == 4 && !head.is_adobe;
    let colours = if is_plain_inks {
        ColorSpace::CMYK
    } else {
        ColorSpace::RGB
    };
    let decoded = samples(bytes, head, max_scans, Some(colours))?;
    let rgb = if is_plain_inks {
        rgb_of_inks(&decoded)
    } else {
        decoded
    };
    Raster::of_rgb(head.width, head.height, rgb)
        .map_err(|_| PictureError::corrupt("its rows do not fit its size"))
}

/// Red, green and blue of inks where 255 is full ink.
pub(super) fn rgb_of_inks(inks: &[u8]) -> Vec<u8> {
    let (inks, _) = inks.as_chunks::<4>();
    inks.iter()
        .flat_map(|[c, m, y, k]| rgb_of_ink([*c, *m, *y, *k]))
        .collect()
}

/// One pixel of [`rgb_of_inks`].
pub(super) fn rgb_of_ink([c, m, y, k]: [u8; 4]) -> [u8; CHANNELS] {
    let black = u32::from(255 - k);
    [c, m, y].map(|ink| ((u32::from(255 - ink) * black + 127) / 255) as u8)
}

/// The samples of a file that is part of a TIFF's page of so many pixels: `None` for the colours keeps them as they are
/// stored.
pub(super) fn part(
    bytes: &[u8],
    head: &Head,
    page_pixels: u64,
    limits: &Limits,
    colours: Option<ColorSpace>,
) -> Result<Vec<u8>, PictureError> {
    let max_scans = head.check(page_pixels, limits)?;
    samples(bytes, head, max_scans, colours)
}

fn samples(
    bytes: &[u8],
    head: &Head,
    max_scans: u32,
    colours: Option<ColorSpace>,
) -> Result<Vec<u8>, PictureError> {
    let damaged = PictureError::corrupt("its compressed data is damaged");
    let options = DecoderOptions::default()
        .set_max_width(head.width as usize)
        .set_max_height(head.height as usize)
        .jpeg_set_max_scans(max_scans as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| damaged)?;
    // Two parsers of one file may differ: only what was checked is decoded.
    if decoder.dimensions() != Some((head.width as usize, head.height as usize)) {
        return Err(damaged);
    }
    let stored = decoder.input_colorspace().ok_or(damaged)?;
    decoder.set_options(options.jpeg_set_out_colorspace(colours.unwrap_or(stored)));
    let length = decoder.output_buffer_size().ok_or(damaged)?;
    if length > head.width as usize * head.height as usize * 4 {
        return Err(damaged);
    }
    let mut samples = vec![0; length];
    decoder.decode_into(&mut samples).map_err(|_| damaged)?;
    Ok(samples)
}
