//! The state machine: every legal move of a job, each as one conditional [`Step`].
//!
//! ```text
//! awaiting_upload ──start──▶ queued ──claim plan──▶ processing ──────────▶ completed (complete | partial)
//!       │                      │                    planning ▶ chunks ▶ merging
//!       ▼                      ▼                       │
//!    expired            failed | cancelled ◀───────────┘        any terminal state ──retry──▶ queued
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::LeaseToken;
use crate::job::{
    ChunkFailure, Completeness, Job, JobCredits, Lease, Notice, Phase, Reported, ResultRef, Slot, Stage,
    Status,
};
use crate::step::{Edit, Guard, Step};
use crate::time::Time;
use crate::timing::{EVENT_AUDIT_AFTER, MAX_CLOCK_SKEW, MAX_TRIES, Timing};
use crate::usage::Usage;

/// A holder's claim on a slot of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The attempt it belongs to.
    pub attempt: u32,
    /// What is claimed.
    pub slot: Slot,
    /// The holder's fencing token.
    pub token: LeaseToken,
}

impl Claim {
    fn held(&self) -> Vec<Guard> {
        vec![
            Guard::StatusIn(vec![Status::Processing]),
            Guard::AttemptIs(self.attempt),
            Guard::LeaseIs {
                slot: self.slot,
                token: self.token.clone(),
            },
        ]
    }

    fn lease(&self, until: Time) -> Edit {
        Edit::PutLease(
            self.slot,
            Lease {
                token: Some(self.token.clone()),
                until,
            },
        )
    }
}

/// `awaiting_upload` → `queued`, when every file is there.
pub fn enqueue(now: Time, timing: &Timing, stage: Stage, usage: Usage) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::AwaitingUpload]),
            Guard::CancelRequested(false),
        ],
        vec![
            Edit::Visible(now),
            Edit::Status(Status::Queued),
            Edit::Stage(stage),
            Edit::QueuedAt(now),
            Edit::AddUsage(usage),
            Edit::DueAt(Some(now.plus(timing.nudge).ceil_minute())),
        ],
    )
}

/// A job that waited for a place gets it: its first message may be sent. Its time in the queue goes on.
pub fn admit(job: &Job, now: Time, timing: &Timing) -> Step {
    let queue_limit = job.queued_at.unwrap_or(job.created_at).plus(timing.queue_limit);
    let look = now.plus(timing.nudge).min(queue_limit).ceil_minute();
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::Queued]),
            Guard::AttemptIs(job.attempt),
            Guard::PhaseIs(Phase::Waiting),
            Guard::CancelRequested(false),
        ],
        vec![
            Edit::Visible(now),
            Edit::Phase(Phase::Planning),
            Edit::DueAt(Some(look)),
        ],
    )
}

/// Claims a slot of a processing job. Not a visible change.
pub fn claim(claim: &Claim, now: Time, timing: &Timing) -> Step {
    let mut guards = vec![
        Guard::StatusIn(vec![Status::Processing]),
        Guard::AttemptIs(claim.attempt),
        Guard::CancelRequested(false),
        Guard::SlotFree {
            slot: claim.slot,
            now,
        },
        Guard::TriesBelow {
            slot: claim.slot,
            max: MAX_TRIES,
        },
    ];
    guards.push(match claim.slot {
        Slot::Plan => Guard::PhaseIs(Phase::Planning),
        Slot::Chunk(n) => Guard::ChunkOpen(n),
        Slot::Merge => Guard::PhaseIs(Phase::Merging),
    });
    Step::new(
        guards,
        vec![
            Edit::Quiet,
            claim.lease(now.plus(timing.lease)),
            Edit::CountTry(claim.slot),
        ],
    )
}

/// The first claim of an attempt: `queued` → `processing`. The deadline runs from here.
pub fn claim_queued(claim: &Claim, now: Time, timing: &Timing, stage: Stage) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::Queued]),
            Guard::AttemptIs(claim.attempt),
            Guard::PhaseIs(Phase::Planning),
            Guard::CancelRequested(false),
        ],
        vec![
            Edit::Visible(now),
            Edit::Status(Status::Processing),
            Edit::Stage(stage),
            Edit::StartedAt(Some(now)),
            Edit::DeadlineAt(Some(now.plus(timing.deadline))),
            claim.lease(now.plus(timing.lease)),
            Edit::CountTry(claim.slot),
            Edit::DueAt(Some(next_look(now))),
        ],
    )
}

