//! Limits of what one user may have running.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::{Job, NewJob};
use docmill_system_tests::{Lane, assert_history, novel, stack, texts, wait};
use serde_json::{Value, json};

const LIMIT: usize = 4;

fn waiting_for(job: &Job) -> &Value {
    &job.raw["waiting_for"]
}

#[tokio::test]
async fn jobs_over_the_limit_wait_their_turn_and_all_end() {
    let stack = stack!();
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let user = stack.user("limits").await;
    let low = NewJob {
        priority: Some("low".to_owned()),
        ..novel()
    };
    let mut jobs = Vec::new();
    for _ in 0..LIMIT + 3 {
        jobs.push(user.submit_as(&low, texts::STORY).await);
    }
    let (running, waiting) = jobs.split_at(LIMIT);
    for job in running {
        assert_eq!(waiting_for(job)["reason"], "queue", "{:#}", job.raw);
    }
    for (ahead, job) in waiting.iter().enumerate() {
        assert_eq!(job.status, "queued");
        let wanted = json!({"reason": "tenant_limit", "until": null, "ahead": ahead});
        user.job_when(&job.job_id, "its place in the line", |job| {
            waiting_for(job) == &wanted
        })
        .await;
    }
    let owner = jobs[0].raw["owner"].as_str().unwrap();
    assert_eq!(stack.running(Some(owner)).await.len(), LIMIT);
    wait::until("a message for each that runs", async || {
        (stack.messages_in(lane.url()).await == LIMIT as u64).then_some(())
    })
    .await;

    // One that waits ends without ever having had a place, one that runs passes its on to the oldest.
    let cancelled = user.client.cancel(&waiting[1].job_id).await.unwrap();
    assert_eq!(cancelled.status, "cancelled");
    user.client.cancel(&running[0].job_id).await.unwrap();
    let next = user.job(&waiting[0].job_id).await;
    assert_eq!(waiting_for(&next)["reason"], "queue", "{:#}", next.raw);
    assert_eq!(stack.running(Some(owner)).await.len(), LIMIT);

    lane.open().await;
    for job in running[1..].iter().chain([&waiting[0], &waiting[2]]) {
        let job = user.sweep_until_over(&job.job_id).await;
        assert_eq!(job.status, "completed", "{:#}", job.raw);
        assert_history(&user.history(&job).await, &job);
    }
    assert!(stack.running(Some(owner)).await.is_empty());
    lane.give_back().await;
}
