//! Figures for people: what a job will cost, what is left, how things go.

use std::collections::BTreeMap;

use serde::Serialize;

use super::described::price_of;
use super::{DeclaredFile, Intake, Reader, Submission};
use crate::access::{Action, Caller};
use crate::account::{Line, month_of};
use crate::job::{Job, Status};
use crate::pipeline::Estimate;
use crate::ports::JobFilter;
use crate::problem::{FieldError, Problem};
use crate::time::Time;

/// Lines of a ledger in one answer.
const MAX_LINES: usize = 100;

/// Jobs that figures are made from, the newest.
const MAX_JOBS: usize = 1_000;

/// Jobs read at a time.
const PAGE: usize = 100;

/// An estimate, beside what the caller has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EstimateView {
    /// What the job will come to.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Credits that the caller may reserve now.
    pub balance: i64,
    /// Whether they suffice.
    pub affordable: bool,
}

/// Credits of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreditsView {
    /// Available now.
    pub balance: i64,
    /// Set aside for jobs that have not ended.
    pub reserved: i64,
    /// Everything that was ever charged.
    pub charged: i64,
    /// What each month brings.
    pub monthly_grant: u32,
    /// A page of movements, newest job first.
    pub ledger: Vec<Line>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// Whose figures are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The caller's own jobs.
    Own,
    /// A company's.
    Company(String),
}

/// How the newest jobs went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stats {
    /// Whose.
    pub scope: Scope,
    /// How many were looked at.
    pub jobs: usize,
    /// The oldest of them was made here.
    pub since: Option<Time>,
    /// Jobs by status.
    pub by_status: BTreeMap<&'static str, usize>,
    /// Jobs by pipeline.
    pub by_pipeline: BTreeMap<String, usize>,
    /// Chunks that failed in them.
    pub failed_chunks: usize,
    /// Seconds from the first claim to the end, of those that completed: half of them, 95 and 99 of 100 took no longer.
    pub processing_seconds: Option<Quantiles>,
    /// For operators: the accounting check of the whole installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounting: Option<Accounting>,
}

/// Quantiles by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Quantiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// What the latest checks of all accounts found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Accounting {
    /// Whether every balance is what its ledger says.
    pub balanced: bool,
    /// Accounts whose ledger was added up.
    pub users: u64,
    /// Credits granted.
    pub granted: i64,
    /// Charged.
    pub charged: i64,
    /// Came back.
    pub refunded: i64,
    /// Set aside.
    pub reserved: i64,
    /// Users whose balance is wrong.
    pub wrong: Vec<String>,
    /// The oldest of the checks that these figures are from.
    pub checked_since: Option<Time>,
}

impl Intake {
    /// What a job over these files would come to. Nothing is made.
    pub async fn estimate(
        &self,
        caller: &Caller,
        submission: &Submission,
        files: &[DeclaredFile],
    ) -> Result<EstimateView, Problem> {
        let (pipeline, settings) = self.checked(submission, files.len())?;
        let details = self.declared(pipeline, files)?;
        let estimate = price_of(pipeline, submission.kind.as_deref(), &settings, &details);
        let balance = self.account(&caller.owner).await?.balance.available;
        Ok(EstimateView {
            estimate,
            balance,
            affordable: balance - i64::from(estimate.credits) >= self.allowance.floor,
        })
    }
}

impl Reader {
    /// The caller's credits.
    pub async fn credits(&self, caller: &Caller, cursor: Option<&str>) -> Result<CreditsView, Problem> {
        if cursor.is_some_and(|cursor| !is_line(cursor)) {
            let detail = "The cursor is not one that a page of the ledger gave.";
            let error = FieldError::new("cursor", "INVALID_CURSOR", detail);
            return Err(Problem::invalid(vec![error]));
        }
        let (account, page) = futures::join!(
            self.ledger.account(&caller.owner),
            self.ledger.lines(&caller.owner, cursor, MAX_LINES)
        );
        let (balance, page) = (account?.balance, page?);
        // A month's credits are brought by the first request that needs some; they are the user's before that.
        let month = month_of(self.clock.now());
        let to_come = if balance.has(&month) {
            0
        } else {
            i64::from(self.monthly_grant)
        };
        Ok(CreditsView {
            balance: balance.available + to_come,
            reserved: balance.open,
            charged: balance.settled,
            monthly_grant: self.monthly_grant,
            ledger: page.lines,
            next_cursor: page.next,
        })
    }

