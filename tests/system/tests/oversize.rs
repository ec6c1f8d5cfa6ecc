//! Too much of everything. Whatever is sent, the answer is a small problem and no job is made.

#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use docmill_cli::client::Answer;
use docmill_system_tests::{User, stack, texts};
use reqwest::Method;
use serde_json::{Map, Value, json};

const FORM: &str = "multipart/form-data; boundary=B";
const JSON: &str = "application/json";

/// Largest answer to a refused request.
const MOST_BYTES: usize = 128 << 10;

fn assert_refused(what: &str, answer: &Answer, statuses: &[u16]) {
    let shown = String::from_utf8_lossy(&answer.body[..answer.body.len().min(600)]).into_owned();
    assert!(
        statuses.contains(&answer.status),
        "{what}: {} {shown}",
        answer.status
    );
    assert!(
        answer.body.len() < MOST_BYTES,
        "{what}: an answer of {} bytes",
        answer.body.len()
    );
    let body = answer.json();
    assert!(
        body["code"].is_string() && body["request_id"].is_string(),
        "{what}: {shown}"
    );
}

async fn post(user: &User, link: &str, content_type: &str, body: impl Into<Bytes>) -> Answer {
    let body = Some((content_type, body.into()));
    user.client.call(Method::POST, link, &[], body).await.unwrap()
}

async fn no_job_of(user: &User) {
    let jobs = user.client.jobs(&Default::default()).await.unwrap().jobs;
    assert!(jobs.is_empty(), "{jobs:#?}");
}

/// A part of a form.
fn part(disposition: &str, value: &str) -> String {
    format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n")
}

/// A form of these parts, with a pipeline and a file.
fn form(parts: &str) -> String {
    let pipeline = part("name=\"pipeline\"", "novel");
    let file = part("name=\"file\"; filename=\"a.txt\"", "Le chat dort.");
    format!("{pipeline}{parts}{file}--B--\r\n")
}

