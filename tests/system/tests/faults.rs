//! Killed workers, lost messages, poison. One test at a time: a killed worker may have had anybody's chunk.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::NewJob;
use docmill_system_tests::{
    Lane, assert_history, kill, novel, refusal, stack, statuses, texts, unique, wait,
};
use serde_json::{Value, json};
use tokio::sync::Mutex;

static ALONE: Mutex<()> = Mutex::const_new(());

fn low() -> NewJob {
    NewJob {
        priority: Some("low".to_owned()),
        ..novel()
    }
}

#[tokio::test]
async fn killed_workers_change_nothing_in_the_result() {
    let stack = stack!();
    let _alone = ALONE.lock().await;
    let lane = Lane::take(&stack).await;
    // The messages that the killed had come back soon after the test, and not in six minutes.
    lane.set_visibility(20).await;
    let user = stack.user("killed").await;
    let text = texts::many_chunks();
    let job = user.submit_as(&low(), &text).await;
    for wave in 1..=2 {
        user.job_when(&job.job_id, "chunks in the middle", |job| {
            job.processed_chunks >= wave * 5
        })
        .await;
        let killed = stack.worker_processes();
        assert!(!killed.is_empty(), "no worker of this stack was found");
        kill(&killed);
    }
    let before = user.job(&job.job_id).await;
    assert!(
        before.processed_chunks < before.total_chunks.unwrap(),
        "killed too late: {:#}",
        before.raw
    );
    let job = user.sweep_until_over(&job.job_id).await;
    assert_eq!(
        (job.status.as_str(), job.outcome.as_deref()),
        ("completed", Some("complete")),
        "{:#}",
        job.raw
    );
    user.assert_result_is_that_of_a_run(&job, &text, &Default::default())
        .await;
    let history = user.history(&job).await;
    assert_history(&history, &job);
    lane.give_back().await;
}

#[tokio::test]
async fn a_lost_first_message_is_sent_by_the_sweep() {
    let stack = stack!();
    let _alone = ALONE.lock().await;
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let user = stack.user("lost").await;
    let job = user.submit_as(&low(), texts::STORY).await;
    let bodies = lane.drain(1).await;
    assert!(bodies[0].contains(&job.job_id), "{bodies:?}");
    lane.open().await;
    // Nobody has missed it yet, so nothing is sent.
    stack.make_due(&job.job_id, None).await;
    stack.sweep().await;
    assert_eq!(user.job(&job.job_id).await.status, "queued");
    // Ten minutes later somebody has.
    stack.make_due(&job.job_id, Some(600_000)).await;
    let swept = stack.sweep().await;
    assert!(swept["messages_sent"].as_u64() >= Some(1), "{swept}");
    let job = user.completed(&job.job_id).await;
    assert_eq!(job.attempt, 1);
    assert_history(&user.history(&job).await, &job);
    lane.give_back().await;
}

#[tokio::test]
async fn a_queued_job_is_cancelled_at_once() {
    let stack = stack!();
    let _alone = ALONE.lock().await;
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let user = stack.user("queued").await;
    let job = user.submit_as(&low(), texts::STORY).await;
    assert_eq!(
        (job.status.as_str(), &job.raw["waiting_for"]["reason"]),
        ("queued", &json!("queue"))
    );
    assert_eq!(refusal(user.client.retry(&job.job_id).await).status, 409);
    let cancelled = user.client.cancel(&job.job_id).await.unwrap();
    assert_eq!(cancelled.status, "cancelled");
    // Its message comes all the same, and does nothing.
    lane.open().await;
    wait::until("the message to be taken", async || {
        (stack.messages_in(lane.url()).await == 0).then_some(())
    })
    .await;
    assert_eq!(user.job(&job.job_id).await.version, cancelled.version);
    // It was accepted once: what it had to do can be done after all.
    let retried = user.client.retry(&job.job_id).await.unwrap();
    assert_eq!(retried.attempt, 2);
    let job = user.completed(&job.job_id).await;
    let history = user.history(&job).await;
    assert_history(&history, &job);
    assert_eq!(
        statuses(&history),
        ["queued", "cancelled", "queued", "processing", "completed"]
    );
    lane.give_back().await;
}

