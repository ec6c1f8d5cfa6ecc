//! Polling, Server-Sent Events and the event list: all arrive at the same version.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use docmill_cli::client::{Event, Via, watch};
use docmill_system_tests::{assert_history, refusal, stack, texts, wait};
use reqwest::Method;

#[tokio::test]
async fn three_ways_of_following_arrive_at_the_same() {
    let stack = stack!();
    let user = stack.user("ways").await;
    let job = user.submit(&texts::many_chunks()).await;
    let follow = |via: Via| {
        let (client, id) = (user.client.clone(), job.job_id.clone());
        async move {
            let mut seen: Vec<Event> = Vec::new();
            let job = watch(&client, &id, Some(via), &mut |event| seen.push(event.clone()))
                .await
                .unwrap();
            (job, seen)
        }
    };
    let (socket, stream, polled) = wait::within("three watchers", async {
        futures::join!(follow(Via::Ws), follow(Via::Sse), follow(Via::Poll))
    })
    .await;
    let history = user.history(&socket.0).await;
    assert_history(&history, &socket.0);
    for (way, (job, seen)) in [("ws", &socket), ("sse", &stream), ("poll", &polled)] {
        assert_eq!(
            (job.status.as_str(), job.version),
            ("completed", socket.0.version),
            "{way}"
        );
        assert!(
            seen.windows(2).all(|pair| pair[0].version < pair[1].version),
            "{way}"
        );
        assert!(
            seen.windows(2)
                .all(|pair| pair[0].progress_percent <= pair[1].progress_percent),
            "{way}"
        );
        let last = seen.last().unwrap();
        assert_eq!(
            (last.version, last.status.as_str()),
            (job.version, "completed"),
            "{way}"
        );
        // Whatever was seen is what the list has under that version.
        for event in seen {
            let listed = &history[usize::try_from(event.version).unwrap() - 1];
            assert_eq!(
                (
                    &event.status,
                    &event.stage,
                    event.progress_percent,
                    event.processed_chunks
                ),
                (
                    &listed.status,
                    &listed.stage,
                    listed.progress_percent,
                    listed.processed_chunks
                ),
                "{way}"
            );
        }
    }
}

#[tokio::test]
async fn a_plain_event_source_gets_every_event_and_is_told_to_stop() {
    let stack = stack!();
    let user = stack.user("sse").await;
    let job = user.submit(texts::STORY).await;
    let link = job
        .links
        .stream
        .clone()
        .or(user.job(&job.job_id).await.links.stream)
        .unwrap();
    // As a browser's EventSource: no token in a header, and the last id on coming back.
    let mut last_id: Option<String> = None;
    let mut events: Vec<Event> = Vec::new();
    let answers = wait::within("the end of the stream", async {
        let mut answers = 0;
        while let Some(mut stream) = user.client.stream(&link, last_id.as_deref()).await.unwrap() {
            answers += 1;
            while let Some(message) = stream.next().await.unwrap() {
                let event: Event = serde_json::from_str(&message.data).unwrap();
                assert_eq!(message.id, event.version.to_string());
                assert_eq!(message.name, event.kind);
                last_id = Some(message.id);
                events.push(event);
            }
            assert!(stream.retry().is_some(), "the pause before coming back is set");
        }
        answers
    })
    .await;
    assert!(answers >= 1);
    let job = user.completed(&job.job_id).await;
    assert_history(&events, &job);
}

#[tokio::test]
async fn a_stream_link_opens_one_job_only_and_not_without_its_token() {
    let stack = stack!();
    let user = stack.user("links").await;
    let one = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let other = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let (_, token) = one.links.stream.as_deref().unwrap().split_once("token=").unwrap();
    let anonymous = stack.client(None);
    for link in [
        format!("/v1/jobs/{}/stream?token={token}", other.job_id),
        format!("/v1/jobs/{}/stream?token=9{token}", one.job_id),
        format!("/v1/jobs/{}/stream?token=", one.job_id),
        format!("/v1/jobs/{}/stream", one.job_id),
        format!("/v1/jobs/019aa000-0000-7000-8000-000000000001/stream?token={token}"),
    ] {
        let answer = anonymous.call(Method::GET, &link, &[], None).await.unwrap();
        assert_eq!(answer.status, 401, "{link}: {answer:?}");
        assert_eq!(answer.json()["code"], "INVALID_TOKEN", "{link}");
    }
    let good = format!("/v1/jobs/{}/stream?token={token}", one.job_id);
    let answer = anonymous.call(Method::GET, &good, &[], None).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/event-stream")
    );
}

#[tokio::test]
async fn polling_costs_little_when_nothing_changed() {
    let stack = stack!();
    let user = stack.user("etag").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let (_, etag) = user
        .client
        .job_if_changed(&job.job_id, None)
        .await
        .unwrap()
        .unwrap();
    let etag = etag.unwrap();
    assert_eq!(etag, format!("\"{}\"", job.version));
    assert!(
        user.client
            .job_if_changed(&job.job_id, Some(&etag))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        user.client
            .job_if_changed(&job.job_id, Some("\"0\""))
            .await
            .unwrap()
            .is_some()
    );
    let link = format!("/v1/jobs/{}", job.job_id);
    let answer = user
        .client
        .call(Method::GET, &link, &[("if-none-match", &etag)], None)
        .await
        .unwrap();
    assert_eq!((answer.status, answer.body.len()), (304, 0));
}

#[tokio::test]
async fn an_open_job_says_when_to_ask_again() {
    let stack = stack!();
    let user = stack.user("poll").await;
    let file = serde_json::json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let (job, _) = user
        .client
        .announce(&docmill_system_tests::novel(), &[file])
        .await
        .unwrap();
    let link = format!("/v1/jobs/{}", job.job_id);
    let answer = user.client.call(Method::GET, &link, &[], None).await.unwrap();
    assert!(
        answer.json()["poll_after_ms"]
            .as_u64()
            .is_some_and(|ms| ms >= 500),
        "{answer:?}"
    );
    assert!(
        answer
            .header("retry-after")
            .is_some_and(|after| after.parse::<u32>().is_ok())
    );
    assert_eq!(answer.json()["waiting_for"]["reason"], "upload");
    let job = user.client.cancel(&job.job_id).await.unwrap();
    assert_eq!(job.poll_after_ms, None);
}

#[tokio::test]
async fn the_event_list_pages_and_waits() {
    let stack = stack!();
    let user = stack.user("events").await;
    let file = serde_json::json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let (job, _) = user
        .client
        .announce(&docmill_system_tests::novel(), &[file])
        .await
        .unwrap();
    let id = job.job_id.as_str();
    // The next event is made while the list is already being waited on.
    let (page, cancelled) = futures::join!(user.client.events(id, 1, Duration::from_secs(20)), async {
        user.client.cancel(id).await.unwrap()
    });
    let page = page.unwrap();
    assert_eq!(page.events[0].version, 2, "{page:?}");
    let history = user.history(&cancelled).await;
    assert_history(&history, &cancelled);
    let page = user
        .client
        .events(id, cancelled.version, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!((page.events.len(), page.next_after), (0, cancelled.version));
    let link = format!("/v1/jobs/{id}/events?after=minus-one");
    assert_eq!(
        user.client
            .call(Method::GET, &link, &[], None)
            .await
            .unwrap()
            .status,
        422
    );
    assert_eq!(
        refusal(user.client.events("nonsense", 0, Duration::ZERO).await).status,
        404
    );
}
