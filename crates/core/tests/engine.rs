//! The engine over ports in memory, in virtual time.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use docmill_core::access::Caller;
use docmill_core::intake::Submission;
use docmill_core::job::{Completeness, Priority, Slot, Status};
use docmill_core::message::{Message, Span};
use docmill_core::moves;
use docmill_core::ports::{Clock, JobStore, WorkQueue};
use docmill_core::time::Time;
use docmill_core::view::{EventType, progress};
use futures::executor::block_on;
use world::{Do, World};

const MINUTE: Duration = Duration::from_secs(60);

fn lines(count: usize) -> String {
    (0..count)
        .map(|n| format!("line {n}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_job_of_many_chunks_completes_with_its_lines_in_order() {
    let world = World::new();
    let job = world.submit(&lines(25));
    let job = world.finish(job.id);
    assert_eq!(job.status, Status::Completed);
    assert_eq!(job.outcome, Some(Completeness::Complete));
    let expected: Vec<String> = (0..25).map(|n| format!("LINE {n}")).collect();
    assert_eq!(
        world.result(&job),
        serde_json::json!({"failed": [], "lines": expected}).to_string()
    );
    assert_eq!(world.memory.queue.waiting(), 0);
}

#[test]
fn a_plan_of_one_chunk_is_done_in_one_invocation() {
    let world = World::new();
    let job = world.submit("only");
    assert!(world.work());
    assert_eq!(world.job(job.id).status, Status::Completed);
    assert_eq!(world.verdicts.borrow().len(), 1);
}

#[test]
fn the_event_list_has_every_version_once_and_percent_never_falls() {
    let world = World::new();
    let job = world.submit(&lines(7));
    let job = world.finish(job.id);
    world.publish();
    let events = world.events(job.id);
    let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
    assert_eq!(versions, (1..=job.version).collect::<Vec<_>>());
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].progress_percent <= pair[1].progress_percent)
    );
    let stages: Vec<&str> = events.iter().map(|event| event.stage.as_str()).collect();
    assert_eq!(
        stages[..4],
        [
            "Queued",
            "Reading",
            "Splitting into 7 lines",
            "Processing lines (0/7)"
        ]
    );
    assert_eq!(stages[stages.len() - 3..], ["Merging", "Saving", "Completed"]);
    let statuses: Vec<Status> = events
        .iter()
        .filter(|event| event.kind == EventType::Status)
        .map(|event| event.status)
        .collect();
    assert_eq!(statuses, [Status::Queued, Status::Processing, Status::Completed]);
}

#[test]
fn a_failed_chunk_makes_the_outcome_partial_and_a_retry_runs_only_that_one() {
    let world = World::new();
    world.script("line 2", &[Do::Fail, Do::Work]);
    let job = world.submit(&lines(4));
    let job = world.finish(job.id);
    assert_eq!(
        (job.status, job.outcome),
        (Status::Completed, Some(Completeness::Partial))
    );
    assert_eq!(job.failed[&2].code, "BAD_LINE");
    assert_eq!(
        world.result(&job),
        r#"{"failed":["line 3"],"lines":["LINE 0","LINE 1","LINE 3"]}"#
    );

    let before = job.usage.requests.clone();
    let retried = block_on(world.intake.retry(&world.caller, job.id)).unwrap().job;
    assert_eq!(
        (retried.attempt, retried.status, retried.done.len()),
        (2, Status::Queued, 3)
    );
    assert_eq!(
        world.result(&retried),
        world.result(&job),
        "the last result is served until it is replaced"
    );
    let job = world.finish(job.id);
    assert_eq!(
        (job.status, job.outcome),
        (Status::Completed, Some(Completeness::Complete))
    );
    assert_eq!(
        world.result(&job),
        r#"{"failed":[],"lines":["LINE 0","LINE 1","LINE 2","LINE 3"]}"#
    );
    assert!(job.usage.requests.values().sum::<u64>() > before.values().sum::<u64>());
}

