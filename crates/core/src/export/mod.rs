//! A company's data, to take along: ZIP files of its jobs' records, events and results, of who is in it, and of its audit
//! trail.
//!
//! An export is made by `sweep`, a part at a time. Its record says where it goes on; each change of it is conditional on
//! the revision that was read, and a part lies under the revision that it was made in, so that of two who make the same
//! part only one is named.

mod archive;
mod exporter;

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use exporter::Exporter;

use crate::job::UnknownWord;
use crate::plan;
use crate::ports::{ListCursor, PortResult};
use crate::time::Time;

/// How long an export can be fetched, from its start.
pub const EXPORT_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportStatus {
    /// Parts are being made.
    Running,
    /// All parts are there.
    Completed,
    /// A part could not be made.
    Failed,
}

impl ExportStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for ExportStatus {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "running" => Ok(Self::Running),
            "completed" => Ok(Self::Completed),
            "failed" => Ok(Self::Failed),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// Where an export goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Position {
    /// At the company and its members.
    #[default]
    Company,
    /// At its audit trail, before the entry with this id.
    Audit {
        /// `None` for the newest.
        before: Option<String>,
    },
    /// At its jobs, behind this one.
    Jobs {
        /// `None` for the newest.
        after: Option<ListCursor>,
    },
    /// Everything is in the parts.
    End,
}

/// One ZIP file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The revision of the record that it was made in.
    pub revision: u32,
    /// Its size.
    pub bytes: u64,
    /// Jobs in it.
    pub jobs: u32,
}

/// An export of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// A UUIDv7.
    pub id: String,
    /// The company.
    pub company: String,
    /// Who wanted it.
    pub started_by: String,
    /// When.
    pub started_at: Time,
    /// How it stands.
    pub status: ExportStatus,
    /// Changes with each write.
    pub revision: u32,
    /// Where it goes on.
    pub position: Position,
    /// What is made.
    pub parts: Vec<Part>,
    /// How often the next part was begun.
    pub tries: u32,
    /// When something last moved.
    pub updated_at: Time,
}

impl Export {
    /// A new one.
    pub fn new(id: String, company: &str, started_by: &str, now: Time) -> Self {
        Self {
            id,
            company: company.to_owned(),
            started_by: started_by.to_owned(),
            started_at: now,
            status: ExportStatus::Running,
            revision: 0,
            position: Position::default(),
            parts: Vec::new(),
            tries: 0,
            updated_at: now,
        }
    }

    /// Its parts cannot be fetched from here on.
    pub fn expires_at(&self) -> Time {
        self.started_at.plus(EXPORT_LIFE)
    }

    /// Where a part lies.
    pub fn key(&self, part: &Part) -> String {
        self.key_of(part.revision)
    }

    fn key_of(&self, revision: u32) -> String {
        format!("{}{}/{revision}.zip", plan::exports(&self.company), self.id)
    }

    /// The next write of the record.
    fn next(&self, now: Time) -> Self {
        Self {
            revision: self.revision + 1,
            updated_at: now,
            ..self.clone()
        }
    }
}

/// Records of exports: the latest of each company.
#[async_trait]
pub trait Exports: Send + Sync {
    /// Puts down a new export, unless one of the company is running; whether it was put down.
    async fn start(&self, export: &Export) -> PortResult<bool>;
    /// The latest of a company, read consistently.
    async fn latest(&self, company: &str) -> PortResult<Option<Export>>;
    /// Those that are running, at most `limit`, read consistently.
    async fn running(&self, limit: usize) -> PortResult<Vec<Export>>;
    /// Writes `next` in the place of the revision before it; whether that was still there.
    async fn advance(&self, next: &Export) -> PortResult<bool>;
    /// Deletes the record of a company.
    async fn forget(&self, company: &str) -> PortResult<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_storage_and_in_answers() {
        use ExportStatus::{Completed, Failed, Running};
        for status in [Running, Completed, Failed] {
            assert_eq!(serde_json::json!(status), status.as_str());
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert!("dancing".parse::<ExportStatus>().is_err());
    }
}
