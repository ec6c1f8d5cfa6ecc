//! `push` over an installation in memory, with recorded images of a job record.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use docmill_core::account::Dues;
use docmill_core::callback::{Callback, CallbackQueue};
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Stage};
use docmill_core::ports::{
    ConnectionOwner, EventLog, JobStore, LiveFeed, NewJob, PortError, PortResult, RequestDetail, Subscriber,
    Topic,
};
use docmill_core::time::Time;
use docmill_core::view::{Event, EventType};
use docmill_gateway::BatchAnswer;
use docmill_memory::{MemoryCallbacks, MemoryEvents};
use docmill_push::{PushApp, StreamEvent};
use docmill_testing::{Installation, recorded};
use serde_json::{Value, json};

/// Who made the recorded jobs.
const RECORDED_OWNER: &str = "94b8c4d8-5041-70f3-9a3e-2f1f0d0c7a11";

/// An event list that fails, or panics, on the event of one version.
#[derive(Default)]
struct Fragile {
    events: MemoryEvents,
    fails_on: AtomicU64,
    panics_on: AtomicU64,
}

#[async_trait]
impl EventLog for Fragile {
    async fn append(&self, event: &Event, expires_at: Time) -> PortResult<()> {
        assert_ne!(event.version, self.panics_on.load(Ordering::Relaxed));
        if event.version == self.fails_on.load(Ordering::Relaxed) {
            return Err(PortError::Unavailable("dynamodb: away".to_owned()));
        }
        self.events.append(event, expires_at).await
    }

    async fn forget(&self, id: JobId) -> PortResult<()> {
        self.events.forget(id).await
    }

    async fn after(&self, id: JobId, after: u64, limit: usize) -> PortResult<Vec<Event>> {
        self.events.after(id, after, limit).await
    }
}

/// A queue of callbacks that is away for one version.
#[derive(Default)]
struct FragileQueue {
    callbacks: MemoryCallbacks,
    fails_on: AtomicU64,
}

#[async_trait]
impl CallbackQueue for FragileQueue {
    async fn send(&self, callback: &Callback) -> PortResult<()> {
        if callback.event.version == self.fails_on.load(Ordering::Relaxed) {
            return Err(PortError::Unavailable("sqs: away".to_owned()));
        }
        self.callbacks.send(callback).await
    }
}

struct Line {
    installation: Installation,
    events: Arc<Fragile>,
    queue: Arc<FragileQueue>,
    app: PushApp,
}

impl Line {
    fn new() -> Self {
        let installation = Installation::default();
        let (events, queue) = (Arc::<Fragile>::default(), Arc::<FragileQueue>::default());
        let mut publisher = installation.publisher();
        publisher.events = events.clone();
        publisher.callbacks = queue.clone();
        let app = PushApp { publisher };
        Self {
            installation,
            events,
            queue,
            app,
        }
    }

    fn handle(&self, records: Vec<Value>) -> BatchAnswer {
        let event: StreamEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        self.installation.run(self.app.handle(event))
    }

    fn versions(&self) -> Vec<u64> {
        let events = self
            .installation
            .run(self.events.after(job_id(), 0, 100))
            .unwrap();
        events.iter().map(|event| event.version).collect()
    }

    fn called(&self) -> Vec<u64> {
        let callbacks = self.queue.callbacks.take();
        callbacks.iter().map(|callback| callback.event.version).collect()
    }

    /// The record of the recorded job is still there.
    fn keep(&self) {
        let stage = Stage {
            index: 0,
            count: 0,
            text: String::new(),
            from: 0,
            to: 0,
        };
        let job = Job {
            owner: RECORDED_OWNER.to_owned(),
            expires_at: Time::from_ms(i64::MAX),
            ..Job::blank(job_id(), Time::from_ms(0), stage)
        };
        let new = NewJob {
            job,
            request: RequestDetail::default(),
            idempotency: None,
            places: None,
            dues: Dues::default(),
        };
        let jobs = &self.installation.memory.jobs;
        self.installation.run(jobs.create(new)).unwrap();
    }

