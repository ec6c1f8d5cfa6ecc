//! `novel` with a language model, which a server of the test's own plays over OpenAI's interface.
//!
//! Needs a stack that was told of it (`stack.py deploy ModelProvider=openai ModelEndpoint=...`, as in infra/test.sh); says so
//! and passes on any other.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../../crates/pipelines/tests/long_sentences/mod.rs"]
mod long_sentences;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use docmill_cli::client::{Job, NewJob};
use docmill_conformance::played::{Asked, Exchange, Reaction, Service, http};
use docmill_core::account::credits_for;
use docmill_core::ids::sha256_hex;
use docmill_system_tests::{Stack, assert_history, kill, model_address, novel, stack, wait};
use long_sentences::{book, is_too_long, rewritten};
use serde_json::{Value, json};

/// Parameters of the stack: the names of its two models, and the key that it was given as a secret.
const SMALL: &str = "small";
const KEY: &str = "key-of-the-played-provider";

/// Of every answer that is paid for.
const TOKENS_IN: u64 = 900;
const TOKENS_OUT: u64 = 400;

/// Credits for a thousand tokens of the small model.
const RATE: u32 = 2;

/// The small model refuses to say anything about a sentence with this page in it.
const REFUSED: &str = "numéro 301.";
/// No model has anything right to say about this one.
const HOPELESS: &str =
    "Jeannot marchait lentement dans la grande forêt et Anatole regardait la vieille maison numéro 701.";
/// The first request with this page in it is never answered.
const SILENT: &str = "numéro 401.";

/// Until the workers are killed, the provider answers about so many pages, is silent about as many, and so on: fewer than a
/// chunk has, and than a worker asks about at the same time, so that each chunk has answers and none gets all.
const PAGES_AT_A_TIME: usize = 12;

/// The messages that the killed had come back this soon, and not in six minutes.
const VISIBILITY_S: u32 = 20;
const TEMPLATE_VISIBILITY_S: u32 = 360;

/// Longer than what a call waits for by itself: the provider is left alone for so long.
const REST: Duration = Duration::from_secs(12);

/// What a request asks.
struct Question {
    model: String,
    /// With everything that is said to a model at first, and not the barest wording.
    is_full: bool,
    sentences: Vec<(u64, String)>,
}

impl Question {
    fn of(asked: &Asked) -> Self {
        assert!(
            asked.head.starts_with("post /v1/chat/completions "),
            "{}",
            asked.head
        );
        assert!(
            asked.head.contains(&format!("authorization: bearer {KEY}")),
            "{}",
            asked.head
        );
        let content = &asked.body["messages"][1]["content"];
        let data = content.as_str().or_else(|| content[0]["text"].as_str()).unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        let sentences = data["sentences"].as_array().unwrap().iter();
        Self {
            model: asked.body["model"].as_str().unwrap().to_owned(),
            is_full: data.get("context").is_some(),
            sentences: sentences
                .map(|item| {
                    (
                        item["i"].as_u64().unwrap(),
                        item["text"].as_str().unwrap().to_owned(),
                    )
                })
                .collect(),
        }
    }

    fn is_about(&self, text: &str) -> bool {
        self.sentences.iter().any(|(_, sentence)| sentence.contains(text))
    }

    fn first_page(&self) -> usize {
        let (_, page) = self.sentences[0].1.rsplit_once(' ').unwrap();
        page.trim_end_matches('.').parse().unwrap()
    }

    /// A number that stays the same for the same sentences.
    fn lot(&self, of: usize) -> usize {
        let digest = sha256_hex(self.sentences[0].1.as_bytes());
        usize::from_str_radix(&digest[of * 2..of * 2 + 2], 16).unwrap()
    }

    /// The right answer, but for sentences that `wrong` names: something is invented for them.
    fn answer(&self, wrong: impl Fn(&str) -> bool) -> Reaction {
        let items = self.sentences.iter().map(|(i, text)| match wrong(text) {
            true => json!({"i": i, "out": ["Une sirène chantait dans la rue sombre."]}),
            false => json!({"i": i, "out": rewritten(text)}),
        });
        said(&json!({"items": items.collect::<Vec<_>>()}).to_string(), "stop")
    }
}

/// An answer that is paid for.
fn said(content: &str, finish: &str) -> Reaction {
    let body = json!({
        "id": "1", "object": "chat.completion", "model": SMALL,
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT, "total_tokens": TOKENS_IN + TOKENS_OUT},
    });
    Reaction::Answer(http("200 OK", "", &body))
}

