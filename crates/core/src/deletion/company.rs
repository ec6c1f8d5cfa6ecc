//! Deleting a company with all its jobs.
//!
//! The wish is put down first; then everybody is out, so that no door shows anything of the company any more. `sweep`
//! goes on from there, as long as it takes: jobs that are not over are cancelled, those that are over deleted, and when
//! nothing is found any more and nobody can be alive who knew the company, what is kept under its name goes too.

use futures::{StreamExt, stream};

use super::{Dissolution, Eraser, LATE_WRITES};
use crate::job::Job;
use crate::moves;
use crate::plan;
use crate::ports::{JobFilter, ListCursor, PortResult};
use crate::running::Tenant;
use crate::step::Applied;
use crate::time::Time;

/// Jobs read from the index at a time.
const PAGE: usize = 50;

/// Jobs deleted at the same time.
const PARALLEL_JOBS: usize = 8;

impl Eraser {
    /// Puts down that a company is to go, and lets everybody out of it.
    pub(crate) async fn dissolve(&self, dissolution: &Dissolution) -> PortResult<()> {
        self.deletions.put_dissolution(dissolution).await?;
        self.companies.dissolve(&dissolution.company).await
    }

    /// Takes a deletion further, until it is made or the time is `until`; whether it is made.
    pub(crate) async fn dissolve_further(&self, dissolution: &Dissolution, until: Time) -> PortResult<bool> {
        let company = &dissolution.company;
        let clock = &self.engine.clock;
        self.companies.dissolve(company).await?;
        self.exports.forget(company).await?;
        self.forget_objects(&plan::exports(company)).await?;
        let tenant = Tenant::Company(company.clone());
        let mut found = 0;
        let mut after: Option<ListCursor> = None;
        loop {
            let jobs = &self.engine.jobs;
            let page = jobs.list(&tenant, &JobFilter::default(), after, PAGE).await?;
            let ends = page.jobs.iter();
            let ends = stream::iter(ends.map(|job| self.end(dissolution, job)));
            let ends = ends.buffer_unordered(PARALLEL_JOBS);
            for was_there in ends.collect::<Vec<_>>().await {
                found += usize::from(was_there?);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
            if clock.now() >= until {
                return Ok(false);
            }
        }
        // The index trails the records, and requests that were let in before may still be at work.
        if found > 0 || clock.now() < dissolution.at.plus(LATE_WRITES) {
            return Ok(false);
        }
        self.companies.forget(company).await?;
        self.deletions.end_dissolution(company).await?;
        Ok(true)
    }

    /// Brings one job nearer to its end; whether there was one.
    async fn end(&self, dissolution: &Dissolution, listed: &Job) -> PortResult<bool> {
        let engine = &self.engine;
        let Some(job) = engine.kept(listed.id).await? else {
            return Ok(false);
        };
        let job = if job.status.is_terminal() {
            job
        } else {
            let step = moves::request_cancel(engine.clock.now(), &dissolution.by);
            match engine.apply(job.id, &step).await? {
                Applied::Yes(job) | Applied::Refused(job) => engine.advance_and_send(job, None).await?,
                Applied::Unknown => return Ok(false),
            }
        };
        // One that somebody still works on ends with the last lease.
        self.erase(&job).await?;
        Ok(true)
    }
}
