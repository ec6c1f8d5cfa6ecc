//! What is kept, and for how long.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use bytes::Bytes;
use docmill_core::ids::JobId;
use docmill_core::job::Status;
use docmill_core::plan::upload_key;
use docmill_core::ports::{BlobStore, Clock, DetailStore, JobStore};
use docmill_core::timing::RETENTION;
use futures::executor::block_on;
use world::World;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_job_goes_with_all_that_hangs_on_it_when_its_time_is_over() {
    let world = World::new();
    let (old, kept) = (world.submit("a\nb"), world.submit("c"));
    for id in [old.id, kept.id] {
        assert_eq!(world.finish(id).status, Status::Completed);
        world.edit(id);
    }
    world.publish();
    world.run_until(DAY * 29, || false);
    assert!(!world.events(old.id).is_empty());
    // A failed chunk or a cancel would allow it; here the record is made to say so.
    let later = docmill_core::step::Step::new(
        Vec::new(),
        vec![docmill_core::step::Edit::ExpiresAt(
            world.clock.now().plus(RETENTION),
        )],
    );
    block_on(world.memory.jobs.apply(kept.id, &later)).unwrap();
    world.run_until(DAY + Duration::from_secs(120), || false);
    assert_eq!(block_on(world.memory.jobs.get(old.id)).unwrap(), None);
    assert!(world.events(old.id).is_empty());
    assert_eq!(
        block_on(world.memory.details.details(old.id)).unwrap(),
        Default::default()
    );
    let keys = world.memory.blobs.all_keys();
    assert!(
        keys.iter().all(|key| !key.contains(&old.id.to_string())),
        "{keys:?}"
    );
    assert!(
        keys.iter()
            .any(|key| key.starts_with(&format!("results/{}/", kept.id)))
    );
    assert_eq!(world.job(kept.id).status, Status::Completed);
}

#[test]
fn a_job_whose_time_is_over_is_not_retried() {
    let world = World::new();
    let job = world.submit("a");
    block_on(world.intake.cancel(&world.caller, job.id)).unwrap();
    world.clock.advance(RETENTION);
    let refused = block_on(world.intake.retry(&world.caller, job.id)).unwrap_err();
    assert_eq!(
        refused.status, 404,
        "no door shows it, though sweep has not come by"
    );
    assert_eq!(world.job(job.id).status, Status::Cancelled);
}

#[test]
fn uploads_without_a_job_are_deleted_and_those_of_jobs_are_not() {
    let world = World::new();
    let job = world.submit("a");
    let put = |id: JobId| {
        let key = upload_key(id, 0);
        let upload = world
            .memory
            .blobs
            .put(&key, "text/plain", Bytes::from_static(b"x"));
        block_on(upload).unwrap();
    };
    let orphan = |age| JobId::generate(world.clock.now().minus(age), &docmill_memory::OsEntropy);
    let (old, young) = (orphan(Duration::from_secs(5 * 3600)), orphan(Duration::ZERO));
    put(old);
    put(young);
    world.run_until(Duration::from_secs(45 * 60), || false);
    let keys = world.memory.blobs.all_keys();
    assert!(keys.contains(&upload_key(young, 0)), "it may still become a job");
    world.run_until(Duration::from_secs(4 * 3600), || false);
    let keys = world.memory.blobs.all_keys();
    for orphan in [old, young] {
        assert!(!keys.contains(&upload_key(orphan, 0)), "{keys:?}");
    }
    assert!(keys.contains(&upload_key(job.id, 0)));
}
