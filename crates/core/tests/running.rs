//! Limits of running jobs: who is over them waits, and starts when another ends.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use docmill_core::account::Dues;
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Phase, Status};
use docmill_core::moves;
use docmill_core::ports::{BlobStore, JobStore};
use docmill_core::running::Tenant;
use docmill_core::view::JobView;
use futures::executor::block_on;
use world::{Do, World};

const LIMIT: usize = 4;

fn full() -> (World, Vec<Job>) {
    let world = World::new();
    let jobs = (0..LIMIT).map(|_| world.submit("a\nb")).collect();
    (world, jobs)
}

fn running(world: &World) -> Vec<JobId> {
    let tenant = Tenant::User("alice".into());
    block_on(world.memory.jobs.running(&tenant))
        .unwrap()
        .into_iter()
        .collect()
}

fn shown(world: &World, id: JobId) -> JobView {
    let reader = world.reader();
    let accepted = block_on(reader.job(&world.caller, id)).unwrap();
    block_on(reader.show(&world.caller, &accepted)).unwrap()
}

#[test]
fn a_job_over_the_limit_waits_without_a_message_and_starts_when_another_ends() {
    let (world, jobs) = full();
    assert_eq!(world.memory.queue.waiting(), LIMIT);
    let fifth = world.submit("c");
    world.clock.advance(Duration::from_millis(1));
    let sixth = world.submit("d");
    assert_eq!((fifth.status, fifth.phase), (Status::Queued, Phase::Waiting));
    assert_eq!(world.memory.queue.waiting(), LIMIT, "no message of a waiting job");
    assert_eq!(shown(&world, fifth.id).stage, "Waiting for another job to end");
    assert_eq!(running(&world).len(), LIMIT);
    for (job, ahead) in [(&fifth, 0), (&sixth, 1)] {
        let waiting_for = shown(&world, job.id).waiting_for.unwrap();
        assert_eq!(
            (waiting_for.reason, waiting_for.ahead),
            ("tenant_limit", Some(ahead))
        );
    }
    for job in jobs.iter().chain([&fifth, &sixth]) {
        assert_eq!(world.finish(job.id).status, Status::Completed);
    }
    let ended = world.job(fifth.id).started_at.unwrap();
    assert!(
        ended.since(fifth.created_at) < Duration::from_secs(60),
        "no sweep was needed"
    );
    assert_eq!(running(&world), []);
    world.publish();
    let versions: Vec<u64> = world.events(fifth.id).iter().map(|event| event.version).collect();
    assert_eq!(versions, (1..=world.job(fifth.id).version).collect::<Vec<_>>());
}

#[test]
fn a_cancel_passes_the_place_on_and_one_who_waits_can_be_cancelled() {
    let (world, jobs) = full();
    let (fifth, sixth) = (world.submit("c"), world.submit("d"));
    let cancelled = block_on(world.intake.cancel(&world.caller, fifth.id)).unwrap();
    assert_eq!(cancelled.job.status, Status::Cancelled);
    assert_eq!(world.job(sixth.id).phase, Phase::Waiting, "no place was left");
    block_on(world.intake.cancel(&world.caller, jobs[0].id)).unwrap();
    assert_eq!(world.job(sixth.id).phase, Phase::Planning);
    assert_eq!(running(&world).len(), LIMIT);
}

#[test]
fn a_retry_needs_a_place_too() {
    let (world, jobs) = full();
    world.script("plan", &[Do::Fail, Do::Work]);
    world.finish(jobs[0].id);
    let failed = jobs
        .iter()
        .map(|job| world.finish(job.id))
        .find(|job| job.status == Status::Failed)
        .unwrap();
    let more: Vec<Job> = (0..LIMIT).map(|_| world.submit("e")).collect();
    assert!(more.iter().all(|job| job.phase == Phase::Planning));
    let again = block_on(world.intake.retry(&world.caller, failed.id))
        .unwrap()
        .job;
    assert_eq!(
        (again.status, again.phase, again.attempt),
        (Status::Queued, Phase::Waiting, 2)
    );
    assert_eq!(world.finish(failed.id).status, Status::Completed);
}

