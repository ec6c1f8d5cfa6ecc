//! Many jobs while AWS throttles, fails and hangs up, and while the functions' processes are killed: whatever was
//! accepted ends, and as if nothing had been.
//!
//! Needs a stack with a proxy (`stack.py up --faults`) and short leases; says so and passes on any other. `make faults`
//! runs it with 60 jobs, `make test` with fewer. Prints a table.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use docmill_cli::client::{ClientError, Job};
use docmill_cli::display::to_stderr;
use docmill_system_tests::{
    Faults, PlainRun, Stack, User, assert_history, kill, novel, stack, text_file, texts, wait,
};
use futures::future::join_all;
use futures::{StreamExt, stream};
use serde_json::{Map, Value, json};

/// Jobs of one user: more than run at the same time, so that some wait for the end of others.
const JOBS_PER_USER: usize = 6;

/// Requests that create jobs, at the same time.
const AT_ONCE: usize = 12;

/// Longest that all jobs of a scenario may take on a busy machine: sixty jobs of some chunks, with leases to wait for.
const LIMIT: Duration = Duration::from_secs(420);

/// Between two kills.
const KILL_INTERVAL: Duration = Duration::from_secs(1);

/// The messages that the killed had come back this soon, and not in six minutes.
const VISIBILITY_S: u32 = 20;

const QUEUES: [&str; 3] = ["HIGH", "NORMAL", "LOW"];

struct Scenario {
    name: &'static str,
    /// Rules of the proxy.
    rules: Value,
    /// Whose processes are killed every second.
    killing: Option<Killing>,
}

#[derive(Clone, Copy)]
enum Killing {
    /// One process of a function that is there.
    One,
    /// Every process of every function: whatever is in progress is lost each time.
    All,
}

impl Scenario {
    /// Jobs that may end otherwise than completed. A piece of work is tried three times, by the protocol: three workers
    /// that died over it, or three tries that each lost a request four times, are one in thousands of pieces, unless
    /// every worker is killed every second.
    fn may_fail(&self, jobs: usize) -> usize {
        match (self.killing, self.rules.as_array().map_or(0, Vec::len)) {
            (Some(Killing::All), _) => jobs,
            (None, 0) => 0,
            _ => 1.max(jobs / 30),
        }
    }

    /// What such a job may say of it.
    fn codes(&self) -> &'static [&'static str] {
        if self.killing.is_some() {
            &["WORKER_DIED"]
        } else {
            &["INTERNAL_ERROR", "THROTTLED"]
        }
    }
}

fn scenarios() -> Vec<Scenario> {
    let error = |service: &str, probability: f64, code: &str, status: u16| json!({"service": service, "probability": probability, "error": {"code": code, "status": status}});
    let scenario = |name, rules, killing| Scenario { name, rules, killing };
    vec![
        scenario("none", json!([]), None),
        scenario(
            "30 % throttling of DynamoDB",
            json!([error(
                "dynamodb",
                0.3,
                "ProvisionedThroughputExceededException",
                400
            )]),
            None,
        ),
        scenario(
            "30 % server errors of DynamoDB, S3 and SQS",
            json!([
                error("dynamodb", 0.3, "InternalServerError", 500),
                error("s3", 0.3, "InternalError", 500),
                error("sqs", 0.3, "InternalError", 500),
            ]),
            None,
        ),
        // Half of them before the request takes effect, half after: then the caller cannot know. The second rule is
        // asked about what the first let pass.
        scenario(
            "20 % connection resets",
            json!([
                {"service": "*", "probability": 0.1, "reset": true},
                {"service": "*", "probability": 0.1 / 0.9, "response": {"abort_bytes": 0}},
            ]),
            None,
        ),
        scenario(
            "one function process killed every second",
            json!([]),
            Some(Killing::One),
        ),
        scenario(
            "all function processes killed every second",
            json!([]),
            Some(Killing::All),
        ),
    ]
}

/// A text with what a plain run makes of it.
struct Text {
    text: String,
    plain: PlainRun,
}

