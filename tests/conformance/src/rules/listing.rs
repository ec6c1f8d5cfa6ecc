//! What is found through indexes, which may lag.

use std::collections::BTreeSet;

use docmill_core::ids::JobId;
use docmill_core::job::{ChunkFailure, Completeness, Job, Priority, Status};
use docmill_core::ports::{JobFilter, JobPage, ListCursor};
use docmill_core::running::Tenant;
use docmill_core::step::{Edit, Step};

use crate::Ports;
use crate::make::{at, reported};

/// Stores `count` jobs of one owner, a second apart; their ids, newest first.
async fn some_jobs(ports: &Ports, owner: &str, count: u32, change: impl Fn(u32, &mut Job)) -> Vec<JobId> {
    let mut ids = Vec::new();
    for n in 0..count {
        let mut job = Job {
            created_at: at(i64::from(n) * 1_000),
            ..ports.job(owner)
        };
        change(n, &mut job);
        ports.store(&job).await;
        ids.insert(0, job.id);
    }
    ids
}

fn user(owner: &str) -> Tenant {
    Tenant::User(owner.to_owned())
}

fn ids(page: &JobPage) -> Vec<JobId> {
    page.jobs.iter().map(|job| job.id).collect()
}

async fn listed(ports: &Ports, owner: &str, filter: &JobFilter) -> Vec<JobId> {
    ids(&ports.jobs.list(&user(owner), filter, None, 100).await.unwrap())
}

/// Every page of a listing, by pages of `limit`.
async fn paged(ports: &Ports, owner: &str, filter: &JobFilter, limit: usize) -> Vec<JobId> {
    let mut all = Vec::new();
    let mut after: Option<ListCursor> = None;
    for _ in 0..100 {
        let page = ports.jobs.list(&user(owner), filter, after, limit).await.unwrap();
        assert!(page.jobs.len() <= limit);
        all.extend(ids(&page));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
    panic!("a listing without end");
}

/// Newest first.
pub async fn the_newest_come_first(ports: &Ports) {
    let owner = ports.unique();
    let newest_first = some_jobs(ports, &owner, 5, |_, _| ()).await;
    ports
        .eventually(newest_first, async || {
            listed(ports, &owner, &JobFilter::default()).await
        })
        .await;
}

/// Pages of any size make the whole list, once each.
pub async fn pages_join_without_gaps(ports: &Ports) {
    let owner = ports.unique();
    let all = some_jobs(ports, &owner, 7, |n, job| {
        if n % 2 == 0 {
            job.status = Status::Failed;
        }
    })
    .await;
    let failed = JobFilter {
        status: Some(Status::Failed),
        ..JobFilter::default()
    };
    let only_failed: Vec<JobId> = all.iter().copied().step_by(2).collect();
    for limit in [1, 2, 3, 7, 8] {
        ports
            .eventually(all.clone(), async || {
                paged(ports, &owner, &JobFilter::default(), limit).await
            })
            .await;
        ports
            .eventually(only_failed.clone(), async || {
                paged(ports, &owner, &failed, limit).await
            })
            .await;
    }
}

/// Jobs created in one millisecond are not lost between pages.
pub async fn jobs_of_one_moment_come_once(ports: &Ports) {
    let owner = ports.unique();
    let all: BTreeSet<JobId> = some_jobs(ports, &owner, 6, |_, job| job.created_at = at(0))
        .await
        .into_iter()
        .collect();
    let whole = async || {
        let paged = paged(ports, &owner, &JobFilter::default(), 2).await;
        (paged.len(), paged.into_iter().collect::<BTreeSet<_>>())
    };
    ports.eventually((6, all), whole).await;
}

/// By status, by pipeline, by batch, and by all of them.
pub async fn filters_choose(ports: &Ports) {
    let owner = ports.unique();
    let all = some_jobs(ports, &owner, 8, |n, job| {
        job.status = if n & 1 == 0 {
            Status::Queued
        } else {
            Status::Completed
        };
        job.pipeline = if n & 2 == 0 {
            "novel".to_owned()
        } else {
            "invoices".to_owned()
        };
        job.batch_id = (n & 4 == 0).then(|| "batch".to_owned());
    })
    .await;
    let number = |n: usize| all[7 - n];
    let status = Some(Status::Completed);
    let pipeline = Some("invoices".to_owned());
    let batch_id = Some("batch".to_owned());
    let none = JobFilter::default();
    let cases = [
        (
            JobFilter {
                status,
                ..none.clone()
            },
            vec![7, 5, 3, 1],
        ),
        (
            JobFilter {
                pipeline: pipeline.clone(),
                ..none.clone()
            },
            vec![7, 6, 3, 2],
        ),
        (
            JobFilter {
                batch_id: batch_id.clone(),
                ..none.clone()
            },
            vec![3, 2, 1, 0],
        ),
        (
            JobFilter {
                status,
                pipeline,
                batch_id,
            },
            vec![3],
        ),
        (
            JobFilter {
                status: Some(Status::Expired),
                ..none
            },
            vec![],
        ),
    ];
    for (filter, wanted) in cases {
        let wanted: Vec<JobId> = wanted.into_iter().map(number).collect();
        ports
            .eventually(wanted, async || listed(ports, &owner, &filter).await)
            .await;
    }
}

/// An owner sees the own jobs only, also with a stranger's cursor.
pub async fn strangers_are_not_listed(ports: &Ports) {
    let (owner, stranger) = (ports.unique(), ports.unique());
    let own = some_jobs(ports, &owner, 2, |_, _| ()).await;
    let others = some_jobs(ports, &stranger, 3, |_, _| ()).await;
    let none = JobFilter::default();
    ports
        .eventually(own.clone(), async || listed(ports, &owner, &none).await)
        .await;
    ports
        .eventually(others, async || listed(ports, &stranger, &none).await)
        .await;
    let cursor = ports
        .jobs
        .list(&user(&stranger), &none, None, 1)
        .await
        .unwrap()
        .next;
    assert!(cursor.is_some());
    let page = ports.jobs.list(&user(&owner), &none, cursor, 10).await.unwrap();
    assert!(ids(&page).iter().all(|id| own.contains(id)));
    assert_eq!(listed(ports, &ports.unique(), &none).await, []);
}

/// A company's list has what its members made, and their own lists have it too.
pub async fn a_company_lists_its_jobs(ports: &Ports) {
    let (company, one, other) = (ports.unique(), ports.unique(), ports.unique());
    let of_company = |_: u32, job: &mut Job| job.company_id = Some(company.clone());
    let mut all = some_jobs(ports, &one, 2, of_company).await;
    all.extend(some_jobs(ports, &other, 1, of_company).await);
    some_jobs(ports, &one, 1, |_, _| ()).await;
    all.sort();
    let tenant = Tenant::Company(company.clone());
    let listed_all = async || {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = ports
                .jobs
                .list(&tenant, &JobFilter::default(), after, 2)
                .await
                .unwrap();
            listed.extend(ids(&page));
            after = page.next;
            if after.is_none() {
                listed.sort();
                return listed;
            }
        }
    };
    ports.eventually(all, listed_all).await;
    ports
        .eventually(3, async || listed(ports, &one, &JobFilter::default()).await.len())
        .await;
}

