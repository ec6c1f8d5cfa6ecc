//! [`JobStore`], with the feed of changes that the stream is on AWS.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use docmill_core::account::Dues;
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Phase, Status};
use docmill_core::operations::Tally;
use docmill_core::ports::{
    Created, IdempotencyEntry, JobFilter, JobPage, JobStore, ListCursor, NewJob, PortResult,
};
use docmill_core::publish::Change;
use docmill_core::running::{Admission, RunningLimits, Tenant};
use docmill_core::step::{Applied, Step};
use docmill_core::time::Time;
use docmill_core::timing::RETENTION;
use docmill_core::usage::Usage;

use crate::details::MemoryDetails;
use crate::ledger::MemoryLedger;
use crate::lock;
use crate::operations::Tallies;

/// Records by id.
#[derive(Debug)]
pub struct MemoryJobs {
    details: Arc<MemoryDetails>,
    ledger: Arc<MemoryLedger>,
    state: Mutex<State>,
    tallies: Mutex<Tallies>,
}

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<JobId, Job>,
    /// By owner and key.
    idempotency: HashMap<(String, String), IdempotencyEntry>,
    running: BTreeMap<Tenant, BTreeSet<JobId>>,
    changes: Vec<Change>,
}

impl State {
    /// Whether `job` has its places or may have them.
    fn has_room(&self, job: &Job, limits: &RunningLimits) -> bool {
        Tenant::of(job).iter().all(|tenant| {
            self.running.get(tenant).is_none_or(|running| {
                running.contains(&job.id) || running.len() < tenant.limit(limits) as usize
            })
        })
    }

    fn take_places(&mut self, job: &Job) {
        for tenant in Tenant::of(job) {
            self.running.entry(tenant).or_default().insert(job.id);
        }
    }

    fn leave_place(&mut self, tenant: &Tenant, id: JobId) {
        if let Some(running) = self.running.get_mut(tenant) {
            running.remove(&id);
        }
    }

    fn write(&mut self, old: Option<Job>, new: Job) {
        self.jobs.insert(new.id, new.clone());
        // The stream's filter on AWS: quiet writes are no changes to anybody.
        if !new.quiet {
            self.changes.push(Change { old, new });
        }
    }

    fn remembered(&self, owner: &str, key: &str, now: Time) -> Option<&IdempotencyEntry> {
        let entry = self.idempotency.get(&(owner.to_owned(), key.to_owned()));
        entry.filter(|entry| entry.expires_at > now)
    }
}

impl MemoryJobs {
    /// No jobs. Creations also write to `details`, and users pay from `ledger`.
    pub fn new(details: Arc<MemoryDetails>, ledger: Arc<MemoryLedger>) -> Self {
        Self {
            details,
            ledger,
            state: Mutex::default(),
            tallies: Mutex::default(),
        }
    }

    /// Takes the visible changes made since the last call, in order: what the stream's reader gets on AWS.
    pub fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut lock(&self.state).changes)
    }

    pub(crate) fn tallies(&self) -> MutexGuard<'_, Tallies> {
        lock(&self.tallies)
    }

    /// Every record, oldest first.
    pub fn all(&self) -> Vec<Job> {
        lock(&self.state).jobs.values().cloned().collect()
    }
}

impl State {
    fn apply(&mut self, id: JobId, step: &Step) -> Applied {
        let Some(job) = self.jobs.get(&id).cloned() else {
            return Applied::Unknown;
        };
        match step.apply(&job) {
            Some(next) => {
                self.write(Some(job), next.clone());
                Applied::Yes(Box::new(next))
            }
            None => Applied::Refused(Box::new(job)),
        }
    }
}

#[async_trait]
impl JobStore for MemoryJobs {
    async fn create(&self, new: NewJob) -> PortResult<Created> {
        let mut state = lock(&self.state);
        if let Some(entry) = &new.idempotency
            && let Some(earlier) = state.remembered(&entry.owner, &entry.key, new.job.created_at)
        {
            return Ok(Created::KeyInUse(earlier.clone()));
        }
        // Ids are random: a record of this id can only be the caller's own earlier write.
        if state.jobs.contains_key(&new.job.id) {
            return Ok(Created::Yes);
        }
        let mut accounts = self.ledger.lock();
        if let Some(due) = accounts.unpaid(&new.job.owner, &new.dues) {
            return Ok(Created::Unpaid(due));
        }
        if let Some(limits) = &new.places {
            if !state.has_room(&new.job, limits) {
                return Ok(Created::Full);
            }
            state.take_places(&new.job);
        }
        accounts.pay(&new.job.owner, new.job.id, new.job.attempt, &new.dues);
        if let Some(entry) = new.idempotency {
            state
                .idempotency
                .insert((entry.owner.clone(), entry.key.clone()), entry);
        }
        self.details.set_request(new.job.id, new.request);
        state.write(None, new.job);
        Ok(Created::Yes)
    }

    async fn idempotent(&self, owner: &str, key: &str, now: Time) -> PortResult<Option<IdempotencyEntry>> {
        Ok(lock(&self.state).remembered(owner, key, now).cloned())
    }

    async fn get(&self, id: JobId) -> PortResult<Option<Job>> {
        Ok(lock(&self.state).jobs.get(&id).cloned())
    }

