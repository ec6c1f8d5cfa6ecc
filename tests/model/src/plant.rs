//! Faults planted on purpose, to see that the check finds them.

use docmill_core::job::Slot;
use docmill_core::step::{Edit, Guard, Step};

/// A fault in the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plant {
    /// None: the protocol as it is.
    #[default]
    Nothing,
    /// Records are not fenced by the lease's token.
    NoToken,
    /// A claim does not ask whether the chunk is done or failed.
    ClaimsSettled,
    /// Nothing asks whether a cancel was accepted.
    ForgetsCancel,
    /// A claim does not ask whether somebody holds the slot.
    ClaimsHeld,
    /// What was decided for one attempt is written into any.
    AnyAttempt,
    /// A message is acknowledged as soon as its slot is claimed.
    AcknowledgesFirst,
    /// A chunk is recorded before its output is stored.
    RecordsFirst,
    /// Nobody looks for what should have happened.
    NoSweep,
}

impl Plant {
    /// `step` without the guards that this fault forgets.
    pub(crate) fn weaken(self, mut step: Step) -> Step {
        let claims = step.edits.iter().any(|edit| matches!(edit, Edit::CountTry(_)));
        step.guards.retain(|guard| match self {
            Self::NoToken => !matches!(guard, Guard::LeaseIs { .. }),
            Self::ClaimsSettled => !(claims && matches!(guard, Guard::ChunkOpen(_))),
            Self::ForgetsCancel => !matches!(guard, Guard::CancelRequested(false)),
            Self::ClaimsHeld => !matches!(guard, Guard::SlotFree { slot: Slot::Chunk(_), .. } if claims),
            Self::AnyAttempt => !matches!(guard, Guard::AttemptIs(_)),
            Self::Nothing | Self::AcknowledgesFirst | Self::RecordsFirst | Self::NoSweep => true,
        });
        step
    }
}
