//! Deleting a job with all that hangs on it, and a company with all its jobs (`company`).
//!
//! A job is first discarded: one conditional write after which no door shows it. Then its objects, events and details go,
//! and the record last, so that whatever dies on the way leaves a record that `sweep` finds due. A worker that lost its
//! lease, or a request that read the job a moment earlier, may still write something afterwards: the deletion is made a
//! second time, when none of them can be alive.

mod company;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::company::Companies;
use crate::engine::Engine;
use crate::export::Exports;
use crate::ids::JobId;
use crate::job::Job;
use crate::moves;
use crate::plan::prefixes;
use crate::ports::{EventLog, PortResult};
use crate::step::Applied;
use crate::time::Time;

/// After this long nobody is alive who knew the job before it was deleted: a function runs for 300 s at most. The rest is
/// for clocks that differ.
pub const LATE_WRITES: Duration = Duration::from_secs(10 * 60);

/// Keys that the store lists and deletes at a time.
const PAGE: usize = 1_000;

/// A deletion that is to be made once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repeat {
    /// When.
    pub at: Time,
    /// Of this job.
    pub job: JobId,
}

/// The deletion of a company that is not at its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dissolution {
    /// The company.
    pub company: String,
    /// Who wanted it.
    pub by: String,
    /// When. From here on nobody is let into the company.
    pub at: Time,
}

/// What is being deleted.
#[async_trait]
pub trait Deletions: Send + Sync {
    /// Puts down that a job's deletion is to be made once more.
    async fn put_repeat(&self, repeat: Repeat) -> PortResult<()>;
    /// Those whose time has come at `now`, the oldest first, at most `limit`, read consistently.
    async fn repeats(&self, now: Time, limit: usize) -> PortResult<Vec<Repeat>>;
    /// One of them was made.
    async fn end_repeat(&self, repeat: Repeat) -> PortResult<()>;
    /// Puts down that a company is to be deleted; what was put down first stands.
    async fn put_dissolution(&self, dissolution: &Dissolution) -> PortResult<()>;
    /// Companies that are being deleted, at most `limit`, read consistently.
    async fn dissolutions(&self, limit: usize) -> PortResult<Vec<Dissolution>>;
    /// Nothing is left of this company.
    async fn end_dissolution(&self, company: &str) -> PortResult<()>;
}

/// What became of the wish to delete a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Erased {
    /// It is gone.
    Yes,
    /// It is not over, or is not any more; the record as it stands.
    Open(Box<Job>),
    /// Somebody else has deleted it.
    Gone,
}

/// Deletes jobs, and companies with all of theirs.
#[derive(Clone)]
pub struct Eraser {
    /// Where jobs are.
    pub engine: Engine,
    /// Their events.
    pub events: Arc<dyn EventLog>,
    /// What is not at its end.
    pub deletions: Arc<dyn Deletions>,
    /// Who is in which company.
    pub companies: Arc<dyn Companies>,
    /// What companies take along.
    pub exports: Arc<dyn Exports>,
}

impl Eraser {
    /// Deletes a job that is over, with all that hangs on it. Of this, a retry and a further deletion at the same moment
    /// one wins.
    pub async fn erase(&self, job: &Job) -> PortResult<Erased> {
        if !job.status.is_terminal() {
            return Ok(Erased::Open(Box::new(job.clone())));
        }
        let now = self.engine.clock.now();
        // Before the job is discarded: put down in vain it is crossed out again, put down too late it may be missing.
        let repeat = Repeat {
            at: now.plus(LATE_WRITES),
            job: job.id,
        };
        self.deletions.put_repeat(repeat).await?;
        match self
            .engine
            .apply(job.id, &moves::discard(job.attempt, now))
            .await?
        {
            Applied::Yes(_) => {}
            Applied::Refused(current) if !current.is_gone(now) => return Ok(Erased::Open(current)),
            Applied::Refused(_) | Applied::Unknown => return Ok(Erased::Gone),
        }
        self.forget(job.id).await?;
        Ok(Erased::Yes)
    }

    /// Deletes everything of a job that was discarded, or whose retention is over. The record goes last: until then the
    /// job stays due. `false` where the record says that the job is to be kept.
    pub(crate) async fn forget(&self, id: JobId) -> PortResult<bool> {
        let engine = &self.engine;
        for prefix in prefixes(id) {
            self.forget_objects(&prefix).await?;
        }
        self.events.forget(id).await?;
        engine.details.forget(id).await?;
        engine.jobs.forget(id, engine.clock.now()).await
    }

    /// Deletes every object whose key begins so.
    pub(crate) async fn forget_objects(&self, prefix: &str) -> PortResult<()> {
        loop {
            let keys = self.engine.blobs.keys(prefix, "", PAGE).await?;
            if keys.is_empty() {
                return Ok(());
            }
            self.engine.blobs.delete(&keys).await?;
            if keys.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Makes a deletion once more, unless the job was kept after all.
    pub(crate) async fn repeat(&self, repeat: Repeat) -> PortResult<()> {
        let job = self.engine.read(repeat.job).await?;
        let now = self.engine.clock.now();
        if job.is_none_or(|job| job.is_gone(now)) {
            self.forget(repeat.job).await?;
        }
        self.deletions.end_repeat(repeat).await
    }
}
