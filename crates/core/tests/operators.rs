//! What operators see of the installation, and do to it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use docmill_core::access::Caller;
use docmill_core::engine::Requeued;
use docmill_core::intake::{LetterView, OperationsQuery, Submission};
use docmill_core::job::{Completeness, Job, Priority, Status};
use docmill_core::operations::{Act, LetterKind, LetterState, Operations};
use docmill_core::ports::Clock;
use docmill_core::problem::Problem;
use docmill_core::running::Tenant;
use futures::executor::block_on;
use world::{Do, World};

const MINUTE: Duration = Duration::from_secs(60);

fn operator() -> Caller {
    Caller {
        operator: true,
        ..Caller::user("olga")
    }
}

fn lines(count: usize) -> String {
    (0..count)
        .map(|n| format!("line {n}"))
        .collect::<Vec<_>>()
        .join("\n")
}

impl World {
    fn operations(&self) -> Operations {
        block_on(self.reader().operations(&operator())).unwrap()
    }

    fn letters(&self, state: &str) -> Vec<LetterView> {
        block_on(self.reader().letters(&operator(), Some(state), None))
            .unwrap()
            .letters
    }

    fn redrive(&self, letter: &LetterView) -> Result<LetterView, Problem> {
        block_on(self.intake.redrive(&operator(), &letter.id))
    }

    /// `actor action subject` of a trail, oldest first.
    fn deeds(&self, trail: &Tenant) -> Vec<String> {
        use docmill_core::audit::Audit;
        let entries = block_on(self.memory.audit.page(trail, None, 1_000)).unwrap();
        let line = |entry: &docmill_core::audit::Entry| {
            format!("{} {} {}", entry.actor, entry.action.as_str(), entry.subject)
        };
        entries.iter().rev().map(line).collect()
    }

    /// A job with one chunk whose message became a dead letter, after `sweep` dealt with it.
    fn with_a_dead_letter(&self) -> Job {
        let job = self.submit(&lines(3));
        self.work();
        let queue = &self.memory.queue;
        for delivery in queue.receive(Priority::Normal, 100) {
            if delivery.body.contains("\"n\":1") {
                queue.acknowledge(&delivery);
                queue.bury(Priority::Normal, &delivery.body);
            } else {
                queue.give_back(&delivery, Duration::ZERO);
            }
        }
        let swept = self.sweep();
        assert_eq!((swept.dead_letters, swept.errors), (1, 0));
        self.finish(job.id)
    }
}

#[test]
fn the_picture_shows_what_waits_runs_and_ended() {
    let world = World::new();
    world.script("line 0", &[Do::Take(Duration::from_secs(30))]);
    let job = world.submit(&lines(2));
    world.clock.advance(Duration::from_secs(7));
    let shown = world.operations();
    let normal = &shown.queues[1];
    assert_eq!((normal.depth.waiting, normal.oldest_seconds), (1, Some(7)));
    assert_eq!((shown.open.jobs, shown.open.by_status["queued"]), (1, 1));
    world.work();
    world.work();
    let shown = world.operations();
    let [slot] = &shown.running.slots[..] else {
        panic!("{:?}", shown.running);
    };
    assert_eq!((slot.job_id, slot.slot, slot.chunk), (job.id, "chunk", Some(0)));
    assert_eq!((slot.worker.as_deref(), slot.tries), (Some("test"), 1));
    assert!(slot.lease_seconds > 0.0 && slot.lease_seconds <= 60.0);
    assert_eq!(shown.queues[1].oldest_seconds, None, "somebody is at it");
    let ended = world.finish(job.id);
    assert_eq!(ended.status, Status::Completed);
    let shown = world.operations();
    assert_eq!((shown.open.jobs, shown.running.total), (0, 0));
    let hour = shown.hours.last().unwrap();
    assert_eq!((hour.completed, hour.chunks, hour.failed), (1, 2, 0));
    let waited = hour.waiting_seconds.unwrap().p50;
    assert!((7.0..8.5).contains(&waited), "{waited}");
    assert!(hour.processing_seconds.unwrap().p99 >= 30.0);
    assert_eq!(hour.cost_usd, ended.usage.cost_usd());
    assert_eq!(shown.cost.month_usd, ended.usage.cost_usd());
}

