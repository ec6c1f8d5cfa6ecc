//! Running limits (section 4 of the protocol): no user has more jobs running than may be.

use std::collections::BTreeMap;

use docmill_core::ids::JobId;
use docmill_core::job::{Job, Phase, Status};

use super::Broken;

/// `new` was just written into `records`.
pub(super) fn check(records: &BTreeMap<JobId, Job>, new: &Job, limit: u32) -> Broken {
    let runs =
        |job: &Job| matches!(job.status, Status::Queued | Status::Processing) && job.phase != Phase::Waiting;
    if !runs(new) {
        return None;
    }
    let running = records.values().filter(|job| job.owner == new.owner && runs(job));
    let running = running.count();
    (running > limit as usize).then(|| ("§4", format!("{running} jobs of {} run, not {limit}", new.owner)))
}
