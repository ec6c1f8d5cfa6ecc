//! P5 and P6: what did not run comes back, and every credit is somewhere.
//!
//! These books are kept from what the watch saw of the records: which chunks were done when an attempt began, and which
//! when it ended.

use std::collections::BTreeMap;

use docmill_core::account::{Balance, Line, Movement};
use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::ports::NewJob;
use docmill_core::problem::Problem;
use docmill_core::time::Time;

use super::Broken;
use crate::rules::Rules;

/// Credits of each user, by the writes.
#[derive(Debug, Default)]
pub(crate) struct Credits {
    users: BTreeMap<String, User>,
    /// What each job's attempt set aside, with the chunks that were done as it began.
    attempts: BTreeMap<JobId, (u32, usize)>,
}

#[derive(Debug, Default)]
struct User {
    /// Set aside.
    open: i64,
    charged: i64,
    /// Set aside and charged together, each time after it changed.
    spent: Vec<(Time, i64)>,
}

impl User {
    fn changed(&mut self, now: Time) {
        self.spent.push((now, self.open + self.charged));
    }
}

impl Credits {
    pub(super) fn created(&mut self, new: &NewJob, rules: &Rules, now: Time) -> Broken {
        let reserved = new.dues.reserve.map_or(0, |reserve| reserve.amount);
        self.begin(&new.job, reserved, rules, now)
    }

    fn begin(&mut self, job: &Job, reserved: u32, rules: &Rules, now: Time) -> Broken {
        self.attempts.insert(job.id, (reserved, job.done.len()));
        let user = self.users.entry(job.owner.clone()).or_default();
        user.open += i64::from(reserved);
        user.changed(now);
        // Runs are shorter than a month, as far as users act in them.
        let left = i64::from(rules.allowance.monthly_grant) - user.open - user.charged;
        (reserved > 0 && left < rules.allowance.floor).then(|| {
            let (owner, floor) = (&job.owner, rules.allowance.floor);
            let text = format!("{owner} is left {left} credits by a reservation, less than {floor}");
            ("P6", text)
        })
    }

    /// A request of `user` for something at this price, begun at `since`, was refused.
    pub(super) fn refused(
        &self,
        rules: &Rules,
        (user, price): (&str, u32),
        problem: &Problem,
        since: Time,
    ) -> Broken {
        if problem.status != 402 {
            return None;
        }
        let spent = self.users.get(user).map_or(&[][..], |user| &user.spent);
        let before = spent.iter().rfind(|(at, _)| *at < since);
        let later = spent.iter().filter(|(at, _)| *at >= since);
        let most = later.chain(before).map(|(_, spent)| *spent).max().unwrap_or(0);
        let left = i64::from(rules.allowance.monthly_grant) - most - i64::from(price);
        (left >= rules.allowance.floor).then(|| {
            let text = format!("{user} is refused for {price} credits that would have left {left}");
            ("P6", text)
        })
    }

    pub(super) fn check(&mut self, old: &Job, new: &Job, rules: &Rules, now: Time) -> Broken {
        if new.attempt != old.attempt {
            let reserved = new.credits.map_or(0, |credits| credits.reserved);
            let broken = self.begin(new, reserved, rules, now);
            if broken.is_some() {
                return broken;
            }
        }
        if !new.status.is_terminal() || (old.status.is_terminal() && new.attempt == old.attempt) {
            return None;
        }
        let (reserved, before) = *self.attempts.get(&new.id)?;
        let charged = new.credits.and_then(|credits| credits.charged).unwrap_or(0);
        let user = self.users.entry(new.owner.clone()).or_default();
        user.open -= i64::from(reserved);
        user.charged += i64::from(charged);
        user.changed(now);
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
        let (open, charged) = self
            .users
            .get(user)
            .map_or((0, 0), |user| (user.open, user.charged));
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