    async fn apply(&self, id: JobId, step: &Step) -> PortResult<Applied> {
        Ok(lock(&self.state).apply(id, step))
    }

    async fn admit(
        &self,
        job: &Job,
        step: &Step,
        places: Option<&RunningLimits>,
        dues: &Dues,
    ) -> PortResult<Admission> {
        let mut state = lock(&self.state);
        let Some(next) = state.jobs.get(&job.id).and_then(|job| step.apply(job)) else {
            return Ok(Admission::Applied(state.apply(job.id, step)));
        };
        let mut accounts = self.ledger.lock();
        if let Some(due) = accounts.unpaid(&job.owner, dues) {
            return Ok(Admission::Unpaid(due));
        }
        if let Some(limits) = places {
            if !state.has_room(job, limits) {
                return Ok(Admission::Full);
            }
            state.take_places(job);
        }
        accounts.pay(&job.owner, job.id, next.attempt, dues);
        Ok(Admission::Applied(state.apply(job.id, step)))
    }

    async fn finish(&self, job: &Job, step: &Step) -> PortResult<Applied> {
        let mut state = lock(&self.state);
        let applied = state.apply(job.id, step);
        if let Applied::Yes(ended) = &applied {
            self.ledger.lock().settle(ended);
            if let Some(at) = ended.completed_at {
                self.tallies().add(at, &Tally::of(ended));
            }
            for tenant in Tenant::of(job) {
                state.leave_place(&tenant, job.id);
            }
        }
        Ok(applied)
    }

    async fn waiting(&self, tenant: &Tenant, since: Time, limit: usize) -> PortResult<Vec<JobId>> {
        let state = lock(&self.state);
        let mut waiting: Vec<&Job> = state
            .jobs
            .values()
            .filter(|job| job.phase == Phase::Waiting && job.status == Status::Queued)
            .filter(|job| job.created_at >= since && Tenant::of(job).contains(tenant))
            .collect();
        waiting.sort_by_key(|job| place(job));
        Ok(waiting.into_iter().take(limit).map(|job| job.id).collect())
    }

    async fn running(&self, tenant: &Tenant) -> PortResult<BTreeSet<JobId>> {
        Ok(lock(&self.state).running.get(tenant).cloned().unwrap_or_default())
    }

    async fn vacate(&self, tenant: &Tenant, id: JobId) -> PortResult<()> {
        let mut state = lock(&self.state);
        if state.jobs.get(&id).is_none_or(|job| job.status.is_terminal()) {
            state.leave_place(tenant, id);
        }
        Ok(())
    }

    async fn forget(&self, id: JobId, now: Time) -> PortResult<bool> {
        let mut state = lock(&self.state);
        let over = |job: &Job| job.status.is_terminal() && job.expires_at <= now;
        if state.jobs.get(&id).is_some_and(over) {
            state.jobs.remove(&id);
        }
        Ok(!state.jobs.contains_key(&id))
    }

    async fn list(
        &self,
        tenant: &Tenant,
        filter: &JobFilter,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<JobPage> {
        let state = lock(&self.state);
        let mut found: Vec<&Job> = state
            .jobs
            .values()
            .filter(|job| Tenant::of(job).contains(tenant) && matches(filter, job))
            .filter(|job| after.is_none_or(|after| place(job) < (after.created_at_ms, after.job_id)))
            .collect();
        found.sort_by_key(|job| std::cmp::Reverse(place(job)));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).copied().map(ListCursor::after);
        Ok(JobPage {
            jobs: found.into_iter().map(listed).collect(),
            next,
        })
    }

    async fn due(&self, shard: u8, now: Time, limit: usize) -> PortResult<Vec<JobId>> {
        let state = lock(&self.state);
        let mut due: Vec<(Time, JobId)> = state
            .jobs
            .values()
            .filter(|job| job.id.due_shard() == shard)
            .filter_map(|job| {
                job.due_at
                    .filter(|due_at| *due_at <= now)
                    .map(|due_at| (due_at, job.id))
            })
            .collect();
        due.sort_unstable();
        Ok(due.into_iter().take(limit).map(|(_, id)| id).collect())
    }
}

fn place(job: &Job) -> (i64, JobId) {
    (job.created_at.ms(), job.id)
}

fn matches(filter: &JobFilter, job: &Job) -> bool {
    filter.status.is_none_or(|status| job.status == status)
        && filter
            .pipeline
            .as_ref()
            .is_none_or(|pipeline| job.pipeline == *pipeline)
        && filter
            .batch_id
            .as_ref()
            .is_none_or(|batch| job.batch_id.as_ref() == Some(batch))
}

/// The record as the listing's index projects it on AWS.
fn listed(job: &Job) -> Job {
    let known = [
        Some(job.created_at),
        job.started_at,
        job.cancel_requested_at,
        job.completed_at,
    ];
    let last_known = known.into_iter().flatten().max();
    Job {
        leases: BTreeMap::new(),
        tries: BTreeMap::new(),
        warnings: Vec::new(),
        error: None,
        result: None,
        credits: None,
        usage: Usage::default(),
        file_count: 0,
        updated_at: last_known.unwrap_or(job.created_at),
        queued_at: None,
        deadline_at: None,
        warned_at: None,
        expires_at: job.created_at.plus(RETENTION),
        callback_url: None,
        cancelled_by: None,
        due_at: None,
        quiet: false,
        ..job.clone()
    }
}
