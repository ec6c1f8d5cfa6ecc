//! Jobs of the whole installation that are open or failed, by an index that has no others.

use async_trait::async_trait;
use serde::Serialize;

use crate::ids::JobId;
use crate::job::{Job, Phase, Priority, Status};
use crate::ports::{ListCursor, PortResult};
use crate::time::Time;

/// Partitions of each list of the index, by job.
pub const BOARD_SHARDS: u8 = 4;

/// The two lists of the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoardList {
    /// Jobs that have not ended.
    #[default]
    Open,
    /// Jobs that failed and are still kept.
    Failed,
}

impl BoardList {
    /// The list that a job of `status` stands on.
    pub const fn of(status: Status) -> Option<Self> {
        match status {
            Status::AwaitingUpload | Status::Queued | Status::Processing => Some(Self::Open),
            Status::Failed => Some(Self::Failed),
            Status::Completed | Status::Cancelled | Status::Expired => None,
        }
    }

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Failed => "failed",
        }
    }
}

/// Which jobs are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardQuery {
    /// From which list.
    pub list: BoardList,
    /// Only this status.
    pub status: Option<Status>,
    /// Only this pipeline.
    pub pipeline: Option<String>,
}

/// A job as the board knows it: neither files nor settings nor results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardEntry {
    /// The job.
    pub job_id: JobId,
    /// Its pipeline.
    pub pipeline: String,
    /// Variety of the pipeline.
    pub kind: Option<String>,
    /// Whose it is.
    pub owner: String,
    /// The company it was made in.
    pub company_id: Option<String>,
    /// Its queue.
    pub priority: Priority,
    /// See [`Status`].
    pub status: Status,
    /// See [`Phase`].
    pub phase: Phase,
    /// Run number.
    pub attempt: u32,
    /// Chunks, once planned.
    pub total_chunks: Option<u32>,
    /// Why it failed.
    pub error_code: Option<String>,
    /// Creation.
    pub created_at: Time,
    /// When this attempt was queued.
    pub queued_at: Option<Time>,
    /// First claim of this attempt.
    pub started_at: Option<Time>,
    /// End of this attempt.
    pub completed_at: Option<Time>,
    /// Set once a cancel was accepted.
    pub cancel_requested_at: Option<Time>,
    /// End of retention.
    #[serde(skip)]
    pub expires_at: Time,
}

impl BoardEntry {
    /// The entry of a record.
    pub fn of(job: &Job) -> Self {
        Self {
            job_id: job.id,
            pipeline: job.pipeline.clone(),
            kind: job.kind.clone(),
            owner: job.owner.clone(),
            company_id: job.company_id.clone(),
            priority: job.priority,
            status: job.status,
            phase: job.phase,
            attempt: job.attempt,
            total_chunks: job.total,
            error_code: job.error.as_ref().map(|error| error.code.clone()),
            created_at: job.created_at,
            queued_at: job.queued_at,
            started_at: job.started_at,
            completed_at: job.completed_at,
            cancel_requested_at: job.cancel_requested_at,
            expires_at: job.expires_at,
        }
    }

    /// Its place in the order of the list.
    pub fn cursor(&self) -> ListCursor {
        ListCursor {
            created_at_ms: self.created_at.ms(),
            job_id: self.job_id,
        }
    }
}

/// A page of the board.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoardPage {
    /// Newest first.
    pub entries: Vec<BoardEntry>,
    /// Set when there may be more: everything newer than this was looked at.
    pub next: Option<ListCursor>,
}

/// The board.
#[async_trait]
pub trait JobBoard: Send + Sync {
    /// Jobs by `query`, newest first, at most `limit`, from an index that may lag. A page may be short, or empty, and yet have a next one.
    async fn page(
        &self,
        query: &BoardQuery,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<BoardPage>;
    /// The records of these jobs, at most 500, in no order; those that are gone are left out.
    async fn records(&self, ids: &[JobId]) -> PortResult<Vec<Job>>;
}