#[test]
fn a_job_whose_chunks_all_fail_fails_with_their_sentence() {
    let world = World::new();
    world.script("line 0", &[Do::Fail]);
    world.script("line 1", &[Do::Fail]);
    let job = world.finish(world.submit(&lines(2)).id);
    assert_eq!(job.status, Status::Failed);
    let error = job.error.unwrap();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("BAD_LINE", "The line \"line 0\" is bad.")
    );
}

#[test]
fn transient_failures_and_panics_are_tried_three_times() {
    let world = World::new();
    world.script("line 0", &[Do::Transient, Do::Transient, Do::Work]);
    world.script("line 1", &[Do::Panic]);
    let job = world.finish(world.submit(&lines(3)).id);
    assert_eq!(
        (job.status, job.outcome),
        (Status::Completed, Some(Completeness::Partial))
    );
    assert_eq!(
        (job.failed[&1].code.as_str(), job.failed[&1].tries),
        ("INTERNAL_ERROR", 3)
    );
    assert_eq!(job.done.iter().copied().collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn a_provider_that_wants_a_rest_longer_than_the_deadline_does_not_hold_the_job_beyond_it() {
    for piece in ["plan", "line 0", "merge"] {
        let world = World::new();
        world.script(piece, &[Do::Busy(MINUTE * 45), Do::Work]);
        let job = world.submit(&lines(1));
        world.run_until(MINUTE * 33, || world.job(job.id).status.is_terminal());
        let job = world.job(job.id);
        assert_eq!(job.error.unwrap().code, "DEADLINE_EXCEEDED", "{piece}");
        assert!(job.completed_at <= job.deadline_at.map(|at| at.plus(MINUTE * 2)));
    }
}

#[test]
fn a_look_planned_for_a_queued_job_does_not_put_off_the_looks_at_a_processing_one() {
    let world = World::new();
    world.script("plan", &[Do::Take(MINUTE)]);
    let job = world.submit("x");
    // The sweep has sent the message again, and says when to look next only after a worker has taken it.
    let late = moves::look_again(Status::Queued, 1, world.clock.now().plus(MINUTE * 30));
    world.work();
    let before = world.job(job.id);
    assert_eq!(before.status, Status::Processing);
    block_on(world.memory.jobs.apply(job.id, &late)).unwrap();
    assert_eq!(world.job(job.id).due_at, before.due_at);
}

#[test]
fn planning_that_fails_or_never_succeeds_fails_the_job() {
    let world = World::new();
    world.script("plan", &[Do::Fail]);
    let job = world.finish(world.submit("x").id);
    assert_eq!(job.error.unwrap().code, "UNREADABLE");

    let world = World::new();
    world.script("plan", &[Do::Transient]);
    let job = world.finish(world.submit("x").id);
    assert_eq!(
        (job.status, job.error.unwrap().code.as_str()),
        (Status::Failed, "BUSY")
    );
}

#[test]
fn doubled_and_stale_messages_change_nothing() {
    let world = World::new();
    let job = world.finish(world.submit(&lines(3)).id);
    let version = job.version;
    let unknown = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
    let messages = [
        Message::Plan {
            job: job.id,
            attempt: 1,
        },
        Message::Chunk {
            job: job.id,
            attempt: 1,
            n: 0,
            input: Span { offset: 0, length: 6 },
        },
        Message::Merge {
            job: job.id,
            attempt: 1,
        },
        Message::Plan {
            job: job.id,
            attempt: 0,
        },
        Message::Merge {
            job: unknown,
            attempt: 1,
        },
    ];
    block_on(world.memory.queue.send(Priority::Normal, "alice", &messages)).unwrap();
    while world.work() {}
    assert_eq!(world.job(job.id).version, version);
    assert_eq!(world.memory.queue.waiting(), 0);
}

#[test]
fn a_killed_worker_is_rescued_by_its_lease_and_the_result_is_the_same() {
    let world = World::new();
    world.script("line 1", &[Do::Take(Duration::from_secs(30)), Do::Work]);
    let job = world.submit(&lines(3));
    world.work();
    world.work();
    world.kill_workers();
    let job = world.finish(job.id);
    assert_eq!(
        world.result(&job),
        r#"{"failed":[],"lines":["LINE 0","LINE 1","LINE 2"]}"#
    );
    let took = job.completed_at.unwrap().since(job.created_at);
    assert!(
        took < 3 * MINUTE,
        "rescued by the lease, not by the visibility of 6 minutes: {took:?}"
    );
}

#[test]
fn a_chunk_that_kills_its_worker_each_time_is_given_up() {
    let world = World::new();
    world.script("line 1", &[Do::Take(Duration::from_secs(30))]);
    let job = world.submit(&lines(2));
    for tries in 1..=3 {
        let claimed = || world.job(job.id).tries_of(Slot::Chunk(1)) == tries;
        assert!(world.run_until(10 * MINUTE, claimed));
        world.kill_workers();
    }
    let job = world.finish(job.id);
    assert_eq!(
        (job.status, job.outcome),
        (Status::Completed, Some(Completeness::Partial))
    );
    assert_eq!(
        (job.failed[&1].code.as_str(), job.failed[&1].tries),
        ("WORKER_DIED", 3)
    );
}

#[test]
fn a_long_chunk_keeps_its_lease_by_renewing_it() {
    let world = World::new();
    world.script("line 1", &[Do::Take(Duration::from_secs(200))]);
    let job = world.finish(world.submit(&lines(2)).id);
    assert_eq!(job.outcome, Some(Completeness::Complete));
    assert_eq!(
        world
            .verdicts
            .borrow()
            .iter()
            .filter(|verdict| format!("{verdict:?}").contains("Redeliver"))
            .count(),
        0
    );
}

#[test]
fn a_chunk_past_its_limit_is_tried_again_and_then_failed() {
    let world = World::new();
    world.script("line 1", &[Do::Take(Duration::from_secs(1000))]);
    let job = world.finish(world.submit(&lines(2)).id);
    assert_eq!(
        (job.failed[&1].code.as_str(), job.failed[&1].tries),
        ("CHUNK_TIMEOUT", 3)
    );
}

#[test]
fn a_queued_job_is_cancelled_at_once_and_twice_is_a_no_op() {
    let world = World::new();
    let job = world.submit(&lines(3));
    let cancelled = block_on(world.intake.cancel(&world.caller, job.id)).unwrap().job;
    assert_eq!(cancelled.status, Status::Cancelled);
    let again = block_on(world.intake.cancel(&world.caller, job.id)).unwrap().job;
    assert_eq!(again.version, cancelled.version);
    while world.work() {}
    assert_eq!(world.job(job.id).done.len(), 0);
    let finished = world.finish(world.submit("x").id);
    let problem = block_on(world.intake.cancel(&world.caller, finished.id)).unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (409, "JOB_FINISHED"));
}

#[test]
fn a_running_job_ends_within_a_minute_of_its_cancel() {
    let world = World::new();
    world.script("line 1", &[Do::Take(Duration::from_secs(230))]);
    let job = world.submit(&lines(3));
    world.run_until(MINUTE, || world.job(job.id).done.len() == 2);
    let asked_at = world.clock_now();
    let cancelling = block_on(world.intake.cancel(&world.caller, job.id)).unwrap().job;
    assert_eq!(cancelling.status, Status::Processing);
    assert_eq!(progress(&cancelling).stage, "Cancelling");
    let job = world.finish(job.id);
    assert_eq!(job.status, Status::Cancelled);
    assert_eq!(job.cancelled_by.as_deref(), Some("alice"));
    assert!(job.completed_at.unwrap().since(asked_at) <= MINUTE);
}

#[test]
fn a_cancel_whose_worker_was_killed_is_ended_by_the_sweep() {
    let world = World::new();
    world.script("line 1", &[Do::Take(Duration::from_secs(230))]);
    let job = world.submit(&lines(3));
    world.run_until(MINUTE, || world.job(job.id).done.len() == 2);
    world.kill_workers();
    let asked_at = world.clock_now();
    block_on(world.intake.cancel(&world.caller, job.id)).unwrap();
    let job = world.finish(job.id);
    assert_eq!(job.status, Status::Cancelled);
    assert!(job.completed_at.unwrap().since(asked_at) <= 3 * MINUTE);
}

#[test]
fn a_cancel_during_the_merge_stands() {
    let world = World::new();
    world.script("merge", &[Do::Take(Duration::from_secs(10))]);
    let job = world.submit(&lines(3));
    world.run_until(MINUTE, || progress(&world.job(job.id)).stage == "Merging");
    while world.work() {}
    block_on(world.intake.cancel(&world.caller, job.id)).unwrap();
    assert_eq!(world.finish(job.id).status, Status::Cancelled);
}

#[test]
fn a_job_past_its_deadline_is_warned_and_failed_and_its_chunks_are_kept() {
    let mut world = World::new();
    world.sweep.engine.timing.work_limit = Duration::from_secs(4000);
    world.intake.engine.timing.work_limit = Duration::from_secs(4000);
    world.script("line 1", &[Do::Take(Duration::from_secs(3900)), Do::Work]);
    let job = world.submit(&lines(3));
    let job = world.finish(job.id);
    assert_eq!(
        (job.status, job.error.as_ref().unwrap().code.as_str()),
        (Status::Failed, "DEADLINE_EXCEEDED")
    );
    assert_eq!(job.warnings[0].code, "DEADLINE_NEAR");
    assert!(job.completed_at.unwrap().since(job.deadline_at.unwrap()) <= 2 * MINUTE);
    world.publish();
    let warning = world
        .events(job.id)
        .into_iter()
        .find(|event| event.kind == EventType::Warning)
        .unwrap();
    assert_eq!(
        warning.message.as_deref(),
        Some("The job is close to its time limit.")
    );

    block_on(world.intake.retry(&world.caller, job.id)).unwrap();
    let job = world.finish(job.id);
    assert_eq!(
        (job.status, job.outcome),
        (Status::Completed, Some(Completeness::Complete))
    );
    assert!(job.warnings.is_empty());
}

#[test]
fn a_lost_first_message_is_sent_by_the_sweep() {
    let world = World::new();
    let job = world.submit(&lines(2));
    for delivery in world.memory.queue.receive(Priority::Normal, 10) {
        world.memory.queue.acknowledge(&delivery);
    }
    assert!(!world.work());
    let job = world.finish(job.id);
    assert_eq!(job.status, Status::Completed);
}

#[test]
fn lost_chunk_and_merge_messages_are_sent_by_the_sweep() {
    for lose in ["chunk", "merge"] {
        let world = World::new();
        world.lose.set(Some(lose));
        let job = world.submit(&lines(3));
        let job = world.finish(job.id);
        assert_eq!(job.status, Status::Completed, "{lose}");
        assert_eq!(world.lose.get(), None, "a {lose} message was lost");
    }
}

#[test]
fn a_job_that_nobody_claims_fails_at_the_queue_limit() {
    let world = World::new();
    let job = world.submit(&lines(2));
    let mut last = Time::default();
    while !world.job(job.id).status.is_terminal() {
        world.clock.advance(MINUTE);
        world.sweep();
        for delivery in world.memory.queue.receive(Priority::Normal, 10) {
            world.memory.queue.acknowledge(&delivery);
        }
        last = world.clock_now();
    }
    let job = world.job(job.id);
    assert_eq!(
        (job.status, job.error.unwrap().code.as_str()),
        (Status::Failed, "QUEUE_TIMEOUT")
    );
    assert!(last.since(job.created_at) <= Duration::from_secs(24 * 3600) + 2 * MINUTE);
}

#[test]
fn an_undeliverable_chunk_fails_and_an_undecodable_letter_is_parked() {
    let world = World::new();
    world.script("line 1", &[Do::Take(Duration::from_secs(30))]);
    let job = world.submit(&lines(2));
    world.work();
    world.work();
    world.kill_workers();
    world.memory.queue.send_raw(Priority::Low, "x", "not a message");
    // Everything is received again and again without an answer, until it is a dead letter.
    for _ in 0..30 {
        world.clock.advance(Duration::from_secs(361));
        for priority in Priority::ALL {
            world.memory.queue.receive(priority, 100);
        }
    }
    let swept = world.sweep();
    assert_eq!(swept.parked, 1);
    assert!(swept.dead_letters >= 1);
    assert!(
        world
            .memory
            .blobs
            .all_keys()
            .iter()
            .any(|key| key.starts_with("parked/"))
    );
    assert!(world.job(job.id).status.is_terminal() || world.job(job.id).failed.contains_key(&1));
    assert!(world.finish(job.id).status.is_terminal());
}

#[test]
fn a_lost_event_is_filled_in_after_the_stream_gave_up() {
    let world = World::new();
    let job = world.finish(world.submit(&lines(3)).id);
    let changes = world.memory.jobs.take_changes();
    let kept: Vec<_> = changes
        .into_iter()
        .enumerate()
        .filter(|(at, _)| *at != 2 && *at != 4)
        .map(|(_, change)| change)
        .collect();
    block_on(world.publisher.publish(&kept));
    assert_eq!(world.events(job.id).len() as u64, job.version - 2);
    world.clock.advance(Duration::from_secs(26 * 3600));
    assert_eq!(world.sweep().gaps, 2);
    let events = world.events(job.id);
    assert_eq!(
        events.iter().map(|event| event.version).collect::<Vec<_>>(),
        (1..=job.version).collect::<Vec<_>>()
    );
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].progress_percent <= pair[1].progress_percent)
    );
    assert_eq!(world.sweep().looked_at, 0);
}

