//! [`Model`] on Bedrock's Converse. The answer is forced into a tool's input, whose schema is the form that is asked for.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, ImageBlock, ImageFormat, ImageSource, InferenceConfiguration, Message,
    SpecificToolChoice, StopReason, SystemContentBlock, Tool, ToolChoice, ToolConfiguration, ToolInputSchema,
    ToolSpecification,
};
use aws_smithy_types::{Document, Number};
use docmill_core::model::answer::first_object;
use docmill_core::model::{
    Model, ModelFailure, ModelPicture, ModelReply, ModelRequest, Tier, TierModels, TokenPrice, Tokens,
};
use docmill_core::ports::PortError;
use serde_json::{Map, Value};

use crate::errors;

/// Models on Bedrock.
#[derive(Clone, Debug)]
pub struct BedrockModel {
    client: Client,
    models: TierModels,
}

impl BedrockModel {
    /// These models, by their ids or those of inference profiles.
    pub fn new(client: Client, models: TierModels) -> Self {
        Self { client, models }
    }
}

#[async_trait]
impl Model for BedrockModel {
    fn provider(&self) -> &str {
        "bedrock"
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
        let most = i32::try_from(request.max_answer_tokens).unwrap_or(i32::MAX);
        let inference = InferenceConfiguration::builder()
            .temperature(0.0)
            .max_tokens(most);
        let call = self
            .client
            .converse()
            .model_id(&model.id)
            .system(SystemContentBlock::Text(request.instructions.clone()))
            .messages(message(request).map_err(incomplete)?)
            .inference_config(inference.build())
            .tool_config(tools(request).map_err(incomplete)?)
            .send();
        match tokio::time::timeout(limit, call).await {
            Ok(Ok(output)) => reply(&output, request.form.name),
            Ok(Err(error)) => {
                let refused = errors::status_of(&error) == Some(400);
                Err(failure(errors::bedrock(error), refused))
            }
            Err(_) => Err(ModelFailure::Unavailable("no answer in time".to_owned())),
        }
    }
}

fn message(request: &ModelRequest) -> Result<Message, BuildError> {
    let mut message = Message::builder().role(ConversationRole::User);
    for picture in &request.pictures {
        message = message.content(ContentBlock::Image(image(picture)?));
    }
    message.content(ContentBlock::Text(request.data.clone())).build()
}

fn image(picture: &ModelPicture) -> Result<ImageBlock, BuildError> {
    let format = match picture.content_type {
        "image/png" => ImageFormat::Png,
        "image/jpeg" => ImageFormat::Jpeg,
        _ => ImageFormat::Webp,
    };
    let bytes = Blob::new(picture.bytes.to_vec());
    ImageBlock::builder()
        .format(format)
        .source(ImageSource::Bytes(bytes))
        .build()
}

fn tools(request: &ModelRequest) -> Result<ToolConfiguration, BuildError> {
    let schema = ToolInputSchema::Json(to_document(&request.form.schema));
    let tool = ToolSpecification::builder()
        .name(request.form.name)
        .description("Takes the answer.")
        .input_schema(schema)
        .build()?;
    let choice = SpecificToolChoice::builder().name(request.form.name).build()?;
    ToolConfiguration::builder()
        .tools(Tool::ToolSpec(tool))
        .tool_choice(ToolChoice::Tool(choice))
        .build()
}

fn incomplete(error: BuildError) -> ModelFailure {
    ModelFailure::Unavailable(format!("bedrock: {error}"))
}

fn reply(output: &ConverseOutput, form: &str) -> Result<ModelReply, ModelFailure> {
    let tokens = output.usage().map_or_else(Tokens::default, |usage| Tokens {
        input: u64::try_from(usage.input_tokens()).unwrap_or_default(),
        output: u64::try_from(usage.output_tokens()).unwrap_or_default(),
    });
    let reason = output.stop_reason();
    if matches!(
        reason,
        StopReason::ContentFiltered | StopReason::GuardrailIntervened
    ) {
        return Err(ModelFailure::Refused {
            reason: reason.as_str().to_owned(),
            tokens,
        });
    }
    let blocks = output
        .output()
        .and_then(|output| output.as_message().ok())
        .map(Message::content)
        .unwrap_or_default();
    let called = blocks.iter().find_map(|block| match block {
        ContentBlock::ToolUse(call) if call.name() == form => Some(from_document(call.input())),
        _ => None,
    });
    // Some models talk although they were told to call.
    let said = || {
        let texts = blocks.iter().filter_map(|block| block.as_text().ok());
        first_object(&texts.map(String::as_str).collect::<String>())
    };
    match called.filter(Value::is_object).or_else(said) {
        Some(value) => Ok(ModelReply { value, tokens }),
        None => Err(ModelFailure::Malformed { tokens }),
    }
}

/// What a failed call means. `refused` is a request that is wrong in itself; a missing permission or model is the
/// installation's fault, and mended there.
fn failure(error: PortError, refused: bool) -> ModelFailure {
    match error {
        PortError::Throttled { retry_after, .. } => ModelFailure::Throttled { retry_after },
        PortError::Broken(text) if refused => {
            tracing::warn!(error = text, "request to a model refused");
            ModelFailure::Refused {
                reason: "the request is not valid".to_owned(),
                tokens: Tokens::default(),
            }
        }
        PortError::Unavailable(text) | PortError::Broken(text) => ModelFailure::Unavailable(text),
    }
}

fn to_document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (None, Some(number)) => Number::NegInt(number),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(values) => Document::Array(values.iter().map(to_document).collect()),
        Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| (name.clone(), to_document(value)));
            Document::Object(entries.collect::<HashMap<_, _>>())
        }
    }
}

fn from_document(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(*value),
        Document::Number(Number::PosInt(number)) => Value::from(*number),
        Document::Number(Number::NegInt(number)) => Value::from(*number),
        Document::Number(Number::Float(number)) => Value::from(*number),
        Document::String(text) => Value::String(text.clone()),
        Document::Array(values) => Value::Array(values.iter().map(from_document).collect()),
        Document::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| (name.clone(), from_document(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_and_values_are_the_same() {
        let value = json!({"a": [1, -2, 1.5, "x", null, true], "b": {"c": {}}});
        assert_eq!(from_document(&to_document(&value)), value);
    }
}
