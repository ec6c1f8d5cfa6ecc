//! The step that an open job waits for, made at once because somebody who runs the installation asks.

use serde::Serialize;

use super::Engine;
use crate::job::Job;
use crate::next::{NextStep, missing_step};
use crate::ports::PortResult;
use crate::running::Tenant;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Requeued {
    /// The message that makes the plan, or sends the open chunks, is on its way.
    PlanSent,
    /// The message that makes the result is on its way.
    MergeSent,
    /// The job waited for a place and has it.
    Started,
    /// The job had come to its end, and nobody had written it down.
    Ended,
    /// Somebody works on it, or what it waits for is not to be had.
    Nothing,
}

impl Requeued {
    /// The same as a sentence.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::PlanSent => "The message with which work on the job goes on was sent.",
            Self::MergeSent => "The message with which the result is made was sent.",
            Self::Started => "The job had waited for a place among the running ones, and was started.",
            Self::Ended => "Nothing was left to be done, and the job was ended.",
            Self::Nothing => {
                "Nothing was sent: somebody works on the job, or it waits for something else than a message."
            }
        }
    }
}

impl Engine {
    /// Makes the missing step of `job`, which was just read, or sends its message. Whatever is claimed stays with its holder, and no
    /// try is counted: those are counted at the claim.
    pub(crate) async fn requeue(&self, job: &Job) -> PortResult<Requeued> {
        match missing_step(job, self.clock.now(), &self.timing) {
            NextStep::SendPlan { .. } => {
                self.send_plan(job).await?;
                Ok(Requeued::PlanSent)
            }
            NextStep::SendMerge { .. } => {
                self.send_merge(job).await?;
                Ok(Requeued::MergeSent)
            }
            NextStep::Start { .. } => {
                // In their turn: who has waited longer goes first.
                self.start_waiting(&Tenant::of(job)).await?;
                let started = self.start_if_room(job.id).await?;
                let now = self.read(job.id).await?;
                let is_started = started || now.is_some_and(|now| now.phase != job.phase);
                Ok(if is_started {
                    Requeued::Started
                } else {
                    Requeued::Nothing
                })
            }
            NextStep::BeginMerge
            | NextStep::Fail(_)
            | NextStep::AllFailed(_)
            | NextStep::Expire(_)
            | NextStep::Cancel => {
                let after = self.advance_and_send(Box::new(job.clone()), None).await?;
                Ok(if after.status.is_terminal() {
                    Requeued::Ended
                } else {
                    Requeued::MergeSent
                })
            }
            NextStep::Nothing
            | NextStep::AuditEvents
            | NextStep::Forget
            | NextStep::Wait { .. }
            | NextStep::Warn(_) => Ok(Requeued::Nothing),
        }
    }
}