/// One that is not.
fn failed(status: &str, headers: &str) -> Reaction {
    Reaction::Answer(http(status, headers, &json!({"error": {"message": "not now"}})))
}

fn is_paid(exchange: &Exchange) -> bool {
    matches!(&exchange.reaction, Reaction::Answer(answer) if answer.starts_with("HTTP/1.1 200"))
}

/// Sentences that were answered rightly, with the method that the result has to name.
fn answered(exchange: &Exchange) -> Vec<(String, &'static str)> {
    let Reaction::Answer(answer) = &exchange.reaction else {
        return Vec::new();
    };
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let content = body["choices"][0]["message"]["content"]
        .as_str()
        .unwrap_or_default();
    let said: Value = serde_json::from_str(content).unwrap_or_default();
    let question = Question::of(&exchange.asked);
    let method = match (question.model.as_str(), question.is_full) {
        (SMALL, true) => "llm",
        (SMALL, false) => "llm_minimal",
        _ => "llm_model_fallback",
    };
    let items = said["items"].as_array().into_iter().flatten();
    let right = items.filter_map(|item| {
        let (_, text) = question
            .sentences
            .iter()
            .find(|(i, _)| item["i"].as_u64() == Some(*i))?;
        (item["out"] == json!(rewritten(text))).then(|| (text.clone(), method))
    });
    right.collect()
}

/// What the provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// As [`Mood::OftenWrong`], but silent about half of the pages.
    HalfSilent,
    /// One answer in ten is broken; some sentences are worse than others.
    OftenWrong,
    /// Wants a rest at the first request, and a second at the third.
    Busy,
    /// Never says anything that can be used.
    Babbling,
    /// Refuses every request.
    Unwilling,
}

/// The provider, played.
struct Provider {
    service: Service,
    mood: Arc<Mutex<Mood>>,
}

impl Provider {
    async fn at(address: &str) -> Self {
        let mood = Arc::new(Mutex::new(Mood::OftenWrong));
        let current = mood.clone();
        let script = move |asked: &Asked, before: &[Exchange]| {
            let question = Question::of(asked);
            let mood = *current.lock().unwrap();
            match mood {
                Mood::HalfSilent if question.first_page() / PAGES_AT_A_TIME % 2 == 1 => Reaction::Silence,
                Mood::HalfSilent | Mood::OftenWrong => often_wrong(&question, asked, before),
                Mood::Busy => busy(&question, before),
                Mood::Babbling => said("Je ne sais pas.", "stop"),
                Mood::Unwilling => failed("400 Bad Request", ""),
            }
        };
        Self {
            service: Service::at(address, script).await,
            mood,
        }
    }

    /// How many requests there were before it got into this mood.
    fn set(&self, mood: Mood) -> usize {
        *self.mood.lock().unwrap() = mood;
        self.service.exchanges().len()
    }

    fn since(&self, count: usize) -> Vec<Exchange> {
        self.service.exchanges().split_off(count)
    }
}

fn often_wrong(question: &Question, asked: &Asked, before: &[Exchange]) -> Reaction {
    let is_small = question.model == SMALL;
    let is_new = || before.iter().all(|exchange| exchange.asked.body != asked.body);
    if is_small && question.is_about(REFUSED) {
        return said("", "content_filter");
    }
    if question.is_about(SILENT) && is_new() {
        return Reaction::Silence;
    }
    let is_hopeless = |text: &str| text == HOPELESS;
    if !is_small || !question.is_full || !question.lot(0).is_multiple_of(10) {
        return question.answer(is_hopeless);
    }
    match question.lot(1) % 6 {
        0 => said("Je ne sais pas.", "stop"),
        1 => said("{\"items\":[{\"i\":0,\"out\":[\"Anatole marchait", "length"),
        2 => said("{\"sentences\":[]}", "stop"),
        3 => question.answer(|text| text == question.sentences[0].1),
        4 => said("", "content_filter"),
        _ if is_new() => failed("500 Internal Server Error", ""),
        _ => question.answer(is_hopeless),
    }
}

