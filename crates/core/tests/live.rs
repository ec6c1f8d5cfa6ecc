//! Publishing and WebSocket conversations over ports in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use docmill_core::ports::{Connections, Topic};
use docmill_core::view::Event;
use futures::executor::block_on;
use serde_json::{Value, json};
use world::{Do, World};

#[test]
fn a_ticket_lets_in_once_and_for_a_minute_only() {
    let world = World::new();
    let live = world.live();
    let ticket = world.ticket("alice");
    assert!(block_on(live.connect("c1", Some(&ticket))).unwrap());
    assert!(!block_on(live.connect("c2", Some(&ticket))).unwrap());
    let late = world.ticket("alice");
    world.clock.advance(docmill_core::timing::TICKET_LIFE);
    assert!(!block_on(live.connect("c3", Some(&late))).unwrap());
    for wrong in [None, Some(""), Some("x"), Some("0".repeat(64).as_str())] {
        assert!(!block_on(live.connect("c4", wrong)).unwrap());
    }
}

#[test]
fn mine_hears_of_a_job_from_its_first_event_to_its_last() {
    let world = World::new();
    world.connect("c", "alice");
    let snapshot = world.say("c", json!({"action": "subscribe", "feed": "mine"}));
    assert_eq!(
        snapshot,
        [json!({"type": "snapshot", "feed": "mine", "jobs": []})]
    );
    let job = world.submit(&"line\n".repeat(25));
    world.publish();
    assert_eq!(world.frames("c")[0]["version"], 1);
    let job = world.finish(job.id);
    world.publish();
    let frames = world.frames("c");
    assert_eq!(frames.last().unwrap()["version"], job.version);
    assert_eq!(frames.last().unwrap()["status"], "completed");
    let statuses = frames.iter().filter(|frame| frame["type"] == "status").count();
    assert_eq!(
        statuses, 2,
        "processing and completed are never skipped: {frames:?}"
    );
    assert!(frames.len() < job.version as usize - 1, "overtaken progress is");
}

#[test]
fn subscribing_to_a_job_gives_a_snapshot_and_what_was_missed() {
    let world = World::new();
    let job = world.finish(world.submit("a\nb").id);
    world.publish();
    world.connect("c", "alice");
    let frames = world.say(
        "c",
        json!({"action": "subscribe", "job_id": job.id, "after": job.version - 2}),
    );
    assert_eq!(frames[0]["type"], "snapshot");
    assert_eq!(frames[0]["job"]["version"], job.version);
    assert_eq!(frames[0]["job"]["files"][0]["name"], "a.txt");
    let versions: Vec<u64> = frames[1..]
        .iter()
        .map(|frame| frame["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [job.version - 1, job.version]);
}

#[test]
fn strangers_are_told_that_there_is_no_such_job() {
    let world = World::new();
    let job = world.submit("a\nb");
    world.connect("m", "mallory");
    let answer = world.say("m", json!({"action": "subscribe", "job_id": job.id}));
    assert_eq!(answer[0]["code"], "JOB_NOT_FOUND");
    world.say("m", json!({"action": "subscribe", "feed": "mine"}));
    world.finish(job.id);
    world.publish();
    assert!(world.frames("m").is_empty());
    let subscribers = block_on(docmill_core::ports::LiveFeed::subscribers(
        &*world.memory.live,
        &Topic::Job(job.id),
        docmill_core::ports::Clock::now(&*world.clock),
    ));
    assert_eq!(subscribers, Ok(Vec::new()));
}

#[test]
fn wrong_messages_are_answered_and_change_nothing() {
    let world = World::new();
    world.connect("c", "alice");
    assert_eq!(
        world.say("c", json!({"action": "ping"})),
        [json!({"type": "pong"})]
    );
    for (message, code) in [
        (json!({"action": "dance"}), "UNKNOWN_ACTION"),
        (json!({"action": "subscribe"}), "INVALID_MESSAGE"),
        (
            json!({"action": "subscribe", "feed": "theirs"}),
            "INVALID_MESSAGE",
        ),
        (
            json!({"action": "subscribe", "job_id": "../x"}),
            "INVALID_MESSAGE",
        ),
        (json!([1]), "INVALID_MESSAGE"),
        (
            json!({"action": "ping", "pad": "x".repeat(5000)}),
            "MESSAGE_TOO_LARGE",
        ),
    ] {
        assert_eq!(world.say("c", message)[0]["code"], code);
    }
    world.memory.connections.open("unknown");
    assert_eq!(
        world.say("unknown", json!({"action": "ping"}))[0]["code"],
        "UNKNOWN_CONNECTION"
    );
}

#[test]
fn unsubscribing_ends_the_frames() {
    let world = World::new();
    world.connect("c", "alice");
    world.say("c", json!({"action": "subscribe", "feed": "mine"}));
    assert_eq!(
        world.say("c", json!({"action": "unsubscribe", "feed": "mine"}))[0]["type"],
        "unsubscribed"
    );
    world.submit("a");
    world.publish();
    assert!(world.frames("c").is_empty());
}

#[test]
fn a_gone_connection_is_forgotten_and_fails_nobody() {
    let world = World::new();
    for connection in ["stays", "goes"] {
        world.connect(connection, "alice");
        world.say(connection, json!({"action": "subscribe", "feed": "mine"}));
    }
    world.memory.connections.close("goes");
    world.submit("a");
    let published = world.publish();
    assert_eq!(
        (
            published.events,
            published.frames,
            published.gone,
            published.failed_from
        ),
        (1, 1, 1, None)
    );
    assert_eq!(world.frames("stays").len(), 1);
    world.submit("b");
    assert_eq!(world.publish().gone, 0);
}

#[test]
fn a_large_job_still_fits_in_a_frame() {
    let world = World::new();
    let text: String = (0..30)
        .map(|n| format!("{n} {}\n", "long ".repeat(300)))
        .collect();
    for n in 0..30 {
        world.script(&format!("{n} {}", "long ".repeat(300)), &[Do::Fail]);
    }
    let job = world.finish(world.submit(&text).id);
    world.connect("c", "alice");
    block_on(
        world
            .live()
            .message("c", &json!({"action": "subscribe", "job_id": job.id}).to_string()),
    )
    .unwrap();
    let frames = world.memory.connections.take_frames("c");
    assert!(
        frames
            .iter()
            .all(|frame| frame.len() <= docmill_core::live::MAX_FRAME_BYTES)
    );
    assert_eq!(
        serde_json::from_str::<Value>(&frames[0]).unwrap()["job"]["failed_count"],
        30
    );
}

#[test]
fn a_replayed_change_rewrites_the_same_event() {
    let world = World::new();
    let job = world.finish(world.submit("a\nb").id);
    let changes = world.memory.jobs.take_changes();
    block_on(world.publisher.publish(&changes));
    let once: Vec<Event> = world.events(job.id);
    block_on(world.publisher.publish(&changes));
    assert_eq!(world.events(job.id), once);
}

#[test]
fn posting_to_nobody_is_gone() {
    let world = World::new();
    let posted = block_on(world.memory.connections.post("nobody", "{}")).unwrap();
    assert_eq!(posted, docmill_core::ports::Posted::Gone);
}
