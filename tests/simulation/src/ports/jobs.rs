//! The job records. Every write passes here, under the eyes of the watch.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::account::Dues;
use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::ports::{
    Clock, Created, IdempotencyEntry, JobFilter, JobPage, JobStore, ListCursor, NewJob, PortError, PortResult,
};
use docmill_core::running::{Admission, RunningLimits, Tenant};
use docmill_core::step::{Applied, Step};
use docmill_core::time::Time;
use docmill_memory::MemoryJobs;
use futures::FutureExt;

use super::Port;
use crate::fate::{Fate, Menu};
use crate::plants::{self, Plant};
use crate::scenario::USERS;
use crate::sim::{Ghost, Sim};
use crate::story::{describe, is_renewal};

/// Which of the port's conditional writes.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A step and nothing else.
    Plain,
    /// A step that takes the job's places, where there are limits, and what its owner pays.
    Taking(Option<RunningLimits>, Dues),
    /// A step that leaves them.
    Leaving,
}

/// The effect of a step, by whoever has `card`.
fn write(
    sim: &Sim,
    jobs: &MemoryJobs,
    card: usize,
    id: JobId,
    step: &Step,
    kind: &Kind,
) -> PortResult<Admission> {
    let old = sim.state().watch.records.get(&id).cloned();
    let Some(old) = old else {
        return Ok(Admission::Applied(Applied::Unknown));
    };
    if sim.has(Plant::LeaseNeverRenewed) && is_renewal(step) {
        return Ok(Admission::Applied(Applied::Yes(Box::new(old))));
    }
    let bent = plants::bend(sim.plant, step, &old);
    let applied = match kind {
        Kind::Plain => now(jobs.apply(id, &bent))?,
        Kind::Leaving => now(jobs.finish(&old, &bent))?,
        Kind::Taking(limits, dues) => {
            let limits = if sim.has(Plant::LimitsIgnored) {
                None
            } else {
                limits.as_ref()
            };
            match now(jobs.admit(&old, &bent, limits, dues))? {
                Admission::Applied(applied) => applied,
                Admission::Unpaid(due) => {
                    sim.tell(|state| {
                        let (who, job) = (&state.cards[card].name, state.job_name(id));
                        format!("{who} cannot pay for {job}: {due:?}")
                    });
                    return Ok(Admission::Unpaid(due));
                }
                Admission::Full => {
                    sim.tell(|state| {
                        let (who, job) = (&state.cards[card].name, state.job_name(id));
                        format!("{who} finds no place for {job}")
                    });
                    return Ok(Admission::Full);
                }
            }
        }
    };
    told(sim, card, &old, step, &applied);
    if sim.has(Plant::CompletesTwice) && plants::is_completion(step) && matches!(applied, Applied::Yes(_)) {
        let again = Step::new(Vec::new(), step.edits.clone());
        let before = sim.state().watch.records.get(&id).cloned();
        let applied = now(jobs.apply(id, &again))?;
        if let Some(before) = before {
            told(sim, card, &before, step, &applied);
        }
        return Ok(Admission::Applied(applied));
    }
    Ok(Admission::Applied(applied))
}

fn told(sim: &Sim, card: usize, old: &Job, step: &Step, applied: &Applied) {
    sim.tell(|state| {
        let refused = match applied {
            Applied::Yes(_) => "",
            Applied::Refused(_) => ": refused",
            Applied::Unknown => ": no such job",
        };
        let (who, job) = (&state.cards[card].name, state.job_name(old.id));
        format!("{who} {} ({job}){refused}", describe(step))
    });
    if let Applied::Yes(new) = applied {
        crate::watch::wrote(sim, card, old, new, step);
    }
}

/// Memory never waits.
fn now<T>(call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
    call.now_or_never()
        .unwrap_or_else(|| Err(PortError::Broken("memory waits".to_owned())))
}

/// Only a step that takes places may find none.
fn applied(admission: PortResult<Admission>) -> PortResult<Applied> {
    match admission? {
        Admission::Applied(applied) => Ok(applied),
        Admission::Full => Err(PortError::Broken("no place was asked for".to_owned())),
        Admission::Unpaid(_) => Err(PortError::Broken("nothing was to be paid".to_owned())),
    }
}

/// The effect of a write whose sender was told long ago that it was lost.
pub(crate) fn apply_ghost(sim: &Sim, jobs: &MemoryJobs, ghost: &Ghost) {
    sim.tell(|state| format!("the lost call of {} takes effect", state.cards[ghost.card].name));
    // There is nobody left to hear the answer.
    drop(write(sim, jobs, ghost.card, ghost.job, &ghost.step, &ghost.kind));
    let mut state = sim.state();
    let watch = &mut state.watch;
    if let Some(job) = watch.records.get(&ghost.job) {
        watch.messages.excuse(job.id, job.attempt);
    }
}

impl Port<MemoryJobs> {
    /// Waits until somebody else writes the record, at most for `time`.
    async fn wait_for_another(&self, id: JobId, time: Duration) {
        let version = || {
            let state = self.sim.state();
            state.watch.records.get(&id).map(|job| job.version)
        };
        let (before, end) = (version(), self.sim.now().plus(time));
        self.sim.says(|_| "waits for another write".to_owned());
        while version() == before && self.sim.now() < end {
            self.sim.clock.sleep(Duration::from_secs(1)).await;
        }
    }

