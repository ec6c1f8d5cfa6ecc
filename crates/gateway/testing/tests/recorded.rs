//! The recorded events have the shapes that AWS sends: the public types for them read every one.

#![allow(clippy::unwrap_used, reason = "tests")]

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayWebsocketProxyRequest};
use aws_lambda_events::dynamodb;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::SqsEvent;
use docmill_testing::recorded;
use serde_json::Value;

fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(recorded(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn http_requests() {
    for name in ["intake-form", "intake-json", "status", "status-stream", "site"] {
        let request: ApiGatewayV2httpRequest = read(name);
        assert_eq!(request.version.as_deref(), Some("2.0"), "{name}");
        let context = request.request_context;
        assert_eq!(context.route_key, request.route_key, "{name}");
        let signed_in = context.authorizer.and_then(|authorizer| authorizer.jwt).is_some();
        assert_eq!(signed_in, !["status-stream", "site"].contains(&name), "{name}");
    }
}

#[test]
fn web_socket_messages() {
    for (name, route, kind) in [
        ("socket-connect", "$connect", "CONNECT"),
        ("socket-message", "$default", "MESSAGE"),
        ("socket-disconnect", "$disconnect", "DISCONNECT"),
    ] {
        let event: ApiGatewayWebsocketProxyRequest = read(name);
        let context = event.request_context;
        assert_eq!(context.route_key.as_deref(), Some(route));
        assert_eq!(context.event_type.as_deref(), Some(kind));
        assert!(context.connection_id.is_some());
    }
}

#[test]
fn queue_and_stream_batches() {
    for name in ["worker", "callback"] {
        let queue: SqsEvent = read(name);
        assert!(
            queue
                .records
                .iter()
                .all(|record| record.message_id.is_some() && record.body.is_some()),
            "{name}"
        );
    }
    let stream: dynamodb::Event = read("push");
    let names: Vec<&str> = stream
        .records
        .iter()
        .map(|record| record.event_name.as_str())
        .collect();
    assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
    assert!(
        stream
            .records
            .iter()
            .all(|record| record.change.sequence_number.is_some())
    );
}

#[test]
fn the_schedule() {
    let event: EventBridgeEvent<Value> = read("sweep");
    assert_eq!(event.source, "aws.scheduler");
}

#[test]
fn none_is_left_out() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../events");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "callback.json",
            "intake-form.json",
            "intake-json.json",
            "push.json",
            "site-asset.json",
            "site-default.json",
            "site-docs.json",
            "site-openapi.json",
            "site.json",
            "socket-connect.json",
            "socket-disconnect.json",
            "socket-message.json",
            "status-stream.json",
            "status.json",
            "sweep.json",
            "worker.json",
        ]
    );
}
