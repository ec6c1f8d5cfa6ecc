//! The stores behind the users' doors: nothing is to be had from them without a caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Action, Caller, Standings};
use crate::company::Companies;
use crate::ids::JobId;
use crate::job::Job;
use crate::ports::{
    Clock, DetailStore, Details, EventLog, JobFilter, JobPage, JobStore, ListCursor, PortResult,
};
use crate::problem::Problem;
use crate::running::Tenant;
use crate::timing::Timing;
use crate::view::Event;

/// Jobs counted before one that waits.
const MAX_AHEAD: usize = 99;

/// Pages of an index that are read for one page of a list, some of whose jobs may not be the caller's any more.
const MAX_PAGES: usize = 5;

/// The stores, closed: each read names its caller, or shows the grant that an earlier one gave.
#[derive(Clone)]
pub struct Doors {
    jobs: Arc<dyn JobStore>,
    details: Arc<dyn DetailStore>,
    events: Arc<dyn EventLog>,
    companies: Arc<dyn Companies>,
    clock: Arc<dyn Clock>,
}

/// A job that a caller may act on, as it was read when that was seen. Only [`Doors`] makes one.
#[derive(Clone, Debug)]
pub struct Granted {
    job: Box<Job>,
    caller: Caller,
    standings: Standings,
}

/// Somebody who runs the installation asks. Only [`Doors`] makes one.
#[derive(Debug)]
pub struct Operating(());

impl Granted {
    /// The record as it was read.
    pub fn job(&self) -> &Job {
        &self.job
    }

    pub(crate) fn standings(&self) -> &Standings {
        &self.standings
    }

    /// The same grant on a later state of the same job.
    pub(crate) fn now(&self, job: Job) -> Self {
        debug_assert_eq!(job.id, self.job.id);
        Self {
            job: Box::new(job),
            caller: self.caller.clone(),
            standings: self.standings.clone(),
        }
    }
}