fn busy(question: &Question, before: &[Exchange]) -> Reaction {
    let throttled = before
        .iter()
        .filter(|exchange| matches!(&exchange.reaction, Reaction::Answer(answer) if answer.starts_with("HTTP/1.1 429")));
    match (throttled.count(), question.is_about("numéro 2.")) {
        (0, _) => failed(
            "429 Too Many Requests",
            &format!("retry-after: {}\r\n", REST.as_secs()),
        ),
        // Short enough to be waited for on the spot.
        (1, true) => failed("429 Too Many Requests", "retry-after: 1\r\n"),
        _ => question.answer(|_| false),
    }
}

fn with_engine(engine: &str) -> NewJob {
    let mut new = novel();
    new.settings.insert("engine".to_owned(), json!(engine));
    new
}

/// Every row of a result came to be as it says: by the model where that answered rightly, else by the rules.
fn assert_methods(result: &Value, expected: &BTreeMap<String, &str>) {
    let mut found = BTreeSet::new();
    for row in result["sentences"].as_array().unwrap() {
        let (original, text) = (row["original"].as_str().unwrap(), row["text"].as_str().unwrap());
        let method = row["method"].as_str().unwrap();
        if !is_too_long(original) {
            assert_eq!((method, text), ("unchanged", original));
            continue;
        }
        found.insert(original);
        let wanted = expected.get(original).copied().unwrap_or("rules_fallback");
        assert_eq!(method, wanted, "{row}");
        let is_the_models = rewritten(original).iter().any(|part| part == text);
        assert!(method == "rules_fallback" || is_the_models, "{row}");
    }
    let answered: BTreeSet<&str> = expected.keys().map(String::as_str).collect();
    assert!(answered.is_subset(&found), "what was paid for is in the result");
}

fn warnings(job: &Job) -> Vec<&str> {
    let warnings = job.raw["warnings"].as_array().into_iter().flatten();
    warnings.filter_map(|warning| warning["code"].as_str()).collect()
}

/// One test, since the provider has one address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_language_model_is_asked_as_promised() {
    let stack = stack!();
    let Some(address) = model_address(&stack) else {
        return;
    };
    let provider = Provider::at(address).await;
    a_book_is_rewritten_though_a_tenth_of_the_answers_is_broken_and_workers_die(&stack, &provider).await;
    a_busy_provider_is_left_alone_by_everybody(&stack, &provider).await;
    what_cannot_be_used_leaves_it_to_the_rules(&stack, &provider).await;
}

async fn a_book_is_rewritten_though_a_tenth_of_the_answers_is_broken_and_workers_die(
    stack: &Stack,
    provider: &Provider,
) {
    let queue = stack.value("DOCMILL_QUEUE_NORMAL_URL");
    let set_visibility = async |seconds: u32| {
        let visibility = json!({"VisibilityTimeout": seconds.to_string()});
        stack.set_queue(queue, visibility).await;
    };
    set_visibility(VISIBILITY_S).await;
    let user = stack.user("model").await;
    provider.set(Mood::HalfSilent);
    let job = user.submit_large(&with_engine("llm"), &book(1_180)).await;
    // Then nothing is under way any more: what was answered is kept, and the rest will not be answered.
    let mut looks = (0, 0);
    wait::until_every(Duration::from_secs(1), "the silence", async || {
        let asked = provider.since(0).len();
        looks = if asked > 0 && asked == looks.0 {
            (asked, looks.1 + 1)
        } else {
            (asked, 0)
        };
        (looks.1 == 3).then_some(())
    })
    .await;
    assert!(
        provider.since(0).iter().any(is_paid),
        "nothing could be paid for twice"
    );
    assert_eq!(user.job(&job.job_id).await.processed_chunks, 0);
    let killed = stack.worker_processes();
    assert!(!killed.is_empty(), "no worker of this stack was found");
    kill(&killed);
    provider.set(Mood::OftenWrong);
    for wanted in [10, 20, 30] {
        user.job_when(&job.job_id, "more chunks", |job| job.processed_chunks >= wanted)
            .await;
    }
    let job = user.ended(&job.job_id).await;
    set_visibility(TEMPLATE_VISIBILITY_S).await;
    let ended = (job.status.as_str(), job.outcome.as_deref(), job.total_chunks);
    assert_eq!(ended, ("completed", Some("complete"), Some(40)), "{:#}", job.raw);
    assert_history(&user.history(&job).await, &job);

    let exchanges = provider.since(0);
    let paid: Vec<&Exchange> = exchanges.iter().filter(|exchange| is_paid(exchange)).collect();
    let bodies: BTreeSet<String> = paid
        .iter()
        .map(|exchange| exchange.asked.body.to_string())
        .collect();
    assert_eq!(bodies.len(), paid.len(), "a call was paid for twice");
    let mut expected = BTreeMap::new();
    for (text, method) in paid.iter().flat_map(|exchange| answered(exchange)) {
        let before = expected.insert(text, method);
        assert_eq!(before, None, "answered twice");
    }
    let result = user.json(&job.job_id).await;
    assert_eq!(result["engine"], "llm");
    assert_methods(&result, &expected);
    // Every rung was needed.
    let by = |method: &str| expected.values().filter(|found| **found == method).count();
    let counts = [by("llm"), by("llm_minimal"), by("llm_model_fallback")];
    assert!(
        counts[0] > 9_000 && counts[1] > 300 && counts[2] > 10,
        "{counts:?}"
    );
    assert_eq!(counts.iter().sum::<usize>(), 11_800 - 1, "all but one");
    assert_eq!(warnings(&job), ["LLM_FALLBACK"]);
    let read = paid.len() as u64 * TOKENS_IN;
    assert_eq!(result["stats"]["tokens_in"].as_u64(), Some(read));
}