    fn listen(&self, connection: &str, topic: &Topic) {
        let (live, until) = (&self.installation.memory.live, Time::from_ms(i64::MAX));
        let owner = ConnectionOwner {
            owner: "somebody".to_owned(),
        };
        self.installation.run(async {
            live.connect(connection, &owner, until).await.unwrap();
            live.subscribe(topic, &subscriber(connection), until)
                .await
                .unwrap();
        });
    }
}

fn subscriber(connection: &str) -> Subscriber {
    Subscriber {
        connection: connection.to_owned(),
        user: RECORDED_OWNER.to_owned(),
    }
}

fn records() -> Vec<Value> {
    recorded("push")["Records"].as_array().unwrap().clone()
}

fn job_id() -> JobId {
    let id = &records()[0]["dynamodb"]["NewImage"]["job_id"]["S"];
    id.as_str().unwrap().parse().unwrap()
}

/// The recorded change to version 2 as one to `version`.
fn change(version: u64) -> Value {
    let mut record = records()[1].clone();
    let change = &mut record["dynamodb"];
    change["OldImage"]["version"]["N"] = json!((version - 1).to_string());
    change["NewImage"]["version"]["N"] = json!(version.to_string());
    change["SequenceNumber"] = json!(format!("seq-{version}"));
    record
}

#[test]
fn the_recorded_batch_becomes_events_and_frames() {
    let line = Line::new();
    let owner = records()[0]["dynamodb"]["NewImage"]["owner"]["S"]
        .as_str()
        .unwrap()
        .to_owned();
    line.listen("by-job", &Topic::Job(job_id()));
    line.listen("mine", &Topic::Owner(owner));
    line.listen("gone", &Topic::Job(job_id()));
    let connections = &line.installation.memory.connections;
    connections.open("by-job");
    connections.open("mine");

    let answer = line.handle(records());
    assert_eq!(
        serde_json::to_string(&answer).unwrap(),
        r#"{"batchItemFailures":[]}"#
    );
    let events = line.installation.run(line.events.after(job_id(), 0, 10)).unwrap();
    assert_eq!(line.versions(), [1, 2], "a removal is no event");
    assert!(events.iter().all(|event| event.kind == EventType::Status));
    assert_eq!(events[1].stage, "Analyzing document");
    let frames: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap())
        .collect();
    assert_eq!(connections.take_frames("by-job"), frames);
    assert_eq!(connections.take_frames("mine"), frames);
    let left = line.installation.run(
        line.installation
            .memory
            .live
            .subscribers(&Topic::Job(job_id()), Time::from_ms(0)),
    );
    assert_eq!(
        left.unwrap(),
        [subscriber("by-job")],
        "a connection that is gone is forgotten"
    );
}

#[test]
fn a_batch_that_comes_again_changes_nothing() {
    let line = Line::new();
    line.handle(records());
    line.handle(records());
    assert_eq!(line.versions(), [1, 2]);
}

#[test]
fn an_event_that_is_not_written_comes_again_with_all_after_it() {
    let line = Line::new();
    line.events.fails_on.store(4, Ordering::Relaxed);
    let answer = line.handle((2..=6).map(change).collect());
    assert_eq!(answer.failed().collect::<Vec<_>>(), ["seq-4"]);
    line.events.fails_on.store(0, Ordering::Relaxed);
    let answer = line.handle((4..=6).map(change).collect());
    assert_eq!(answer.failed().count(), 0);
    assert_eq!(line.versions(), [2, 3, 4, 5, 6]);
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let line = Line::new();
    let mut no_status = change(3);
    no_status["dynamodb"]["NewImage"]["status"] = json!({"S": "dancing"});
    let mut no_image = change(4);
    no_image["dynamodb"]["NewImage"] = json!({});
    let mut no_number = change(5);
    no_number["dynamodb"]["SequenceNumber"] = Value::Null;
    let odd = vec![
        json!(null),
        json!({}),
        json!("x"),
        change(2),
        no_status,
        no_image,
        no_number,
        change(6),
    ];
    let answer = line.handle(odd);
    assert_eq!(answer.failed().count(), 0);
    assert_eq!(line.versions(), [2, 6]);
}

