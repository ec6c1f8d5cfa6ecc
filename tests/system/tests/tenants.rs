//! P9: nothing of a user by any door for a stranger.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use docmill_cli::client::{ClientError, JobQuery, ResultQuery};
use docmill_system_tests::{refusal, stack, texts};
use reqwest::Method;

/// Routes that need a token.
const PROTECTED: [(&str, &str); 28] = [
    ("POST", "/v1/jobs"),
    ("GET", "/v1/jobs"),
    ("GET", "/v1/jobs/{id}"),
    ("GET", "/v1/jobs/{id}/events"),
    ("GET", "/v1/jobs/{id}/result"),
    ("POST", "/v1/jobs/{id}/uploads"),
    ("POST", "/v1/jobs/{id}/start"),
    ("POST", "/v1/jobs/{id}/cancel"),
    ("POST", "/v1/jobs/{id}/retry"),
    ("DELETE", "/v1/jobs/{id}"),
    ("GET", "/v1/companies/{id}/audit"),
    ("GET", "/v1/audit"),
    ("GET", "/v1/pipelines"),
    ("POST", "/v1/estimate"),
    ("GET", "/v1/credits"),
    ("GET", "/v1/stats"),
    ("GET", "/v1/callback-secret"),
    ("POST", "/v1/callback-secret"),
    ("GET", "/v1/companies"),
    ("POST", "/v1/companies"),
    ("GET", "/v1/companies/{id}"),
    ("POST", "/v1/companies/{id}/invitations"),
    ("POST", "/v1/companies/{id}/join"),
    ("PATCH", "/v1/companies/{id}/members/{id}"),
    ("DELETE", "/v1/companies/{id}/members/{id}"),
    ("GET", "/v1/health/deep"),
    ("POST", "/v1/live/ticket"),
    ("GET", "/v1/jobs/{id}/stream"),
];

#[tokio::test]
async fn a_job_does_not_exist_for_a_stranger() {
    let stack = stack!();
    let (user, stranger) = (stack.user("owner").await, stack.user("stranger").await);
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let id = job.job_id.as_str();
    let client = &stranger.client;
    let nowhere = "019aa000-0000-7000-8000-000000000001";

    let of_other = refusal(client.job(id).await);
    assert_eq!(
        (of_other.status, of_other.code.as_deref()),
        (404, Some("JOB_NOT_FOUND"))
    );
    let of_none = refusal(client.job(nowhere).await);
    assert_eq!(
        (of_none.status, &of_none.code, &of_none.detail),
        (404, &of_other.code, &of_other.detail)
    );
    assert_eq!(
        refusal(client.job_if_changed(id, Some("\"1\"")).await).status,
        404
    );
    assert_eq!(refusal(client.events(id, 0, Duration::ZERO).await).status, 404);
    assert_eq!(
        refusal(client.result_bytes(id, &ResultQuery::default()).await).status,
        404
    );
    assert_eq!(refusal(client.uploads(id).await).status, 404);
    assert_eq!(refusal(client.start(id, &[]).await).status, 404);
    assert_eq!(refusal(client.cancel(id).await).status, 404);
    assert_eq!(refusal(client.retry(id).await).status, 404);
    let listed = client.jobs(&JobQuery::default()).await.unwrap();
    assert!(listed.jobs.is_empty(), "{listed:?}");
    // The stream's link is the owner's alone to give away; the token of the header does not stand in for it.
    let stream = format!("/v1/jobs/{id}/stream");
    assert_eq!(
        client.call(Method::GET, &stream, &[], None).await.unwrap().status,
        401
    );
    assert_eq!(user.job(id).await.version, job.version, "nothing was changed");
}

#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let stack = stack!();
    let user = stack.user("token").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    // A token that is changed in its signature, one of nobody's, and none.
    let (head, signature) = user.token.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let forged = format!("{head}.{turned}");
    for token in [None, Some("x"), Some(forged.as_str())] {
        let client = stack.client(token);
        for (method, route) in PROTECTED {
            let link = route.replace("{id}", &job.job_id);
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = client.call(method, &link, &[], None).await.unwrap();
            assert_eq!(answer.status, 401, "{route} with {token:?}: {answer:?}");
        }
        assert!(matches!(
            client.job(&job.job_id).await,
            Err(ClientError::Unauthorized(_))
        ));
    }
}

#[tokio::test]
async fn the_owner_comes_from_the_token_only() {
    let stack = stack!();
    let (user, stranger) = (stack.user("claims").await, stack.user("victim").await);
    let job = user.submit(texts::STORY).await;
    let form = |fields: &str| {
        format!(
            "--B\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\nnovel\r\n{fields}--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nLe chat dort.\r\n--B--\r\n"
        )
    };
    for field in ["owner", "company_id", "sub"] {
        let extra = format!(
            "--B\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{}\r\n",
            job.owner
        );
        let body = ("multipart/form-data; boundary=B", form(&extra).into());
        let answer = stranger
            .client
            .call(Method::POST, "/v1/jobs", &[], Some(body))
            .await
            .unwrap();
        assert_eq!(answer.status, 422, "{field}: {answer:?}");
    }
    user.completed(&job.job_id).await;
    assert!(
        stranger
            .client
            .jobs(&JobQuery::default())
            .await
            .unwrap()
            .jobs
            .is_empty()
    );
}
