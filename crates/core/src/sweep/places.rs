//! Places of running jobs: those that wait are started, and those that ended keep none.

use super::Sweep;
use crate::job::Job;
use crate::ports::PortResult;
use crate::running::Tenant;

impl Sweep {
    /// Starts `job`, which waits, or the ones that wait longer; whether any was started. A terminal move leaves its places
    /// in the same transaction, so a place of a job that is over should not be: if one is, nobody waits for it longer
    /// than until now.
    pub(super) async fn start_waiting(&self, job: &Job) -> PortResult<bool> {
        let tenants = Tenant::of(job);
        let engine = &self.engine;
        if engine.start_waiting(&tenants).await? > 0 {
            return Ok(true);
        }
        for tenant in &tenants {
            for id in engine.jobs.running(tenant).await? {
                if engine.read(id).await?.is_none_or(|job| job.status.is_terminal()) {
                    tracing::error!(job = %id, ?tenant, "a job that is over had a place");
                    engine.jobs.vacate(tenant, id).await?;
                }
            }
        }
        // Last, by itself: the index may not know it.
        engine.start_if_room(job.id).await
    }
}
