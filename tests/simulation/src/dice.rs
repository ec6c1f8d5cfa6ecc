//! A small generator (splitmix64), so that a seed means the same on every machine and in every release.

use std::time::Duration;

/// Random numbers from a seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `sides` - 1.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }

    /// True once in `sides` times; never for 0.
    pub(crate) fn once_in(&mut self, sides: u64) -> bool {
        sides > 0 && self.roll(sides) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let at = usize::try_from(self.roll(of.len() as u64)).unwrap_or(0);
        of.get(at).copied()
    }

    /// Up to `most` seconds, in milliseconds.
    pub(crate) fn seconds(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.roll(most * 1000 + 1))
    }

    /// A delay: mostly short, now and then longer than a lease, seldom longer than everything.
    pub(crate) fn delay(&mut self) -> Duration {
        match self.roll(8) {
            0..=2 => Duration::from_millis(1 + self.roll(50)),
            3..=4 => self.seconds(5),
            5 => self.seconds(30),
            6 => self.seconds(90),
            _ => self.seconds(400),
        }
    }
}

/// A hash that does not change between releases of the compiler: sites of a tape are named by it.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
