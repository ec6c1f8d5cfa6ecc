//! From an event to an answer and one line of log.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use docmill_core::problem::Problem;
use docmill_gateway::event::HttpEvent;
use docmill_gateway::{App, Request, Response, Route, answer};
use futures::FutureExt;
use serde_json::{Value, json};

struct Echo;

#[derive(Clone, Copy)]
enum Action {
    Say,
    Fail,
    Panic,
}

const ROUTES: &[Route<Action>] = &[
    Route {
        method: "POST",
        path: "/v1/jobs/{id}/say",
        action: Action::Say,
    },
    Route {
        method: "POST",
        path: "/v1/jobs/{id}/fail",
        action: Action::Fail,
    },
    Route {
        method: "POST",
        path: "/v1/jobs/{id}/panic",
        action: Action::Panic,
    },
];

#[async_trait]
impl App for Echo {
    type Action = Action;

    fn routes(&self) -> &'static [Route<Action>] {
        ROUTES
    }

    async fn act(&self, action: Action, request: &Request) -> Result<Response, Problem> {
        match action {
            Action::Say => Response::json(200, &request.caller()?.owner),
            Action::Fail => Err(Problem::unavailable(3)),
            Action::Panic => panic!("SECRET text of a document"),
        }
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const JOB: &str = "019aa000-0000-7000-8000-000000000001";

/// The answer to a request that is full of secrets, and the lines that were logged meanwhile.
fn ask(method: &str, path: &str) -> (Response, Vec<Value>) {
    let event: HttpEvent = serde_json::from_value(json!({
        "rawPath": path,
        "rawQueryString": "token=SECRET",
        "headers": {"authorization": "Bearer SECRET", "cookie": "SECRET", "x-secret": "SECRET"},
        "requestContext": {
            "requestId": "request-1", "stage": "$default", "http": {"method": method},
            "authorizer": {"jwt": {"claims": {"sub": "alice", "email": "SECRET"}}},
        },
        "body": "SECRET",
    }))
    .unwrap();
    let lines = Lines::default();
    let written = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || written.clone())
        .finish();
    let response =
        tracing::subscriber::with_default(subscriber, || answer(&Echo, event).now_or_never().unwrap());
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("SECRET"), "{text}");
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (response, lines.collect())
}

#[test]
fn a_request_is_one_line_of_log() {
    let (response, lines) = ask("POST", &format!("/v1/jobs/{JOB}/say"));
    assert_eq!((response.status(), response.body()), (200, &b"\"alice\""[..]));
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(
        (&line["level"], &line["message"]),
        (&json!("INFO"), &json!("request"))
    );
    assert_eq!(
        (&line["method"], &line["route"]),
        (&json!("POST"), &json!("/v1/jobs/{id}/say"))
    );
    assert_eq!((&line["status"], &line["job_id"]), (&json!(200), &json!(JOB)));
    assert!(line["duration_ms"].is_u64() && line["timestamp"].is_string());
}

#[test]
fn refusals_are_problems_with_the_requests_id() {
    let (response, lines) = ask("POST", &format!("/v1/jobs/{JOB}/fail"));
    let problem: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        (response.status(), response.header("retry-after")),
        (503, Some("3"))
    );
    assert_eq!(
        (&problem["code"], &problem["request_id"]),
        (&json!("UNAVAILABLE"), &json!("request-1"))
    );
    assert_eq!(
        (&lines[0]["level"], &lines[0]["code"]),
        (&json!("ERROR"), &json!("UNAVAILABLE"))
    );
}

#[test]
fn a_panic_is_an_answer_too() {
    let (response, lines) = ask("POST", &format!("/v1/jobs/{JOB}/panic"));
    let problem: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        (response.status(), &problem["code"]),
        (500, &json!("INTERNAL_ERROR"))
    );
    assert_eq!(lines.len(), 1);
}

#[test]
fn odd_paths_and_methods_stay_out_of_the_log() {
    let (response, lines) = ask("POST", "/SECRET/%00\n{\"a\":1}");
    assert_eq!((response.status(), &lines[0]["route"]), (404, &json!("none")));
    let (response, lines) = ask("SECRET", &format!("/v1/jobs/{JOB}/say"));
    assert_eq!((response.status(), response.header("allow")), (405, Some("POST")));
    assert_eq!(lines[0]["method"], "other");
}
