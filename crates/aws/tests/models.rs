//! Bedrock and Textract as they answer over HTTP, through the SDK, played by a server of our own. The answers have the
//! form of the services' documented examples.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::config::SharedCredentialsProvider;
use bytes::Bytes;
use docmill_aws::{BedrockModel, Clients, TextractReader};
use docmill_conformance::played::{Asked, http, play};
use docmill_core::model::{
    AnswerForm, Model, ModelFailure, ModelPicture, ModelReply, ModelRequest, Tier, TierModel, TierModels,
    TokenPrice, Tokens,
};
use docmill_core::ports::Meter;
use docmill_core::reader::{PagePicture, ReadFailure, Reader};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(20);
const MODEL: &str = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";

fn clients(address: &str) -> Clients {
    let credentials = Credentials::new("test", "test", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new("eu-west-1"))
        .endpoint_url(address);
    Clients::from_config(config.build())
}

fn request() -> ModelRequest {
    ModelRequest {
        tier: Tier::Speed,
        instructions: "Rewrite.".to_owned(),
        data: "{\"sentences\":[]}".to_owned(),
        pictures: vec![ModelPicture {
            content_type: "image/webp",
            bytes: Bytes::from_static(b"RIFF"),
        }],
        form: AnswerForm {
            name: "rewritten",
            schema: json!({"type": "object", "properties": {"items": {"type": "array"}}}),
        },
        max_answer_tokens: 512,
    }
}

async fn ask(limit: Duration, answer: String) -> (Result<ModelReply, ModelFailure>, Asked) {
    let (address, server) = play(answer).await;
    let clients = clients(&address);
    let models = TierModels::new(vec![TierModel {
        tier: Tier::Speed,
        id: MODEL.to_owned(),
        price: TokenPrice::default(),
    }]);
    let model = BedrockModel::new(clients.bedrock(), models);
    let reply = model.ask(&request(), "id", limit).await;
    assert_eq!(clients.meter().take().requests["bedrock.converse"], 1, "one try");
    (reply, server.await.unwrap())
}

fn converse(content: Value, stop_reason: &str) -> Value {
    json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 120, "outputTokens": 30, "totalTokens": 150},
        "metrics": {"latencyMs": 900},
    })
}

fn called(input: Value) -> Value {
    json!([{"toolUse": {"toolUseId": "tooluse_1", "name": "rewritten", "input": input}}])
}

const TOKENS: Tokens = Tokens {
    input: 120,
    output: 30,
};

#[tokio::test]
async fn the_answer_is_the_input_of_the_tool_that_has_to_be_called() {
    let input = json!({"items": [{"i": 0, "out": ["Il dort."]}]});
    let (reply, asked) = ask(
        LIMIT,
        http("200 OK", "", &converse(called(input.clone()), "tool_use")),
    )
    .await;
    assert_eq!(
        reply,
        Ok(ModelReply {
            value: input,
            tokens: TOKENS
        })
    );
    assert!(
        asked
            .head
            .starts_with("post /model/eu.anthropic.claude-haiku-4-5-20251001-v1")
    );
    let body = asked.body;
    assert_eq!(
        body["toolConfig"]["toolChoice"],
        json!({"tool": {"name": "rewritten"}})
    );
    let tool = &body["toolConfig"]["tools"][0]["toolSpec"];
    assert_eq!(tool["inputSchema"]["json"], request().form.schema);
    assert_eq!(body["system"], json!([{"text": "Rewrite."}]));
    let content = &body["messages"][0]["content"];
    assert_eq!(content[0]["image"]["format"], "webp");
    assert_eq!(content[1]["text"], request().data);
    assert_eq!(body["inferenceConfig"]["maxTokens"], 512);
}

#[tokio::test]
async fn a_model_that_talks_is_understood() {
    let said = json!([{"text": "Voici : ```json\n{\"items\": []}\n```"}]);
    let (reply, _) = ask(LIMIT, http("200 OK", "", &converse(said, "end_turn"))).await;
    assert_eq!(reply.unwrap().value, json!({"items": []}));
}

#[tokio::test]
async fn an_answer_without_json_was_paid_for() {
    let said = json!([{"text": "{\"items\": ["}]);
    let (reply, _) = ask(LIMIT, http("200 OK", "", &converse(said, "max_tokens"))).await;
    assert_eq!(reply, Err(ModelFailure::Malformed { tokens: TOKENS }));
}

