//! Places among the running jobs: taken before the first message, passed on at the end.

use super::Engine;
use crate::account::{Due, Dues, charge};
use crate::ids::JobId;
use crate::job::{Job, Phase, Status};
use crate::moves;
use crate::ports::{PortError, PortResult};
use crate::running::{Admission, Tenant};
use crate::step::{Applied, Edit, Guard, Step};

/// Waiting jobs that are tried when a place is free: some may lack their other place.
const CANDIDATES: usize = 10;

/// A chunk that is recorded while a job is ended makes one more try; a handful is plenty, since no new ones are claimed.
const SETTLE_TRIES: usize = 20;

/// What became of a waiting job.
enum Started {
    Yes,
    NoRoom,
    /// It does not wait any more.
    Past,
}

impl Engine {
    /// Makes `step`, after which `job` is queued: with its places, or else waiting for them. Its owner pays the dues.
    pub(crate) async fn enqueue(
        &self,
        job: &Job,
        step: Step,
        dues: &Dues,
    ) -> PortResult<Result<Applied, Due>> {
        let mut step = step;
        let mut places = Some(&self.timing.running);
        loop {
            return Ok(match self.jobs.admit(job, &step, places, dues).await? {
                Admission::Applied(applied) => Ok(applied),
                Admission::Unpaid(due) => Err(due),
                Admission::Full if places.is_some() => {
                    step = step.with(Edit::Phase(Phase::Waiting));
                    places = None;
                    continue;
                }
                Admission::Full => return Err(PortError::Broken("no place was asked for".to_owned())),
            });
        }
    }

    /// Starts the oldest jobs that wait for a place of these tenants, as long as there is room; how many. The index of
    /// waiting jobs lags and knows a day: what it misses, sweep starts.
    pub(crate) async fn start_waiting(&self, tenants: &[Tenant]) -> PortResult<usize> {
        let since = self.clock.now().minus(self.timing.queue_limit);
        let mut started = 0;
        for tenant in tenants {
            for id in self.jobs.waiting(tenant, since, CANDIDATES).await? {
                match (self.start(id).await?, tenant) {
                    (Started::Yes, _) => started += 1,
                    (Started::NoRoom, Tenant::User(_)) => break,
                    // Another user of the company may have room.
                    (Started::NoRoom, Tenant::Company(_)) | (Started::Past, _) => {}
                }
            }
        }
        Ok(started)
    }

    /// Gives one waiting job its places and sends its first message; whether that was possible.
    pub(crate) async fn start_if_room(&self, id: JobId) -> PortResult<bool> {
        Ok(matches!(self.start(id).await?, Started::Yes))
    }

    async fn start(&self, id: JobId) -> PortResult<Started> {
        let Some(job) = self.read(id).await? else {
            return Ok(Started::Past);
        };
        if job.status != Status::Queued || job.phase != Phase::Waiting {
            return Ok(Started::Past);
        }
        let step = moves::admit(&job, self.clock.now(), &self.timing);
        let places = Some(&self.timing.running);
        match self.jobs.admit(&job, &step, places, &Dues::default()).await? {
            Admission::Applied(Applied::Yes(job)) => {
                self.send_plan(&job).await?;
                Ok(Started::Yes)
            }
            Admission::Applied(_) => Ok(Started::Past),
            Admission::Full => Ok(Started::NoRoom),
            Admission::Unpaid(_) => Err(PortError::Broken("nothing was to be paid".to_owned())),
        }
    }

    /// The terminal move of `job`: its credits are settled, and its places go to those who wait.
    pub(crate) async fn finish(&self, job: &Job, step: &Step) -> PortResult<Applied> {
        let applied = self.settle(job, step).await?;
        // The end is durable: whatever fails from here on is sweep's.
        if matches!(applied, Applied::Yes(_))
            && let Err(error) = self.start_waiting(&Tenant::of(job)).await
        {
            tracing::warn!(job = %job.id, %error, "waiting jobs not started; sweep will");
        }
        Ok(applied)
    }

    /// What is charged depends on the chunks that are done, so the move is made on the record as it was added up, and
    /// again where another chunk was recorded in between.
    async fn settle(&self, job: &Job, step: &Step) -> PortResult<Applied> {
        let mut current = Box::new(job.clone());
        for _ in 0..SETTLE_TRIES {
            let settling = step
                .clone()
                .guarded(Guard::VersionIs(current.version))
                .with(Edit::Charge(charge(&current)));
            match self.jobs.finish(&current, &settling).await? {
                Applied::Refused(newer)
                    if newer.version != current.version && step.apply(&newer).is_some() =>
                {
                    current = newer;
                }
                applied => return Ok(applied),
            }
        }
        Err(PortError::Unavailable(
            "the job changes faster than its end can be added up".to_owned(),
        ))
    }
}
