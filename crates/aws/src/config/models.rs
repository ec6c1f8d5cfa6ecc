//! Which language models an installation asks.

use docmill_core::model::{Tier, TierModel, TierModels, TokenPrice};

use super::env::{ConfigError, ConfigResult, Env};

const PROVIDER: &str = "DOCMILL_MODEL_PROVIDER";
const PRICES: &str = "DOCMILL_MODEL_PRICES";
/// $1 a million tokens is a thousand billionths of a dollar for one.
const NANO_USD_PER_USD_A_MILLION: f64 = 1_000.0;

/// The models of an installation that has some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    /// `bedrock`, or the word of an interface that is spoken directly.
    pub provider: String,
    /// Where the provider is, if it is not where it usually is.
    pub endpoint: Option<String>,
    /// The key; empty where none is needed.
    pub key: String,
    /// The models.
    pub models: TierModels,
    /// Tokens that a tenant may spend in a month.
    pub monthly_tokens: u64,
}

/// Whether the installation has language models.
pub fn has_models(env: &Env) -> bool {
    env.get(PROVIDER).is_some_and(|provider| provider != "none")
}

impl Models {
    pub(super) fn read(env: &Env) -> ConfigResult<Option<Self>> {
        if !has_models(env) {
            return Ok(None);
        }
        let prices = prices(env)?;
        let named = [
            (Tier::Speed, "DOCMILL_MODEL_SPEED"),
            (Tier::Balanced, "DOCMILL_MODEL_BALANCED"),
            (Tier::Quality, "DOCMILL_MODEL_QUALITY"),
        ];
        let models = named.into_iter().zip(prices).filter_map(|((tier, name), price)| {
            let id = env.get(name)?.to_owned();
            Some(TierModel { tier, id, price })
        });
        let models = TierModels::new(models.collect());
        if models.tiers().is_empty() {
            return Err(ConfigError::Missing("DOCMILL_MODEL_SPEED"));
        }
        Ok(Some(Self {
            provider: env.need(PROVIDER)?,
            endpoint: env.get("DOCMILL_MODEL_ENDPOINT").map(ToOwned::to_owned),
            key: env.get("DOCMILL_MODEL_KEY").unwrap_or_default().to_owned(),
            models,
            monthly_tokens: env.number("DOCMILL_MODEL_MONTHLY_TOKENS")?.unwrap_or(u64::MAX),
        }))
    }
}

/// US dollars for a million tokens, read and written, of each tier: `1,5,3,15,5,25`. Without it, tokens cost nothing.
fn prices(env: &Env) -> ConfigResult<[TokenPrice; 3]> {
    let Some(text) = env.get(PRICES) else {
        return Ok([TokenPrice::default(); 3]);
    };
    let wrong = || ConfigError::Invalid {
        name: PRICES,
        wanted: "six prices with commas between them",
        value: text.to_owned(),
    };
    let nano = |text: &str| {
        let usd: f64 = text.trim().parse().ok()?;
        (0.0..=100_000.0)
            .contains(&usd)
            .then(|| (usd * NANO_USD_PER_USD_A_MILLION).round() as u64)
    };
    let prices: Option<Vec<u64>> = text.split(',').map(nano).collect();
    let [a, b, c, d, e, f] = prices.ok_or_else(wrong)?.try_into().map_err(|_| wrong())?;
    Ok(
        [(a, b), (c, d), (e, f)].map(|(input_nano_usd, output_nano_usd)| TokenPrice {
            input_nano_usd,
            output_nano_usd,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(more: &[(&str, &str)]) -> Env {
        let base = [
            ("DOCMILL_MODEL_PROVIDER", "openai"),
            ("DOCMILL_MODEL_QUALITY", "large"),
        ];
        base.into_iter().chain(more.iter().copied()).collect()
    }

    #[test]
    fn without_a_provider_there_are_none() {
        assert_eq!(Models::read(&Env::default()), Ok(None));
        let none: Env = [("DOCMILL_MODEL_PROVIDER", "none")].into_iter().collect();
        assert_eq!(Models::read(&none), Ok(None));
        assert!(!has_models(&none));
        let unnamed: Env = [("DOCMILL_MODEL_PROVIDER", "bedrock")].into_iter().collect();
        assert!(Models::read(&unnamed).is_err());
    }

    #[test]
    fn models_have_tiers_and_prices() {
        let read = Models::read(&env(&[
            (PRICES, "1,5, 3,15,0.25,25"),
            ("DOCMILL_MODEL_SPEED", "small"),
        ]));
        let models = read.unwrap().unwrap();
        assert_eq!(models.models.tiers(), [Tier::Speed, Tier::Quality]);
        assert_eq!(models.models.get(Tier::Quality).unwrap().id, "large");
        assert_eq!(
            models.models.price(Tier::Quality),
            TokenPrice {
                input_nano_usd: 250,
                output_nano_usd: 25_000
            }
        );
        assert_eq!(models.monthly_tokens, u64::MAX);
    }

    #[test]
    fn prices_that_are_none_are_named() {
        for prices in ["1,2,3", "1,2,3,4,5,x", "1,2,3,4,5,-6", "1,2,3,4,5,NaN"] {
            let error = Models::read(&env(&[(PRICES, prices)])).unwrap_err();
            assert!(error.to_string().contains(PRICES), "{error}");
        }
    }
}
