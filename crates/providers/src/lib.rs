//! Language models asked directly, over their providers' own interfaces: Anthropic, Google's Gemini, OpenAI and whatever
//! speaks like it, and Ollama. The interfaces themselves are `genai`'s; what its answers and errors mean to the ladder is
//! said here.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docmill_core::model::answer::first_object;
use docmill_core::model::{
    Model, ModelFailure, ModelReply, ModelRequest, Tier, TierModels, TokenPrice, Tokens,
};
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatResponse, ChatResponseFormat, ContentPart, JsonSpec,
    MessageContent, StopReason, Usage,
};
use genai::resolver::{AuthData, Endpoint, ProviderConfig};
use genai::{Client, ModelIden};

/// A connection that is not open after this will not be.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Whose interface is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// Anthropic's Messages.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// OpenAI's Chat Completions, which many others speak too.
    OpenAi,
    /// Ollama's own.
    Ollama,
}

impl Interface {
    /// By the word of the configuration: `anthropic`, `gemini`, `openai`, `ollama`.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "anthropic" => Self::Anthropic,
            "gemini" => Self::Gemini,
            "openai" => Self::OpenAi,
            "ollama" => Self::Ollama,
            _ => return None,
        })
    }

    fn kind(self) -> AdapterKind {
        match self {
            Self::Anthropic => AdapterKind::Anthropic,
            Self::Gemini => AdapterKind::Gemini,
            Self::OpenAi => AdapterKind::OpenAI,
            Self::Ollama => AdapterKind::Ollama,
        }
    }
}

/// Why no client could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoClient(String);

impl fmt::Display for NoClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no client for language models: {}", self.0)
    }
}

impl std::error::Error for NoClient {}

/// A provider that is asked directly.
#[derive(Debug)]
pub struct DirectModel {
    client: Client,
    interface: Interface,
    provider: String,
    models: TierModels,
}

impl DirectModel {
    /// A provider at `endpoint` (its base URL), or where it usually is. `key` is empty where none is needed.
    ///
    /// # Errors
    /// [`NoClient`], where there is no TLS.
    pub fn new(
        interface: Interface,
        endpoint: Option<&str>,
        key: &str,
        models: TierModels,
    ) -> Result<Self, NoClient> {
        // Fails where it was done before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| NoClient(error.to_string()))?;
        let kind = interface.kind();
        let provider = match endpoint {
            Some(endpoint) => format!("{} {endpoint}", kind.as_lower_str()),
            None => kind.as_lower_str().to_owned(),
        };
        let config = ProviderConfig {
            endpoint: endpoint.map(|url| Endpoint::from_owned(with_slash(url))),
            auth: Some(AuthData::from_single(key)),
        };
        let client = Client::builder()
            .with_reqwest(http)
            .with_adapter_kind(kind)
            .append_provider_config(kind, config)
            .build()
            .map_err(|error| NoClient(error.to_string()))?;
        Ok(Self {
            client,
            interface,
            provider,
            models,
        })
    }

    fn chat(&self, request: &ModelRequest) -> (ChatRequest, ChatOptions) {
        let mut parts: Vec<ContentPart> = request
            .pictures
            .iter()
            .map(|picture| {
                ContentPart::from_binary_base64(picture.content_type, STANDARD.encode(&picture.bytes), None)
            })
            .collect();
        parts.push(ContentPart::from_text(request.data.clone()));
        let message = ChatMessage::user(MessageContent::from_parts(parts));
        let schema = &request.form.schema;
        let (instructions, format) = match self.interface {
            // Knows JSON, but no schema.
            Interface::Ollama => (
                format!("{}\nJSON Schema of the answer: {schema}", request.instructions),
                ChatResponseFormat::JsonMode,
            ),
            _ => (
                request.instructions.clone(),
                ChatResponseFormat::JsonSpec(JsonSpec::new(request.form.name, schema.clone())),
            ),
        };
        let chat = ChatRequest::from_messages(vec![message]).with_system(instructions);
        let options = ChatOptions::default()
            .with_temperature(0.0)
            .with_max_tokens(request.max_answer_tokens)
            .with_response_format(format);
        (chat, options)
    }
}

#[async_trait]
impl Model for DirectModel {
    fn provider(&self) -> &str {
        &self.provider
    }

    fn tiers(&self) -> &[Tier] {
        self.models.tiers()
    }

    fn price(&self, tier: Tier) -> TokenPrice {
        self.models.price(tier)
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        _id: &str,
        limit: Duration,
    ) -> Result<ModelReply, ModelFailure> {
        let model = self.models.need(request.tier)?;
        let (chat, options) = self.chat(request);
        let model = ModelIden::new(self.interface.kind(), model.id.as_str());
        let answer = self.client.exec_chat(model, chat, Some(&options));
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(response)) => reply(&response),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(ModelFailure::Unavailable("no answer in time".to_owned())),
        }
    }
}

fn with_slash(url: &str) -> String {
    format!("{}/", url.trim_end_matches('/'))
}

fn tokens(usage: &Usage) -> Tokens {
    let count = |tokens: Option<i32>| {
        tokens
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or_default()
    };
    Tokens {
        input: count(usage.prompt_tokens),
        output: count(usage.completion_tokens),
    }
}

fn reply(response: &ChatResponse) -> Result<ModelReply, ModelFailure> {
    let tokens = tokens(&response.usage);
    if let Some(StopReason::ContentFilter(reason)) = &response.stop_reason {
        return Err(ModelFailure::Refused {
            reason: reason.clone(),
            tokens,
        });
    }
    match first_object(&response.texts().concat()) {
        Some(value) => Ok(ModelReply { value, tokens }),
        None => Err(ModelFailure::Malformed { tokens }),
    }
}

/// What a failed call means. Bodies may quote the document: they are not told on.
fn failure(error: &genai::Error) -> ModelFailure {
    let Some(status) = error.status() else {
        return ModelFailure::Unavailable("no answer".to_owned());
    };
    match status.as_u16() {
        429 => ModelFailure::Throttled {
            retry_after: error
                .headers()
                .and_then(|headers| headers.get("retry-after"))
                .and_then(|value| value.to_str().ok()?.trim().parse().ok())
                .map(Duration::from_secs),
        },
        // Anthropic's word for being overloaded is 529.
        408 | 500..=599 => ModelFailure::Unavailable(format!("status {status}")),
        // A key or a name of a model that is wrong: the installation's fault, and mended there.
        401 | 403 | 404 => {
            ModelFailure::Unavailable(format!("status {status}: look at the model's key and name"))
        }
        _ => ModelFailure::Refused {
            reason: format!("status {status}"),
            tokens: Tokens::default(),
        },
    }
}
