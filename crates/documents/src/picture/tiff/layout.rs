//! What a directory says about the pixels of its page.

use super::super::error::PictureError;
use super::super::raster::MAX_PIXELS;
use super::directory::Directory;

pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const ORIENTATION: u16 = 274;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_BYTES: u16 = 279;
const PLANAR: u16 = 284;
const T4_OPTIONS: u16 = 292;
const PREDICTOR: u16 = 317;
const COLOUR_MAP: u16 = 320;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;
const JPEG_TABLES: u16 = 347;

/// Strips and tiles of a page. A tile of the smallest size for every 256 pixels of the largest picture.
const MAX_CHUNKS: u64 = 200_000;
/// Pixels of all strips or tiles together. Tiles reach beyond the page, each of them by nearly a tile: without a limit a
/// page of one row could have as many pixels as there is memory in every one of its tiles.
const MAX_STORED_PIXELS: u64 = 2 * MAX_PIXELS;
/// Bytes of the tables that all JPEGs of a page share, and that are read for each: four of every kind have fewer.
const MAX_JPEG_TABLES: usize = 4_096;

/// How the bytes of a strip are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    /// Modified Huffman without marks between rows.
    FaxRows,
    /// Group 3, with the two-dimensional code or without.
    Group3 {
        is_2d: bool,
    },
    Group4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

/// What the samples of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Gray {
        white_is_zero: bool,
    },
    Rgb,
    Palette,
    Inks,
    /// Brightness and two differences: only within JPEG.
    YCbCr,
}

/// A page's pixels as they are stored.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bits: u32,
    pub(super) samples: u32,
    pub(super) meaning: Meaning,
    /// The sample behind the colours is an opacity.
    pub(super) has_alpha: bool,
    pub(super) compression: Compression,
    /// Differences of neighbours are stored.
    pub(super) is_predicted: bool,
    /// The lowest bit of a byte is the first one.
    pub(super) is_low_bit_first: bool,
    pub(super) is_big_endian: bool,
    /// Red, green and blue of each index, 8 bits of each.
    pub(super) palette: Vec<[u8; 3]>,
    pub(super) jpeg_tables: Option<&'a [u8]>,
    chunk_width: u32,
    pub(super) chunk_height: u32,
    /// Offset and bytes of each strip or tile.
    ranges: Vec<(u64, u64)>,
}

/// One strip or tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) left: u32,
    pub(super) top: u32,
    /// Of the chunk as stored: a tile's may reach beyond the page.
    pub(super) width: u32,
    /// Rows that it has.
    pub(super) height: u32,
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

impl Place {
    /// Pixels of its rows that are on the page.
    pub(super) fn shown_width(&self, page_width: u32) -> u32 {
        self.width.min(page_width.saturating_sub(self.left))
    }
}

