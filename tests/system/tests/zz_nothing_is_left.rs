//! Runs last (cargo takes test files in the order of their names): nothing of the other tests is left.

use docmill_system_tests::{stack, wait};
use serde_json::json;

#[tokio::test]
async fn no_message_is_left_in_any_queue() {
    let stack = stack!();
    for priority in ["HIGH", "NORMAL", "LOW"] {
        for kind in ["QUEUE", "DLQ"] {
            let name = format!("DOCMILL_{kind}_{priority}_URL");
            let url = stack.value(&name);
            wait::until(&format!("{name} to be empty"), async || {
                (stack.messages_in(url).await == 0).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test]
async fn no_job_is_left_open() {
    let stack = stack!();
    wait::until("every job to be over", async || {
        let request = json!({
            "TableName": stack.value("DOCMILL_JOBS_TABLE"),
            "FilterExpression": "#status IN (:awaiting, :queued, :processing)",
            "ProjectionExpression": "job_id, #status, label, file_name",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":awaiting": {"S": "awaiting_upload"}, ":queued": {"S": "queued"}, ":processing": {"S": "processing"},
            },
        });
        let answer = stack.aws.json("dynamodb", "DynamoDB_20120810.Scan", &request).await;
        let open = answer["Items"].as_array().cloned().unwrap_or_default();
        open.is_empty().then_some(())
    })
    .await;
}
