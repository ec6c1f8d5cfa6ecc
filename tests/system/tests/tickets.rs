//! Tickets of the WebSocket that must not open it.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::ClientError;
use docmill_cli::client::live::LiveSocket;
use docmill_core::ids::sha256_hex;
use docmill_system_tests::{Stack, User, stack, wait};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

async fn opened(stack: &Stack, ticket: &str) -> Option<LiveSocket> {
    // Not the address that came with the ticket, which has it in it.
    let url = stack.value("DOCMILL_WS_URL");
    match stack.client(None).live_with(ticket, url).await {
        Ok(socket) => Some(socket),
        Err(ClientError::Unauthorized(_)) => None,
        Err(ClientError::Refused(refusal)) if [401, 403].contains(&refusal.status) => None,
        Err(other) => panic!("neither opened nor refused: {other:?}"),
    }
}

/// The ticket's row, which is named by its hash.
fn row_of(ticket: &str) -> Value {
    let hash = sha256_hex(ticket.as_bytes());
    json!({"topic": {"S": format!("ticket#{hash}")}, "connection_id": {"S": hash}})
}

#[tokio::test]
async fn of_many_who_use_a_ticket_at_once_one_gets_in() {
    let stack = stack!();
    let user = stack.user("ticket-race").await;
    for _ in 0..3 {
        let ticket = user.client.ticket().await.unwrap();
        let tries = (0..8).map(|_| opened(&stack, &ticket.ticket));
        let sockets: Vec<LiveSocket> = join_all(tries).await.into_iter().flatten().collect();
        assert_eq!(sockets.len(), 1);
        for socket in sockets {
            socket.close().await;
        }
        assert!(opened(&stack, &ticket.ticket).await.is_none());
    }
}

#[tokio::test]
async fn an_old_ticket_opens_nothing() {
    let stack = stack!();
    let user = stack.user("ticket-old").await;
    let ticket = user.client.ticket().await.unwrap();
    let request = json!({
        "TableName": stack.value("DOCMILL_LIVE_TABLE"),
        "Key": row_of(&ticket.ticket),
        "UpdateExpression": "SET expires_at = :past",
        "ConditionExpression": "attribute_exists(topic)",
        "ExpressionAttributeValues": {":past": {"N": "1"}},
    });
    stack.dynamodb("UpdateItem", request).await;
    assert!(opened(&stack, &ticket.ticket).await.is_none());
}

/// Whoever reads the table has no ticket.
#[tokio::test]
async fn only_the_hash_of_a_ticket_is_kept() {
    let stack = stack!();
    let user = stack.user("ticket-hash").await;
    let ticket = user.client.ticket().await.unwrap();
    let request = json!({"TableName": stack.value("DOCMILL_LIVE_TABLE"), "Key": row_of(&ticket.ticket)});
    let kept = stack.dynamodb("GetItem", request).await;
    assert!(kept["Item"].is_object(), "{kept}");
    assert!(!kept.to_string().contains(&ticket.ticket));
    let hash = sha256_hex(ticket.ticket.as_bytes());
    assert!(opened(&stack, &hash).await.is_none());
    opened(&stack, &ticket.ticket).await.unwrap().close().await;
}

#[tokio::test]
async fn tickets_and_tokens_do_not_stand_in_for_each_other() {
    let stack = stack!();
    let user = stack.user("ticket-kind").await;
    let ticket = user.client.ticket().await.unwrap();
    let with_ticket = stack.client(Some(&ticket.ticket));
    let answer = with_ticket
        .call(Method::GET, "/v1/jobs", &[], None)
        .await
        .unwrap();
    assert_eq!(answer.status, 401, "{answer:?}");
    for odd in [
        user.token.as_str(),
        &"a".repeat(3_000),
        "%00",
        "é",
        &ticket.ticket.to_uppercase(),
        &format!("{} ", ticket.ticket),
    ] {
        assert!(opened(&stack, odd).await.is_none(), "{odd}");
    }
    opened(&stack, &ticket.ticket).await.unwrap().close().await;
}

async fn next(socket: &mut LiveSocket) -> Value {
    wait::within("a message", socket.next()).await.unwrap().unwrap()
}

async fn finished(user: &User) -> String {
    let job = user.submit("Le chat dort.").await;
    user.completed(&job.job_id).await.job_id
}

#[tokio::test]
async fn messages_of_any_size_are_answered() {
    let stack = stack!();
    let user = stack.user("ticket-messages").await;
    let id = finished(&user).await;
    let mut socket = user.client.live().await.unwrap();
    for after in [json!(-1), json!(1.5), json!("7"), json!([]), json!(1e300)] {
        let message = json!({"action": "subscribe", "job_id": id, "after": after});
        socket.send(&message).await.unwrap();
        assert_eq!(next(&mut socket).await["code"], "INVALID_MESSAGE", "{message}");
    }
    for text in [
        format!(
            "{{\"action\":\"subscribe\",\"job_id\":\"{}\"}}",
            "0".repeat(3_500)
        ),
        format!("{{\"action\":\"subscribe\",\"job_id\":\"{id}\",\"after\":18446744073709551616}}"),
        "[".repeat(4_000),
        format!("{{\"action\":{}", "[".repeat(2_000)),
        format!("{{\"action\":\"subscribe\",\"job_id\":\"{id}\\u0000\"}}"),
    ] {
        socket.send_text(&text).await.unwrap();
        assert_eq!(next(&mut socket).await["code"], "INVALID_MESSAGE", "{text}");
    }
    for length in [4_097, 30_000] {
        socket.send_text(&"x".repeat(length)).await.unwrap();
        assert_eq!(next(&mut socket).await["code"], "MESSAGE_TOO_LARGE", "{length}");
    }
    // More than there will ever be: the snapshot and nothing else.
    socket.subscribe_job(&id, u64::MAX).await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "snapshot");
    socket.ping().await.unwrap();
    assert_eq!(next(&mut socket).await, json!({"type": "pong"}));
    socket.close().await;
}
