//! Jobs whose next step is overdue.

use std::time::Duration;

use futures::{StreamExt, stream};

use super::{Sweep, Swept};
use crate::ids::JobId;
use crate::job::Status;
use crate::moves;
use crate::next::{NextStep, next_step};
use crate::ports::PortResult;
use crate::step::Applied;
use crate::time::Time;

/// Shards of the `due` index.
const SHARDS: u8 = 16;

/// Jobs taken from one shard in one sweep; the rest is due a minute later as well.
const JOBS_PER_SHARD: usize = 250;

/// Jobs dealt with at the same time.
const PARALLEL_JOBS: usize = 8;

/// What was done for one job.
enum Did {
    Nothing,
    Sent,
    Ended,
    Warned,
    Filled(usize),
    Forgotten,
}

impl Sweep {
    pub(super) async fn due_jobs(&self, ahead: Duration, swept: &mut Swept) {
        let until = self.engine.clock.now().plus(ahead);
        let due = stream::iter(0..SHARDS)
            .map(|shard| self.engine.jobs.due(shard, until, JOBS_PER_SHARD))
            .buffer_unordered(PARALLEL_JOBS)
            .collect::<Vec<_>>()
            .await;
        let mut ids = Vec::new();
        for shard in due {
            match shard {
                Ok(found) => ids.extend(found),
                Err(error) => {
                    tracing::error!(%error, "shard not read");
                    swept.errors += 1;
                }
            }
        }
        let results = stream::iter(ids)
            .map(|id| async move { (id, self.look_at(id).await) })
            .buffer_unordered(PARALLEL_JOBS)
            .collect::<Vec<_>>()
            .await;
        for (job, result) in results {
            swept.looked_at += 1;
            match result {
                Ok(Did::Nothing) => {}
                Ok(Did::Sent) => swept.messages_sent += 1,
                Ok(Did::Ended) => swept.ended += 1,
                Ok(Did::Warned) => swept.warned += 1,
                Ok(Did::Filled(gaps)) => swept.gaps += gaps,
                Ok(Did::Forgotten) => swept.forgotten += 1,
                Err(error) => {
                    tracing::error!(%job, %error, "job not swept");
                    swept.errors += 1;
                }
            }
        }
    }

    async fn look_at(&self, id: JobId) -> PortResult<Did> {
        let engine = &self.engine;
        let Some(job) = engine.read(id).await? else {
            return Ok(Did::Nothing);
        };
        let now = engine.clock.now();
        let (status, attempt) = (job.status, job.attempt);
        match next_step(&job, now, &engine.timing) {
            NextStep::Nothing => Ok(Did::Nothing),
            NextStep::AuditEvents => self.fill_gaps(&job).await.map(Did::Filled),
            NextStep::Forget => Ok(if self.eraser.forget(id).await? {
                Did::Forgotten
            } else {
                Did::Nothing
            }),
            NextStep::Start { look_again } => {
                // Before, so that what a start says of its own next look stands.
                self.look_again(id, status, attempt, look_again).await?;
                let started = self.start_waiting(&job).await?;
                Ok(if started { Did::Sent } else { Did::Nothing })
            }
            NextStep::Wait { until } => {
                self.look_again(id, status, attempt, until).await?;
                Ok(Did::Nothing)
            }
            NextStep::SendPlan { look_again } => {
                engine.send_plan(&job).await?;
                self.look_again(id, status, attempt, look_again).await?;
                Ok(Did::Sent)
            }
            NextStep::SendMerge { look_again } => {
                engine.send_merge(&job).await?;
                self.look_again(id, status, attempt, look_again).await?;
                Ok(Did::Sent)
            }
            NextStep::Warn(warning) => {
                let applied = engine
                    .apply(id, &moves::warn_deadline(attempt, now, warning))
                    .await?;
                Ok(if matches!(applied, Applied::Yes(_)) {
                    Did::Warned
                } else {
                    Did::Nothing
                })
            }
            NextStep::BeginMerge => {
                let job = engine.advance_and_send(job, None).await?;
                self.look_again(id, job.status, job.attempt, moves::next_look(now))
                    .await?;
                Ok(Did::Sent)
            }
            NextStep::Fail(_) | NextStep::AllFailed(_) | NextStep::Expire(_) | NextStep::Cancel => {
                let job = engine.advance_and_send(job, None).await?;
                Ok(if job.status.is_terminal() {
                    Did::Ended
                } else {
                    Did::Nothing
                })
            }
        }
    }

    /// While a job is processing it is looked at once a minute, so that a worker's death is seen within one.
    async fn look_again(&self, id: JobId, status: Status, attempt: u32, at: Time) -> PortResult<()> {
        self.engine
            .apply(id, &moves::look_again(status, attempt, at))
            .await
            .map(|_| ())
    }
}
