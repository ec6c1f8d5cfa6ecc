//! A step: one conditional write on a job record, as data.
//!
//! Every backend interprets the same [`Guard`]s and [`Edit`]s: `memory` by calling [`Step::apply`], `aws` by
//! translating them into a DynamoDB condition and update expression. So the conditions that keep two workers
//! apart are written once, in [`crate::moves`], and are the very ones that tests and simulation exercise.

use crate::ids::LeaseToken;
use crate::job::{
    ChunkFailure, Completeness, Job, JobCredits, Lease, Notice, Phase, Reported, ResultRef, Slot, Stage,
    Status,
};
use crate::time::Time;
use crate::usage::Usage;

/// A condition on the record as it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// The status is one of these.
    StatusIn(Vec<Status>),
    /// The phase is this.
    PhaseIs(Phase),
    /// The attempt is this.
    AttemptIs(u32),
    /// Whether a cancel was accepted.
    CancelRequested(bool),
    /// Chunk `n` is neither done nor failed.
    ChunkOpen(u32),
    /// Nobody holds a live lease on the slot, nor does it back off.
    SlotFree {
        /// The slot.
        slot: Slot,
        /// Leases until this time or earlier are dead.
        now: Time,
    },
    /// The lease on the slot carries this token.
    LeaseIs {
        /// The slot.
        slot: Slot,
        /// The holder's token.
        token: LeaseToken,
    },
    /// Fewer than `max` claims were made on the slot.
    TriesBelow {
        /// The slot.
        slot: Slot,
        /// Limit.
        max: u32,
    },
    /// Nothing, or less than this percent, was reported inside the current stage.
    ReportedBelow(u8),
    /// The warning before the deadline was not given yet.
    NotWarned,
    /// Retention ends later than this.
    KeptAt(Time),
    /// Nothing visible has changed since this version.
    VersionIs(u64),
}

/// A change of the record.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// A visible change: version + 1, `updated_at`, and the `quiet` mark goes.
    Visible(Time),
    /// Not a visible change: the `quiet` mark is set.
    Quiet,
    /// See [`Job::status`].
    Status(Status),
    /// See [`Job::phase`].
    Phase(Phase),
    /// See [`Job::outcome`].
    Outcome(Option<Completeness>),
    /// See [`Job::attempt`].
    Attempt(u32),
    /// See [`Job::total`].
    Total(u32),
    /// Adds a chunk to the set of done ones.
    Done(u32),
    /// Adds a chunk to the failed ones.
    Failed(u32, ChunkFailure),
    /// Empties the failed chunks.
    ClearFailed,
    /// Puts a lease on a slot.
    PutLease(Slot, Lease),
    /// Takes the lease off a slot.
    RemoveLease(Slot),
    /// Counts a claim.
    CountTry(Slot),
    /// Empties leases and tries.
    ClearLeases,
    /// Enters a stage; what was reported inside the last one goes.
    Stage(Stage),
    /// Reports progress inside the stage.
    Report(Reported),
    /// Appends a warning.
    Warn(Notice),
    /// Empties the warnings.
    ClearWarnings,
    /// See [`Job::error`].
    Error(Option<Notice>),
    /// See [`Job::result`].
    Result(ResultRef),
    /// Credits are set aside for the attempt that begins.
    Reserve(JobCredits),
    /// The attempt ends: so many of its credits are taken. Nothing in a record without.
    Charge(u32),
    /// Adds to the counters.
    AddUsage(Usage),
    /// See [`Job::queued_at`].
    QueuedAt(Time),
    /// See [`Job::started_at`].
    StartedAt(Option<Time>),
    /// See [`Job::completed_at`].
    CompletedAt(Option<Time>),
    /// See [`Job::deadline_at`].
    DeadlineAt(Option<Time>),
    /// See [`Job::warned_at`].
    WarnedAt(Option<Time>),
    /// See [`Job::cooling_until`].
    CoolingUntil(Option<Time>),
    /// See [`Job::expires_at`].
    ExpiresAt(Time),
    /// See [`Job::due_at`].
    DueAt(Option<Time>),
    /// A cancel was accepted, or (for the next attempt) forgotten.
    Cancel(Option<(Time, String)>),
}

/// One conditional write on a job record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// All must hold.
    pub guards: Vec<Guard>,
    /// Applied in order, all or none.
    pub edits: Vec<Edit>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// Written; the record as it is now.
    Yes(Box<Job>),
    /// A guard did not hold; the record as it stands.
    Refused(Box<Job>),
    /// There is no such job.
    Unknown,
}

