//! The `Chunk` message: claim, work, record.

use bytes::Bytes;

use super::Engine;
use super::advance::Advanced;
use super::claims::Claimed;
use super::handle::Verdict;
use super::hold::{Ended, Held};
use super::usage::Account;
use crate::codes;
use crate::ids::JobId;
use crate::job::{ChunkFailure, Job, Notice, Slot};
use crate::message::{Message, Span};
use crate::moves;
use crate::pipeline::Outcome;
use crate::plan::{inputs_key, output_key};
use crate::ports::{FailureDetail, PortResult};
use crate::step::Applied;
use crate::timing::MAX_TRIES;

/// What became of a chunk.
enum Recorded {
    /// It is accounted for; the record as it is now.
    Yes(Box<Job>),
    /// The message's fate is decided already.
    Verdict(Verdict),
}

impl Engine {
    pub(super) async fn handle_chunk(
        &self,
        id: JobId,
        attempt: u32,
        n: u32,
        input: Span,
        account: &Account<'_>,
    ) -> PortResult<Verdict> {
        match self.work_chunk(id, attempt, n, input, account).await? {
            Recorded::Verdict(verdict) => Ok(verdict),
            Recorded::Yes(job) => {
                self.advance_and_send(job, Some(account)).await?;
                Ok(Verdict::WORKED)
            }
        }
    }

    /// The only chunk of a plan, in the invocation that made the plan: the same claim, work, record and merge.
    pub(super) async fn single_chunk(
        &self,
        job: &Job,
        n: u32,
        input: Span,
        account: &Account<'_>,
    ) -> PortResult<Verdict> {
        let recorded = match self.work_chunk(job.id, job.attempt, n, input, account).await? {
            Recorded::Verdict(Verdict::Redeliver { .. }) => {
                self.send(
                    job,
                    &[Message::Chunk {
                        job: job.id,
                        attempt: job.attempt,
                        n,
                        input,
                    }],
                )
                .await?;
                return Ok(Verdict::WORKED);
            }
            Recorded::Verdict(verdict) => return Ok(verdict),
            Recorded::Yes(job) => job,
        };
        match self.advance(recorded, Some(account), false).await? {
            Advanced::Rest(_) => Ok(Verdict::WORKED),
            Advanced::Merge(job) => match self.handle_merge(job.id, job.attempt, account).await? {
                Verdict::Redeliver { .. } => {
                    self.send_merge(&job).await?;
                    Ok(Verdict::WORKED)
                }
                verdict => Ok(verdict),
            },
        }
    }

    async fn work_chunk(
        &self,
        id: JobId,
        attempt: u32,
        n: u32,
        input: Span,
        account: &Account<'_>,
    ) -> PortResult<Recorded> {
        match self.claim(id, attempt, Slot::Chunk(n)).await? {
            Claimed::Held(job, claim) => {
                let stages = self.pipeline(&job)?.spec().stages;
                let held = Held::new(self, &job, claim, stages);
                self.chunk_held(job, &held, n, input, account).await
            }
            Claimed::Settled(job) => Ok(Recorded::Yes(job)),
            Claimed::Spent(job) => self.give_up(job, n, codes::WORKER_DIED).await,
            other => Ok(Recorded::Verdict(other.verdict())),
        }
    }

    async fn chunk_held(
        &self,
        job: Box<Job>,
        held: &Held<'_>,
        n: u32,
        input: Span,
        account: &Account<'_>,
    ) -> PortResult<Recorded> {
        let worked = match held.run(self.make_output(&job, held, n, input)).await {
            Ended::Outcome(outcome) => outcome,
            Ended::Lost => Outcome::Cancelled,
        };
        let failure = match worked {
            Outcome::Done(()) => {
                let usage = account.up_to("dynamodb.update");
                let step = moves::chunk_done(&held.claim, n, self.clock.now(), usage);
                return self.record(&job, n, &step, account).await;
            }
            Outcome::Retry { code, after } if !held.tries_are_spent() => {
                let after = held.rest(&code, after, account).await?;
                return Ok(Recorded::Verdict(Verdict::Redeliver { after }));
            }
            Outcome::Retry { code, .. } => Notice::new(code.clone(), codes::message_of(&code)),
            Outcome::Fail(failure) => failure,
            Outcome::Cancelled => return Ok(Recorded::Verdict(self.give_back(held, account).await?)),
        };
        self.describe_failure(&job, n, &failure.message).await?;
        let failed = ChunkFailure {
            code: failure.code,
            tries: held.tries,
        };
        let usage = account.up_to("dynamodb.update");
        let step = moves::chunk_failed(&held.claim, n, failed, self.clock.now(), usage);
        self.record(&job, n, &step, account).await
    }

