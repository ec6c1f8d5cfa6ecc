//! The client against servers that are slow, odd, hostile or merely refuse.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Request, Response, Server};
use docmill_cli::client::{ClientError, FormFile, LocalFile, NewJob, ResultQuery, Via, watch};
use serde_json::{Value, json};

fn job(status: &str, version: u64) -> Value {
    json!({
        "job_id": "j-1", "pipeline": "novel", "status": status, "version": version, "stage": status,
        "progress_percent": version * 10, "poll_after_ms": 1, "files": [{"name": "a.txt", "size": 20}],
        "links": {"self": "/v1/jobs/j-1", "stream": "/v1/jobs/j-1/stream?token=t"},
    })
}

fn event(version: u64, status: &str) -> Value {
    json!({"type": "status", "job_id": "j-1", "version": version, "status": status, "stage": status})
}

fn new_job(key: Option<&str>) -> NewJob {
    NewJob {
        pipeline: "novel".into(),
        idempotency_key: key.map(Into::into),
        ..NewJob::default()
    }
}

fn form_file() -> FormFile {
    FormFile {
        name: "a.txt".into(),
        content_type: "text/plain".into(),
        bytes: "Un chat dort.".into(),
    }
}

#[tokio::test]
async fn with_a_key_a_lost_answer_is_asked_for_again() {
    let tries = AtomicU32::new(0);
    let server = Server::start(move |_, _| match tries.fetch_add(1, Ordering::Relaxed) {
        0 => Response::json(503, json!({"code": "UNAVAILABLE", "detail": "Busy."})).with("retry-after", 0),
        1 => Response::of(502, "text/html", "<html>bad gateway</html>"),
        _ => Response::json(202, job("queued", 1)),
    })
    .await;
    let made = server
        .client()
        .create(&new_job(Some("k")), &[form_file()])
        .await
        .unwrap();
    assert_eq!(made.job_id, "j-1");
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for request in &seen {
        assert_eq!(request.headers["idempotency-key"], "k");
        assert_eq!(request.headers["authorization"], "Bearer token");
        assert!(String::from_utf8_lossy(&request.body).contains("Un chat dort."));
    }
}

#[tokio::test]
async fn without_a_key_a_job_is_made_once() {
    let server = Server::start(|_, _| Response::json(503, json!({"detail": "Busy."}))).await;
    let error = server
        .client()
        .create(&new_job(None), &[form_file()])
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the service failed: Busy. (HTTP 503)");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn refusals_are_the_services_sentence() {
    let server = Server::start(|request, _| {
        if request.path == "/v1/jobs" {
            Response::json(
                413,
                json!({"code": "FILE_TOO_LARGE", "detail": "The file is larger than 50 MB."}),
            )
        } else {
            Response::json(404, json!({"message": "Not Found"}))
        }
    })
    .await;
    let client = server.client();
    let error = client
        .create(&new_job(Some("k")), &[form_file()])
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "The file is larger than 50 MB. (FILE_TOO_LARGE)"
    );
    let error = client.job("j-1").await.unwrap_err();
    assert_eq!(error.to_string(), "Not Found (HTTP 404)");
    assert_eq!(server.seen().len(), 2, "what was refused is not asked again");
}

#[tokio::test]
async fn a_refused_token_says_how_to_get_another() {
    let server = Server::start(|_, _| Response::json(401, json!({"message": "Unauthorized"}))).await;
    let error = server.client().job("j-1").await.unwrap_err();
    assert!(matches!(error, ClientError::Unauthorized(_)));
    assert!(error.to_string().contains("make user"), "{error}");
}

#[tokio::test]
async fn who_is_to_wait_for_long_is_told_so() {
    let limited = json!({"code": "RATE_LIMIT", "detail": "You can start 10 jobs an hour."});
    let server = Server::start(move |_, _| Response::json(429, &limited).with("retry-after", 1_800)).await;
    let error = server
        .client()
        .create(&new_job(Some("k")), &[form_file()])
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "You can start 10 jobs an hour. (RATE_LIMIT)");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn nonsense_is_one_line_and_no_panic() {
    let answers = [
        Response::of(200, "application/json", "{"),
        Response::of(200, "application/json", "[]"),
        Response::of(200, "application/json", "null"),
        Response::of(200, "application/json", "{\"job_id\":5}"),
        Response::of(200, "application/json", [0xff, 0xfe, 0x00]),
        Response::of(200, "text/html", "<html>a parking page</html>"),
        Response::json(
            200,
            json!({"job_id": "x", "status": "queued", "progress_percent": 5_000}),
        ),
        Response::json(200, json!({"job_id": "x", "status": "queued", "links": 7})),
    ];
    let count = answers.len();
    let answers = Mutex::new(answers.into_iter().collect::<Vec<_>>());
    let server = Server::start(move |_, _| answers.lock().unwrap().remove(0)).await;
    for _ in 0..count {
        let error = server.client().job("x").await.unwrap_err();
        assert!(matches!(error, ClientError::Unreadable(_)), "{error:?}");
        assert!(!error.to_string().contains('\n'));
    }
}