#[test]
fn a_change_that_panics_is_left_out() {
    let line = Line::new();
    line.events.panics_on.store(3, Ordering::Relaxed);
    let answer = line.handle((2..=5).map(change).collect());
    assert_eq!(answer.failed().count(), 0);
    assert_eq!(line.versions(), [2, 4, 5]);
    line.events.fails_on.store(7, Ordering::Relaxed);
    line.events.panics_on.store(6, Ordering::Relaxed);
    let answer = line.handle((6..=8).map(change).collect());
    assert_eq!(answer.failed().collect::<Vec<_>>(), ["seq-7"]);
}

/// The recorded change as one from `processing` to `status`, of a job that is to be called back.
fn end(version: u64, status: &str) -> Value {
    let mut record = change(version);
    let change = &mut record["dynamodb"];
    change["OldImage"]["status"] = json!({"S": "processing"});
    change["NewImage"]["status"] = json!({"S": status});
    change["NewImage"]["callback_url"] = json!({"S": "https://example.com/hook"});
    record
}

#[test]
fn the_end_of_a_job_calls_back_once() {
    let line = Line::new();
    line.keep();
    let mut without = end(4, "failed");
    let image = without["dynamodb"]["NewImage"].as_object_mut().unwrap();
    image.remove("callback_url");
    let records = vec![
        end(2, "processing"),
        end(3, "completed"),
        without,
        end(5, "cancelled"),
    ];
    assert_eq!(line.handle(records).failed().count(), 0);
    assert_eq!(line.versions(), [2, 3, 4, 5]);
    let callbacks = line.queue.callbacks.take();
    let versions: Vec<u64> = callbacks.iter().map(|callback| callback.event.version).collect();
    assert_eq!(versions, [3, 5]);
    assert_eq!(callbacks[0].callback_url, "https://example.com/hook");
    let events = line.installation.run(line.events.after(job_id(), 2, 1)).unwrap();
    assert_eq!(callbacks[0].event, events[0]);
}

#[test]
fn a_callback_that_is_not_sent_comes_again_with_all_after_it() {
    let line = Line::new();
    line.keep();
    line.queue.fails_on.store(3, Ordering::Relaxed);
    let answer = line.handle(vec![change(2), end(3, "completed"), change(4)]);
    assert_eq!(answer.failed().collect::<Vec<_>>(), ["seq-3"]);
    assert_eq!(line.called(), [0; 0]);
    line.queue.fails_on.store(0, Ordering::Relaxed);
    let answer = line.handle(vec![end(3, "completed"), change(4)]);
    assert_eq!(answer.failed().count(), 0);
    assert_eq!((line.called(), line.versions()), (vec![3], vec![2, 3, 4]));
    // A replay of what was published is allowed to call twice; its event id is the same.
    line.handle(vec![end(3, "completed")]);
    assert_eq!(line.called(), [3]);
}

#[test]
fn events_of_a_deleted_job_do_not_come_back() {
    let line = Line::new();
    let topic = Topic::Job(job_id());
    line.listen("by-job", &topic);
    line.installation.memory.connections.open("by-job");
    let mut end = change(4);
    end["dynamodb"]["NewImage"]["status"] = json!({"S": "completed"});
    // The stream trails: when it tells of the end, there is no such record any more.
    let answer = line.handle(vec![change(2), change(3), end]);
    assert_eq!(answer.failed().count(), 0);
    assert_eq!(line.versions(), [0; 0]);
    assert!(
        line.installation
            .memory
            .connections
            .take_frames("by-job")
            .is_empty()
    );
}

#[test]
fn a_write_that_nobody_sees_is_no_event() {
    let line = Line::new();
    let mut quiet = change(3);
    quiet["dynamodb"]["OldImage"]["version"]["N"] = json!("3");
    assert_eq!(line.handle(vec![quiet]).failed().count(), 0);
    assert_eq!(line.versions(), [0; 0]);
    assert_eq!(line.handle(Vec::new()).failed().count(), 0);
}
