//! What `intake` and `status` answer is what the API description says: every field is described, every described field
//! that is required is there. The description's own examples are held to the same.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Description, get, post};
use docmill_gateway::{Response, answer};
use docmill_intake::IntakeApp;
use docmill_status::{PublicConfig, StatusApp};
use docmill_testing::{ALICE, Http, Installation};
use serde_json::{Value, json};

struct Service {
    installation: Installation,
    intake: IntakeApp,
    status: StatusApp,
    description: Description,
}

impl Service {
    fn new() -> Self {
        let installation = Installation::default();
        let live_url = "wss://live.example.com/live".to_owned();
        Self {
            intake: IntakeApp {
                intake: installation.intake(),
                feed: installation.memory.live.clone(),
                tokens: installation.tokens.clone(),
                callback_keys: installation.callback_keys(),
                live_url: live_url.clone(),
            },
            status: StatusApp {
                reader: installation.reader(),
                health: installation.memory.health.clone(),
                public: PublicConfig {
                    issuer: "https://issuer.example.com".to_owned(),
                    client_id: "client".to_owned(),
                    auth_endpoint: None,
                    live_url,
                },
            },
            installation,
            description: Description::load("/openapi.json"),
        }
    }

    /// Asks, and holds the answer against the operation's description.
    fn ask(&self, operation: &str, request: Http, status: u16) -> Value {
        let event = request.event();
        let path = event.raw_path.as_str();
        // Reads that intake answers, since it has what they read at hand.
        let of_intake =
            path == "/v1/callback-secret" || path.starts_with("/v1/companies") && !path.ends_with("/audit");
        let reads = event.request_context.http.method == "GET" && !of_intake;
        let response = if reads {
            self.installation.run(answer(&self.status, event))
        } else {
            self.installation.run(answer(&self.intake, event))
        };
        let body = String::from_utf8_lossy(response.body());
        assert_eq!(response.status(), status, "{operation}: {body}");
        let value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        self.check(operation, &response, &value);
        value
    }

    fn check(&self, operation: &str, response: &Response, value: &Value) {
        let described = self.description.response(operation, response.status());
        for header in described["headers"]
            .as_object()
            .into_iter()
            .flat_map(|headers| headers.keys())
        {
            // Sent where the job is not over.
            if header != "Retry-After" {
                assert!(
                    response.header(&header.to_lowercase()).is_some(),
                    "{operation}: no {header}"
                );
            }
        }
        let Some(content_type) = response.header("content-type") else {
            assert!(described["content"].is_null(), "{operation}: no body");
            return;
        };
        let media_type = content_type.split(';').next().unwrap();
        let schema = &described["content"][media_type]["schema"];
        assert!(!schema.is_null(), "{operation}: {media_type} is not described");
        if media_type.ends_with("json") {
            self.description.hold(value, schema, operation);
        }
    }

    fn submit(&self, text: &str) -> String {
        let form = Http::new("POST", "/v1/jobs").by(ALICE);
        let form = form.form(
            &[("pipeline", "lines")],
            &[("roman.txt", "text/plain", text.as_bytes())],
        );
        let job = self.ask("createJob", form, 202);
        job["job_id"].as_str().unwrap().to_owned()
    }
}

#[test]
fn the_life_of_a_job_is_as_described() {
    let service = Service::new();
    let id = service.submit("un\nfail\ntrois");
    let path = format!("/v1/jobs/{id}");
    service.ask("getJob", get(&path), 200);
    service.ask("getJob", get(&path).header("if-none-match", "\"1\""), 304);
    service.installation.run(service.installation.work());
    let job = service.ask("getJob", get(&path), 200);
    assert_eq!(
        (&job["status"], &job["outcome"]),
        (&json!("completed"), &json!("partial"))
    );
    let list = service.ask("listJobs", get("/v1/jobs?limit=1"), 200);
    assert_eq!(list["jobs"][0]["job_id"], job["job_id"]);
    let events = service.ask("listEvents", get(&format!("{path}/events")), 200);
    assert!(events["events"].as_array().unwrap().len() > 3);
    let stream = job["links"]["stream"].as_str().unwrap();
    service.ask("streamEvents", Http::new("GET", stream), 200);
    service.ask(
        "streamEvents",
        Http::new("GET", stream).header("last-event-id", "999"),
        204,
    );
    service.ask("getResult", get(&format!("{path}/result?format=csv")), 303);
    let edit = || {
        let edit = Http::new("PATCH", &format!("{path}/result")).by(ALICE);
        edit.json(&json!({"lines": ["quatre"]}))
    };
    let edited = service.ask("editResult", edit(), 200);
    assert_eq!(edited["editions"].as_array().map(Vec::len), Some(1));
    service.ask("editResult", edit().header("if-match", "\"1.0\""), 412);
    service.ask("getResult", get(&format!("{path}/result?format=csv")), 200);
    service.ask("cancelJob", post(&format!("{path}/cancel")), 409);
    service.ask("retryJob", post(&format!("{path}/retry")), 202);
    service.ask("cancelJob", post(&format!("{path}/cancel")), 202);
}

#[test]
fn uploads_are_as_described() {
    let service = Service::new();
    let announce = |size: u64| {
        let body = json!({"pipeline": "lines", "files": [{"name": "a.txt", "size": size, "content_type": "text/plain"}]});
        service.ask("createJob", post("/v1/jobs").json(&body), 202)
    };
    for size in [5_000_000, 40_000_000] {
        let job = announce(size);
        let path = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
        let state = service.ask("resumeUpload", post(&format!("{path}/uploads")), 200);
        assert!(!state["uploads"][0]["parts"].as_array().unwrap().is_empty());
        service.ask(
            "startJob",
            post(&format!("{path}/start")).json(&json!({"files": []})),
            409,
        );
    }
}

