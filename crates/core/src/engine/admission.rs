//! Places among the running jobs: taken before the first message, passed on at the end.

use super::Engine;
use crate::ids::JobId;
use crate::job::{Job, Phase, Status};
use crate::moves;
use crate::ports::PortResult;
use crate::running::{Admission, Tenant};
use crate::step::{Applied, Edit, Step};

/// Waiting jobs that are tried when a place is free: some may lack their other place.
const CANDIDATES: usize = 10;

/// What became of a waiting job.
enum Started {
    Yes,
    NoRoom,
    /// It does not wait any more.
    Past,
}

impl Engine {
    /// Makes `step`, after which `job` is queued: with its places, or else waiting for them.
    pub(crate) async fn enqueue(&self, job: &Job, step: Step) -> PortResult<Applied> {
        match self.jobs.admit(job, &step, &self.timing.running).await? {
            Admission::Applied(applied) => Ok(applied),
            Admission::Full => {
                let step = step.with(Edit::Phase(Phase::Waiting));
                self.apply(job.id, &step).await
            }
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
        match self.jobs.admit(&job, &step, &self.timing.running).await? {
            Admission::Applied(Applied::Yes(job)) => {
                self.send_plan(&job).await?;
                Ok(Started::Yes)
            }
            Admission::Applied(_) => Ok(Started::Past),
            Admission::Full => Ok(Started::NoRoom),
        }
    }

    /// The terminal move of `job`, whose places go to those who wait.
    pub(crate) async fn finish(&self, job: &Job, step: &Step) -> PortResult<Applied> {
        let applied = self.jobs.finish(job, step).await?;
        // The end is durable: whatever fails from here on is sweep's.
        if matches!(applied, Applied::Yes(_))
            && let Err(error) = self.start_waiting(&Tenant::of(job)).await
        {
            tracing::warn!(job = %job.id, %error, "waiting jobs not started; sweep will");
        }
        Ok(applied)
    }
}
