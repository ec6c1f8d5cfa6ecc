//! Strips and tiles, decompressed. Never more comes out than the tags say.

use flate2::{Decompress, FlushDecompress};
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use weezl::decode::Decoder as LzwDecoder;
use weezl::{BitOrder, LzwStatus};
use zune_core::colorspace::ColorSpace;

use super::super::error::PictureError;
use super::super::jpeg;
use super::super::limits::Limits;
use super::layout::{Compression, Layout, Meaning, Place};
use super::samples::{Form, undo_prediction};

const DAMAGED: PictureError = PictureError::corrupt("its compressed data is damaged");

/// The rows of a strip or tile.
pub(super) struct Samples<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) row_bytes: usize,
    pub(super) form: Form,
}

/// Decompresses a strip or tile into `buffer`.
pub(super) fn read<'b>(
    file: &[u8],
    layout: &Layout<'_>,
    place: &Place,
    limits: &Limits,
    buffer: &'b mut Vec<u8>,
) -> Result<Samples<'b>, PictureError> {
    let start = usize::try_from(place.offset).map_err(|_| DAMAGED)?;
    let rest = file.get(start..).ok_or(DAMAGED)?;
    let length = usize::try_from(place.bytes).unwrap_or(usize::MAX);
    let packed = rest.get(..length).unwrap_or(rest);
    if layout.compression == Compression::Jpeg {
        return read_jpeg(packed, layout, place, limits, buffer);
    }
    let row_bytes = usize::try_from(layout.row_bytes(place.width)).map_err(|_| DAMAGED)?;
    let expected = row_bytes.checked_mul(place.height as usize).ok_or(DAMAGED)?;
    buffer.clear();
    buffer.resize(expected, 0);
    let reversed: Vec<u8>;
    let is_bits = matches!(
        layout.compression,
        Compression::None | Compression::FaxRows | Compression::Group3 { .. } | Compression::Group4
    );
    let packed = if layout.is_low_bit_first && is_bits && layout.bits == 1 {
        reversed = packed.iter().map(|byte| byte.reverse_bits()).collect();
        &reversed
    } else {
        packed
    };
    match layout.compression {
        Compression::None => buffer.copy_from_slice(packed.get(..expected).ok_or(DAMAGED)?),
        Compression::FaxRows => fax(packed, place, row_bytes, EncodingMode::Group3_1D, true, buffer)?,
        Compression::Group3 { is_2d: false } => {
            fax(packed, place, row_bytes, EncodingMode::Group3_1D, false, buffer)?;
        }
        Compression::Group3 { is_2d: true } => {
            fax(packed, place, row_bytes, EncodingMode::Group3_2D, false, buffer)?;
        }
        Compression::Group4 => fax(packed, place, row_bytes, EncodingMode::Group4, false, buffer)?,
        Compression::Lzw => lzw(packed, buffer)?,
        Compression::Deflate => deflate(packed, buffer)?,
        Compression::PackBits => pack_bits(packed, buffer)?,
        Compression::Jpeg => {}
    }
    if layout.is_predicted {
        buffer
            .chunks_exact_mut(row_bytes.max(1))
            .for_each(|row| undo_prediction(layout, row));
    }
    Ok(Samples {
        bytes: buffer,
        row_bytes,
        form: Form::Packed,
    })
}

fn lzw(packed: &[u8], output: &mut [u8]) -> Result<(), PictureError> {
    let mut decoder = LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let (mut input, mut written) = (packed, 0);
    while written < output.len() {
        let target = output.get_mut(written..).ok_or(DAMAGED)?;
        let result = decoder.decode_bytes(input, target);
        input = input.get(result.consumed_in..).unwrap_or_default();
        written += result.consumed_out;
        match result.status {
            Ok(LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
            _ => break,
        }
    }
    if written < output.len() {
        Err(DAMAGED)
    } else {
        Ok(())
    }
}

fn deflate(packed: &[u8], output: &mut [u8]) -> Result<(), PictureError> {
    let mut stream = Decompress::new(true);
    stream
        .decompress(packed, output, FlushDecompress::Finish)
        .map_err(|_| DAMAGED)?;
    if stream.total_out() == output.len() as u64 {
        Ok(())
    } else {
        Err(DAMAGED)
    }
}

fn pack_bits(mut packed: &[u8], output: &mut [u8]) -> Result<(), PictureError> {
    let mut written = 0;
    while written < output.len() {
        let (head, rest) = packed.split_first().ok_or(DAMAGED)?;
        packed = rest;
        match *head {
            0..=127 => {
                let count = (usize::from(*head) + 1).min(output.len() - written);
                let (copied, rest) = packed.split_at_checked(count).ok_or(DAMAGED)?;
                packed = rest;
                output
                    .get_mut(written..written + count)
                    .ok_or(DAMAGED)?
                    .copy_from_slice(copied);
                written += count;
            }
            128 => {}
            129.. => {
                let count = (257 - usize::from(*head)).min(output.len() - written);
                let (value, rest) = packed.split_first().ok_or(DAMAGED)?;
                packed = rest;
                output
                    .get_mut(written..written + count)
                    .ok_or(DAMAGED)?
                    .fill(*value);
                written += count;
            }
        }
    }
    Ok(())
}

/// Rows of one bit a pixel, 1 for black.
struct FaxRows<'b> {
    rows: std::slice::ChunksExactMut<'b, u8>,
    columns: u32,
    missing: usize,
}