impl<'a> Layout<'a> {
    /// Reads a directory of a file of so many bytes.
    pub(super) fn read(directory: &Directory<'a>, file_bytes: usize) -> Result<Self, PictureError> {
        let damaged = PictureError::corrupt("its directory of pages is damaged");
        let number = |tag| directory.number(tag);
        let side = |tag| {
            number(tag)
                .and_then(|side| u32::try_from(side).ok())
                .filter(|side| *side > 0)
        };
        let (width, height) = side(WIDTH).zip(side(HEIGHT)).ok_or(damaged)?;
        let samples = number(SAMPLES).unwrap_or(1);
        let bits = bits(directory, samples)?;
        let samples = u32::try_from(samples).map_err(|_| damaged)?;
        let meaning = meaning(number(PHOTOMETRIC).unwrap_or(0))?;
        let compression = compression(number(COMPRESSION).unwrap_or(1), number(T4_OPTIONS).unwrap_or(0))?;
        check_form(meaning, bits, samples, compression)?;
        if number(PLANAR).unwrap_or(1) != 1 && samples != 1 {
            return Err(unsupported("its colours in separate planes"));
        }
        if !matches!(number(SAMPLE_FORMAT).unwrap_or(1), 1 | 4) {
            return Err(unsupported("fractions for colours"));
        }
        let is_predicted = match number(PREDICTOR).unwrap_or(1) {
            2 if matches!(compression, Compression::Lzw | Compression::Deflate) => true,
            3 => return Err(unsupported("fractions for colours")),
            _ => false,
        };
        let (chunk_width, chunk_height, offsets, lengths) = match side(TILE_WIDTH).zip(side(TILE_HEIGHT)) {
            Some((across, down)) => (across, down, TILE_OFFSETS, TILE_BYTES),
            None => {
                let rows = number(ROWS_PER_STRIP).unwrap_or(u64::MAX).clamp(1, height.into());
                (width, rows as u32, STRIP_OFFSETS, STRIP_BYTES)
            }
        };
        let mut layout = Self {
            width,
            height,
            bits,
            samples,
            meaning,
            has_alpha: matches!(number(EXTRA_SAMPLES), Some(1 | 2)),
            compression,
            is_predicted,
            is_low_bit_first: number(FILL_ORDER) == Some(2),
            is_big_endian: directory.is_big_endian(),
            palette: palette(directory),
            jpeg_tables: directory.bytes(JPEG_TABLES),
            chunk_width,
            chunk_height,
            ranges: Vec::new(),
        };
        layout.ranges = layout.ranges(directory, offsets, lengths, file_bytes)?;
        Ok(layout)
    }

    /// Where the strips or tiles stand in the file. Strips may share bytes, but not so many that reading them all takes
    /// longer than reading the file twice.
    fn ranges(
        &self,
        directory: &Directory<'a>,
        offsets: u16,
        lengths: u16,
        file_bytes: usize,
    ) -> Result<Vec<(u64, u64)>, PictureError> {
        let damaged = PictureError::corrupt("its directory of pages is damaged");
        let (across, down) = self.chunk_counts();
        let count = u64::from(across) * u64::from(down);
        let tables = self.jpeg_tables.map_or(0, <[u8]>::len);
        if count > MAX_CHUNKS || self.stored_pixels() > MAX_STORED_PIXELS || tables > MAX_JPEG_TABLES {
            return Err(damaged);
        }
        let offsets = directory.numbers(offsets).ok_or(damaged)?;
        let ranges: Vec<(u64, u64)> = match directory.numbers(lengths) {
            Some(lengths) => offsets.zip(lengths).take(count as usize).collect(),
            // One strip without a length goes to the end.
            None => offsets
                .take(1)
                .map(|offset| (offset, file_bytes as u64))
                .collect(),
        };
        let total = ranges
            .iter()
            .fold(0_u64, |total, range| total.saturating_add(range.1));
        if ranges.len() as u64 != count || total > 2 * file_bytes as u64 {
            return Err(damaged);
        }
        Ok(ranges)
    }

    fn chunk_counts(&self) -> (u32, u32) {
        (
            self.width.div_ceil(self.chunk_width),
            self.height.div_ceil(self.chunk_height),
        )
    }

    /// Pixels of all strips or tiles, those beyond the page included.
    pub(super) fn stored_pixels(&self) -> u64 {
        let (across, down) = self.chunk_counts();
        let width = u64::from(across) * u64::from(self.chunk_width);
        width.saturating_mul(u64::from(down) * u64::from(self.chunk_height))
    }

    /// Bytes of a strip's or a tile's row as stored.
    pub(super) fn row_bytes(&self, width: u32) -> u64 {
        (u64::from(width) * u64::from(self.samples) * u64::from(self.bits)).div_ceil(8)
    }

    /// Bytes of the largest strip or tile.
    pub(super) fn chunk_bytes(&self) -> u64 {
        self.row_bytes(self.chunk_width)
            .saturating_mul(self.chunk_height.into())
    }

    /// All strips or tiles, row by row.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let (across, _) = self.chunk_counts();
        let is_tiled = across > 1 || self.chunk_width != self.width;
        self.ranges
            .iter()
            .zip(0_u32..)
            .map(move |((offset, bytes), index)| {
                // Neither is beyond the page: there are only as many places as cover it.
                let top = index / across * self.chunk_height;
                Place {
                    left: index % across * self.chunk_width,
                    top,
                    width: self.chunk_width,
                    // The last strip is short, the last tile is not.
                    height: if is_tiled {
                        self.chunk_height
                    } else {
                        self.chunk_height.min(self.height - top)
                    },
                    offset: *offset,
                    bytes: *bytes,
                }
            })
    }
}

