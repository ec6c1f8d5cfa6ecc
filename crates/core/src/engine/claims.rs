//! Claims on slots, and what a refused one means.

use std::time::Duration;

use super::Engine;
use super::handle::Verdict;
use crate::ids::{JobId, LeaseToken};
use crate::job::{Job, Phase, Slot, Status};
use crate::moves::{self, Claim};
use crate::ports::PortResult;
use crate::step::{Applied, Step};
use crate::time::Time;
use crate::timing::MAX_TRIES;

/// What became of a claim.
pub(super) enum Claimed {
    /// It is ours.
    Held(Box<Job>, Claim),
    /// Another attempt or another status: the message is stale.
    Stale,
    /// The slot is settled, or the job is being cancelled: see what comes next.
    Settled(Box<Job>),
    /// Somebody else holds it, or it backs off.
    Busy(Duration),
    /// Its tries are spent and nobody holds it.
    Spent(Box<Job>),
    /// No such job.
    Unknown,
}

impl Claimed {
    /// The verdict where nothing but the message itself is concerned.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Busy(after) => Verdict::Redeliver { after: *after },
            Self::Unknown => Verdict::UNKNOWN_JOB,
            _ => Verdict::STALE,
        }
    }
}

impl Engine {
    /// A fresh claim, not yet made.
    pub(super) fn new_claim(&self, attempt: u32, slot: Slot) -> Claim {
        Claim {
            attempt,
            slot,
            token: LeaseToken::generate(&self.instance, self.entropy.as_ref()),
        }
    }

    /// Claims a slot of a processing job.
    pub(super) async fn claim(&self, id: JobId, attempt: u32, slot: Slot) -> PortResult<Claimed> {
        let claim = self.new_claim(attempt, slot);
        let step = moves::claim(&claim, self.clock.now(), &self.timing);
        self.try_claim(id, claim, &step).await
    }

    /// Makes a claim by `step`.
    pub(super) async fn try_claim(&self, id: JobId, claim: Claim, step: &Step) -> PortResult<Claimed> {
        Ok(match self.apply(id, step).await? {
            Applied::Yes(job) => Claimed::Held(job, claim),
            Applied::Unknown => Claimed::Unknown,
            Applied::Refused(job) => refused(job, claim, self.clock.now()),
        })
    }
}

fn refused(job: Box<Job>, claim: Claim, now: Time) -> Claimed {
    let slot = claim.slot;
    if job.attempt != claim.attempt || job.status.is_terminal() {
        return Claimed::Stale;
    }
    let lease = job.leases.get(&slot).filter(|lease| lease.is_live(now));
    let ours = lease.is_some_and(|lease| lease.token.as_ref() == Some(&claim.token));
    if ours && job.cancel_requested_at.is_none() {
        // The write took effect although its answer was lost, and was sent again. Where a cancel was accepted in between
        // no work is begun: the lease runs out by itself.
        return Claimed::Held(job, claim);
    }
    let settled = match slot {
        Slot::Plan => job.phase != Phase::Planning,
        Slot::Chunk(n) => job.done.contains(&n) || job.failed.contains_key(&n),
        Slot::Merge => job.phase != Phase::Merging,
    };
    if job.cancel_requested_at.is_some() || settled {
        return Claimed::Settled(job);
    }
    match lease {
        Some(lease) => Claimed::Busy(lease.until.since(now) + Duration::from_millis(100)),
        None if job.status == Status::Processing && job.tries_of(slot) >= MAX_TRIES => Claimed::Spent(job),
        None => Claimed::Busy(Duration::from_secs(1)),
    }
}
