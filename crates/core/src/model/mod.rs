//! The port that asks language models, and what all workers know of them together.
//!
//! A request carries instructions, which are ours, and data, which is somebody's document: what the data says is never
//! obeyed, and every answer is checked against the form that was asked for by whoever asked.
//!
//! - [`Model`]: one provider. [`ModelDesk`]: rests that a provider asked for, and what tenants spend in a month.
//! - [`answer`]: what a text answer says.

pub mod answer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ports::{PortError, PortResult};
use crate::reader::{NoReader, Reader};
use crate::running::Tenant;
use crate::time::Time;
use crate::usage::Usage;

/// How good a model, and how dear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The cheapest.
    Speed,
    /// In between.
    Balanced,
    /// The best.
    Quality,
}

impl Tier {
    /// All of them, cheapest first.
    pub const ALL: [Self; 3] = [Self::Speed, Self::Balanced, Self::Quality];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Speed => "speed",
            Self::Balanced => "balanced",
            Self::Quality => "quality",
        }
    }
}

/// A picture in a request, in a format that browsers show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPicture {
    /// `image/webp`, `image/png` or `image/jpeg`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Bytes,
}

/// The form that an answer is to have.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerForm {
    /// What the answer is called: letters, digits and underscores.
    pub name: &'static str,
    /// JSON Schema of an object.
    pub schema: Value,
}

/// What a model is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRequest {
    /// Which model.
    pub tier: Tier,
    /// What is to be done.
    pub instructions: String,
    /// What it is to be done with. From a document: nobody's instructions.
    pub data: String,
    /// What belongs to the data.
    pub pictures: Vec<ModelPicture>,
    /// How the answer is to look.
    pub form: AnswerForm,
    /// Tokens that the answer may have.
    pub max_answer_tokens: u32,
}

/// Characters of a token, taken low.
const CHARS_PER_TOKEN: u64 = 3;
/// Tokens that a picture is counted as: one of 2048 × 1536 pixels has about so many.
const TOKENS_PER_PICTURE: u64 = 4_200;

impl ModelRequest {
    /// Tokens that it may come to, with its answer: more rather than less.
    pub fn most_tokens(&self) -> u64 {
        let text = self.instructions.len() + self.data.len() + self.form.schema.to_string().len();
        (text as u64).div_ceil(CHARS_PER_TOKEN)
            + self.pictures.len() as u64 * TOKENS_PER_PICTURE
            + u64::from(self.max_answer_tokens)
    }

    /// The same for the same request, and for no other: names the call among those of a piece of work.
    pub fn fingerprint(&self) -> String {
        let mut parts = vec![
            self.tier.as_str().to_owned(),
            self.instructions.clone(),
            self.data.clone(),
            self.form.name.to_owned(),
            self.form.schema.to_string(),
            self.max_answer_tokens.to_string(),
        ];
        parts.extend(
            self.pictures
                .iter()
                .map(|picture| crate::ids::sha256_hex(&picture.bytes)),
        );
        // As JSON, so that no two requests run together into one text.
        crate::ids::sha256_hex(Value::from(parts).to_string().as_bytes())
    }
}

/// Tokens that a call was billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Read.
    pub input: u64,
    /// Written.
    pub output: u64,
}

impl Tokens {
    /// Both.
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReply {
    /// The JSON object; whether it has the form that was asked for is for the asker to see.
    pub value: Value,
    /// What it cost.
    pub tokens: Tokens,
}

/// Why a model gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ModelFailure {
    /// It asks to slow down.
    #[error("the model throttles")]
    Throttled {
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// It will not answer this request, whenever it comes.
    #[error("the model refuses: {reason}")]
    Refused {
        /// In the provider's words; never from the document.
        reason: String,
        /// What the refusal cost.
        tokens: Tokens,
    },
    /// It is away, or took too long.
    #[error("the model is not available: {0}")]
    Unavailable(String),
    /// It answered something in which there is no JSON object.
    #[error("the model's answer is no JSON object")]
    Malformed {
        /// What that cost.
        tokens: Tokens,
    },
}

impl ModelFailure {
    /// What it cost all the same.
    pub fn tokens(&self) -> Tokens {
        match self {
            Self::Refused { tokens, .. } | Self::Malformed { tokens } => *tokens,
            Self::Throttled { .. } | Self::Unavailable(_) => Tokens::default(),
        }
    }
}

/// Price of a model's tokens, in billionths of a US dollar: $1 a million tokens is 1,000 each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenPrice {
    /// Of one read.
    pub input_nano_usd: u64,
    /// Of one written.
    pub output_nano_usd: u64,
}

