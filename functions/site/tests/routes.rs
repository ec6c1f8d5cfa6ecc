//! The template's routes are those of the API description, and each is open or not in both.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// `GET /v1/jobs/{id}` and whether it needs a token, from the blocks that have a `RouteKey`. WebSocket routes and
/// `$default` have no path.
fn of_the_template() -> BTreeMap<String, bool> {
    let mut routes = BTreeMap::new();
    let mut last = None;
    for line in TEMPLATE.lines().map(str::trim) {
        if line.ends_with("Route:") {
            last = None;
        } else if let Some(key) = line.strip_prefix("RouteKey: ")
            && let Some((verb, path)) = key.trim_matches(['"', '\'']).split_once(' ')
        {
            let key = format!("{verb} {}", path.replace("+}", "}"));
            routes.insert(key.clone(), false);
            last = Some(key);
        } else if line == "AuthorizationType: JWT"
            && let Some(token) = last.as_ref().and_then(|key| routes.get_mut(key))
        {
            *token = true;
        }
    }
    routes
}

fn of_the_description() -> BTreeMap<String, bool> {
    let api = common::served("/openapi.json");
    assert_eq!(
        api["security"][0]["token"],
        serde_json::json!([]),
        "a token is the rule"
    );
    let mut routes = BTreeMap::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for verb in ["get", "put", "post", "delete", "patch", "head", "options"] {
            if let Some(operation) = item.get(verb) {
                let open = operation["security"].as_array().is_some_and(Vec::is_empty);
                routes.insert(format!("{} {path}", verb.to_uppercase()), !open);
            }
        }
    }
    routes
}

#[test]
fn template_and_description_have_the_same_routes() {
    let template = of_the_template();
    assert!(template.len() >= 19, "the scan found {template:?}");
    assert_eq!(template, of_the_description());
}

#[test]
fn whatever_else_is_asked_for_goes_to_site() {
    let mut blocks = TEMPLATE.split("Type: AWS::ApiGatewayV2::Route\n");
    let default =
        blocks.find(|block| block.contains("ApiId: !Ref HttpApi") && block.contains("RouteKey: $default"));
    assert!(default.unwrap().contains("${SiteIntegration}"));
}
