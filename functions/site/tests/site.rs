//! `site` at its recorded events.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_gateway::Response;
use docmill_gateway::event::HttpEvent;
use docmill_site::policy::Policy;
use docmill_site::{SiteApp, VERSION};
use docmill_testing::{Http, recorded};
use serde_json::Value;

const SECURITY_HEADERS: [&str; 4] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
];

fn respond(event: HttpEvent) -> Response {
    let app = SiteApp::new(Policy::new(["wss://live.example.com/live"]));
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(app.respond(event))
}

fn get(path: &str) -> Response {
    respond(Http::new("GET", path).event())
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

/// Addresses in `href="…"` and `src="…"`.
fn links(html: &str) -> Vec<&str> {
    ["href=\"", "src=\""]
        .iter()
        .flat_map(|start| html.split(start).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[test]
fn recorded_events_are_answered() {
    for (name, status, content_type) in [
        ("site", 200, "text/html; charset=utf-8"),
        ("site-docs", 200, "text/html; charset=utf-8"),
        ("site-openapi", 200, "application/json"),
        // Recorded with an older release: its files are gone.
        ("site-asset", 404, "application/problem+json"),
        ("site-default", 404, "application/problem+json"),
    ] {
        let response = respond(serde_json::from_value(recorded(name)).unwrap());
        assert_eq!(response.status(), status, "{name}");
        assert_eq!(response.header("content-type"), Some(content_type), "{name}");
        for header in SECURITY_HEADERS {
            assert!(response.header(header).is_some(), "{name}: {header}");
        }
    }
}

#[test]
fn what_has_no_route_is_a_problem_of_the_api() {
    let event = recorded("site-default");
    let response = respond(serde_json::from_value(event.clone()).unwrap());
    let problem: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        (&problem["status"], &problem["code"]),
        (&404.into(), &"NOT_FOUND".into())
    );
    assert_eq!(problem["request_id"], event["requestContext"]["requestId"]);
    assert_eq!(response.header("cache-control"), Some("no-store"));
}

#[test]
fn every_file_of_the_page_is_there_and_kept_for_good() {
    let page = get("/");
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let html = text(&page);
    let assets: Vec<_> = links(html)
        .into_iter()
        .filter(|link| link.starts_with("assets/"))
        .collect();
    assert!(assets.len() >= 3, "{assets:?}");
    for link in assets {
        let response = get(&format!("/{link}"));
        assert_eq!(response.status(), 200, "{link}");
        let kept = response.header("cache-control").unwrap();
        assert!(kept.contains("immutable"), "{link}: {kept}");
    }
}

#[test]
fn modules_import_only_what_is_there() {
    let mut waiting = vec!["app.js".to_owned()];
    let mut seen = Vec::new();
    while let Some(name) = waiting.pop() {
        let response = get(&format!("/assets/{VERSION}/{name}"));
        assert_eq!(response.status(), 200, "{name}");
        assert_eq!(
            response.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
        for import in text(&response).split(" from \"./").skip(1) {
            let import = import.split('"').next().unwrap().to_owned();
            if !seen.contains(&import) {
                seen.push(import.clone());
                waiting.push(import);
            }
        }
    }
    assert!(seen.len() >= 10, "{seen:?}");
}

#[test]
fn addresses_are_relative_so_that_any_base_path_will_do() {
    for path in ["/", "/docs"] {
        let page = get(path);
        for link in links(text(&page)) {
            let absolute = link.starts_with('/') || link.contains("://");
            assert!(!absolute, "{path}: {link}");
        }
    }
}

#[test]
fn pages_have_nothing_that_their_policy_forbids() {
    for path in ["/", "/docs"] {
        let page = get(path);
        let html = text(&page);
        assert!(
            !html.contains(" style=\"") && !html.contains("<style"),
            "{path}: inline style"
        );
        let inline = html
            .split("<script")
            .skip(1)
            .any(|script| !script.contains("src=\""));
        assert!(!inline, "{path}: inline script");
        for handler in [" onclick=", " onload=", " onsubmit=", "javascript:"] {
            assert!(!html.contains(handler), "{path}: {handler}");
        }
    }
}

#[test]
fn who_has_it_already_gets_304() {
    for path in [
        "/".to_owned(),
        "/docs".to_owned(),
        "/openapi.json".to_owned(),
        format!("/assets/{VERSION}/style.css"),
    ] {
        let first = get(&path);
        let etag = first.header("etag").unwrap();
        for known in [
            etag.to_owned(),
            format!("W/{etag}"),
            format!("\"other\", {etag}"),
            "*".to_owned(),
        ] {
            let again = respond(Http::new("GET", &path).header("if-none-match", &known).event());
            assert_eq!((again.status(), again.body()), (304, &[][..]), "{path} {known}");
            assert_eq!(again.header("etag"), Some(etag));
            assert_eq!(again.header("cache-control"), first.header("cache-control"));
        }
        let other = respond(
            Http::new("GET", &path)
                .header("if-none-match", "\"other\"")
                .event(),
        );
        assert_eq!(other.status(), 200);
    }
}

#[test]
fn only_get_is_known() {
    let response = respond(Http::new("POST", "/docs").event());
    assert_eq!((response.status(), response.header("allow")), (405, Some("GET")));
    for path in [
        "/assets/",
        "/assets/app.js",
        "/assets/../main.rs",
        "//",
        "/docs/",
        "/v2",
    ] {
        assert_eq!(get(path).status(), 404, "{path}");
    }
}
