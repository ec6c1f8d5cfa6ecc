//! What operators see, made of what was read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::overview::{DAYS, HOURS, Reading, unheld_for};
use super::{BoardEntry, OpenLetters, QueueDepth, QueueName, Span, Tally};
use crate::ids::{JobId, LeaseToken};
use crate::intake::{Accounting, Quantiles};
use crate::job::{Job, Phase, Slot, Status};
use crate::time::Time;
use crate::usage::usd;

/// Claimed slots in one answer.
const MAX_SLOTS: usize = 200;

/// Hours that count as the last day.
const DAY_HOURS: u32 = 24;

/// Where each group of figures comes from, and how exact it is.
pub const SOURCES: [(&str, &str); 10] = [
    (
        "queues",
        "SQS GetQueueAttributes of each queue, asked now. SQS calls these numbers approximate: they are right about a minute after the queue came to rest.",
    ),
    (
        "oldest_seconds",
        "The job records: the longest time since a queued job with a sent message was queued, or since a processing job that nobody holds last moved. SQS has the age of a message only as a CloudWatch metric, which trails by minutes.",
    ),
    (
        "running",
        "The leases in the job records, read consistently, of the 500 oldest jobs that are processing. The worker is the one that made the claim.",
    ),
    (
        "open",
        "The index `board` of the jobs table, which holds the open and the failed jobs. It may lag behind the records by seconds.",
    ),
    (
        "hours",
        "Tallies by hour, added up in the same transaction that ends an attempt, so that an attempt counts once however often a message came. A retry is an attempt of its own.",
    ),
    (
        "quantiles",
        "Histograms in the same tallies: nearest rank, shown as the upper bound of its bucket, which is never too low and less than a fifth too high. Waiting is from the queue to the first claim, processing from there to the end of what completed.",
    ),
    (
        "failures",
        "The same tallies, by hour for the last 24 hours and by day for the last 30 days. Of the failed chunks of one job at most eight codes are told apart.",
    ),
    (
        "letters",
        "Records that the sweep writes of each dead letter it deals with, once a minute. They are kept for 30 days.",
    ),
    (
        "accounting",
        "The check that adds up every user's ledger once an hour, a sixtieth of the users each minute.",
    ),
    (
        "cost",
        "The same tallies, by day: requests, run time and tokens as each attempt metered them, at the list prices in the source. An attempt counts on the day it ends. What hangs on no job, for instance reading this, is not in it.",
    ),
];

/// How the installation is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operations {
    /// When it was read.
    pub at: Time,
    /// The queues.
    pub queues: Vec<QueueFigures>,
    /// What is claimed.
    pub running: Running,
    /// What has not ended.
    pub open: Open,
    /// By hour, oldest first.
    pub hours: Vec<HourFigures>,
    /// By code.
    pub failures: Failures,
    /// Dead letters that nobody has dealt with.
    pub letters: OpenLetters,
    /// Whether every balance is what its ledger says.
    pub accounting: Accounting,
    /// What it costs.
    pub cost: Cost,
    /// See [`SOURCES`].
    pub sources: BTreeMap<&'static str, &'static str>,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueFigures {
    /// What SQS says.
    #[serde(flatten)]
    pub depth: QueueDepth,
    /// How long the job that waits longest for a worker has waited.
    pub oldest_seconds: Option<u64>,
}

/// Claimed slots.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Running {
    /// The one whose lease ends first at the top; at most 200.
    pub slots: Vec<RunningSlot>,
    /// In all jobs that were looked at.
    pub total: usize,
    /// Whether those are all that are processing.
    pub complete: bool,
}

/// A claimed slot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct RunningSlot {
    pub job_id: JobId,
    pub pipeline: String,
    pub owner: String,
    pub company_id: Option<String>,
    /// `plan`, `chunk` or `merge`.
    pub slot: &'static str,
    /// Number of the chunk.
    pub chunk: Option<u32>,
    pub attempt: u32,
    /// Claims made on it in this attempt.
    pub tries: u32,
    pub lease_until: Time,
    /// Seconds until then; negative once it is over.
    pub lease_seconds: f64,
    /// Instance of the function; `None` while the slot rests.
    pub worker: Option<String>,
}

