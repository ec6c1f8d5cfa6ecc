//! Credits add up, and where they do not, the check of the accounts says whose.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_system_tests::{now_ms, stack, texts, wait};
use serde_json::json;

#[tokio::test]
async fn a_balance_that_is_wrong_is_found() {
    let stack = stack!();
    let user = stack.user("books").await;
    user.completed(&user.submit(texts::STORY).await.job_id).await;
    let (sub, table) = (user.claim("sub"), stack.value("DOCMILL_ACCOUNTS_TABLE"));
    let add = async |credits: i64| {
        let update = json!({
            "TableName": table,
            "Key": {"pk": {"S": format!("user#{sub}")}, "sk": {"S": "balance"}},
            "UpdateExpression": "ADD available :credits",
            "ExpressionAttributeValues": {":credits": {"N": credits.to_string()}},
        });
        stack.dynamodb("UpdateItem", update).await;
    };
    add(7).await;
    // Each minute has its share of the users: this one is put among those of the minutes in which the test runs.
    let minute = now_ms() / 60_000;
    let shares: Vec<String> = (0..3)
        .map(|later| format!("{:02}", (minute + later) % 60))
        .collect();
    for share in &shares {
        let row = json!({"pk": {"S": format!("users#{share}")}, "sk": {"S": sub}});
        let put = json!({"TableName": table, "Item": row});
        stack.dynamodb("PutItem", put).await;
    }
    wait::until("the check", async || {
        stack.sweep().await;
        for share in &shares {
            let key = json!({"pk": {"S": "accounting"}, "sk": {"S": share}});
            let get = json!({"TableName": table, "Key": key, "ConsistentRead": true});
            let check = stack.dynamodb("GetItem", get).await;
            if check["Item"]["check"]["S"]
                .as_str()
                .is_some_and(|check| check.contains(&sub))
            {
                return Some(());
            }
        }
        None
    })
    .await;
    add(-7).await;
    for share in &shares {
        let key = json!({"pk": {"S": format!("users#{share}")}, "sk": {"S": sub}});
        let delete = json!({"TableName": table, "Key": key});
        stack.dynamodb("DeleteItem", delete).await;
    }
}