const fn unsupported(what: &'static str) -> PictureError {
    PictureError::Unsupported { what }
}

/// Bits of a sample: all have as many.
fn bits(directory: &Directory<'_>, samples: u64) -> Result<u32, PictureError> {
    let Some(mut bits) = directory.numbers(BITS) else {
        return Ok(1);
    };
    let first = bits.next().unwrap_or(1);
    let count = usize::try_from(samples).unwrap_or(usize::MAX).saturating_sub(1);
    if !bits.take(count).all(|other| other == first) {
        return Err(unsupported("colours of unequal depth"));
    }
    u32::try_from(first).map_err(|_| unsupported("more than 16 bits for each colour"))
}

fn meaning(number: u64) -> Result<Meaning, PictureError> {
    Ok(match number {
        0 => Meaning::Gray { white_is_zero: true },
        1 => Meaning::Gray { white_is_zero: false },
        2 => Meaning::Rgb,
        3 => Meaning::Palette,
        5 => Meaning::Inks,
        6 => Meaning::YCbCr,
        _ => return Err(unsupported("a rare kind of colours")),
    })
}

fn compression(number: u64, t4_options: u64) -> Result<Compression, PictureError> {
    Ok(match number {
        1 => Compression::None,
        2 => Compression::FaxRows,
        3 => Compression::Group3 {
            is_2d: t4_options & 1 != 0,
        },
        4 => Compression::Group4,
        5 => Compression::Lzw,
        7 => Compression::Jpeg,
        8 | 32_946 => Compression::Deflate,
        32_773 => Compression::PackBits,
        _ => return Err(unsupported("a rare kind of TIFF compression")),
    })
}

/// Refuses combinations that are not read.
fn check_form(
    meaning: Meaning,
    bits: u32,
    samples: u32,
    compression: Compression,
) -> Result<(), PictureError> {
    let (fewest, depths): (u32, &[u32]) = match meaning {
        Meaning::Gray { .. } => (1, &[1, 2, 4, 8, 16]),
        Meaning::Palette => (1, &[1, 2, 4, 8]),
        Meaning::Rgb => (3, &[8, 16]),
        Meaning::Inks => (4, &[8, 16]),
        Meaning::YCbCr => (3, &[8]),
    };
    if !depths.contains(&bits) {
        return Err(unsupported("a rare depth of colours"));
    }
    if !(fewest..=fewest + 4).contains(&samples) || (samples > 1 && bits < 8) {
        return Err(unsupported("a rare number of colours"));
    }
    let is_fax = matches!(
        compression,
        Compression::FaxRows | Compression::Group3 { .. } | Compression::Group4
    );
    if is_fax && (bits, samples) != (1, 1) {
        return Err(PictureError::corrupt("a fax has one bit for a pixel"));
    }
    if compression == Compression::Jpeg && bits != 8 {
        return Err(unsupported("a rare depth of colours"));
    }
    if meaning == Meaning::YCbCr && compression != Compression::Jpeg {
        return Err(unsupported("a rare kind of colours"));
    }
    Ok(())
}

/// All reds, then all greens, then all blues, of 16 bits each. Some writers fill 8 of them.
fn palette(directory: &Directory<'_>) -> Vec<[u8; 3]> {
    let Some(numbers) = directory.numbers(COLOUR_MAP) else {
        return Vec::new();
    };
    let values: Vec<u64> = numbers.take(3 * 256).collect();
    let shift = if values.iter().all(|value| *value < 256) {
        0
    } else {
        8
    };
    let third = values.len() / 3;
    let value = |at: usize| values.get(at).map_or(0, |value| (value >> shift) as u8);
    (0..third)
        .map(|index| [value(index), value(third + index), value(2 * third + index)])
        .collect()
}