async fn a_busy_provider_is_left_alone_by_everybody(stack: &Stack, provider: &Provider) {
    let user = stack.user("busy").await;
    let before = provider.set(Mood::Busy);
    let first = user.submit_as(&with_engine("llm"), &book(1)).await;
    let rests = |job: &Job| job.raw["waiting_for"]["reason"] == "provider_cooldown";
    user.job_when(&first.job_id, "the rest", rests).await;
    // With a model there, `auto` means the model.
    let second = user.submit_as(&with_engine("auto"), &book(2)).await;
    user.job_when(&second.job_id, "the same rest", rests).await;
    for job in [first, second] {
        let job = user.completed(&job.job_id).await;
        assert_history(&user.history(&job).await, &job);
        assert_eq!(warnings(&job), [""; 0]);
        let result = user.json(&job.job_id).await;
        assert_eq!(result["engine"], "llm");
        let rows = result["sentences"].as_array().unwrap().iter();
        let methods: BTreeSet<&str> = rows.filter_map(|row| row["method"].as_str()).collect();
        assert!(methods.into_iter().eq(["llm", "unchanged"]));
        assert_usage(&job, 1);
    }
    let exchanges = provider.since(before);
    assert_eq!(exchanges.iter().filter(|exchange| is_paid(exchange)).count(), 2);
    assert_eq!(exchanges.len(), 4, "two were put off");
    let rested = exchanges[1].at - exchanges[0].at;
    assert!(
        rested > REST - Duration::from_millis(50),
        "asked again after {rested:?}"
    );
}

async fn what_cannot_be_used_leaves_it_to_the_rules(stack: &Stack, provider: &Provider) {
    let user = stack.user("useless").await;
    for (mood, paid) in [(Mood::Babbling, 5), (Mood::Unwilling, 0)] {
        let before = provider.set(mood);
        let job = user.submit_as(&with_engine("llm"), &book(1)).await;
        let job = user.completed(&job.job_id).await;
        // All, all in few words, two halves, and the better model.
        assert_eq!(provider.since(before).len(), 5, "{mood:?}");
        assert_methods(&user.json(&job.job_id).await, &BTreeMap::new());
        assert_eq!(warnings(&job), ["LLM_FALLBACK"]);
        assert_usage(&job, paid);
    }
}

/// Tokens, money and credits of so many paid answers; the dollars are of the small model's where there is one only.
fn assert_usage(job: &Job, paid: u64) {
    let usage = &job.raw["usage"];
    assert_eq!(
        (usage["tokens_in"].as_u64(), usage["tokens_out"].as_u64()),
        (Some(paid * TOKENS_IN), Some(paid * TOKENS_OUT))
    );
    let dollars: f64 = usage["cost_usd"].as_str().unwrap().parse().unwrap();
    let least = paid as f64 * (TOKENS_IN as f64 + 5.0 * TOKENS_OUT as f64) / 1e6;
    assert!(dollars >= least, "{usage}");
    let credits = &job.raw["credits"];
    let cost = credits_for(paid * (TOKENS_IN + TOKENS_OUT), RATE);
    let charged = credits["reserved"].as_u64().map(|reserved| reserved.min(cost));
    assert_eq!(credits["charged"].as_u64(), charged, "{credits}");
}