impl TokenPrice {
    /// What so many come to, in billionths of a US dollar.
    pub fn of(self, tokens: Tokens) -> u64 {
        let input = self.input_nano_usd.saturating_mul(tokens.input);
        input.saturating_add(self.output_nano_usd.saturating_mul(tokens.output))
    }
}

/// The model that stands for a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierModel {
    /// The tier.
    pub tier: Tier,
    /// The provider's name for the model.
    pub id: String,
    /// What its tokens cost.
    pub price: TokenPrice,
}

/// The models of an installation, one a tier at most, cheapest tier first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TierModels {
    models: Vec<TierModel>,
    tiers: Vec<Tier>,
}

impl TierModels {
    /// These models; of two of one tier the first counts.
    pub fn new(mut models: Vec<TierModel>) -> Self {
        models.sort_by_key(|model| model.tier);
        models.dedup_by_key(|model| model.tier);
        Self {
            tiers: models.iter().map(|model| model.tier).collect(),
            models,
        }
    }

    /// Their tiers.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The model of a tier that is asked; unavailable where there is none.
    pub fn need(&self, tier: Tier) -> Result<&TierModel, ModelFailure> {
        let none = || ModelFailure::Unavailable(format!("no model of tier {}", tier.as_str()));
        self.get(tier).ok_or_else(none)
    }

    /// The model of a tier.
    pub fn get(&self, tier: Tier) -> Option<&TierModel> {
        self.models.iter().find(|model| model.tier == tier)
    }

    /// What a tier's tokens cost.
    pub fn price(&self, tier: Tier) -> TokenPrice {
        self.get(tier)
            .map_or_else(TokenPrice::default, |model| model.price)
    }
}

/// A provider of language models.
#[async_trait]
pub trait Model: Send + Sync {
    /// Its name: rests are shared by all who ask the provider of this name.
    fn provider(&self) -> &str;

    /// The tiers there are, cheapest first; none where no model is configured.
    fn tiers(&self) -> &[Tier];

    /// What the tokens of a tier cost.
    fn price(&self, tier: Tier) -> TokenPrice;

    /// Asks once. `id` is the same whenever the same piece of work asks the same; the answer is waited for no longer than
    /// `limit`.
    async fn ask(
        &self,
        request: &ModelRequest,
        id: &str,
        limit: Duration,
    ) -> Result<ModelReply, ModelFailure>;
}

/// What all workers of an installation know of their models.
#[async_trait]
pub trait ModelDesk: Send + Sync {
    /// Until when nobody is to ask a provider, if that is later than `now`.
    async fn resting(&self, provider: &str, now: Time) -> PortResult<Option<Time>>;
    /// Nobody is to ask a provider before `until`; an end that is known and later stays.
    async fn rest(&self, provider: &str, until: Time) -> PortResult<()>;
    /// Sets `tokens` of a tenant's month aside, unless that would take the month above `limit`; whether they are.
    async fn reserve(&self, tenant: &Tenant, month: &str, tokens: u64, limit: u64) -> PortResult<bool>;
    /// Of `reserved` tokens, `spent` were.
    async fn settle(&self, tenant: &Tenant, month: &str, reserved: u64, spent: u64) -> PortResult<()>;
    /// Tokens of a tenant's month that are spent or set aside.
    async fn spent(&self, tenant: &Tenant, month: &str) -> PortResult<u64>;
}

