//! The whole line in one process: the recorded upload goes through the functions, and sentences come out.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::job::Priority;
use docmill_core::time::Time;
use docmill_gateway::answer;
use docmill_intake::IntakeApp;
use docmill_status::{PublicConfig, StatusApp};
use docmill_testing::{Http, Installation, recorded};
use docmill_worker::{QueueEvent, QueueRecord, Redelivery, WorkerApp};
use serde_json::{Value, json};

struct Never;

#[async_trait]
impl Redelivery for Never {
    async fn delay(&self, record: &QueueRecord, _after: Duration) {
        panic!("given back: {}", record.body);
    }
}

fn intake(installation: &Installation) -> IntakeApp {
    IntakeApp {
        intake: installation.intake(),
        feed: installation.memory.live.clone(),
        tokens: installation.tokens.clone(),
        callback_keys: installation.callback_keys(),
        live_url: String::new(),
    }
}

fn status(installation: &Installation) -> StatusApp {
    StatusApp {
        reader: installation.reader(),
        health: installation.memory.health.clone(),
        public: PublicConfig {
            issuer: String::new(),
            client_id: String::new(),
            auth_endpoint: None,
            live_url: String::new(),
        },
    }
}

#[test]
fn an_upload_becomes_sentences() {
    let installation = Installation::default();
    let event = serde_json::from_value(recorded("intake-form")).unwrap();
    let accepted = installation.run(answer(&intake(&installation), event));
    let job: Value = serde_json::from_slice(accepted.body()).unwrap();
    assert_eq!(accepted.status(), 202, "{job}");

    let worker = WorkerApp {
        engine: installation.engine(),
        redelivery: Arc::new(Never),
    };
    loop {
        let deliveries = installation.memory.queue.receive(Priority::Normal, 1);
        let Some(delivery) = deliveries.first() else { break };
        let mut batch = recorded("worker");
        batch["Records"] = json!([batch["Records"][0]]);
        batch["Records"][0]["body"] = json!(delivery.body);
        let event: QueueEvent = serde_json::from_value(batch).unwrap();
        let answer = installation.run(worker.handle(event, Time::from_ms(i64::MAX)));
        assert_eq!(answer.failed().count(), 0);
        installation.memory.queue.acknowledge(delivery);
        installation.run(installation.publish());
    }

    let owner = job["owner"].as_str().unwrap();
    let get = |path: &str| {
        let request = Http::new("GET", path).by(owner);
        installation.run(answer(&status(&installation), request.event()))
    };
    let link = job["links"]["self"].as_str().unwrap();
    let done: Value = serde_json::from_slice(get(link).body()).unwrap();
    assert_eq!(
        (&done["status"], &done["progress_percent"]),
        (&json!("completed"), &json!(100)),
        "{done}"
    );
    let result = get(&format!("{link}/result?format=txt"));
    assert_eq!(result.status(), 303);
    let download = installation
        .memory
        .transfers
        .download(result.header("location").unwrap())
        .unwrap();
    let text = String::from_utf8(download.bytes.to_vec()).unwrap();
    assert!(text.starts_with("La vieille maison dormait.\n"), "{text}");
    assert!(text.lines().count() >= 3, "{text}");
    let events = get(&format!("{link}/events?after=0"));
    let page: Value = serde_json::from_slice(events.body()).unwrap();
    let versions: Vec<u64> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["version"].as_u64().unwrap())
        .collect();
    assert_eq!(
        versions,
        (1..=done["version"].as_u64().unwrap()).collect::<Vec<_>>()
    );
}