/// While a job is processing, `sweep` looks at it once a minute: chunk steps need not touch the index then.
pub fn next_look(now: Time) -> Time {
    now.plus(Duration::from_secs(60)).ceil_minute()
}

/// Renews a lease. Refused once a cancel is accepted, so that a cancelled job's leases run out.
pub fn renew(claim: &Claim, now: Time, timing: &Timing) -> Step {
    let mut guards = claim.held();
    guards.push(Guard::CancelRequested(false));
    Step::new(guards, vec![Edit::Quiet, claim.lease(now.plus(timing.lease))])
}

/// Lets go of a slot without a result: the job was cancelled.
pub fn release(claim: &Claim, usage: Usage) -> Step {
    Step::new(
        claim.held(),
        vec![Edit::Quiet, Edit::RemoveLease(claim.slot), Edit::AddUsage(usage)],
    )
}

/// Keeps the slot closed until `until` after a transient failure, with nobody holding it.
pub fn back_off(claim: &Claim, until: Time, usage: Usage) -> Step {
    Step::new(
        claim.held(),
        vec![
            Edit::Quiet,
            Edit::PutLease(claim.slot, Lease { token: None, until }),
            Edit::AddUsage(usage),
        ],
    )
}

/// Keeps the slot closed because the provider that it needs wants to rest, and says so.
pub fn cool_down(claim: &Claim, now: Time, until: Time, usage: Usage) -> Step {
    Step::new(
        claim.held(),
        vec![
            Edit::Visible(now),
            Edit::CoolingUntil(Some(until)),
            Edit::PutLease(claim.slot, Lease { token: None, until }),
            Edit::AddUsage(usage),
        ],
    )
}

/// Shows progress inside a stage. Only ever forward.
pub fn report(claim: &Claim, now: Time, reported: Reported) -> Step {
    let mut guards = claim.held();
    guards.push(Guard::CancelRequested(false));
    guards.push(Guard::ReportedBelow(reported.percent));
    Step::new(guards, vec![Edit::Visible(now), Edit::Report(reported)])
}

/// The plan is made and stored: chunks may be claimed.
pub fn planned(
    claim: &Claim,
    now: Time,
    total: u32,
    stage: Stage,
    warnings: Vec<Notice>,
    usage: Usage,
) -> Step {
    let mut guards = claim.held();
    guards.push(Guard::PhaseIs(Phase::Planning));
    let mut edits = vec![
        Edit::Visible(now),
        Edit::Phase(Phase::Chunks),
        Edit::Total(total),
        Edit::Stage(stage),
        Edit::RemoveLease(claim.slot),
        Edit::AddUsage(usage),
    ];
    edits.extend(warnings.into_iter().map(Edit::Warn));
    Step::new(guards, edits)
}

/// Chunk `n` is done and its output stored.
pub fn chunk_done(claim: &Claim, n: u32, now: Time, usage: Usage) -> Step {
    Step::new(
        claim.held(),
        vec![
            Edit::Visible(now),
            Edit::Done(n),
            Edit::RemoveLease(claim.slot),
            Edit::AddUsage(usage),
        ],
    )
}

/// Chunk `n` failed for good, by its holder's word.
pub fn chunk_failed(claim: &Claim, n: u32, failure: ChunkFailure, now: Time, usage: Usage) -> Step {
    Step::new(
        claim.held(),
        vec![
            Edit::Visible(now),
            Edit::Failed(n, failure),
            Edit::RemoveLease(claim.slot),
            Edit::AddUsage(usage),
        ],
    )
}

/// Chunk `n` failed for good without a holder: its tries are spent, or its message cannot be delivered.
pub fn chunk_given_up(attempt: u32, n: u32, failure: ChunkFailure, now: Time) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::Processing]),
            Guard::AttemptIs(attempt),
            Guard::PhaseIs(Phase::Chunks),
            Guard::ChunkOpen(n),
            Guard::SlotFree {
                slot: Slot::Chunk(n),
                now,
            },
        ],
        vec![
            Edit::Visible(now),
            Edit::Failed(n, failure),
            Edit::RemoveLease(Slot::Chunk(n)),
        ],
    )
}