#[test]
fn each_attempt_is_counted_for_what_it_did() {
    let world = World::new();
    world.script("line 1", &[Do::Fail, Do::Work]);
    let job = world.submit(&lines(3));
    let first = world.finish(job.id);
    assert_eq!(first.outcome, Some(Completeness::Partial));
    block_on(world.intake.retry(&world.caller, job.id)).unwrap();
    let second = world.finish(job.id);
    assert_eq!(second.outcome, Some(Completeness::Complete));
    let shown = world.operations();
    let sum = |of: fn(&docmill_core::operations::Tally) -> u64| -> u64 {
        use docmill_core::operations::{Figures, Span};
        let now = Span::Day.start_of(world.clock.now());
        let days = block_on(
            world
                .memory
                .jobs
                .between(Span::Day, now.minus(Span::Day.length()), now),
        )
        .unwrap();
        days.values().map(of).sum()
    };
    assert_eq!((sum(|tally| tally.completed), sum(|tally| tally.partial)), (2, 1));
    assert_eq!(sum(|tally| tally.chunks), 3, "a chunk is done once");
    assert_eq!(sum(|tally| tally.cost_nano_usd), second.usage.nano_usd());
    let [failure] = &shown.failures.last_30_days[..] else {
        panic!("{:?}", shown.failures);
    };
    assert_eq!((failure.jobs, failure.chunks), (0, 1));
}

#[test]
fn nobody_else_sees_or_does_any_of_it() {
    let world = World::new();
    let job = world.with_a_dead_letter();
    let letter = &world.letters("open")[0];
    let reader = world.reader();
    for caller in [&world.caller, &Caller::user("mallory")] {
        let refused = [
            block_on(reader.operations(caller)).unwrap_err(),
            block_on(reader.operations_jobs(caller, &OperationsQuery::default())).unwrap_err(),
            block_on(reader.letters(caller, None, None)).unwrap_err(),
            block_on(world.intake.redrive(caller, &letter.id)).unwrap_err(),
            block_on(world.intake.discard(caller, &letter.id)).unwrap_err(),
            block_on(world.intake.redrive(caller, "no letter")).unwrap_err(),
        ];
        for problem in refused {
            assert_eq!((problem.status, problem.code.as_str()), (403, "OPERATORS_ONLY"));
        }
    }
    let own = block_on(world.intake.requeue(&world.caller, job.id)).unwrap_err();
    assert_eq!(own.status, 403);
    let strange = block_on(world.intake.requeue(&Caller::user("mallory"), job.id)).unwrap_err();
    assert_eq!(strange.status, 404);
}

#[test]
fn a_message_that_was_lost_is_sent_again_on_request() {
    let world = World::new();
    world.lose.set(Some("plan"));
    let job = world.submit(&lines(2));
    world.work();
    assert_eq!(world.job(job.id).status, Status::Queued);
    let view = block_on(world.intake.requeue(&operator(), job.id)).unwrap();
    assert_eq!(view.did, Requeued::PlanSent);
    // At any time, and as often as anybody likes.
    block_on(world.intake.requeue(&operator(), job.id)).unwrap();
    world.work();
    block_on(world.intake.requeue(&operator(), job.id)).unwrap();
    let ended = world.finish(job.id);
    assert_eq!(
        (ended.status, ended.outcome),
        (Status::Completed, Some(Completeness::Complete))
    );
    assert!(ended.tries.values().all(|tries| *tries <= 1), "{:?}", ended.tries);
    let over = block_on(world.intake.requeue(&operator(), job.id)).unwrap_err();
    assert_eq!((over.status, over.code.as_str()), (409, "JOB_FINISHED"));
    let deed = format!("olga job_requeued {}", job.id);
    for trail in ["alice", "olga"] {
        let deeds = world.deeds(&Tenant::User(trail.into()));
        assert!(deeds.contains(&deed), "{trail}: {deeds:?}");
    }
}