/// Jobs that have not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Open {
    pub jobs: usize,
    pub by_status: BTreeMap<&'static str, usize>,
    pub by_pipeline: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// Whether all were counted.
    pub complete: bool,
}

/// An hour.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct HourFigures {
    pub hour: Time,
    pub completed: u64,
    pub partial: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub expired: u64,
    pub chunks: u64,
    pub waiting_seconds: Option<Quantiles>,
    pub processing_seconds: Option<Quantiles>,
    pub cost_usd: String,
    pub tokens: u64,
}

/// Failures by code, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Failures {
    pub last_24_hours: Vec<FailureFigures>,
    pub last_30_days: Vec<FailureFigures>,
}

/// Failures with one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureFigures {
    /// The code.
    pub code: String,
    /// Attempts that failed with it.
    pub jobs: u64,
    /// Chunks that failed with it.
    pub chunks: u64,
}

/// What attempts that ended cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Cost {
    pub today_usd: String,
    pub month_usd: String,
    pub today_tokens: u64,
    pub month_tokens: u64,
}

/// What an operator may do to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Act {
    Cancel,
    Retry,
    Requeue,
}

/// A row of the list of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// The job.
    #[serde(flatten)]
    pub entry: BoardEntry,
    /// What may be done to it as it stands.
    pub acts: Vec<Act>,
}

impl JobRow {
    /// Of an entry of the board.
    pub fn of(entry: BoardEntry) -> Self {
        let acts = match entry.status {
            Status::AwaitingUpload if entry.cancel_requested_at.is_none() => vec![Act::Cancel],
            Status::Queued | Status::Processing if entry.cancel_requested_at.is_none() => {
                vec![Act::Cancel, Act::Requeue]
            }
            Status::Queued | Status::Processing => vec![Act::Requeue],
            Status::Failed if entry.queued_at.is_some() => vec![Act::Retry],
            _ => Vec::new(),
        };
        Self { entry, acts }
    }
}

impl Operations {
    /// The picture of what was read at `now`.
    pub(crate) fn of(reading: &Reading, accounting: Accounting, now: Time) -> Self {
        Self {
            at: now,
            queues: queues(reading, now),
            running: running(reading, now),
            open: open(reading),
            hours: hours(reading, now),
            failures: Failures {
                last_24_hours: failures(reading.hours.range(since_hours(now, DAY_HOURS)..)),
                last_30_days: failures(reading.days.range(since_days(now, DAYS)..)),
            },
            letters: reading.letters,
            accounting,
            cost: cost(reading, now),
            sources: SOURCES.into(),
        }
    }
}

fn since_hours(now: Time, hours: u32) -> Time {
    Span::Hour.start_of(now).minus(Span::Hour.length() * (hours - 1))
}

fn since_days(now: Time, days: u32) -> Time {
    Span::Day.start_of(now).minus(Span::Day.length() * (days - 1))
}

fn queues(reading: &Reading, now: Time) -> Vec<QueueFigures> {
    let oldest = |queue: QueueName| {
        let priority = queue.priority()?;
        let queued = reading.open.entries.iter().filter(|entry| {
            entry.priority == priority && entry.status == Status::Queued && entry.phase != Phase::Waiting
        });
        let queued = queued.map(|entry| now.since(entry.queued_at.unwrap_or(entry.created_at)));
        let unheld = reading.records.iter().filter(|job| job.priority == priority);
        let unheld = unheld.filter_map(|job| unheld_for(job, now));
        queued.chain(unheld).max().map(|longest| longest.as_secs())
    };
    let figures = |depth: &QueueDepth| QueueFigures {
        depth: *depth,
        oldest_seconds: oldest(depth.queue),
    };
    reading.depths.iter().map(figures).collect()
}

fn running(reading: &Reading, now: Time) -> Running {
    let mut slots: Vec<RunningSlot> = reading
        .records
        .iter()
        .flat_map(|job| slots_of(job, now))
        .collect();
    slots.sort_by_key(|slot| (slot.lease_until, slot.job_id, slot.chunk));
    let total = slots.len();
    slots.truncate(MAX_SLOTS);
    Running {
        slots,
        total,
        complete: !reading.more_processing && reading.open.next.is_none(),
    }
}

