//! Bits and prefix codes of lossless pictures.

/// Lengths of a code that are themselves written with a code, in the order in which they stand.
const LENGTHS_ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Bits of the longest word, and one for words without any.
const LENGTHS: usize = 16;
/// The length that a repetition repeats where none came before it.
const FIRST_LENGTH: u8 = 8;

/// Bits, from the lowest of each byte.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// `None` at the end.
    pub(super) fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    /// A number of so many bits, the lowest first.
    pub(super) fn number(&mut self, bits: u32) -> Option<u32> {
        (0..bits).try_fold(0, |number, place| Some(number | self.bit()? << place))
    }
}

/// What a file says of a code.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CodeHead {
    /// A symbol without any bits.
    One(u16),
    /// Two symbols of one bit.
    Two([u16; 2]),
    /// Bits of a word, and how many symbols after each other have as many; 0 for those without a word.
    Lengths(Vec<(u8, u32)>),
}

impl CodeHead {
    /// The head of a code of so many symbols; `None` if it is none.
    pub(super) fn read(bits: &mut Bits<'_>, symbols: u32) -> Option<Self> {
        if bits.bit()? == 0 {
            return Self::read_lengths(bits, symbols);
        }
        let is_two = bits.bit()? == 1;
        let first_bits = if bits.bit()? == 1 { 8 } else { 1 };
        let first = bits.number(first_bits)?;
        let second = if is_two { bits.number(8)? } else { first };
        if first.max(second) >= symbols {
            return None;
        }
        let [first, second] = [first as u16, second as u16];
        Some(if is_two {
            Self::Two([first, second])
        } else {
            Self::One(first)
        })
    }

    fn read_lengths(bits: &mut Bits<'_>, symbols: u32) -> Option<Self> {
        let mut lengths = [0; LENGTHS_ORDER.len()];
        let written = bits.number(4)? as usize + 4;
        for place in LENGTHS_ORDER.iter().take(written) {
            *lengths.get_mut(*place)? = bits.number(3)? as u8;
        }
        let code = Code::of_lengths(&lengths.map(|length| (length, 1)))?;
        let mut left = symbols;
        let mut reads = symbols;
        if bits.bit()? == 1 {
            let width = 2 + 2 * bits.number(3)?;
            reads = 2 + bits.number(width)?;
            if reads > symbols {
                return None;
            }
        }
        let mut runs = Vec::new();
        let mut previous = FIRST_LENGTH;
        while left > 0 && reads > 0 {
            reads -= 1;
            let (length, count) = match code.symbol(bits)? {
                16 => (previous, bits.number(2)? + 3),
                17 => (0, bits.number(3)? + 3),
                18 => (0, bits.number(7)? + 11),
                length => (length as u8, 1),
            };
            if length > 0 {
                previous = length;
            }
            left = left.checked_sub(count)?;
            runs.push((length, count));
        }
        Code::counts(&runs).map(|_| Self::Lengths(runs))
    }

    /// Symbols by the bits of their words: all 0 where one symbol takes none.
    pub(super) fn counts(&self) -> [u32; LENGTHS] {
        let mut counts = [0; LENGTHS];
        match self {
            Self::One(_) => counts,
            Self::Two(_) => {
                counts[1] = 2;
                counts
            }
            Self::Lengths(runs) => Code::counts(runs).unwrap_or(counts),
        }
    }
}

/// A code: the shorter words come first, and those of one length in the order of their symbols.
#[derive(Clone, Debug)]
pub(super) struct Code {
    counts: [u32; LENGTHS],
    symbols: Vec<u16>,
}

impl Code {
    pub(super) fn read(bits: &mut Bits<'_>, symbols: u32) -> Option<Self> {
        let head = CodeHead::read(bits, symbols)?;
        let counts = head.counts();
        match head {
            CodeHead::One(symbol) => Some(Self {
                counts,
                symbols: vec![symbol],
            }),
            CodeHead::Two(symbols) => Some(Self {
                counts,
                symbols: symbols.to_vec(),
            }),
            CodeHead::Lengths(runs) => Self::of_lengths(&runs),
        }
    }