    async fn step(&self, menu: Menu, id: JobId, step: &Step, kind: Kind) -> PortResult<Admission> {
        let card = self.sim.state().current;
        let fate = self.sim.fate(card, menu);
        if let Some(Fate::Overtaken(time)) = fate {
            self.wait_for_another(id, time).await;
            return write(&self.sim, &self.inner, card, id, step, &kind);
        }
        if let Some(fate) = fate {
            let mut state = self.sim.state();
            if is_renewal(step) && fate != Fate::Yield {
                state.card().hurt = true;
            }
            if let Fate::Late(time) = fate {
                let at = self.sim.now().plus(time);
                state.ghosts.push(Ghost {
                    at,
                    card,
                    job: id,
                    step: step.clone(),
                    kind: kind.clone(),
                });
            }
        }
        self.sim
            .fated(
                fate,
                || describe(step),
                || async { write(&self.sim, &self.inner, card, id, step, &kind) },
            )
            .await
    }
}

#[async_trait]
impl JobStore for Port<MemoryJobs> {
    async fn create(&self, new: NewJob) -> PortResult<Created> {
        let create = || async {
            let was_there = self.sim.state().watch.records.contains_key(&new.job.id);
            let created = self.inner.create(self.bend_creation(&new)).await?;
            crate::watch::created(&self.sim, &new, &created);
            self.after_creation(&new, &created, was_there).await?;
            Ok(created)
        };
        let menu = Menu::Transaction;
        let created = self
            .sim
            .call(menu, || "creates the job".to_owned(), create)
            .await?;
        if created == Created::Yes && self.sim.has(Plant::CountedOutside) {
            self.count_outside(&new).await?;
        }
        Ok(created)
    }

    async fn idempotent(&self, owner: &str, key: &str, now: Time) -> PortResult<Option<IdempotencyEntry>> {
        let look = || "looks its key up".to_owned();
        self.sim
            .call(Menu::Read, look, || self.inner.idempotent(owner, key, now))
            .await
    }

    async fn get(&self, id: JobId) -> PortResult<Option<Job>> {
        let read = || "reads the record".to_owned();
        let mut job = self.sim.call(Menu::Read, read, || self.inner.get(id)).await?;
        let user = self.sim.state().card().user;
        if self.sim.has(Plant::EverybodyOwnsEverything)
            && let (Some(job), Some(user)) = (&mut job, user)
        {
            job.owner = USERS[usize::from(user)].to_owned();
        }
        Ok(job)
    }

    async fn apply(&self, id: JobId, step: &Step) -> PortResult<Applied> {
        applied(self.step(Menu::Step, id, step, Kind::Plain).await)
    }

    async fn admit(
        &self,
        job: &Job,
        step: &Step,
        places: Option<&RunningLimits>,
        dues: &Dues,
    ) -> PortResult<Admission> {
        let kind = Kind::Taking(places.copied(), dues.clone());
        self.step(Menu::Transaction, job.id, step, kind).await
    }

    async fn finish(&self, job: &Job, step: &Step) -> PortResult<Applied> {
        applied(self.step(Menu::Transaction, job.id, step, Kind::Leaving).await)
    }

    async fn waiting(&self, tenant: &Tenant, since: Time, limit: usize) -> PortResult<Vec<JobId>> {
        let list = || "looks who waits for a place".to_owned();
        self.sim
            .call(Menu::Read, list, || self.inner.waiting(tenant, since, limit))
            .await
    }

    async fn running(&self, tenant: &Tenant) -> PortResult<BTreeSet<JobId>> {
        let read = || "reads who has a place".to_owned();
        self.sim
            .call(Menu::Read, read, || self.inner.running(tenant))
            .await
    }

    async fn vacate(&self, tenant: &Tenant, id: JobId) -> PortResult<()> {
        let vacate = || "takes a place back".to_owned();
        self.sim
            .call(Menu::Transaction, vacate, || self.inner.vacate(tenant, id))
            .await
    }

    async fn forget(&self, id: JobId, now: Time) -> PortResult<bool> {
        let forget = || "deletes the record".to_owned();
        self.sim
            .call(Menu::Write, forget, || self.inner.forget(id, now))
            .await
    }

    async fn list(
        &self,
        tenant: &Tenant,
        filter: &JobFilter,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<JobPage> {
        let list = || "lists the jobs".to_owned();
        let mut page = self
            .sim
            .call(Menu::Read, list, || self.inner.list(tenant, filter, after, limit))
            .await?;
        if self.sim.has(Plant::ListForgetsTenant) {
            page.jobs = self.inner.all();
        }
        Ok(page)
    }

    async fn due(&self, shard: u8, now: Time, limit: usize) -> PortResult<Vec<JobId>> {
        let due = || format!("reads what is due in shard {shard}");
        self.sim
            .call(Menu::Read, due, || self.inner.due(shard, now, limit))
            .await
    }
}
