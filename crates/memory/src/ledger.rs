//! [`Ledger`], and what the job store's transactions do to it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use docmill_core::account::{
    Account, Balance, Check, Due, Dues, Ledger, Line, LinePage, Movement, Take, Window, WindowState, share_of,
};
use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::ports::PortResult;
use docmill_core::time::Time;

use crate::lock;

/// Accounts by user.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    state: Mutex<Accounts>,
}

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    accounts: BTreeMap<String, Entry>,
    checks: BTreeMap<u8, Check>,
}

#[derive(Debug, Default)]
struct Entry {
    balance: Balance,
    windows: BTreeMap<Window, WindowState>,
    lines: BTreeMap<LineKey, Line>,
}

/// Job (of a grant: the first of its month), attempt, movement.
type LineKey = (JobId, u32, Movement);

impl Accounts {
    /// What of `dues` the user cannot pay.
    pub(crate) fn unpaid(&self, user: &str, dues: &Dues) -> Option<Due> {
        let entry = self.accounts.get(user);
        let window = |window| entry.and_then(|entry| entry.windows.get(&window)).copied();
        let refused = |take: &&Take| match (window(take.window), take.seen) {
            (Some(state), Some(seen)) => state.resets_at != seen || state.used >= take.limit,
            (Some(state), None) => state.resets_at > take.now,
            (None, seen) => seen.is_some(),
        };
        if let Some(take) = dues.takes.iter().find(refused) {
            return Some(Due::Window(take.window));
        }
        let available = entry.map_or(0, |entry| entry.balance.available);
        dues.reserve
            .filter(|reserve| available < i64::from(reserve.amount) + reserve.floor)
            .map(|_| Due::Credits)
    }

    /// Takes `dues`, which can be paid, for an attempt of a job.
    pub(crate) fn pay(&mut self, user: &str, job: JobId, attempt: u32, dues: &Dues) {
        if dues == &Dues::default() {
            return;
        }
        let entry = self.accounts.entry(user.to_owned()).or_default();
        for take in &dues.takes {
            let state = entry.windows.entry(take.window).or_insert(WindowState {
                used: 0,
                resets_at: take.until,
            });
            if take.seen.is_none() {
                *state = WindowState {
                    used: 0,
                    resets_at: take.until,
                };
            }
            state.used += 1;
        }
        if let Some(reserve) = dues.reserve {
            entry.balance.available -= i64::from(reserve.amount);
            entry.balance.open += i64::from(reserve.amount);
            let line = Line::reserved(job, attempt, &reserve);
            entry.lines.insert((job, attempt, Movement::Reserve), line);
        }
    }

    /// Settles the attempt that `job` has just ended.
    pub(crate) fn settle(&mut self, job: &Job) {
        let Some(credits) = job.credits.filter(|credits| credits.reserved > 0) else {
            return;
        };
        let charged = credits.charged.unwrap_or(0);
        let entry = self.accounts.entry(job.owner.clone()).or_default();
        let key = (job.id, job.attempt, Movement::Settle);
        if entry.lines.contains_key(&key) {
            return;
        }
        entry.balance.open -= i64::from(credits.reserved);
        entry.balance.settled += i64::from(charged);
        entry.balance.available += i64::from(credits.reserved) - i64::from(charged);
        let at = job.completed_at.unwrap_or(job.updated_at);
        let line = Line::settled(job.id, job.attempt, credits.reserved, charged, at);
        entry.lines.insert(key, line);
    }
}

impl MemoryLedger {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Accounts> {
        lock(&self.state)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn account(&self, user: &str) -> PortResult<Account> {
        let state = self.lock();
        let entry = state.accounts.get(user);
        Ok(entry.map_or_else(Account::default, |entry| Account {
            balance: entry.balance.clone(),
            windows: Window::ALL.map(|window| entry.windows.get(&window).copied()),
        }))
    }

    async fn grant(&self, user: &str, month: &str, amount: u32, now: Time) -> PortResult<()> {
        let mut state = self.lock();
        let entry = state.accounts.entry(user.to_owned()).or_default();
        let balance = &mut entry.balance;
        if balance.has(month) {
            return Ok(());
        }
        balance.month = Some(month.to_owned());
        balance.granted += i64::from(amount);
        balance.available += i64::from(amount);
        let line = Line::granted(month, amount, now);
        entry
            .lines
            .insert((JobId::first_of(now), 0, Movement::Grant), line);
        Ok(())
    }

    async fn lines(&self, user: &str, after: Option<&str>, limit: usize) -> PortResult<LinePage> {
        let state = self.lock();
        let Some(entry) = state.accounts.get(user) else {
            return Ok(LinePage::default());
        };
        let mut page = LinePage::default();
        for (key, line) in entry.lines.iter().rev() {
            let name = name_of(*key);
            if after.is_some_and(|after| name.as_str() >= after) {
                continue;
            }
            if page.lines.len() == limit {
                return Ok(page);
            }
            page.lines.push(line.clone());
            page.next = Some(name);
        }
        page.next = None;
        Ok(page)
    }

    async fn users(&self, share: u8, limit: usize) -> PortResult<Vec<String>> {
        let state = self.lock();
        let granted = state
            .accounts
            .iter()
            .filter(|(_, entry)| entry.balance.month.is_some());
        let users = granted
            .map(|(user, _)| user)
            .filter(|user| share_of(user) == share);
        Ok(users.take(limit).cloned().collect())
    }

    async fn keep_check(&self, share: u8, check: &Check) -> PortResult<()> {
        self.lock().checks.insert(share, check.clone());
        Ok(())
    }

    async fn checks(&self) -> PortResult<Vec<Check>> {
        Ok(self.lock().checks.values().cloned().collect())
    }
}

/// In the order of the keys.
fn name_of((job, attempt, movement): LineKey) -> String {
    format!("{job}#{attempt:05}#{}", movement as u8)
}
