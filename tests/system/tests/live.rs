//! The WebSocket.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::time::Duration;

use docmill_cli::client::live::LiveSocket;
use docmill_cli::client::{ClientError, Event, Job};
use docmill_system_tests::{Stack, User, novel, stack, texts, wait};
use serde_json::{Value, json};

/// The next message; it must come.
async fn next(socket: &mut LiveSocket) -> Value {
    wait::within("a message", socket.next())
        .await
        .unwrap()
        .expect("the connection is open")
}

/// Messages up to the job's end, the events among them.
async fn events_to_the_end(socket: &mut LiveSocket, id: &str) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    while events.last().is_none_or(|event| event.status != "completed") {
        let message = next(socket).await;
        let kind = message["type"].as_str().unwrap_or_default();
        if ["progress", "status", "warning"].contains(&kind) && message["job_id"] == id {
            events.push(serde_json::from_value(message).unwrap());
        }
    }
    events
}

/// A job that stays where it is: it waits for a file that never comes.
async fn waiting_job(user: &User) -> Job {
    let file = json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    user.client.announce(&novel(), &[file]).await.unwrap().0
}

#[tokio::test]
async fn who_listens_to_their_own_sees_an_upload_from_its_first_event() {
    let stack = stack!();
    let user = stack.user("mine").await;
    let mut socket = user.client.live().await.unwrap();
    socket.subscribe_mine().await.unwrap();
    let snapshot = next(&mut socket).await;
    assert_eq!(
        (&snapshot["type"], &snapshot["feed"]),
        (&json!("snapshot"), &json!("mine"))
    );
    assert_eq!(snapshot["jobs"], json!([]));

    let job = user.submit(texts::STORY).await;
    let events = events_to_the_end(&mut socket, &job.job_id).await;
    assert_eq!((events[0].version, events[0].status.as_str()), (1, "queued"));
    // Progress versions may be skipped, status versions never.
    let job = user.completed(&job.job_id).await;
    let listed = user.history(&job).await;
    for event in listed.iter().filter(|event| event.kind != "progress") {
        assert!(events.contains(event), "{event:?} is missing in {events:#?}");
    }
    assert_eq!(events.last().map(|event| event.version), Some(job.version));
    socket.close().await;
}

#[tokio::test]
async fn a_late_subscriber_gets_the_state_and_what_was_missed() {
    let stack = stack!();
    let user = stack.user("replay").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let history = user.history(&job).await;
    let mut socket = user.client.live().await.unwrap();
    socket.subscribe_job(&job.job_id, 2).await.unwrap();
    let snapshot = next(&mut socket).await;
    assert_eq!(snapshot["job"]["version"], job.version);
    let events = events_to_the_end(&mut socket, &job.job_id).await;
    assert_eq!(events, history[2..]);
    socket.close().await;
}

#[tokio::test]
async fn a_ping_is_answered_and_nonsense_too() {
    let stack = stack!();
    let user = stack.user("ping").await;
    let mut socket = user.client.live().await.unwrap();
    socket.ping().await.unwrap();
    assert_eq!(next(&mut socket).await, json!({"type": "pong"}));
    let job = waiting_job(&user).await;
    for (message, code) in [
        (json!({"action": "dance"}), "UNKNOWN_ACTION"),
        (json!({"action": "subscribe"}), "INVALID_MESSAGE"),
        (
            json!({"action": "subscribe", "feed": "theirs"}),
            "INVALID_MESSAGE",
        ),
        (json!({"action": "subscribe", "job_id": "x"}), "INVALID_MESSAGE"),
        (
            json!({"action": "subscribe", "job_id": job.job_id, "feed": "mine"}),
            "INVALID_MESSAGE",
        ),
        (
            json!({"action": "subscribe", "job_id": "019aa000-0000-7000-8000-000000000001"}),
            "JOB_NOT_FOUND",
        ),
        (
            json!({"action": "ping", "padding": "x".repeat(5_000)}),
            "MESSAGE_TOO_LARGE",
        ),
        (json!({"no": "action"}), "INVALID_MESSAGE"),
    ] {
        socket.send(&message).await.unwrap();
        let answer = next(&mut socket).await;
        assert_eq!(
            (&answer["type"], &answer["code"]),
            (&json!("error"), &json!(code)),
            "{message}"
        );
    }
    for text in ["", "[]", "\"ping\"", "{", "ping"] {
        socket.send_text(text).await.unwrap();
        assert_eq!(next(&mut socket).await["code"], "INVALID_MESSAGE", "{text:?}");
    }
    socket.close().await;
    user.client.cancel(&job.job_id).await.unwrap();
}