#[test]
fn the_installation_is_as_described() {
    let service = Service::new();
    service.ask("createTicket", post("/v1/live/ticket"), 201);
    service.ask("getCallbackSecret", get("/v1/callback-secret"), 200);
    service.ask("rotateCallbackSecret", post("/v1/callback-secret"), 201);
    let trail = service.ask("listOwnAudit", get("/v1/audit"), 200);
    assert_eq!(
        trail["entries"][0]["action"], "callback_secret_rotated",
        "{trail}"
    );
    service.ask("listPipelines", get("/v1/pipelines"), 200);
    service.ask("getConfig", Http::new("GET", "/v1/config"), 200);
    service.ask("getHealth", Http::new("GET", "/v1/health"), 200);
    service.ask("getDeepHealth", get("/v1/health/deep"), 200);
    service.installation.memory.health.set("bucket", Some("away"));
    service.ask("getDeepHealth", get("/v1/health/deep"), 503);
}

#[test]
fn accounts_are_as_described() {
    let service = Service::new();
    let files = json!([{"name": "a.txt", "size": 5, "content_type": "text/plain"}]);
    let job = json!({"pipeline": "lines", "files": files});
    service.ask("estimateJob", post("/v1/estimate").json(&job), 200);
    service.submit("un");
    service.installation.run(service.installation.work());
    let credits = service.ask("getCredits", get("/v1/credits"), 200);
    assert_eq!(credits["ledger"].as_array().unwrap().len(), 3, "{credits}");
    service.ask("getStats", get("/v1/stats"), 200);
    let made = service.ask(
        "createCompany",
        post("/v1/companies").json(&json!({"name": "Müller"})),
        201,
    );
    let path = format!("/v1/companies/{}", made["company_id"].as_str().unwrap());
    let guest = json!({"email": "guest@example.com"});
    service.ask("invite", post(&format!("{path}/invitations")).json(&guest), 201);
    service.ask("listCompanies", get("/v1/companies"), 200);
    let shown = service.ask("getCompany", get(&path), 200);
    assert_eq!(shown["invitations"].as_array().unwrap().len(), 1);
    service.ask(
        "listJobs",
        get(&format!("/v1/jobs?company_id={}", &path[14..])),
        200,
    );
    service.ask("joinCompany", post(&format!("{path}/join")), 404);
    let member = format!("{path}/members/{ALICE}");
    service.ask("removeMember", Http::new("DELETE", &member).by(ALICE), 409);
    let role = Http::new("PATCH", &member)
        .by(ALICE)
        .json(&json!({"role": "member"}));
    service.ask("setRole", role, 409);
    let withdrawn = format!("{path}/invitations/guest@example.com");
    service.ask(
        "withdrawInvitation",
        Http::new("DELETE", &withdrawn).by(ALICE),
        204,
    );
    service.ask("getCompany", get("/v1/companies/none"), 404);
}

#[test]
fn what_is_used_up_is_as_described() {
    let mut service = Service::new();
    service.intake.intake.allowance.monthly_grant = 0;
    service.intake.intake.allowance.uploads.limit = 11;
    let form = || {
        let form = Http::new("POST", "/v1/jobs").by(ALICE);
        form.form(&[("pipeline", "lines")], &[("roman.txt", "text/plain", b"un")])
    };
    for _ in 0..10 {
        service.ask("createJob", form(), 202);
    }
    service.ask("createJob", form(), 402);
    service.intake.intake.allowance.uploads.limit = 10;
    service.ask("createJob", form(), 429);
}

#[test]
fn refusals_are_as_described() {
    let service = Service::new();
    let nobody = "/v1/jobs/01a20028-bec0-7a10-8b20-c30d40e50f60";
    service.ask("getJob", get(nobody), 404);
    service.ask("getJob", Http::new("GET", nobody), 401);
    service.ask("listEvents", get(&format!("{nobody}/events?wait=99")), 422);
    service.ask(
        "createJob",
        post("/v1/jobs").json(&json!({"pipeline": "none", "files": []})),
        422,
    );
    service.ask("createJob", post("/v1/jobs").body("text/plain", "un"), 415);
    service.ask("createJob", post("/v1/jobs").body("application/json", "{"), 400);
}

#[test]
fn the_examples_are_what_they_are_examples_of() {
    let description = Description::load("/openapi.json");
    assert!(description.hold_examples() >= 8);
}

#[test]
fn what_is_not_as_described_is_found() {
    let description = Description::load("/openapi.json");
    let schema = json!({"$ref": "#/components/schemas/Event"});
    let event = json!({
        "type": "progress", "job_id": "01a20028-bec0-7a10-8b20-c30d40e50f60", "version": 2, "at": "2026-11-21T10:15:04.120Z",
        "status": "processing", "stage": "Queued", "progress_percent": 0, "processed_chunks": 0, "total_chunks": null,
        "message": null,
    });
    assert_eq!(description.check(&event, &schema, "event"), Ok(()));
    let changes: [fn(&mut Value); 4] = [
        |event| event["surprise"] = json!(1),
        |event| event["status"] = json!("done"),
        |event| event["version"] = json!("2"),
        |event| drop(event.as_object_mut().unwrap().remove("stage")),
    ];
    for change in changes {
        let mut wrong = event.clone();
        change(&mut wrong);
        assert!(description.check(&wrong, &schema, "event").is_err(), "{wrong}");
    }
}
