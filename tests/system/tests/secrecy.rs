//! What must not stand in the logs: whatever users wrote or named, and whatever opens a door.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use bytes::Bytes;
use docmill_cli::client::{FormFile, NewJob};
use docmill_system_tests::pdf::{Shown, pdf, pdf_file};
use docmill_system_tests::{User, novel, now_ms, stack, texts, unique, wait};
use reqwest::{Method, Url};
use serde_json::json;

/// Between two looks at the logs, which are long.
const PAUSE: Duration = Duration::from_millis(500);

/// The marker, once in a sentence of a document.
fn document(marker: &str) -> String {
    format!(
        "{}\n\nLe chat {marker} dort dans la maison du port.\n",
        texts::STORY
    )
}

async fn post(user: &User, content_type: &str, body: String) -> u16 {
    let body = Some((content_type, Bytes::from(body)));
    user.client
        .call(Method::POST, "/v1/jobs", &[], body)
        .await
        .unwrap()
        .status
}

/// Signature of a signed link.
fn signature(link: &str) -> String {
    let url = Url::parse(link).unwrap();
    let found = url.query_pairs().find(|(name, _)| name == "X-Amz-Signature");
    found.unwrap().1.into_owned()
}

/// Names of files are not logged: they say what a document is about, and of whom. A job's id leads to its name for
/// whoever may read the tables.
#[tokio::test]
async fn logs_tell_nothing_of_documents_and_open_no_door() {
    let stack = stack!();
    let user = stack.user("secrecy").await;
    let began_ms = now_ms();
    // Letters only: a word of a text, of a name, of JSON alike.
    let marker: String = unique("zorglub")
        .chars()
        .filter(char::is_ascii_alphabetic)
        .chain("qxqx".chars())
        .collect();
    let marker = marker.as_str();
    let label = format!("étiquette {marker}");
    let key = unique(marker);

    // A job that completes, by each way of uploading.
    let new = NewJob {
        label: Some(label.clone()),
        idempotency_key: Some(key.clone()),
        ..novel()
    };
    let file = |name: &str, text: String| FormFile {
        name: format!("{marker}-{name}"),
        content_type: "text/plain".to_owned(),
        bytes: text.into(),
    };
    let job = user
        .client
        .create(&new, &[file("a.txt", document(marker))])
        .await
        .unwrap();
    let job = user.completed(&job.job_id).await;
    let text = document(marker);
    let announced =
        json!({"name": format!("{marker}.txt"), "size": text.len(), "content_type": "text/plain"});
    let (large, uploads) = user.client.announce(&novel(), &[announced]).await.unwrap();
    let part = &uploads.uploads[0].parts[0];
    user.client.put_part(part, text.into()).await.unwrap();
    user.client.start(&large.job_id, &[]).await.unwrap();
    user.completed(&large.job_id).await;

    // Jobs that fail at their documents, and requests that are refused for what is in them.
    let broken = pdf_file(format!("%PDF-1.7\n{marker}\n").into_bytes());
    let broken = user.client.create(&novel(), &[broken]).await.unwrap();
    assert_eq!(user.ended(&broken.job_id).await.status, "failed");
    let line = format!("Le chat {marker} dort.");
    let read = user
        .client
        .create(&novel(), &[pdf(&[Shown::Lines(&[&line])])])
        .await
        .unwrap();
    user.ended(&read.job_id).await;
    let mut statuses = vec![
        post(
            &user,
            "application/json",
            format!("{{\"pipeline\":\"{marker}\",\"{marker}\":1}}"),
        )
        .await,
        post(&user, "application/json", format!("{{\"{marker}")).await,
        post(
            &user,
            "multipart/form-data; boundary=B",
            format!("--B\r\n{marker}"),
        )
        .await,
        post(&user, &format!("text/{marker}"), marker.to_owned()).await,
    ];
    let reused = user
        .client
        .create(&new, &[file("b.txt", "Autre chose.".to_owned())])
        .await;
    statuses.push(docmill_system_tests::refusal(reused).status);

    // Doors, with and without the right key.
    let ticket = user.client.ticket().await.unwrap();
    user.client
        .live_with(&ticket.ticket, &ticket.url)
        .await
        .unwrap()
        .close()
        .await;
    assert!(user.client.live_with(&ticket.ticket, &ticket.url).await.is_err());
    let stream = job.links.stream.clone().unwrap();
    let anonymous = stack.client(None);
    statuses.push(
        anonymous
            .call(Method::GET, &stream, &[], None)
            .await
            .unwrap()
            .status,
    );
    let wrong = format!("/v1/jobs/{}/stream?token={marker}", job.job_id);
    statuses.push(
        anonymous
            .call(Method::GET, &wrong, &[], None)
            .await
            .unwrap()
            .status,
    );
    let cursor = format!("/v1/jobs?cursor={marker}");
    statuses.push(
        user.client
            .call(Method::GET, &cursor, &[], None)
            .await
            .unwrap()
            .status,
    );
    assert_eq!(statuses, [422, 400, 400, 415, 422, 200, 401, 422]);
    let result = format!("/v1/jobs/{}/result?format=csv", job.job_id);
    let link = user.client.call(Method::GET, &result, &[], None).await.unwrap();
    let link = link.header("location").unwrap().to_owned();
    stack.sweep().await;

    // A line of each function that had to do with it: then the others are there, too.
    let logs = wait::until_every(PAUSE, "the logs of all functions", async || {
        let logs = stack.logs(began_ms).await;
        let of = |function: &str, part: &str| {
            let lines = logs.iter().filter(|(group, _)| group.ends_with(function));
            lines.clone().any(|(_, line)| line.contains(part))
        };
        let complete = ["intake", "status", "worker"]
            .iter()
            .all(|name| of(name, &job.job_id))
            && of("socket", "$connect")
            && of("worker", &read.job_id)
            && of("push", "\"")
            && of("sweep", "\"");
        complete.then_some(logs)
    })
    .await;
    let claims = user.token.split('.').collect::<Vec<_>>();
    for (what, secret) in [
        ("the marker of documents, names and requests", marker),
        ("the label", label.as_str()),
        ("the idempotency key", key.as_str()),
        ("the token's claims", claims[1]),
        ("the token's signature", claims[2]),
        ("the ticket", ticket.ticket.as_str()),
        ("the stream's token", stream.split_once("token=").unwrap().1),
        ("the upload's signature", &signature(&part.url)),
        ("the download's signature", &signature(&link)),
        ("a sentence of the document", "Paul lisait son journal"),
        ("the user's address", "@system.test"),
    ] {
        for (group, line) in &logs {
            assert!(
                !line.contains(secret),
                "{what} stands in the log of {group}: {line}"
            );
        }
    }
}
