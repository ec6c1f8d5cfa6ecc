//! `worker` over an installation in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::job::{Completeness, Job, Priority, Status};
use docmill_core::ports::{Clock, Entropy};
use docmill_core::time::Time;
use docmill_gateway::BatchAnswer;
use docmill_memory::{Delivery, OsEntropy};
use docmill_testing::{Installation, recorded};
use docmill_worker::{QueueEvent, QueueRecord, Redelivery, WorkerApp};
use serde_json::{Value, json};

/// Remembers by receipt when a record is to come again.
#[derive(Default)]
struct Delays(Mutex<BTreeMap<String, Duration>>);

#[async_trait]
impl Redelivery for Delays {
    async fn delay(&self, record: &QueueRecord, after: Duration) {
        self.0
            .lock()
            .unwrap()
            .insert(record.receipt_handle.clone(), after);
    }
}

/// Panics when it is armed, once.
#[derive(Default)]
struct Trap(AtomicBool);

impl Entropy for Trap {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(!self.0.swap(false, Ordering::Relaxed), "trapped");
        OsEntropy.fill(bytes);
    }
}

struct Line {
    installation: Installation,
    delays: Arc<Delays>,
    trap: Arc<Trap>,
    app: WorkerApp,
}

const FOREVER: Time = Time::from_ms(i64::MAX);

impl Line {
    fn new() -> Self {
        let installation = Installation::default();
        let (delays, trap) = (Arc::<Delays>::default(), Arc::<Trap>::default());
        let mut engine = installation.engine();
        engine.entropy = trap.clone();
        let app = WorkerApp {
            engine,
            redelivery: delays.clone(),
        };
        Self {
            installation,
            delays,
            trap,
            app,
        }
    }

    fn submit(&self, text: &str) -> Job {
        self.installation.run(self.installation.submit(text))
    }

    fn handle(&self, records: &[Value], until: Time) -> BatchAnswer {
        let event: QueueEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        self.installation.run(self.app.handle(event, until))
    }

    fn delay_of(&self, receipt: &str) -> Option<Duration> {
        self.delays.0.lock().unwrap().get(receipt).copied()
    }

    /// Receives up to `batch` messages and does with them what the event source does. False when there is none.
    fn turn(&self, batch: usize) -> bool {
        let queue = &self.installation.memory.queue;
        let Some(visible_at) = queue.next_visible_at() else {
            return false;
        };
        self.installation.clock.advance_to(visible_at);
        let deliveries: Vec<Delivery> = queue.receive(Priority::Normal, batch);
        let records: Vec<Value> = deliveries
            .iter()
            .enumerate()
            .map(|(at, delivery)| record(&at.to_string(), &delivery.body))
            .collect();
        let answer = self.handle(&records, FOREVER);
        let failed: Vec<&str> = answer.failed().collect();
        for (at, delivery) in deliveries.iter().enumerate() {
            let name = at.to_string();
            if failed.contains(&name.as_str()) {
                queue.give_back(delivery, self.delay_of(&name).unwrap());
            } else {
                queue.acknowledge(delivery);
            }
        }
        true
    }
}

/// A record as it was recorded, with another body. Its message id is its receipt as well.
fn record(name: &str, body: &str) -> Value {
    let mut record = recorded("worker")["Records"][0].clone();
    record["messageId"] = json!(name);
    record["receiptHandle"] = json!(name);
    record["body"] = json!(body);
    record
}

fn plan(job: &Job) -> String {
    json!({"type": "plan", "job": job.id, "attempt": 1}).to_string()
}

fn failed(answer: &BatchAnswer) -> Vec<&str> {
    answer.failed().collect()
}

#[test]
fn a_job_is_worked_to_its_end() {
    for batch in [1, 10] {
        let line = Line::new();
        let job = line.submit("un\nfail\nbusy\npanic\ncinq");
        while line.turn(batch) {}
        let job = line.installation.job(job.id);
        assert_eq!(
            (job.status, job.outcome),
            (Status::Completed, Some(Completeness::Partial))
        );
        let codes: Vec<(u32, &str)> = job
            .failed
            .iter()
            .map(|(n, failure)| (*n, failure.code.as_str()))
            .collect();
        assert_eq!(codes, [(1, "BAD_LINE"), (2, "BUSY"), (3, "INTERNAL_ERROR")]);
        assert_eq!(line.installation.memory.queue.waiting(), 0);
    }
}

