//! What an attempt costs its user: places in windows of time, and credits.

use super::Intake;
use crate::account::{Account, Dues, Reservation, Take, Window, WindowRule, month_of};
use crate::ports::PortResult;
use crate::problem::{Problem, Rate};
use crate::time::Time;

/// How often a creation is tried that loses against others of the same user. Each time one of them got in, so that a
/// full window or an empty account shows itself well before.
pub(super) const DUE_TRIES: usize = 50;

impl Intake {
    /// The user's account, with the credits of this month.
    pub(super) async fn account(&self, user: &str) -> PortResult<Account> {
        let account = self.ledger.account(user).await?;
        let now = self.engine.clock.now();
        let month = month_of(now);
        if account.balance.has(&month) {
            return Ok(account);
        }
        let amount = self.allowance.monthly_grant;
        self.ledger.grant(user, &month, amount, now).await?;
        self.ledger.account(user).await
    }

    /// Whether the account can pay so many credits.
    pub(super) fn affords(&self, account: &Account, amount: u32) -> bool {
        account.balance.available - i64::from(amount) >= self.allowance.floor
    }

    /// What has to be taken from `account` for an attempt that counts in these windows and costs so many credits: 429
    /// where a window is full, 402 where the credits do not suffice. And how full the fullest window will be.
    pub(super) fn dues(
        &self,
        account: &Account,
        windows: &[Window],
        amount: u32,
    ) -> Result<(Dues, Option<Rate>), Problem> {
        let now = self.engine.clock.now();
        let mut dues = Dues::default();
        let mut fullest: Option<Rate> = None;
        for window in windows {
            let rule = self.allowance.rule(*window);
            let state = account.window(*window, now);
            let (used, until) =
                state.map_or((0, now.plus(rule.length)), |state| (state.used, state.resets_at));
            if used >= rule.limit {
                return Err(full(*window, rule, until, now));
            }
            dues.takes.push(Take {
                window: *window,
                limit: rule.limit,
                seen: state.map(|state| state.resets_at),
                now,
                until: now.plus(rule.length),
            });
            let rate = Rate {
                limit: rule.limit,
                remaining: rule.limit - used - 1,
                reset_s: seconds_until(until, now),
            };
            if fullest.is_none_or(|fullest| rate.remaining < fullest.remaining) {
                fullest = Some(rate);
            }
        }
        if amount > 0 {
            if !self.affords(account, amount) {
                return Err(insufficient(amount, account.balance.available));
            }
            dues.reserve = Some(Reservation {
                amount,
                floor: self.allowance.floor,
                now,
            });
        }
        Ok((dues, fullest))
    }
}

/// After [`DUE_TRIES`]: so many of the user's own requests came at once that this one never got its turn.
pub(super) fn crowded() -> Problem {
    tracing::warn!("dues lost to others of the same user every time");
    Problem::unavailable(1)
}

fn full(window: Window, rule: WindowRule, until: Time, now: Time) -> Problem {
    let limit = rule.limit;
    let reset_s = seconds_until(until, now);
    let minutes = |seconds: u64| match seconds.div_ceil(60) {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    let (length, wait) = (minutes(rule.length.as_secs()), minutes(reset_s));
    let (code, detail) = match window {
        Window::Uploads => (
            "TOO_MANY_UPLOADS",
            format!(
                "You have uploaded {limit} times in {length}, which is the most. Please try again in {wait}."
            ),
        ),
        Window::Starts => (
            "TOO_MANY_STARTS",
            format!(
                "You have started {limit} jobs in {length}, which is the most. Please try again in {wait}."
            ),
        ),
    };
    Problem {
        retry_after_s: Some(reset_s),
        rate: Some(Rate {
            limit,
            remaining: 0,
            reset_s,
        }),
        ..Problem::new(429, code, detail)
    }
}

fn insufficient(needed: u32, available: i64) -> Problem {
    Problem::new(
        402,
        "INSUFFICIENT_CREDITS",
        format!("This job needs {needed} credits; you have {available}."),
    )
}

fn seconds_until(until: Time, now: Time) -> u64 {
    u64::try_from(until.since(now).as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}
