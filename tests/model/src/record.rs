//! The job record of a state: a real [`Job`], with everything blanked that decides nothing.
//!
//! Time is reduced to a clock that stands still at [`NOW`]: a lease is live or dead, the last visible change was long
//! ago (so that `sweep` never waits for a nudge to become due), the deadline is far. A lease runs out, and the deadline
//! passes, by an action of the model.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use docmill_core::ids::LeaseToken;
use docmill_core::job::{Completeness, Job, Lease, Phase, Slot, Stage};
use docmill_core::time::Time;
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;

/// Chunks of the job.
pub(crate) const CHUNKS: u32 = 3;

/// The time at which everything happens.
pub(crate) const NOW: Time = Time::from_ms(1_764_000_000_000);

/// A time after every limit, for a look at a job whose deadline has passed.
pub(crate) const LATE: Time = Time::from_ms(NOW.ms() + 48 * 60 * 60 * 1000);

/// End of a live lease.
const LIVE: Time = Time::from_ms(NOW.ms() + 60_000);

/// End of a dead one.
const DEAD: Time = Time::from_ms(NOW.ms() - 1_000);

/// Every other time in a record: longer ago than any nudge, and within every limit.
const LONG_AGO: Time = Time::from_ms(NOW.ms() - 60 * 60 * 1000);

/// The deadline of a started attempt.
const DEADLINE: Time = Time::from_ms(NOW.ms() + 60 * 60 * 1000);

/// Token of a holder that is no more: nobody will ever show it again, so all such tokens are one.
const GONE: &str = "gone";

/// Tokens of the living: a worker has one slot in hand at a time.
const TOKENS: [&str; 2] = ["1", "2"];

/// A job record in a state; cheap to copy.
#[derive(Clone)]
pub struct Record {
    job: Arc<Job>,
    /// The whole of what differs between normalised records.
    key: u64,
}

impl Record {
    /// A job that was just accepted, in `Phase::Planning` or, when too many are running, `Phase::Waiting`.
    pub(crate) fn queued(phase: Phase) -> Self {
        let id = "019aa000-0000-7000-8000-000000000001"
            .parse()
            .unwrap_or_else(|_| unreachable!());
        Self::of(Job {
            phase,
            file_count: 1,
            queued_at: Some(LONG_AGO),
            expires_at: DEADLINE,
            ..Job::blank(id, LONG_AGO, stage())
        })
    }

    /// `job` with everything blanked that decides nothing.
    pub(crate) fn of(mut job: Job) -> Self {
        job.version = 1;
        job.usage = Usage::default();
        job.stage = stage();
        job.warnings.clear();
        job.error = None;
        job.result = None;
        job.quiet = false;
        job.queued_at = Some(LONG_AGO);
        job.updated_at = LONG_AGO;
        job.expires_at = DEADLINE;
        job.started_at = None;
        job.completed_at = None;
        job.due_at = None;
        job.deadline_at = job.deadline_at.map(|_| DEADLINE);
        job.cancel_requested_at = job.cancel_requested_at.map(|_| LONG_AGO);
        job.cancelled_by = None;
        for failure in job.failed.values_mut() {
            failure.tries = 0;
        }
        for lease in job.leases.values_mut() {
            lease.until = if lease.is_live(NOW) { LIVE } else { DEAD };
        }
        // The tries of a settled slot are asked for by nobody.
        let (phase, done, failed) = (job.phase, &job.done, &job.failed);
        job.tries.retain(|slot, _| match slot {
            Slot::Plan => phase == Phase::Planning,
            Slot::Chunk(n) => !done.contains(n) && !failed.contains_key(n),
            Slot::Merge => phase == Phase::Merging,
        });
        let key = key(&job);
        Self {
            job: Arc::new(job),
            key,
        }
    }

    /// The record.
    pub(crate) fn job(&self) -> &Job {
        &self.job
    }

    /// The lease on `slot` runs out.
    pub(crate) fn expire(&self, slot: Slot) -> Self {
        let mut job = Job::clone(&self.job);
        if let Some(lease) = job.leases.get_mut(&slot) {
            lease.until = DEAD;
        }
        Self::of(job)
    }

    /// Whether a lease carries the token of `worker`.
    pub(crate) fn names(&self, worker: usize) -> bool {
        self.job
            .leases
            .values()
            .any(|lease| holder(lease) == Holder::Worker(worker))
    }

    /// The worker lets its token go, whatever lease it may still stand on.
    pub(crate) fn orphan(&self, worker: usize) -> Self {
        let mut job = Job::clone(&self.job);
        for lease in job.leases.values_mut() {
            if holder(lease) == Holder::Worker(worker) {
                lease.token = Some(LeaseToken::from_stored(GONE));
            }
        }
        Self::of(job)
    }

