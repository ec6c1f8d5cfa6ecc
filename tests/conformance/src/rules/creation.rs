//! Creating jobs: [`docmill_core::ports::JobStore::create`].

use docmill_core::account::Dues;
use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::ports::{Created, FileDetail, IdempotencyEntry, NewJob, RequestDetail};
use futures::future::join_all;
use serde_json::json;

use crate::make::at;
use crate::property::holds_for_all;
use crate::{FUTURE, Ports, arbitrary};

/// Whatever is in a record, it comes back.
pub async fn a_created_record_reads_back_as_it_was(ports: &Ports) {
    holds_for_all(ports.cases, arbitrary::job(), async |job: Job| {
        // Simplified cases come with the same id again.
        let job = Job {
            id: ports.fresh_id(),
            ..job
        };
        ports.store(&job).await;
        match ports.jobs.get(job.id).await {
            Ok(Some(read)) if read == job => Ok(()),
            other => Err(format!("wrote {job:#?}\nread {other:#?}")),
        }
    })
    .await;
}

/// No such job.
pub async fn an_unknown_job_is_unknown(ports: &Ports) {
    assert_eq!(ports.jobs.get(ports.fresh_id()).await, Ok(None));
}

/// Files and settings are there with the job.
pub async fn a_creation_writes_its_details(ports: &Ports) {
    let job = ports.job(&ports.unique());
    let request = request();
    let new = NewJob {
        job: job.clone(),
        request: request.clone(),
        idempotency: None,
        places: None,
        dues: Dues::default(),
    };
    assert_eq!(ports.jobs.create(new).await, Ok(Created::Yes));
    assert_eq!(ports.details.details(job.id).await.unwrap().request, request);
}

/// The second job of one key is not made; the key of somebody else is another key.
pub async fn a_key_is_used_once(ports: &Ports) {
    let (owner, other) = (ports.unique(), ports.unique());
    let key = "clé # 1";
    let (first, entry) = keyed(ports, &owner, key, "content a");
    assert_eq!(ports.jobs.idempotent(&owner, key, FUTURE).await, Ok(None));
    assert_eq!(ports.jobs.create(first).await, Ok(Created::Yes));
    assert_eq!(
        ports.jobs.idempotent(&owner, key, FUTURE).await,
        Ok(Some(entry.clone()))
    );

    let (second, _) = keyed(ports, &owner, key, "content b");
    let second_id = second.job.id;
    assert_eq!(ports.jobs.create(second).await, Ok(Created::KeyInUse(entry)));
    assert_eq!(ports.jobs.get(second_id).await, Ok(None), "all or none");
    assert_eq!(
        ports.details.details(second_id).await.unwrap().request,
        RequestDetail::default()
    );

    let (stranger, _) = keyed(ports, &other, key, "content a");
    assert_eq!(ports.jobs.create(stranger).await, Ok(Created::Yes));
}

/// Eight requests at the same time with one key make one job.
pub async fn a_key_is_used_once_in_a_race(ports: &Ports) {
    let owner = ports.unique();
    let new: Vec<NewJob> = (0..8).map(|_| keyed(ports, &owner, "key", "content").0).collect();
    let ids: Vec<JobId> = new.iter().map(|new| new.job.id).collect();
    let created = join_all(new.into_iter().map(|new| ports.jobs.create(new))).await;
    let mut made = Vec::new();
    for (id, created) in ids.iter().zip(&created) {
        match created.as_ref().unwrap() {
            Created::Yes => made.push(*id),
            Created::KeyInUse(entry) => assert!(ids.contains(&entry.job_id)),
            Created::Full | Created::Unpaid(_) => panic!("no places were asked for"),
        }
    }
    assert_eq!(made.len(), 1, "{created:#?}");
    for (id, created) in ids.into_iter().zip(created) {
        if let Ok(Created::KeyInUse(entry)) = created {
            assert_eq!(entry.job_id, made[0]);
            assert_eq!(ports.jobs.get(id).await, Ok(None));
        }
    }
}

/// A key may be used again once its time is over, whether or not anything has cleared the entry away.
pub async fn a_key_is_forgotten(ports: &Ports) {
    let owner = ports.unique();
    let (first, entry) = keyed(ports, &owner, "key", "content");
    assert_eq!(ports.jobs.create(first).await, Ok(Created::Yes));
    let before = at(-1 + entry.expires_at.ms() - FUTURE.ms());
    assert_eq!(
        ports.jobs.idempotent(&owner, "key", before).await,
        Ok(Some(entry.clone()))
    );
    assert_eq!(
        ports.jobs.idempotent(&owner, "key", entry.expires_at).await,
        Ok(None)
    );
    let (mut second, _) = keyed(ports, &owner, "key", "other content");
    second.job.created_at = entry.expires_at;
    assert_eq!(ports.jobs.create(second).await, Ok(Created::Yes));
}

/// A caller that heard no answer may ask again; what has happened to the job since then stays.
pub async fn a_repeated_creation_changes_nothing(ports: &Ports) {
    let job = ports.job(&ports.unique());
    ports.store(&job).await;
    let cancelled = docmill_core::moves::request_cancel(at(5), "user");
    ports.jobs.apply(job.id, &cancelled).await.unwrap();
    let now = ports.jobs.get(job.id).await.unwrap();
    assert_ne!(now.as_ref(), Some(&job));
    ports.store(&job).await;
    assert_eq!(ports.jobs.get(job.id).await.unwrap(), now);

    let (keyed, entry) = keyed(ports, &job.owner, "key", "content");
    assert_eq!(ports.jobs.create(keyed.clone()).await, Ok(Created::Yes));
    assert_eq!(ports.jobs.create(keyed).await, Ok(Created::KeyInUse(entry)));
}

fn keyed(ports: &Ports, owner: &str, key: &str, content: &str) -> (NewJob, IdempotencyEntry) {
    let job = ports.job(owner);
    let entry = IdempotencyEntry {
        owner: owner.to_owned(),
        key: key.to_owned(),
        content_hash: content.to_owned(),
        job_id: job.id,
        expires_at: at(86_400_000),
    };
    (
        NewJob {
            job,
            request: request(),
            idempotency: Some(entry.clone()),
            places: None,
            dues: Dues::default(),
        },
        entry,
    )
}

fn request() -> RequestDetail {
    let file = FileDetail {
        name: "l’été.txt".to_owned(),
        size: 12,
        content_type: "text/plain".to_owned(),
        sha256: Some("ab".repeat(32)),
        upload_id: None,
        etag: Some("\"e\"".to_owned()),
    };
    RequestDetail {
        files: vec![file, FileDetail::default()],
        settings: json!({"limit": 8, "ratio": 0.5, "deep": {"list": [1, null, true, "é"]}}),
    }
}
