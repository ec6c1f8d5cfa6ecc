//! GIF: the first frame.

use gif::{ColorOutput, DecodeOptions, Decoder, MemoryLimit};

use super::error::PictureError;
use super::limits::Limits;
use super::raster::{CHANNELS, Raster};

/// Pixels across and down of the screen that the frames are drawn on.
pub(super) fn size(bytes: &[u8]) -> Result<(u32, u32), PictureError> {
    let [_, _, _, _, _, _, w0, w1, h0, h1, ..] = bytes else {
        return Err(PictureError::corrupt("its header is cut off"));
    };
    Ok((
        u16::from_le_bytes([*w0, *w1]).into(),
        u16::from_le_bytes([*h0, *h1]).into(),
    ))
}

/// The first frame on a white screen. Whatever stands behind it is not looked at.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Raster, PictureError> {
    let damaged = PictureError::corrupt("its compressed data is damaged");
    let (width, height) = size(bytes)?;
    // The screen, and a frame that may be as large.
    limits.check_memory(u64::from(width) * u64::from(height), CHANNELS as u64)?;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder: Decoder<&[u8]> = options.read_info(bytes).map_err(|_| damaged)?;
    let frame = decoder.next_frame_info().map_err(|_| damaged)?.ok_or(damaged)?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (across, down) = (u32::from(frame.width), u32::from(frame.height));
    let transparent = frame.transparent;
    limits.check_size(across, down)?;
    limits.check_memory(
        u64::from(width) * u64::from(height) * CHANNELS as u64 + u64::from(across) * u64::from(down),
        1,
    )?;
    let mut indices = vec![0; decoder.buffer_size()];
    decoder.read_into_buffer(&mut indices).map_err(|_| damaged)?;
    let palette = decoder.palette().map_err(|_| damaged)?;
    let (colours, _) = palette.as_chunks::<CHANNELS>();

    let row_bytes = width as usize * CHANNELS;
    let mut rgb = vec![u8::MAX; row_bytes * height as usize];
    let rows = rgb.chunks_exact_mut(row_bytes).skip(top);
    for (row, indices) in rows.zip(indices.chunks_exact(across as usize)) {
        let (pixels, _) = row.as_chunks_mut::<CHANNELS>();
        for (pixel, index) in pixels.iter_mut().skip(left).zip(indices) {
            if Some(*index) != transparent {
                // A number beyond the palette is black, as browsers have it.
                *pixel = colours.get(usize::from(*index)).copied().unwrap_or_default();
            }
        }
    }
    Raster::of_rgb(width, height, rgb).map_err(|_| damaged)
}
