//! `status` over an installation in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_core::job::{Job, Status};
use docmill_gateway::{Response, answer};
use docmill_status::{PublicConfig, StatusApp};
use docmill_testing::{ALICE, Http, Installation, MALLORY, alice, recorded};
use serde_json::{Value, json};

struct Door {
    installation: Installation,
    app: StatusApp,
}

impl Door {
    fn new() -> Self {
        let installation = Installation::default();
        let app = StatusApp {
            reader: installation.reader(),
            health: installation.memory.health.clone(),
            public: PublicConfig {
                issuer: "https://issuer.example.com".to_owned(),
                client_id: "client".to_owned(),
                auth_endpoint: None,
                live_url: "wss://live.example.com/live".to_owned(),
            },
        };
        Self { installation, app }
    }

    fn ask(&self, request: Http) -> Response {
        self.installation.run(answer(&self.app, request.event()))
    }

    fn json(&self, target: &str) -> Value {
        let response = self.ask(get(target));
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        assert_eq!(response.status(), 200, "{target}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The code of a problem, or of its only field.
    fn refused(&self, status: u16, request: Http) -> String {
        let response = self.ask(request);
        let problem: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status(), status, "{problem}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        let code = match problem["errors"].as_array().map(Vec::as_slice) {
            Some([only]) => &only["code"],
            _ => &problem["code"],
        };
        code.as_str().unwrap().to_owned()
    }

    /// A job over `text`, ended and published.
    fn ended(&self, text: &str) -> Job {
        let job = self.installation.run(self.installation.submit(text));
        self.installation.run(self.installation.work());
        self.installation.job(job.id)
    }

    /// A queued job whose first event is published.
    fn queued(&self) -> Job {
        let job = self.installation.run(self.installation.submit("un"));
        self.installation.run(self.installation.publish());
        job
    }

    fn stream(&self, job: &Job) -> String {
        let shown = self.json(&format!("/v1/jobs/{}", job.id));
        shown["links"]["stream"].as_str().unwrap().to_owned()
    }
}

fn get(target: &str) -> Http {
    Http::new("GET", target).by(ALICE)
}

#[test]
fn a_job_has_a_version_that_is_not_sent_twice() {
    let door = Door::new();
    let job = door.queued();
    let path = format!("/v1/jobs/{}", job.id);
    let response = door.ask(get(&path));
    let shown: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status(), response.header("etag")), (200, Some("\"1\"")));
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(response.header("cache-control"), Some("private, no-cache"));
    assert_eq!(
        (&shown["poll_after_ms"], &shown["files"][0]["name"]),
        (&json!(1000), &json!("roman.txt"))
    );

    let known = door.ask(get(&path).header("if-none-match", "\"1\""));
    assert_eq!(
        (known.status(), known.header("etag"), known.body()),
        (304, Some("\"1\""), &[][..])
    );
    assert_eq!(known.header("retry-after"), Some("1"));
    door.installation.run(door.installation.work());
    let newer = door.ask(get(&path).header("if-none-match", "\"1\""));
    let shown: Value = serde_json::from_slice(newer.body()).unwrap();
    assert_eq!((newer.status(), newer.header("retry-after")), (200, None));
    assert_eq!(
        (&shown["status"], &shown["outcome"]),
        (&json!("completed"), &json!("complete"))
    );
    assert_eq!(shown["settings"], json!({"upper": true}));
}

#[test]
fn the_recorded_events_are_answered() {
    let door = Door::new();
    for (name, status) in [("status", 404), ("status-stream", 401), ("site", 404)] {
        let event = serde_json::from_value(recorded(name)).unwrap();
        let response = door.installation.run(answer(&door.app, event));
        assert_eq!(response.status(), status, "{name}");
    }
}

