//! P9 for companies: who is in one, who was, who runs the installation, and everybody else, by every door.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::time::Duration;

use docmill_system_tests::{User, stack, texts, unique, wait};
use reqwest::Method;
use serde_json::{Value, json};

async fn get(user: &User, path: &str) -> (u16, Value) {
    user.ask(Method::GET, path, None).await
}

async fn post(user: &User, path: &str, body: Value) -> (u16, Value) {
    user.ask(Method::POST, path, Some(body)).await
}

async fn submit_for(user: &User, company: &str) -> (u16, Value) {
    let body = format!(
        "--B\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\nnovel\r\n--B\r\nContent-Disposition: form-data; name=\"company_id\"\r\n\r\n{company}\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n{}\r\n--B--\r\n",
        texts::STORY
    );
    let form = Some(("multipart/form-data; boundary=B", body.into()));
    let answer = user
        .client
        .call(Method::POST, "/v1/jobs", &[], form)
        .await
        .unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

/// Statuses of what can be done with a job: see, events, result, uploads, start, cancel, retry.
async fn tries(user: &User, id: &str) -> [u16; 7] {
    let get = async |path: String| get(user, &path).await.0;
    let post = async |path: String| post(user, &path, json!({})).await.0;
    [
        get(format!("/v1/jobs/{id}")).await,
        get(format!("/v1/jobs/{id}/events")).await,
        get(format!("/v1/jobs/{id}/result")).await,
        post(format!("/v1/jobs/{id}/uploads")).await,
        post(format!("/v1/jobs/{id}/start")).await,
        post(format!("/v1/jobs/{id}/cancel")).await,
        post(format!("/v1/jobs/{id}/retry")).await,
    ]
}

async fn listed(user: &User, company: &str) -> (u16, usize) {
    let (status, list) = get(user, &format!("/v1/jobs?company_id={company}")).await;
    (status, list["jobs"].as_array().map_or(0, Vec::len))
}

#[tokio::test]
async fn a_company_s_job_is_for_the_company_by_role() {
    let stack = stack!();
    let (admin, member, other) = (
        stack.user("admin").await,
        stack.user("member").await,
        stack.user("other").await,
    );
    let (stranger, operator) = (stack.user("stranger").await, stack.operator().await);
    let company = admin.company().await;
    admin.let_in(&company, &member).await;
    admin.let_in(&company, &other).await;
    let (status, job) = submit_for(&member, &company).await;
    assert_eq!((status, &job["company_id"]), (202, &json!(company)), "{job}");
    let id = job["job_id"].as_str().unwrap();
    member.completed(id).await;

    // 303 leads to the result; 409 is allowed, but the job is over.
    assert_eq!(tries(&member, id).await, [200, 200, 303, 409, 202, 409, 409]);
    assert_eq!(tries(&other, id).await, [200, 200, 303, 403, 403, 403, 403]);
    assert_eq!(tries(&admin, id).await, [200, 200, 303, 403, 403, 409, 409]);
    assert_eq!(tries(&operator, id).await, [200, 200, 403, 403, 403, 409, 409]);
    assert_eq!(tries(&stranger, id).await, [404; 7]);
    wait::until("the company's list", async || {
        (listed(&other, &company).await == (200, 1)).then_some(())
    })
    .await;
    assert_eq!(listed(&operator, &company).await, (200, 1));
    assert_eq!(listed(&stranger, &company).await, (404, 0));
    assert_eq!(submit_for(&stranger, &company).await.0, 422);
    assert_eq!(submit_for(&operator, &company).await.0, 422);
    for (user, wanted) in [(&stranger, 404), (&member, 403), (&admin, 200)] {
        let path = format!("/v1/callback-secret?company_id={company}");
        assert_eq!(get(user, &path).await.0, wanted);
    }
    let stats = get(&other, &format!("/v1/stats?company_id={company}")).await;
    assert_eq!(
        (stats.0, &stats.1["by_status"]),
        (200, &json!({"completed": 1})),
        "{}",
        stats.1
    );
    assert_eq!(
        get(&stranger, &format!("/v1/stats?company_id={company}")).await.0,
        404
    );
}

#[tokio::test]
async fn who_is_taken_out_sees_and_hears_nothing_more() {
    let stack = stack!();
    let (admin, member) = (stack.user("admin").await, stack.user("leaver").await);
    let company = admin.company().await;
    admin.let_in(&company, &member).await;
    // It waits for files that never come, so that its cancel is the next that there is to hear.
    let file = json!([{"name": "roman.txt", "size": 100, "content_type": "text/plain"}]);
    let body = json!({"pipeline": "novel", "company_id": company, "files": file});
    let (status, job) = post(&member, "/v1/jobs", body).await;
    assert_eq!(status, 202, "{job}");
    let id = job["job_id"].as_str().unwrap();
    let stream = job["links"]["stream"].as_str().unwrap();
    // The link is all that its holder has.
    let nobody = stack.client(None);
    let streamed = async || nobody.call(Method::GET, stream, &[], None).await.unwrap().status;
    let (mut of_member, mut of_admin) = (
        member.client.live().await.unwrap(),
        admin.client.live().await.unwrap(),
    );
    for socket in [&mut of_member, &mut of_admin] {
        socket.subscribe_job(id, 1_000).await.unwrap();
        let snapshot = wait::within("a snapshot", socket.next()).await.unwrap().unwrap();
        assert_eq!(snapshot["type"], "snapshot", "{snapshot}");
    }
    assert_eq!(streamed().await, 200);

    let path = format!("/v1/companies/{company}/members/{}", member.claim("sub"));
    assert_eq!(admin.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(
        post(&admin, &format!("/v1/jobs/{id}/cancel"), json!({})).await.0,
        202
    );
    let heard = wait::within("the cancel", of_admin.next())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(heard["job_id"], id, "{heard}");
    let silent = tokio::time::timeout(Duration::from_secs(1), of_member.next()).await;
    assert!(silent.is_err(), "{silent:?}");
    assert_eq!(streamed().await, 401);
    assert_eq!(tries(&member, id).await, [404; 7]);
    let own = get(&member, "/v1/jobs").await.1;
    assert_eq!(own["jobs"], json!([]), "what they made there is not theirs");
    assert_eq!(get(&member, &format!("/v1/companies/{company}")).await.0, 404);
}

#[tokio::test]
async fn a_company_is_kept_by_its_admins() {
    let stack = stack!();
    let (admin, member, stranger) = (
        stack.user("admin").await,
        stack.user("member").await,
        stack.user("stranger").await,
    );
    let company = admin.company().await;
    admin.let_in(&company, &member).await;
    let base = format!("/v1/companies/{company}");
    let invite = json!({"email": format!("{}@example.com", unique("guest"))});
    assert_eq!(
        post(&member, &format!("{base}/invitations"), invite.clone())
            .await
            .0,
        403
    );
    assert_eq!(
        post(&stranger, &format!("{base}/invitations"), invite.clone())
            .await
            .0,
        404
    );
    assert_eq!(post(&stranger, &format!("{base}/join"), json!({})).await.0, 404);
    let role = Some(json!({"role": "admin"}));
    let own = format!("{base}/members/{}", member.claim("sub"));
    assert_eq!(member.ask(Method::PATCH, &own, role.clone()).await.0, 403);
    let last = format!("{base}/members/{}", admin.claim("sub"));
    let (status, refused) = admin.ask(Method::DELETE, &last, None).await;
    assert_eq!((status, &refused["code"]), (409, &json!("LAST_ADMIN")));
    assert_eq!(admin.ask(Method::PATCH, &own, role).await.0, 200);
    assert_eq!(admin.ask(Method::DELETE, &last, None).await.0, 204);
    let (_, shown) = get(&member, &base).await;
    assert_eq!(shown["members"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(
        post(&member, &format!("{base}/invitations"), invite.clone())
            .await
            .0,
        201
    );
    let withdrawn = format!("{base}/invitations/{}", invite["email"].as_str().unwrap());
    assert_eq!(member.ask(Method::DELETE, &withdrawn, None).await.0, 204);
    assert_eq!(get(&member, &base).await.1["invitations"], json!([]));
    for body in [json!({"name": ""}), json!({"name": "x", "owner": "y"}), json!({})] {
        assert_eq!(post(&member, "/v1/companies", body).await.0, 422);
    }
    for id in ["x", "019AA000-0000-7000-8000-000000000001", "..%2f"] {
        assert_eq!(get(&member, &format!("/v1/companies/{id}")).await.0, 404, "{id}");
    }
}

#[tokio::test]
async fn credits_are_set_aside_charged_and_shown() {
    let stack = stack!();
    let user = stack.user("credits").await;
    let file = json!([{"name": "roman.txt", "size": 4000, "content_type": "text/plain"}]);
    let (status, estimate) = post(&user, "/v1/estimate", json!({"pipeline": "novel", "files": file})).await;
    assert_eq!((status, &estimate["credits"]), (200, &json!(1)), "{estimate}");
    assert_eq!(estimate["affordable"], true);
    let (_, before) = get(&user, "/v1/credits").await;
    let job = user.submit(texts::STORY).await;
    assert_eq!(job.raw["credits"], json!({"reserved": 1, "charged": null}));
    let done = user.completed(&job.job_id).await;
    assert_eq!(done.raw["credits"], json!({"reserved": 1, "charged": 1}));
    let (_, after) = get(&user, "/v1/credits").await;
    let number = |of: &Value, name: &str| of[name].as_i64().unwrap();
    assert_eq!(number(&after, "balance"), number(&before, "balance") - 1);
    assert_eq!((number(&after, "reserved"), number(&after, "charged")), (0, 1));
    let movements: Vec<_> = after["ledger"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["movement"])
        .collect();
    assert!(
        movements.contains(&&json!("settle")) && movements.contains(&&json!("reserve")),
        "{after}"
    );
    let (status, _) = get(&user, "/v1/credits?cursor=user%23mallory").await;
    assert_eq!(status, 422);
    let stranger = stack.user("stranger").await;
    let line = format!("/v1/credits?cursor={}%2300001%232", job.job_id);
    assert_eq!(get(&stranger, &line).await.1["ledger"], json!([]));
    let stats = get(&user, "/v1/stats").await.1;
    assert!(stats["accounting"].is_null(), "{stats}");
    let stats = get(&stack.operator().await, "/v1/stats").await.1;
    assert!(stats["accounting"]["balanced"].is_boolean(), "{stats}");
}
