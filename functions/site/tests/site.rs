//! `site` at its recorded events.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Read;

use common::{plain as get, respond};
use docmill_gateway::{MAX_RESPONSE_BYTES, Response};
use docmill_testing::{Http, recorded};
use flate2::read::GzDecoder;
use serde_json::Value;

const SECURITY_HEADERS: [&str; 4] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
];

const PAGES: [&str; 3] = ["/", "/docs", "/docs/live"];

fn encoded(path: &str, encodings: &str) -> Response {
    respond(
        Http::new("GET", path)
            .header("accept-encoding", encodings)
            .event(),
    )
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn links(html: &str) -> Vec<&str> {
    ["href=\"", "src=\""]
        .iter()
        .flat_map(|start| html.split(start).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

/// Paths of the files that a page names.
fn assets(page: &str) -> Vec<String> {
    links(text(&get(page)))
        .into_iter()
        .filter_map(|link| link.split_once("assets/"))
        .map(|(_, name)| format!("/assets/{name}"))
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
fn every_file_of_the_pages_is_there_and_kept_for_good() {
    for page in PAGES {
        let assets = assets(page);
        assert!(assets.len() >= 2, "{page}: {assets:?}");
        for link in assets {
            let response = get(&link);
            assert_eq!(response.status(), 200, "{link}");
            let kept = response.header("cache-control").unwrap();
            assert!(kept.contains("immutable"), "{link}: {kept}");
            assert!(response.body().len() <= MAX_RESPONSE_BYTES, "{link} is too large");
        }
    }
}

#[test]
fn scripts_load_only_what_is_there() {
    let mut waiting = assets("/");
    let mut seen = waiting.clone();
    while let Some(path) = waiting.pop() {
        let response = get(&path);
        assert_eq!(response.status(), 200, "{path}");
        let script = if path.ends_with(".js") {
            text(&response)
        } else {
            ""
        };
        // Scripts lie side by side, and name each other like this whether at once or when they are needed.
        for quote in ['"', '`', '\''] {
            for name in script.split(&format!("{quote}./")).skip(1) {
                let name = name.split(quote).next().unwrap();
                let path = format!("/assets/{name}");
                if name.ends_with(".js") && !seen.contains(&path) {
                    seen.push(path.clone());
                    waiting.push(path);
                }
            }
        }
    }
    assert!(seen.iter().any(|path| path.ends_with(".js")), "{seen:?}");
}

#[test]
fn addresses_are_relative_so_that_any_base_path_will_do() {
    for path in PAGES {
        let page = get(path);
        for link in links(text(&page)) {
            let absolute = link.starts_with('/') || link.contains("://");
            assert!(!absolute, "{path}: {link}");
        }
    }
}

#[test]
fn pages_have_nothing_that_their_policy_forbids() {
    for path in PAGES {
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
fn the_page_has_a_nonce_of_its_own_each_time() {
    let nonce = |page: &Response| {
        let policy = page.header("content-security-policy").unwrap();
        let (_, rest) = policy.split_once("style-src 'self' 'nonce-").unwrap();
        rest.split_once('\'').unwrap().0.to_owned()
    };
    let (one, other) = (get("/"), get("/"));
    for page in [&one, &other] {
        let nonce = nonce(page);
        assert_eq!(nonce.len(), 32, "{nonce}");
        let meta = format!("<meta name=\"csp-nonce\" content=\"{nonce}\"");
        assert!(text(page).contains(&meta), "{}", text(page));
        assert!(!text(page).contains("__CSP_NONCE__"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("etag"), None);
    }
    assert_ne!(nonce(&one), nonce(&other));
    for path in ["/docs", "/docs/live", "/openapi.json", "/nowhere"] {
        let answer = get(path);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(!policy.contains("nonce"), "{path}: {policy}");
    }
}

#[test]
fn texts_come_in_the_encoding_that_is_asked_for() {
    for path in ["/docs", "/openapi.json", "/asyncapi.json", "/assets/licenses.txt"]
        .into_iter()
        .map(ToOwned::to_owned)
        .chain(assets("/"))
    {
        let plain = get(&path);
        let zipped = encoded(&path, "gzip");
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        assert_eq!(zipped.header("content-encoding"), Some("gzip"), "{path}");
        let mut unpacked = Vec::new();
        GzDecoder::new(zipped.body()).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain.body(), "{path}");
        assert_ne!(plain.header("etag"), zipped.header("etag"), "{path}");
        for response in [&plain, &zipped] {
            assert_eq!(response.header("vary"), Some("accept-encoding"), "{path}");
        }
    }
    for path in assets("/").into_iter().chain(assets("/docs")) {
        let small = encoded(&path, "gzip, deflate, br, zstd");
        assert_eq!(small.header("content-encoding"), Some("br"), "{path}");
        assert!(small.body().len() < get(&path).body().len(), "{path}");
    }
}

#[test]
fn who_has_it_already_gets_304() {
    let mut paths = assets("/");
    paths.extend(["/docs", "/docs/live", "/openapi.json"].map(ToOwned::to_owned));
    for path in paths {
        let first = encoded(&path, "gzip");
        let etag = first.header("etag").unwrap();
        let again = |known: &str, encoding: &str| {
            let request = Http::new("GET", &path).header("if-none-match", known);
            respond(request.header("accept-encoding", encoding).event())
        };
        for known in [
            etag.to_owned(),
            format!("W/{etag}"),
            format!("\"other\", {etag}"),
            "*".to_owned(),
        ] {
            let again = again(&known, "gzip");
            assert_eq!((again.status(), again.body()), (304, &[][..]), "{path} {known}");
            for header in ["etag", "cache-control", "vary"] {
                assert_eq!(again.header(header), first.header(header), "{path} {header}");
            }
        }
        assert_eq!(again("\"other\"", "gzip").status(), 200);
        assert_eq!(again(etag, "identity").status(), 200, "other bytes");
    }
}

#[test]
fn the_licences_of_what_is_bundled_are_told() {
    let licences = get("/assets/licenses.txt");
    for package in ["react ", "swagger-ui-dist ", "Permission is hereby granted"] {
        assert!(text(&licences).contains(package), "{package}");
    }
    assert_eq!(licences.header("cache-control"), Some("no-cache"));
}

#[test]
fn only_get_is_known() {
    let response = respond(Http::new("POST", "/docs").event());
    assert_eq!((response.status(), response.header("allow")), (405, Some("GET")));
    for path in [
        "/assets/",
        "/assets/app.js",
        "/assets/../main.rs",
        "/index.html",
        "/docs.html",
        "/licenses.json",
        "//",
        "/docs/",
        "/v2",
    ] {
        assert_eq!(get(path).status(), 404, "{path}");
    }
}
