//! What goes over the WebSocket is what the description of the protocol says, in both directions.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::Description;
use docmill_core::live::issue_ticket;
use docmill_memory::OsEntropy;
use docmill_socket::{SocketApp, SocketEvent};
use docmill_testing::{Installation, alice, recorded};
use serde_json::{Value, json};

const CONNECTION: &str = "c1";

struct Conversation {
    installation: Installation,
    socket: SocketApp,
    description: Description,
}

impl Conversation {
    fn open() -> Self {
        let installation = Installation::default();
        let socket = SocketApp {
            live: installation.live(),
        };
        let caller = alice();
        let memory = &installation.memory;
        let ticket = issue_ticket(
            memory.live.as_ref(),
            installation.clock.as_ref(),
            &OsEntropy,
            &caller,
        );
        let ticket = installation.run(ticket).unwrap().ticket;
        memory.connections.open(CONNECTION);
        let conversation = Self {
            installation,
            socket,
            description: Description::load("/asyncapi.json"),
        };
        let mut connect = recorded("socket-connect");
        connect["queryStringParameters"] = json!({ "ticket": ticket });
        assert_eq!(conversation.handle(connect), 200);
        conversation
    }

    fn handle(&self, mut event: Value) -> u16 {
        event["requestContext"]["connectionId"] = json!(CONNECTION);
        let event: SocketEvent = serde_json::from_value(event).unwrap();
        self.installation.run(self.socket.handle(event)).status_code
    }

    fn frames(&self) -> Vec<Value> {
        let frames = self.installation.memory.connections.take_frames(CONNECTION);
        frames
            .iter()
            .map(|frame| serde_json::from_str(frame).unwrap())
            .collect()
    }

    fn send(&self, body: &Value) -> Vec<Value> {
        let mut event = recorded("socket-message");
        event["body"] = json!(body.to_string());
        assert_eq!(self.handle(event), 200);
        self.frames()
    }

    /// Sends what `operation` says a client may send; its first answer is one of those that it names.
    fn ask(&self, operation: &str, body: &Value) -> Vec<Value> {
        let operation = self.description.at(&format!("/operations/{operation}"));
        let sent = last_of(&operation["messages"][0]);
        self.hold(body, sent);
        let frames = self.send(body);
        let answers = operation["reply"]["messages"].as_array().unwrap();
        let fits = |reference: &Value| {
            let schema = self.payload(last_of(reference));
            self.description.check(&frames[0], schema, "answer").is_ok()
        };
        assert_eq!(
            answers.iter().filter(|answer| fits(answer)).count(),
            1,
            "{frames:?}"
        );
        frames
    }

    fn hold(&self, value: &Value, message: &str) {
        self.description.hold(value, self.payload(message), message);
    }

    fn payload(&self, message: &str) -> &Value {
        self.description
            .at(&format!("/components/messages/{message}/payload"))
    }
}

fn last_of(reference: &Value) -> &str {
    reference["$ref"].as_str().unwrap().rsplit('/').next().unwrap()
}

#[test]
fn a_conversation_is_as_described() {
    let conversation = Conversation::open();
    let installation = &conversation.installation;
    let job = installation.run(installation.submit("un\nfail\ntrois"));
    installation.run(installation.publish());
    assert_eq!(
        conversation.ask("ping", &json!({"action": "ping"})),
        [json!({"type": "pong"})]
    );
    let feed = conversation.ask("subscribeToMine", &json!({"action": "subscribe", "feed": "mine"}));
    assert_eq!(feed[0]["jobs"][0]["job_id"], json!(job.id));
    let subscribe = json!({"action": "subscribe", "job_id": job.id, "after": 0});
    let frames = conversation.ask("subscribeToJob", &subscribe);
    assert!(frames.len() >= 2, "nothing was repeated: {frames:?}");
    installation.run(installation.work());
    let events: Vec<Value> = frames[1..].iter().cloned().chain(conversation.frames()).collect();
    for event in &events {
        conversation.hold(event, "event");
    }
    assert_eq!(events.last().unwrap()["status"], "completed", "{events:?}");
    // A job that is over has a result, editions, failures, usage: all of it is described.
    conversation.ask("subscribeToJob", &subscribe);
    for named in [json!({"job_id": job.id}), json!({"feed": "mine"})] {
        let mut unsubscribe = named.clone();
        unsubscribe["action"] = json!("unsubscribe");
        let frames = conversation.ask("unsubscribe", &unsubscribe);
        assert_eq!(frames, [json!({"type": "unsubscribed"})], "{named}");
    }
}

#[test]
fn refusals_are_as_described() {
    let conversation = Conversation::open();
    let codes = conversation.payload("error")["properties"]["code"]["examples"].clone();
    let nobody = "019aa000-0000-7000-8000-000000000001";
    for body in [
        json!({"action": "dance"}),
        json!({"action": "subscribe"}),
        json!({"action": "subscribe", "feed": "all"}),
        json!({"action": "subscribe", "job_id": nobody}),
        json!({"action": "subscribe", "job_id": nobody, "feed": "mine"}),
        json!("x".repeat(5000)),
        json!([]),
    ] {
        let frames = conversation.send(&body);
        assert_eq!(frames.len(), 1, "{body}");
        conversation.hold(&frames[0], "error");
        assert!(
            codes.as_array().unwrap().contains(&frames[0]["code"]),
            "{frames:?}"
        );
    }
}

#[test]
fn the_examples_are_what_they_are_examples_of() {
    let conversation = Conversation::open();
    let messages = conversation.description.at("/components/messages");
    let mut held = 0;
    for (name, message) in messages.as_object().unwrap() {
        for example in message["examples"].as_array().into_iter().flatten() {
            conversation.hold(&example["payload"], name);
            held += 1;
        }
    }
    assert!(held >= 8, "{held}");
}

#[test]
fn nothing_that_the_description_refers_to_is_elsewhere() {
    let description = Description::load("/asyncapi.json");
    let text = description.at("").to_string();
    for reference in text.split("\"$ref\":\"").skip(1) {
        let reference = reference.split('"').next().unwrap();
        let pointer = reference
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{reference}"));
        description.at(pointer);
    }
}
