//! What the service answers, as far as clients use it. Unknown fields are ignored and missing ones have a default, so
//! that older and newer services can be read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether a job in this status will not go on by itself.
pub fn is_over(status: &str) -> bool {
    matches!(status, "completed" | "failed" | "cancelled" | "expired")
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct Job {
    pub job_id: String,
    pub pipeline: String,
    pub label: Option<String>,
    pub owner: String,
    pub priority: String,
    pub status: String,
    pub outcome: Option<String>,
    pub stage: String,
    pub progress_percent: u8,
    pub total_chunks: Option<u32>,
    pub processed_chunks: u32,
    pub failed_count: u32,
    pub failed_chunks: Vec<FailedChunk>,
    pub attempt: u32,
    pub version: u64,
    pub poll_after_ms: Option<u64>,
    pub file_name: Option<String>,
    pub files: Vec<FileInfo>,
    pub settings: Value,
    pub warnings: Vec<Notice>,
    pub error: Option<Notice>,
    pub formats: Vec<String>,
    pub edition: Option<u32>,
    pub editions: Vec<Edition>,
    pub usage: Usage,
    pub created_at: String,
    pub updated_at: String,
    pub processing_time_seconds: Option<f64>,
    pub links: Links,
    /// The answer as it came.
    #[serde(skip)]
    pub raw: Value,
}

impl Job {
    /// Whether the job will not go on by itself.
    pub fn is_over(&self) -> bool {
        is_over(&self.status)
    }
}

/// A failed chunk.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct FailedChunk {
    pub chunk: u32,
    pub label: String,
    pub code: String,
    pub message: String,
    pub attempts: u32,
}

/// What somebody made of a result.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct Edition {
    pub number: u32,
    pub author: String,
    pub at: String,
}

/// A file of a job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct FileInfo {
    pub name: String,
    pub size: u64,
    pub content_type: String,
    pub sha256: Option<String>,
}

/// A warning, or why a job failed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct Notice {
    pub code: String,
    pub message: String,
}

/// Measured use of outside services.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct Usage {
    pub lambda_ms: u64,
    pub requests: BTreeMap<String, u64>,
    pub cost_usd: String,
}

/// Paths relative to the base URL.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct Links {
    #[serde(rename = "self")]
    pub this: String,
    pub events: String,
    pub stream: Option<String>,
    pub result: Option<String>,
    pub cancel: Option<String>,
    pub retry: Option<String>,
}

/// A page of jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobList {
    /// Newest first.
    pub jobs: Vec<Job>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// One visible change of a job, the same by every door.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct Event {
    #[serde(rename = "type")]
    pub kind: String,
    pub job_id: String,
    pub version: u64,
    pub at: String,
    pub status: String,
    pub stage: String,
    pub progress_percent: u8,
    pub processed_chunks: u32,
    pub total_chunks: Option<u32>,
    pub message: Option<String>,
}

impl From<&Job> for Event {
    /// The job as it stands, in the form of an event.
    fn from(job: &Job) -> Self {
        Self {
            kind: "status".to_owned(),
            job_id: job.job_id.clone(),
            version: job.version,
            at: job.updated_at.clone(),
            status: job.status.clone(),
            stage: job.stage.clone(),
            progress_percent: job.progress_percent,
            processed_chunks: job.processed_chunks,
            total_chunks: job.total_chunks,
            message: job.error.as_ref().map(|error| error.message.clone()),
        }
    }
}

/// A page of events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EventPage {
    /// Oldest first.
    pub events: Vec<Event>,
    /// What to ask for next.
    pub next_after: u64,
}

/// A part that is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct UploadedPart {
    pub number: u32,
    pub etag: String,
    pub size: u64,
}

/// A link for a part that is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct UploadPart {
    pub number: u32,
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub offset: u64,
    pub size: u64,
}

/// How one file is to be brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct FileUpload {
    pub file: usize,
    pub name: String,
    pub method: String,
    pub uploaded: Vec<UploadedPart>,
    pub parts: Vec<UploadPart>,
    pub expires_at: String,
}

/// What is still to be brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Uploads {
    /// File by file.
    pub uploads: Vec<FileUpload>,
    /// More links are missing than fit in one answer.
    pub more: bool,
}

/// A one-use ticket for the WebSocket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Ticket {
    /// To be sent as `?ticket=`.
    pub ticket: String,
    /// The WebSocket's URL.
    pub url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_another_version_is_read() {
        let job: Job =
            serde_json::from_str(r#"{"job_id":"j","status":"archived","surprise":[1],"version":3}"#).unwrap();
        assert_eq!((job.job_id.as_str(), job.version, job.is_over()), ("j", 3, false));
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic() {
        for nonsense in [
            r#"{"version":-1}"#,
            r#"{"progress_percent":400}"#,
            r#"{"links":"x"}"#,
        ] {
            assert!(serde_json::from_str::<Job>(nonsense).is_err(), "{nonsense}");
        }
    }
}