#[test]
fn sweeping_doubly_and_early_does_no_harm() {
    let world = World::new();
    let job = world.submit(&lines(5));
    for _ in 0..5 {
        block_on(world.sweep.run(Duration::from_secs(3600 * 48)));
        world.work();
        block_on(world.sweep.run(Duration::from_secs(3600 * 48)));
    }
    let job = world.finish(job.id);
    assert_eq!(job.outcome, Some(Completeness::Complete));
    world.publish();
    assert_eq!(world.events(job.id).len() as u64, job.version);
}

#[test]
fn a_stranger_sees_no_job() {
    let world = World::new();
    let job = world.submit(&lines(2));
    let stranger = Caller::user("mallory");
    for problem in [
        block_on(world.intake.cancel(&stranger, job.id)).unwrap_err(),
        block_on(world.intake.retry(&stranger, job.id)).unwrap_err(),
        block_on(world.intake.uploads(&stranger, job.id)).unwrap_err(),
        block_on(world.intake.start(&stranger, job.id, &Default::default())).unwrap_err(),
    ] {
        assert_eq!((problem.status, problem.code.as_str()), (404, "JOB_NOT_FOUND"));
    }
}

#[test]
fn the_same_key_gives_the_same_job_and_other_content_is_refused() {
    let world = World::new();
    let keyed = || Submission {
        pipeline: "lines".into(),
        idempotency_key: Some("k-1".into()),
        ..Submission::default()
    };
    let first = world.submit_as("one", keyed()).unwrap().job;
    let again = world.submit_as("one", keyed()).unwrap().job;
    assert_eq!(first.id, again.id);
    let problem = world.submit_as("two", keyed()).unwrap_err();
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (422, "IDEMPOTENCY_KEY_REUSED")
    );
    world.clock.advance(Duration::from_secs(25 * 3600));
    assert_ne!(world.submit_as("two", keyed()).unwrap().job.id, first.id);
}

#[test]
fn a_retry_without_sources_is_refused() {
    let world = World::new();
    world.script("plan", &[Do::Fail]);
    let job = world.finish(world.submit("x").id);
    for key in world.memory.blobs.all_keys() {
        world.memory.blobs.remove(&key);
    }
    let problem = block_on(world.intake.retry(&world.caller, job.id)).unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (409, "SOURCE_GONE"));
}

impl World {
    fn clock_now(&self) -> Time {
        docmill_core::ports::Clock::now(&*self.clock)
    }
}