#[test]
fn the_recorded_batch_is_answered() {
    let line = Line::new();
    let event: QueueEvent = serde_json::from_value(recorded("worker")).unwrap();
    assert_eq!(event.records[1].receives(), Some(2));
    assert_eq!(event.records[0].queue(), "docmill-NormalQueue-1a2b3c4d5e6f");
    let answer = line.installation.run(line.app.handle(event, FOREVER));
    assert_eq!(
        serde_json::to_string(&answer).unwrap(),
        r#"{"batchItemFailures":[]}"#,
        "unknown jobs may go"
    );
}

#[test]
fn an_undecodable_record_fails_alone() {
    let line = Line::new();
    let job = line.submit("un");
    let odd = r#"{"type":"dance","job":"019aa000-0000-7000-8000-000000000001","attempt":1}"#;
    let bodies = ["", "{", "null", odd, &plan(&job)];
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| record(&format!("r{at}"), body))
        .collect();
    let answer = line.handle(&records, FOREVER);
    assert_eq!(failed(&answer), ["r0", "r1", "r2", "r3"]);
    assert_eq!(line.delay_of("r0"), Some(Duration::from_secs(10)));
    assert_eq!(line.installation.job(job.id).status, Status::Completed);
}

#[test]
fn a_panic_inside_a_record_fails_it_alone() {
    let line = Line::new();
    let (first, second) = (line.submit("un"), line.submit("deux"));
    line.trap.0.store(true, Ordering::Relaxed);
    let answer = line.handle(
        &[record("r1", &plan(&first)), record("r2", &plan(&second))],
        FOREVER,
    );
    assert_eq!(failed(&answer), ["r1"]);
    assert_eq!(line.delay_of("r1"), Some(line.app.engine.timing.lease));
    assert_eq!(line.installation.job(first.id).status, Status::Queued);
    assert_eq!(line.installation.job(second.id).status, Status::Completed);
    let again = line.handle(&[record("r3", &plan(&first))], FOREVER);
    assert_eq!(failed(&again), [""; 0]);
    assert_eq!(line.installation.job(first.id).status, Status::Completed);
}

#[test]
fn a_record_that_backs_off_comes_again_when_it_may() {
    let line = Line::new();
    line.submit("un\nbusy");
    assert!(line.turn(1), "plan");
    let deliveries = line.installation.memory.queue.receive(Priority::Normal, 10);
    let busy = deliveries
        .iter()
        .find(|delivery| delivery.body.contains("\"n\":1"))
        .unwrap();
    let answer = line.handle(&[record("busy", &busy.body)], FOREVER);
    assert_eq!(failed(&answer), ["busy"]);
    let after = line.delay_of("busy").unwrap();
    // Three seconds, up to a fifth of jitter, and a tenth of a second so that it does not come early.
    assert!((3_100..=3_700).contains(&after.as_millis()), "{after:?}");
}

#[test]
fn a_record_is_not_begun_without_the_time_for_it() {
    let line = Line::new();
    let (first, second) = (line.submit("un"), line.submit("deux"));
    let records = [record("r1", &plan(&first)), record("r2", &plan(&second))];
    let until = line.installation.clock.now().plus(Duration::from_secs(200));
    let answer = line.handle(&records, until);
    assert_eq!(failed(&answer), ["r2"]);
    assert_eq!(line.delay_of("r2"), Some(Duration::ZERO));
    assert_eq!(
        line.installation.job(first.id).status,
        Status::Completed,
        "the first is always begun"
    );
    assert_eq!(line.installation.job(second.id).status, Status::Queued);
}

#[test]
fn a_message_that_comes_twice_does_no_harm() {
    let line = Line::new();
    let job = line.submit("un");
    let record = record("r1", &plan(&job));
    line.handle(&[record.clone(), record.clone()], FOREVER);
    let done = line.installation.job(job.id);
    assert_eq!(done.status, Status::Completed);
    line.handle(&[record], FOREVER);
    assert_eq!(line.installation.job(job.id).version, done.version);
}