#[test]
fn a_given_up_letter_runs_again_what_failed_and_its_owner_pays() {
    let world = World::new();
    let job = world.with_a_dead_letter();
    assert!(job.failed.contains_key(&1), "{job:?}");
    let letters = world.letters("open");
    let [letter] = &letters[..] else {
        panic!("{letters:?}")
    };
    assert_eq!(
        (letter.kind, letter.state),
        (LetterKind::GivenUp, LetterState::Open)
    );
    assert_eq!(
        (letter.job_id, letter.slot, letter.chunk),
        (Some(job.id), Some("chunk"), Some(1))
    );
    assert_eq!((letter.attempt, letter.receives >= 10), (Some(1), true));
    assert_eq!(world.operations().letters.open, 1);
    let before = block_on(world.reader().credits(&world.caller, None)).unwrap();
    let redriven = world.redrive(letter).unwrap();
    assert_eq!(
        (redriven.state, redriven.settled_by.as_deref()),
        (LetterState::Redriven, Some("olga"))
    );
    let during = block_on(world.reader().credits(&world.caller, None)).unwrap();
    assert!(
        during.reserved > before.reserved,
        "the owner's credits are set aside"
    );
    let again = world.finish(job.id);
    assert_eq!((again.attempt, again.outcome), (2, Some(Completeness::Complete)));
    // Twice is once.
    assert_eq!(world.redrive(letter).unwrap(), redriven);
    assert_eq!(world.job(job.id).attempt, 2);
    assert_eq!(
        block_on(world.intake.discard(&operator(), &letter.id))
            .unwrap_err()
            .code,
        "LETTER_SETTLED"
    );
    assert_eq!(
        (world.letters("open").len(), world.letters("settled").len()),
        (0, 1)
    );
    let olga = world.deeds(&Tenant::User("olga".into()));
    assert_eq!(
        olga,
        [
            format!("olga job_retried {}", job.id),
            format!("olga letter_redriven {}", letter.id)
        ]
    );
    let alice = world.deeds(&Tenant::User("alice".into()));
    assert!(olga.iter().all(|deed| alice.contains(deed)), "{alice:?}");
}

#[test]
fn an_owner_who_cannot_pay_is_not_made_to() {
    let mut world = World::new();
    let job = world.with_a_dead_letter();
    world.intake.allowance.floor = i64::MAX / 2;
    let letter = &world.letters("open")[0];
    assert_eq!(world.redrive(letter).unwrap_err().status, 402);
    assert_eq!(world.letters("open").len(), 1, "it stays open");
    assert_eq!(world.job(job.id).attempt, 1);
}

#[test]
fn a_letter_whose_job_is_gone_can_only_be_discarded() {
    let world = World::new();
    let job = world.with_a_dead_letter();
    block_on(world.intake.delete(&world.caller, job.id)).unwrap();
    let letter = &world.letters("open")[0];
    assert_eq!(world.redrive(letter).unwrap_err().code, "JOB_GONE");
    for _ in 0..2 {
        let discarded = block_on(world.intake.discard(&operator(), &letter.id)).unwrap();
        assert_eq!(discarded.state, LetterState::Discarded);
    }
    let deeds = world.deeds(&Tenant::User("olga".into()));
    assert_eq!(deeds, [format!("olga letter_discarded {}", letter.id)], "once");
}