fn slots_of(job: &Job, now: Time) -> impl Iterator<Item = RunningSlot> + '_ {
    job.leases.iter().map(move |(slot, lease)| {
        let (name, chunk) = match slot {
            Slot::Plan => ("plan", None),
            Slot::Chunk(n) => ("chunk", Some(*n)),
            Slot::Merge => ("merge", None),
        };
        let left_ms = lease.until.ms().saturating_sub(now.ms());
        RunningSlot {
            job_id: job.id,
            pipeline: job.pipeline.clone(),
            owner: job.owner.clone(),
            company_id: job.company_id.clone(),
            slot: name,
            chunk,
            attempt: job.attempt,
            tries: job.tries_of(*slot),
            lease_until: lease.until,
            lease_seconds: seconds(left_ms),
            worker: lease.token.as_ref().map(worker),
        }
    })
}

/// Milliseconds of at most some years, so that no digit is lost.
#[allow(clippy::cast_precision_loss, reason = "below 2^53")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

fn worker(token: &LeaseToken) -> String {
    token.instance().unwrap_or("unknown").to_owned()
}

fn open(reading: &Reading) -> Open {
    let mut open = Open {
        jobs: reading.open.entries.len(),
        by_status: Status::OPEN.map(|status| (status.as_str(), 0)).into(),
        by_pipeline: BTreeMap::new(),
        complete: reading.open.next.is_none(),
    };
    for entry in &reading.open.entries {
        let status = entry.status.as_str();
        *open.by_status.entry(status).or_default() += 1;
        let pipeline = open.by_pipeline.entry(entry.pipeline.clone()).or_default();
        *pipeline.entry(status).or_default() += 1;
    }
    open
}

fn hours(reading: &Reading, now: Time) -> Vec<HourFigures> {
    let nothing = Tally::default();
    let first = since_hours(now, HOURS);
    let hours = (0..HOURS).map(|n| first.plus(Span::Hour.length() * n));
    hours
        .map(|hour| {
            let tally = reading.hours.get(&hour).unwrap_or(&nothing);
            HourFigures {
                hour,
                completed: tally.completed,
                partial: tally.partial,
                failed: tally.failed,
                cancelled: tally.cancelled,
                expired: tally.expired,
                chunks: tally.chunks,
                waiting_seconds: tally.waiting.quantiles(),
                processing_seconds: tally.processing.quantiles(),
                cost_usd: usd(tally.cost_nano_usd),
                tokens: tally.tokens,
            }
        })
        .collect()
}

fn failures<'a>(tallies: impl Iterator<Item = (&'a Time, &'a Tally)>) -> Vec<FailureFigures> {
    let mut by_code: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (_, tally) in tallies {
        for (code, count) in &tally.job_failures {
            by_code.entry(code).or_default().0 += count;
        }
        for (code, count) in &tally.chunk_failures {
            by_code.entry(code).or_default().1 += count;
        }
    }
    let figures = |(code, (jobs, chunks)): (&str, (u64, u64))| FailureFigures {
        code: code.to_owned(),
        jobs,
        chunks,
    };
    let mut failures: Vec<FailureFigures> = by_code.into_iter().map(figures).collect();
    failures.sort_by_key(|failure| std::cmp::Reverse((failure.jobs, failure.chunks)));
    failures
}

fn cost(reading: &Reading, now: Time) -> Cost {
    let since = |from: Time| {
        let mut sum = Tally::default();
        for (_, tally) in reading.days.range(from..) {
            sum.add(tally);
        }
        sum
    };
    let (today, month) = (since(Span::Day.start_of(now)), since(now.month_start()));
    Cost {
        today_usd: usd(today.cost_nano_usd),
        month_usd: usd(month.cost_nano_usd),
        today_tokens: today.tokens,
        month_tokens: month.tokens,
    }
}

#[cfg(test)]
mod tests;