#[test]
fn a_company_shares_its_places_and_a_user_without_room_does_not_hold_the_others_up() {
    let world = World::new();
    let mut engine = world.intake.engine.clone();
    engine.timing.running.company = 2;
    let admit = |id: JobId| {
        let job = world.job(id);
        let step = moves::admit(&job, job.updated_at, &engine.timing);
        block_on(
            engine
                .jobs
                .admit(&job, &step, Some(&engine.timing.running), &Dues::default()),
        )
        .unwrap()
    };
    let mut jobs: Vec<Job> = ["ann", "ben", "cid"]
        .map(|owner| {
            let mut job = world.submit("x");
            job.owner = owner.into();
            job
        })
        .into();
    for job in &mut jobs {
        job.id = JobId::generate(job.created_at, &docmill_memory::OsEntropy);
        job.company_id = Some("acme".into());
        job.phase = Phase::Waiting;
        let new = docmill_core::ports::NewJob {
            job: job.clone(),
            request: Default::default(),
            idempotency: None,
            places: None,
            dues: Dues::default(),
        };
        block_on(world.memory.jobs.create(new)).unwrap();
    }
    let outcomes: Vec<String> = jobs.iter().map(|job| format!("{:?}", admit(job.id))).collect();
    assert!(
        outcomes[..2]
            .iter()
            .all(|outcome| outcome.starts_with("Applied(Yes"))
    );
    assert_eq!(outcomes[2], "Full");
    let company = Tenant::Company("acme".into());
    let waiting = block_on(world.memory.jobs.waiting(&company, jobs[0].created_at, 10)).unwrap();
    assert_eq!(waiting, [jobs[2].id]);
}

#[test]
fn sweep_starts_whom_nobody_else_did_and_takes_places_from_who_is_over() {
    let (world, jobs) = full();
    let fifth = world.submit("c");
    // As if the terminal moves had left their places behind, and nobody had looked for who waits.
    for job in &jobs {
        let step = moves::fail(
            1,
            world.job(job.id).updated_at,
            docmill_core::job::Notice::new("X", "x"),
            Default::default(),
        );
        block_on(world.memory.jobs.apply(job.id, &step)).unwrap();
    }
    assert_eq!(
        (world.job(fifth.id).phase, running(&world).len()),
        (Phase::Waiting, LIMIT)
    );
    assert_eq!(world.finish(fifth.id).status, Status::Completed);
    assert_eq!(running(&world), []);
}

#[test]
fn a_job_that_never_gets_a_place_fails_at_the_queue_limit() {
    let (world, _) = full();
    for name in ["a", "b"] {
        world.script(name, &[Do::Take(Duration::from_secs(200)); 3]);
    }
    let tenant = Tenant::User("alice".into());
    let fifth = world.submit("c");
    // Four that never end.
    for id in running(&world) {
        let step = docmill_core::step::Step::new(Vec::new(), vec![docmill_core::step::Edit::DueAt(None)]);
        block_on(world.memory.jobs.apply(id, &step)).unwrap();
    }
    while let [delivery, ..] = &world.memory.queue.receive(Default::default(), 1)[..] {
        world.memory.queue.acknowledge(delivery);
    }
    world.run_until(Duration::from_secs(25 * 3600), || {
        world.job(fifth.id).status.is_terminal()
    });
    let job = world.job(fifth.id);
    assert_eq!(
        (job.status, job.error.unwrap().code.as_str()),
        (Status::Failed, "QUEUE_TIMEOUT")
    );
    assert_eq!(block_on(world.memory.jobs.running(&tenant)).unwrap().len(), LIMIT);
    assert!(block_on(world.memory.blobs.head("x")).unwrap().is_none());
}
