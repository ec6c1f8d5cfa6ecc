//! Calls that are paid for.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use docmill_core::job::{Job, Status};
use docmill_core::model::{ModelFailure, ModelReply, ModelRequest, Tokens};
use docmill_core::running::Tenant;
use docmill_core::view::view;
use docmill_memory::ScriptedModel;
use futures::executor::block_on;
use serde_json::json;
use world::{Do, World};

const TOKENS: Tokens = Tokens {
    input: 100,
    output: 10,
};

fn good() -> Result<ModelReply, ModelFailure> {
    Ok(ModelReply {
        value: json!({"yes": true}),
        tokens: TOKENS,
    })
}

fn asking(
    monthly_tokens: u64,
    script: impl Fn(usize, &ModelRequest) -> Result<ModelReply, ModelFailure> + Send + Sync + 'static,
) -> (World, Arc<ScriptedModel>) {
    let model = Arc::new(ScriptedModel::new(script));
    let world = World::with(None, |providers| {
        providers.model = model.clone();
        providers.monthly_tokens = monthly_tokens;
    });
    (world, model)
}

fn month(world: &World) -> u64 {
    let tenant = Tenant::User("alice".to_owned());
    block_on(world.memory.providers.desk.spent(&tenant, "2027-01")).unwrap()
}

/// How often each call was made.
fn calls(model: &ScriptedModel) -> BTreeMap<String, usize> {
    model
        .asked()
        .into_iter()
        .fold(BTreeMap::new(), |mut calls, (id, _)| {
            *calls.entry(id).or_default() += 1;
            calls
        })
}

#[test]
fn tokens_are_metered_priced_and_counted_against_the_month() {
    let (world, model) = asking(10_000, |_, _| good());
    world.script("a", &[Do::Ask(2)]);
    let job = world.finish(world.submit("a").id);
    assert_eq!(job.status, Status::Completed);
    assert_eq!(model.asked().len(), 2);
    assert_eq!((job.usage.tokens_in, job.usage.tokens_out), (200, 20));
    assert_eq!(job.usage.requests["model.speed"], 2);
    // At $1 and $5 a million.
    assert_eq!(job.usage.model_nano_usd, 300_000);
    assert_eq!(month(&world), 220);
    assert!(world.result(&job).contains("yes"));
}

#[test]
fn a_worker_that_dies_between_two_calls_pays_for_the_second_only() {
    let (world, model) = asking(1_000_000, |n, _| match n {
        // Two tries that fail for a moment hold the work up before the second question.
        1 | 2 => Err(ModelFailure::Unavailable("away".to_owned())),
        _ => good(),
    });
    world.script("a", &[Do::Ask(2)]);
    let id = world.submit("a").id;
    assert!(world.run_until(Duration::from_secs(2), || model.asked().len() == 2));
    world.kill_workers();
    let job = world.finish(id);
    assert_eq!(job.status, Status::Completed);
    let counts: Vec<usize> = calls(&model).into_values().collect();
    assert_eq!(
        counts.iter().sum::<usize>(),
        4,
        "one, and three tries of the other"
    );
    assert!(counts.contains(&1), "{counts:?}");
}

#[test]
fn what_was_answered_in_this_try_is_not_asked_again() {
    let (world, model) = asking(1_000_000, |_, _| good());
    world.script("a", &[Do::Repeat(3)]);
    let job = world.finish(world.submit("a").id);
    assert_eq!(model.asked().len(), 1);
    assert_eq!(world.result(&job).matches("yes").count(), 3);
    assert_eq!(month(&world), 110);
}

#[test]
fn failures_that_pass_are_tried_again() {
    let (world, model) = asking(1_000_000, |n, _| match n {
        0 => Err(ModelFailure::Throttled {
            retry_after: Some(Duration::from_secs(4)),
        }),
        1 => Err(ModelFailure::Unavailable("no answer in time".to_owned())),
        _ => good(),
    });
    world.script("a", &[Do::Ask(1)]);
    let job = world.finish(world.submit("a").id);
    assert_eq!((job.status, model.asked().len()), (Status::Completed, 3));
    assert_eq!(calls(&model).len(), 1, "all under one id");
    assert!(world.result(&job).contains("yes"));
}

