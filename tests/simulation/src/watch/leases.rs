//! Who holds what, and who pays: P5 and P7. A lease ends here only by its own holder, by its time, or with its attempt.

use std::collections::BTreeMap;

use docmill_core::ids::{JobId, LeaseToken};
use docmill_core::job::{Job, Slot};
use docmill_core::step::{Edit, Step};
use docmill_core::time::Time;

use super::{Broken, SKEW};

#[derive(Clone, Debug)]
struct Grant {
    token: LeaseToken,
    card: usize,
    attempt: u32,
    until: Time,
    ended: bool,
    /// Paid calls begun since a cancel was accepted.
    paid_after_cancel: u32,
}

impl Grant {
    /// Whether it surely is live, whoever's clock is asked.
    fn is_live(&self, now: Time, attempt: u32) -> bool {
        !self.ended && self.attempt == attempt && self.until > now.plus(SKEW)
    }
}

/// The books on leases.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    /// The latest lease on each slot.
    latest: BTreeMap<(JobId, Slot), Grant>,
    /// The latest that each invocation got.
    own: BTreeMap<(usize, JobId, Slot), Grant>,
}

impl Leases {
    /// Leases given, renewed and let go of by a write of `card`.
    pub(super) fn check(&mut self, card: usize, old: &Job, new: &Job, step: &Step, now: Time) -> Broken {
        for edit in &step.edits {
            let broken = match edit {
                Edit::PutLease(slot, lease) => match &lease.token {
                    Some(token) => self.put(card, old, *slot, token, lease.until, now),
                    None => self.let_go(card, old, *slot, now),
                },
                Edit::RemoveLease(slot) => self.let_go(card, old, *slot, now),
                _ => None,
            };
            if broken.is_some() {
                return broken;
            }
        }
        if new.status.is_terminal() {
            self.latest.retain(|(job, _), _| *job != new.id);
            if !new.leases.is_empty() {
                return Some(("P1", "a lease outlives the job".to_owned()));
            }
        }
        None
    }

    fn put(
        &mut self,
        card: usize,
        old: &Job,
        slot: Slot,
        token: &LeaseToken,
        until: Time,
        now: Time,
    ) -> Broken {
        let latest = self.latest.get(&(old.id, slot));
        let renewal = latest.is_some_and(|grant| grant.token == *token);
        if let Some(grant) = latest
            && !renewal
            && grant.is_live(now, old.attempt)
        {
            return Some(("P7", format!("{slot} gets a second holder while a lease lives")));
        }
        if !renewal {
            if old.cancel_requested_at.is_some() {
                return Some(("P5", format!("{slot} is claimed after the cancel was accepted")));
            }
            if let Slot::Chunk(n) = slot
                && old.done.contains(&n)
            {
                return Some(("P10", format!("chunk {n}, which is done, is claimed again")));
            }
        }
        let grant = Grant {
            token: token.clone(),
            card,
            attempt: old.attempt,
            until,
            ended: false,
            paid_after_cancel: latest
                .filter(|_| renewal)
                .map_or(0, |grant| grant.paid_after_cancel),
        };
        self.own.insert((card, old.id, slot), grant.clone());
        self.latest.insert((old.id, slot), grant);
        None
    }

    fn let_go(&mut self, card: usize, old: &Job, slot: Slot, now: Time) -> Broken {
        let grant = self.latest.get_mut(&(old.id, slot))?;
        if grant.card != card && grant.is_live(now, old.attempt) {
            return Some(("P7", format!("{slot} is taken from a holder whose lease lives")));
        }
        grant.ended = true;
        None
    }

    /// Whether `card` pays under a lease of an attempt that is over, while the next one runs.
    pub(super) fn is_across(&self, card: usize, record: &Job, n: u32) -> bool {
        self.own
            .get(&(card, record.id, Slot::Chunk(n)))
            .is_some_and(|own| own.attempt != record.attempt)
    }

    /// A paid call by `card`.
    pub(super) fn paid(&mut self, card: usize, record: &Job, n: u32, now: Time, hurt: bool) -> Broken {
        let slot = Slot::Chunk(n);
        let Some(own) = self.own.get_mut(&(card, record.id, slot)) else {
            return Some((
                "P7",
                format!("a paid call for chunk {n} by one who never held it"),
            ));
        };
        if own.attempt != record.attempt || record.status.is_terminal() {
            return None;
        }
        if now > own.until.plus(SKEW) {
            return Some(("P7", format!("a paid call for chunk {n} after its lease ran out")));
        }
        let latest = self.latest.get(&(record.id, slot));
        if let Some(latest) = latest
            && latest.token != own.token
            && latest.is_live(now, record.attempt)
            // Clocks that differ may have let the other in a little early.
            && now > own.until
        {
            return Some(("P7", format!("two holders pay for chunk {n}")));
        }
        let cancelled = record.cancel_requested_at?;
        own.paid_after_cancel += 1;
        if own.paid_after_cancel > 1 && !hurt {
            return Some(("P5", format!("a second paid call for chunk {n} after the cancel")));
        }
        let bound = cancelled.plus(std::time::Duration::from_secs(60)).plus(SKEW);
        if now > bound {
            return Some((
                "P5",
                format!("a paid call for chunk {n} a minute after the cancel"),
            ));
        }
        None
    }
}