struct Submitted {
    user: User,
    text: Arc<Text>,
    /// The job, where the answer was 202.
    job: Option<Job>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_ends_as_without_faults() {
    let stack = stack!();
    let Some(faults) = Faults::of(&stack) else {
        return;
    };
    let jobs = std::env::var("DOCMILL_FAULT_JOBS").map_or(12, |jobs| jobs.parse().unwrap());
    for queue in QUEUES {
        let url = stack.value(&format!("DOCMILL_QUEUE_{queue}_URL"));
        let visibility = json!({"VisibilityTimeout": VISIBILITY_S.to_string()});
        stack.set_queue(url, visibility).await;
    }
    let mut prepared = Vec::new();
    for bytes in [60_000, 200_000, 350_000] {
        let text = texts::novel_of(bytes);
        let plain = PlainRun::of("novel", &text, &Map::new()).await;
        prepared.push(Arc::new(Text { text, plain }));
    }
    let chunks: Vec<u32> = prepared.iter().map(|text| text.plain.chunks()).collect();
    to_stderr(&format!(
        "\n{jobs} jobs of {chunks:?} chunks for each line\n\n\
         | faults | accepted | refused | ended as | retried by the user | faults injected | processes killed | seconds |\n\
         |---|---|---|---|---|---|---|---|"
    ));
    for scenario in scenarios() {
        let line = run(&stack, &faults, &scenario, &prepared, jobs).await;
        to_stderr(&line);
    }
}

/// One line of the table.
async fn run(
    stack: &Stack,
    faults: &Faults,
    scenario: &Scenario,
    texts: &[Arc<Text>],
    jobs: usize,
) -> String {
    let users = join_all((0..jobs.div_ceil(JOBS_PER_USER)).map(|_| stack.user("faults"))).await;
    let before = faults.injected().await;
    faults.set(&scenario.rules).await;
    let killed = Arc::new(AtomicU64::new(0));
    let killer = scenario
        .killing
        .map(|killing| tokio::spawn(kill_functions(stack.clone(), killing, killed.clone())));
    let began = Instant::now();
    let submitted: Vec<Submitted> = stream::iter(0..jobs)
        .map(|n| submit(&users[n % users.len()], &texts[n % texts.len()]))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    sweep_until_all_is_over(stack, scenario.name).await;
    let seconds = began.elapsed().as_secs();
    let injected = faults.injected().await - before;
    if let Some(killer) = killer {
        killer.abort();
    }
    faults.clear().await;

    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let mut retried = 0;
    for submitted in &submitted {
        let Some(job) = &submitted.job else {
            continue;
        };
        let job = submitted.user.job(&job.job_id).await;
        let end = job
            .outcome
            .clone()
            .map_or(job.status.clone(), |outcome| format!("{} {outcome}", job.status));
        *ends.entry(end).or_default() += 1;
        retried += usize::from(check(submitted, job, scenario).await);
    }
    let name = scenario.name;
    assert!(retried <= scenario.may_fail(jobs), "{name}: {ends:?}");
    assert_nothing_is_left(stack, &users).await;
    let accepted = submitted
        .iter()
        .filter(|submitted| submitted.job.is_some())
        .count();
    let ends: Vec<String> = ends.iter().map(|(end, count)| format!("{count} {end}")).collect();
    format!(
        "| {name} | {accepted} | {} | {} | {retried} | {injected} | {} | {seconds} |",
        jobs - accepted,
        ends.join(", "),
        killed.load(Ordering::Relaxed),
    )
}

async fn submit(user: &User, text: &Arc<Text>) -> Submitted {
    let job = match user.client.create(&novel(), &[text_file(&text.text)]).await {
        Ok(job) => Some(job),
        // Whoever is told so can send it again.
        Err(ClientError::Fault(_)) => None,
        Err(error) => panic!("{error}"),
    };
    Submitted {
        user: user.clone(),
        text: text.clone(),
        job,
    }
}

/// What the schedule does every minute, all the time. Jobs that were refused may be there too, and must end as well.
async fn sweep_until_all_is_over(stack: &Stack, scenario: &str) {
    let began = Instant::now();
    let sweep = stack.value("DOCMILL_SWEEP_FUNCTION");
    loop {
        let open = stack.open_jobs().await;
        if open.is_empty() {
            return;
        }
        assert!(
            began.elapsed() < LIMIT,
            "{scenario}: {} jobs are open after {LIMIT:?}: {:#?}",
            open.len(),
            open.first()
        );
        // It may fail as any function may.
        let _ = stack.try_invoke(sweep, &json!({"ahead_ms": 120_000})).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// P3 and P4. A job that failed names why, and the user can have the rest done: whether that was so here.
async fn check(submitted: &Submitted, job: Job, scenario: &Scenario) -> bool {
    let user = &submitted.user;
    let whole = (job.status.as_str(), job.outcome.as_deref()) == ("completed", Some("complete"));
    let job = if whole {
        job
    } else {
        let error = job.raw["error"]["code"].as_str();
        let failed = job.failed_chunks.iter().map(|chunk| chunk.code.as_str());
        let mut codes = failed.chain(error);
        assert!(
            codes.all(|code| scenario.codes().contains(&code)),
            "{:#}",
            job.raw
        );
        user.client.retry(&job.job_id).await.unwrap();
        user.completed(&job.job_id).await
    };
    submitted.text.plain.assert_is_that_of(user, &job).await;
    assert_history(&user.history(&job).await, &job);
    !whole
}

async fn assert_nothing_is_left(stack: &Stack, users: &[User]) {
    for queue in QUEUES {
        for kind in ["QUEUE", "DLQ"] {
            let name = format!("DOCMILL_{kind}_{queue}_URL");
            let url = stack.value(&name);
            wait::until_every(
                Duration::from_millis(500),
                &format!("{name} to be empty"),
                async || {
                    stack.sweep().await;
                    (stack.messages_in(url).await == 0).then_some(())
                },
            )
            .await;
        }
    }
    // What a repeated message may have begun after the end was seen.
    assert_eq!(stack.open_jobs().await, Vec::<Value>::new());
    assert_eq!(stack.running(None).await, Vec::<String>::new());
    for user in users {
        let listed = user.client.jobs(&Default::default()).await.unwrap();
        let ids: BTreeSet<&str> = listed.jobs.iter().map(|job| job.job_id.as_str()).collect();
        assert!(ids.len() <= JOBS_PER_USER, "{listed:#?}");
    }
}

async fn kill_functions(stack: Stack, killing: Killing, killed: Arc<AtomicU64>) {
    for round in 0_usize.. {
        tokio::time::sleep(KILL_INTERVAL).await;
        let mut pids = stack.function_processes();
        if let (Killing::One, false) = (killing, pids.is_empty()) {
            // A stride through the list, so that it is not always the oldest's turn.
            pids = vec![pids[round * 7 % pids.len()]];
        }
        kill(&pids);
        killed.fetch_add(pids.len() as u64, Ordering::Relaxed);
    }
}