impl Doors {
    /// Doors to these stores.
    pub fn new(
        jobs: Arc<dyn JobStore>,
        details: Arc<dyn DetailStore>,
        events: Arc<dyn EventLog>,
        companies: Arc<dyn Companies>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            jobs,
            details,
            events,
            companies,
            clock,
        }
    }

    /// The job, read consistently, for `action`. A job that the caller may not even see does not exist for them (404);
    /// one that they may only see is refused (403).
    pub async fn job(&self, caller: &Caller, id: JobId, action: Action) -> Result<Granted, Problem> {
        let granted = self.seen(caller, id).await?.ok_or_else(Problem::job_not_found)?;
        if !granted.standings.allow(action) {
            return Err(Problem::forbidden());
        }
        Ok(granted)
    }

    /// The job's record as it stands now, for who has a grant on it; `None` once it is gone, or is not theirs to see any
    /// more: somebody may leave its company while their request waits.
    pub async fn again(&self, granted: &Granted) -> PortResult<Option<Granted>> {
        self.seen(&granted.caller, granted.job.id).await
    }

    /// The job with what stands beside its record, both read at once.
    pub async fn job_with_details(
        &self,
        caller: &Caller,
        id: JobId,
        action: Action,
    ) -> Result<(Granted, Details), Problem> {
        let (granted, details) = futures::join!(self.job(caller, id, action), self.details.details(id));
        Ok((granted?, details?))
    }

    /// The record, if it is there, was not deleted, and is the caller's to see.
    async fn seen(&self, caller: &Caller, id: JobId) -> PortResult<Option<Granted>> {
        let job = self.jobs.get(id).await?;
        let now = self.clock.now();
        let Some(job) = job.filter(|job| !job.is_gone(now)) else {
            return Ok(None);
        };
        let standings = standings(self.companies.as_ref(), caller, &job).await?;
        Ok(standings.allow(Action::SeeJob).then(|| Granted {
            job: Box::new(job),
            caller: caller.clone(),
            standings,
        }))
    }

    /// What stands beside the record.
    pub async fn details(&self, granted: &Granted) -> PortResult<Details> {
        self.details.details(granted.job.id).await
    }

    /// Events with a version above `after`, oldest first, at most `limit`. What is newer than the grant is not had for
    /// it: nobody knows whether the job still was the caller's to see then.
    pub async fn events(&self, granted: &Granted, after: u64, limit: usize) -> PortResult<Vec<Event>> {
        let mut events = self.events.after(granted.job.id, after, limit).await?;
        events.retain(|event| event.version <= granted.job.version);
        Ok(events)
    }

    /// The caller's pass to do `action` to the installation.
    pub fn installation(&self, caller: &Caller, action: Action) -> Result<Operating, Problem> {
        if Standings::of(None, false, caller.operator).allow(action) {
            Ok(Operating(()))
        } else {
            Err(Problem::operators_only())
        }
    }

    /// A page of the caller's own jobs, or of a company that the caller may see. Jobs of companies that the caller has
    /// left are left out.
    pub async fn list(
        &self,
        caller: &Caller,
        company: Option<&str>,
        filter: &JobFilter,
        after: Option<ListCursor>,
        limit: usize,
    ) -> Result<JobPage, Problem> {
        if let Some(company) = company {
            let tenant = Tenant::Company(company.to_owned());
            let page = self.jobs.list(&tenant, filter, after, limit).await?;
            // Afterwards, so that nobody is shown what came to be after they had left.
            self.company(caller, company, Action::SeeCompany).await?;
            return Ok(page);
        }
        let tenant = Tenant::User(caller.owner.clone());
        let mut page = JobPage::default();
        let mut after = after;
        for _ in 0..MAX_PAGES {
            let read = self
                .jobs
                .list(&tenant, filter, after, limit - page.jobs.len())
                .await?;
            page.next = read.next;
            page.jobs.extend(self.still_theirs(caller, read.jobs).await?);
            after = page.next;
            if page.jobs.len() >= limit || after.is_none() {
                break;
            }
        }
        Ok(page)
    }

    /// How many of the owner's jobs wait for a place before this one.
    pub(crate) async fn ahead(&self, job: &Job) -> PortResult<Option<u32>> {
        let since = self.clock.now().minus(Timing::default().queue_limit);
        let tenant = Tenant::User(job.owner.clone());
        let waiting = self.jobs.waiting(&tenant, since, MAX_AHEAD + 1).await?;
        let ahead = waiting.iter().take_while(|id| **id != job.id).count();
        Ok(u32::try_from(ahead.min(MAX_AHEAD)).ok())
    }

    /// Whether the caller may do `action` in a company: 404 for who may not even see it, 403 for who may only see it.
    pub async fn company(
        &self,
        caller: &Caller,
        company: &str,
        action: Action,
    ) -> Result<Standings, Problem> {
        let role = self.companies.role(company, &caller.owner).await?;
        let standings = Standings::of(role, false, caller.operator);
        if !standings.allow(Action::SeeCompany) {
            return Err(Problem::company_not_found());
        }
        if !standings.allow(action) {
            return Err(Problem::forbidden());
        }
        Ok(standings)
    }

    async fn still_theirs(&self, caller: &Caller, jobs: Vec<Job>) -> PortResult<Vec<Job>> {
        let named: BTreeSet<&String> = jobs.iter().filter_map(|job| job.company_id.as_ref()).collect();
        let mut left = BTreeSet::new();
        for company in named {
            if self.companies.role(company, &caller.owner).await?.is_none() {
                left.insert(company.clone());
            }
        }
        let theirs = |job: &Job| {
            !job.company_id
                .as_ref()
                .is_some_and(|company| left.contains(company))
        };
        Ok(jobs.into_iter().filter(theirs).collect())
    }
}

/// Whether `user` may follow `job` live, asked as each frame is sent.
pub(crate) async fn may_follow(companies: &dyn Companies, user: &str, job: &Job) -> PortResult<bool> {
    let standings = standings(companies, &Caller::user(user), job).await?;
    Ok(standings.allow(Action::SeeJob))
}

/// A job of a company is the company's: who made it and has left is a stranger to it.
async fn standings(companies: &dyn Companies, caller: &Caller, job: &Job) -> PortResult<Standings> {
    let owns = job.owner == caller.owner;
    let Some(company) = &job.company_id else {
        return Ok(Standings::of(None, owns, caller.operator));
    };
    let role = companies.role(company, &caller.owner).await?;
    Ok(Standings::of(role, owns && role.is_some(), caller.operator))
}