#[tokio::test]
async fn messages_that_come_twice_late_or_for_nobody_do_no_harm() {
    let stack = stack!();
    let _alone = ALONE.lock().await;
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let user = stack.user("doubled").await;
    let job = user.submit_as(&low(), texts::STORY).await;
    let plan = lane.drain(1).await.remove(0);
    assert_eq!(lane.work_on(&plan).await["batchItemFailures"], json!([]));
    let done = user.completed(&job.job_id).await;
    let nobody = plan.replace(&job.job_id, "019aa000-0000-7000-8000-000000000001");
    let older = plan.replace("\"attempt\":1", "\"attempt\":0");
    for body in [&plan, &nobody, &older] {
        assert_eq!(lane.work_on(body).await["batchItemFailures"], json!([]), "{body}");
    }
    assert_eq!(user.job(&job.job_id).await.version, done.version);
    assert_history(&user.history(&done).await, &done);
    lane.give_back().await;
}

#[tokio::test]
async fn poison_is_set_aside_and_the_others_go_on() {
    let stack = stack!();
    let _alone = ALONE.lock().await;
    let lane = Lane::take(&stack).await;
    lane.set_max_receives(2).await;
    let poison = format!("poison {}", unique("x"));
    stack.send_raw(lane.url(), &poison).await;
    let user = stack.user("poison").await;
    let job = user.submit_as(&low(), texts::STORY).await;
    user.completed(&job.job_id).await;
    wait::until("the poison to be given up", async || {
        (stack.messages_in(lane.dead_letters_url()).await > 0).then_some(())
    })
    .await;
    let swept = stack.sweep().await;
    assert_eq!(
        (&swept["parked"], &swept["errors"]),
        (&json!(1), &json!(0)),
        "{swept}"
    );
    assert_eq!(stack.messages_in(lane.dead_letters_url()).await, 0);
    let parked = docmill_core::ids::sha256_hex(poison.as_bytes());
    assert_eq!(stack.keys(&format!("parked/{parked}")).await.len(), 1);
    lane.give_back().await;
}

#[tokio::test]
async fn a_dead_letter_fails_its_chunk_and_a_retry_does_the_rest() {
    let stack = stack!();
    let _alone = ALONE.lock().await;
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let user = stack.user("letters").await;
    let text = texts::novel_of(400_000);
    let job = user.submit_as(&low(), &text).await;
    // The worker plans; its chunk messages are taken by hand, and one of them is given up.
    let plan = lane.drain(1).await.remove(0);
    assert_eq!(lane.work_on(&plan).await["batchItemFailures"], json!([]));
    let planned = user.job(&job.job_id).await;
    let total = planned.total_chunks.unwrap();
    assert!(total >= 2, "{total}");
    let mut chunks = lane.drain(total as usize).await;
    chunks.sort_by_key(|body| serde_json::from_str::<Value>(body).unwrap()["n"].as_u64());
    let lost = chunks.remove(1);
    for chunk in &chunks {
        lane.work_on(chunk).await;
    }
    assert_eq!(user.job(&job.job_id).await.processed_chunks, total - 1);
    stack.send_raw(lane.dead_letters_url(), &lost).await;
    let swept = stack.sweep().await;
    assert_eq!(
        (&swept["dead_letters"], &swept["errors"]),
        (&json!(1), &json!(0)),
        "{swept}"
    );
    lane.open().await;
    let partial = user.ended(&job.job_id).await;
    assert_eq!(
        (partial.status.as_str(), partial.outcome.as_deref()),
        ("completed", Some("partial")),
        "{:#}",
        partial.raw
    );
    assert_eq!(partial.stage, "Completed with errors");
    assert_eq!(partial.failed_count, 1);
    let failed = &partial.failed_chunks[0];
    assert_eq!((failed.chunk, failed.code.as_str()), (1, "UNDELIVERABLE"));
    assert!(
        failed.message.ends_with('.') && !failed.label.is_empty(),
        "{failed:?}"
    );
    let result = user.json(&job.job_id).await;
    assert_eq!(result["failed_chunks"][0]["error_code"], "UNDELIVERABLE");

    // The last result is served until the next one replaces it; only what failed is done again.
    let retried = user.client.retry(&job.job_id).await.unwrap();
    assert_eq!(retried.processed_chunks, total - 1);
    let whole = user.completed(&job.job_id).await;
    assert_eq!(whole.attempt, 2);
    user.assert_result_is_that_of_a_run(&whole, &text, &Default::default())
        .await;
    assert_history(&user.history(&whole).await, &whole);
    lane.give_back().await;
}
