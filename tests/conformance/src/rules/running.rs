//! Places among the running jobs, and the end of retention: [`docmill_core::ports::JobStore`].

use std::collections::BTreeSet;
use std::time::Duration;

use docmill_core::account::Dues;
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Notice, Phase, Status};
use docmill_core::moves;
use docmill_core::ports::{Created, IdempotencyEntry, NewJob, RequestDetail};
use docmill_core::running::{Admission, RunningLimits, Tenant};
use docmill_core::step::{Applied, Step};
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;
use futures::future::join_all;

use crate::make::at;
use crate::{FUTURE, Ports};

const LIMITS: RunningLimits = RunningLimits { user: 2, company: 3 };

fn running_job(job: &Job) -> NewJob {
    NewJob {
        job: job.clone(),
        request: RequestDetail::default(),
        idempotency: None,
        places: Some(LIMITS),
        dues: Dues::default(),
    }
}

async fn running(ports: &Ports, owner: &str) -> BTreeSet<JobId> {
    let tenant = Tenant::User(owner.to_owned());
    ports.jobs.running(&tenant).await.unwrap()
}

fn admit(job: &Job) -> Step {
    moves::admit(job, at(1), &Timing::default())
}

fn fail() -> Step {
    moves::fail(1, at(2), Notice::new("CODE", "A sentence."), Usage::default())
}

async fn waiting_job(ports: &Ports, owner: &str, company: Option<&str>) -> Job {
    let job = Job {
        phase: Phase::Waiting,
        company_id: company.map(ToOwned::to_owned),
        ..ports.job(owner)
    };
    ports.store(&job).await;
    job
}

/// A job that finds no place is not made, and its key stays free.
pub async fn a_user_has_no_more_places_than_the_limit(ports: &Ports) {
    let owner = ports.unique();
    let jobs: Vec<Job> = (0..3).map(|_| ports.job(&owner)).collect();
    for job in &jobs[..2] {
        assert_eq!(ports.jobs.create(running_job(job)).await, Ok(Created::Yes));
    }
    assert_eq!(
        ports.jobs.create(running_job(&jobs[1])).await,
        Ok(Created::Yes),
        "again"
    );
    let entry = IdempotencyEntry {
        owner: owner.clone(),
        key: "key".to_owned(),
        content_hash: "content".to_owned(),
        job_id: jobs[2].id,
        expires_at: at(86_400_000),
    };
    let third = NewJob {
        idempotency: Some(entry.clone()),
        ..running_job(&jobs[2])
    };
    assert_eq!(ports.jobs.create(third.clone()).await, Ok(Created::Full));
    assert_eq!(ports.jobs.get(jobs[2].id).await, Ok(None));
    assert_eq!(ports.jobs.idempotent(&owner, "key", FUTURE).await, Ok(None));
    assert_eq!(
        running(ports, &owner).await,
        jobs[..2].iter().map(|job| job.id).collect()
    );

    let waiting = NewJob {
        places: None,
        ..third.clone()
    };
    assert_eq!(ports.jobs.create(waiting).await, Ok(Created::Yes));
    assert_eq!(ports.jobs.create(third).await, Ok(Created::KeyInUse(entry)));
}

/// The terminal move leaves the place, and only that one.
pub async fn a_place_is_left_at_the_end(ports: &Ports) {
    let owner = ports.unique();
    let jobs: Vec<Job> = (0..2).map(|_| ports.job(&owner)).collect();
    for job in &jobs {
        ports.jobs.create(running_job(job)).await.unwrap();
    }
    let other_attempt = moves::fail(2, at(2), Notice::new("CODE", "A sentence."), Usage::default());
    let refused = ports.jobs.finish(&jobs[0], &other_attempt).await;
    assert!(matches!(refused, Ok(Applied::Refused(_))));
    assert_eq!(
        running(ports, &owner).await.len(),
        2,
        "a refused end leaves nothing"
    );
    assert!(matches!(
        ports.jobs.finish(&jobs[0], &fail()).await,
        Ok(Applied::Yes(_))
    ));
    assert_eq!(
        ports.jobs.create(running_job(&jobs[0])).await,
        Ok(Created::Yes),
        "again"
    );
    assert_eq!(running(ports, &owner).await, [jobs[1].id].into());
    let next = ports.job(&owner);
    assert_eq!(ports.jobs.create(running_job(&next)).await, Ok(Created::Yes));
}

