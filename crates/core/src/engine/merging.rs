//! The `Merge` message: streams the outputs in order, stores the result, ends the job.

use futures::{StreamExt, TryStreamExt, stream};

use super::Engine;
use super::claims::Claimed;
use super::handle::Verdict;
use super::hold::{Ended, Held};
use super::usage::Account;
use crate::codes;
use crate::ids::JobId;
use crate::job::{Completeness, Job, Notice, ResultRef, Slot};
use crate::moves;
use crate::pipeline::{Format, MergeRequest, Merged, Outcome};
use crate::plan::{output_key, result_key};
use crate::ports::{Fetched, PortError, PortResult};
use crate::step::Applied;
use crate::view::failed_chunks;

/// Outputs fetched ahead of the one being merged.
const READ_AHEAD: usize = 8;

/// Result files stored at the same time.
const WRITE_AHEAD: usize = 4;

/// Largest output of one chunk.
const MAX_OUTPUT_BYTES: u64 = 64 << 20;

impl Engine {
    pub(super) async fn handle_merge(
        &self,
        id: JobId,
        attempt: u32,
        account: &Account<'_>,
    ) -> PortResult<Verdict> {
        match self.claim(id, attempt, Slot::Merge).await? {
            Claimed::Held(job, claim) => {
                let stages = self.pipeline(&job)?.spec().stages;
                let held = Held::new(self, &job, claim, stages);
                self.merge_held(job, &held, account).await
            }
            Claimed::Settled(job) => {
                self.advance_and_send(job, Some(account)).await?;
                Ok(Verdict::WORKED)
            }
            Claimed::Spent(job) => {
                self.end_failed(job, codes::worker_died(), Some(account)).await?;
                Ok(Verdict::WORKED)
            }
            other => Ok(other.verdict()),
        }
    }

    async fn merge_held(&self, job: Box<Job>, held: &Held<'_>, account: &Account<'_>) -> PortResult<Verdict> {
        let merged = match held.run(self.make_result(&job, held)).await {
            Ended::Outcome(outcome) => outcome,
            Ended::Lost => Outcome::Cancelled,
        };
        let error = match merged {
            Outcome::Done((result, warnings)) => {
                return self.complete(&job, held, result, warnings, account).await;
            }
            Outcome::Retry { code, after } if !held.tries_are_spent() => {
                return Ok(Verdict::Redeliver {
                    after: held.rest(&code, after, account).await?,
                });
            }
            Outcome::Retry { code, .. } => Notice::new(code.clone(), codes::message_of(&code)),
            Outcome::Fail(error) => error,
            Outcome::Cancelled => return self.give_back(held, account).await,
        };
        self.end_failed(job, error, Some(account)).await?;
        Ok(Verdict::WORKED)
    }

    async fn complete(
        &self,
        job: &Job,
        held: &Held<'_>,
        result: ResultRef,
        warnings: Vec<Notice>,
        account: &Account<'_>,
    ) -> PortResult<Verdict> {
        let outcome = if job.failed.is_empty() {
            Completeness::Complete
        } else {
            Completeness::Partial
        };
        let usage = account.up_to("dynamodb.transact");
        let step = moves::complete(&held.claim, self.clock.now(), outcome, result, warnings, usage);
        let applied = self.finish(job, &step).await?;
        account.recorded();
        match applied {
            // Cancelled while the result was made: the cancel stands.
            Applied::Refused(current) if !current.status.is_terminal() => self.give_back(held, account).await,
            Applied::Yes(_) | Applied::Refused(_) => Ok(Verdict::WORKED),
            Applied::Unknown => Ok(Verdict::UNKNOWN_JOB),
        }
    }

    async fn make_result(&self, job: &Job, held: &Held<'_>) -> Outcome<(ResultRef, Vec<Notice>)> {
        let merged = match self.merge_outputs(job, held).await {
            Ok(Outcome::Done(merged)) => merged,
            Ok(Outcome::Retry { code, after }) => return Outcome::Retry { code, after },
            Ok(Outcome::Fail(error)) => return Outcome::Fail(error),
            Ok(Outcome::Cancelled) => return Outcome::Cancelled,
            Err(error) => return error.into(),
        };
        match self.store_result(job, held, merged).await {
            Ok(stored) => Outcome::Done(stored),
            Err(error) => error.into(),
        }
    }

    async fn merge_outputs(&self, job: &Job, held: &Held<'_>) -> PortResult<Outcome<Merged>> {
        let pipeline = self.pipeline(job)?;
        let plan = self
            .stored_plan(job.id)
            .await?
            .ok_or_else(|| PortError::Broken(format!("plan of {} is gone", job.id)))?;
        let details = self.details.details(job.id).await?;
        let outputs = stream::iter(job.done.iter().copied())
            .map(|n| async move {
                match self
                    .blobs
                    .get(&output_key(job.id, n), None, MAX_OUTPUT_BYTES)
                    .await?
                {
                    Fetched::Found(bytes) => Ok((n, bytes)),
                    other => Err(PortError::Broken(format!("output {n} of {}: {other:?}", job.id))),
                }
            })
            .buffered(READ_AHEAD)
            .boxed();
        let request = MergeRequest {
            job_id: job.id,
            kind: job.kind.as_deref(),
            settings: &details.request.settings,
            summary: &plan.summary,
            files: &details.request.files,
            failed: failed_chunks(job, &details, usize::MAX),
            outputs,
        };
        Ok(pipeline.merge(request, held).await)
    }

    async fn store_result(
        &self,
        job: &Job,
        held: &Held<'_>,
        merged: Merged,
    ) -> PortResult<(ResultRef, Vec<Notice>)> {
        let spec = self.pipeline(job)?.spec();
        let saving = spec.stages.merging + 1;
        if let Some(stage) = spec.stages.stages[..spec.stages.stages.len().saturating_sub(1)].get(saving) {
            held.show(saving, stage.percent, None).await?;
        }
        let mut result = ResultRef {
            attempt: job.attempt,
            ..ResultRef::default()
        };
        for file in &merged.files {
            let parts = result.formats.entry(file.format.to_owned()).or_default();
            *parts = (*parts).max(file.part);
        }
        stream::iter(merged.files)
            .map(|file| async move {
                let format: Option<&Format> = spec.formats.iter().find(|known| known.name == file.format);
                let content_type = format.map_or("application/octet-stream", |format| format.content_type);
                let key = result_key(job.id, job.attempt, file.format, file.part);
                self.blobs.put(&key, content_type, file.bytes).await
            })
            .buffer_unordered(WRITE_AHEAD)
            .try_for_each(|_| async { Ok(()) })
            .await?;
        Ok((result, merged.warnings))
    }
}
