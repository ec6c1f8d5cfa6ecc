//! What operators see and do, through the deployed stack.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::{Job, NewJob};
use docmill_system_tests::{Lane, User, novel, stack, texts, unique, wait};
use reqwest::Method;
use serde_json::{Value, json};

async fn get(user: &User, path: &str) -> Value {
    let (status, body) = user.ask(Method::GET, path, None).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

async fn post(user: &User, path: &str) -> (u16, Value) {
    user.ask(Method::POST, path, Some(json!({}))).await
}

fn low() -> NewJob {
    NewJob {
        priority: Some("low".to_owned()),
        ..novel()
    }
}

/// The figures of one queue.
fn queue<'a>(shown: &'a Value, name: &str) -> &'a Value {
    let queues = shown["queues"].as_array().unwrap();
    queues.iter().find(|queue| queue["queue"] == name).unwrap()
}

/// Sums of what ended in the hours that are shown.
fn ended(shown: &Value) -> [u64; 3] {
    let hours = shown["hours"].as_array().unwrap();
    ["completed", "cancelled", "chunks"]
        .map(|name| hours.iter().map(|hour| hour[name].as_u64().unwrap()).sum())
}

async fn deeds(user: &User) -> Vec<(String, String)> {
    let trail = get(user, "/v1/audit").await;
    let entries = trail["entries"].as_array().unwrap().iter();
    let deed = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        (text("action"), text("subject"))
    };
    entries.map(deed).collect()
}

/// The job's row on a list of the board, once the index has it.
async fn row(operator: &User, status: &str, job: &Job) -> Value {
    wait::until("the job on the board", async || {
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/operations/jobs?status={status}&limit=100{cursor}");
            let page = get(operator, &path).await;
            let mut rows = page["jobs"].as_array().unwrap().iter();
            if let Some(row) = rows.find(|row| row["job_id"] == job.job_id.as_str()) {
                return Some(row.clone());
            }
            cursor = format!("&cursor={}", page["next_cursor"].as_str()?);
        }
    })
    .await
}

#[tokio::test]
async fn operators_see_the_whole_installation_and_nobody_else_does() {
    let stack = stack!();
    let (user, operator) = (stack.user("seen").await, stack.operator().await);
    let letter = "/v1/operations/letters/1763862000000-9f86d081884c7d65";
    for path in ["/v1/operations", "/v1/operations/jobs", "/v1/operations/letters"] {
        let (status, problem) = user.ask(Method::GET, path, None).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("OPERATORS_ONLY")),
            "{path}"
        );
    }
    for act in ["redrive", "discard"] {
        assert_eq!(post(&user, &format!("{letter}/{act}")).await.0, 403);
        assert_eq!(post(&operator, &format!("{letter}/{act}")).await.0, 404);
    }
    let before = ended(&get(&operator, "/v1/operations").await);
    let job = user.submit(&texts::many_chunks()).await;
    // A claim lasts as long as a chunk: it is seen in one of many looks.
    let slot = wait::until("a claimed slot", async || {
        let shown = get(&operator, "/v1/operations").await;
        let slots = shown["running"]["slots"].as_array().unwrap().clone();
        slots
            .into_iter()
            .find(|slot| slot["job_id"] == job.job_id.as_str() && slot["worker"].is_string())
    })
    .await;
    assert!(
        slot["worker"].as_str().unwrap().len() >= 8 && slot["lease_seconds"].as_f64() <= Some(60.0),
        "{slot}"
    );
    assert_eq!(slot["pipeline"], "novel");
    let job = user.completed(&job.job_id).await;
    let shown = get(&operator, "/v1/operations").await;
    let after = ended(&shown);
    let chunks = u64::from(job.total_chunks.unwrap());
    // Other tests' jobs may have ended as well.
    assert!(
        after[0] > before[0] && after[2] >= before[2] + chunks,
        "{before:?} {after:?}"
    );
    let hour = shown["hours"].as_array().unwrap().last().unwrap();
    let seconds = |figure: &str| hour[figure]["p99"].as_f64().unwrap();
    assert!(
        seconds("processing_seconds") > 0.0 && seconds("waiting_seconds") > 0.0,
        "{hour}"
    );
    let usd = |name: &str| shown["cost"][name].as_str().unwrap().parse::<f64>().unwrap();
    assert!(
        usd("today_usd") > 0.0 && usd("month_usd") >= usd("today_usd"),
        "{shown}"
    );
    assert_eq!(shown["queues"].as_array().unwrap().len(), 4);
    for group in shown
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| !["at", "sources"].contains(&key.as_str()))
    {
        assert!(shown["sources"][group].is_string(), "{group}");
    }
}