#[tokio::test]
async fn the_token_does_not_follow_a_redirect() {
    let server = Server::start(|request, own| match request.path.split('?').next() {
        Some("/v1/jobs/j-1/result") => {
            Response::of(303, "text/plain", "").with("location", format!("{own}/store/x?s=1"))
        }
        Some("/store/x") => Response::of(200, "text/csv", "Index,Sentence"),
        _ => Response::json(404, "{}"),
    })
    .await;
    let query = ResultQuery {
        format: Some("csv".into()),
        full: true,
        ..ResultQuery::default()
    };
    let bytes = server.client().result_bytes("j-1", &query).await.unwrap();
    assert_eq!(bytes, "Index,Sentence");
    let seen = server.seen();
    assert_eq!(seen[0].path, "/v1/jobs/j-1/result?format=csv&full=1");
    assert!(seen[0].headers.contains_key("authorization"));
    assert!(!seen[1].headers.contains_key("authorization"));
}

#[tokio::test]
async fn redirects_to_nowhere_end() {
    let server = Server::start(|_, own| Response::of(303, "text/plain", "").with("location", own)).await;
    // The second redirect is not followed: it is no result.
    let bytes = server.client().result_bytes("j-1", &ResultQuery::default()).await;
    assert!(bytes.is_ok_and(|bytes| bytes.is_empty()) || server.seen().len() == 2);
}

/// A service that takes a file of 20 bytes in parts of 8, and has the first already.
fn multipart(request: &Request, own: &str) -> Response {
    static STORED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    let stored = || STORED.lock().unwrap().clone();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/jobs/j-1") => Response::json(200, job("awaiting_upload", 1)),
        ("POST", "/v1/jobs/j-1/uploads") => {
            let parts: Vec<Value> = [(2_u32, 8, 8), (3, 16, 4)]
                .into_iter()
                .filter(|(number, _, _)| !stored().contains(number))
                .map(|(number, offset, size)| {
                    json!({"number": number, "url": format!("{own}/put/{number}"), "offset": offset, "size": size,
                        "headers": {"x-signed": "1"}})
                })
                .collect();
            let uploaded = json!([{"number": 1, "etag": "\"e1\"", "size": 8}]);
            let file = json!({"file": 0, "method": "multipart", "uploaded": uploaded, "parts": parts});
            Response::json(200, json!({"uploads": [file], "more": false}))
        }
        ("PUT", path) => {
            let number: u32 = path.rsplit('/').next().unwrap().parse().unwrap();
            if number == 3 && !stored().contains(&0) {
                // The first time its link is over.
                STORED.lock().unwrap().push(0);
                return Response::of(
                    403,
                    "application/xml",
                    "<Error><Message>Request has expired</Message></Error>",
                );
            }
            STORED.lock().unwrap().push(number);
            Response::of(200, "text/plain", "").with("etag", format!("\"e{number}\""))
        }
        ("POST", "/v1/jobs/j-1/start") => Response::json(202, job("queued", 2)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_upload_in_parts_is_resumed_with_fresh_links() {
    let server = Server::start(multipart).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "aaaaaaaabbbbbbbbcccc").unwrap();
    let file = LocalFile::open(&path).await.unwrap();
    let mut there = Vec::new();
    let resumed = server
        .client()
        .resume("j-1", &[file], &mut |bytes, total| there.push((bytes, total)))
        .await
        .unwrap();
    assert_eq!(resumed.status, "queued");
    assert_eq!((there.first(), there.last()), (Some(&(8, 20)), Some(&(20, 20))));
    let seen = server.seen();
    let puts: Vec<&Request> = seen.iter().filter(|request| request.method == "PUT").collect();
    assert_eq!(
        puts.len(),
        3,
        "the part whose link was over was sent again: {:?}",
        server.calls()
    );
    for put in puts {
        let expected: &[u8] = if put.path.ends_with('2') {
            b"bbbbbbbb"
        } else {
            b"cccc"
        };
        assert_eq!(put.body, expected);
        assert_eq!(put.headers["x-signed"], "1");
        assert!(
            !put.headers.contains_key("authorization"),
            "the store does not see the token"
        );
    }
    let start: Value = serde_json::from_slice(&seen.last().unwrap().body).unwrap();
    let parts = json!([{"number": 1, "etag": "\"e1\""}, {"number": 2, "etag": "\"e2\""}, {"number": 3, "etag": "\"e3\""}]);
    assert_eq!(start["files"], json!([{"file": 0, "parts": parts}]));
}

#[tokio::test]
async fn another_file_is_not_sent_in_its_place() {
    let server = Server::start(|_, _| Response::json(200, job("awaiting_upload", 1))).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.txt");
    std::fs::write(&path, "shorter").unwrap();
    let file = LocalFile::open(&path).await.unwrap();
    let error = server
        .client()
        .resume("j-1", &[file], &mut |_, _| {})
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "job j-1 waits for a.txt (20 bytes): give the same files, in the same order"
    );
}

