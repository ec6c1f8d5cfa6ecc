//! The `Plan` message: makes the plan, or sends its open chunks again.

use async_trait::async_trait;
use bytes::Bytes;

use super::Engine;
use super::claims::Claimed;
use super::handle::Verdict;
use super::hold::{Ended, Held};
use super::usage::Account;
use crate::codes;
use crate::ids::{JobId, sha256_hex};
use crate::job::{Job, Notice, Phase, Slot, Status};
use crate::message::Message;
use crate::moves::{self, open_chunks};
use crate::pipeline::{Outcome, PlanRequest, Planned, Sources};
use crate::plan::{Plan, inputs_key, plan_key, upload_key};
use crate::ports::{BlobStore, Fetched, FileDetail, PortError, PortResult};
use crate::step::Applied;

/// Messages that a queue takes in one request.
const MESSAGES_PER_SEND: u64 = 10;

/// A plan of 500 chunks with their labels and a summary is far below this.
const MAX_PLAN_BYTES: u64 = 4 << 20;

impl Engine {
    pub(super) async fn handle_plan(
        &self,
        id: JobId,
        attempt: u32,
        account: &Account<'_>,
    ) -> PortResult<Verdict> {
        let Some(job) = self.read(id).await? else {
            return Ok(Verdict::UNKNOWN_JOB);
        };
        if job.attempt != attempt || job.status.is_terminal() || job.status == Status::AwaitingUpload {
            return Ok(Verdict::STALE);
        }
        let now = self.clock.now();
        let claim = self.new_claim(attempt, Slot::Plan);
        let step = match (job.status, job.phase) {
            _ if job.cancel_requested_at.is_some() => {
                self.advance_and_send(job, Some(account)).await?;
                return Ok(Verdict::WORKED);
            }
            (Status::Queued, _) => {
                let spec = self.pipeline(&job)?.spec();
                let mut timing = self.timing.clone();
                timing.deadline = spec
                    .deadline
                    .map_or(timing.deadline, |own| own.min(timing.deadline));
                moves::claim_queued(&claim, now, &timing, spec.stages.planning())
            }
            (_, Phase::Waiting | Phase::Planning) => moves::claim(&claim, now, &self.timing),
            (_, Phase::Chunks | Phase::Merging) => return self.distribute(job, None, account).await,
        };
        match self.try_claim(id, claim, &step).await? {
            Claimed::Held(job, claim) => {
                let stages = self.pipeline(&job)?.spec().stages;
                let held = Held::new(self, &job, claim, stages);
                self.plan_held(job, &held, account).await
            }
            Claimed::Settled(job) => self.distribute(job, None, account).await,
            Claimed::Spent(job) => {
                self.end_failed(job, codes::worker_died(), Some(account)).await?;
                Ok(Verdict::WORKED)
            }
            other => Ok(other.verdict()),
        }
    }

    async fn plan_held(&self, job: Box<Job>, held: &Held<'_>, account: &Account<'_>) -> PortResult<Verdict> {
        let made = match held.run(self.make_plan(&job, held)).await {
            Ended::Outcome(outcome) => outcome,
            Ended::Lost => Outcome::Cancelled,
        };
        match made {
            Outcome::Done(plan) => {
                let stage = self.pipeline(&job)?.spec().stages.working();
                let mut usage = account.up_to("dynamodb.update");
                if plan.total() > 1 {
                    // The chunk messages that follow this write belong to its account.
                    usage.count_times("sqs.send", u64::from(plan.total()).div_ceil(MESSAGES_PER_SEND));
                }
                let step = moves::planned(
                    &held.claim,
                    self.clock.now(),
                    plan.total(),
                    stage,
                    plan.warnings.clone(),
                    usage,
                );
                let applied = self.apply(job.id, &step).await?;
                account.recorded();
                match applied {
                    Applied::Yes(job) | Applied::Refused(job) => {
                        self.distribute(job, Some(plan), account).await
                    }
                    Applied::Unknown => Ok(Verdict::UNKNOWN_JOB),
                }
            }
            Outcome::Fail(error) => {
                self.end_failed(job, error, Some(account)).await?;
                Ok(Verdict::WORKED)
            }
            Outcome::Retry { code, .. } if held.tries_are_spent() => {
                let error = Notice::new(code.clone(), codes::message_of(&code));
                self.end_failed(job, error, Some(account)).await?;
                Ok(Verdict::WORKED)
            }
            Outcome::Retry { code, after } => Ok(Verdict::Redeliver {
                after: held.rest(&code, after, account).await?,
            }),
            Outcome::Cancelled => self.give_back(held, account).await,
        }
    }

    /// The stored plan, if an earlier try or attempt made one; else a new one, stored.
    async fn make_plan(&self, job: &Job, held: &Held<'_>) -> Outcome<Plan> {
        if held.tries > 1 || job.attempt > 1 {
            match self.stored_plan(job.id).await {
                Ok(Some(plan)) => return Outcome::Done(plan),
                Ok(None) => {}
                Err(error) => return error.into(),
            }
        }
        let request = match self.details.details(job.id).await {
            Ok(details) => details.request,
            Err(error) => return error.into(),
        };
        let pipeline = match self.pipeline(job) {
            Ok(pipeline) => pipeline,
            Err(error) => return error.into(),
        };
        let sources = BlobSources {
            job: job.id,
            files: &request.files,
            blobs: self.blobs.as_ref(),
        };
        let plan_request = PlanRequest {
            job_id: job.id,
            kind: job.kind.as_deref(),
            settings: &request.settings,
            sources: &sources,
        };
        let planned = match pipeline.plan(plan_request, held).await {
            Outcome::Done(planned) => planned,
            Outcome::Retry { code, after } => return Outcome::Retry { code, after },
            Outcome::Fail(error) => return Outcome::Fail(error),
            Outcome::Cancelled => return Outcome::Cancelled,
        };
        match self.store_plan(job, held, planned).await {
            Ok(outcome) => outcome,
            Err(error) => error.into(),
        }
    }

