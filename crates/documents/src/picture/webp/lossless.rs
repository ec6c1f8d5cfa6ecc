//! How much memory the codes of a lossless picture take.
//!
//! A small picture in front of the pixels says which of up to 65,536 groups of codes each block of them has. The decoder
//! makes the tables of all groups up to the highest, 100 KB each if they are to be large: a file of 5 MB could ask for
//! more than a gigabyte. So the file is read here up to its pixels, in no memory to speak of.

use super::super::error::PictureError;
use super::codes::{Bits, Code, CodeHead};

/// Groups of codes of a picture: libwebp makes no more than 2,600.
const MAX_GROUPS: u32 = 4_096;

/// Symbols of the codes of a group: green, which lengths and the cache share, red, blue, alpha, distances.
const SYMBOLS: [u32; 5] = [256 + LENGTH_SYMBOLS, 256, 256, 256, 40];
const LENGTH_SYMBOLS: u32 = 24;
/// Bits of the most colours that are remembered.
const MOST_CACHE_BITS: u32 = 11;

/// What the decoder has for a group, three times since its list of them grows by doubling.
const GROUP_BYTES: u64 = 3 * 5 * 56;
/// What an allocator keeps for the two lists of a code.
const CODE_BYTES: u64 = 32;
/// Words of up to so many bits are looked up, four bytes for each that may come.
const LOOKED_UP_BITS: usize = 10;
const LOOKED_UP_BYTES: u64 = 4;
/// The others are walked to, over two nodes of 16 bytes for each.
const WALKED_BYTES: u64 = 32;

/// Bytes of the tables that decoding makes, for what stands behind the size in the data.
pub(super) fn table_bytes(compressed: &[u8], width: u32, height: u32) -> Result<u64, PictureError> {
    let damaged = PictureError::corrupt("its compressed data is damaged");
    let bits = &mut Bits::new(compressed);
    let (symbols, groups) = pass_to_codes(bits, width, height).ok_or(damaged)?;
    if groups > MAX_GROUPS {
        return Err(PictureError::TooManyCodes { limit: MAX_GROUPS });
    }
    code_group_bytes(bits, symbols, groups).ok_or(damaged)
}

/// Symbols of each code, and how many groups of them follow.
fn pass_to_codes(bits: &mut Bits<'_>, width: u32, height: u32) -> Option<([u32; 5], u32)> {
    let width = pass_transforms(bits, width, height)?;
    let symbols = symbols(bits)?;
    let groups = if bits.bit()? == 1 {
        highest_of_blocks(bits, width, height)? + 1
    } else {
        1
    };
    Some((symbols, groups))
}

fn code_group_bytes(bits: &mut Bits<'_>, symbols: [u32; 5], groups: u32) -> Option<u64> {
    let mut bytes = 0;
    for _ in 0..groups {
        for count in symbols {
            bytes += code_bytes(&CodeHead::read(bits, count)?.counts());
        }
        bytes += GROUP_BYTES;
    }
    Some(bytes)
}

fn code_bytes(counts: &[u32]) -> u64 {
    let longest = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
    let walked: u32 = counts.iter().skip(LOOKED_UP_BITS + 1).sum();
    let looked_up = LOOKED_UP_BYTES << longest.min(LOOKED_UP_BITS);
    CODE_BYTES + looked_up + u64::from(walked) * WALKED_BYTES
}

/// Passes what is done to the pixels after decoding; how many are in a row before that.
fn pass_transforms(bits: &mut Bits<'_>, width: u32, height: u32) -> Option<u32> {
    let mut is_done = [false; 4];
    let mut stored_width = width;
    while bits.bit()? == 1 {
        let kind = bits.number(2)?;
        if std::mem::replace(is_done.get_mut(kind as usize)?, true) {
            return None;
        }
        match kind {
            // Predictions and colours: a pixel for each block.
            0 | 1 => {
                highest_of_blocks(bits, stored_width, height)?;
            }
            // Green is taken from the others.
            2 => {}
            // A palette: several of its numbers in a pixel where it is small.
            _ => {
                let colours = bits.number(8)? + 1;
                highest(bits, colours)?;
                let packed = match colours {
                    1..=2 => 8,
                    3..=4 => 4,
                    5..=16 => 2,
                    _ => 1,
                };
                stored_width = stored_width.div_ceil(packed);
            }
        }
    }
    Some(stored_width)
}

/// How many symbols each code of a group has.
fn symbols(bits: &mut Bits<'_>) -> Option<[u32; 5]> {
    let mut symbols = SYMBOLS;
    if bits.bit()? == 1 {
        let cache_bits = bits.number(4)?;
        if !(1..=MOST_CACHE_BITS).contains(&cache_bits) {
            return None;
        }
        symbols[0] += 1 << cache_bits;
    }
    Some(symbols)
}

/// [`highest`] of a picture with a pixel for each block of another one.
fn highest_of_blocks(bits: &mut Bits<'_>, width: u32, height: u32) -> Option<u32> {
    let side = 1 << (bits.number(3)? + 2);
    highest(bits, width.div_ceil(side) * height.div_ceil(side))
}

/// Passes a picture; returns the highest number that red and green of a pixel are.
///
/// Pixels are not kept: what is repeated or remembered has been there before, or is 0.
fn highest(bits: &mut Bits<'_>, pixels: u32) -> Option<u32> {
    let symbols = symbols(bits)?;
    let mut code = |count| Code::read(bits, count);
    let [green, red, blue, alpha, distance] = symbols.map(&mut code);
    let (green, red, blue, alpha, distance) = (green?, red?, blue?, alpha?, distance?);
    let is_plain = [&green, &red, &blue, &alpha].iter().all(|code| code.is_single());
    let (mut highest, mut at) = (0, 0);
    while at < pixels {
        let symbol = green.symbol(bits)?;
        at += match symbol.checked_sub(256) {
            None => {
                highest = highest.max(red.symbol(bits)? << 8 | symbol);
                blue.symbol(bits)?;
                alpha.symbol(bits)?;
                if is_plain { pixels } else { 1 }
            }
            Some(length) if length < LENGTH_SYMBOLS => {
                let length = long_number(bits, length)?;
                let distance = distance.symbol(bits)?;
                long_number(bits, distance)?;
                if length > pixels - at {
                    return None;
                }
                length
            }
            Some(_) => 1,
        };
    }
    Some(highest)
}

/// A length or a distance: its symbol says how many bits follow.
fn long_number(bits: &mut Bits<'_>, symbol: u32) -> Option<u32> {
    if symbol < 4 {
        return Some(symbol + 1);
    }
    let extra = (symbol - 2) / 2;
    Some(((2 + symbol % 2) << extra) + bits.number(extra)? + 1)
}
