//! Cancel and retry.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::ResultQuery;
use docmill_system_tests::{assert_history, novel, refusal, stack, statuses, texts};
use serde_json::json;

#[tokio::test]
async fn a_job_that_waits_for_its_file_is_cancelled_at_once() {
    let stack = stack!();
    let user = stack.user("waiting").await;
    let file = json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let (job, _) = user.client.announce(&novel(), &[file]).await.unwrap();
    let cancelled = user.client.cancel(&job.job_id).await.unwrap();
    assert_eq!(cancelled.status, "cancelled");
    assert!(cancelled.raw["cancelled_at"].is_string() && cancelled.raw["cancelled_by"].is_string());
    // Twice is a no-op.
    let again = user.client.cancel(&job.job_id).await.unwrap();
    assert_eq!(again.version, cancelled.version);
    let history = user.history(&cancelled).await;
    assert_history(&history, &cancelled);
    // Its file never came: there is nothing to do again.
    let refused = refusal(user.client.retry(&job.job_id).await);
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (409, Some("NOTHING_TO_RETRY"))
    );
    let refused = refusal(
        user.client
            .result_bytes(&job.job_id, &ResultQuery::default())
            .await,
    );
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (409, Some("NO_RESULT"))
    );
}

#[tokio::test]
async fn a_job_in_the_middle_is_cancelled_and_can_be_taken_up_again() {
    let stack = stack!();
    let user = stack.user("middle").await;
    let text = texts::novel_of(9_000_000);
    let job = user.submit_large(&novel(), &text).await;
    user.job_when(&job.job_id, "the first chunks", |job| job.processed_chunks >= 2)
        .await;
    let accepted = user.client.cancel(&job.job_id).await.unwrap();
    assert!(
        ["processing", "cancelled"].contains(&accepted.status.as_str()),
        "{}",
        accepted.status
    );
    if accepted.status == "processing" {
        assert_eq!(accepted.stage, "Cancelling");
    }
    let again = user.client.cancel(&job.job_id).await.unwrap();
    assert!(again.version >= accepted.version);
    let cancelled = user.ended(&job.job_id).await;
    assert_eq!(cancelled.status, "cancelled");
    assert!(
        cancelled.processed_chunks < cancelled.total_chunks.unwrap(),
        "{:#}",
        cancelled.raw
    );
    let history = user.history(&cancelled).await;
    assert_history(&history, &cancelled);

    // What is done stays done, the rest is done now, and the result is that of a job nobody touched.
    let retried = user.client.retry(&job.job_id).await.unwrap();
    assert_eq!((retried.attempt, retried.status.as_str()), (2, "queued"));
    assert_eq!(retried.processed_chunks, cancelled.processed_chunks);
    let completed = user.completed(&job.job_id).await;
    user.assert_result_is_that_of_a_run(&completed, &text, &Default::default())
        .await;
    let history = user.history(&completed).await;
    assert_history(&history, &completed);
    assert_eq!(
        statuses(&history)
            .into_iter()
            .filter(|status| *status != "awaiting_upload")
            .collect::<Vec<_>>(),
        [
            "queued",
            "processing",
            "cancelled",
            "queued",
            "processing",
            "completed"
        ]
    );
}

#[tokio::test]
async fn a_finished_job_is_neither_cancelled_nor_done_again() {
    let stack = stack!();
    let user = stack.user("finished").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let refused = refusal(user.client.cancel(&job.job_id).await);
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (409, Some("JOB_FINISHED"))
    );
    let refused = refusal(user.client.retry(&job.job_id).await);
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (409, Some("NOTHING_TO_RETRY"))
    );
    assert_eq!(user.job(&job.job_id).await.version, job.version);
    assert!(job.links.cancel.is_none() && job.links.retry.is_none() && job.links.result.is_some());
}

#[tokio::test]
async fn an_open_job_is_not_retried() {
    let stack = stack!();
    let user = stack.user("open").await;
    let file = json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let (job, _) = user.client.announce(&novel(), &[file]).await.unwrap();
    let refused = refusal(user.client.retry(&job.job_id).await);
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (409, Some("JOB_RUNNING"))
    );
    user.client.cancel(&job.job_id).await.unwrap();
}
