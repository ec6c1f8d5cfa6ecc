//! A language model, and what is known of it by all who ask.

use std::time::Duration;

use async_trait::async_trait;
use docmill_core::model::{
    Model, ModelDesk, ModelFailure, ModelReply, ModelRequest, Tier, TokenPrice, Tokens,
};
use docmill_core::ports::{Clock, PortError, PortResult};
use docmill_core::running::Tenant;
use docmill_core::time::Time;
use serde_json::json;

use super::Port;
use crate::fate::Menu;
use crate::plants::Plant;
use crate::sim::Sim;
use crate::watch;

/// As long as other paid calls take: the time between two renewals.
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// Tokens of the longest answer; questions have fewer.
pub(crate) const MOST_TOKENS: u32 = 100;

/// A model that answers after a while; now and then with nothing that is of use, or not at all.
pub(crate) struct Oracle(pub(crate) std::sync::Arc<Sim>);

#[async_trait]
impl Model for Oracle {
    fn provider(&self) -> &str {
        "oracle"
    }

    fn tiers(&self) -> &[Tier] {
        &[Tier::Speed]
    }

    fn price(&self, _: Tier) -> TokenPrice {
        TokenPrice::default()
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        id: &str,
        limit: Duration,
    ) -> Result<ModelReply, ModelFailure> {
        watch::asks(&self.0, id, &request.data);
        let ask = || async {
            self.0.clock.sleep(ANSWER_TIME.min(limit)).await;
            Ok(())
        };
        let called = self
            .0
            .call(Menu::Write, || "asks the model".to_owned(), ask)
            .await;
        match called {
            Ok(()) if limit < ANSWER_TIME => Err(ModelFailure::Unavailable("no answer in time".to_owned())),
            Ok(()) => {
                let (answer, tokens) = answer(id);
                watch::billed(&self.0, tokens.total());
                answer
            }
            Err(PortError::Throttled { retry_after, .. }) => Err(ModelFailure::Throttled { retry_after }),
            Err(error) => Err(ModelFailure::Unavailable(error.to_string())),
        }
    }
}

/// The same for the same id.
fn answer(id: &str) -> (Result<ModelReply, ModelFailure>, Tokens) {
    let roll = crate::dice::hash(id);
    let tokens = Tokens {
        input: 1 + roll / 8 % 20,
        output: 1 + roll / 256 % u64::from(MOST_TOKENS),
    };
    let answer = match roll % 8 {
        0 => Err(ModelFailure::Malformed { tokens }),
        _ => Ok(ModelReply {
            value: json!({}),
            tokens,
        }),
    };
    (answer, tokens)
}

#[async_trait]
impl ModelDesk for Port<dyn ModelDesk> {
    async fn resting(&self, provider: &str, now: Time) -> PortResult<Option<Time>> {
        let look = || "looks whether the model rests".to_owned();
        self.sim
            .call(Menu::Read, look, || self.inner.resting(provider, now))
            .await
    }

    async fn rest(&self, provider: &str, until: Time) -> PortResult<()> {
        let rest = || "lets the model rest".to_owned();
        self.sim
            .call(Menu::Write, rest, || self.inner.rest(provider, until))
            .await
    }

    async fn reserve(&self, tenant: &Tenant, month: &str, tokens: u64, limit: u64) -> PortResult<bool> {
        let reserve = || format!("sets {tokens} tokens aside");
        let effect = || async {
            let within = self.inner.reserve(tenant, month, tokens, limit).await?;
            watch::set_aside(&self.sim, (tenant, month), tokens, limit, within);
            Ok(within)
        };
        self.sim.call(Menu::Write, reserve, effect).await
    }

    async fn settle(&self, tenant: &Tenant, month: &str, reserved: u64, spent: u64) -> PortResult<()> {
        if self.sim.has(Plant::TokensNeverSettled) {
            return Ok(());
        }
        let settle = || format!("settles {spent} of {reserved} tokens");
        let effect = || async {
            self.inner.settle(tenant, month, reserved, spent).await?;
            watch::settled(&self.sim, (tenant, month), reserved, spent);
            Ok(())
        };
        self.sim.call(Menu::Write, settle, effect).await
    }

    async fn spent(&self, tenant: &Tenant, month: &str) -> PortResult<u64> {
        self.inner.spent(tenant, month).await
    }
}
