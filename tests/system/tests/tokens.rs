//! Tokens that the service must not take. Each is right in all but one thing.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::Answer;
use docmill_system_tests::{Pool, Stack, claims_of, now_ms, stack, texts, unique, unsigned};
use reqwest::Method;
use serde_json::{Value, json};

/// A door of each function that wants a token.
const DOORS: [(Method, &str); 3] = [
    (Method::GET, "/v1/jobs"),
    (Method::GET, "/v1/pipelines"),
    (Method::POST, "/v1/live/ticket"),
];

async fn answers(stack: &Stack, token: &str) -> Vec<Answer> {
    let client = stack.client(Some(token));
    let mut answers = Vec::new();
    for (method, door) in DOORS {
        answers.push(client.call(method, door, &[], None).await.unwrap());
    }
    answers
}

async fn assert_refused(stack: &Stack, what: &str, token: &str) {
    for answer in answers(stack, token).await {
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
    }
}

/// The claims with one of them changed.
fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut changed = claims.clone();
    changed[name] = value;
    changed
}

fn issuer(pool: &Pool) -> Value {
    json!(format!("https://cognito-idp.us-east-1.amazonaws.com/{}", pool.id))
}

#[tokio::test]
async fn claims_that_are_not_ours_are_refused() {
    let stack = stack!();
    let user = stack.user("jwt-claims").await;
    let pool = stack.pool();
    let (head, claims) = claims_of(&user.token);
    let now = now_ms() / 1000;
    for answer in answers(&stack, &pool.signed(&head, &claims)).await {
        assert!(
            [200, 201].contains(&answer.status),
            "our own forgery is good: {answer:?}"
        );
    }
    let other = pool.another(&unique("issuer")).await;
    for (what, forged) in [
        ("expired", with(&claims, "exp", json!(now - 1))),
        ("expired long ago", with(&claims, "exp", json!(1))),
        ("not valid yet", with(&claims, "nbf", json!(now + 600))),
        ("issued in the future", with(&claims, "iat", json!(now + 600))),
        (
            "another issuer",
            with(&claims, "iss", json!("https://issuer.example.com")),
        ),
        ("another pool's issuer", with(&claims, "iss", issuer(&other))),
        (
            "an issuer with a path",
            with(
                &claims,
                "iss",
                json!(format!("{}/", claims["iss"].as_str().unwrap())),
            ),
        ),
        ("no issuer", with(&claims, "iss", Value::Null)),
        (
            "another audience",
            with(&claims, "aud", json!("somebody-elses-client")),
        ),
        ("no audience", with(&claims, "aud", json!([]))),
        ("no user", with(&claims, "sub", json!(""))),
        (
            "a token for something else",
            with(&claims, "token_use", json!("refresh")),
        ),
    ] {
        assert_refused(&stack, what, &pool.signed(&head, &forged)).await;
    }
}

#[tokio::test]
async fn signatures_that_are_not_ours_are_refused() {
    let stack = stack!();
    let user = stack.user("jwt-signature").await;
    let other = stack.pool().another(&unique("signer")).await;
    let theirs = other.sign_up("somebody@elsewhere.test").await;
    let (head, claims) = claims_of(&user.token);
    let (their_head, their_claims) = claims_of(&theirs.id);
    let signature = user.token.rsplit('.').next().unwrap();
    let none = json!({"alg": "none", "typ": "JWT"});
    let none_with_key = with(&head, "alg", json!("none"));
    let symmetric = with(&head, "alg", json!("HS256"));
    let ours = with(
        &with(&their_claims, "iss", claims["iss"].clone()),
        "aud",
        claims["aud"].clone(),
    );
    let another_user = with(&claims, "sub", json!("00000000-0000-4000-8000-000000000000"));
    for (what, token) in [
        ("stripped", unsigned(&head, &claims, "")),
        ("cut off", user.token.rsplit_once('.').unwrap().0.to_owned()),
        ("alg none", unsigned(&none, &claims, "")),
        (
            "alg none, in other letters",
            unsigned(&with(&none, "alg", json!("nOnE")), &claims, ""),
        ),
        (
            "alg none, with the key's name",
            unsigned(&none_with_key, &claims, ""),
        ),
        (
            "a shared secret's algorithm",
            unsigned(&symmetric, &claims, "c2lnbmF0dXJl"),
        ),
        (
            "another user under the signature of one",
            unsigned(&head, &another_user, signature),
        ),
        ("another pool's token", theirs.id.clone()),
        (
            "another pool's key, with its name",
            other.signed(&their_head, &ours),
        ),
        (
            "another pool's key, under the name of ours",
            other.signed(&head, &claims),
        ),
        (
            "a key that the token brings itself",
            other.signed(
                &with(&their_head, "jku", json!("https://evil.example/jwks")),
                &claims,
            ),
        ),
    ] {
        assert_refused(&stack, what, &token).await;
    }
    for answer in answers(&stack, &user.token).await {
        assert!([200, 201].contains(&answer.status), "{answer:?}");
    }
}

