//! Running limits (section 4 of the protocol): no user, and no company, has more jobs running than may be, and nobody
//! waits for long while there is room.

use std::collections::BTreeMap;
use std::time::Duration;

use docmill_core::ids::JobId;
use docmill_core::job::{Job, Phase, Status};
use docmill_core::running::RunningLimits;
use docmill_core::time::Time;

use super::Broken;

/// `sweep` looks at a job that waits this often at least, or a little later.
const PATIENCE: Duration = Duration::from_secs(8 * 60);

fn runs(job: &Job) -> bool {
    matches!(job.status, Status::Queued | Status::Processing) && job.phase != Phase::Waiting
}

/// Since when there has been room for each job that waits.
#[derive(Debug, Default)]
pub(crate) struct Idle(BTreeMap<JobId, Time>);

impl Idle {
    /// Time has passed; nothing kept anybody from starting jobs since `healed_at`.
    pub(crate) fn check(
        &mut self,
        records: &BTreeMap<JobId, Job>,
        limits: &RunningLimits,
        now: Time,
        healed_at: Time,
    ) -> Broken {
        let waits = |job: &Job| job.status == Status::Queued && job.phase == Phase::Waiting;
        let has_room = |job: &Job| {
            let running = || records.values().filter(|other| runs(other));
            let of_user = running().filter(|other| other.owner == job.owner).count();
            let company = job.company_id.as_ref();
            let of_company =
                running().filter(|other| company.is_some() && other.company_id.as_ref() == company);
            of_user < limits.user as usize && of_company.count() < limits.company as usize
        };
        let idle: Vec<&Job> = records
            .values()
            .filter(|job| waits(job) && has_room(job))
            .collect();
        self.0.retain(|id, _| idle.iter().any(|job| job.id == *id));
        let mut since = idle.iter().map(|job| *self.0.entry(job.id).or_insert(now));
        let late = since.any(|since| now > since.max(healed_at).plus(PATIENCE));
        late.then(|| ("§4", "a job waits although there is room for it".to_owned()))
    }
}

/// `new` was just written into `records`.
pub(super) fn check(records: &BTreeMap<JobId, Job>, new: &Job, limits: &RunningLimits) -> Broken {
    if !runs(new) {
        return None;
    }
    let running = || records.values().filter(|job| runs(job));
    let of_user = running().filter(|job| job.owner == new.owner).count();
    if of_user > limits.user as usize {
        let text = format!("{of_user} jobs of {} run, not {}", new.owner, limits.user);
        return Some(("§4", text));
    }
    let company = new.company_id.as_ref()?;
    let of_company = running().filter(|job| job.company_id.as_ref() == Some(company));
    let of_company = of_company.count();
    (of_company > limits.company as usize).then(|| {
        let text = format!("{of_company} jobs of {company} run, not {}", limits.company);
        ("§4", text)
    })
}

#[cfg(test)]
mod tests {
    use docmill_core::job::Stage;

    use super::*;

    #[test]
    fn who_waits_while_there_is_room_is_waited_for_so_long_and_no_longer() {
        let start = Time::from_ms(0);
        let stage = Stage {
            index: 0,
            count: 0,
            text: String::new(),
            from: 0,
            to: 0,
        };
        let id = JobId::first_of(start);
        let job = Job {
            phase: Phase::Waiting,
            ..Job::blank(id, start, stage)
        };
        let records = BTreeMap::from([(id, job)]);
        let limits = RunningLimits { user: 1, company: 1 };
        let mut idle = Idle::default();
        let mut is_late = |seconds: u64| {
            let now = start.plus(Duration::from_secs(seconds));
            idle.check(&records, &limits, now, start).is_some()
        };
        assert_eq!(
            [is_late(60), is_late(60 + 480), is_late(60 + 481)],
            [false, false, true]
        );
    }
}