#[tokio::test]
async fn a_watch_without_websocket_falls_back_and_arrives() {
    let looks = AtomicU32::new(0);
    let server = Server::start(move |request, _| match request.path.as_str() {
        "/v1/live/ticket" => Response::json(404, json!({"message": "Not Found"})),
        path if path.starts_with("/v1/jobs/j-1/stream") => Response::of(500, "text/plain", "no"),
        _ => match looks.fetch_add(1, Ordering::Relaxed) {
            0..12 => Response::json(200, job("processing", 3)),
            // Late news is no news.
            12 => Response::json(200, job("queued", 2)),
            _ => Response::json(200, job("completed", 9)),
        },
    })
    .await;
    let mut seen = Vec::new();
    let ended = watch(&server.client(), "j-1", None, &mut |event| {
        seen.push(event.version)
    })
    .await
    .unwrap();
    assert_eq!((ended.status.as_str(), ended.version), ("completed", 9));
    assert_eq!(seen, [3, 9]);
    let calls = server.calls();
    assert_eq!(
        calls.iter().filter(|call| call.contains("ticket")).count(),
        3,
        "{calls:?}"
    );
    assert!(calls.iter().any(|call| call.contains("/stream")), "{calls:?}");
}

#[tokio::test]
async fn an_event_stream_is_resumed_where_it_stopped() {
    let answers = AtomicU32::new(0);
    let server = Server::start(move |request, _| {
        if !request.path.starts_with("/v1/jobs/j-1/stream") {
            let over = answers.load(Ordering::Relaxed) >= 3;
            return Response::json(
                200,
                if over {
                    job("completed", 7)
                } else {
                    job("processing", 2)
                },
            );
        }
        let text = |events: &[Value]| {
            let mut text = String::from("retry: 1\n\n");
            for event in events {
                text.push_str(&format!("id: {}\ndata: {event}\n\n", event["version"]));
            }
            Response::of(200, "text/event-stream", text)
        };
        match answers.fetch_add(1, Ordering::Relaxed) {
            0 => text(&[event(1, "queued"), event(4, "processing"), event(4, "processing")]),
            // Nothing within the time the service waits.
            1 => text(&[]),
            _ => text(&[event(3, "processing"), event(7, "completed")]),
        }
    })
    .await;
    let mut seen = Vec::new();
    let ended = watch(&server.client(), "j-1", Some(Via::Sse), &mut |event| {
        seen.push(event.version)
    })
    .await
    .unwrap();
    assert_eq!(ended.status, "completed");
    assert_eq!(seen, [2, 4, 7]);
    let requests = server.seen();
    let ids: Vec<&str> = requests
        .iter()
        .filter(|request| request.path.starts_with("/v1/jobs/j-1/stream"))
        .map(|request| request.headers["last-event-id"].as_str())
        .collect();
    assert_eq!(ids, ["2", "4", "4"]);
    assert!(requests.iter().all(|request| !request.path.contains("stream") || !request.headers.contains_key("authorization")));
}

#[tokio::test]
async fn a_watch_of_nothing_ends_at_once() {
    let missing = json!({"code": "JOB_NOT_FOUND", "detail": "There is no such job in your account."});
    let server = Server::start(move |_, _| Response::json(404, &missing)).await;
    let error = watch(&server.client(), "j-1", None, &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "There is no such job in your account. (JOB_NOT_FOUND)"
    );
    assert_eq!(server.seen().len(), 1);
}
