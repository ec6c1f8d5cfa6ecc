//! What should happen next to a job: one pure function, asked by the workers and by `sweep` alike.

use crate::codes;
use crate::job::{Job, Notice, Phase, Slot, Status};
use crate::time::Time;
use crate::timing::{MAX_NUDGE, MAX_TRIES, Timing, UPLOAD_LIMIT};

/// The step that is missing, if one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// The job is over.
    Nothing,
    /// The job is over, and its event list is to be checked for gaps.
    AuditEvents,
    /// The job is over, and so is its retention.
    Forget,
    /// The job waits for a place among the running ones.
    Start {
        /// When to look again, should there be none.
        look_again: Time,
    },
    /// Somebody is at it; look again then.
    Wait {
        /// When.
        until: Time,
    },
    /// The `Plan` message is missing: it makes the plan or sends the open chunks again.
    SendPlan {
        /// When to look again.
        look_again: Time,
    },
    /// The `Merge` message is missing.
    SendMerge {
        /// When to look again.
        look_again: Time,
    },
    /// Every chunk is accounted for.
    BeginMerge,
    /// The time is over, or tries are spent.
    Fail(Notice),
    /// Every chunk failed; with the code, if they share one.
    AllFailed(Option<String>),
    /// The upload never came.
    Expire(Notice),
    /// A cancel was accepted and nobody holds a lease.
    Cancel,
    /// The deadline is near and the user was not told.
    Warn(Notice),
}

/// The next step of `job` at `now`.
pub fn next_step(job: &Job, now: Time, timing: &Timing) -> NextStep {
    if job.status.is_terminal() {
        return if now >= job.expires_at {
            NextStep::Forget
        } else if job.due_at.is_some_and(|due| now >= due) {
            NextStep::AuditEvents
        } else {
            NextStep::Nothing
        };
    }
    if job.cancel_requested_at.is_some() {
        let held_until = job
            .leases
            .values()
            .filter(|lease| lease.is_held(now))
            .map(|lease| lease.until)
            .max();
        return held_until.map_or(NextStep::Cancel, |until| NextStep::Wait { until });
    }
    match job.status {
        Status::AwaitingUpload => {
            let limit = job.created_at.plus(UPLOAD_LIMIT);
            if now >= limit {
                NextStep::Expire(codes::upload_expired())
            } else {
                NextStep::Wait { until: limit }
            }
        }
        Status::Queued => queued(job, now, timing),
        _ => processing(job, now, timing),
    }
}

fn queued(job: &Job, now: Time, timing: &Timing) -> NextStep {
    let since = job.queued_at.unwrap_or(job.created_at);
    let limit = since.plus(timing.queue_limit);
    if now >= limit {
        return NextStep::Fail(codes::queue_timeout());
    }
    if job.phase == Phase::Waiting {
        return NextStep::Start {
            look_again: now.plus(timing.stall).min(limit),
        };
    }
    let waited = now.since(since);
    if waited < timing.nudge {
        return NextStep::Wait {
            until: since.plus(timing.nudge),
        };
    }
    // The message may merely stand in a long queue: ask at growing intervals.
    NextStep::SendPlan {
        look_again: now
            .plus(waited.max(timing.nudge).min(MAX_NUDGE.max(timing.nudge)))
            .min(limit),
    }
}

fn processing(job: &Job, now: Time, timing: &Timing) -> NextStep {
    if job.deadline_at.is_some_and(|deadline| now >= deadline) {
        return NextStep::Fail(codes::deadline_exceeded());
    }
    let next = match job.phase {
        Phase::Waiting | Phase::Planning => single(job, Slot::Plan, now, timing),
        Phase::Merging => single(job, Slot::Merge, now, timing),
        Phase::Chunks if job.is_accounted() => all_accounted(job),
        Phase::Chunks => chunks(job, now, timing),
    };
    match (next, job.deadline_at) {
        // A provider may ask for a rest that is longer than the job has left.
        (NextStep::Wait { until }, Some(deadline)) => NextStep::Wait {
            until: until.min(deadline),
        },
        (next, _) => next,
    }
}

fn all_accounted(job: &Job) -> NextStep {
    if job.done.is_empty() && !job.failed.is_empty() {
        let mut codes: Vec<&str> = job.failed.values().map(|failure| failure.code.as_str()).collect();
        codes.dedup();
        return NextStep::AllFailed(if let [only] = codes[..] {
            Some(only.to_owned())
        } else {
            None
        });
    }
    NextStep::BeginMerge
}

/// `Plan` and `Merge` are claimed like chunks, but their third failure fails the job.
fn single(job: &Job, slot: Slot, now: Time, timing: &Timing) -> NextStep {
    match job.leases.get(&slot) {
        Some(lease) if lease.is_live(now) => warn_or(job, now, timing, NextStep::Wait { until: lease.until }),
        _ if job.tries_of(slot) >= MAX_TRIES => NextStep::Fail(codes::worker_died()),
        _ => {
            let look_again = crate::moves::next_look(now);
            let send = match slot {
                Slot::Merge => NextStep::SendMerge { look_again },
                _ => NextStep::SendPlan { look_again },
            };
            // A message that is on its way needs no second one; a dead lease does.
            if job.leases.contains_key(&slot) || now.since(job.updated_at) >= timing.nudge {
                send
            } else {
                NextStep::Wait {
                    until: job.updated_at.plus(timing.nudge),
                }
            }
        }
    }
}

fn chunks(job: &Job, now: Time, timing: &Timing) -> NextStep {
    let dead = job
        .leases
        .iter()
        .any(|(slot, lease)| matches!(slot, Slot::Chunk(_)) && !lease.is_live(now));
    let live_until = job
        .leases
        .values()
        .filter(|lease| lease.is_live(now))
        .map(|lease| lease.until)
        .min();
    let stalled = live_until.is_none() && now.since(job.updated_at) >= timing.stall;
    if dead || stalled {
        return warn_or(
            job,
            now,
            timing,
            NextStep::SendPlan {
                look_again: crate::moves::next_look(now),
            },
        );
    }
    let until = live_until.unwrap_or_else(|| crate::moves::next_look(now));
    warn_or(job, now, timing, NextStep::Wait { until })
}

fn warn_or(job: &Job, now: Time, timing: &Timing, otherwise: NextStep) -> NextStep {
    let due = job
        .started_at
        .is_some_and(|started| now >= started.plus(timing.warn_after));
    if due && job.warned_at.is_none() {
        NextStep::Warn(codes::deadline_near())
    } else {
        otherwise
    }
}