fn announced(fields: Value) -> String {
    let mut body =
        json!({"pipeline": "novel", "files": [{"name": "a.txt", "size": 10, "content_type": "text/plain"}]});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

#[tokio::test]
async fn forms_of_many_or_large_parts_are_refused() {
    let stack = stack!();
    let user = stack.user("large-forms").await;
    let long = "x".repeat(1 << 20);
    for (what, parts, statuses) in [
        (
            "10,000 files",
            part("name=\"file\"; filename=\"a.txt\"", "Un.").repeat(10_000),
            [422, 413],
        ),
        (
            "10,000 fields",
            part("name=\"label\"", "a").repeat(10_000),
            [422, 413],
        ),
        (
            "900 unknown fields",
            (0..900)
                .map(|n| part(&format!("name=\"field-{n}\""), "a"))
                .collect(),
            [422, 413],
        ),
        (
            "a field name of a megabyte",
            part(&format!("name=\"{long}\""), "a"),
            [422, 400],
        ),
        ("a label of a megabyte", part("name=\"label\"", &long), [422, 413]),
        (
            "settings of a megabyte",
            part("name=\"settings\"", &format!("{{\"{long}\":1}}")),
            [422, 413],
        ),
        (
            "deep settings",
            part("name=\"settings\"", &"[".repeat(60_000)),
            [422, 400],
        ),
    ] {
        assert_refused(
            what,
            &post(&user, "/v1/jobs", FORM, form(&parts)).await,
            &statuses,
        );
    }
    let boundary = format!("multipart/form-data; boundary={}", "B".repeat(5_000));
    assert_refused(
        "a long boundary",
        &post(&user, "/v1/jobs", &boundary, form("")).await,
        &[400],
    );
    no_job_of(&user).await;
}

#[tokio::test]
async fn json_of_any_shape_is_refused() {
    let stack = stack!();
    let user = stack.user("large-json").await;
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let names = |count: usize| -> Map<String, Value> {
        (0..count).map(|n| (format!("unknown-{n}"), json!(1))).collect()
    };
    let file = json!({"name": "a.txt", "size": 10, "content_type": "text/plain"});
    let mut flat = names(50_000);
    flat.insert("pipeline".to_owned(), json!("novel"));
    let long = "x".repeat(1 << 20);
    for (what, body, status) in [
        ("50,000 fields", Value::Object(flat).to_string(), 422),
        (
            "50,000 settings",
            announced(json!({"settings": names(50_000)})),
            422,
        ),
        (
            "a setting of a megabyte",
            announced(json!({"settings": {"engine": long}})),
            422,
        ),
        (
            "a setting's name of a megabyte",
            announced(json!({"settings": {&long: 1}})),
            422,
        ),
        (
            "settings that are a list",
            announced(json!({"settings": vec![1; 50_000]})),
            422,
        ),
        (
            "10,000 files",
            announced(json!({"files": vec![&file; 10_000]})),
            422,
        ),
        (
            "a file's field of a megabyte",
            announced(json!({"files": [{"name": "a.txt", "size": 1, &long: 1}]})),
            422,
        ),
        (
            "a hash of a megabyte",
            announced(
                json!({"files": [{"name": "a.txt", "size": 1, "content_type": "text/plain", "sha256": long}]}),
            ),
            422,
        ),
        (
            "a pipeline of a megabyte",
            announced(json!({"pipeline": long})),
            422,
        ),
        ("a kind of a megabyte", announced(json!({"kind": long})), 422),
        (
            "a label of 201",
            announced(json!({"label": "é".repeat(201)})),
            422,
        ),
        (
            "a label with a line end",
            announced(json!({"label": "a\nb"})),
            422,
        ),
        ("a label with NUL", announced(json!({"label": "a\u{0}b"})), 422),
        (
            "a batch id of 65",
            announced(json!({"batch_id": "x".repeat(65)})),
            422,
        ),
        (
            "a batch id with a path",
            announced(json!({"batch_id": "../x"})),
            422,
        ),
        (
            "a priority of a megabyte",
            announced(json!({"priority": long})),
            422,
        ),
        ("a field's name of a megabyte", announced(json!({&long: 1})), 422),
        (
            "a size below zero",
            announced(json!({"files": [{"name": "a.txt", "size": -1}]})),
            422,
        ),
        (
            "a size with a fraction",
            announced(json!({"files": [{"name": "a.txt", "size": 1.5}]})),
            422,
        ),
        (
            "a size beyond all",
            announced(json!({"files": [{"name": "a.txt", "size": 1e300}]})),
            422,
        ),
        (
            "nested, closed",
            format!("{{\"pipeline\":\"novel\",\"settings\":{}}}", nested(1_000)),
            400,
        ),
        ("nested, 100,000 deep", nested(100_000), 400),
        (
            "more than 4 MB",
            format!("{{\"pipeline\":\"{}\"}}", "x".repeat(4 << 20)),
            413,
        ),
    ] {
        assert_refused(what, &post(&user, "/v1/jobs", JSON, body).await, &[status]);
    }
    no_job_of(&user).await;
}

#[tokio::test]
async fn headers_are_held_to_their_limits() {
    let stack = stack!();
    let user = stack.user("large-headers").await;
    for (what, key) in [
        ("201 characters", "x".repeat(201)),
        ("5,000 characters", "x".repeat(5_000)),
        ("a blank", "a b".to_owned()),
        ("a tab", "a\tb".to_owned()),
    ] {
        for (content_type, body) in [(FORM, form("")), (JSON, announced(json!({})))] {
            let headers = [("idempotency-key", key.as_str())];
            let body = Some((content_type, Bytes::from(body)));
            let answer = user
                .client
                .call(Method::POST, "/v1/jobs", &headers, body)
                .await
                .unwrap();
            assert_refused(what, &answer, &[422]);
        }
    }
    no_job_of(&user).await;
    // What nobody reads does no harm, and neither do conditions of any length.
    let long = "x".repeat(4_000);
    for name in [
        "x-forwarded-for",
        "x-amzn-request-context",
        "cookie",
        "if-none-match",
        "last-event-id",
    ] {
        let answer = user
            .client
            .call(Method::GET, "/v1/jobs", &[(name, &long)], None)
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn queries_are_held_to_their_limits() {
    let stack = stack!();
    let user = stack.user("large-queries").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let id = &job.job_id;
    let long = "x".repeat(4_000);
    for link in [
        "/v1/jobs?limit=0".to_owned(),
        "/v1/jobs?limit=-1".to_owned(),
        "/v1/jobs?limit=99999999999999999999".to_owned(),
        format!("/v1/jobs?limit={long}"),
        format!("/v1/jobs?cursor={long}"),
        "/v1/jobs?cursor=eyJhIjoxfQ".to_owned(),
        format!("/v1/jobs?status={long}"),
        format!("/v1/jobs/{id}/events?after=-1"),
        format!("/v1/jobs/{id}/events?after=1e3"),
        format!("/v1/jobs/{id}/events?after=18446744073709551616"),
        format!("/v1/jobs/{id}/events?after={long}"),
        format!("/v1/jobs/{id}/events?wait=-1"),
        format!("/v1/jobs/{id}/events?wait=21"),
        format!("/v1/jobs/{id}/result?format={long}"),
        format!("/v1/jobs/{id}/result?format=../../jobs/x"),
        format!("/v1/jobs/{id}/result?part=0"),
        format!("/v1/jobs/{id}/result?part=4294967297"),
        format!("/v1/jobs/{id}/result?start_index=-1"),
        format!("/v1/jobs/{id}/result?format=csv&full=perhaps"),
    ] {
        let answer = user.client.call(Method::GET, &link, &[], None).await.unwrap();
        assert_refused(&link, &answer, &[422, 404]);
    }
    // The ends of the ranges are in them.
    let last = format!("/v1/jobs/{id}/events?after={}&wait=0", u64::MAX);
    let events = user.client.get(&last).await.unwrap();
    assert_eq!(events["events"], json!([]));
    let far = format!("/v1/jobs/{id}/result?format=csv&start_index={}", u64::MAX);
    let rows = user.client.call(Method::GET, &far, &[], None).await.unwrap();
    assert!([200, 422].contains(&rows.status), "{rows:?}");
}

#[tokio::test]
async fn ids_that_are_nearly_right_are_nobodys() {
    let stack = stack!();
    let user = stack.user("guesses").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let id = job.job_id.as_str();
    let turned: String = id.chars().map(|c| if c == '7' { '8' } else { c }).collect();
    let next = format!("{}{}", &id[..35], if id.ends_with('0') { '1' } else { '0' });
    for guess in [
        next,
        turned,
        id.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A"),
        id.replace('-', ""),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        format!("{id}%00"),
        format!("{id}%20"),
        format!("{id}%2f..%2f{id}"),
        format!("{id};x"),
        "0".repeat(36),
        "f".repeat(4_000),
    ] {
        for (method, tail) in [
            (Method::GET, ""),
            (Method::GET, "/events"),
            (Method::GET, "/result"),
            (Method::POST, "/cancel"),
            (Method::POST, "/retry"),
            (Method::POST, "/start"),
            (Method::POST, "/uploads"),
        ] {
            let link = format!("/v1/jobs/{guess}{tail}");
            let answer = user.client.call(method, &link, &[], None).await.unwrap();
            assert_refused(&link, &answer, &[404]);
        }
    }
    assert_eq!(user.job(id).await.version, job.version, "nothing was changed");
}

#[tokio::test]
async fn a_start_of_many_parts_is_refused() {
    let stack = stack!();
    let user = stack.user("large-start").await;
    let file = json!({"name": "a.txt", "size": 100, "content_type": "text/plain"});
    let (job, _) = user
        .client
        .announce(&docmill_system_tests::novel(), &[file])
        .await
        .unwrap();
    let link = format!("/v1/jobs/{}/start", job.job_id);
    let parts = |count: usize| -> Vec<Value> {
        (1..=count)
            .map(|n| json!({"number": n, "etag": "x", "size": 1}))
            .collect()
    };
    for (what, body) in [
        (
            "40,000 parts",
            json!({"files": [{"file": 0, "parts": parts(40_000)}]}),
        ),
        ("40,000 files", json!({"files": vec![json!({"file": 0}); 40_000]})),
        (
            "a file that is not there",
            json!({"files": [{"file": 4_000_000_000_u64}]}),
        ),
        (
            "a part below zero",
            json!({"files": [{"file": 0, "parts": [{"number": -1, "etag": "x"}]}]}),
        ),
        ("an unknown field", json!({"files": [], "x".repeat(100_000): 1})),
    ] {
        let answer = post(&user, &link, JSON, body.to_string()).await;
        assert_refused(what, &answer, &[409, 422]);
    }
    assert_eq!(user.job(&job.job_id).await.status, "awaiting_upload");
    user.client.cancel(&job.job_id).await.unwrap();
}
