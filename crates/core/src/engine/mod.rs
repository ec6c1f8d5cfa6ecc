//! The engine: works on messages and moves jobs on.
//!
//! [`Engine::handle`] is the door of the worker. A piece of work is claimed (`claims`), held while a pipeline works on
//! it (`hold`), which may ask others who are paid (`asking`), and recorded (`planning`, `chunks`, `merging`); `advance` asks [`crate::next`] what comes then.

mod admission;
mod advance;
mod asking;
mod chunks;
mod claims;
mod handle;
mod hold;
mod merging;
mod planning;
mod requeue;
mod usage;

use std::sync::Arc;

pub use handle::{Handled, Verdict};
pub use requeue::Requeued;

use crate::ids::JobId;
use crate::job::Job;
use crate::message::Message;
use crate::model::Providers;
use crate::pipeline::{Pipeline, Registry};
use crate::ports::{
    BlobStore, Clock, DetailStore, Entropy, JobStore, Meter, PortError, PortResult, WorkQueue,
};
use crate::sandbox::Sandbox;
use crate::step::{Applied, Step};
use crate::timing::Timing;

/// What the engine works with.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Engine {
    pub jobs: Arc<dyn JobStore>,
    pub details: Arc<dyn DetailStore>,
    pub blobs: Arc<dyn BlobStore>,
    pub queue: Arc<dyn WorkQueue>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub meter: Arc<dyn Meter>,
    pub sandbox: Arc<dyn Sandbox>,
    pub providers: Providers,
    pub registry: Registry,
    pub timing: Timing,
    /// Memory of the function it runs in, for the bill; 0 where nobody pays.
    pub memory_mb: u64,
    /// Which of the function's instances this is, for operators: a short text without a dot.
    pub instance: String,
}

impl Engine {
    /// The pipeline of `job`.
    pub(crate) fn pipeline(&self, job: &Job) -> PortResult<&dyn Pipeline> {
        self.registry
            .get(&job.pipeline)
            .ok_or_else(|| PortError::Broken(format!("pipeline `{}` is not registered", job.pipeline)))
    }

    /// Sends messages of `job` on its queue. The company shares one place in the fair queue; a user without one has an own.
    pub(crate) async fn send(&self, job: &Job, messages: &[Message]) -> PortResult<()> {
        let tenant = job.company_id.as_deref().unwrap_or(&job.owner);
        self.queue.send(job.priority, tenant, messages).await
    }

    /// Sends the `Plan` message of the job's attempt.
    pub async fn send_plan(&self, job: &Job) -> PortResult<()> {
        self.send(
            job,
            &[Message::Plan {
                job: job.id,
                attempt: job.attempt,
            }],
        )
        .await
    }

    /// Sends the `Merge` message of the job's attempt.
    pub(crate) async fn send_merge(&self, job: &Job) -> PortResult<()> {
        self.send(
            job,
            &[Message::Merge {
                job: job.id,
                attempt: job.attempt,
            }],
        )
        .await
    }

    /// One conditional write; the record as it stands afterwards, whether it was written or refused.
    pub(crate) async fn apply(&self, id: JobId, step: &Step) -> PortResult<Applied> {
        self.jobs.apply(id, step).await
    }

    /// A random byte for jitter.
    pub(crate) fn jitter(&self) -> u8 {
        let mut byte = [0_u8; 1];
        self.entropy.fill(&mut byte);
        byte[0]
    }
}