impl Step {
    /// A step with these guards and edits.
    pub fn new(guards: Vec<Guard>, edits: Vec<Edit>) -> Self {
        Self { guards, edits }
    }

    /// The same step with one more edit.
    #[must_use]
    pub fn with(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// The same step under one more condition.
    #[must_use]
    pub fn guarded(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    /// The record after this step, or `None` when a guard does not hold.
    pub fn apply(&self, job: &Job) -> Option<Job> {
        if !self.guards.iter().all(|guard| guard.holds(job)) {
            return None;
        }
        Some(self.edited(job))
    }

    /// What the edits make of `job`, whether or not the guards hold.
    pub fn edited(&self, job: &Job) -> Job {
        let mut next = job.clone();
        for edit in &self.edits {
            edit.apply(&mut next);
        }
        next
    }
}

impl Guard {
    /// Whether `job` meets the condition.
    pub fn holds(&self, job: &Job) -> bool {
        match self {
            Self::StatusIn(statuses) => statuses.contains(&job.status),
            Self::PhaseIs(phase) => job.phase == *phase,
            Self::AttemptIs(attempt) => job.attempt == *attempt,
            Self::CancelRequested(wanted) => job.cancel_requested_at.is_some() == *wanted,
            Self::ChunkOpen(n) => !job.done.contains(n) && !job.failed.contains_key(n),
            Self::SlotFree { slot, now } => !job.leases.get(slot).is_some_and(|lease| lease.is_live(*now)),
            Self::LeaseIs { slot, token } => job
                .leases
                .get(slot)
                .is_some_and(|lease| lease.token.as_ref() == Some(token)),
            Self::TriesBelow { slot, max } => job.tries_of(*slot) < *max,
            Self::ReportedBelow(percent) => job
                .reported
                .as_ref()
                .is_none_or(|reported| reported.percent < *percent),
            Self::NotWarned => job.warned_at.is_none(),
            Self::KeptAt(now) => job.expires_at > *now,
            Self::VersionIs(version) => job.version == *version,
        }
    }
}

impl Edit {
    fn apply(&self, job: &mut Job) {
        match self.clone() {
            Self::Visible(now) => {
                job.version += 1;
                job.updated_at = now;
                job.quiet = false;
            }
            Self::Quiet => job.quiet = true,
            Self::Status(status) => job.status = status,
            Self::Phase(phase) => job.phase = phase,
            Self::Outcome(outcome) => job.outcome = outcome,
            Self::Attempt(attempt) => job.attempt = attempt,
            Self::Total(total) => job.total = Some(total),
            Self::Done(n) => {
                job.done.insert(n);
            }
            Self::Failed(n, failure) => {
                job.failed.insert(n, failure);
            }
            Self::ClearFailed => job.failed.clear(),
            Self::PutLease(slot, lease) => {
                job.leases.insert(slot, lease);
            }
            Self::RemoveLease(slot) => {
                job.leases.remove(&slot);
            }
            Self::CountTry(slot) => *job.tries.entry(slot).or_default() += 1,
            Self::ClearLeases => {
                job.leases.clear();
                job.tries.clear();
            }
            Self::Stage(stage) => {
                job.stage = stage;
                job.reported = None;
            }
            Self::Report(reported) => job.reported = Some(reported),
            Self::Warn(notice) => job.warnings.push(notice),
            Self::ClearWarnings => job.warnings.clear(),
            Self::Error(error) => job.error = error,
            Self::Result(result) => job.result = Some(result),
            Self::Reserve(credits) => job.credits = Some(credits),
            Self::Charge(amount) => {
                if let Some(credits) = &mut job.credits {
                    credits.charged = Some(amount);
                }
            }
            Self::AddUsage(usage) => job.usage.add(&usage),
            Self::QueuedAt(at) => job.queued_at = Some(at),
            Self::StartedAt(at) => job.started_at = at,
            Self::CompletedAt(at) => job.completed_at = at,
            Self::DeadlineAt(at) => job.deadline_at = at,
            Self::WarnedAt(at) => job.warned_at = at,
            Self::CoolingUntil(at) => job.cooling_until = at,
            Self::ExpiresAt(at) => job.expires_at = at,
            Self::DueAt(at) => job.due_at = at,
            Self::Cancel(request) => match request {
                Some((at, by)) => {
                    job.cancel_requested_at = Some(at);
                    job.cancelled_by = Some(by);
                }
                None => {
                    job.cancel_requested_at = None;
                    job.cancelled_by = None;
                }
            },
        }
    }
}