/// Every chunk is accounted for. That stays true within the attempt, so phase and attempt suffice as guards.
pub fn begin_merge(attempt: u32, now: Time, stage: Stage, usage: Usage) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::Processing]),
            Guard::AttemptIs(attempt),
            Guard::PhaseIs(Phase::Chunks),
            Guard::CancelRequested(false),
        ],
        vec![
            Edit::Visible(now),
            Edit::Phase(Phase::Merging),
            Edit::Stage(stage),
            Edit::AddUsage(usage),
        ],
    )
}

/// The result is stored: `completed`. Refused once a cancel is accepted.
pub fn complete(
    claim: &Claim,
    now: Time,
    outcome: Completeness,
    result: ResultRef,
    warnings: Vec<Notice>,
    usage: Usage,
) -> Step {
    let mut guards = claim.held();
    guards.push(Guard::PhaseIs(Phase::Merging));
    guards.push(Guard::CancelRequested(false));
    let mut edits = ending(now, Status::Completed);
    edits.push(Edit::Outcome(Some(outcome)));
    edits.push(Edit::Result(result));
    edits.push(Edit::AddUsage(usage));
    edits.extend(warnings.into_iter().map(Edit::Warn));
    Step::new(guards, edits)
}

/// The attempt ends without a result.
pub fn fail(attempt: u32, now: Time, error: Notice, usage: Usage) -> Step {
    let mut edits = ending(now, Status::Failed);
    edits.push(Edit::Error(Some(error)));
    edits.push(Edit::AddUsage(usage));
    Step::new(
        vec![
            Guard::StatusIn(Status::OPEN.to_vec()),
            Guard::AttemptIs(attempt),
            Guard::CancelRequested(false),
        ],
        edits,
    )
}

/// The files never came.
pub fn expire(now: Time, error: Notice) -> Step {
    let mut edits = ending(now, Status::Expired);
    edits.push(Edit::Error(Some(error)));
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::AwaitingUpload]),
            Guard::CancelRequested(false),
        ],
        edits,
    )
}

/// A cancel is accepted: from here on no claim succeeds.
pub fn request_cancel(now: Time, by: &str) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(Status::OPEN.to_vec()),
            Guard::CancelRequested(false),
        ],
        vec![
            Edit::Visible(now),
            Edit::Cancel(Some((now, by.to_owned()))),
            Edit::DueAt(Some(now.plus(Duration::from_secs(1)).ceil_minute())),
        ],
    )
}

/// The cancelled job ends. Nobody holds a lease: the caller has seen that in a consistent read made after the
/// cancel, and no lease is given or renewed since.
pub fn cancelled(attempt: u32, now: Time) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(Status::OPEN.to_vec()),
            Guard::AttemptIs(attempt),
            Guard::CancelRequested(true),
        ],
        ending(now, Status::Cancelled),
    )
}

/// The warning before the deadline.
pub fn warn_deadline(attempt: u32, now: Time, warning: Notice) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::Processing]),
            Guard::AttemptIs(attempt),
            Guard::CancelRequested(false),
            Guard::NotWarned,
        ],
        vec![Edit::Visible(now), Edit::WarnedAt(Some(now)), Edit::Warn(warning)],
    )
}

/// Tells `sweep` when to look again at a job that was found in `status`. A job that has moved on since is looked at when
/// that move said: what waits in a queue may rest for half an hour, what is being worked on may not.
pub fn look_again(status: Status, attempt: u32, at: Time) -> Step {
    Step::new(
        vec![Guard::StatusIn(vec![status]), Guard::AttemptIs(attempt)],
        vec![Edit::Quiet, Edit::DueAt(Some(at.ceil_minute()))],
    )
}

