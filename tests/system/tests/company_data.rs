//! A company's data is taken along and deleted, by the routes of the deployed stack.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_system_tests::{Stack, User, refusal, stack, texts, wait};
use reqwest::Method;
use serde_json::{Value, json};

async fn submit_for(user: &User, company: &str) -> String {
    let mut new = docmill_system_tests::novel();
    new.company_id = Some(company.to_owned());
    user.submit_as(&new, texts::STORY).await.job_id
}

/// What the accounts table has under a company's name, and what of it is being deleted.
async fn records_of(stack: &Stack, company: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (pk, sk) in [
        (format!("company#{company}"), String::new()),
        ("deletions".to_owned(), format!("company#{company}")),
        ("exports".to_owned(), company.to_owned()),
    ] {
        let condition = if sk.is_empty() {
            "pk = :pk"
        } else {
            "pk = :pk AND sk = :sk"
        };
        let mut values = json!({":pk": {"S": pk}});
        if !sk.is_empty() {
            values[":sk"] = json!({"S": sk});
        }
        let answer = stack
            .dynamodb(
                "Query",
                json!({
                    "TableName": stack.value("DOCMILL_ACCOUNTS_TABLE"),
                    "KeyConditionExpression": condition,
                    "ExpressionAttributeValues": values,
                }),
            )
            .await;
        let items = answer["Items"].as_array().unwrap();
        found.extend(
            items
                .iter()
                .map(|item| format!("{} {}", item["pk"]["S"], item["sk"]["S"])),
        );
    }
    found
}

#[tokio::test]
async fn a_company_s_data_is_exported_for_its_admins() {
    let stack = stack!();
    let (admin, member, stranger) = (
        stack.user("admin").await,
        stack.user("member").await,
        stack.user("stranger").await,
    );
    let company = admin.company().await;
    admin.let_in(&company, &member).await;
    let id = submit_for(&member, &company).await;
    let job = member.completed(&id).await;
    let own = member.completed(&member.submit(texts::STORY).await.job_id).await;
    let path = format!("/v1/companies/{company}/export");
    for method in [Method::GET, Method::POST] {
        assert_eq!(member.ask(method.clone(), &path, None).await.0, 403, "{method}");
        assert_eq!(stranger.ask(method.clone(), &path, None).await.0, 404, "{method}");
    }
    let (status, none) = admin.ask(Method::GET, &path, None).await;
    assert_eq!((status, &none["code"]), (404, &json!("EXPORT_NOT_FOUND")));
    admin.sees_jobs_of(&company, 1).await;
    let (status, begun) = admin.ask(Method::POST, &path, None).await;
    assert_eq!((status, &begun["status"]), (202, &json!("running")), "{begun}");
    let export = stack.exported(&admin, &company).await;
    assert_eq!(export["status"], "completed", "{export}");
    assert_eq!(
        (&export["jobs"], &export["export_id"]),
        (&json!(1), &begun["export_id"])
    );

    let files = stack.files_of(&export).await;
    let of = |name: &str| &files[&format!("jobs/{id}/{name}")];
    let record: Value = serde_json::from_slice(of("job.json")).unwrap();
    assert_eq!(record["status"], "completed");
    let events = std::str::from_utf8(of("events.jsonl")).unwrap().lines().count();
    assert_eq!(events, member.history(&job).await.len());
    let sentences: Value = serde_json::from_slice(of("result.json")).unwrap();
    assert!(
        sentences["sentences"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    );
    assert!(of("result.xlsx").starts_with(b"PK"));
    let company_file: Value = serde_json::from_slice(&files["company.json"]).unwrap();
    assert_eq!(company_file["members"].as_array().unwrap().len(), 2);
    assert!(!files.keys().any(|name| name.contains(&own.job_id)));
    let trail = admin
        .ask(Method::GET, &format!("/v1/companies/{company}/audit"), None)
        .await
        .1;
    assert_eq!(trail["entries"][0]["action"], "company_exported", "{trail}");
}

#[tokio::test]
async fn a_deleted_company_is_gone_and_nothing_of_it_is_left() {
    let stack = stack!();
    let (admin, member) = (stack.user("admin").await, stack.user("member").await);
    let company = admin.company().await;
    admin.let_in(&company, &member).await;
    let guest = json!({"email": format!("{}@example.com", docmill_system_tests::unique("guest"))});
    let base = format!("/v1/companies/{company}");
    assert_eq!(
        admin
            .ask(Method::POST, &format!("{base}/invitations"), Some(guest))
            .await
            .0,
        201
    );
    let done = member
        .completed(&submit_for(&member, &company).await)
        .await
        .job_id;
    let mut new = docmill_system_tests::novel();
    new.company_id = Some(company.clone());
    let file = json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let open = member.client.announce(&new, &[file]).await.unwrap().0.job_id;
    let own = member
        .completed(&member.submit(texts::STORY).await.job_id)
        .await
        .job_id;
    let export = format!("{base}/export");
    assert_eq!(admin.ask(Method::POST, &export, None).await.0, 202);
    stack.exported(&admin, &company).await;

    assert_eq!(member.ask(Method::DELETE, &base, None).await.0, 403);
    let (status, deleting) = admin.ask(Method::DELETE, &base, None).await;
    assert_eq!(
        (status, &deleting["status"]),
        (202, &json!("deleting")),
        "{deleting}"
    );
    for user in [&admin, &member] {
        assert_eq!(user.ask(Method::GET, &base, None).await.0, 404);
        let companies = user.ask(Method::GET, "/v1/companies", None).await.1;
        assert_eq!(companies["companies"], json!([]));
        for id in [&done, &open] {
            assert_eq!(refusal(user.client.job(id).await).status, 404);
        }
    }
    wait::until("the end of its jobs", async || {
        stack.sweep().await;
        let (done, open) = (stack.record(&done).await, stack.record(&open).await);
        (done.is_null() && open.is_null()).then_some(())
    })
    .await;
    // Ten minutes pass.
    stack
        .dynamodb("UpdateItem", json!({
            "TableName": stack.value("DOCMILL_ACCOUNTS_TABLE"),
            "Key": {"pk": {"S": "deletions"}, "sk": {"S": format!("company#{company}")}},
            "UpdateExpression": "SET #at = :then",
            "ExpressionAttributeNames": {"#at": "at"},
            "ExpressionAttributeValues": {":then": {"N": (docmill_system_tests::now_ms() - 660_000).to_string()}},
        }))
        .await;
    wait::until("the end of the company", async || {
        stack.sweep().await;
        records_of(&stack, &company).await.is_empty().then_some(())
    })
    .await;
    for prefix in [
        format!("exports/{company}/"),
        format!("results/{done}/"),
        format!("jobs/{done}/"),
        format!("uploads/{done}/"),
    ] {
        assert_eq!(stack.keys(&prefix).await, [""; 0], "{prefix}");
    }
    assert_eq!(member.client.job(&own).await.unwrap().status, "completed");
    let trail = admin.ask(Method::GET, "/v1/audit", None).await.1;
    assert_eq!(trail["entries"][0]["action"], "company_deleted", "{trail}");
    assert_eq!(trail["entries"][0]["subject"], company, "{trail}");
}
