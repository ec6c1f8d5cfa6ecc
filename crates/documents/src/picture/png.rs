//! PNG.

use std::io::Cursor;

use png::{ColorType, Decoder, InterlaceInfo, Transformations};

use super::error::PictureError;
use super::limits::Limits;
use super::orientation::Orientation;
use super::raster::{CHANNELS, Raster};

/// Bytes in front of a chunk's contents, and those behind them.
const CHUNK_HEAD: usize = 8;
const CHUNK_TAIL: usize = 4;
/// Memory for tables and rows beside the picture.
const WORKING_BYTES: usize = 16 << 20;

/// What the chunks of a file say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
}

impl Head {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        let cut = PictureError::corrupt("its header is cut off");
        let mut head = None;
        let mut orientation = Orientation::Upright;
        let mut rest = bytes.get(8..).ok_or(cut)?;
        while let Some((length, kind)) = chunk(rest) {
            let contents = rest.get(CHUNK_HEAD..CHUNK_HEAD.saturating_add(length));
            match (kind, contents) {
                (b"IHDR", Some([w0, w1, w2, w3, h0, h1, h2, h3, ..])) => {
                    head = Some((
                        u32::from_be_bytes([*w0, *w1, *w2, *w3]),
                        u32::from_be_bytes([*h0, *h1, *h2, *h3]),
                    ));
                }
                (b"eXIf", Some(exif)) => orientation = Orientation::of_exif(exif),
                _ => {}
            }
            let next = length.saturating_add(CHUNK_HEAD + CHUNK_TAIL);
            rest = rest.get(next..).unwrap_or_default();
        }
        let (width, height) = head.ok_or(cut)?;
        Ok(Self {
            width,
            height,
            orientation,
        })
    }
}

/// Length and name of the chunk in front.
fn chunk(bytes: &[u8]) -> Option<(usize, &[u8; 4])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let kind = rest.first_chunk::<4>()?;
    Some((usize::try_from(u32::from_be_bytes(*length)).ok()?, kind))
}

/// Decodes row by row: nothing but the result and two rows is in memory.
pub(super) fn decode(bytes: &[u8], head: &Head, limits: &Limits) -> Result<Raster, PictureError> {
    let damaged = PictureError::corrupt("its compressed data is damaged");
    let turned = u64::from(head.orientation.swaps_sides());
    let pixels = u64::from(head.width) * u64::from(head.height);
    limits.check_memory(pixels, CHANNELS as u64 * (1 + turned))?;
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: WORKING_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    // What a program says about the picture is not needed, and may be a bomb.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|_| damaged)?;
    if (reader.info().width, reader.info().height) != (head.width, head.height) {
        return Err(damaged);
    }
    let (color, _) = reader.output_color_type();
    let row_bytes = head.width as usize * CHANNELS;
    let mut rgb = vec![u8::MAX; row_bytes * head.height as usize];
    let mut row_rgb = Vec::with_capacity(row_bytes);
    let mut row = vec![0; reader.output_line_size(head.width).ok_or(damaged)?];
    let mut seen = 0;
    // What stands behind the last row is not looked at: however little there is of it, it may expand without end.
    let rows = match reader.info().interlaced {
        true => interlaced_rows(head.width, head.height),
        false => head.height,
    };
    while seen < rows
        && let Some(interlace) = reader.read_row(&mut row).map_err(|_| damaged)?
    {
        row_rgb.clear();
        to_rgb(color, &row, &mut row_rgb);
        match interlace {
            InterlaceInfo::Null(_) => {
                let target = rgb
                    .chunks_exact_mut(row_bytes)
                    .nth(seen as usize)
                    .ok_or(damaged)?;
                target.copy_from_slice(row_rgb.get(..row_bytes).ok_or(damaged)?);
            }
            InterlaceInfo::Adam7(info) => {
                png::expand_interlaced_row(&mut rgb, row_bytes, &row_rgb, &info, 8 * CHANNELS as u8);
            }
        }
        seen += 1;
    }
    if seen != rows {
        return Err(damaged);
    }
    Raster::of_rgb(head.width, head.height, rgb).map_err(|_| damaged)
}

/// Rows of all passes over an interlaced picture (PNG, 8.2): those of passes without a column are not stored.
fn interlaced_rows(width: u32, height: u32) -> u32 {
    // First column, first row, and how far apart the rows are.
    let passes = [
        (0, 0, 8),
        (4, 0, 8),
        (0, 4, 8),
        (2, 0, 4),
        (0, 2, 4),
        (1, 0, 2),
        (0, 1, 2),
    ];
    passes
        .iter()
        .filter(|(column, _, _)| *column < width)
        .map(|(_, row, apart)| height.saturating_sub(*row).div_ceil(*apart))
        .sum()
}

/// Appends a row in red, green and blue, on white where it is transparent.
fn to_rgb(color: ColorType, row: &[u8], rgb: &mut Vec<u8>) {
    match color {
        ColorType::Grayscale | ColorType::Indexed => {
            rgb.extend(row.iter().flat_map(|gray| [*gray; CHANNELS]));
        }
        ColorType::GrayscaleAlpha => {
            let (pixels, _) = row.as_chunks::<2>();
            rgb.extend(
                pixels
                    .iter()
                    .flat_map(|[gray, alpha]| [on_white(*gray, *alpha); CHANNELS]),
            );
        }
        ColorType::Rgb => rgb.extend_from_slice(row),
        ColorType::Rgba => {
            let (pixels, _) = row.as_chunks::<4>();
            rgb.extend(pixels.iter().flat_map(|[red, green, blue, alpha]| {
                [red, green, blue].map(|value| on_white(*value, *alpha))
            }));
        }
    }
}

/// A brightness of some opacity, on white.
pub(super) fn on_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}
