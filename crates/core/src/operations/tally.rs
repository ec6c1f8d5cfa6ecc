//! What ended in an hour or a day, and how.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::Histogram;
use crate::job::{Completeness, Job, Status};
use crate::ports::PortResult;
use crate::step::Step;
use crate::time::Time;

/// Records that a tally is spread over, by job: endings of the same moment seldom meet in one, and adding eight up is little to read.
pub const TALLY_SHARDS: u8 = 8;

/// Codes of failed chunks that one ending may name. What is beyond is counted as [`OTHER`]: a job of 500 chunks must not write 500 numbers.
const MAX_CODES: usize = 8;

/// Longest code that is counted by its name.
const MAX_CODE_CHARS: usize = 48;

/// Codes without a name here.
const OTHER: &str = "OTHER";

/// What a bucket of time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// An hour of the clock.
    Hour,
    /// A day in UTC.
    Day,
}

impl Span {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// How long one is.
    pub const fn length(self) -> Duration {
        match self {
            Self::Hour => Duration::from_secs(60 * 60),
            Self::Day => Duration::from_secs(24 * 60 * 60),
        }
    }

    /// Where the one that `at` falls into begins.
    pub fn start_of(self, at: Time) -> Time {
        at.floor(self.length())
    }

    /// How long it is kept: hours for a week, days for a year and a month to look at it when the year is over.
    pub const fn life(self) -> Duration {
        match self {
            Self::Hour => Duration::from_secs(8 * 24 * 60 * 60),
            Self::Day => Duration::from_secs(400 * 24 * 60 * 60),
        }
    }
}

/// Attempts that ended, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// With a result.
    pub completed: u64,
    /// Of those, with some chunks missing.
    pub partial: u64,
    /// Without one.
    pub failed: u64,
    /// By their users or an operator.
    pub cancelled: u64,
    /// Whose files never came.
    pub expired: u64,
    /// Chunks done in them.
    pub chunks: u64,
    /// Tokens of language models that they used.
    pub tokens: u64,
    /// What they cost, in billionths of a US dollar.
    pub cost_nano_usd: u64,
    /// From the queue to the first claim, of those that were claimed.
    pub waiting: Histogram,
    /// From the first claim to the end, of those that completed.
    pub processing: Histogram,
    /// Failed attempts by code.
    pub job_failures: BTreeMap<String, u64>,
    /// Failed chunks by code.
    pub chunk_failures: BTreeMap<String, u64>,
}

impl Tally {
    /// What `step`, made on `job`, adds: when, and what. `None` for a step that ends nothing.
    pub fn of_step(job: &Job, step: &Step) -> Option<(Time, Self)> {
        if job.status.is_terminal() {
            return None;
        }
        let ended = step.edited(job);
        let at = ended.completed_at.filter(|_| ended.status.is_terminal())?;
        Some((at, Self::of(&ended)))
    }

    /// Of one attempt that has ended.
    pub fn of(job: &Job) -> Self {
        let mut tally = Self::default();
        match job.status {
            Status::Completed => tally.completed = 1,
            Status::Failed => tally.failed = 1,
            Status::Cancelled => tally.cancelled = 1,
            Status::Expired => tally.expired = 1,
            Status::AwaitingUpload | Status::Queued | Status::Processing => {}
        }
        tally.partial = u64::from(job.outcome == Some(Completeness::Partial));
        let before = job.credits.unwrap_or_default();
        tally.chunks = (job.done.len() as u64).saturating_sub(u64::from(before.counted));
        let tokens = job.usage.tokens_in.saturating_add(job.usage.tokens_out);
        tally.tokens = tokens.saturating_sub(before.tokens_before);
        tally.cost_nano_usd = job.usage.nano_usd().saturating_sub(before.cost_before_nano_usd);
        if let (Some(queued), Some(started)) = (job.queued_at, job.started_at) {
            tally.waiting.count(started.since(queued));
        }
        if let (Status::Completed, Some(started), Some(completed)) =
            (job.status, job.started_at, job.completed_at)
        {
            tally.processing.count(completed.since(started));
        }
        if let (Status::Failed, Some(error)) = (job.status, &job.error) {
            tally.job_failures.insert(named(&error.code).to_owned(), 1);
        }
        for failure in job.failed.values() {
            let known = tally.chunk_failures.contains_key(&failure.code);
            let code = if known || tally.chunk_failures.len() < MAX_CODES {
                named(&failure.code)
            } else {
                OTHER
            };
            *tally.chunk_failures.entry(code.to_owned()).or_default() += 1;
        }
        tally
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.completed += other.completed;
        self.partial += other.partial;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.expired += other.expired;
        self.chunks += other.chunks;
        self.tokens += other.tokens;
        self.cost_nano_usd += other.cost_nano_usd;
        self.waiting.add(&other.waiting);
        self.processing.add(&other.processing);
        for (code, count) in &other.job_failures {
            *self.job_failures.entry(code.clone()).or_default() += count;
        }
        for (code, count) in &other.chunk_failures {
            *self.chunk_failures.entry(code.clone()).or_default() += count;
        }
    }

