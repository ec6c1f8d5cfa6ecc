//! Editions of results: each is kept, read, exported and deleted as the result itself is.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::ResultQuery;
use docmill_system_tests::timetables::{sample_file, timetable};
use docmill_system_tests::{Stack, User, refusal, stack, wait};
use reqwest::Method;
use serde_json::{Value, json};

/// A timetable that was read and corrected twice; its id.
async fn corrected(user: &User, company: Option<&str>) -> String {
    let mut new = timetable();
    new.company_id = company.map(str::to_owned);
    let file = sample_file("05-vertical-letters.pdf", "application/pdf");
    let job = user.client.create(&new, &[file]).await.unwrap();
    let id = user.completed(&job.job_id).await.job_id;
    user.rename_first_block(&id, "First correction").await;
    user.rename_first_block(&id, "Second correction").await;
    id
}

async fn name_in(user: &User, id: &str, edition: Option<u32>) -> Value {
    let query = ResultQuery {
        format: Some("json".to_owned()),
        edition,
        ..ResultQuery::default()
    };
    let bytes = user.client.result_bytes(id, &query).await.unwrap();
    let result: Value = serde_json::from_slice(&bytes).unwrap();
    result["timetables"][0]["blocks"][0]["event_name"].clone()
}

async fn keys(stack: &Stack, id: &str) -> usize {
    stack.keys(&format!("editions/{id}/")).await.len()
}

#[tokio::test]
async fn each_edition_can_be_read_until_the_job_is_deleted() {
    let stack = stack!();
    let user = stack.user("editor").await;
    let id = corrected(&user, None).await;
    let first = name_in(&user, &id, Some(0)).await;
    assert_eq!(name_in(&user, &id, Some(1)).await, "First correction");
    assert_eq!(name_in(&user, &id, None).await, "Second correction");
    assert_ne!(first, "First correction");
    assert_eq!(keys(&stack, &id).await, 2);

    user.client.delete(&id).await.unwrap();
    assert_eq!(refusal(user.client.job(&id).await).status, 404);
    assert_eq!(keys(&stack, &id).await, 0);
}

#[tokio::test]
async fn a_company_s_editions_are_exported_and_go_with_it() {
    let stack = stack!();
    let admin = stack.user("admin").await;
    let company = admin.company().await;
    let id = corrected(&admin, Some(&company)).await;
    admin.sees_jobs_of(&company, 1).await;
    let base = format!("/v1/companies/{company}");
    assert_eq!(
        admin.ask(Method::POST, &format!("{base}/export"), None).await.0,
        202
    );
    let export = stack.exported(&admin, &company).await;
    assert_eq!(export["status"], "completed", "{export}");
    let files = stack.files_of(&export).await;
    for (number, name) in [(1, "First correction"), (2, "Second correction")] {
        let file = &files[&format!("jobs/{id}/editions/{number}.json")];
        let edition: Value = serde_json::from_slice(file).unwrap();
        assert_eq!(edition["timetables"][0]["blocks"][0]["event_name"], json!(name));
    }

    assert_eq!(admin.ask(Method::DELETE, &base, None).await.0, 202);
    wait::until("the end of its editions", async || {
        stack.sweep().await;
        (keys(&stack, &id).await == 0).then_some(())
    })
    .await;
}
