//! `socket` over an installation in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_core::live::issue_ticket;
use docmill_core::ports::{ConnectionOwner, LiveFeed, PortError, PortResult, Subscriber, Topic};
use docmill_core::time::Time;
use docmill_memory::OsEntropy;
use docmill_socket::{SocketApp, SocketEvent};
use docmill_testing::{Installation, alice, mallory, recorded};
use serde_json::{Value, json};

struct Door {
    installation: Installation,
    app: SocketApp,
}

impl Door {
    fn new() -> Self {
        let installation = Installation::default();
        let app = SocketApp {
            live: installation.live(),
        };
        Self { installation, app }
    }

    fn handle(&self, event: Value) -> u16 {
        let event: SocketEvent = serde_json::from_value(event).unwrap();
        self.installation.run(self.app.handle(event)).status_code
    }

    fn ticket(&self, caller: &docmill_core::access::Caller) -> String {
        let memory = &self.installation.memory;
        let ticket = issue_ticket(
            memory.live.as_ref(),
            self.installation.clock.as_ref(),
            &OsEntropy,
            caller,
        );
        self.installation.run(ticket).unwrap().ticket
    }

    fn connect(&self, connection: &str, ticket: Option<&str>) -> u16 {
        let mut event = recorded("socket-connect");
        event["requestContext"]["connectionId"] = json!(connection);
        event["queryStringParameters"] = ticket.map_or(Value::Null, |ticket| json!({"ticket": ticket}));
        self.handle(event)
    }

    /// Sends a message; the frames that came back.
    fn send(&self, connection: &str, body: &str) -> Vec<Value> {
        let mut event = recorded("socket-message");
        event["requestContext"]["connectionId"] = json!(connection);
        event["body"] = json!(body);
        assert_eq!(self.handle(event), 200);
        let frames = self.installation.memory.connections.take_frames(connection);
        frames
            .iter()
            .map(|frame| serde_json::from_str(frame).unwrap())
            .collect()
    }

    fn open(&self, connection: &str) {
        let ticket = self.ticket(&alice());
        assert_eq!(self.connect(connection, Some(&ticket)), 200);
        self.installation.memory.connections.open(connection);
    }
}

#[test]
fn a_ticket_lets_in_once_and_in_time() {
    let door = Door::new();
    let ticket = door.ticket(&alice());
    // Nothing may be posted before the connection is open; in memory that would find nobody and forget the row.
    assert_eq!(door.connect("c1", Some(&ticket)), 200);
    assert_eq!(door.connect("c2", Some(&ticket)), 401);
    let late = door.ticket(&alice());
    door.installation
        .clock
        .advance(std::time::Duration::from_secs(60));
    assert_eq!(door.connect("c3", Some(&late)), 401);
    for bad in [
        None,
        Some(""),
        Some("x"),
        Some(&"0".repeat(64)[..]),
        Some(&"é".repeat(32)[..]),
    ] {
        assert_eq!(door.connect("c4", bad), 401, "{bad:?}");
    }
    assert_eq!(
        door.handle(recorded("socket-connect")),
        401,
        "the recorded ticket is nobody's"
    );
    let owner = door
        .installation
        .run(door.installation.memory.live.owner_of("c1", Time::from_ms(0)));
    assert_eq!(owner.unwrap().unwrap().owner, alice().owner);
}

