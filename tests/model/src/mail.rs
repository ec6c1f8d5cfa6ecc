//! Messages: which are on their way.

use std::fmt;

use docmill_core::job::Slot;

use crate::record::CHUNKS;

/// A message: a [`docmill_core::message::Message`] without what is the same in all of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mail {
    /// The attempt it belongs to.
    pub attempt: u32,
    /// What is to be done: each kind of message has its slot.
    pub slot: Slot,
}

impl Mail {
    fn bit(self) -> u16 {
        let slot = match self.slot {
            Slot::Plan => 0,
            Slot::Merge => 1,
            Slot::Chunk(n) => 2 + n,
        };
        1 << ((self.attempt - 1) * (2 + CHUNKS) + slot)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.slot {
            Slot::Plan => f.write_str("Plan")?,
            Slot::Chunk(n) => write!(f, "Chunk {n}")?,
            Slot::Merge => f.write_str("Merge")?,
        }
        if self.attempt > 1 {
            write!(f, " of attempt {}", self.attempt)?;
        }
        Ok(())
    }
}

/// The messages on their way. A set: a second copy exists while a worker has the first in hand, and comes from a
/// duplicated delivery.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mails(u16);

impl Mails {
    /// Sends a message.
    pub(crate) fn send(&mut self, mail: Mail) {
        self.0 |= mail.bit();
    }

    /// Takes a message away.
    pub(crate) fn take(&mut self, mail: Mail) {
        self.0 &= !mail.bit();
    }

    /// Whether a message is on its way.
    pub(crate) fn contains(self, mail: Mail) -> bool {
        self.0 & mail.bit() != 0
    }

    /// Whether nothing is on its way.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All that are on their way.
    pub(crate) fn iter(self) -> impl Iterator<Item = Mail> {
        (1..=2)
            .flat_map(|attempt| {
                [Slot::Plan, Slot::Merge]
                    .into_iter()
                    .chain((0..CHUNKS).map(Slot::Chunk))
                    .map(move |slot| Mail { attempt, slot })
            })
            .filter(move |mail| self.contains(*mail))
    }
}

impl fmt::Debug for Mails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