    /// Makes chunk `n`'s output, unless an earlier try left it: then nothing is paid twice.
    async fn make_output(&self, job: &Job, held: &Held<'_>, n: u32, input: Span) -> Outcome<()> {
        let key = output_key(job.id, n);
        if held.tries > 1 {
            match self.blobs.head(&key).await {
                Ok(Some(_)) => return Outcome::Done(()),
                Ok(None) => {}
                Err(error) => return error.into(),
            }
        }
        let bytes = match self
            .blobs
            .get_range(&inputs_key(job.id), input.offset, input.length)
            .await
        {
            Ok(Some(bytes)) if bytes.len() as u64 == input.length => bytes,
            Ok(_) => {
                return Outcome::fail(
                    "SOURCE_GONE",
                    "The job's working copy is no longer there. Please start again.",
                );
            }
            Err(error) => return error.into(),
        };
        let output: Bytes = match self.pipeline(job) {
            Ok(pipeline) => match pipeline.process(bytes, held).await {
                Outcome::Done(output) => output,
                Outcome::Retry { code, after } => return Outcome::Retry { code, after },
                Outcome::Fail(failure) => return Outcome::Fail(failure),
                Outcome::Cancelled => return Outcome::Cancelled,
            },
            Err(error) => return error.into(),
        };
        match self.blobs.put(&key, "application/octet-stream", output).await {
            Ok(_) => Outcome::Done(()),
            Err(error) => error.into(),
        }
    }

    /// Writes down what became of chunk `n`. A refusal that shows it accounted for was our own earlier write.
    async fn record(
        &self,
        job: &Job,
        n: u32,
        step: &crate::step::Step,
        account: &Account<'_>,
    ) -> PortResult<Recorded> {
        let applied = self.apply(job.id, step).await?;
        account.recorded();
        Ok(match applied {
            Applied::Yes(job) => Recorded::Yes(job),
            Applied::Refused(current) if current.attempt == job.attempt && is_accounted(&current, n) => {
                Recorded::Yes(current)
            }
            // Another holder has the chunk now, or the job is over: this work is dropped.
            Applied::Refused(_) => Recorded::Verdict(Verdict::STALE),
            Applied::Unknown => Recorded::Verdict(Verdict::UNKNOWN_JOB),
        })
    }

    /// Records chunk `n` as failed where nobody holds it: its tries are spent, or it cannot be delivered.
    async fn give_up(&self, job: Box<Job>, n: u32, code: &str) -> PortResult<Recorded> {
        self.describe_failure(&job, n, codes::message_of(code)).await?;
        let tries = job.tries_of(Slot::Chunk(n)).min(MAX_TRIES);
        let failure = ChunkFailure {
            code: code.to_owned(),
            tries,
        };
        let step = moves::chunk_given_up(job.attempt, n, failure, self.clock.now());
        Ok(match self.apply(job.id, &step).await? {
            Applied::Yes(job) => Recorded::Yes(job),
            Applied::Refused(current) if is_accounted(&current, n) => Recorded::Yes(current),
            Applied::Refused(_) => Recorded::Verdict(Verdict::STALE),
            Applied::Unknown => Recorded::Verdict(Verdict::UNKNOWN_JOB),
        })
    }

    /// As a dead letter: chunk `n` of `job` cannot be delivered.
    pub(crate) async fn chunk_undeliverable(&self, job: Box<Job>, n: u32) -> PortResult<()> {
        if let Recorded::Yes(job) = self.give_up(job, n, codes::UNDELIVERABLE).await? {
            self.advance_and_send(job, None).await?;
        }
        Ok(())
    }

    async fn describe_failure(&self, job: &Job, n: u32, message: &str) -> PortResult<()> {
        let label = self
            .stored_plan(job.id)
            .await?
            .and_then(|plan| plan.chunks.get(n as usize).map(|chunk| chunk.label.clone()))
            .unwrap_or_else(|| format!("chunk {n}"));
        let detail = FailureDetail {
            label,
            message: message.to_owned(),
        };
        self.details.put_failure(job.id, n, &detail, job.expires_at).await
    }
}

fn is_accounted(job: &Job, n: u32) -> bool {
    job.done.contains(&n) || job.failed.contains_key(&n)
}