impl hayro_ccitt::Decoder for FaxRows<'_> {
    fn push_row(&mut self, changes: &[u32]) {
        let Some(row) = self.rows.next() else {
            return;
        };
        self.missing -= 1;
        for run in changes.chunks(2) {
            let [start, end] = match run {
                [start, end] => [*start, *end],
                [start] => [*start, self.columns],
                _ => continue,
            };
            for x in start..end.min(self.columns) {
                if let Some(byte) = row.get_mut(x as usize / 8) {
                    *byte |= 0x80 >> (x % 8);
                }
            }
        }
    }
}

fn fax(
    packed: &[u8],
    place: &Place,
    row_bytes: usize,
    encoding: EncodingMode,
    rows_are_byte_aligned: bool,
    output: &mut [u8],
) -> Result<(), PictureError> {
    let settings = DecodeSettings {
        columns: place.width,
        rows: place.height,
        end_of_block: true,
        end_of_line: false,
        rows_are_byte_aligned,
        encoding,
        strict: false,
    };
    let mut rows = FaxRows {
        rows: output.chunks_exact_mut(row_bytes.max(1)),
        columns: place.width,
        missing: place.height as usize,
    };
    // What came before an error is kept if it is all there should be.
    let ended = hayro_ccitt::decode(packed, &mut rows, &mut DecoderContext::new(settings));
    if rows.missing == 0 || (ended.is_ok() && rows.missing < place.height as usize) {
        Ok(())
    } else {
        Err(DAMAGED)
    }
}

/// A strip that is a JPEG file; its tables may stand in the directory.
fn read_jpeg<'b>(
    packed: &[u8],
    layout: &Layout<'_>,
    place: &Place,
    limits: &Limits,
    buffer: &'b mut Vec<u8>,
) -> Result<Samples<'b>, PictureError> {
    let file = match layout.jpeg_tables {
        Some(tables) => {
            let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
            let rest = packed.strip_prefix(&[0xff, 0xd8]).ok_or(DAMAGED)?;
            &[tables, rest].concat()
        }
        None => packed,
    };
    let (colours, form) = match layout.meaning {
        Meaning::Gray { .. } => (Some(ColorSpace::Luma), Form::Packed),
        Meaning::YCbCr => (Some(ColorSpace::RGB), Form::Rgb),
        // The tags say what it is, whatever the JPEG says.
        Meaning::Rgb => (None, Form::Rgb),
        Meaning::Inks | Meaning::Palette => {
            return Err(PictureError::Unsupported {
                what: "a rare kind of colours",
            });
        }
    };
    let head = jpeg::Head::read(file)?;
    // Before it is decoded: a small strip may hold a large picture. Some writers fill the last block.
    let fewest = place.height.min(layout.height - place.top);
    let most = layout.chunk_height.saturating_add(15);
    if head.width != place.width || !(fewest..=most).contains(&head.height) {
        return Err(DAMAGED);
    }
    let samples = jpeg::part(file, &head, layout.stored_pixels(), limits, colours)?;
    let channels = if form == Form::Rgb { 3 } else { 1 };
    if samples.len() != head.width as usize * head.height as usize * channels {
        return Err(DAMAGED);
    }
    *buffer = samples;
    Ok(Samples {
        row_bytes: place.width as usize * channels,
        bytes: buffer,
        form,
    })
}