    /// Attempts in it.
    pub fn ended(&self) -> u64 {
        self.completed + self.failed + self.cancelled + self.expired
    }
}

/// Codes are constants of the code. Should one not look like it, it does not become the name of an attribute.
fn named(code: &str) -> &str {
    let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if (1..=MAX_CODE_CHARS).contains(&code.len()) && code.chars().all(is_code) {
        code
    } else {
        OTHER
    }
}

/// Reads what the terminal moves of [`crate::ports::JobStore::finish`] added up.
#[async_trait]
pub trait Figures: Send + Sync {
    /// The tallies of the hours or days that begin at `from` or later, and at `until` or earlier, by their beginning, read
    /// consistently. Those in which nothing ended are left out.
    async fn between(&self, span: Span, from: Time, until: Time) -> PortResult<BTreeMap<Time, Tally>>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::JobId;
    use crate::job::{ChunkFailure, JobCredits, Notice, Stage};
    use crate::moves;
    use crate::usage::Usage;

    fn at(seconds: i64) -> Time {
        Time::from_ms(seconds * 1_000)
    }

    fn running() -> Job {
        let stage = Stage {
            index: 0,
            count: 0,
            text: String::new(),
            from: 0,
            to: 0,
        };
        Job {
            status: Status::Processing,
            queued_at: Some(at(10)),
            started_at: Some(at(14)),
            ..Job::blank(JobId::first_of(at(10)), at(10), stage)
        }
    }

    #[test]
    fn an_attempt_counts_what_it_did_itself() {
        let usage = Usage {
            tokens_in: 1_000,
            tokens_out: 500,
            model_nano_usd: 9_000,
            ..Usage::default()
        };
        let job = Job {
            credits: Some(JobCredits {
                counted: 2,
                tokens_before: 1_200,
                cost_before_nano_usd: 5_000,
                ..JobCredits::default()
            }),
            done: (0..5).collect(),
            usage,
            ..running()
        };
        let failed = Notice::new("DEADLINE_EXCEEDED", "Too late.");
        let step = moves::fail(1, at(100), failed, Usage::default());
        let (when, tally) = Tally::of_step(&job, &step).unwrap();
        assert_eq!(when, at(100));
        assert_eq!((tally.failed, tally.ended()), (1, 1));
        assert_eq!((tally.chunks, tally.tokens, tally.cost_nano_usd), (3, 300, 4_000));
        assert_eq!(
            tally.job_failures,
            BTreeMap::from([("DEADLINE_EXCEEDED".to_owned(), 1)])
        );
        assert_eq!(tally.waiting.buckets().map(|(_, times)| times).sum::<u64>(), 1);
        assert_eq!(
            tally.processing,
            Histogram::default(),
            "only what completed says how long it takes"
        );
    }

    #[test]
    fn what_ends_nothing_counts_nothing() {
        let job = running();
        assert_eq!(Tally::of_step(&job, &moves::request_cancel(at(20), "user")), None);
        let over = moves::cancelled(1, at(21)).edited(&job);
        assert_eq!(
            Tally::of_step(&over, &moves::cancelled(1, at(22))),
            None,
            "it has ended before"
        );
    }

    #[test]
    fn one_job_names_a_handful_of_codes() {
        let failure = |code: String| ChunkFailure { code, tries: 1 };
        let mut job = Job {
            failed: (0..300)
                .map(|n| (n, failure(format!("CODE_{:03}", n % 100))))
                .collect(),
            ..running()
        };
        job.failed
            .insert(300, failure("a message, not a code".to_owned()));
        let tally = Tally::of(&job);
        assert!(tally.chunk_failures.len() <= MAX_CODES + 1);
        assert_eq!(tally.chunk_failures.values().sum::<u64>(), 301);
        assert_eq!(tally.chunk_failures["CODE_000"], 3);
        assert!(tally.chunk_failures[OTHER] > 1);
    }

    #[test]
    fn hours_and_days_begin_on_the_clock() {
        let time = Time::from_ms(1_796_083_199_999);
        assert_eq!(Span::Hour.start_of(time).to_string(), "2026-11-30T23:00:00.000Z");
        assert_eq!(Span::Day.start_of(time).to_string(), "2026-11-30T00:00:00.000Z");
    }
}
