//! What no well-meaning client sends. Every answer is a problem in the documented form.

#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use docmill_cli::client::{Answer, FormFile, NewJob};
use docmill_system_tests::{User, novel, refusal, stack, texts};
use reqwest::Method;
use serde_json::json;

const FORM: &str = "multipart/form-data; boundary=B";

fn assert_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{answer:?}"
    );
    assert_eq!(body["status"], status);
    for field in ["type", "title", "code", "detail", "request_id"] {
        assert!(
            body[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field}: {body}"
        );
    }
}

async fn post(user: &User, content_type: &str, body: impl Into<Bytes>) -> Answer {
    user.client
        .call(Method::POST, "/v1/jobs", &[], Some((content_type, body.into())))
        .await
        .unwrap()
}

fn file(name: &str, content_type: &str, bytes: impl Into<Bytes>) -> FormFile {
    FormFile {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        bytes: bytes.into(),
    }
}

#[tokio::test]
async fn files_that_are_no_text_are_refused() {
    let stack = stack!();
    let user = stack.user("binary").await;
    let noise: Vec<u8> = (0..4_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let elf = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 500]].concat();
    for (name, content_type, bytes, status) in [
        ("roman.txt", "text/plain", noise, 415),
        ("roman.txt", "text/plain", elf, 415),
        (
            "roman.txt",
            "text/plain",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            415,
        ),
        (
            "roman.docx",
            "application/vnd.ms-word",
            b"PK\x03\x04".to_vec(),
            415,
        ),
        ("roman.txt", "text/plain", Vec::new(), 422),
    ] {
        let refused = refusal(
            user.client
                .create(&novel(), &[file(name, content_type, bytes)])
                .await,
        );
        assert_eq!(refused.status, status, "{name}: {refused}");
        assert!(refused.detail.ends_with('.'), "{refused}");
    }
    assert!(
        user.client
            .jobs(&Default::default())
            .await
            .unwrap()
            .jobs
            .is_empty()
    );
}

#[tokio::test]
async fn a_text_that_turns_out_to_be_none_ends_in_a_sentence() {
    let stack = stack!();
    let user = stack.user("hollow").await;
    for text in ["   \n\n\t\n", "12 34 56\n\n— !\n", "\u{feff}"] {
        let job = user.submit(text).await;
        let job = user.ended(&job.job_id).await;
        match job.status.as_str() {
            "completed" => {}
            "failed" => assert!(
                job.error.as_ref().is_some_and(|error| !error.message.is_empty()),
                "{:#}",
                job.raw
            ),
            other => panic!("{other}"),
        }
        docmill_system_tests::assert_history(&user.history(&job).await, &job);
    }
}

#[tokio::test]
async fn requests_that_are_too_large_are_refused() {
    let stack = stack!();
    let user = stack.user("huge").await;
    let text = texts::novel_of(5 << 20);
    let refused = refusal(
        user.client
            .create(&novel(), &[file("roman.txt", "text/plain", text)])
            .await,
    );
    assert_eq!(refused.status, 413, "{refused}");
    let files: Vec<FormFile> = (0..101)
        .map(|n| file(&format!("{n}.txt"), "text/plain", "Un."))
        .collect();
    assert_eq!(refusal(user.client.create(&novel(), &files).await).status, 422);
    let long = NewJob {
        label: Some("x".repeat(201)),
        ..novel()
    };
    assert_eq!(
        refusal(
            user.client
                .create(&long, &[file("a.txt", "text/plain", "Un.")])
                .await
        )
        .status,
        422
    );
}

#[tokio::test]
async fn forms_and_bodies_that_cannot_be_read_are_refused() {
    let stack = stack!();
    let user = stack.user("garbage").await;
    assert_problem(&post(&user, FORM, "no form at all").await, 400);
    assert_problem(
        &post(
            &user,
            FORM,
            "--B\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\nnov",
        )
        .await,
        400,
    );
    assert_problem(&post(&user, "multipart/form-data", "--B--").await, 400);
    assert_problem(&post(&user, FORM, "--B--\r\n").await, 422);
    assert_problem(&post(&user, "text/plain", "hello").await, 415);
    assert_problem(&post(&user, "application/json", "{").await, 400);
    assert_problem(&post(&user, "application/json", "[]").await, 400);
    assert_problem(
        &post(
            &user,
            "application/json",
            "{\"pipeline\":\"nowhere\",\"files\":[]}",
        )
        .await,
        422,
    );
    let odd = json!({"pipeline": "novel", "files": [{"name": "a.txt", "size": -1}]});
    assert_problem(&post(&user, "application/json", odd.to_string()).await, 422);
    let deep = "[".repeat(100_000);
    assert_problem(
        &post(&user, "application/json", format!("{{\"settings\":{deep}}}")).await,
        400,
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let stack = stack!();
    let user = stack.user("routes").await;
    for (method, link) in [
        (Method::GET, "/v1/nowhere"),
        (Method::GET, "/v2/jobs"),
        (Method::DELETE, "/v1/jobs"),
        (Method::PUT, "/v1/jobs/019aa000-0000-7000-8000-000000000001"),
        (
            Method::GET,
            "/v1/jobs/019aa000-0000-7000-8000-000000000001/secrets",
        ),
        (Method::GET, "/.env"),
    ] {
        let answer = user.client.call(method.clone(), link, &[], None).await.unwrap();
        assert!([404, 405].contains(&answer.status), "{method} {link}: {answer:?}");
        assert_problem(&answer, answer.status);
    }
    for id in [
        "x",
        "019AA000-0000-7000-8000-00000000000A",
        "%00",
        "%27%20OR%201",
        "..%2f..%2fjobs",
    ] {
        let answer = user
            .client
            .call(Method::GET, &format!("/v1/jobs/{id}"), &[], None)
            .await
            .unwrap();
        assert_problem(&answer, 404);
    }
    let answer = user
        .client
        .call(Method::GET, "/v1/jobs/x/result?part=0", &[], None)
        .await
        .unwrap();
    assert!([404, 422].contains(&answer.status), "{answer:?}");
}
