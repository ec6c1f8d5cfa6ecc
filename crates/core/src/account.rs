//! What users may use up: starts and uploads in a window of time, and credits.
//!
//! Credits are whole numbers. For every user, at every moment (P6): `available = granted − settled − open`, where
//! `granted` is what the months brought, `settled` what ended attempts were charged, and `open` what is reserved for
//! attempts that have not ended. Each movement is one line of the ledger, written in the transaction that moves the
//! job.

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use crate::ids::JobId;
use crate::job::{Job, JobCredits};
use crate::pipeline::Spec;
use crate::ports::PortResult;
use crate::time::Time;

/// So many in so long a time. A window begins with the first of them, and the next with the first one after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowRule {
    /// At most.
    pub limit: u32,
    /// The time.
    pub length: Duration,
}

/// What a window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// Jobs created with files, of any pipeline.
    Uploads,
    /// Attempts of pipelines that limit their starts ([`Spec::limits_starts`]).
    Starts,
}

impl Window {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Uploads, Self::Starts];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploads => "uploads",
            Self::Starts => "starts",
        }
    }
}

/// What an installation allows its users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Uploads: 10 in 15 minutes unless the installation sets another limit.
    pub uploads: WindowRule,
    /// Starts: 10 an hour unless the installation sets another limit.
    pub starts: WindowRule,
    /// Credits that each month brings.
    pub monthly_grant: u32,
    /// How far a reservation may take what is available below nothing.
    pub floor: i64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            uploads: WindowRule {
                limit: 10,
                length: Duration::from_secs(15 * 60),
            },
            starts: WindowRule {
                limit: 10,
                length: Duration::from_secs(60 * 60),
            },
            monthly_grant: 500,
            floor: -10,
        }
    }
}

impl Allowance {
    /// The rule of a window.
    pub fn rule(&self, window: Window) -> WindowRule {
        match window {
            Window::Uploads => self.uploads,
            Window::Starts => self.starts,
        }
    }
}

/// The windows that a job of a pipeline counts in as it is created, or as it is retried.
pub fn windows_of(spec: &Spec, with_files: bool) -> Vec<Window> {
    let uploads = with_files.then_some(Window::Uploads);
    let starts = spec.limits_starts.then_some(Window::Starts);
    uploads.into_iter().chain(starts).collect()
}

/// How full a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowState {
    /// Counted so far.
    pub used: u32,
    /// The window ends here.
    pub resets_at: Time,
}

/// A user's credits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// `granted − settled − open`; may be as low as [`Allowance::floor`].
    pub available: i64,
    /// Everything that the months brought.
    pub granted: i64,
    /// Everything that was charged.
    pub settled: i64,
    /// Reserved for attempts that have not ended.
    pub open: i64,
    /// The last month that brought its credits: `2026-11`.
    pub month: Option<String>,
}

impl Balance {
    /// Whether it has the credits of a month (`2026-11`), or of a later one.
    pub fn has(&self, month: &str) -> bool {
        self.month.as_deref().is_some_and(|latest| latest >= month)
    }
}

/// What is known of a user's account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Credits.
    pub balance: Balance,
    /// Windows, in the order of [`Window::ALL`].
    pub windows: [Option<WindowState>; 2],
}

impl Account {
    /// The state of a window that has not ended at `now`.
    pub fn window(&self, window: Window, now: Time) -> Option<WindowState> {
        let state = match window {
            Window::Uploads => self.windows[0],
            Window::Starts => self.windows[1],
        };
        state.filter(|state| state.resets_at > now)
    }
}

/// A place in a window, to be taken in the transaction of what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    /// Which.
    pub window: Window,
    /// At most so many in it.
    pub limit: u32,
    /// The end of the window that was seen; `None` where a new one begins.
    pub seen: Option<Time>,
    /// When it is taken.
    pub now: Time,
    /// The end of the window that begins, if one does.
    pub until: Time,
}

/// Credits to be reserved for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// So many.
    pub amount: u32,
    /// Refused where less than this would be left.
    pub floor: i64,
    /// When.
    pub now: Time,
}

/// What an attempt costs its user as it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dues {
    /// Places in windows.
    pub takes: Vec<Take>,
    /// Credits.
    pub reserve: Option<Reservation>,
}

/// What a user could not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The window is full, or is not any more the one that was seen.
    Window(Window),
    /// Not enough credits.
    Credits,
}