    fn of_lengths(runs: &[(u8, u32)]) -> Option<Self> {
        let counts = Self::counts(runs)?;
        let mut words = Vec::new();
        let mut symbol = 0_u16;
        for (length, count) in runs {
            for _ in 0..*count {
                if *length > 0 {
                    words.push((*length, symbol));
                }
                symbol = symbol.checked_add(1)?;
            }
        }
        words.sort_unstable();
        let symbols = words.into_iter().map(|(_, symbol)| symbol).collect();
        Some(Self { counts, symbols })
    }

    /// `None` where bits could mean nothing, or two things.
    fn counts(runs: &[(u8, u32)]) -> Option<[u32; LENGTHS]> {
        let mut counts = [0; LENGTHS];
        for (length, count) in runs.iter().filter(|(length, _)| *length > 0) {
            *counts.get_mut(usize::from(*length))? += count;
        }
        if counts.iter().sum::<u32>() == 1 {
            return Some([0; LENGTHS]);
        }
        let used: u32 = (0..)
            .zip(counts)
            .map(|(length, count)| count << (LENGTHS - length))
            .sum();
        (used == 1 << LENGTHS).then_some(counts)
    }

    /// Whether its one symbol takes no bits.
    pub(super) fn is_single(&self) -> bool {
        self.symbols.len() == 1
    }

    /// The next symbol.
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u32> {
        if self.is_single() {
            return self.symbols.first().map(|symbol| (*symbol).into());
        }
        // The word so far, the first word of its length, and symbols of shorter words.
        let (mut word, mut first, mut shorter) = (0_u32, 0_u32, 0_u32);
        for count in self.counts.iter().skip(1) {
            word |= bits.bit()?;
            let place = word - first;
            if place < *count {
                let symbol = self.symbols.get((shorter + place) as usize)?;
                return Some((*symbol).into());
            }
            shorter += count;
            first = (first + count) << 1;
            word <<= 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_with_their_lowest_bit() {
        let mut bits = Bits::new(&[0b1010_0110, 0b1]);
        assert_eq!((bits.number(4), bits.bit()), (Some(6), Some(0)));
        assert_eq!((bits.number(4), bits.number(8)), (Some(0b1101), None));
    }

    #[test]
    fn shorter_words_come_first_and_begin_with_their_highest_bit() {
        let code = Code::of_lengths(&[(0, 3), (2, 2), (0, 1), (1, 1)]).unwrap();
        let bits = &mut Bits::new(&[0b0000_1110]);
        let symbols: Vec<u32> = (0..4).filter_map(|_| code.symbol(bits)).collect();
        assert_eq!(symbols, [6, 4, 3, 6]);
    }

    #[test]
    fn one_symbol_takes_no_bits() {
        let code = Code::of_lengths(&[(0, 7), (5, 1), (0, 2)]).unwrap();
        assert_eq!(code.symbol(&mut Bits::new(&[])), Some(7));
    }

    #[test]
    fn words_that_are_missing_or_too_many_make_no_code() {
        for runs in [&[(1, 3)][..], &[(2, 3)], &[(0, 5)], &[(1, 1), (2, 1)], &[(16, 2)]] {
            assert!(Code::of_lengths(runs).is_none(), "{runs:?}");
        }
    }

    #[test]
    fn symbols_beyond_the_last_are_refused() {
        // Two symbols, of eight bits: 3 and 200.
        let head = [0b0001_1111, 0b0100_0000, 0b0000_0110];
        let read = |symbols| CodeHead::read(&mut Bits::new(&head), symbols);
        assert_eq!(read(201), Some(CodeHead::Two([3, 200])));
        assert_eq!(read(200), None);
    }
}