    async fn store_plan(&self, job: &Job, held: &Held<'_>, planned: Planned) -> PortResult<Outcome<Plan>> {
        let count = planned.chunks.len();
        if count == 0 || count > Job::MAX_CHUNKS as usize {
            tracing::error!(job = %job.id, count, "a pipeline's plan must have 1 to 500 chunks");
            return Ok(Outcome::fail(
                codes::INTERNAL_ERROR,
                codes::message_of(codes::INTERNAL_ERROR),
            ));
        }
        let stages = self.pipeline(job)?.spec().stages;
        if stages.chunks > 2 {
            // The stage just before the chunks: the user learns their number as soon as it is known.
            let index = stages.chunks - 1;
            held.show(index, stages.stages[index].percent, u32::try_from(count).ok())
                .await?;
        }
        let (plan, inputs) = Plan::lay_out(&planned);
        // The plan comes last: where it is, the inputs are.
        self.blobs
            .put(
                &inputs_key(job.id),
                "application/octet-stream",
                Bytes::from(inputs),
            )
            .await?;
        let text = serde_json::to_vec(&plan).map_err(|error| PortError::Broken(error.to_string()))?;
        self.blobs
            .put(&plan_key(job.id), "application/json", Bytes::from(text))
            .await?;
        Ok(Outcome::Done(plan))
    }

    /// The plan as it was stored.
    pub(super) async fn stored_plan(&self, id: JobId) -> PortResult<Option<Plan>> {
        match self.blobs.get(&plan_key(id), None, MAX_PLAN_BYTES).await? {
            Fetched::Found(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| PortError::Broken(format!("stored plan of {id}: {error}"))),
            _ => Ok(None),
        }
    }

    /// Sends a `Chunk` for every open chunk; a plan of one chunk is worked off right here.
    async fn distribute(
        &self,
        job: Box<Job>,
        plan: Option<Plan>,
        account: &Account<'_>,
    ) -> PortResult<Verdict> {
        let open = open_chunks(&job, self.clock.now());
        let working = job.status == Status::Processing && job.phase == Phase::Chunks;
        if !working || open.is_empty() || job.cancel_requested_at.is_some() {
            self.advance_and_send(job, Some(account)).await?;
            return Ok(Verdict::WORKED);
        }
        let plan = match plan {
            Some(plan) => plan,
            None => self
                .stored_plan(job.id)
                .await?
                .ok_or_else(|| PortError::Broken(format!("plan of {} is gone", job.id)))?,
        };
        let messages: Vec<Message> = open
            .iter()
            .filter_map(|n| plan.chunks.get(*n as usize).map(|chunk| (*n, chunk.input)))
            .map(|(n, input)| Message::Chunk {
                job: job.id,
                attempt: job.attempt,
                n,
                input,
            })
            .collect();
        if let ([Message::Chunk { n, input, .. }], 1) = (&messages[..], plan.total()) {
            return self.single_chunk(&job, *n, *input, account).await;
        }
        self.send(&job, &messages).await?;
        Ok(Verdict::WORKED)
    }

    /// A job that is not ours any more: let go, and see whether that was the last hold on a cancelled one.
    pub(super) async fn give_back(&self, held: &Held<'_>, account: &Account<'_>) -> PortResult<Verdict> {
        if let Some(job) = held.release(account).await? {
            if job.cancel_requested_at.is_none() && !job.status.is_terminal() {
                return Ok(Verdict::Redeliver {
                    after: self.timing.renew,
                });
            }
            self.advance_and_send(job, Some(account)).await?;
        }
        Ok(Verdict::WORKED)
    }
}

struct BlobSources<'a> {
    job: JobId,
    files: &'a [FileDetail],
    blobs: &'a dyn BlobStore,
}

#[async_trait]
impl Sources for BlobSources<'_> {
    fn files(&self) -> &[FileDetail] {
        self.files
    }

    async fn read(&self, index: usize, limit: u64) -> Outcome<Bytes> {
        let Some(file) = self.files.get(index) else {
            return Outcome::fail(
                "SOURCE_GONE",
                "The uploaded file is no longer there. Please upload it again.",
            );
        };
        read_source(self.blobs, self.job, index, file, limit).await
    }
}

/// The bytes of an uploaded file, if they are those that `file` tells of.
pub(super) async fn read_source(
    blobs: &dyn BlobStore,
    job: JobId,
    index: usize,
    file: &FileDetail,
    limit: u64,
) -> Outcome<Bytes> {
    match blobs
        .get(&upload_key(job, index), file.etag.as_deref(), limit)
        .await
    {
        Ok(Fetched::Found(bytes)) => {
            let expected = file.sha256.as_deref();
            if expected.is_some_and(|expected| !expected.eq_ignore_ascii_case(&sha256_hex(&bytes))) {
                return Outcome::fail(
                    "CHECKSUM_MISMATCH",
                    "The uploaded file is not the one that was announced. Please upload it again.",
                );
            }
            Outcome::Done(bytes)
        }
        Ok(Fetched::Missing) => Outcome::fail(
            "SOURCE_GONE",
            "The uploaded file is no longer there. Please upload it again.",
        ),
        Ok(Fetched::Changed) => Outcome::fail(
            "SOURCE_CHANGED",
            "The uploaded file was replaced after the job was started. Please upload it again.",
        ),
        Ok(Fetched::TooLarge) => Outcome::fail(
            "FILE_TOO_LARGE",
            "The uploaded file is larger than this pipeline accepts.",
        ),
        Err(error) => error.into(),
    }
}