/// Why credits moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// A month brought them.
    Grant,
    /// They were set aside for an attempt.
    Reserve,
    /// An attempt ended: it was charged, and the rest came back.
    Settle,
}

/// One line of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Why.
    pub movement: Movement,
    /// When.
    pub at: Time,
    /// Granted, reserved or charged.
    pub amount: u32,
    /// What came back of the reservation; 0 but for a settlement.
    pub refunded: u32,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
    /// Its attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The month of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
}

impl Line {
    /// What a month brought.
    pub fn granted(month: &str, amount: u32, now: Time) -> Self {
        Self {
            movement: Movement::Grant,
            at: now,
            amount,
            refunded: 0,
            job_id: None,
            attempt: None,
            month: Some(month.to_owned()),
        }
    }

    /// What was set aside for an attempt of a job.
    pub fn reserved(job: JobId, attempt: u32, reservation: &Reservation) -> Self {
        Self {
            movement: Movement::Reserve,
            at: reservation.now,
            amount: reservation.amount,
            refunded: 0,
            job_id: Some(job),
            attempt: Some(attempt),
            month: None,
        }
    }

    /// What an attempt of a job was charged, of what was set aside.
    pub fn settled(job: JobId, attempt: u32, reserved: u32, charged: u32, now: Time) -> Self {
        Self {
            movement: Movement::Settle,
            at: now,
            amount: charged,
            refunded: reserved.saturating_sub(charged),
            job_id: Some(job),
            attempt: Some(attempt),
            month: None,
        }
    }
}

/// A page of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinePage {
    /// Newest job first.
    pub lines: Vec<Line>,
    /// Where the next page goes on.
    pub next: Option<String>,
}

/// What one run of the accounting check over a share of the users found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Check {
    /// When it ran.
    pub at: Time,
    /// Accounts whose ledger was added up.
    pub users: u64,
    /// Credits granted, charged, refunded and open in them.
    pub granted: i64,
    /// Charged.
    pub settled: i64,
    /// Came back.
    pub refunded: i64,
    /// Reserved and not ended.
    pub open: i64,
    /// Users whose balance is not what their ledger says; the first few.
    pub wrong: Vec<String>,
    /// Whether there were more users than one run looks at.
    pub truncated: bool,
}

/// Shares of the users; one is checked each minute, so that every account is checked once an hour.
pub const CHECK_SHARES: u8 = 60;

/// Credits and windows of users. What takes and settles them stands in [`crate::ports::JobStore`], whose transactions
/// they are part of.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Credits and windows, read consistently.
    async fn account(&self, user: &str) -> PortResult<Account>;
    /// Credits of a month, once; a month before the last one granted brings nothing.
    async fn grant(&self, user: &str, month: &str, amount: u32, now: Time) -> PortResult<()>;
    /// Lines, newest job first, at most `limit`; grants stand where a job made at the beginning of their month would.
    async fn lines(&self, user: &str, after: Option<&str>, limit: usize) -> PortResult<LinePage>;
    /// Users of a share (below [`CHECK_SHARES`]) who were ever granted credits, at most `limit`.
    async fn users(&self, share: u8, limit: usize) -> PortResult<Vec<String>>;
    /// Keeps what a check found.
    async fn keep_check(&self, share: u8, check: &Check) -> PortResult<()>;
    /// The latest checks of all shares.
    async fn checks(&self) -> PortResult<Vec<Check>>;
}

/// The month of a time: `2026-11`.
pub fn month_of(time: Time) -> String {
    time.to_string().chars().take(7).collect()
}

/// The share of the users that one belongs to.
pub fn share_of(user: &str) -> u8 {
    let sum = user.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    u8::try_from(sum % u32::from(CHECK_SHARES)).unwrap_or(0)
}

/// What an attempt of `job` is charged as it ends in this state: its reservation, in proportion to the chunks that are
/// done now and were not when it began, rounded up; where a model is paid by its tokens, no more than those it used come
/// to, and at least one. Who gets nothing pays nothing; a chunk that is done is kept, and no later attempt pays for it
/// again.
pub fn charge(job: &Job) -> u32 {
    let (Some(credits), Some(total)) = (job.credits, job.total) else {
        return 0;
    };
    let done = u32::try_from(job.done.len()).unwrap_or(u32::MAX);
    let (new, asked) = (
        done.saturating_sub(credits.counted),
        total.saturating_sub(credits.counted).max(1),
    );
    let share = (u64::from(credits.reserved) * u64::from(new)).div_ceil(u64::from(asked));
    let used = match credits.rate {
        0 => share,
        rate if new > 0 => {
            let tokens = job.usage.tokens_in.saturating_add(job.usage.tokens_out);
            credits_for(tokens.saturating_sub(credits.tokens_before), rate)
        }
        _ => 0,
    };
    u32::try_from(share.min(used))
        .unwrap_or(u32::MAX)
        .min(credits.reserved)
}

