//! Samples as they are stored, as red, green and blue.

use super::super::jpeg::rgb_of_ink;
use super::super::png::on_white;
use super::layout::{Layout, Meaning};

/// How far the samples of a strip are from red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As the tags say.
    Packed,
    /// There already.
    Rgb,
}

impl Form {
    /// Appends the first `width` pixels of a row.
    pub(super) fn to_rgb(self, layout: &Layout<'_>, row: &[u8], width: usize, rgb: &mut Vec<u8>) {
        if self == Self::Rgb {
            rgb.extend(row.iter().take(width * 3));
            return;
        }
        // Of 16 bits the higher 8 are kept.
        let (step, skip) = match (layout.bits, layout.is_big_endian) {
            (16, true) => (2, 0),
            (16, false) => (2, 1),
            _ => (1, 0),
        };
        let samples = layout.samples as usize;
        let bytes = |pixel: &[u8]| {
            let mut values = [u8::MAX; 5];
            for (value, byte) in values.iter_mut().zip(pixel.iter().skip(skip).step_by(step)) {
                *value = *byte;
            }
            values
        };
        let pixels = row.chunks_exact(samples * step).take(width);
        let has_alpha = layout.has_alpha;
        let opaque = |value: u8, alpha: u8| if has_alpha { on_white(value, alpha) } else { value };
        match layout.meaning {
            Meaning::Palette => {
                let indices = unpacked(row, layout.bits).take(width);
                rgb.extend(indices.flat_map(|index| {
                    let colour = layout.palette.get(usize::from(index));
                    colour.copied().unwrap_or_default()
                }));
            }
            Meaning::Gray { white_is_zero } if layout.bits < 8 => {
                let most = (1_u16 << layout.bits) - 1;
                let grays = unpacked(row, layout.bits).take(width).map(|value| {
                    let gray = (u16::from(value) * 255 / most) as u8;
                    if white_is_zero { !gray } else { gray }
                });
                rgb.extend(grays.flat_map(|gray| [gray; 3]));
            }
            Meaning::Gray { white_is_zero } => rgb.extend(pixels.flat_map(|pixel| {
                let [gray, alpha, ..] = bytes(pixel);
                let gray = if white_is_zero { !gray } else { gray };
                [opaque(gray, alpha); 3]
            })),
            Meaning::Rgb | Meaning::YCbCr => rgb.extend(pixels.flat_map(|pixel| {
                let [red, green, blue, alpha, _] = bytes(pixel);
                [red, green, blue].map(|value| opaque(value, alpha))
            })),
            Meaning::Inks => rgb.extend(pixels.flat_map(|pixel| {
                let [c, m, y, k, alpha] = bytes(pixel);
                rgb_of_ink([c, m, y, k]).map(|value| opaque(value, alpha))
            })),
        }
    }
}

/// Samples of 1, 2, 4 or 8 bits, the first one in the highest bits.
fn unpacked(row: &[u8], bits: u32) -> impl Iterator<Item = u8> {
    let mask = (0xff_u16 >> (8 - bits)) as u8;
    row.iter()
        .flat_map(move |byte| (0..8 / bits).map(move |index| byte >> (8 - bits * (index + 1)) & mask))
}

/// Adds to each sample the same one of the pixel before it.
pub(super) fn undo_prediction(layout: &Layout<'_>, row: &mut [u8]) {
    let samples = layout.samples as usize;
    match layout.bits {
        8 => {
            for at in samples..row.len() {
                if let Some(before) = row.get(at - samples).copied()
                    && let Some(value) = row.get_mut(at)
                {
                    *value = value.wrapping_add(before);
                }
            }
        }
        16 => {
            let (values, _) = row.as_chunks_mut::<2>();
            let is_big_endian = layout.is_big_endian;
            let read = |bytes| {
                if is_big_endian {
                    u16::from_be_bytes(bytes)
                } else {
                    u16::from_le_bytes(bytes)
                }
            };
            let write = |value: u16| {
                if is_big_endian {
                    value.to_be_bytes()
                } else {
                    value.to_le_bytes()
                }
            };
            for at in samples..values.len() {
                if let Some(before) = values.get(at - samples).copied()
                    && let Some(value) = values.get_mut(at)
                {
                    *value = write(read(*value).wrapping_add(read(before)));
                }
            }
        }
        _ => {}
    }
}