    /// How the newest jobs of the caller, or of a company, went; operators see the accounting check too.
    pub async fn stats(&self, caller: &Caller, company: Option<&str>) -> Result<Stats, Problem> {
        let mut jobs: Vec<Job> = Vec::new();
        let mut after = None;
        while jobs.len() < MAX_JOBS {
            let page = self
                .doors
                .list(caller, company, &JobFilter::default(), after, PAGE)
                .await?;
            jobs.extend(page.jobs);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let scope = company.map_or(Scope::Own, |company| Scope::Company(company.to_owned()));
        let mut stats = stats(scope, &jobs);
        if self.doors.installation(caller, Action::SeeInstallation).is_ok() {
            stats.accounting = Some(self.accounting().await?);
        }
        Ok(stats)
    }

    /// What the latest checks of all accounts found.
    pub(super) async fn accounting(&self) -> Result<Accounting, Problem> {
        let mut sum = Accounting {
            balanced: true,
            ..Accounting::default()
        };
        for check in self.ledger.checks().await? {
            sum.users += check.users;
            sum.granted += check.granted;
            sum.charged += check.settled;
            sum.refunded += check.refunded;
            sum.reserved += check.open;
            sum.balanced &= check.wrong.is_empty();
            sum.wrong.extend(check.wrong);
            sum.checked_since = Some(sum.checked_since.map_or(check.at, |oldest| oldest.min(check.at)));
        }
        Ok(sum)
    }
}

/// Whether it has the characters of a line's name; what it names is looked for among the caller's lines only.
fn is_line(cursor: &str) -> bool {
    cursor.len() <= 64 && cursor.chars().all(|c| c.is_ascii_hexdigit() || "-#".contains(c))
}

fn stats(scope: Scope, jobs: &[Job]) -> Stats {
    let mut by_status = BTreeMap::new();
    let mut by_pipeline = BTreeMap::new();
    let mut seconds = Vec::new();
    for job in jobs {
        *by_status.entry(job.status.as_str()).or_default() += 1;
        *by_pipeline.entry(job.pipeline.clone()).or_default() += 1;
        if job.status == Status::Completed
            && let (Some(started), Some(completed)) = (job.started_at, job.completed_at)
        {
            seconds.push(completed.since(started).as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    Stats {
        scope,
        jobs: jobs.len(),
        since: jobs.iter().map(|job| job.created_at).min(),
        by_status,
        by_pipeline,
        failed_chunks: jobs.iter().map(|job| job.failed.len()).sum(),
        processing_seconds: quantiles(&seconds),
        accounting: None,
    }
}

fn quantiles(sorted: &[f64]) -> Option<Quantiles> {
    let at = |percent: usize| {
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    };
    Some(Quantiles {
        p50: at(50)?,
        p95: at(95)?,
        p99: at(99)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_seen() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let wanted = Quantiles {
            p50: 50.0,
            p95: 95.0,
            p99: 99.0,
        };
        assert_eq!(quantiles(&hundred), Some(wanted));
        let one = Quantiles {
            p50: 7.0,
            p95: 7.0,
            p99: 7.0,
        };
        assert_eq!(quantiles(&[7.0]), Some(one));
        assert_eq!(quantiles(&[]), None);
    }

    #[test]
    fn cursors_are_told_from_other_text() {
        assert!(is_line("019aa000-0000-7000-8000-000000000001#00001#2"));
        for other in ["user#mallory", "x", "019aa000/..", "é"] {
            assert!(!is_line(other), "{other}");
        }
    }
}
