//! What comes next after a record changed, asked of [`crate::next`].

use super::Engine;
use super::usage::Account;
use crate::codes;
use crate::ids::JobId;
use crate::job::{Job, Notice, Phase, Slot, Status};
use crate::moves;
use crate::next::{NextStep, next_step};
use crate::ports::PortResult;
use crate::step::{Applied, Step};
use crate::usage::Usage;

/// What is left to do for whoever asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Advanced {
    /// Nothing: the job ended or others are at it.
    Rest(Box<Job>),
    /// The result is to be made.
    Merge(Box<Job>),
}

impl Engine {
    /// Makes the step that `job`, just read or written, is due for, short of sending messages. `sends`: whether the
    /// caller hands a due merge to the queue, a request that belongs to the account of the step.
    pub(super) async fn advance(
        &self,
        job: Box<Job>,
        account: Option<&Account<'_>>,
        sends: bool,
    ) -> PortResult<Advanced> {
        let now = self.clock.now();
        match next_step(&job, now, &self.timing) {
            NextStep::BeginMerge => {
                let stage = self.pipeline(&job)?.spec().stages.merging();
                let mut usage =
                    account.map_or_else(Usage::default, |account| account.up_to("dynamodb.update"));
                usage.count_times("sqs.send", u64::from(sends && account.is_some()));
                let applied = self
                    .apply(job.id, &moves::begin_merge(job.attempt, now, stage, usage))
                    .await?;
                if let Some(account) = account {
                    account.recorded();
                }
                match applied {
                    Applied::Yes(job) => Ok(Advanced::Merge(job)),
                    Applied::Refused(current) => Ok(merge_or_rest(current, job.attempt)),
                    Applied::Unknown => Ok(Advanced::Rest(job)),
                }
            }
            NextStep::AllFailed(code) => {
                let error = self.common_failure(&job, code).await?;
                self.end_failed(job, error, account).await
            }
            NextStep::Fail(error) => self.end_failed(job, error, account).await,
            NextStep::Expire(error) => self.end(job, &moves::expire(now, error)).await,
            NextStep::Cancel => {
                let step = moves::cancelled(job.attempt, now);
                self.end(job, &step).await
            }
            NextStep::Nothing
            | NextStep::AuditEvents
            | NextStep::Forget
            | NextStep::Start { .. }
            | NextStep::Wait { .. }
            | NextStep::SendPlan { .. }
            | NextStep::SendMerge { .. }
            | NextStep::Warn(_) => {
                let attempt = job.attempt;
                Ok(merge_or_rest(job, attempt))
            }
        }
    }

    /// As [`Engine::advance`], and hands a due merge to the queue.
    pub(crate) async fn advance_and_send(
        &self,
        job: Box<Job>,
        account: Option<&Account<'_>>,
    ) -> PortResult<Box<Job>> {
        match self.advance(job, account, true).await? {
            Advanced::Rest(job) => Ok(job),
            Advanced::Merge(job) => {
                let now = self.clock.now();
                let live = job
                    .leases
                    .get(&Slot::Merge)
                    .is_some_and(|lease| lease.is_live(now));
                if !live {
                    self.send_merge(&job).await?;
                }
                Ok(job)
            }
        }
    }

    /// Ends the attempt with `error`.
    pub(super) async fn end_failed(
        &self,
        job: Box<Job>,
        error: Notice,
        account: Option<&Account<'_>>,
    ) -> PortResult<Advanced> {
        let usage = account.map_or_else(Usage::default, |account| account.up_to("dynamodb.transact"));
        let step = moves::fail(job.attempt, self.clock.now(), error, usage);
        let ended = self.end(job, &step).await?;
        if let Some(account) = account {
            account.recorded();
        }
        // Refused by a cancel that came first: then that is what the job ends with.
        match ended {
            Advanced::Rest(job) if !job.status.is_terminal() && job.cancel_requested_at.is_some() => {
                self.end_cancelled(job).await
            }
            other => Ok(other),
        }
    }

    async fn end_cancelled(&self, job: Box<Job>) -> PortResult<Advanced> {
        let now = self.clock.now();
        if job.is_held(now) {
            return Ok(Advanced::Rest(job));
        }
        let step = moves::cancelled(job.attempt, now);
        self.end(job, &step).await
    }

    async fn end(&self, job: Box<Job>, step: &Step) -> PortResult<Advanced> {
        Ok(match self.finish(&job, step).await? {
            Applied::Yes(job) | Applied::Refused(job) => Advanced::Rest(job),
            Applied::Unknown => Advanced::Rest(job),
        })
    }

    /// The sentence of the failure that every chunk shares.
    async fn common_failure(&self, job: &Job, code: Option<String>) -> PortResult<Notice> {
        let Some(code) = code else {
            return Ok(codes::all_chunks_failed());
        };
        let details = self.details.details(job.id).await?;
        let first = job.failed.keys().next().and_then(|n| details.failures.get(n));
        let message = first.map_or(codes::message_of(&code), |detail| detail.message.as_str());
        Ok(Notice::new(code.clone(), message))
    }

    /// The record, read consistently, for whoever must decide anew.
    pub async fn read(&self, id: JobId) -> PortResult<Option<Box<Job>>> {
        Ok(self.jobs.get(id).await?.map(Box::new))
    }

    /// The same, unless it was deleted.
    pub(crate) async fn kept(&self, id: JobId) -> PortResult<Option<Box<Job>>> {
        let job = self.read(id).await?;
        let now = self.clock.now();
        Ok(job.filter(|job| !job.is_gone(now)))
    }
}

/// Whoever finds the job merging sends `Merge` again: the one who moved it there may have died before sending.
fn merge_or_rest(job: Box<Job>, attempt: u32) -> Advanced {
    let merging = job.status == Status::Processing
        && job.phase == Phase::Merging
        && job.attempt == attempt
        && job.cancel_requested_at.is_none();
    if merging {
        Advanced::Merge(job)
    } else {
        Advanced::Rest(job)
    }
}
