//! What users do to jobs: create, upload, start, cancel, retry; and read.

mod control;
mod create;
mod fields;
mod read;
mod uploads;

use std::sync::Arc;

use serde_json::Value;

pub use fields::{MAX_FILES, clean_file_name};
pub use read::{Download, EventPage, JobList, ListQuery, Reader};
pub use uploads::{FileUpload, MAX_PART_LINKS, StartFile, StartRequest, UploadPart, Uploads};

use bytes::Bytes;

use crate::engine::Engine;
use crate::ids::JobId;
use crate::job::{Job, Priority};
use crate::ports::{Details, Transfers};
use crate::problem::Problem;

/// Who asks, from verified claims of the token and never from the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// `sub`: the owner of what the caller makes.
    pub owner: String,
}

impl Caller {
    /// Whether the caller may see and steer `job`. What is not the caller's does not exist for the caller.
    pub fn owns(&self, job: &Job) -> Result<(), Problem> {
        if job.owner == self.owner {
            Ok(())
        } else {
            Err(Problem::job_not_found())
        }
    }
}

/// What a job is to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission {
    /// Pipeline's name.
    pub pipeline: String,
    /// Its variety.
    pub kind: Option<String>,
    /// Settings as sent; `Null` for none.
    pub settings: Value,
    /// Queue.
    pub priority: Priority,
    /// The user's own name for it.
    pub label: Option<String>,
    /// Groups jobs.
    pub batch_id: Option<String>,
    /// `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
}

/// A file that came with the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// Name as sent.
    pub name: String,
    /// Media type as sent.
    pub content_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// A file that the client will bring.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredFile {
    /// Name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Media type.
    #[serde(default)]
    pub content_type: String,
    /// SHA-256 in hexadecimal; if given, the worker checks it.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// An accepted job.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The record.
    pub job: Job,
    /// What stands beside it.
    pub details: Details,
}

/// Accepts and steers jobs.
#[derive(Clone)]
pub struct Intake {
    /// What moves the jobs.
    pub engine: Engine,
    /// Signed links.
    pub transfers: Arc<dyn Transfers>,
}

impl Intake {
    /// The caller's job, read consistently.
    pub(crate) async fn owned(&self, caller: &Caller, id: JobId) -> Result<Box<Job>, Problem> {
        let job = self.engine.read(id).await?.ok_or_else(Problem::job_not_found)?;
        caller.owns(&job)?;
        Ok(job)
    }
}
