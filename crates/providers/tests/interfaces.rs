//! Providers as they answer over HTTP, played by a server of our own.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use bytes::Bytes;
use docmill_conformance::played::{Asked, http, play};
use docmill_core::model::{
    AnswerForm, Model, ModelFailure, ModelPicture, ModelReply, ModelRequest, Tier, TierModel, TierModels,
    TokenPrice, Tokens,
};
use docmill_providers::{DirectModel, Interface};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const LIMIT: Duration = Duration::from_secs(20);

fn chat(content: &str, finish: &str) -> Value {
    json!({
        "id": "1", "object": "chat.completion", "model": "small",
        "choices": [{"index": 0, "finish_reason": finish,
            "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150},
    })
}

fn models() -> TierModels {
    TierModels::new(vec![TierModel {
        tier: Tier::Speed,
        id: "small".to_owned(),
        price: TokenPrice::default(),
    }])
}

fn request() -> ModelRequest {
    ModelRequest {
        tier: Tier::Speed,
        instructions: "Rewrite.".to_owned(),
        data: "{\"sentences\":[]}".to_owned(),
        pictures: Vec::new(),
        form: AnswerForm {
            name: "rewritten",
            schema: json!({"type": "object", "properties": {"items": {"type": "array"}}}),
        },
        max_answer_tokens: 512,
    }
}

async fn ask(
    interface: Interface,
    request: &ModelRequest,
    answer: String,
) -> (Result<ModelReply, ModelFailure>, Asked) {
    let (address, server) = play(answer).await;
    let endpoint = format!("{address}/v1");
    let model = DirectModel::new(interface, Some(&endpoint), "secret-key", models()).unwrap();
    let reply = model.ask(request, "id", LIMIT).await;
    (reply, server.await.unwrap())
}

#[tokio::test]
async fn an_answer_is_json_with_its_tokens() {
    let text = "```json\n{\"items\": []}\n```";
    let (reply, asked) = ask(
        Interface::OpenAi,
        &request(),
        http("200 OK", "", &chat(text, "stop")),
    )
    .await;
    let reply = reply.unwrap();
    assert_eq!(reply.value, json!({"items": []}));
    assert_eq!(
        reply.tokens,
        Tokens {
            input: 120,
            output: 30
        }
    );
    assert!(asked.head.starts_with("post /v1/chat/completions "));
    assert!(asked.head.contains("authorization: bearer secret-key"));
    assert_eq!(asked.body["model"], "small");
    assert_eq!(asked.body["response_format"]["json_schema"]["name"], "rewritten");
    let messages = asked.body["messages"].as_array().unwrap();
    assert_eq!(messages[0]["role"], "system");
    assert!(
        !messages[0].to_string().contains("sentences"),
        "data is no instruction"
    );
}

#[tokio::test]
async fn pictures_go_along() {
    let request = ModelRequest {
        pictures: vec![ModelPicture {
            content_type: "image/webp",
            bytes: Bytes::from_static(b"RIFF"),
        }],
        ..request()
    };
    let (reply, asked) = ask(
        Interface::OpenAi,
        &request,
        http("200 OK", "", &chat("{}", "stop")),
    )
    .await;
    assert_eq!(reply.unwrap().value, json!({}));
    assert!(asked.body.to_string().contains("data:image/webp;base64,UklGRg=="));
}

#[tokio::test]
async fn throttling_says_for_how_long() {
    let body = json!({"error": {"message": "slow down"}});
    let answer = http("429 Too Many Requests", "retry-after: 7\r\n", &body);
    let (reply, _) = ask(Interface::OpenAi, &request(), answer).await;
    assert_eq!(
        reply,
        Err(ModelFailure::Throttled {
            retry_after: Some(Duration::from_secs(7))
        })
    );
    let (reply, _) = ask(
        Interface::OpenAi,
        &request(),
        http("429 Too Many Requests", "", &body),
    )
    .await;
    assert_eq!(reply, Err(ModelFailure::Throttled { retry_after: None }));
}

#[tokio::test]
async fn an_answer_without_json_was_paid_for() {
    let answer = http("200 OK", "", &chat("Je ne sais pas.", "stop"));
    let (reply, _) = ask(Interface::OpenAi, &request(), answer).await;
    let tokens = Tokens {
        input: 120,
        output: 30,
    };
    assert_eq!(reply, Err(ModelFailure::Malformed { tokens }));
}

#[tokio::test]
async fn a_refusal_is_told_from_a_fault() {
    let (reply, _) = ask(
        Interface::OpenAi,
        &request(),
        http("200 OK", "", &chat("", "content_filter")),
    )
    .await;
    assert!(matches!(reply, Err(ModelFailure::Refused { reason, .. }) if reason == "content_filter"));
    for (status, refused) in [
        ("400 Bad Request", true),
        ("401 Unauthorized", false),
        ("500 Internal Server Error", false),
        ("529 Overloaded", false),
    ] {
        let body = json!({"error": {"message": "a sentence of the document"}});
        let (reply, _) = ask(Interface::OpenAi, &request(), http(status, "", &body)).await;
        let failure = reply.unwrap_err();
        assert_eq!(
            matches!(failure, ModelFailure::Refused { .. }),
            refused,
            "{status}: {failure}"
        );
        assert!(
            !failure.to_string().contains("document"),
            "bodies are not told on"
        );
    }
}

#[tokio::test]
async fn a_silent_provider_is_waited_for_only_so_long() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1", listener.local_addr().unwrap());
    let model = DirectModel::new(Interface::OpenAi, Some(&endpoint), "", models()).unwrap();
    let reply = model.ask(&request(), "id", Duration::from_millis(200)).await;
    assert!(matches!(reply, Err(ModelFailure::Unavailable(_))));
    drop(listener);
    let reply = model.ask(&request(), "id", LIMIT).await;
    assert!(
        matches!(reply, Err(ModelFailure::Unavailable(_))),
        "nobody listens"
    );
}

#[tokio::test]
async fn every_interface_is_spoken() {
    let anthropic = json!({
        "id": "1", "type": "message", "role": "assistant", "model": "small", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "{\"items\": []}"}],
        "usage": {"input_tokens": 120, "output_tokens": 30},
    });
    let gemini = json!({
        "candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": [{"text": "{\"items\": []}"}]}}],
        "usageMetadata": {"promptTokenCount": 120, "candidatesTokenCount": 30, "totalTokenCount": 150},
        "modelVersion": "small",
    });
    let ollama = json!({
        "model": "small", "done": true, "done_reason": "stop",
        "message": {"role": "assistant", "content": "{\"items\": []}"},
        "prompt_eval_count": 120, "eval_count": 30,
    });
    for (interface, answer, path) in [
        (Interface::Anthropic, anthropic, "/v1/messages"),
        (Interface::Gemini, gemini, "/v1/models/small:generatecontent"),
        (Interface::Ollama, ollama, "/v1/api/chat"),
    ] {
        let (reply, asked) = ask(interface, &request(), http("200 OK", "", &answer)).await;
        assert!(asked.head.starts_with(&format!("post {path}")), "{}", asked.head);
        assert!(
            asked.body.to_string().contains("items"),
            "the form goes along: {}",
            asked.body
        );
        let reply = reply.unwrap();
        assert_eq!(reply.value, json!({"items": []}));
        assert_eq!(reply.tokens.total(), 150);
    }
}

#[test]
fn interfaces_have_their_words() {
    for word in ["anthropic", "gemini", "openai", "ollama"] {
        assert!(Interface::of(word).is_some());
    }
    assert_eq!(Interface::of("bedrock"), None);
}
