//! [`Entropy`]: the system's, and one that repeats itself.

use std::fmt;
use std::sync::Mutex;

use docmill_core::ports::Entropy;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::lock;

/// Cryptographic randomness, seeded by the operating system: fit for tokens and tickets.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// The same sequence for the same seed.
pub struct SeededEntropy {
    generator: Mutex<StdRng>,
}

impl SeededEntropy {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            generator: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }
}

impl fmt::Debug for SeededEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededEntropy").finish_non_exhaustive()
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        lock(&self.generator).fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four(entropy: &dyn Entropy) -> [u8; 16] {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_fixes_the_sequence() {
        let (one, same, other) = (
            SeededEntropy::new(1),
            SeededEntropy::new(1),
            SeededEntropy::new(2),
        );
        assert_eq!(four(&one), four(&same));
        assert_eq!(four(&one), four(&same));
        assert_ne!(four(&one), four(&other));
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        assert_ne!(four(&OsEntropy), four(&OsEntropy));
    }
}