/// The job is to be deleted: from here on no door shows it, nothing but its deletion moves it, and `sweep` finds it due.
/// Not a visible change, so that no event tells of it. Its time ends a little before `now`, so that a retry on a machine
/// whose clock is behind is refused as well.
pub fn discard(attempt: u32, now: Time) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(Status::TERMINAL.to_vec()),
            Guard::AttemptIs(attempt),
            Guard::KeptAt(now),
        ],
        vec![
            Edit::Quiet,
            Edit::ExpiresAt(now.minus(MAX_CLOCK_SKEW)),
            Edit::DueAt(Some(now)),
        ],
    )
}

/// `job` gets its result with one edition more. Nothing else has changed since it was read, so of two who edit at the same
/// moment one is refused. The event list is looked at again, for the event of this change.
pub fn edit(job: &Job, result: ResultRef, now: Time) -> Step {
    let look = now.plus(EVENT_AUDIT_AFTER).min(job.expires_at);
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::Completed]),
            Guard::AttemptIs(job.attempt),
            Guard::VersionIs(job.version),
            Guard::KeptAt(now),
        ],
        vec![
            Edit::Visible(now),
            Edit::Result(result),
            Edit::DueAt(Some(look.ceil_minute())),
        ],
    )
}

/// The event list of an ended job is whole: `sweep` looks at it again when its retention is over. Refused for a job that
/// was discarded or edited since it was read.
pub fn audited(job: &Job) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(Status::TERMINAL.to_vec()),
            Guard::AttemptIs(job.attempt),
            Guard::VersionIs(job.version),
            Guard::KeptAt(job.expires_at.minus(Duration::from_millis(1))),
        ],
        vec![Edit::Quiet, Edit::DueAt(Some(job.expires_at.ceil_minute()))],
    )
}

/// The next attempt: keeps plan, done chunks and the last result, and forgets the rest.
pub fn retry(job: &Job, now: Time, timing: &Timing, stage: Stage, credits: JobCredits) -> Step {
    Step::new(
        vec![
            Guard::StatusIn(vec![Status::Completed, Status::Failed, Status::Cancelled]),
            Guard::AttemptIs(job.attempt),
            Guard::KeptAt(now),
        ],
        vec![
            Edit::Visible(now),
            Edit::Attempt(job.attempt + 1),
            Edit::Status(Status::Queued),
            Edit::Phase(Phase::Planning),
            Edit::Outcome(None),
            Edit::Error(None),
            Edit::ClearFailed,
            Edit::ClearLeases,
            Edit::ClearWarnings,
            Edit::Stage(stage),
            Edit::QueuedAt(now),
            Edit::StartedAt(None),
            Edit::CompletedAt(None),
            Edit::DeadlineAt(None),
            Edit::WarnedAt(None),
            Edit::CoolingUntil(None),
            Edit::Cancel(None),
            Edit::Reserve(credits),
            Edit::ExpiresAt(now.plus(timing.retention)),
            Edit::DueAt(Some(now.plus(timing.nudge).ceil_minute())),
        ],
    )
}

/// Why a job may not be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRetry {
    /// It is still open.
    NotTerminal,
    /// Everything is done.
    NothingToDo,
    /// Its upload never came.
    NeverStarted,
}

/// Whether the job has something that a next attempt could do.
pub fn may_retry(job: &Job) -> Result<(), NoRetry> {
    match job.status {
        Status::Expired => Err(NoRetry::NeverStarted),
        status if !status.is_terminal() => Err(NoRetry::NotTerminal),
        Status::Completed if job.failed.is_empty() => Err(NoRetry::NothingToDo),
        // A record from a listing lacks the time of queueing; a job that was started had been queued.
        Status::Failed | Status::Cancelled if job.queued_at.or(job.started_at).is_none() => {
            Err(NoRetry::NeverStarted)
        }
        _ => Ok(()),
    }
}

/// Chunks that a `Plan` message has to send at `now`: neither done nor failed nor leased.
pub fn open_chunks(job: &Job, now: Time) -> BTreeSet<u32> {
    (0..job.total.unwrap_or(0))
        .filter(|n| job.is_open(*n, now))
        .collect()
}

fn ending(now: Time, status: Status) -> Vec<Edit> {
    vec![
        Edit::Visible(now),
        Edit::Status(status),
        Edit::CompletedAt(Some(now)),
        Edit::ClearLeases,
        Edit::DueAt(Some(now.plus(EVENT_AUDIT_AFTER).ceil_minute())),
    ]
}