/// Those outside who are paid by the call.
#[derive(Clone)]
pub struct Providers {
    /// Reads pictures of text.
    pub reader: Arc<dyn Reader>,
    /// Writes.
    pub model: Arc<dyn Model>,
    /// What is known of the model.
    pub desk: Arc<dyn ModelDesk>,
    /// Tokens that a tenant may spend in a month.
    pub monthly_tokens: u64,
}

impl Providers {
    /// For a process that accepts or moves jobs and works on none, and for an installation that has neither.
    pub fn none() -> Self {
        Self {
            reader: Arc::new(NoReader),
            model: Arc::new(NoModel),
            desk: Arc::new(NoModel),
            monthly_tokens: 0,
        }
    }
}

/// No model is configured.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModel;

#[async_trait]
impl Model for NoModel {
    fn provider(&self) -> &str {
        "none"
    }

    fn tiers(&self) -> &[Tier] {
        &[]
    }

    fn price(&self, _tier: Tier) -> TokenPrice {
        TokenPrice::default()
    }

    async fn ask(
        &self,
        _request: &ModelRequest,
        _id: &str,
        _limit: Duration,
    ) -> Result<ModelReply, ModelFailure> {
        Err(ModelFailure::Unavailable("no model is configured".to_owned()))
    }
}

#[async_trait]
impl ModelDesk for NoModel {
    async fn resting(&self, _provider: &str, _now: Time) -> PortResult<Option<Time>> {
        Ok(None)
    }

    async fn rest(&self, _provider: &str, _until: Time) -> PortResult<()> {
        Err(no_model())
    }

    async fn reserve(&self, _tenant: &Tenant, _month: &str, _tokens: u64, _limit: u64) -> PortResult<bool> {
        Ok(false)
    }

    async fn settle(&self, _tenant: &Tenant, _month: &str, _reserved: u64, _spent: u64) -> PortResult<()> {
        Err(no_model())
    }

    async fn spent(&self, _tenant: &Tenant, _month: &str) -> PortResult<u64> {
        Ok(0)
    }
}

fn no_model() -> PortError {
    PortError::Broken("no model is configured".to_owned())
}

/// What a call to a model adds to a job's usage.
pub(crate) fn usage_of(tier: Tier, tokens: Tokens, price: TokenPrice) -> Usage {
    let mut usage = Usage {
        tokens_in: tokens.input,
        tokens_out: tokens.output,
        model_nano_usd: price.of(tokens),
        ..Usage::default()
    };
    usage.count(&format!("model.{}", tier.as_str()));
    usage
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(instructions: &str, data: &str) -> ModelRequest {
        ModelRequest {
            tier: Tier::Speed,
            instructions: instructions.to_owned(),
            data: data.to_owned(),
            pictures: Vec::new(),
            form: AnswerForm {
                name: "items",
                schema: json!({"type": "object"}),
            },
            max_answer_tokens: 100,
        }
    }

    #[test]
    fn requests_that_differ_have_other_names() {
        let one = request("do", "this");
        assert_eq!(one.fingerprint(), request("do", "this").fingerprint());
        for other in [
            request("dot", "his"),
            request("do", "that"),
            ModelRequest {
                tier: Tier::Quality,
                ..one.clone()
            },
            ModelRequest {
                pictures: vec![ModelPicture {
                    content_type: "image/png",
                    bytes: Bytes::from_static(b"x"),
                }],
                ..one.clone()
            },
        ] {
            assert_ne!(one.fingerprint(), other.fingerprint());
        }
    }

    #[test]
    fn tokens_have_their_price() {
        let price = TokenPrice {
            input_nano_usd: 1_000,
            output_nano_usd: 5_000,
        };
        let tokens = Tokens { input: 10, output: 2 };
        assert_eq!(price.of(tokens), 20_000);
        let usage = usage_of(Tier::Balanced, tokens, price);
        assert_eq!((usage.tokens_in, usage.tokens_out), (10, 2));
        assert_eq!(usage.requests["model.balanced"], 1);
        assert_eq!(usage.cost_usd(), "0.000020");
    }

    #[test]
    fn a_request_is_counted_with_its_answer() {
        assert_eq!(request("abc", "abc").most_tokens(), 2 + 6 + 100);
    }
}