#[test]
fn a_provider_that_wants_to_rest_is_left_alone_by_all_and_the_job_says_so() {
    let (world, model) = asking(1_000_000, |n, _| match n {
        0 => Err(ModelFailure::Throttled {
            retry_after: Some(Duration::from_secs(90)),
        }),
        _ => good(),
    });
    world.script("a", &[Do::Ask(1)]);
    world.script("b", &[Do::Ask(1)]);
    let (first, second) = (world.submit("a").id, world.submit("b").id);
    let asked_at = world.intake.engine.clock.now();
    assert!(!world.run_until(Duration::from_secs(80), || {
        world.job(first).status.is_terminal() || world.job(second).status.is_terminal()
    }));
    assert_eq!(model.asked().len(), 1, "the other did not even ask");
    for id in [first, second] {
        let job = world.job(id);
        let waiting = view(&job, None, None, world.intake.engine.clock.now())
            .waiting_for
            .unwrap();
        assert_eq!(waiting.reason, "provider_cooldown");
        assert!(waiting.until.unwrap() >= asked_at.plus(Duration::from_secs(90)));
    }
    world.publish();
    let events = world.events(first);
    let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
    assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>());
    for id in [first, second] {
        let job = world.finish(id);
        assert_eq!(job.status, Status::Completed);
        let now = world.intake.engine.clock.now();
        assert_eq!(view(&job, None, None, now).waiting_for, None);
    }
}

#[test]
fn nothing_is_paid_once_a_cancel_is_accepted() {
    let (world, model) = asking(1_000_000, |n, _| match n {
        0 => good(),
        // Holds the work up, so that there is a moment between two calls.
        1 => Err(ModelFailure::Unavailable("away".to_owned())),
        _ => good(),
    });
    world.script("a", &[Do::Ask(3)]);
    let id = world.submit("a").id;
    assert!(world.run_until(Duration::from_secs(1), || model.asked().len() == 2));
    block_on(world.intake.cancel(&world.caller, id)).unwrap();
    let job = world.finish(id);
    assert_eq!(job.status, Status::Cancelled);
    assert_eq!(model.asked().len(), 2);
    assert_eq!(job.credits.unwrap().charged, Some(0));
}

#[test]
fn a_month_that_is_used_up_asks_nobody() {
    let (world, model) = asking(150, |_, _| good());
    world.script("a", &[Do::Ask(3)]);
    let job = world.finish(world.submit("a").id);
    assert_eq!(job.status, Status::Completed);
    assert_eq!(
        model.asked().len(),
        1,
        "what the next may cost is more than is left"
    );
    assert!(world.result(&job).contains("used up"));
    assert_eq!(month(&world), 110);
}

#[test]
fn an_answer_that_was_paid_for_and_is_none_is_not_asked_for_again() {
    let (world, model) = asking(1_000_000, |n, _| match n {
        0 => Err(ModelFailure::Malformed { tokens: TOKENS }),
        1 => Err(ModelFailure::Throttled {
            retry_after: Some(Duration::from_secs(20)),
        }),
        _ => good(),
    });
    world.script("a", &[Do::Ask(2)]);
    let job = world.finish(world.submit("a").id);
    assert_eq!(job.status, Status::Completed);
    assert_eq!(model.asked().len(), 3);
    assert!(world.result(&job).contains("no JSON object"));
    assert_eq!(job.usage.tokens_in, 200, "the malformed one was metered once");
}

#[test]
fn a_job_is_charged_by_its_tokens_and_no_more_than_was_reserved() {
    let job = |tokens_in, rate| {
        let (world, _) = asking(1, |_, _| good());
        let job = world.submit("a");
        let mut job = Job {
            total: Some(1),
            done: [0].into(),
            ..job
        };
        job.usage.tokens_in = tokens_in;
        let credits = job.credits.as_mut().unwrap();
        credits.reserved = 7;
        credits.rate = rate;
        docmill_core::account::charge(&job)
    };
    assert_eq!(job(1_400, 2), 3);
    assert_eq!(job(0, 2), 1, "at least one");
    assert_eq!(job(1_000_000, 2), 7);
    assert_eq!(job(1_000_000, 0), 7, "by its chunks");
}