    /// The same record with its chunks renumbered and, on demand, the workers' tokens exchanged.
    pub(crate) fn renamed(&self, chunks: [u8; CHUNKS as usize], exchanged: bool) -> Self {
        let chunk = |n: u32| u32::from(chunks[n as usize]);
        let slot = |slot: Slot| match slot {
            Slot::Chunk(n) => Slot::Chunk(chunk(n)),
            other => other,
        };
        let mut job = Job::clone(&self.job);
        job.done = job.done.iter().map(|n| chunk(*n)).collect();
        job.failed = std::mem::take(&mut job.failed)
            .into_iter()
            .map(|(n, failure)| (chunk(n), failure))
            .collect();
        job.tries = job.tries.iter().map(|(at, tries)| (slot(*at), *tries)).collect();
        job.leases = std::mem::take(&mut job.leases)
            .into_iter()
            .map(|(at, mut lease)| {
                if let (true, Holder::Worker(worker)) = (exchanged, holder(&lease)) {
                    lease.token = Some(token(1 - worker));
                }
                (slot(at), lease)
            })
            .collect();
        Self::of(job)
    }

    /// Everything about chunk `n` in a number, the tokens exchanged on demand.
    pub(crate) fn chunk_key(&self, n: u32, exchanged: bool) -> u64 {
        chunk_key(&self.job, n, exchanged)
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Record {}

impl PartialOrd for Record {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Record {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.key);
    }
}

/// Who stands on a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nobody: the slot rests after a transient failure.
    Nobody,
    /// A worker that has it in hand.
    Worker(usize),
    /// A worker that died or gave up.
    Gone,
}

/// Who stands on `lease`.
pub(crate) fn holder(lease: &Lease) -> Holder {
    let Some(token) = &lease.token else {
        return Holder::Nobody;
    };
    TOKENS
        .iter()
        .position(|known| *known == token.as_str())
        .map_or(Holder::Gone, Holder::Worker)
}

/// The token of `worker`'s claim. It is fresh: the worker let go of the last one before.
pub(crate) fn token(worker: usize) -> LeaseToken {
    LeaseToken::from_stored(TOKENS[worker])
}

/// The stage of every step: stages decide nothing.
pub(crate) fn stage() -> Stage {
    Stage {
        index: 0,
        count: 0,
        text: String::new(),
        from: 0,
        to: 0,
    }
}

/// The limits of time.
pub(crate) fn timing() -> Timing {
    Timing {
        lease: Duration::from_secs(60),
        ..Timing::default()
    }
}

/// A set of chunks as bits.
pub(crate) fn bits<'a>(chunks: impl IntoIterator<Item = &'a u32>) -> u8 {
    chunks.into_iter().fold(0, |bits, n| bits | 1 << n)
}

fn slot_key(job: &Job, slot: Slot, exchanged: bool) -> u64 {
    let lease = job.leases.get(&slot).map_or(0, |lease| {
        let who = match holder(lease) {
            Holder::Nobody => 0,
            Holder::Worker(worker) => 1 + (worker as u64 ^ u64::from(exchanged)),
            Holder::Gone => 3,
        };
        1 + 2 * who + u64::from(lease.is_live(NOW))
    });
    lease << 3 | u64::from(job.tries_of(slot).min(7))
}

fn chunk_key(job: &Job, n: u32, exchanged: bool) -> u64 {
    slot_key(job, Slot::Chunk(n), exchanged) << 2
        | u64::from(job.done.contains(&n)) << 1
        | u64::from(job.failed.contains_key(&n))
}

fn key(job: &Job) -> u64 {
    let parts = [
        (2, u64::from(job.attempt)),
        (3, job.status as u64),
        (2, job.phase as u64),
        (
            2,
            match job.outcome {
                None => 0,
                Some(Completeness::Complete) => 1,
                Some(Completeness::Partial) => 2,
            },
        ),
        (1, u64::from(job.total.is_some())),
        (1, u64::from(job.cancel_requested_at.is_some())),
        (1, u64::from(job.deadline_at.is_some())),
        (7, slot_key(job, Slot::Plan, false)),
        (7, slot_key(job, Slot::Merge, false)),
        (9, chunk_key(job, 0, false)),
        (9, chunk_key(job, 1, false)),
        (9, chunk_key(job, 2, false)),
    ];
    parts
        .into_iter()
        .fold(0, |key, (width, part)| key << width | part)
}
