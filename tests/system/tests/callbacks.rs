//! The end of a job is posted to the address that the user gave.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::NewJob;
use docmill_core::callback::MAX_URL_CHARS;
use docmill_system_tests::{novel, receiver_address, refusal, stack, text_file, texts, wait};
use docmill_testing::{Receiver, Reply};
use reqwest::Method;
use serde_json::Value;

fn called_back_at(url: &str) -> NewJob {
    NewJob {
        callback_url: Some(url.to_owned()),
        ..novel()
    }
}

/// One test, since the receiver has one address.
#[tokio::test]
async fn a_receiver_gets_what_it_can_verify() {
    let stack = stack!();
    let Some(address) = receiver_address(&stack) else {
        return;
    };
    // The first call is refused: it comes again ten seconds later.
    let receiver = Receiver::at(address, &[Reply::status(500)]).await;
    let user = stack.user("callback").await;
    let url = receiver.url("/hook?token=abc");
    let job = user
        .submit_as(&called_back_at(&url), &texts::novel_of(3_000))
        .await;
    let job = user.completed(&job.job_id).await;
    let received = async |count: usize| {
        let what = format!("{count} callbacks");
        wait::until(&what, async || {
            Some(receiver.received()).filter(|all| all.len() >= count)
        })
        .await
    };
    let calls = received(2).await;
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(
        calls[0].headers["docmill-event-id"],
        calls[1].headers["docmill-event-id"]
    );
    let secret = user.client.get("/v1/callback-secret").await.unwrap();
    let first = secret["secret"].as_str().unwrap();
    for call in &calls {
        assert_eq!(call.start, "POST /hook?token=abc HTTP/1.1");
        assert_eq!((call.signatures(), call.verified(first)), (1, 1));
    }
    let event: Value = serde_json::from_str(&calls[1].body).unwrap();
    assert_eq!(event["status"], "completed");
    assert_eq!(
        (&event["job_id"], &event["version"]),
        (&job.raw["job_id"], &job.raw["version"])
    );

    // After a rotation both secrets sign, and a cancelled job has an end as well.
    let answer = user
        .client
        .call(Method::POST, "/v1/callback-secret", &[], None)
        .await
        .unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    let second = answer.json()["secret"].as_str().unwrap().to_owned();
    let file = serde_json::json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let (waiting, _) = user
        .client
        .announce(&called_back_at(&url), &[file])
        .await
        .unwrap();
    user.client.cancel(&waiting.job_id).await.unwrap();
    let call = received(3).await.pop().unwrap();
    assert_eq!(call.signatures(), 2);
    assert_eq!((call.verified(first), call.verified(&second)), (1, 1));
    let event: Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(
        (&event["job_id"], &event["status"]),
        (&waiting.raw["job_id"], &"cancelled".into())
    );
}

#[tokio::test]
async fn an_address_that_may_not_be_called_is_refused() {
    let stack = stack!();
    let user = stack.user("callback-refused").await;
    let long = format!("https://example.com/{}", "x".repeat(MAX_URL_CHARS));
    for (url, code) in [
        ("https://127.0.0.1:1/", "CALLBACK_NOT_PUBLIC"),
        ("https://169.254.169.254/latest/meta-data/", "CALLBACK_NOT_PUBLIC"),
        ("http://example.com/", "CALLBACK_NOT_HTTPS"),
        (long.as_str(), "INVALID_CALLBACK_URL"),
    ] {
        let refused = refusal(
            user.client
                .create(&called_back_at(url), &[text_file("Un.")])
                .await,
        );
        assert_eq!(refused.status, 422);
        let fields: Vec<&str> = refused.errors.iter().map(|error| error.code.as_str()).collect();
        assert_eq!(fields, [code], "{url}");
    }
}
