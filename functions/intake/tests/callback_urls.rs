//! Callbacks: which URLs are accepted, and whose secret is shown.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_gateway::{Response, answer};
use docmill_intake::IntakeApp;
use docmill_testing::{ALICE, Http, Installation, MALLORY};
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
            live_url: String::new(),
        };
        Self { installation, app }
    }

    fn ask(&self, request: Http) -> Response {
        self.installation.run(answer(&self.app, request.event()))
    }

    /// The body of an answer of that status.
    fn json(&self, status: u16, request: Http) -> Value {
        let response = self.ask(request);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.status(), status, "{body}");
        body
    }

    /// The code of a problem, or of its only field.
    fn refused(&self, status: u16, request: Http) -> String {
        let problem = self.json(status, request);
        let field = &problem["errors"][0]["code"];
        let code = field.as_str().or(problem["code"].as_str());
        code.unwrap().to_owned()
    }
}

fn post(path: &str) -> Http {
    Http::new("POST", path).by(ALICE)
}

fn form(fields: &[(&str, &str)]) -> Http {
    post("/v1/jobs").form(fields, &[("a.txt", "text/plain", b"un")])
}

#[test]
fn a_callback_url_is_kept_in_the_record() {
    let door = Door::new();
    let url = "https://example.com/hook?token=abc";
    let by_form = form(&[("pipeline", "lines"), ("callback_url", url)]);
    let file = json!({"name": "a.txt", "size": 2, "content_type": "text/plain"});
    let announced = json!({"pipeline": "lines", "callback_url": url, "files": [file]});
    for request in [by_form, post("/v1/jobs").json(&announced)] {
        let job = door.json(202, request);
        let id = job["job_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(door.installation.job(id).callback_url.as_deref(), Some(url));
    }
}

#[test]
fn a_callback_url_that_may_not_be_called_is_refused() {
    let door = Door::new();
    let long = format!("https://example.com/{}", "x".repeat(2_000));
    for (url, code) in [
        ("example.com", "INVALID_CALLBACK_URL"),
        ("https://user:secret@example.com/", "INVALID_CALLBACK_URL"),
        ("https://example.com/#part", "INVALID_CALLBACK_URL"),
        (long.as_str(), "INVALID_CALLBACK_URL"),
        ("http://example.com/", "CALLBACK_NOT_HTTPS"),
        ("https://localhost/", "CALLBACK_NOT_PUBLIC"),
        ("https://2130706433/", "CALLBACK_NOT_PUBLIC"),
        ("https://[::ffff:169.254.169.254]/", "CALLBACK_NOT_PUBLIC"),
    ] {
        let fields = [("pipeline", "lines"), ("callback_url", url)];
        assert_eq!(door.refused(422, form(&fields)), code, "{url}");
    }
    assert_eq!(door.installation.memory.jobs.all(), [], "nothing was created");
}

#[test]
fn another_callback_url_is_another_request() {
    let door = Door::new();
    let request = |url: &str| {
        let fields = [("pipeline", "lines"), ("callback_url", url)];
        form(&fields).header("idempotency-key", "k1")
    };
    let first = door.json(202, request("https://example.com/a"));
    let again = door.json(202, request("https://example.com/a"));
    assert_eq!(first["job_id"], again["job_id"]);
    for other in ["https://example.com/b", ""] {
        assert_eq!(door.refused(422, request(other)), "IDEMPOTENCY_KEY_REUSED");
    }
}

#[test]
fn everyone_has_a_callback_secret_and_may_change_it() {
    let door = Door::new();
    let path = "/v1/callback-secret";
    let get = |sub: &str| Http::new("GET", path).by(sub);
    let first = door.json(200, get(ALICE));
    assert!(first["secret"].as_str().unwrap().starts_with("whsec_"), "{first}");
    assert_eq!(
        (&first["generation"], &first["rotated_at"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(door.json(200, get(ALICE)), first);
    let response = door.ask(get(ALICE));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let others = door.json(200, get(MALLORY));
    assert_ne!(others["secret"], first["secret"]);
    let second = door.json(201, post(path));
    assert_ne!(second["secret"], first["secret"]);
    assert_eq!(second["generation"], 2);
    assert!(second["previous_valid_until"].is_string(), "{second}");
    assert_eq!(door.json(200, get(ALICE)), second);
    assert_eq!(door.json(200, get(MALLORY)), others, "of one's own alone");
    assert_eq!(door.refused(401, Http::new("GET", path)), "UNAUTHENTICATED");
    assert_eq!(door.refused(401, Http::new("POST", path)), "UNAUTHENTICATED");
}