/// An access token is for the pool's own API. The gateway would take it, since its client is the audience.
#[tokio::test]
async fn only_id_tokens_of_our_client_are_taken() {
    let stack = stack!();
    let pool = stack.pool();
    let email = format!("{}@system.test", unique("jwt-kind"));
    let tokens = pool.sign_up(&email).await;
    assert_refused(&stack, "an access token", &tokens.access).await;
    let job = stack
        .client(Some(&tokens.id))
        .jobs(&Default::default())
        .await
        .unwrap();
    assert!(job.jobs.is_empty());
    // The same user of the same pool, signed in to another program.
    let elsewhere = pool.another_client(&unique("program")).await;
    let theirs = elsewhere.sign_in(&email).await;
    assert_refused(&stack, "another program's ID token", &theirs.id).await;
    assert_refused(&stack, "another program's access token", &theirs.access).await;
}

/// A token in a place where logs would keep it opens nothing.
#[tokio::test]
async fn a_token_counts_in_its_header_only() {
    let stack = stack!();
    let user = stack.user("jwt-place").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let anonymous = stack.client(None);
    for (link, headers) in [
        (format!("/v1/jobs?token={}", user.token), vec![]),
        (format!("/v1/jobs?Authorization=Bearer%20{}", user.token), vec![]),
        ("/v1/jobs".to_owned(), vec![("cookie", user.token.as_str())]),
        (
            "/v1/jobs".to_owned(),
            vec![("x-authorization", user.token.as_str())],
        ),
        (
            format!("/v1/jobs/{}/stream?token={}", job.job_id, user.token),
            vec![],
        ),
    ] {
        let answer = anonymous.call(Method::GET, &link, &headers, None).await.unwrap();
        assert_eq!(answer.status, 401, "{answer:?}");
    }
}

/// The link of an event stream: for one job, unaltered, and for nothing else.
#[tokio::test]
async fn a_stream_link_opens_one_stream() {
    let stack = stack!();
    let user = stack.user("stream-link").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let other = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let anonymous = stack.client(None);
    let link = job.links.stream.clone().unwrap();
    let (path, token) = link.split_once("?token=").unwrap();
    let status = async |link: String| {
        let answer = anonymous.call(Method::GET, &link, &[], None).await.unwrap();
        answer.status
    };
    assert_eq!(status(link.clone()).await, 200);
    assert_eq!(
        status(format!("/v1/jobs/{}/stream?token={token}", other.job_id)).await,
        401
    );
    assert_eq!(status(path.to_owned()).await, 401);
    for place in [0, token.len() / 2, token.len() - 1] {
        let changed: String = token
            .char_indices()
            .map(|(n, c)| match n == place {
                true if c == '0' => '1',
                true => '0',
                false => c,
            })
            .collect();
        assert_eq!(
            status(format!("{path}?token={changed}")).await,
            401,
            "changed at {place}"
        );
    }
    for odd in [
        String::new(),
        "x".to_owned(),
        "A".repeat(5_000),
        format!("{token}{token}"),
    ] {
        assert_eq!(status(format!("{path}?token={odd}")).await, 401, "{odd}");
    }
    // As a bearer it is no token at all.
    assert_refused(&stack, "a stream's token", token).await;
}
