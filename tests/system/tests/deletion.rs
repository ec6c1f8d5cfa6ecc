//! What is deleted is gone by every door.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use docmill_cli::client::{JobQuery, ResultQuery};
use docmill_system_tests::{refusal, stack, texts};
use serde_json::json;

#[tokio::test]
async fn a_deleted_job_is_gone_by_every_door() {
    let stack = stack!();
    let (user, stranger) = (stack.user("delete").await, stack.user("stranger").await);
    let client = &user.client;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let kept = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let id = job.job_id.as_str();
    assert_eq!(refusal(stranger.client.delete(id).await).status, 404);
    client.delete(id).await.unwrap();
    assert_eq!(refusal(client.delete(id).await).status, 404);
    assert_eq!(refusal(client.job(id).await).status, 404);
    assert_eq!(refusal(client.events(id, 0, Duration::ZERO).await).status, 404);
    let result = client.result_bytes(id, &ResultQuery::default()).await;
    assert_eq!(refusal(result).status, 404);
    assert_eq!(refusal(client.retry(id).await).status, 404);
    let trail = client.get("/v1/audit").await.unwrap();
    let deeds = trail["entries"].as_array().unwrap().iter();
    let deeds: Vec<&str> = deeds.map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["job_deleted", "job_created", "job_created"]);
    // Lists trail a little.
    let mut listed = vec![id.to_owned()];
    for _ in 0..50 {
        let jobs = client.jobs(&JobQuery::default()).await.unwrap().jobs;
        listed = jobs.into_iter().map(|job| job.job_id).collect();
        if listed == [kept.job_id.as_str()] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(listed, [kept.job_id.as_str()]);
}

#[tokio::test]
async fn an_open_job_is_cancelled_before_it_is_deleted() {
    let stack = stack!();
    let user = stack.user("open").await;
    let file = json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let new = docmill_system_tests::novel();
    let (job, _) = user.client.announce(&new, &[file]).await.unwrap();
    let refused = refusal(user.client.delete(&job.job_id).await);
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (409, Some("JOB_RUNNING"))
    );
    user.client.cancel(&job.job_id).await.unwrap();
    user.client.delete(&job.job_id).await.unwrap();
    assert_eq!(refusal(user.client.job(&job.job_id).await).status, 404);
}

/// The stream of changes may trail by hours.
#[tokio::test]
async fn a_change_that_is_told_of_after_the_deletion_leaves_no_event() {
    let stack = stack!();
    let user = stack.user("late").await;
    let id = user
        .completed(&user.submit(texts::STORY).await.job_id)
        .await
        .job_id;
    let ended = stack.record(&id).await;
    let mut before = ended.clone();
    before["status"] = json!({"S": "processing"});
    let version: u64 = ended["version"]["N"].as_str().unwrap().parse().unwrap();
    before["version"] = json!({"N": (version - 1).to_string()});
    user.client.delete(&id).await.unwrap();
    let change = json!({"Records": [{
        "eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"job_id": {"S": id}}, "OldImage": before, "NewImage": ended, "SequenceNumber": "1",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }]});
    let push = stack.value("DOCMILL_PUSH_FUNCTION");
    let answer = stack.invoke(push, &change).await;
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
    let entries = json!({
        "TableName": stack.value("DOCMILL_EVENTS_TABLE"),
        "KeyConditionExpression": "job_id = :id",
        "ExpressionAttributeValues": {":id": {"S": id}},
    });
    assert_eq!(stack.dynamodb("Query", entries).await["Items"], json!([]));
}