#[test]
fn a_letter_that_could_not_be_read_goes_back_as_it_was() {
    let world = World::new();
    world.memory.queue.bury(Priority::Low, "of a later release");
    world.sweep();
    let letters = world.letters("open");
    let [letter] = &letters[..] else {
        panic!("{letters:?}")
    };
    assert_eq!(
        (letter.kind, letter.job_id, letter.bytes),
        (LetterKind::Undecodable, None, 18)
    );
    assert_eq!(world.redrive(letter).unwrap().state, LetterState::Redriven);
    world.redrive(letter).unwrap();
    let back = world.memory.queue.receive(Priority::Low, 10);
    assert_eq!(back.len(), 1, "once");
    assert_eq!(back[0].body, "of a later release");
}

#[test]
fn a_letter_by_which_nothing_failed_is_stale() {
    let world = World::new();
    let job = world.submit("line");
    let ended = world.finish(job.id);
    let plan = docmill_core::message::Message::Plan {
        job: ended.id,
        attempt: 1,
    };
    world
        .memory
        .queue
        .bury(Priority::Normal, &serde_json::to_string(&plan).unwrap());
    world.sweep();
    assert_eq!(world.operations().letters.open, 0);
    let letter = &world.letters("settled")[0];
    assert_eq!(letter.state, LetterState::Stale);
    assert_eq!(world.redrive(letter).unwrap_err().code, "LETTER_SETTLED");
}

#[test]
fn records_of_letters_end_with_their_time() {
    let world = World::new();
    world.memory.queue.bury(Priority::Low, "x");
    world.sweep();
    let letter = world.letters("open").remove(0);
    world.clock.advance(MINUTE * 60 * 24 * 31);
    assert_eq!(world.letters("open"), []);
    assert_eq!(world.redrive(&letter).unwrap_err().code, "LETTER_NOT_FOUND");
    assert_eq!(
        world
            .redrive(&LetterView {
                id: "x".into(),
                ..letter
            })
            .unwrap_err()
            .status,
        404
    );
}

#[test]
fn jobs_are_found_by_what_became_of_them() {
    let world = World::new();
    world.script("plan", &[Do::Fail]);
    let failed = world.submit(&lines(1));
    assert_eq!(world.finish(failed.id).status, Status::Failed);
    world.script("plan", &[]);
    world.clock.advance(MINUTE);
    let open = world.submit(&lines(1));
    let submission = Submission {
        pipeline: "lines".into(),
        ..Submission::default()
    };
    world.clock.advance(MINUTE);
    let newest = world.submit_as("other", submission).unwrap().job;
    let list = |status: Option<&str>, limit: Option<usize>, cursor: Option<String>| {
        let query = OperationsQuery {
            status: status.map(Into::into),
            limit,
            cursor,
            ..OperationsQuery::default()
        };
        block_on(world.reader().operations_jobs(&operator(), &query))
    };
    let first = list(None, Some(1), None).unwrap();
    assert_eq!(first.jobs[0].entry.job_id, newest.id);
    assert_eq!(first.jobs[0].acts, [Act::Cancel, Act::Requeue]);
    let second = list(None, Some(1), first.next_cursor).unwrap();
    assert_eq!(second.jobs[0].entry.job_id, open.id);
    let rows = list(Some("failed"), None, None).unwrap().jobs;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(
        (row.entry.job_id, row.acts.as_slice()),
        (failed.id, &[Act::Retry][..])
    );
    assert!(row.entry.error_code.is_some());
    let shown = serde_json::to_value(row).unwrap();
    for hidden in ["file_name", "label", "settings", "expires_at", "result"] {
        assert!(shown.get(hidden).is_none(), "{hidden}");
    }
    assert_eq!(list(Some("processing"), None, None).unwrap().jobs, []);
    for wrong in ["completed", "danced"] {
        assert_eq!(list(Some(wrong), None, None).unwrap_err().status, 422);
    }
    assert_eq!(list(None, None, Some("%".into())).unwrap_err().status, 422);
    // A deleted job is not shown while it is still to be swept.
    block_on(world.intake.delete(&world.caller, failed.id)).unwrap();
    assert_eq!(list(Some("failed"), None, None).unwrap().jobs, []);
}
