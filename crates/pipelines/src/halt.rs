//! Work that does not come to its end: [`Outcome`] without its `Done`, for `?`.

use std::time::Duration;

use docmill_core::codes;
use docmill_core::job::Notice;
use docmill_core::pipeline::{Outcome, Stop, Work};
use docmill_core::ports::PortError;

/// Why a piece of work goes no further.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Halt {
    /// [`Outcome::Retry`].
    Retry {
        /// The code should this have been the last try.
        code: String,
        /// When to try again.
        after: Option<Duration>,
    },
    /// [`Outcome::Fail`].
    Fail(Notice),
    /// [`Outcome::Cancelled`].
    Cancelled,
}

impl Halt {
    /// What was done, or why it was not.
    pub(crate) fn unless_done<T>(outcome: Outcome<T>) -> Result<T, Self> {
        match outcome {
            Outcome::Done(done) => Ok(done),
            Outcome::Retry { code, after } => Err(Self::Retry { code, after }),
            Outcome::Fail(notice) => Err(Self::Fail(notice)),
            Outcome::Cancelled => Err(Self::Cancelled),
        }
    }

    /// A fault of ours: trying again would not help.
    pub(crate) fn of_fault() -> Self {
        Self::Fail(Notice::new(
            codes::INTERNAL_ERROR,
            codes::message_of(codes::INTERNAL_ERROR),
        ))
    }

    /// Goes on, unless the work is over.
    pub(crate) fn checkpoint(work: &dyn Work) -> Result<(), Self> {
        work.checkpoint().map_err(|Stop| Self::Cancelled)
    }
}

impl From<PortError> for Halt {
    fn from(error: PortError) -> Self {
        match Self::unless_done(Outcome::<()>::from(error)) {
            Err(halt) => halt,
            Ok(()) => Self::Cancelled,
        }
    }
}

/// The outcome of work that ended one way or the other.
pub(crate) fn outcome<T>(ended: Result<T, Halt>) -> Outcome<T> {
    match ended {
        Ok(done) => Outcome::Done(done),
        Err(Halt::Retry { code, after }) => Outcome::Retry { code, after },
        Err(Halt::Fail(notice)) => Outcome::Fail(notice),
        Err(Halt::Cancelled) => Outcome::Cancelled,
    }
}
