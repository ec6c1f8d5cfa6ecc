//! Bugs in how creations take places in windows.

use std::time::Duration;

use docmill_core::account::{Dues, Take};
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Status};
use docmill_core::ports::{Clock, Created, JobStore, NewJob, PortResult, RequestDetail};
use docmill_memory::MemoryJobs;

use super::Port;
use crate::plants::Plant;

impl Port<MemoryJobs> {
    /// What a planted bug makes of a creation before it is written.
    pub(super) fn bend_creation(&self, new: &NewJob) -> NewJob {
        let mut bent = new.clone();
        if self.sim.has(Plant::KeysForgotten) {
            bent.idempotency = None;
        }
        if self.sim.has(Plant::LimitsIgnored) {
            bent.places = None;
        }
        if self.sim.has(Plant::CountedOutside) {
            bent.dues.takes.clear();
        }
        if self.sim.has(Plant::FloorIgnored)
            && let Some(reserve) = &mut bent.dues.reserve
        {
            reserve.floor = i64::MIN / 2;
        }
        bent
    }

    /// What a planted bug does in the transaction that made a job, or did not; `was_there`: it was made before.
    pub(super) async fn after_creation(
        &self,
        new: &NewJob,
        created: &Created,
        was_there: bool,
    ) -> PortResult<()> {
        let counts = match self.sim.plant {
            Some(Plant::RefusedCounted) => matches!(created, Created::Full | Created::Unpaid(_)),
            Some(Plant::RepeatTakesAgain) => was_there || matches!(created, Created::KeyInUse(_)),
            _ => false,
        };
        if counts {
            self.count(new).await?;
        }
        Ok(())
    }

    /// What a planted bug does a moment after a job was made.
    pub(super) async fn count_outside(&self, new: &NewJob) -> PortResult<()> {
        self.sim.clock.sleep(Duration::from_millis(1)).await;
        self.count(new).await
    }

    /// Counts in the windows of the job's user, by a job that is gone at once.
    async fn count(&self, new: &NewJob) -> PortResult<()> {
        let (owner, now) = (&new.job.owner, self.sim.now());
        let account = self.sim.account(owner);
        let live = |take: &Take| {
            let state = account.window(take.window, now);
            Take {
                limit: u32::MAX,
                seen: state.map(|state| state.resets_at),
                now,
                ..*take
            }
        };
        let stage = new.job.stage.clone();
        let job = Job {
            owner: owner.clone(),
            status: Status::Expired,
            expires_at: now,
            quiet: true,
            ..Job::blank(JobId::first_of(now), now, stage)
        };
        let id = job.id;
        let counting = NewJob {
            job,
            request: RequestDetail::default(),
            idempotency: None,
            places: None,
            dues: Dues {
                takes: new.dues.takes.iter().map(live).collect(),
                reserve: None,
            },
        };
        self.inner.create(counting).await?;
        self.inner.forget(id, now).await?;
        Ok(())
    }
}
