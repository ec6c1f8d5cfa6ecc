//! What should happen next to a job: one pure function, asked by the workers and by `sweep` alike.

use std::time::Duration;

use crate::codes;
use crate::job::{Job, Notice, Phase, Slot, Status};
use crate::moves::{next_look, open_chunks};
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

/// The step that `job` waits for, for somebody who does not want to wait until it is missed. A message may then go out although one is
/// on its way: what is claimed already is refused to it.
pub fn missing_step(job: &Job, now: Time, timing: &Timing) -> NextStep {
    let impatient = Timing {
        nudge: Duration::ZERO,
        stall: Duration::ZERO,
        ..timing.clone()
    };
    // Whether the user was told of the deadline is not the question.
    let told = Job {
        warned_at: Some(now),
        ..job.clone()
    };
    let next = next_step(&told, now, &impatient);
    let working = job.status == Status::Processing && job.phase == Phase::Chunks;
    let cancelled = job.cancel_requested_at.is_some();
    match next {
        NextStep::Wait { .. } if working && !cancelled && !open_chunks(job, now).is_empty() => {
            NextStep::SendPlan {
                look_again: next_look(now),
            }
        }
        next => next,
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
            let look_again = next_look(now);
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
                look_again: next_look(now),
            },
        );
    }
    let until = live_until.unwrap_or_else(|| next_look(now));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{JobId, LeaseToken};
    use crate::job::{Lease, Stage};

    fn at(seconds: i64) -> Time {
        Time::from_ms(seconds * 1_000)
    }

    fn job(status: Status, phase: Phase) -> Job {
        let stage = Stage {
            index: 0,
            count: 0,
            text: String::new(),
            from: 0,
            to: 0,
        };
        Job {
            status,
            phase,
            queued_at: Some(at(0)),
            started_at: (status == Status::Processing).then_some(at(1)),
            total: (phase == Phase::Chunks).then_some(3),
            ..Job::blank(JobId::first_of(at(0)), at(0), stage)
        }
    }

    fn held(job: Job, slot: Slot) -> Job {
        let lease = Lease {
            token: Some(LeaseToken::from_stored("holder")),
            until: at(60),
        };
        Job {
            leases: [(slot, lease)].into(),
            ..job
        }
    }

    fn missing(job: &Job) -> NextStep {
        missing_step(job, at(2), &Timing::default())
    }

    #[test]
    fn who_does_not_want_to_wait_need_not() {
        let timing = Timing::default();
        for (job, is_sent) in [
            (job(Status::Queued, Phase::Planning), true),
            (job(Status::Processing, Phase::Planning), true),
            (job(Status::Processing, Phase::Chunks), true),
            (held(job(Status::Processing, Phase::Chunks), Slot::Chunk(1)), true),
            (held(job(Status::Processing, Phase::Planning), Slot::Plan), false),
        ] {
            assert!(
                matches!(next_step(&job, at(2), &timing), NextStep::Wait { .. }),
                "{job:?}"
            );
            let sent = matches!(missing(&job), NextStep::SendPlan { .. });
            assert_eq!(sent, is_sent, "{job:?}");
        }
        let merging = job(Status::Processing, Phase::Merging);
        assert!(matches!(missing(&merging), NextStep::SendMerge { .. }));
        assert!(matches!(
            missing(&held(merging, Slot::Merge)),
            NextStep::Wait { .. }
        ));
        assert!(matches!(
            missing(&job(Status::Queued, Phase::Waiting)),
            NextStep::Start { .. }
        ));
    }

    #[test]
    fn what_is_being_cancelled_is_not_begun_again() {
        let mut job = held(job(Status::Processing, Phase::Chunks), Slot::Chunk(0));
        job.cancel_requested_at = Some(at(2));
        assert!(matches!(missing(&job), NextStep::Wait { .. }));
        job.leases.clear();
        assert_eq!(missing(&job), NextStep::Cancel);
    }

    #[test]
    fn a_warning_that_is_due_does_not_stand_in_the_way() {
        let mut job = job(Status::Processing, Phase::Chunks);
        job.deadline_at = Some(at(10_000));
        let late = at(1_600);
        assert!(matches!(
            next_step(&job, late, &Timing::default()),
            NextStep::Warn(_)
        ));
        assert!(matches!(
            missing_step(&job, late, &Timing::default()),
            NextStep::SendPlan { .. }
        ));
    }
}