/// Of many that ask for the last places as many get one as there are.
pub async fn places_go_to_no_more_than_there_are(ports: &Ports) {
    let owner = ports.unique();
    let mut jobs = Vec::new();
    for _ in 0..6 {
        jobs.push(waiting_job(ports, &owner, None).await);
    }
    let steps: Vec<Step> = jobs.iter().map(admit).collect();
    let admissions = jobs.iter().zip(&steps);
    let free = Dues::default();
    let admitted =
        join_all(admissions.map(|(job, step)| ports.jobs.admit(job, step, Some(&LIMITS), &free))).await;
    let mut started = BTreeSet::new();
    for (job, admission) in jobs.iter().zip(admitted) {
        match admission.unwrap() {
            Admission::Applied(Applied::Yes(now)) => {
                assert_eq!((now.phase, now.version), (Phase::Planning, job.version + 1));
                started.insert(job.id);
            }
            Admission::Full => {
                assert_eq!(ports.jobs.get(job.id).await, Ok(Some(job.clone())));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(started.len(), 2);
    assert_eq!(running(ports, &owner).await, started);
}

/// A job needs a place of its company too, which its users share.
pub async fn a_company_shares_its_places(ports: &Ports) {
    let company = ports.unique();
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(waiting_job(ports, &ports.unique(), Some(&company)).await);
    }
    for job in &jobs[..3] {
        let admitted = ports
            .jobs
            .admit(job, &admit(job), Some(&LIMITS), &Dues::default())
            .await;
        assert!(matches!(admitted, Ok(Admission::Applied(Applied::Yes(_)))));
    }
    assert_eq!(
        ports
            .jobs
            .admit(&jobs[3], &admit(&jobs[3]), Some(&LIMITS), &Dues::default())
            .await,
        Ok(Admission::Full)
    );
    assert!(
        running(ports, &jobs[3].owner).await.is_empty(),
        "no place of its user's either"
    );
    ports.jobs.finish(&jobs[0], &fail()).await.unwrap();
    let admitted = ports
        .jobs
        .admit(&jobs[3], &admit(&jobs[3]), Some(&LIMITS), &Dues::default())
        .await;
    assert!(matches!(admitted, Ok(Admission::Applied(Applied::Yes(_)))));
    let tenant = Tenant::Company(company);
    let wanted = jobs[1..].iter().map(|job| job.id).collect();
    assert_eq!(ports.jobs.running(&tenant).await, Ok(wanted));
}

/// What the guards refuse takes no place, full or not.
pub async fn a_refused_step_takes_no_place(ports: &Ports) {
    let owner = ports.unique();
    let job = ports.job(&owner);
    ports.store(&job).await;
    let refused = Ok(Admission::Applied(Applied::Refused(Box::new(job.clone()))));
    assert_eq!(
        ports
            .jobs
            .admit(&job, &admit(&job), Some(&LIMITS), &Dues::default())
            .await,
        refused
    );
    assert!(running(ports, &owner).await.is_empty());
    for _ in 0..2 {
        ports.jobs.create(running_job(&ports.job(&owner))).await.unwrap();
    }
    assert_eq!(
        ports
            .jobs
            .admit(&job, &admit(&job), Some(&LIMITS), &Dues::default())
            .await,
        refused
    );
    let nobody = ports.job(&ports.unique());
    let unknown = ports
        .jobs
        .admit(&nobody, &admit(&nobody), Some(&LIMITS), &Dues::default())
        .await;
    assert_eq!(unknown, Ok(Admission::Applied(Applied::Unknown)));
}

/// Oldest first, for the user and for the company; not those that run or ended, nor older ones.
pub async fn who_waits_is_listed_oldest_first(ports: &Ports) {
    let (owner, company) = (ports.unique(), ports.unique());
    let mut jobs = Vec::new();
    for seconds in [3, 1, 2] {
        let job = Job {
            phase: Phase::Waiting,
            company_id: Some(company.clone()),
            created_at: at(seconds * 1_000),
            ..ports.job(&owner)
        };
        ports.store(&job).await;
        jobs.push(job);
    }
    let cancelled = Job {
        status: Status::Cancelled,
        ..jobs[0].clone()
    };
    for other in [cancelled, ports.job(&owner)] {
        let other = Job {
            id: ports.fresh_id(),
            ..other
        };
        ports.store(&other).await;
    }
    let wanted = [jobs[1].id, jobs[2].id, jobs[0].id];
    for tenant in [Tenant::User(owner), Tenant::Company(company)] {
        let ask = async |since, limit| ports.jobs.waiting(&tenant, at(since), limit).await.unwrap();
        ports.eventually(wanted.to_vec(), async || ask(0, 10).await).await;
        assert_eq!(ask(0, 2).await, wanted[..2]);
        assert_eq!(ask(1_500, 10).await, wanted[1..]);
    }
}

/// A job that is open keeps its place.
pub async fn only_who_is_over_or_gone_is_vacated(ports: &Ports) {
    let owner = ports.unique();
    let tenant = Tenant::User(owner.clone());
    let (open, over) = (ports.job(&owner), ports.job(&owner));
    for job in [&open, &over] {
        ports.jobs.create(running_job(job)).await.unwrap();
    }
    ports.jobs.apply(over.id, &fail()).await.unwrap();
    assert_eq!(running(ports, &owner).await.len(), 2);
    for id in [open.id, over.id, ports.fresh_id()] {
        ports.jobs.vacate(&tenant, id).await.unwrap();
    }
    assert_eq!(running(ports, &owner).await, [open.id].into());
}

/// Only a job that is over, and only when its time is.
pub async fn only_what_is_over_and_out_of_time_is_forgotten(ports: &Ports) {
    let end = at(1_000_000_000);
    let (open, over) = (ports.job(&ports.unique()), ports.job(&ports.unique()));
    for job in [&open, &over] {
        ports.store(job).await;
    }
    ports.jobs.apply(over.id, &fail()).await.unwrap();
    for (job, now) in [(&open, end), (&over, end.minus(Duration::from_secs(1)))] {
        assert_eq!(ports.jobs.forget(job.id, now).await, Ok(false));
        assert!(ports.jobs.get(job.id).await.unwrap().is_some());
    }
    for _ in 0..2 {
        assert_eq!(ports.jobs.forget(over.id, end).await, Ok(true));
        assert_eq!(ports.jobs.get(over.id).await, Ok(None));
    }
}
