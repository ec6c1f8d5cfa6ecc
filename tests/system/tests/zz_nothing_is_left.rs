//! Runs last (cargo takes test files in the order of their names): nothing of the other tests is left.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_system_tests::{stack, wait};

#[tokio::test]
async fn no_message_is_left_in_any_queue() {
    let stack = stack!();
    for queue in ["HIGH", "NORMAL", "LOW", "CALLBACK"] {
        for kind in ["QUEUE", "DLQ"] {
            let name = format!("DOCMILL_{kind}_{queue}_URL");
            let url = stack.value(&name);
            wait::until(&format!("{name} to be empty"), async || {
                (stack.messages_in(url).await == 0).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test]
async fn no_job_that_is_over_has_a_place_among_the_running() {
    let stack = stack!();
    wait::until("every place to be left", async || {
        let open = stack.open_jobs().await;
        let is_open = |id: &String| open.iter().any(|job| job["job_id"]["S"] == **id);
        stack.running(None).await.iter().all(is_open).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_job_of_the_test_users_is_left_open() {
    let stack = stack!();
    // Other suites write records of their own into the same tables.
    let users = stack.test_users().await;
    wait::until("every job to be over", async || {
        let open = stack.open_jobs().await;
        let left = open
            .iter()
            .any(|job| users.contains(job["owner"]["S"].as_str().unwrap_or_default()));
        (!left).then_some(())
    })
    .await;
}
