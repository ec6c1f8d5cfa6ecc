//! What the installation says of itself.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_system_tests::stack;
use reqwest::Method;
use serde_json::Value;

#[tokio::test]
async fn it_is_well() {
    let stack = stack!();
    let anonymous = stack.client(None);
    assert_eq!(anonymous.get("/v1/health").await.unwrap()["status"], "ok");
    let user = stack.user("health").await;
    let deep = user.client.get("/v1/health/deep").await.unwrap();
    assert_eq!(deep["status"], "ok", "{deep}");
    assert!(
        deep["parts"].as_array().is_some_and(|parts| parts.len() >= 3),
        "{deep}"
    );
}

#[tokio::test]
async fn a_page_learns_what_it_needs() {
    let stack = stack!();
    let config = stack.client(None).get("/v1/config").await.unwrap();
    assert_eq!(config["issuer"], stack.value("DOCMILL_ISSUER"));
    assert_eq!(config["client_id"], stack.value("DOCMILL_CLIENT_ID"));
    assert_eq!(config["ws_url"], stack.value("DOCMILL_WS_URL"));
    assert!(
        config["auth_endpoint"]
            .as_str()
            .is_some_and(|url| url.starts_with("http")),
        "{config}"
    );
    assert!(
        config["limits"]["request_bytes"]
            .as_u64()
            .is_some_and(|bytes| bytes >= 4_000_000),
        "{config}"
    );
}

#[tokio::test]
async fn the_pipelines_are_described() {
    let stack = stack!();
    let user = stack.user("pipelines").await;
    let answer = user.client.get("/v1/pipelines").await.unwrap();
    let pipelines = answer["pipelines"].as_array().unwrap();
    let novel = pipelines
        .iter()
        .find(|pipeline| pipeline["name"] == "novel")
        .unwrap();
    let names: Vec<&str> = novel["formats"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|f| f["name"].as_str())
        .collect();
    assert_eq!(names, ["json", "csv", "txt", "xlsx"]);
    assert_eq!(
        novel["settings_schema"]["properties"]["sentence_length_limit"]["default"],
        8
    );
    let percents: Vec<u64> = novel["stages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["percent"].as_u64())
        .collect();
    assert!(
        percents.is_sorted() && percents.first() == Some(&0) && percents.last() == Some(&100),
        "{percents:?}"
    );
}

#[tokio::test]
async fn the_page_and_the_description_are_served() {
    let stack = stack!();
    let anonymous = stack.client(None);
    for (link, content_type, part) in [
        ("/", "text/html", "<html"),
        ("/docs", "text/html", "<html"),
        ("/docs/live", "text/html", "<html"),
        ("/openapi.json", "application/json", "\"openapi\""),
        ("/asyncapi.json", "application/json", "\"asyncapi\""),
    ] {
        let answer = anonymous.call(Method::GET, link, &[], None).await.unwrap();
        assert_eq!(answer.status, 200, "{link}");
        assert!(
            answer
                .header("content-type")
                .unwrap_or_default()
                .starts_with(content_type),
            "{link}: {answer:?}"
        );
        assert!(String::from_utf8_lossy(&answer.body).contains(part), "{link}");
        assert!(
            answer.header("content-security-policy").is_some() || link == "/openapi.json",
            "{link}"
        );
    }
}

#[tokio::test]
async fn the_description_names_every_route() {
    let stack = stack!();
    let description = stack.client(None).get("/openapi.json").await.unwrap();
    let paths = description["paths"].as_object().unwrap();
    for (method, path) in [
        ("post", "/v1/jobs"),
        ("get", "/v1/jobs"),
        ("get", "/v1/jobs/{id}"),
        ("get", "/v1/jobs/{id}/events"),
        ("get", "/v1/jobs/{id}/stream"),
        ("get", "/v1/jobs/{id}/result"),
        ("post", "/v1/jobs/{id}/uploads"),
        ("post", "/v1/jobs/{id}/start"),
        ("post", "/v1/jobs/{id}/cancel"),
        ("post", "/v1/jobs/{id}/retry"),
        ("get", "/v1/pipelines"),
        ("post", "/v1/live/ticket"),
        ("get", "/v1/callback-secret"),
        ("post", "/v1/callback-secret"),
        ("get", "/v1/health"),
        ("get", "/v1/health/deep"),
        ("get", "/v1/config"),
    ] {
        assert!(
            paths
                .get(path)
                .and_then(|path| path.get(method))
                .is_some_and(Value::is_object),
            "{method} {path}"
        );
    }
}
