//! P5 and P6: what did not run comes back, and every credit is somewhere.
//!
//! These books are kept from what the watch saw of the records: which chunks were done when an attempt began, and which
//! when it ended.

use std::collections::BTreeMap;

use docmill_core::account::{Balance, Line, Movement};
use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::ports::NewJob;

use super::Broken;

/// Credits of each user, by the writes.
#[derive(Debug, Default)]
pub(crate) struct Credits {
    /// By user: set aside, and charged.
    users: BTreeMap<String, (i64, i64)>,
    /// What each job's attempt set aside, with the chunks that were done as it began.
    attempts: BTreeMap<JobId, (u32, usize)>,
}

impl Credits {
    pub(super) fn created(&mut self, new: &NewJob) {
        let reserved = new.dues.reserve.map_or(0, |reserve| reserve.amount);
        self.begin(&new.job, reserved);
    }

    fn begin(&mut self, job: &Job, reserved: u32) {
        self.attempts.insert(job.id, (reserved, job.done.len()));
        self.users.entry(job.owner.clone()).or_default().0 += i64::from(reserved);
    }

    pub(super) fn check(&mut self, old: &Job, new: &Job) -> Broken {
        if new.attempt != old.attempt {
            self.begin(new, new.credits.map_or(0, |credits| credits.reserved));
        }
        if !new.status.is_terminal() || (old.status.is_terminal() && new.attempt == old.attempt) {
            return None;
        }
        let (reserved, before) = *self.attempts.get(&new.id)?;
        let charged = new.credits.and_then(|credits| credits.charged).unwrap_or(0);
        let user = self.users.entry(new.owner.clone()).or_default();
        user.0 -= i64::from(reserved);
        user.1 += i64::from(charged);
        let done = new.done.len() - before;
        let asked = new.total.map_or(1, |total| total as usize - before).max(1);
        let share = (reserved as usize * done).div_ceil(asked);
        (charged as usize != share).then(|| {
            let text = format!(
                "an attempt that did {done} of {asked} chunks for {reserved} credits was charged {charged}, not {share}"
            );
            ("P5", text)
        })
    }

    /// Everything is at rest: the account of `user` against these books and its own ledger.
    pub(crate) fn settled(&self, user: &str, balance: &Balance, lines: &[Line]) -> Broken {
        let (open, charged) = self.users.get(user).copied().unwrap_or_default();
        let sum = |movement: Movement, of: fn(&Line) -> u32| -> i64 {
            let lines = lines.iter().filter(|line| line.movement == movement);
            lines.map(|line| i64::from(of(line))).sum()
        };
        let (granted, reserved) = (
            sum(Movement::Grant, |line| line.amount),
            sum(Movement::Reserve, |line| line.amount),
        );
        let (settled, refunded) = (
            sum(Movement::Settle, |line| line.amount),
            sum(Movement::Settle, |line| line.refunded),
        );
        let holds = open == 0
            && balance.open == 0
            && balance.settled == charged
            && (granted, settled) == (balance.granted, charged)
            && reserved == settled + refunded
            && balance.available == granted - charged;
        (!holds).then(|| {
            let text = format!(
                "{user} has {balance:?}; seen {open} open and {charged} charged; the ledger has {granted} granted, \
                 {reserved} reserved, {settled} charged, {refunded} refunded"
            );
            ("P6", text)
        })
    }
}