#[tokio::test]
async fn a_ticket_opens_one_connection() {
    let stack = stack!();
    let user = stack.user("tickets").await;
    let ticket = user.client.ticket().await.unwrap();
    let socket = user.client.live_with(&ticket.ticket, &ticket.url).await.unwrap();
    refused(&stack, &ticket.url, &ticket.ticket).await;
    socket.close().await;
    for bad in ["", "x", &"0".repeat(64), &ticket.ticket.replace(|_| true, "g")] {
        refused(&stack, &ticket.url, bad).await;
    }
}

async fn refused(stack: &Stack, url: &str, ticket: &str) {
    match stack.client(None).live_with(ticket, url).await {
        Err(ClientError::Unauthorized(_)) => {}
        Err(ClientError::Refused(refusal)) => assert!(matches!(refusal.status, 401 | 403), "{refusal:?}"),
        other => panic!("{ticket:?} was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn who_is_not_subscribed_hears_nothing() {
    let stack = stack!();
    let (user, stranger) = (stack.user("quiet").await, stack.user("stranger").await);
    let job = waiting_job(&user).await;
    // One who never subscribed, one who did and changed their mind, and one who listens to their own, not to this.
    let mut silent = user.client.live().await.unwrap();
    let mut gone = user.client.live().await.unwrap();
    let mut other = stranger.client.live().await.unwrap();
    gone.subscribe_job(&job.job_id, 0).await.unwrap();
    assert_eq!(next(&mut gone).await["type"], "snapshot");
    // The replay of the first event, which may have come before the subscription or with it.
    wait::until("the first event", async || {
        let message = tokio::time::timeout(Duration::from_millis(500), gone.next()).await;
        match message {
            Ok(message) => (message.unwrap().unwrap()["version"] == 1).then_some(()),
            Err(_) => (user
                .client
                .events(&job.job_id, 0, Duration::ZERO)
                .await
                .unwrap()
                .events
                .len()
                == 1)
                .then_some(()),
        }
    })
    .await;
    gone.send(&json!({"action": "unsubscribe", "job_id": job.job_id}))
        .await
        .unwrap();
    wait::until("the end of the subscription", async || {
        (next(&mut gone).await["type"] == "unsubscribed").then_some(())
    })
    .await;
    other.subscribe_mine().await.unwrap();
    assert_eq!(next(&mut other).await["jobs"], json!([]));
    other
        .send(&json!({"action": "subscribe", "job_id": job.job_id}))
        .await
        .unwrap();
    assert_eq!(next(&mut other).await["code"], "JOB_NOT_FOUND");

    // One who listens tells when the change was pushed.
    let mut witness = user.client.live().await.unwrap();
    witness.subscribe_job(&job.job_id, job.version).await.unwrap();
    assert_eq!(next(&mut witness).await["type"], "snapshot");
    let cancelled = user.client.cancel(&job.job_id).await.unwrap();
    wait::until("the witness", async || {
        (next(&mut witness).await["version"] == cancelled.version).then_some(())
    })
    .await;
    for (name, socket) in [
        ("silent", &mut silent),
        ("gone", &mut gone),
        ("other", &mut other),
    ] {
        socket.ping().await.unwrap();
        assert_eq!(
            next(socket).await,
            json!({"type": "pong"}),
            "{name} heard something"
        );
    }
}

#[tokio::test]
async fn a_connection_that_went_away_does_not_hold_up_the_others() {
    let stack = stack!();
    let user = stack.user("gone").await;
    let mut dropped = user.client.live().await.unwrap();
    dropped.subscribe_mine().await.unwrap();
    assert_eq!(next(&mut dropped).await["type"], "snapshot");
    // Without a farewell.
    drop(dropped);
    let mut socket = user.client.live().await.unwrap();
    socket.subscribe_mine().await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "snapshot");
    let job = user.submit(texts::STORY).await;
    events_to_the_end(&mut socket, &job.job_id).await;
    let job = user.completed(&job.job_id).await;
    user.history(&job).await;
}
