//! `intake` over an installation in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_core::job::Status;
use docmill_gateway::{Response, answer};
use docmill_intake::IntakeApp;
use docmill_testing::{ALICE, Http, Installation, MALLORY, recorded};
use serde_json::{Value, json};

struct Door {
    installation: Installation,
    app: IntakeApp,
}

impl Door {
    fn new() -> Self {
        let installation = Installation::default();
        let app = IntakeApp {
            intake: installation.intake(),
            feed: installation.memory.live.clone(),
            tokens: installation.tokens.clone(),
            callback_keys: installation.callback_keys(),
            live_url: "wss://live.example.com/live".to_owned(),
        };
        Self { installation, app }
    }

    fn ask(&self, request: Http) -> Response {
        self.installation.run(answer(&self.app, request.event()))
    }

    /// The body of an answer of that status.
    fn json(&self, status: u16, request: Http) -> Value {
        let response = self.ask(request);
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        assert_eq!(response.status(), status, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The code of a problem of that status, or of its only field.
    fn refused(&self, status: u16, request: Http) -> String {
        let response = self.ask(request);
        let problem: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status(), status, "{problem}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["status"], status);
        assert!(!problem["request_id"].as_str().unwrap().is_empty());
        let code = match problem["errors"].as_array().map(Vec::as_slice) {
            Some([only]) => &only["code"],
            _ => &problem["code"],
        };
        code.as_str().unwrap().to_owned()
    }

    fn upload(&self, part: &Value, content_type: Option<&str>, bytes: Vec<u8>) -> String {
        let url = part["url"].as_str().unwrap();
        let transfers = &self.installation.memory.transfers;
        transfers.upload(url, content_type, bytes.into()).unwrap()
    }
}

fn post(path: &str) -> Http {
    Http::new("POST", path).by(ALICE)
}

fn form(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Http {
    post("/v1/jobs").form(fields, files)
}

fn small(text: &str) -> Http {
    form(
        &[("pipeline", "lines")],
        &[("roman.txt", "text/plain", text.as_bytes())],
    )
}

fn announce(size: u64) -> Value {
    json!({"pipeline": "lines", "files": [{"name": "roman.txt", "size": size, "content_type": "text/plain"}]})
}

fn of(job: &Value, verb: &str) -> String {
    format!("/v1/jobs/{}/{verb}", job["job_id"].as_str().unwrap())
}

#[test]
fn a_form_becomes_a_queued_job() {
    let door = Door::new();
    let request = form(
        &[
            ("pipeline", "lines"),
            ("settings", "{\"upper\":false}"),
            ("priority", "high"),
            ("label", "Un roman"),
            ("batch_id", "b-1"),
            ("kind", ""),
        ],
        &[("../../été.txt", "text/plain; charset=utf-8", b"un\ndeux")],
    );
    let response = door.ask(request);
    let job: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(response.status(), 202, "{job}");
    let location = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
    assert_eq!(response.header("location"), Some(location.as_str()));
    assert_eq!(job["status"], "queued");
    assert_eq!(
        (&job["version"], &job["priority"], &job["label"]),
        (&json!(1), &json!("high"), &json!("Un roman"))
    );
    assert_eq!(job["owner"], ALICE);
    assert_eq!(job["batch_id"], "b-1");
    assert_eq!(job["settings"], json!({"upper": false}));
    assert_eq!(job["files"][0]["name"], "été.txt");
    assert_eq!(job["files"][0]["size"], 7);
    assert_eq!(job.get("uploads"), None);
    let stream = job["links"]["stream"].as_str().unwrap();
    assert!(
        stream.starts_with(&format!("{location}/stream?token=")),
        "{stream}"
    );
    assert_eq!(door.installation.memory.queue.waiting(), 1);
}

#[test]
fn the_recorded_events_are_answered() {
    let door = Door::new();
    for (name, status) in [("intake-form", "queued"), ("intake-json", "awaiting_upload")] {
        let event = serde_json::from_value(recorded(name)).unwrap();
        let response = door.installation.run(answer(&door.app, event));
        let job: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status(), 202, "{job}");
        assert_eq!(
            (&job["pipeline"], &job["status"]),
            (&json!("novel"), &json!(status))
        );
    }
}

#[test]
fn odd_requests_are_refused() {
    let door = Door::new();
    let file: (&str, &str, &[u8]) = ("a.txt", "text/plain", b"text");
    let many: Vec<_> = (0..101).map(|_| file).collect();
    let large = vec![b'x'; 5 << 20];
    let json = |body: Value| post("/v1/jobs").json(&body);
    for (status, code, request) in [
        (415, "UNSUPPORTED_MEDIA_TYPE", post("/v1/jobs")),
        (
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            post("/v1/jobs").body("text/plain", "novel"),
        ),
        (
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            post("/v1/jobs").body("application/x-www-form-urlencoded", "pipeline=lines"),
        ),
        (
            400,
            "INVALID_FORM",
            post("/v1/jobs").body("multipart/form-data; boundary=B", "--B\r\n"),
        ),
        (
            400,
            "INVALID_FORM",
            post("/v1/jobs").body("multipart/form-data", "--B--\r\n"),
        ),
        (
            400,
            "INVALID_JSON",
            post("/v1/jobs").body("application/json", "{\"pipeline\":"),
        ),
        (
            400,
            "INVALID_JSON",
            post("/v1/jobs").body("application/json", "[1]"),
        ),
        (422, "REQUIRED", form(&[], &[file])),
        (422, "UNKNOWN_PIPELINE", form(&[("pipeline", "poems")], &[file])),
        (
            422,
            "UNKNOWN_KIND",
            form(&[("pipeline", "lines"), ("kind", "x")], &[file]),
        ),
        (
            422,
            "UNKNOWN_FIELD",
            form(&[("pipeline", "lines"), ("owner", MALLORY)], &[file]),
        ),
        (
            422,
            "CALLBACK_NOT_PUBLIC",
            form(
                &[
                    ("pipeline", "lines"),
                    ("callback_url", "https://169.254.169.254/"),
                ],
                &[file],
            ),
        ),
        (
            422,
            "COMPANY_UNKNOWN",
            form(&[("pipeline", "lines"), ("company_id", "c1")], &[file]),
        ),
        (
            422,
            "INVALID_JSON",
            form(&[("pipeline", "lines"), ("settings", "{")], &[file]),
        ),
        (
            422,
            "UNKNOWN_SETTING",
            form(&[("pipeline", "lines"), ("settings", "{\"x\":1}")], &[file]),
        ),
        (
            422,
            "INVALID_PRIORITY",
            form(&[("pipeline", "lines"), ("priority", "now")], &[file]),
        ),
        (422, "NO_FILE", form(&[("pipeline", "lines")], &[])),
        (422, "TOO_MANY_FILES", form(&[("pipeline", "lines")], &many)),
        (
            413,
            "REQUEST_TOO_LARGE",
            form(&[("pipeline", "lines")], &[("a.txt", "text/plain", &large)]),
        ),
        (
            415,
            "FILE_TYPE",
            form(&[("pipeline", "lines")], &[("a.exe", "text/plain", b"MZ")]),
        ),
        (
            415,
            "FILE_TYPE",
            form(&[("pipeline", "lines")], &[("a.txt", "text/plain", b"M\0Z")]),
        ),
        (
            422,
            "INVALID_IDEMPOTENCY_KEY",
            small("a").header("idempotency-key", "clé"),
        ),
        (422, "NO_FILE", json(json!({"pipeline": "lines"}))),
        (
            422,
            "INVALID_FILES",
            json(json!({"pipeline": "lines", "files": [{"name": "a", "bytes": 1}]})),
        ),
        (
            422,
            "INVALID_FILES",
            json(json!({"pipeline": "lines", "files": [{"name": "a", "size": -1}]})),
        ),
        (413, "FILE_TOO_LARGE", json(announce(u64::MAX))),
        (
            401,
            "UNAUTHENTICATED",
            Http::new("POST", "/v1/jobs").form(&[("pipeline", "lines")], &[file]),
        ),
        (405, "METHOD_NOT_ALLOWED", Http::new("GET", "/v1/jobs").by(ALICE)),
        (
            405,
            "METHOD_NOT_ALLOWED",
            Http::new("HEAD", "/v1/live/ticket").by(ALICE),
        ),
        (404, "NOT_FOUND", post("/v1/job")),
        (
            404,
            "NOT_FOUND",
            post("/v1/jobs/019aa000-0000-7000-8000-000000000001/explode"),
        ),
    ] {
        assert_eq!(door.refused(status, request), code);
    }
    assert_eq!(door.installation.memory.jobs.all(), [], "nothing was created");
    let too_large = door.ask(form(&[("pipeline", "lines")], &[("a.txt", "text/plain", &large)]));
    assert!(String::from_utf8_lossy(too_large.body()).contains("through the links you get"));
}

#[test]
fn a_repeated_request_is_the_same_job() {
    let door = Door::new();
    let first = door.json(202, small("un").header("idempotency-key", "k1"));
    let again = door.json(202, small("un").header("idempotency-key", "k1"));
    assert_eq!(first["job_id"], again["job_id"]);
    let other = small("deux").header("idempotency-key", "k1");
    assert_eq!(door.refused(422, other), "IDEMPOTENCY_KEY_REUSED");
    let stranger = Http::new("POST", "/v1/jobs")
        .by(MALLORY)
        .form(&[("pipeline", "lines")], &[("roman.txt", "text/plain", b"un")])
        .header("idempotency-key", "k1");
    assert_ne!(first["job_id"], door.json(202, stranger)["job_id"]);
    assert_eq!(door.installation.memory.queue.waiting(), 2);
}

#[test]
fn a_file_is_brought_by_a_signed_link() {
    let door = Door::new();
    let request = || {
        post("/v1/jobs")
            .json(&announce(6))
            .header("idempotency-key", "k1")
    };
    let job = door.json(202, request());
    assert_eq!(job["status"], "awaiting_upload");
    assert_eq!(job["uploads"][0]["method"], "put");
    assert_eq!(job["more"], false);
    let again = door.json(202, request());
    assert_eq!(job["job_id"], again["job_id"]);
    assert_ne!(
        job["uploads"][0]["parts"][0]["url"], again["uploads"][0]["parts"][0]["url"],
        "fresh links"
    );
    assert_eq!(door.refused(409, post(&of(&job, "start"))), "UPLOAD_INCOMPLETE");

    door.upload(
        &again["uploads"][0]["parts"][0],
        Some("text/plain"),
        b"un\ndix".to_vec(),
    );
    let state = door.json(200, post(&of(&job, "uploads")));
    assert!(state["uploads"][0]["file"] == 0);
    let started = door.json(202, post(&of(&job, "start")));
    assert_eq!(
        (&started["status"], &started["version"]),
        (&json!("queued"), &json!(2))
    );
    let twice = door.json(202, post(&of(&job, "start")));
    assert_eq!(twice["version"], 2);
    assert_eq!(
        door.refused(409, post(&of(&job, "uploads"))),
        "NOT_AWAITING_UPLOAD"
    );
    let replayed = door.json(202, request());
    assert_eq!(
        (&replayed["status"], &replayed["uploads"]),
        (&json!("queued"), &json!([]))
    );
    assert_eq!(door.installation.memory.queue.waiting(), 1);
}

#[test]
fn a_large_file_is_brought_in_parts() {
    let door = Door::new();
    let size = 17 << 20;
    let job = door.json(202, post("/v1/jobs").json(&announce(size)));
    let parts = job["uploads"][0]["parts"].as_array().unwrap().clone();
    assert_eq!(job["uploads"][0]["method"], "multipart");
    let bytes = |part: &Value| vec![b'a'; usize::try_from(part["size"].as_u64().unwrap()).unwrap()];
    let first = door.upload(&parts[0], None, bytes(&parts[0]));

    let state = door.json(200, post(&of(&job, "uploads")));
    assert_eq!(state["uploads"][0]["uploaded"][0]["number"], 1);
    let left = state["uploads"][0]["parts"].as_array().unwrap().clone();
    assert_eq!(left.len(), parts.len() - 1);
    let mut named = vec![json!({"number": 1, "etag": first})];
    for part in &left {
        let etag = door.upload(part, None, bytes(part));
        named.push(json!({"number": part["number"], "etag": etag}));
    }
    let wrong = json!({"files": [{"file": 0, "parts": [{"number": 1, "etag": "\"no\""}]}]});
    assert_eq!(
        door.refused(422, post(&of(&job, "start")).json(&wrong)),
        "PARTS_MISMATCH"
    );
    let odd = json!({"files": [], "force": true});
    assert_eq!(
        door.refused(422, post(&of(&job, "start")).json(&odd)),
        "INVALID_REQUEST"
    );
    let right = json!({"files": [{"file": 0, "parts": named}]});
    assert_eq!(
        door.json(202, post(&of(&job, "start")).json(&right))["status"],
        "queued"
    );
}

#[test]
fn a_job_is_cancelled_once_and_retried_when_it_failed() {
    let door = Door::new();
    let job = door.json(202, small("un"));
    assert_eq!(door.refused(409, post(&of(&job, "retry"))), "JOB_RUNNING");
    let cancelled = door.json(202, post(&of(&job, "cancel")));
    assert_eq!(
        (&cancelled["status"], &cancelled["cancelled_by"]),
        (&json!("cancelled"), &json!(ALICE))
    );
    let twice = door.json(202, post(&of(&job, "cancel")));
    assert_eq!(
        twice["version"], cancelled["version"],
        "a second time changes nothing"
    );

    let partial = door.json(202, small("un\nfail"));
    let complete = door.json(202, small("un\ndeux"));
    door.installation.run(door.installation.work());
    assert_eq!(
        door.refused(409, post(&of(&complete, "retry"))),
        "NOTHING_TO_RETRY"
    );
    assert_eq!(door.refused(409, post(&of(&complete, "cancel"))), "JOB_FINISHED");
    let retried = door.json(202, post(&of(&partial, "retry")));
    assert_eq!(
        (&retried["status"], &retried["attempt"]),
        (&json!("queued"), &json!(2))
    );
}

#[test]
fn a_result_is_edited_by_who_has_its_newest_edition() {
    let door = Door::new();
    let job = door.json(202, small("un\ndeux"));
    let path = of(&job, "result");
    let edit = |lines: &Value| {
        let body = json!({ "lines": lines });
        Http::new("PATCH", &path).by(ALICE).json(&body)
    };
    assert_eq!(door.refused(409, edit(&json!([]))), "NOT_FINISHED");
    door.installation.run(door.installation.work());
    let edited = door.ask(edit(&json!(["UN"])));
    assert_eq!((edited.status(), edited.header("etag")), (200, Some("\"1.1\"")));
    let shown: Value = serde_json::from_slice(edited.body()).unwrap();
    assert_eq!(
        (&shown["edition"], &shown["editions"][0]["author"]),
        (&json!(1), &json!(ALICE))
    );
    for stale in ["\"1.0\"", "\"0\"", "\"2.1\""] {
        let stale = edit(&json!(["X"])).header("If-Match", stale);
        assert_eq!(door.refused(412, stale), "EDITED_MEANWHILE");
    }
    for current in ["\"1.1\"", "\"2\"", "*"] {
        let edited = door.ask(edit(&json!(["DEUX"])).header("If-Match", current));
        assert_eq!(edited.status(), 200, "{current}");
    }
    for odd in ["1.4", "W/\"1.4\"", "\"\"", "\"1.4\", \"1.3\"", "\"-1\""] {
        let odd = edit(&json!(["X"])).header("If-Match", odd);
        assert_eq!(door.refused(422, odd), "INVALID_EDITION");
    }
    assert_eq!(door.refused(422, edit(&json!(1))), "REQUIRED");
    let large = "x".repeat(1 << 20);
    assert_eq!(door.refused(413, edit(&json!([large]))), "REQUEST_TOO_LARGE");
    let plain = Http::new("PATCH", &path).by(ALICE);
    assert_eq!(door.refused(400, plain), "INVALID_JSON");
    let stranger = Http::new("PATCH", &path).by(MALLORY).json(&json!({"lines": []}));
    assert_eq!(door.refused(404, stranger), "JOB_NOT_FOUND");
    let nobody = Http::new("PATCH", &path).json(&json!({"lines": []}));
    assert_eq!(door.refused(401, nobody), "UNAUTHENTICATED");
}

#[test]
fn a_job_that_is_over_is_deleted_once() {
    let door = Door::new();
    let job = door.json(202, small("un\ndeux"));
    let path = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
    let delete = || Http::new("DELETE", &path);
    assert_eq!(door.refused(409, delete().by(ALICE)), "JOB_RUNNING");
    door.installation.run(door.installation.work());
    assert_eq!(door.refused(404, delete().by(MALLORY)), "JOB_NOT_FOUND");
    assert_eq!(door.refused(401, delete()), "UNAUTHENTICATED");
    let deleted = door.ask(delete().by(ALICE));
    assert_eq!((deleted.status(), deleted.body()), (204, &b""[..]));
    assert_eq!(door.refused(404, delete().by(ALICE)), "JOB_NOT_FOUND");
    assert_eq!(door.refused(404, post(&of(&job, "retry"))), "JOB_NOT_FOUND");
    assert_eq!(door.installation.memory.jobs.all(), []);
    assert_eq!(door.installation.memory.blobs.all_keys(), [""; 0]);
}

#[test]
fn what_is_not_yours_is_not_there() {
    let door = Door::new();
    let job = door.json(202, small("un"));
    for verb in ["uploads", "start", "cancel", "retry"] {
        let path = of(&job, verb);
        let stranger = Http::new("POST", &path).by(MALLORY);
        assert_eq!(door.refused(404, stranger), "JOB_NOT_FOUND", "{verb}");
        assert_eq!(
            door.refused(401, Http::new("POST", &path)),
            "UNAUTHENTICATED",
            "{verb}"
        );
        for id in [
            "x",
            "..",
            "019aa000-0000-7000-8000-000000000001",
            "019AA000-0000-7000-8000-00000000000A",
            "%7B%7D",
        ] {
            let path = format!("/v1/jobs/{id}/{verb}");
            assert_eq!(door.refused(404, post(&path)), "JOB_NOT_FOUND", "{path}");
        }
    }
    let jobs = door.installation.memory.jobs.all();
    assert_eq!(jobs[0].status, Status::Queued);
}

#[test]
fn a_ticket_opens_one_connection() {
    let door = Door::new();
    let ticket = door.json(201, post("/v1/live/ticket"));
    let url = format!(
        "wss://live.example.com/live?ticket={}",
        ticket["ticket"].as_str().unwrap()
    );
    assert_eq!(ticket["url"], url);
    assert!(ticket["expires_at"].is_string());
    let live = door.installation.live();
    let connect = || {
        door.installation
            .run(live.connect("c1", ticket["ticket"].as_str()))
    };
    assert_eq!(connect(), Ok(true));
    assert_eq!(connect(), Ok(false));
}