#[tokio::test]
async fn a_refusal_is_one() {
    for reason in ["content_filtered", "guardrail_intervened"] {
        let (reply, _) = ask(LIMIT, http("200 OK", "", &converse(json!([]), reason))).await;
        let refused = ModelFailure::Refused {
            reason: reason.to_owned(),
            tokens: TOKENS,
        };
        assert_eq!(reply, Err(refused));
    }
}

fn error(status: &str, kind: &str) -> String {
    let headers = format!("x-amzn-errortype: {kind}\r\n");
    http(
        status,
        &headers,
        &json!({"message": "Too many tokens, please wait before trying again."}),
    )
}

#[tokio::test]
async fn errors_are_told_apart() {
    let (reply, _) = ask(LIMIT, error("429 Too Many Requests", "ThrottlingException")).await;
    assert_eq!(reply, Err(ModelFailure::Throttled { retry_after: None }));
    for (status, kind) in [
        ("500 Internal Server Error", "InternalServerException"),
        ("503 Service Unavailable", "ServiceUnavailableException"),
        ("408 Request Timeout", "ModelTimeoutException"),
        ("403 Forbidden", "AccessDeniedException"),
        ("404 Not Found", "ResourceNotFoundException"),
    ] {
        let (reply, _) = ask(LIMIT, error(status, kind)).await;
        assert!(
            matches!(reply, Err(ModelFailure::Unavailable(_))),
            "{kind}: {reply:?}"
        );
    }
    let (reply, _) = ask(LIMIT, error("400 Bad Request", "ValidationException")).await;
    assert!(matches!(reply, Err(ModelFailure::Refused { .. })));
}

#[tokio::test]
async fn a_silent_service_is_waited_for_only_so_long() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clients = clients(&format!("http://{}", listener.local_addr().unwrap()));
    let models = TierModels::new(vec![TierModel {
        tier: Tier::Speed,
        id: MODEL.to_owned(),
        price: TokenPrice::default(),
    }]);
    let model = BedrockModel::new(clients.bedrock(), models);
    let reply = model.ask(&request(), "id", Duration::from_millis(200)).await;
    assert!(matches!(reply, Err(ModelFailure::Unavailable(_))));
}

fn page() -> PagePicture {
    PagePicture {
        width: 40,
        height: 20,
        channels: 1,
        milli_dpi: 300_000,
        rows: Bytes::from(vec![255; 800]),
    }
}

fn geometry(left: f64, top: f64, width: f64, height: f64) -> Value {
    let (right, bottom) = (left + width, top + height);
    json!({
        "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
        "Polygon": [{"X": left, "Y": top}, {"X": right, "Y": top}, {"X": right, "Y": bottom}, {"X": left, "Y": bottom}],
    })
}

fn word(id: &str, text: &str, left: f64, confidence: f64) -> Value {
    json!({"BlockType": "WORD", "Id": id, "Text": text, "TextType": "PRINTED", "Confidence": confidence,
        "Geometry": geometry(left, 0.1, 0.2, 0.05)})
}