#[test]
fn what_is_not_yours_is_not_there() {
    let door = Door::new();
    let job = door.ended("un");
    for rest in ["", "/events", "/result"] {
        let path = format!("/v1/jobs/{}{rest}", job.id);
        assert_eq!(
            door.refused(404, Http::new("GET", &path).by(MALLORY)),
            "JOB_NOT_FOUND"
        );
        assert_eq!(door.refused(401, Http::new("GET", &path)), "UNAUTHENTICATED");
        let known = Http::new("GET", &path).by(MALLORY).header("if-none-match", "*");
        assert_eq!(door.refused(404, known), "JOB_NOT_FOUND");
        for id in ["x", "019aa000-0000-7000-8000-000000000001", "..%2f", "{id}"] {
            let path = format!("/v1/jobs/{id}{rest}");
            assert_eq!(door.refused(404, get(&path)), "JOB_NOT_FOUND", "{path}");
        }
    }
    let stranger = door.ask(Http::new("GET", "/v1/jobs").by(MALLORY));
    assert_eq!(stranger.body(), br#"{"jobs":[],"next_cursor":null}"#);
    for path in ["/v1/jobs", "/v1/pipelines", "/v1/health/deep"] {
        assert_eq!(door.refused(401, Http::new("GET", path)), "UNAUTHENTICATED");
    }
}

#[test]
fn unknown_routes_and_methods_are_problems() {
    let door = Door::new();
    assert_eq!(door.refused(404, get("/v1/estimate")), "NOT_FOUND");
    assert_eq!(door.refused(404, get("/")), "NOT_FOUND");
    for method in ["HEAD", "POST", "DELETE", "BREW"] {
        let request = Http::new(method, "/v1/jobs").by(ALICE);
        assert_eq!(door.refused(405, request), "METHOD_NOT_ALLOWED", "{method}");
    }
    let response = door.ask(Http::new("PUT", "/v1/health"));
    assert_eq!(response.header("allow"), Some("GET"));
}

#[test]
fn events_are_listed_and_waited_for() {
    let door = Door::new();
    let job = door.queued();
    let path = format!("/v1/jobs/{}/events", job.id);
    let page = door.json(&path);
    assert_eq!(
        (&page["events"][0]["version"], &page["next_after"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(page["events"][0]["type"], "status");
    let none = door.json(&format!("{path}?after=1"));
    assert_eq!(none, json!({"events": [], "next_after": 1}));

    let before = door.installation.clock.next_wake();
    assert_eq!(before, None);
    let waited = door.json(&format!("{path}?after=1&wait=20"));
    assert_eq!(waited["events"], json!([]), "nothing came within 20 s");

    door.installation.run(door.installation.work());
    let newer = door.json(&format!("{path}?after=1&wait=20"));
    let last = newer["events"].as_array().unwrap().last().unwrap();
    assert_eq!(last["status"], "completed");
    for bad in ["after=x", "after=-1", "wait=21", "wait=1.5", "wait=soon"] {
        assert_eq!(
            door.refused(422, get(&format!("{path}?{bad}"))),
            "INVALID_NUMBER",
            "{bad}"
        );
    }
}

#[test]
fn a_waiting_request_gets_the_first_newer_event() {
    let door = Door::new();
    let job = door.queued();
    let request = get(&format!("/v1/jobs/{}/events?after=1&wait=20", job.id));
    let clock = &door.installation.clock;
    let started = docmill_core::ports::Clock::now(clock.as_ref());
    let (response, ()) = door
        .installation
        .run(async { futures::join!(answer(&door.app, request.event()), door.installation.work()) });
    let page: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(page["events"][0]["version"], 2);
    let waited = docmill_core::ports::Clock::now(clock.as_ref()).since(started);
    assert!(waited.as_secs() < 2, "{waited:?}");
}

#[test]
fn the_stream_is_for_an_event_source() {
    let door = Door::new();
    let job = door.queued();
    let link = door.stream(&job);
    let first = door.ask(Http::new("GET", &link));
    assert_eq!(first.status(), 200);
    assert_eq!(
        first.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let text = String::from_utf8(first.body().to_vec()).unwrap();
    let (head, event) = text.split_once("\n\n").unwrap();
    assert_eq!(head, "retry: 1000\n: connected");
    let lines: Vec<&str> = event.trim_end().lines().collect();
    assert_eq!(lines[..2], ["id: 1", "event: status"]);
    let data: Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
    let listed = door.json(&format!("/v1/jobs/{}/events", job.id));
    assert_eq!(data, listed["events"][0], "the same object as in the list");
    assert_eq!(data["type"], lines[1].strip_prefix("event: ").unwrap());
    assert!(event.ends_with("\n\n"));

    let nothing = door.ask(Http::new("GET", &link).header("last-event-id", "1"));
    assert_eq!(
        nothing.body(),
        b"retry: 1000\n: connected\n\n",
        "20 s without an event"
    );

    door.installation.run(door.installation.work());
    let rest = door.ask(Http::new("GET", &link).header("last-event-id", "1"));
    let text = String::from_utf8(rest.body().to_vec()).unwrap();
    assert!(!text.contains("id: 1\n"), "{text}");
    let version = door.installation.job(job.id).version;
    assert!(
        text.contains(&format!("id: {version}\nevent: status\n")),
        "{text}"
    );

    let end = door.ask(Http::new("GET", &link).header("last-event-id", &version.to_string()));
    assert_eq!(
        (end.status(), end.body()),
        (204, &[][..]),
        "an EventSource stops at 204"
    );
    let by_query = door.ask(Http::new("GET", &format!("{link}&after={version}")));
    assert_eq!(by_query.status(), 204);
    let odd = door.ask(Http::new("GET", &link).header("last-event-id", "x"));
    assert_eq!(
        odd.status(),
        200,
        "who does not know where it stopped starts again"
    );
}

#[test]
fn a_stream_needs_its_own_token() {
    let door = Door::new();
    let (job, other) = (door.queued(), door.queued());
    let token = door.stream(&job).split_once("?token=").unwrap().1.to_owned();
    for (id, token) in [
        (job.id.to_string(), String::new()),
        (job.id.to_string(), "9999999999.00".to_owned()),
        (other.id.to_string(), token.clone()),
        ("019aa000-0000-7000-8000-000000000001".to_owned(), token.clone()),
    ] {
        let request = Http::new("GET", &format!("/v1/jobs/{id}/stream?token={token}"));
        assert_eq!(door.refused(401, request), "INVALID_TOKEN");
    }
    door.installation
        .clock
        .advance(std::time::Duration::from_secs(2 * 60 * 60));
    let late = Http::new("GET", &format!("/v1/jobs/{}/stream?token={token}", job.id));
    assert_eq!(door.refused(401, late), "INVALID_TOKEN");
}

#[test]
fn results_are_fetched_from_the_store_or_made() {
    let door = Door::new();
    let job = door.ended("un\nfail\ntrois");
    assert_eq!(job.status, Status::Completed);
    let path = format!("/v1/jobs/{}/result", job.id);
    let link = door.ask(get(&path));
    assert_eq!(link.status(), 303);
    let download = door
        .installation
        .memory
        .transfers
        .download(link.header("location").unwrap())
        .unwrap();
    assert_eq!(download.bytes, r#"{"lines":["UN","TROIS"]}"#);
    assert_eq!(download.file_name, "roman.json");
    assert_eq!(door.ask(get(&format!("{path}?format=csv"))).status(), 303);

    let made = door.ask(get(&format!("{path}?format=csv&start_index=7&full=true")));
    assert_eq!(
        (made.status(), made.body()),
        (200, &b"7,\"UN\"\r\n8,\"TROIS\"\r\n"[..])
    );
    assert_eq!(made.header("content-type"), Some("text/csv"));
    let disposition = made.header("content-disposition").unwrap();
    assert!(
        disposition.starts_with("attachment; filename=\"roman.csv\""),
        "{disposition}"
    );
    for (status, code, query) in [
        (422, "UNKNOWN_FORMAT", "format=exe"),
        (422, "UNKNOWN_FORMAT", "format=../../etc/passwd"),
        (422, "NO_SUCH_EXPORT", "format=json&full=1"),
        (422, "NO_SUCH_EXPORT", "format=json&variant=short"),
        (422, "INVALID_NUMBER", "edition=-1"),
        (422, "INVALID_NUMBER", "edition=4294967296"),
        (404, "NO_SUCH_EDITION", "edition=1"),
        (422, "INVALID_FLAG", "full=perhaps"),
        (422, "INVALID_NUMBER", "start_index=-1"),
        (422, "INVALID_NUMBER", "part=0"),
        (404, "NO_SUCH_PART", "part=2"),
    ] {
        assert_eq!(
            door.refused(status, get(&format!("{path}?{query}"))),
            code,
            "{query}"
        );
    }
    let running = door.queued();
    assert_eq!(
        door.refused(409, get(&format!("/v1/jobs/{}/result", running.id))),
        "NOT_FINISHED"
    );
    let failed = door.ended("fail");
    assert_eq!(
        door.refused(409, get(&format!("/v1/jobs/{}/result", failed.id))),
        "NO_RESULT"
    );
}

#[test]
fn editions_are_fetched_by_number_and_told_of() {
    let door = Door::new();
    let job = door.ended("un\ndeux");
    let path = format!("/v1/jobs/{}", job.id);
    assert_eq!(door.json(&path)["edition"], 0);
    let body = json!({"lines": ["TROIS"]});
    let intake = door.installation.intake();
    let caller = alice();
    let edited = intake.edit_result(&caller, job.id, &body, None);
    door.installation.run(edited).unwrap();
    let shown = door.json(&path);
    assert_eq!(
        (&shown["edition"], &shown["editions"][0]["number"]),
        (&json!(1), &json!(1))
    );
    let linked = |query: &str| {
        let link = door.ask(get(&format!("{path}/result{query}")));
        assert_eq!(link.status(), 303, "{query}");
        let transfers = &door.installation.memory.transfers;
        transfers
            .download(link.header("location").unwrap())
            .unwrap()
            .bytes
    };
    // In whatever order of its fields.
    let told = |query: &str| serde_json::from_slice::<serde_json::Value>(&linked(query)).unwrap();
    assert_eq!(told(""), json!({"edition": 1, "lines": ["TROIS"]}));
    assert_eq!(linked("?edition=1"), linked(""));
    assert_eq!(told("?edition=0"), json!({"lines": ["UN", "DEUX"]}));
    assert_eq!(linked("?edition=0&format=csv"), "UN\r\nDEUX");
    let made = door.ask(get(&format!("{path}/result?format=csv")));
    assert_eq!((made.status(), made.body()), (200, &b"1,\"TROIS\"\r\n"[..]));
    let pipelines = door.json("/v1/pipelines");
    let editable = |name: &str| {
        let all = pipelines["pipelines"].as_array().unwrap();
        let one = all.iter().find(|pipeline| pipeline["name"] == name).unwrap();
        one["editable"].clone()
    };
    assert_eq!(
        (editable("lines"), editable("novel")),
        (json!(true), json!(false))
    );
}

#[test]
fn jobs_are_listed_newest_first_by_pages() {
    let door = Door::new();
    let old = door.ended("un");
    door.installation
        .clock
        .advance(std::time::Duration::from_millis(5));
    let new = door.queued();
    let ids = |list: &Value| -> Vec<String> {
        let jobs = list["jobs"].as_array().unwrap();
        jobs.iter()
            .map(|job| job["job_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = door.json("/v1/jobs?limit=1");
    assert_eq!(ids(&first), [new.id.to_string()]);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(
        ids(&door.json(&format!("/v1/jobs?limit=1&cursor={cursor}"))),
        [old.id.to_string()]
    );
    for word in ["completed", "complete"] {
        assert_eq!(
            ids(&door.json(&format!("/v1/jobs?status={word}"))),
            [old.id.to_string()]
        );
    }
    assert_eq!(
        ids(&door.json("/v1/jobs?status=pending&pipeline=lines")),
        [new.id.to_string()]
    );
    assert_eq!(ids(&door.json("/v1/jobs?batch_id=b-7")), [""; 0]);
    for (code, query) in [
        ("UNKNOWN_STATUS", "status=done"),
        ("INVALID_NUMBER", "limit=0"),
        ("INVALID_NUMBER", "limit=many"),
        ("INVALID_CURSOR", "cursor=!!"),
        ("INVALID_CURSOR", "cursor=e30"),
    ] {
        assert_eq!(
            door.refused(422, get(&format!("/v1/jobs?{query}"))),
            code,
            "{query}"
        );
    }
    let none = get("/v1/jobs?company_id=c1");
    assert_eq!(door.refused(404, none), "COMPANY_NOT_FOUND");
}

#[test]
fn the_installation_tells_of_itself() {
    let door = Door::new();
    let pipelines = door.json("/v1/pipelines");
    let pipelines = pipelines["pipelines"].as_array().unwrap();
    let lines = pipelines
        .iter()
        .find(|pipeline| pipeline["name"] == "lines")
        .unwrap();
    assert_eq!((&lines["name"], &lines["kinds"]), (&json!("lines"), &json!([])));
    assert_eq!(lines["stages"][1], json!({"percent": 5, "text": "Reading"}));
    assert_eq!(lines["accepts"][0]["extension"], ".txt");
    assert_eq!(
        lines["limits"],
        json!({"max_files": 100, "deadline_seconds": null})
    );
    assert_eq!(lines["formats"][0]["name"], "json");
    assert_eq!(lines["settings_schema"]["type"], "object");

    let anybody = |path: &str| {
        let response = door.ask(Http::new("GET", path));
        assert_eq!(response.status(), 200, "{path}");
        serde_json::from_slice::<Value>(response.body()).unwrap()
    };
    assert_eq!(anybody("/v1/health")["status"], "ok");
    assert_eq!(
        anybody("/v1/config"),
        json!({
            "issuer": "https://issuer.example.com", "client_id": "client", "auth_endpoint": null,
            "ws_url": "wss://live.example.com/live",
            "limits": {"request_bytes": 4_194_304, "files": 100},
        })
    );
}

#[test]
fn deep_health_names_parts_and_no_internals() {
    let door = Door::new();
    door.installation.memory.health.set("jobs", None);
    door.installation.memory.health.set("bucket", None);
    assert_eq!(
        door.json("/v1/health/deep"),
        json!({"status": "ok", "parts": ["bucket", "jobs"]})
    );
    let internals = "AccessDenied: arn:aws:s3:::secret-bucket";
    door.installation.memory.health.set("bucket", Some(internals));
    let response = door.ask(get("/v1/health/deep"));
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(
        (response.status(), response.header("retry-after")),
        (503, Some("30"))
    );
    assert!(
        text.contains("\"field\":\"bucket\"") && !text.contains("arn:"),
        "{text}"
    );
    assert!(!text.contains("\"field\":\"jobs\""), "{text}");
}

#[test]
fn a_cancelled_job_ends_its_stream() {
    let door = Door::new();
    let job = door.queued();
    let link = door.stream(&job);
    let cancelled = door
        .installation
        .run(door.installation.intake().cancel(&alice(), job.id));
    assert_eq!(cancelled.unwrap().job.status, Status::Cancelled);
    door.installation.run(door.installation.publish());
    let version = door.installation.job(job.id).version;
    let last = door.ask(Http::new("GET", &link).header("last-event-id", "1"));
    assert!(String::from_utf8_lossy(last.body()).contains("\"status\":\"cancelled\""));
    let end = door.ask(Http::new("GET", &link).header("last-event-id", &version.to_string()));
    assert_eq!(end.status(), 204);
}

#[test]
fn a_trail_is_for_whom_it_concerns() {
    let door = Door::new();
    let job = door.ended("un\ndeux");
    let trail = door.json("/v1/audit");
    assert_eq!(trail["next_cursor"], Value::Null);
    let entries = trail["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (&entries[0]["action"], &entries[0]["subject"], &entries[0]["as"]),
        (&json!("job_created"), &json!(job.id), &json!("owner"))
    );
    assert_eq!(
        (&entries[0]["actor"], &entries[0]["company_id"]),
        (&json!(ALICE), &Value::Null)
    );
    let stranger = door.ask(Http::new("GET", "/v1/audit").by(MALLORY));
    let stranger: Value = serde_json::from_slice(stranger.body()).unwrap();
    assert_eq!(stranger["entries"], json!([]));
    assert_eq!(door.refused(422, get("/v1/audit?cursor=x")), "INVALID_CURSOR");
    assert_eq!(
        door.refused(401, Http::new("GET", "/v1/audit")),
        "UNAUTHENTICATED"
    );
    let nowhere = get("/v1/companies/019aa000-0000-7000-8000-00000000c0c0/audit");
    assert_eq!(door.refused(404, nowhere), "COMPANY_NOT_FOUND");
}