/// Credits for so many tokens at `rate` credits for a thousand, rounded up; at least one.
pub fn credits_for(tokens: u64, rate: u32) -> u64 {
    tokens.saturating_mul(u64::from(rate)).div_ceil(1_000).max(1)
}

/// What the next attempt of `job`, which costs `whole` from its beginning, has to reserve: the share of the chunks that
/// are not done, rounded up.
pub fn price_of_retry(job: &Job, whole: u32, rate: u32) -> JobCredits {
    let counted = u32::try_from(job.done.len()).unwrap_or(u32::MAX);
    let reserved = match job.total {
        Some(total) if total > 0 => {
            let open = u64::from(total.saturating_sub(counted));
            u32::try_from((u64::from(whole) * open).div_ceil(u64::from(total))).unwrap_or(whole)
        }
        _ => whole,
    };
    JobCredits {
        reserved,
        charged: None,
        counted,
        rate,
        tokens_before: job.usage.tokens_in.saturating_add(job.usage.tokens_out),
        cost_before_nano_usd: job.usage.nano_usd(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job::Stage;

    fn job(reserved: u32, counted: u32, total: u32, done: u32) -> Job {
        let stage = Stage {
            index: 0,
            count: 0,
            text: String::new(),
            from: 0,
            to: 0,
        };
        Job {
            credits: Some(JobCredits {
                reserved,
                counted,
                ..JobCredits::default()
            }),
            total: Some(total),
            done: (0..done).collect(),
            ..Job::blank(JobId::first_of(Time::from_ms(0)), Time::from_ms(0), stage)
        }
    }

    #[test]
    fn what_was_not_done_is_not_charged() {
        assert_eq!(charge(&job(10, 0, 4, 4)), 10);
        assert_eq!(charge(&job(10, 0, 4, 0)), 0);
        assert_eq!(charge(&job(10, 0, 4, 1)), 3, "rounded up");
        assert_eq!(charge(&job(5, 2, 4, 3)), 3);
        assert_eq!(charge(&job(1, 0, 66, 1)), 1);
        let unplanned = Job {
            total: None,
            ..job(10, 0, 4, 0)
        };
        assert_eq!(charge(&unplanned), 0);
        let retried = price_of_retry(&job(10, 0, 4, 3), 10, 0);
        assert_eq!((retried.reserved, retried.counted), (3, 3));
        assert_eq!(price_of_retry(&unplanned, 10, 0).reserved, 10);
    }

    #[test]
    fn months_are_those_of_utc() {
        assert_eq!(month_of(Time::from_ms(1_796_083_199_999)), "2026-11");
        assert_eq!(month_of(Time::from_ms(1_796_083_200_000)), "2026-12");
    }

    proptest! {
        #[test]
        fn a_charge_is_no_more_than_was_reserved_and_grows_with_the_work(
            reserved in 0_u32..100_000, total in 1_u32..=500, counted in 0_u32..500, done in 0_u32..=500,
        ) {
            let counted = counted.min(total);
            let done = done.clamp(counted, total);
            let charged = charge(&job(reserved, counted, total, done));
            prop_assert!(charged <= reserved);
            if done < total {
                prop_assert!(charged <= charge(&job(reserved, counted, total, done + 1)));
            } else if counted < total {
                prop_assert_eq!(charged, reserved);
            }
        }

        #[test]
        fn attempts_together_cost_little_more_than_one(whole in 0_u32..1_000, total in 1_u32..=500, first in 0_u32..=500) {
            let first = first.min(total);
            let one = job(whole, 0, total, first);
            let next = price_of_retry(&one, whole, 0);
            let two = Job { credits: Some(next), done: (0..total).collect(), ..one.clone() };
            let paid = charge(&one) + charge(&two);
            prop_assert!(paid >= whole && paid <= whole + 1, "{} of {}", paid, whole);
        }
    }
}