#[tokio::test]
async fn textract_gives_words_with_their_own_corners() {
    let mut turned = word("w2", "RUE", 0.5, 88.0);
    let corners =
        json!([{"X": 0.55, "Y": 0.1}, {"X": 0.55, "Y": 0.3}, {"X": 0.5, "Y": 0.3}, {"X": 0.5, "Y": 0.1}]);
    turned["Geometry"]["Polygon"] = corners;
    let mut broken = word("w3", "sans", 0.1, 50.0);
    broken["Geometry"]["Polygon"] = json!([]);
    let answer = json!({
        "DocumentMetadata": {"Pages": 1},
        "DetectDocumentTextModelVersion": "1.0",
        "Blocks": [
            {"BlockType": "PAGE", "Id": "p", "Geometry": geometry(0.0, 0.0, 1.0, 1.0)},
            {"BlockType": "LINE", "Id": "l", "Text": "Il RUE", "Confidence": 99.0, "Geometry": geometry(0.1, 0.05, 0.8, 0.15),
                "Relationships": [{"Type": "CHILD", "Ids": ["w1"]}]},
            word("w1", "Il", 0.1, 99.9), turned, broken,
        ],
    });
    let (address, server) = play(http("200 OK", "", &answer)).await;
    let clients = clients(&address);
    let read = TextractReader::new(clients.textract())
        .read(&page())
        .await
        .unwrap();
    let [il, rue] = read.words.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((il.text.as_str(), rue.text.as_str()), ("Il", "RUE"));
    let rounded = |corners: [(f32, f32); 4]| corners.map(|(x, y)| (x.round() as i32, y.round() as i32));
    assert_eq!(
        rounded(il.corners),
        [(4, 1), (12, 1), (12, 4), (4, 4)],
        "as high as its line"
    );
    assert_eq!(rounded(rue.corners), [(22, 2), (22, 6), (20, 6), (20, 2)]);
    assert!((il.confidence - 0.999).abs() < 1e-6);
    let asked = server.await.unwrap();
    assert!(asked.head.contains("x-amz-target: textract.detectdocumenttext"));
    assert!(
        asked.body["Document"]["Bytes"]
            .as_str()
            .unwrap()
            .starts_with("/9j/"),
        "a JPEG"
    );
    assert_eq!(clients.meter().take().requests["textract.text"], 1);
}

#[tokio::test]
async fn textract_knows_receipts() {
    let field = |kind: &str, value: &str| {
        json!({"Type": {"Text": kind, "Confidence": 99.0}, "LabelDetection": {"Text": format!("{kind}:"), "Confidence": 90.0},
            "ValueDetection": {"Text": value, "Confidence": 95.4}, "PageNumber": 1})
    };
    let answer = json!({
        "DocumentMetadata": {"Pages": 1},
        "ExpenseDocuments": [{"ExpenseIndex": 1,
            "SummaryFields": [field("TOTAL", "$12.40"), {"Type": {"Text": "VENDOR_NAME"}}],
            "LineItemGroups": [{"LineItemGroupIndex": 1, "LineItems": [
                {"LineItemExpenseFields": [field("ITEM", "Bread"), field("PRICE", "2.40")]}]}]}],
    });
    let (address, server) = play(http("200 OK", "", &answer)).await;
    let reader = TextractReader::new(clients(&address).textract());
    let expense = reader.read_expense(&page()).await.unwrap();
    let [total] = expense.fields.as_slice() else {
        panic!("{expense:?}")
    };
    assert_eq!(
        (total.kind.as_str(), total.value.as_str(), total.confidence),
        ("TOTAL", "$12.40", 95)
    );
    assert_eq!(total.label.as_deref(), Some("TOTAL:"));
    assert_eq!(expense.items[0].len(), 2);
    assert!(server.await.unwrap().head.contains("textract.analyzeexpense"));
}

#[tokio::test]
async fn a_page_that_textract_cannot_take_is_not_sent() {
    let reader = TextractReader::new(clients("http://127.0.0.1:9").textract());
    for page in [
        PagePicture {
            width: 10_001,
            ..page()
        },
        PagePicture {
            channels: 4,
            ..page()
        },
        PagePicture {
            rows: Bytes::from_static(b"few"),
            ..page()
        },
    ] {
        assert!(matches!(
            reader.read(&page).await,
            Err(ReadFailure::Unreadable(_))
        ));
    }
}

#[tokio::test]
async fn textract_s_errors_are_told_apart() {
    for (status, kind, wanted) in [
        (
            "400 Bad Request",
            "ProvisionedThroughputExceededException",
            "throttled",
        ),
        ("400 Bad Request", "UnsupportedDocumentException", "unreadable"),
        ("500 Internal Server Error", "InternalServerError", "unavailable"),
        ("400 Bad Request", "AccessDeniedException", "unavailable"),
    ] {
        let body = json!({"__type": kind, "Message": "no"});
        let (address, _server) = play(http(status, "", &body)).await;
        let reader = TextractReader::new(clients(&address).textract());
        let found = match reader.read(&page()).await.unwrap_err() {
            ReadFailure::Throttled { .. } => "throttled",
            ReadFailure::Unreadable(_) => "unreadable",
            ReadFailure::Unavailable(_) => "unavailable",
            ReadFailure::NotInstalled => "not installed",
        };
        assert_eq!(found, wanted, "{kind}");
    }
}
