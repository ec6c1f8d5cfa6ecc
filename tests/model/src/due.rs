//! What comes next: decided by the real `next_step`, done some time later, as in `engine/advance.rs`.

use docmill_core::codes;
use docmill_core::job::{ChunkFailure, Job, Phase, Slot, Status};
use docmill_core::moves;
use docmill_core::next::{NextStep, next_step};
use docmill_core::usage::Usage;

use crate::mail::Mail;
use crate::plant::Plant;
use crate::record::{NOW, stage, timing};
use crate::rules::Rule;
use crate::state::State;

/// A write or message that was decided on and is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// The attempt it was decided for.
    pub attempt: u32,
    /// What.
    pub effect: Effect,
}

/// See [`Due`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `moves::admit`: a place among the running jobs was free.
    Admit,
    /// The `Plan` message.
    SendPlan,
    /// `moves::begin_merge`.
    BeginMerge,
    /// The `Merge` message.
    SendMerge,
    /// `moves::fail`.
    Fail,
    /// `moves::cancelled`.
    Cancelled,
    /// `moves::chunk_given_up`.
    GiveUp(u32),
}

impl State {
    /// What `sweep` or a worker is to do next, as `Engine::advance` and `merge_or_rest` decide.
    pub(crate) fn advance(&self) -> Option<Due> {
        let job = self.job();
        let effect = match next_step(job, NOW, &timing()) {
            NextStep::BeginMerge => Effect::BeginMerge,
            NextStep::AllFailed(_) | NextStep::Fail(_) => Effect::Fail,
            NextStep::Cancel => Effect::Cancelled,
            NextStep::Expire(_)
            | NextStep::Nothing
            | NextStep::Forget
            | NextStep::Start { .. }
            | NextStep::AuditEvents
            | NextStep::Wait { .. }
            | NextStep::SendPlan { .. }
            | NextStep::SendMerge { .. }
            | NextStep::Warn(_) => return self.merge_or_rest(job.attempt),
        };
        Some(Due {
            attempt: job.attempt,
            effect,
        })
    }

    /// `merge_or_rest`, and the look at the lease in `Engine::advance_and_send`.
    pub(crate) fn merge_or_rest(&self, attempt: u32) -> Option<Due> {
        let job = self.job();
        let merging = job.status == Status::Processing
            && job.phase == Phase::Merging
            && job.attempt == attempt
            && job.cancel_requested_at.is_none();
        let live = job
            .leases
            .get(&Slot::Merge)
            .is_some_and(|lease| lease.is_live(NOW));
        (merging && !live).then_some(Due {
            attempt,
            effect: Effect::SendMerge,
        })
    }

    /// Does what was decided, and says what comes then: `Engine::advance`, `end_failed`, `give_up`, `send_merge`.
    pub(crate) fn carry_out(&mut self, plant: Plant, due: Due) -> Option<Due> {
        let Due { attempt, effect } = due;
        match effect {
            Effect::Admit => {
                // Of what was read, the attempt is all that may have changed.
                let read = Job {
                    attempt,
                    ..self.job().clone()
                };
                self.write(plant, moves::admit(&read, NOW, &timing()), attempt)
                    .then_some(Due {
                        attempt,
                        effect: Effect::SendPlan,
                    })
            }
            Effect::SendPlan | Effect::SendMerge => {
                let slot = if effect == Effect::SendPlan {
                    Slot::Plan
                } else {
                    Slot::Merge
                };
                self.mails.send(Mail { attempt, slot });
                None
            }
            Effect::BeginMerge => {
                let step = moves::begin_merge(attempt, NOW, stage(), Usage::default());
                self.write(plant, step, attempt);
                self.merge_or_rest(attempt)
            }
            Effect::Fail => {
                let error = codes::worker_died();
                let step = moves::fail(attempt, NOW, error, Usage::default());
                if self.write(plant, step, attempt) {
                    return None;
                }
                // Refused by a cancel that came first: then that is what the job ends with.
                let job = self.job();
                let cancelled =
                    !job.status.is_terminal() && job.cancel_requested_at.is_some() && !job.is_held(NOW);
                cancelled.then_some(Due {
                    attempt: job.attempt,
                    effect: Effect::Cancelled,
                })
            }
            Effect::Cancelled => {
                self.write(plant, moves::cancelled(attempt, NOW), attempt);
                None
            }
            Effect::GiveUp(n) => {
                let job = self.job();
                let settled = job.failed.contains_key(&n) || job.done.contains(&n);
                let lease = job.leases.get(&Slot::Chunk(n));
                let live = lease.is_some_and(|lease| lease.is_live(NOW));
                let step = moves::chunk_given_up(attempt, n, failure(), NOW);
                if self.write(plant, step, attempt) {
                    if settled {
                        self.break_rule(Rule::CountedTwice);
                    } else if live {
                        self.break_rule(Rule::SecondHolder);
                    }
                    self.fence(|task| {
                        task.mail
                            == (Mail {
                                attempt,
                                slot: Slot::Chunk(n),
                            })
                    });
                    return self.advance();
                }
                let job = self.job();
                if job.done.contains(&n) || job.failed.contains_key(&n) {
                    self.advance()
                } else {
                    None
                }
            }
        }
    }

    /// `effect`, for the attempt as it stands.
    pub(crate) fn due(&self, effect: Effect) -> Option<Due> {
        Some(Due {
            attempt: self.job().attempt,
            effect,
        })
    }
}

/// How a chunk failed: the model does not tell reasons apart.
pub(crate) fn failure() -> ChunkFailure {
    ChunkFailure {
        code: codes::INTERNAL_ERROR.to_owned(),
        tries: 0,
    }
}
