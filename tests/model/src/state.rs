//! A state: the record, the messages, who has what in hand, and what may still go wrong.

use docmill_core::job::{Job, Phase, Slot};
use docmill_core::moves::Claim;

use crate::due::Due;
use crate::mail::{Mail, Mails};
use crate::model::Bounds;
use crate::record::{Record, token};
use crate::rules::Rule;

/// Workers.
pub(crate) const WORKERS: usize = 2;

/// Everything there is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// The job record.
    pub record: Record,
    /// Messages on their way.
    pub mails: Mails,
    /// What each worker has in hand.
    pub workers: [Option<Task>; WORKERS],
    /// What the sweep has decided and not done yet.
    pub sweep: Option<Due>,
    /// What the caller of a cancel has decided and not done yet.
    pub user: Option<Due>,
    /// Chunks whose output is stored, as bits.
    pub outputs: u8,
    /// Whether the plan is stored.
    pub plan_stored: bool,
    /// Faults that may still happen.
    pub faults: u8,
    /// Times that a pipeline may still fail for good.
    pub failures: u8,
    /// Cancels that the user may still ask for.
    pub cancels: u8,
    /// Retries that the user may still ask for.
    pub retries: u8,
    /// A message was lost without a trace: only `sweep` can know what it was for.
    pub lossy: bool,
    /// The rule that was broken on the way here.
    pub broken: Option<Rule>,
}

/// How an attempt begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// Its `Plan` message is on the way.
    Sent,
    /// Its message did not get away.
    Unsent,
    /// It waits for a place among the running jobs.
    Waiting,
}

impl Queued {
    /// The phase in which it is written.
    pub(crate) fn phase(self) -> Phase {
        match self {
            Self::Sent | Self::Unsent => Phase::Planning,
            Self::Waiting => Phase::Waiting,
        }
    }
}

/// A message in a worker's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Task {
    /// The message.
    pub mail: Mail,
    /// How far the worker is.
    pub at: At,
    /// Somebody else has claimed the slot since, or the attempt is over.
    pub fenced: bool,
    /// Whether the message is acknowledged already: only by a planted fault.
    pub acknowledged: bool,
}

/// How far a worker is with its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// `handle_plan` has read the record, and claims what it saw queued (or planning).
    Claim {
        /// Seen as queued.
        queued: bool,
    },
    /// The slot is claimed and the pipeline at work.
    Work {
        /// Which claim on the slot it is.
        tries: u8,
        /// The chunks seen as done at the claim, for a merge.
        seen: u8,
    },
    /// Plan, output or result is stored, and is to be recorded.
    Record {
        /// As before.
        seen: u8,
    },
    /// The lease could not be renewed: the slot is to be given back.
    Release,
    /// Messages for these chunks are to be sent.
    Send {
        /// The attempt they belong to.
        attempt: u32,
        /// The chunks, as bits.
        chunks: u8,
    },
    /// What comes next is to be done.
    Next(Due),
    /// The message is to be acknowledged.
    Ack,
}

impl At {
    /// Whether the worker may yet record something under its token.
    pub(crate) fn holds(self) -> bool {
        matches!(self, Self::Work { .. } | Self::Record { .. } | Self::Release)
    }
}

impl State {
    /// A job just accepted.
    pub(crate) fn accepted(queued: Queued, bounds: Bounds) -> Self {
        let mut mails = Mails::default();
        if queued == Queued::Sent {
            mails.send(Mail {
                attempt: 1,
                slot: Slot::Plan,
            });
        }
        Self {
            record: Record::queued(queued.phase()),
            mails,
            workers: [None; WORKERS],
            sweep: None,
            user: None,
            outputs: 0,
            plan_stored: false,
            faults: bounds.faults,
            failures: bounds.failures,
            cancels: bounds.cancels,
            retries: bounds.retries,
            lossy: false,
            broken: None,
        }
    }

    /// The job record.
    pub fn job(&self) -> &Job {
        self.record.job()
    }

    /// The job is over, nobody is at it, and no message is left. (What the caller of a cancel still has in mind may
    /// never be done.)
    pub fn is_at_rest(&self) -> bool {
        self.job().status.is_terminal()
            && self.mails.is_empty()
            && self.workers.iter().all(Option::is_none)
            && self.sweep.is_none()
    }

    /// From here on what these holders would record is stale.
    pub(crate) fn fence(&mut self, whom: impl Fn(&Task) -> bool) {
        for task in self.workers.iter_mut().flatten() {
            task.fenced |= task.at.holds() && whom(task);
        }
    }

    /// The claim of `worker` on its message's slot.
    pub(crate) fn claim_of(&self, worker: usize, mail: Mail) -> Claim {
        Claim {
            attempt: mail.attempt,
            slot: mail.slot,
            token: token(worker),
        }
    }

    /// The worker has nothing in hand any more.
    pub(crate) fn let_go(&mut self, worker: usize) {
        self.workers[worker] = None;
        if self.record.names(worker) {
            self.record = self.record.orphan(worker);
        }
    }
}