/// A listed record has what a list shows, and defaults for the rest.
pub async fn a_listing_has_what_it_shows(ports: &Ports) {
    let owner = ports.unique();
    let job = Job {
        kind: Some("export".to_owned()),
        label: Some("May".to_owned()),
        batch_id: Some("batch".to_owned()),
        company_id: Some("company".to_owned()),
        priority: Priority::Low,
        status: Status::Completed,
        outcome: Some(Completeness::Partial),
        attempt: 2,
        version: 31,
        total: Some(9),
        done: (0..8).collect(),
        failed: [(
            8,
            ChunkFailure {
                code: "NO_TEXT".to_owned(),
                tries: 3,
            },
        )]
        .into(),
        reported: Some(reported(40)),
        started_at: Some(at(1)),
        completed_at: Some(at(5)),
        updated_at: at(5),
        cancel_requested_at: Some(at(4)),
        ..ports.job(&owner)
    };
    ports.store(&job).await;
    let shown = async || {
        let listed = ports
            .jobs
            .list(&user(&owner), &JobFilter::default(), None, 10)
            .await
            .unwrap()
            .jobs
            .pop()?;
        // What the index does not project is not compared.
        Some(Job {
            file_count: job.file_count,
            queued_at: job.queued_at,
            expires_at: job.expires_at,
            ..listed
        })
    };
    ports.eventually(Some(job.clone()), shown).await;
}

/// By shard, the earliest first, none that is not due, none that need not be looked at.
pub async fn due_jobs_are_found_by_shard_and_time(ports: &Ports) {
    let job = Job {
        due_at: Some(at(120_000)),
        ..ports.job(&ports.unique())
    };
    let shard = job.id.due_shard();
    ports.store(&job).await;
    let is_due = async |shard: u8, now_ms: i64| {
        ports
            .jobs
            .due(shard, at(now_ms), 10_000)
            .await
            .unwrap()
            .contains(&job.id)
    };
    ports
        .eventually(true, async || is_due(shard, 120_000).await)
        .await;
    assert!(is_due(shard, 500_000).await);
    assert!(!is_due(shard, 119_999).await);
    assert!(!is_due((shard + 1) % 16, 120_000).await);

    let change = async |due_ms: Option<i64>| {
        let step = Step::new(vec![], vec![Edit::Quiet, Edit::DueAt(due_ms.map(at))]);
        ports.jobs.apply(job.id, &step).await.unwrap();
    };
    change(Some(60_000)).await;
    ports.eventually(true, async || is_due(shard, 60_000).await).await;
    change(None).await;
    ports
        .eventually(false, async || is_due(shard, 500_000).await)
        .await;
    change(Some(180_000)).await;
    ports
        .eventually(true, async || is_due(shard, 180_000).await)
        .await;
    assert_eq!(ports.jobs.due(shard, at(180_000), 1).await.unwrap().len(), 1);
}
