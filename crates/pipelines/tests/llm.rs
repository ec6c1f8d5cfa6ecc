//! `novel` with a language model that is often wrong, in a whole installation.

#![allow(clippy::unwrap_used, reason = "tests")]

mod long_sentences;
#[path = "../../core/tests/world/mod.rs"]
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use docmill_core::account::credits_for;
use docmill_core::intake::{Accepted, SentFile, Submission};
use docmill_core::job::{Completeness, Job, Status};
use docmill_core::model::{ModelFailure, ModelReply, ModelRequest, Tier, Tokens};
use docmill_core::problem::Problem;
use docmill_memory::ScriptedModel;
use docmill_pipelines::Novel;
use futures::executor::block_on;
use long_sentences::{book, is_too_long, rewritten};
use serde_json::{Value, json};
use world::World;

const TOKENS: Tokens = Tokens {
    input: 900,
    output: 400,
};
/// The numbered sentences of a request.
fn sentences(request: &ModelRequest) -> Vec<(u64, String)> {
    let data: Value = serde_json::from_str(&request.data).unwrap();
    let list = data["sentences"].as_array().unwrap();
    list.iter()
        .map(|item| {
            (
                item["i"].as_u64().unwrap(),
                item["text"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

fn right(request: &ModelRequest) -> Value {
    let items = sentences(request).into_iter();
    let items = items.map(|(i, text)| json!({"i": i, "out": rewritten(&text)}));
    json!({"items": items.collect::<Vec<_>>()})
}

fn reply(value: Value) -> Result<ModelReply, ModelFailure> {
    Ok(ModelReply {
        value,
        tokens: TOKENS,
    })
}

fn with_model(
    script: impl Fn(usize, &ModelRequest) -> Result<ModelReply, ModelFailure> + Send + Sync + 'static,
) -> (World, Arc<ScriptedModel>) {
    let model = Arc::new(ScriptedModel::new(script));
    let pipeline = Arc::new(Novel::new().with_models(true));
    let world = World::with(Some(pipeline), |providers| {
        providers.model = model.clone();
        providers.monthly_tokens = u64::MAX;
    });
    (world, model)
}

fn try_submit(world: &World, text: &str, settings: Value) -> Result<Accepted, Problem> {
    let file = SentFile {
        name: "roman.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: Bytes::from(text.to_owned()),
    };
    let submission = Submission {
        pipeline: "novel".to_owned(),
        settings,
        ..Submission::default()
    };
    block_on(world.intake.submit(&world.caller, submission, vec![file]))
}

fn submit(world: &World, text: &str, settings: Value) -> Job {
    try_submit(world, text, settings).unwrap().job
}

fn result(world: &World, job: &Job) -> Value {
    serde_json::from_str(&world.result(job)).unwrap()
}

/// How often each method stands in a result.
fn methods(result: &Value) -> BTreeMap<String, usize> {
    let rows = result["sentences"].as_array().unwrap();
    rows.iter().fold(BTreeMap::new(), |mut methods, row| {
        let method = row["method"].as_str().unwrap().to_owned();
        *methods.entry(method).or_default() += 1;
        methods
    })
}

/// Whether the scripted model below charges for its `n`th answer.
fn is_paid(n: usize) -> bool {
    !(n % 40 == 33 || n % 70 == 8)
}

/// Wrong once in ten times: no JSON, another form, another content, no answer; and now and then it wants to rest.
fn often_wrong(n: usize, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
    match (n % 40, n % 70) {
        (_, 8) => Err(ModelFailure::Throttled {
            retry_after: Some(Duration::from_secs(45)),
        }),
        (3, _) => Err(ModelFailure::Malformed { tokens: TOKENS }),
        (13, _) => reply(json!({"sentences": []})),
        (23, _) => reply(json!({"items": [{"i": sentences(request)[0].0, "out": ["dans la rue sombre"]}]})),
        (33, _) => Err(ModelFailure::Unavailable("no answer in time".to_owned())),
        _ => reply(right(request)),
    }
}

#[test]
fn forty_chunks_with_a_tenth_of_the_answers_broken_end_completed_and_nothing_is_paid_twice() {
    let (world, model) = with_model(often_wrong);
    let job = submit(&world, &book(1_180), json!({"engine": "llm"}));
    // Workers die in the middle.
    for millis in [1_200, 50_000] {
        world.run_until(Duration::from_millis(millis), || false);
        world.kill_workers();
    }
    let job = world.finish(job.id);
    let ended = (job.status, job.outcome, job.total);
    assert_eq!(
        ended,
        (Status::Completed, Some(Completeness::Complete), Some(40)),
        "{:?} {:?}",
        job.error,
        job.failed
    );

    let result = result(&world, &job);
    assert_eq!(result["engine"], "llm");
    for row in result["sentences"].as_array().unwrap() {
        let (original, text) = (row["original"].as_str().unwrap(), row["text"].as_str().unwrap());
        let method = row["method"].as_str().unwrap();
        assert!(row["words"].as_u64().unwrap() <= 8, "{row}");
        if is_too_long(original) {
            assert!(method.starts_with("llm"), "{row}");
            assert!(rewritten(original).iter().any(|wanted| wanted == text), "{row}");
        } else {
            assert_eq!((method, text), ("unchanged", original));
        }
    }
    let methods = methods(&result);
    assert!(
        methods["llm"] > 15_000 && methods["llm_minimal"] > 1_000,
        "{methods:?}"
    );

    let asked = model.asked();
    let paid = asked.iter().enumerate().filter(|(n, _)| is_paid(*n));
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, (id, _)) in paid {
        *times.entry(id).or_default() += 1;
    }
    assert!(times.len() > 300, "{}", times.len());
    assert!(times.values().all(|times| *times == 1), "a call was paid twice");
    let credits = job.credits.unwrap();
    let used = credits_for(job.usage.tokens_in + job.usage.tokens_out, 2);
    assert_eq!(
        u64::from(credits.charged.unwrap()),
        used.min(credits.reserved.into())
    );
    assert_eq!(
        result["stats"]["tokens_in"].as_u64(),
        Some(times.len() as u64 * TOKENS.input)
    );
}

#[test]
fn a_service_that_never_answers_leaves_everything_to_the_rules() {
    let (world, model) = with_model(|_, _| Err(ModelFailure::Unavailable("away".to_owned())));
    let job = submit(&world, &book(1), json!({}));
    let job = world.finish(job.id);
    assert_eq!(job.status, Status::Completed);
    let fallback = job
        .warnings
        .iter()
        .find(|warning| warning.code == "LLM_FALLBACK")
        .unwrap();
    assert!(fallback.message.starts_with("10 sentences were split by rule"));
    let methods = methods(&result(&world, &job));
    assert!(
        methods.contains_key("rules_fallback") && !methods.contains_key("rules"),
        "{methods:?}"
    );
    assert_eq!(model.asked().len(), 9, "three calls in each of three tries");
    assert_eq!(job.credits.unwrap().charged, Some(1));
}

#[test]
fn who_cannot_pay_for_a_model_and_left_it_open_gets_the_rules() {
    let (mut world, model) = with_model(|_, request| reply(right(request)));
    world.intake.allowance.monthly_grant = 1;
    let text = book(20);
    let job = submit(&world, &text, json!({}));
    assert_eq!(job.credits.unwrap().reserved, 1);
    let job = world.finish(job.id);
    let result = result(&world, &job);
    assert_eq!(
        (&result["engine"], &result["settings"]["engine"]),
        (&json!("rules"), &json!("rules"))
    );
    assert!(model.asked().is_empty());
    let refused = try_submit(&world, &text, json!({"engine": "llm"})).unwrap_err();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (402, "INSUFFICIENT_CREDITS")
    );
}

#[test]
fn the_preferred_model_is_asked_first() {
    let (world, model) = with_model(|_, request| reply(right(request)));
    let settings = json!({"engine": "llm", "model_preference": "balanced"});
    let job = submit(&world, &book(1), settings);
    let job = world.finish(job.id);
    assert_eq!(job.status, Status::Completed);
    let tiers = model.asked().into_iter().map(|(_, request)| request.tier);
    assert!(tiers.eq([Tier::Balanced]));
    assert_eq!(job.credits.unwrap().rate, 3);
}
