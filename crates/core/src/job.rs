//! The job record: the one item on which every step of a job is a conditional write.

mod blank;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::edition::Edition;
use crate::ids::{JobId, LeaseToken};
use crate::time::Time;
use crate::usage::Usage;

/// What programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Created; its files are not all there yet.
    AwaitingUpload,
    /// Accepted; no worker has claimed it yet.
    Queued,
    /// Claimed by a worker at least once in this attempt.
    Processing,
    /// Ended with a result, whole or partial.
    Completed,
    /// Ended without a result.
    Failed,
    /// Ended by its user.
    Cancelled,
    /// Its upload was never finished.
    Expired,
}

impl Status {
    /// All of them, in the order of a job's life.
    pub const ALL: [Self; 7] = [
        Self::AwaitingUpload,
        Self::Queued,
        Self::Processing,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];
    /// Those in which the attempt is over.
    pub const TERMINAL: [Self; 4] = [Self::Completed, Self::Failed, Self::Cancelled, Self::Expired];
    /// Those a job can still leave by itself.
    pub const OPEN: [Self; 3] = [Self::AwaitingUpload, Self::Queued, Self::Processing];

    /// Whether the attempt is over.
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Expired
        )
    }

    /// The word stored and sent to clients.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingUpload => "awaiting_upload",
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no value of the type it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown word `{0}`")]
pub struct UnknownWord(pub String);

impl FromStr for Status {
    type Err = UnknownWord;

    /// Reads the stored words and those of older clients (`pending`, `running`, `complete`).
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Ok(match word {
            "pending" => Self::Queued,
            "running" => Self::Processing,
            "complete" => Self::Completed,
            _ => *Self::ALL
                .iter()
                .find(|status| status.as_str() == word)
                .ok_or_else(|| UnknownWord(word.to_owned()))?,
        })
    }
}

/// Where a processing job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its user or company has as many jobs running as may be; there is no message for it.
    Waiting,
    /// The plan is to be made.
    Planning,
    /// Chunks are being worked on.
    Chunks,
    /// Every chunk is accounted for; the result is being made.
    Merging,
}

impl Phase {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Planning => "planning",
            Self::Chunks => "chunks",
            Self::Merging => "merging",
        }
    }
}

impl FromStr for Phase {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        [Self::Waiting, Self::Planning, Self::Chunks, Self::Merging]
            .into_iter()
            .find(|phase| phase.as_str() == word)
            .ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

/// Whether a completed job has everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// Every chunk is in the result.
    Complete,
    /// Some chunks failed; they are named.
    Partial,
}

impl Completeness {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
        }
    }
}

impl FromStr for Completeness {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "complete" => Ok(Self::Complete),
            "partial" => Ok(Self::Partial),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// Which of the three queues carries a job's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Someone is waiting in front of the screen.
    High,
    /// The default.
    #[default]
    Normal,
    /// Bulk work that may wait.
    Low,
}

impl Priority {
    /// All of them, most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl FromStr for Priority {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str() == word)
            .ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

/// A piece of work that is claimed under a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Making the plan.
    Plan,
    /// Chunk `n`.
    Chunk(u32),
    /// Making the result.
    Merge,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan => f.write_str("plan"),
            Self::Chunk(n) => n.fmt(f),
            Self::Merge => f.write_str("merge"),
        }
    }
}

impl FromStr for Slot {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "plan" => Ok(Self::Plan),
            "merge" => Ok(Self::Merge),
            n => n
                .parse()
                .map(Self::Chunk)
                .map_err(|_| UnknownWord(word.to_owned())),
        }
    }
}

/// Who may work on a slot, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The holder's fencing token; `None` while the slot only backs off after a transient failure.
    pub token: Option<LeaseToken>,
    /// The lease is dead from here on.
    pub until: Time,
}

impl Lease {
    /// Whether nobody else may claim the slot at `now`.
    pub fn is_live(&self, now: Time) -> bool {
        self.until > now
    }

    /// Whether somebody may still be working under it at `now`.
    pub fn is_held(&self, now: Time) -> bool {
        self.token.is_some() && self.is_live(now)
    }
}

/// A chunk that will not be tried again in this attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkFailure {
    /// Stable code.
    pub code: String,
    /// How many tries were made.
    pub tries: u32,
}

/// The stage a job is in, with the share of the percentage it covers. Kept in the record so that
/// whoever reads the record can show it without knowing the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Position in the pipeline's stage table.
    pub index: u32,
    /// Position of the last stage.
    pub count: u32,
    /// Text with the placeholders `{done}` and `{total}`.
    pub text: String,
    /// Percent at the stage's start.
    pub from: u8,
    /// Percent at its end.
    pub to: u8,
}

/// Progress inside a stage, reported by the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Position in the pipeline's stage table.
    pub index: u32,
    /// Text with the placeholders `{done}` and `{total}`.
    pub text: String,
    /// Percent of the whole job.
    pub percent: u8,
}

/// A code with its sentence: a warning, or why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Stable code.
    pub code: String,
    /// A sentence the user can act on, at most [`Notice::MAX_MESSAGE_CHARS`] characters.
    pub message: String,
}

impl Notice {
    /// Longer messages are cut: notices stand in the job record, which must stay small.
    pub const MAX_MESSAGE_CHARS: usize = 300;

    /// A notice with its message cut to the limit.
    pub fn new(code: impl Into<String>, message: impl AsRef<str>) -> Self {
        let message = message.as_ref().chars().take(Self::MAX_MESSAGE_CHARS).collect();
        Self {
            code: code.into(),
            message,
        }
    }
}