#[test]
fn messages_are_answered_over_the_connection() {
    let door = Door::new();
    door.open("c1");
    assert_eq!(door.send("c1", r#"{"action":"ping"}"#), [json!({"type": "pong"})]);
    for (code, body) in [
        ("UNKNOWN_ACTION", r#"{"action":"dance"}"#),
        ("INVALID_MESSAGE", ""),
        ("INVALID_MESSAGE", "{"),
        ("INVALID_MESSAGE", r#"{"action":"subscribe"}"#),
        ("INVALID_MESSAGE", r#"{"action":"subscribe","job_id":"x"}"#),
        ("INVALID_MESSAGE", r#"{"action":"subscribe","feed":"all"}"#),
        (
            "JOB_NOT_FOUND",
            r#"{"action":"subscribe","job_id":"019aa000-0000-7000-8000-000000000001"}"#,
        ),
        ("MESSAGE_TOO_LARGE", &"x".repeat(5000)),
    ] {
        let frames = door.send("c1", body);
        assert_eq!((frames.len(), &frames[0]["code"]), (1, &json!(code)), "{body}");
    }
    assert_eq!(
        door.handle(recorded("socket-message")),
        200,
        "somebody whom nobody knows"
    );
}

#[test]
fn a_subscription_brings_snapshot_replay_and_what_follows() {
    let door = Door::new();
    door.open("c1");
    let job = door.installation.run(door.installation.submit("un\ndeux"));
    door.installation.run(door.installation.publish());
    let subscribe = json!({"action": "subscribe", "job_id": job.id, "after": 0}).to_string();
    let frames = door.send("c1", &subscribe);
    assert_eq!(
        (&frames[0]["type"], &frames[0]["job"]["status"]),
        (&json!("snapshot"), &json!("queued"))
    );
    assert_eq!(frames[1]["version"], 1);
    door.installation.run(door.installation.work());
    let connections = &door.installation.memory.connections;
    let live = connections.take_frames("c1");
    assert!(
        live.last().unwrap().contains("\"status\":\"completed\""),
        "{live:?}"
    );

    let unsubscribe = json!({"action": "unsubscribe", "job_id": job.id}).to_string();
    assert_eq!(door.send("c1", &unsubscribe), [json!({"type": "unsubscribed"})]);
    let mine = door.send("c1", r#"{"action":"subscribe","feed":"mine"}"#);
    assert_eq!(mine[0]["jobs"][0]["job_id"], json!(job.id));
}

#[test]
fn nobody_listens_to_the_jobs_of_others() {
    let door = Door::new();
    let ticket = door.ticket(&mallory());
    assert_eq!(door.connect("c1", Some(&ticket)), 200);
    door.installation.memory.connections.open("c1");
    let job = door.installation.run(door.installation.submit("un"));
    let frames = door.send(
        "c1",
        &json!({"action": "subscribe", "job_id": job.id, "after": 0}).to_string(),
    );
    assert_eq!((frames.len(), &frames[0]["code"]), (1, &json!("JOB_NOT_FOUND")));
    door.send("c1", r#"{"action":"subscribe","feed":"mine"}"#);
    door.installation.run(door.installation.work());
    assert_eq!(door.installation.memory.connections.take_frames("c1"), [""; 0]);
}

#[test]
fn a_closed_connection_is_forgotten() {
    let door = Door::new();
    door.open("c1");
    let mut event = recorded("socket-disconnect");
    event["requestContext"]["connectionId"] = json!("c1");
    assert_eq!(door.handle(event.clone()), 200);
    assert_eq!(door.handle(event), 200, "twice");
    assert_eq!(
        door.send("c1", r#"{"action":"ping"}"#)[0]["code"],
        "UNKNOWN_CONNECTION"
    );
}

/// A table that is away.
struct Away;

#[async_trait::async_trait]
impl LiveFeed for Away {
    async fn keep_ticket(&self, _: &str, _: &ConnectionOwner, _: Time) -> PortResult<()> {
        away()
    }
    async fn take_ticket(&self, _: &str, _: Time) -> PortResult<Option<ConnectionOwner>> {
        away()
    }
    async fn connect(&self, _: &str, _: &ConnectionOwner, _: Time) -> PortResult<()> {
        away()
    }
    async fn owner_of(&self, _: &str, _: Time) -> PortResult<Option<ConnectionOwner>> {
        away()
    }
    async fn disconnect(&self, _: &str) -> PortResult<()> {
        away()
    }
    async fn subscribe(&self, _: &Topic, _: &Subscriber, _: Time) -> PortResult<()> {
        away()
    }
    async fn unsubscribe(&self, _: &Topic, _: &str) -> PortResult<()> {
        away()
    }
    async fn subscribers(&self, _: &Topic, _: Time) -> PortResult<Vec<Subscriber>> {
        away()
    }
}

fn away<T>() -> PortResult<T> {
    Err(PortError::Unavailable("dynamodb: away".to_owned()))
}

#[test]
fn when_the_table_is_away_clients_are_told_to_try_again() {
    let mut door = Door::new();
    door.open("c1");
    let ticket = door.ticket(&alice());
    door.app.live.feed = std::sync::Arc::new(Away);
    assert_eq!(door.connect("c2", Some(&ticket)), 503);
    assert_eq!(door.send("c1", r#"{"action":"ping"}"#)[0]["code"], "UNAVAILABLE");
    assert_eq!(door.handle(recorded("socket-disconnect")), 200);
}