#[tokio::test]
async fn a_stopped_queue_shows_and_a_lost_message_is_sent_again() {
    let stack = stack!();
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let (user, operator) = (stack.user("stopped").await, stack.operator().await);
    let job = user.submit_as(&low(), texts::STORY).await;
    let shown = wait::until("the message to show", async || {
        let shown = get(&operator, "/v1/operations").await;
        let low = queue(&shown, "low");
        (low["waiting"].as_u64() >= Some(1) && low["oldest_seconds"].is_u64()).then_some(shown)
    })
    .await;
    assert!(
        shown["open"]["by_pipeline"]["novel"]["queued"].as_u64() >= Some(1),
        "{shown}"
    );
    let row = row(&operator, "queued", &job).await;
    assert_eq!(
        (&row["acts"], &row["priority"]),
        (&json!(["cancel", "requeue"]), &json!("low"))
    );
    assert!(
        row.get("file_name").is_none() && row.get("settings").is_none(),
        "{row}"
    );
    // The message is lost. Nobody would miss it for two minutes.
    lane.drain(1).await;
    lane.open().await;
    assert_eq!(
        post(&user, &format!("/v1/jobs/{}/requeue", job.job_id)).await.0,
        403
    );
    let (status, done) = post(&operator, &format!("/v1/jobs/{}/requeue", job.job_id)).await;
    assert_eq!((status, &done["did"]), (200, &json!("plan_sent")), "{done}");
    let job = user.completed(&job.job_id).await;
    assert_eq!(job.attempt, 1);
    let (status, over) = post(&operator, &format!("/v1/jobs/{}/requeue", job.job_id)).await;
    assert_eq!((status, &over["code"]), (409, &json!("JOB_FINISHED")));
    let deed = ("job_requeued".to_owned(), job.job_id.clone());
    assert_eq!(deeds(&operator).await, std::slice::from_ref(&deed));
    assert!(deeds(&user).await.contains(&deed));
    lane.give_back().await;
}

#[tokio::test]
async fn dead_letters_are_recorded_redriven_and_discarded() {
    let stack = stack!();
    let lane = Lane::take(&stack).await;
    let (user, operator) = (stack.user("letters").await, stack.operator().await);
    lane.close().await;
    let job = user.submit_as(&low(), texts::STORY).await;
    let plan = lane.drain(1).await.remove(0);
    // As if it had been received too often, and one that no release can read.
    let poison = format!("poison {}", unique("x"));
    stack.send_raw(lane.dead_letters_url(), &plan).await;
    stack.send_raw(lane.dead_letters_url(), &poison).await;
    let letters = async |state: &str| {
        let page = get(&operator, &format!("/v1/operations/letters?state={state}")).await;
        page["letters"].as_array().unwrap().clone()
    };
    let find =
        async |state: &str, is: &dyn Fn(&Value) -> bool| letters(state).await.into_iter().find(|one| is(one));
    let of_job = |letter: &Value| letter["job_id"] == job.job_id.as_str();
    let bytes = poison.len();
    let unread = |letter: &Value| letter["kind"] == "undecodable" && letter["bytes"] == bytes;
    let given_up = wait::until("the sweep to give up on the letter", async || {
        stack.sweep().await;
        find("open", &of_job).await
    })
    .await;
    assert_eq!(
        (&given_up["slot"], &given_up["code"]),
        (&json!("plan"), &json!("UNDELIVERABLE")),
        "{given_up}"
    );
    let failed = user.ended(&job.job_id).await;
    assert_eq!((failed.status.as_str(), failed.attempt), ("failed", 1));
    assert_eq!(
        row(&operator, "failed", &failed).await["error_code"],
        "UNDELIVERABLE"
    );
    let parked = wait::until("the sweep to park the other", async || {
        stack.sweep().await;
        find("open", &unread).await
    })
    .await;
    let act = async |letter: &Value, act: &str| {
        let id = letter["id"].as_str().unwrap();
        post(&operator, &format!("/v1/operations/letters/{id}/{act}")).await
    };

    // What could not be read goes back to its queue, once.
    for _ in 0..2 {
        let (status, redriven) = act(&parked, "redrive").await;
        assert_eq!(
            (status, &redriven["state"]),
            (200, &json!("redriven")),
            "{redriven}"
        );
    }
    let bodies = lane.drain(1).await;
    assert_eq!(
        bodies.iter().filter(|body| **body == poison).count(),
        1,
        "{bodies:?}"
    );
    assert_eq!(act(&parked, "discard").await.0, 409);

    // What failed runs again, once.
    lane.open().await;
    for _ in 0..2 {
        let (status, redriven) = act(&given_up, "redrive").await;
        assert_eq!(
            (status, &redriven["state"]),
            (200, &json!("redriven")),
            "{redriven}"
        );
    }
    let again = user.completed(&job.job_id).await;
    assert_eq!(again.attempt, 2);
    let id = given_up["id"].as_str().unwrap().to_owned();
    let acts: Vec<String> = deeds(&operator)
        .await
        .into_iter()
        .map(|(action, _)| action)
        .collect();
    assert_eq!(acts, ["letter_redriven", "job_retried", "letter_redriven"]);
    assert!(deeds(&user).await.contains(&("letter_redriven".to_owned(), id)));

    // The plan once more, now that its attempt is over: nothing fails by it.
    stack.send_raw(lane.dead_letters_url(), &plan).await;
    wait::until("a stale letter", async || {
        stack.sweep().await;
        find("settled", &|letter| of_job(letter) && letter["state"] == "stale").await
    })
    .await;
    lane.give_back().await;
}
