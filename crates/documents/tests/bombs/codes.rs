//! Lossless WebPs whose codes are larger than their pictures.

use docmill_documents::picture::{Limits, PictureError, decode};

use crate::pictures::{are, webp};
use crate::support::Alone;

/// Pixels along a side: as many blocks of 4 × 4 as there may be groups of codes.
const SIDE: u32 = 1_024;
const MOST_GROUPS: u32 = 1 << 16;
/// As many groups as are read.
const READ_GROUPS: u32 = 1 << 12;
/// Bits of the largest cache of colours, for which green has the most symbols.
const CACHE_BITS: u32 = 11;
/// Symbols of the codes of a group with that cache.
const SYMBOLS: [u32; 5] = [256 + 24 + (1 << CACHE_BITS), 256, 256, 256, 40];

/// Bits, from the lowest of each byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn number(&mut self, number: u32, bits: usize) {
        for place in 0..bits {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((number >> place & 1) as u8) << (self.count % 8);
            self.count += 1;
        }
    }

    /// A word of a code: its highest bit first.
    fn word(&mut self, word: u32, bits: usize) {
        for place in (0..bits).rev() {
            self.number(word >> place, 1);
        }
    }

    /// A code of one symbol, 0.
    fn one_symbol(&mut self) {
        self.number(0b0001, 4);
    }

    /// A code whose words have these lengths; no symbol behind them has one.
    fn lengths(&mut self, lengths: &[u32]) {
        self.number(0, 1);
        // All 19 lengths of lengths, in their own order: four bits for each of the 16 lengths, no word for repetitions.
        const ORDER: [u32; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        self.number(15, 4);
        for length in ORDER {
            self.number(if length < 16 { 4 } else { 0 }, 3);
        }
        // As many are written as there are.
        self.number(1, 1);
        self.number(5, 3);
        self.number(u32::try_from(lengths.len()).unwrap() - 2, 12);
        for length in lengths {
            self.word(*length, 4);
        }
    }
}

/// How the codes of each group are described.
type Group = fn(&mut Bits);

/// Lengths of which the longest is `longest`, for so few symbols as can be.
fn steep(longest: u32) -> Vec<u32> {
    (1..=longest).chain([longest]).collect()
}

/// Few symbols in tables as large as tables are.
fn large_tables(bits: &mut Bits) {
    (0..5).for_each(|_| bits.lengths(&steep(10)));
}

/// Words that are not in tables, as many as there can be.
fn long_words(bits: &mut Bits) {
    for symbols in SYMBOLS {
        // One word of one bit takes half of the room, as many of 15 as may be the most of what is left.
        let long = symbols - 16;
        let long = long - long % 2;
        let mut lengths = vec![15; long as usize];
        let mut left = (1 << 14) - long;
        let mut length = 15;
        while left > 0 {
            if left % 2 == 1 {
                lengths.push(length);
            }
            left /= 2;
            length -= 1;
        }
        lengths.push(1);
        bits.lengths(&lengths);
    }
}

/// One symbol and no bits.
fn nothing(bits: &mut Bits) {
    (0..5).for_each(|_| bits.one_symbol());
}

/// Two symbols, described as if they were many.
fn two_symbols(bits: &mut Bits) {
    (0..5).for_each(|_| bits.lengths(&[1, 1]));
}

/// What stands behind the head of a lossless picture: blocks that use all groups in turn, and the codes of each.
fn blocks(groups: u32, group: Group) -> Vec<u8> {
    let mut bits = Bits::default();
    // No transformations; a cache; a picture of blocks of 4 × 4 without one.
    bits.number(0, 1);
    bits.number(1 | CACHE_BITS << 1, 5);
    bits.number(0b0001, 4);
    bits.number(0, 1);
    let bytes = vec![8; 256];
    bits.lengths(&bytes);
    bits.lengths(&bytes);
    (0..3).for_each(|_| bits.one_symbol());
    for block in 0..MOST_GROUPS {
        let number = block % groups;
        bits.word(number & 0xff, 8);
        bits.word(number >> 8, 8);
    }
    (0..groups).for_each(|_| group(&mut bits));
    // Pixels, if anybody comes so far.
    bits.bytes
        .resize(bits.bytes.len() + (SIDE * SIDE / 2) as usize, 0);
    bits.bytes
}

fn lossless(groups: u32, group: Group) -> Vec<u8> {
    let mut head = Bits::default();
    head.number(0x2f, 8);
    head.number(SIDE - 1, 14);
    head.number(SIDE - 1, 14);
    head.number(0, 4);
    webp(&[(b"VP8L", &[head.bytes, blocks(groups, group)].concat())])
}

/// A lossy picture whose transparency is as the lossless one.
fn see_through(groups: u32, group: Group) -> Vec<u8> {
    let [side, more] = (SIDE as u16).to_le_bytes();
    webp(&[
        (
            b"VP8X",
            &[
                0x10,
                0,
                0,
                0,
                side.wrapping_sub(1),
                more - 1,
                0,
                side.wrapping_sub(1),
                more - 1,
                0,
            ],
        ),
        (b"ALPH", &[vec![1], blocks(groups, group)].concat()),
        (b"VP8 ", &[0x10, 0, 0, 0x9d, 0x01, 0x2a, side, more, side, more]),
    ])
}

#[test]
fn codes_that_take_too_much_are_refused() {
    let code = "PICTURE_TOO_COMPLEX";
    are(&[
        ("large tables", || lossless(MOST_GROUPS, large_tables), code),
        (
            "large tables of transparency",
            || see_through(MOST_GROUPS, large_tables),
            code,
        ),
        ("codes for nothing", || lossless(MOST_GROUPS, nothing), code),
        (
            "long words",
            || lossless(READ_GROUPS, long_words),
            "PICTURE_TOO_LARGE",
        ),
        (
            "as many codes as there may be",
            || lossless(READ_GROUPS, two_symbols),
            "read",
        ),
    ]);
}

#[test]
fn what_codes_take_is_known_before() {
    let alone = Alone::wait();
    let limits = Limits::default();
    // What the pixels take, and nothing for codes.
    let none = Limits {
        memory_bytes: u64::from(SIDE * SIDE * 11),
        ..limits
    };
    for group in [large_tables as Group, long_words, nothing, two_symbols] {
        let make = || lossless(500, group);
        let Err(PictureError::TooMuchMemory { needed, .. }) = decode(&make(), 1, &none) else {
            panic!("codes take no memory");
        };
        let (read, used) = alone.measured(make, |file| decode(&file, 1, &limits).is_ok());
        assert!(read);
        assert!(used.memory_bytes as u64 <= needed);
    }
}