/// Where the result of a job is: the attempt that made it and its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRef {
    /// The attempt that made it.
    pub attempt: u32,
    /// Format name to number of parts (1 unless a format's row limit was passed).
    pub formats: BTreeMap<String, u32>,
    /// What users made of it, oldest first.
    #[serde(default)]
    pub editions: Vec<Edition>,
}

/// Credits of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCredits {
    /// Set aside as it began.
    pub reserved: u32,
    /// Taken of them as it ended.
    pub charged: Option<u32>,
    /// Chunks that were done before it began, and are not charged again.
    pub counted: u32,
    /// Credits for a thousand tokens of a language model; 0 where none is used.
    pub rate: u32,
    /// Tokens that earlier attempts used.
    pub tokens_before: u64,
    /// What earlier attempts cost, in billionths of a US dollar.
    pub cost_before_nano_usd: u64,
}

/// The job record. Every field that two workers could disagree about is here and nowhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Key.
    pub id: JobId,
    /// Pipeline's name.
    pub pipeline: String,
    /// Variety of the pipeline.
    pub kind: Option<String>,
    /// The user's own name for the job.
    pub label: Option<String>,
    /// Groups several jobs for clients that want separate results.
    pub batch_id: Option<String>,
    /// Tenant.
    pub company_id: Option<String>,
    /// The user (`sub` of the token).
    pub owner: String,
    /// Where the end of each attempt is posted; checked when the job was made, and again at each call.
    pub callback_url: Option<String>,
    /// Queue.
    pub priority: Priority,
    /// See [`Status`].
    pub status: Status,
    /// See [`Phase`]; `Waiting` or `Planning` before processing.
    pub phase: Phase,
    /// Set on completion.
    pub outcome: Option<Completeness>,
    /// Run number, from 1.
    pub attempt: u32,
    /// Number of visible changes so far, from 1; the sequence number of events.
    pub version: u64,
    /// Number of chunks, once planned.
    pub total: Option<u32>,
    /// Chunks whose output is there.
    pub done: BTreeSet<u32>,
    /// Chunks that failed for good in this attempt.
    pub failed: BTreeMap<u32, ChunkFailure>,
    /// Live and dead leases.
    pub leases: BTreeMap<Slot, Lease>,
    /// Claims made per slot in this attempt.
    pub tries: BTreeMap<Slot, u32>,
    /// Current stage.
    pub stage: Stage,
    /// Progress inside it.
    pub reported: Option<Reported>,
    /// What the user should know about the result.
    pub warnings: Vec<Notice>,
    /// Why the job failed.
    pub error: Option<Notice>,
    /// Name of the first file.
    pub file_name: Option<String>,
    /// Number of files.
    pub file_count: u32,
    /// The latest result.
    pub result: Option<ResultRef>,
    /// Credits of this attempt; `None` in records from before there were any.
    pub credits: Option<JobCredits>,
    /// Measured use of outside services.
    pub usage: Usage,
    /// Creation.
    pub created_at: Time,
    /// When this attempt was queued.
    pub queued_at: Option<Time>,
    /// First claim of this attempt.
    pub started_at: Option<Time>,
    /// End of this attempt.
    pub completed_at: Option<Time>,
    /// Last visible change.
    pub updated_at: Time,
    /// The attempt fails here.
    pub deadline_at: Option<Time>,
    /// When the warning before the deadline was given.
    pub warned_at: Option<Time>,
    /// A piece of work waits until then for a provider that wants to rest.
    pub cooling_until: Option<Time>,
    /// End of retention.
    pub expires_at: Time,
    /// Set once a cancel was accepted.
    pub cancel_requested_at: Option<Time>,
    /// Who cancelled.
    pub cancelled_by: Option<String>,
    /// When `sweep` has to look at the job; `None` when it need not.
    pub due_at: Option<Time>,
    /// The last write was not a visible change.
    pub quiet: bool,
}

impl Job {
    /// Most chunks a job may have: chunks grow with the document.
    pub const MAX_CHUNKS: u32 = 500;

    /// Whether it is over and kept no longer: deleted, or past its retention, though `sweep` may not have come by.
    pub fn is_gone(&self, now: Time) -> bool {
        self.status.is_terminal() && self.expires_at <= now
    }

    /// Chunks accounted for: done or failed.
    pub fn processed(&self) -> u32 {
        u32::try_from(self.done.len() + self.failed.len()).unwrap_or(u32::MAX)
    }

    /// Whether every chunk of a made plan is accounted for.
    pub fn is_accounted(&self) -> bool {
        self.total.is_some_and(|total| self.processed() >= total)
    }

    /// Whether somebody may still be working on the job at `now`.
    pub fn is_held(&self, now: Time) -> bool {
        self.leases.values().any(|lease| lease.is_held(now))
    }

    /// Claims made on `slot` in this attempt.
    pub fn tries_of(&self, slot: Slot) -> u32 {
        self.tries.get(&slot).copied().unwrap_or(0)
    }

    /// Whether chunk `n` is neither done nor failed nor under a live lease.
    pub fn is_open(&self, n: u32, now: Time) -> bool {
        !self.done.contains(&n)
            && !self.failed.contains_key(&n)
            && !self
                .leases
                .get(&Slot::Chunk(n))
                .is_some_and(|lease| lease.is_live(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_statuses_are_those_that_say_so() {
        let terminal = Status::ALL.into_iter().filter(|status| status.is_terminal());
        assert!(terminal.eq(Status::TERMINAL));
    }
}
