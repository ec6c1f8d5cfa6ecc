//! Calls that are paid for: to language models, and to services that read pictures.
//!
//! Each is made under the lease, renewed for it, so that no two holders of a piece of work pay (P7), and none begins
//! once a cancel was accepted (P5). What was answered is kept, so that a later try does not ask again.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::hold::Held;
use crate::account::month_of;
use crate::model::{ModelFailure, ModelReply, ModelRequest, Tokens, usage_of};
use crate::pipeline::{AskError, ReadError, Work};
use crate::plan::answer_key;
use crate::ports::{Fetched, PortResult};
use crate::reader::{PagePicture, ReadFailure, ReadPage};
use crate::timing::back_off;
use crate::usage::Usage;

/// Longest wait for one answer (novel §3.2).
const CALL_LIMIT: Duration = Duration::from_secs(300);
/// A call that has less time than this is not made.
const LEAST_CALL: Duration = Duration::from_secs(5);
/// Left of a piece of work's time for what comes behind the answer.
const RESERVE: Duration = Duration::from_secs(10);
/// Calls for one answer, as long as they fail for reasons that pass.
const CALL_TRIES: u32 = 3;
/// Between two of them: one second and more (novel §3.2), but a provider that wants a longer rest than this gets one.
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// The rest of a provider that throttles and does not say for how long.
const DEFAULT_REST: Duration = Duration::from_secs(30);
/// No provider rests longer than this at once.
const MAX_REST: Duration = Duration::from_secs(15 * 60);
/// Answers are smaller.
const MAX_ANSWER_BYTES: u64 = 8 << 20;

/// An answer that was paid for, as it is kept.
type Paid = Result<ModelReply, ModelFailure>;

impl Held<'_> {
    /// [`Work::ask`].
    pub(super) async fn ask_model(&self, request: &ModelRequest) -> Result<ModelReply, AskError> {
        let id = self.request_id(&request.fingerprint());
        if let Some(paid) = self.kept::<Paid>(&id).await.map_err(stopped)? {
            return Ok(paid?);
        }
        loop {
            match self.ask_once(request, &id).await {
                // There is no other try that could come after the rest.
                Err(AskError::Resting { after })
                    if self.tries_are_spent() && after + RESERVE + LEAST_CALL < self.time_left() =>
                {
                    self.engine.clock.sleep(after).await;
                }
                answered => return answered,
            }
        }
    }

    /// Asks, unless the provider rests or the tenant has no tokens left; and keeps what was answered.
    async fn ask_once(&self, request: &ModelRequest, id: &str) -> Result<ModelReply, AskError> {
        let providers = &self.engine.providers;
        let provider = providers.model.provider();
        let now = self.engine.clock.now();
        let resting = providers.desk.resting(provider, now).await.map_err(stopped)?;
        if let Some(until) = resting {
            return Err(AskError::Resting {
                after: until.since(now),
            });
        }
        let (tenant, month) = (&self.answering, month_of(now));
        let most = request.most_tokens();
        let within = providers
            .desk
            .reserve(tenant, &month, most, providers.monthly_tokens);
        if !within.await.map_err(stopped)? {
            return Err(AskError::OverBudget);
        }
        let answered = self.call(request, id).await;
        let tokens = match &answered {
            Ok(reply) => reply.tokens,
            Err(AskError::Failed(failure)) => failure.tokens(),
            Err(_) => Tokens::default(),
        };
        let price = providers.model.price(request.tier);
        self.engine.meter.add(&usage_of(request.tier, tokens, price));
        let settled = providers.desk.settle(tenant, &month, most, tokens.total()).await;
        if let Err(error) = settled {
            // The month counts more than was spent: the tenant is told too early, not charged too much.
            tracing::warn!(%error, "tokens set aside were not settled");
        }
        match &answered {
            Ok(reply) => self.keep(id, &Paid::Ok(reply.clone())).await,
            // What cost nothing may be asked again.
            Err(AskError::Failed(failure)) if tokens.total() > 0 => {
                self.keep(id, &Paid::Err(failure.clone())).await;
            }
            Err(_) => {}
        }
        answered
    }

    /// Asks until there is an answer that stays, or no more time or patience.
    async fn call(&self, request: &ModelRequest, id: &str) -> Result<ModelReply, AskError> {
        let engine = self.engine;
        let model = &engine.providers.model;
        let mut tries = 1;
        loop {
            self.may_pay().await?;
            let limit = self.time_left().saturating_sub(RESERVE).min(CALL_LIMIT);
            if limit < LEAST_CALL {
                return Err(AskError::OutOfTime);
            }
            let failure = match model.ask(request, id, limit).await {
                Ok(reply) => return Ok(reply),
                Err(failure) if is_final(&failure) => return Err(failure.into()),
                Err(failure) => failure,
            };
            tracing::warn!(provider = model.provider(), tries, error = %failure, "model call failed");
            let asked = match failure {
                ModelFailure::Throttled { retry_after } => retry_after,
                _ => None,
            };
            // Half of what a chunk waits for: 1.5 s, 3 s.
            let pause = asked.unwrap_or_else(|| back_off(tries, engine.jitter()) / 2);
            if tries < CALL_TRIES && pause <= MAX_PAUSE {
                tries += 1;
                engine.clock.sleep(pause).await;
                continue;
            }
            if !matches!(failure, ModelFailure::Throttled { .. }) {
                return Err(failure.into());
            }
            let after = asked.unwrap_or(DEFAULT_REST).min(MAX_REST);
            let until = engine.clock.now().plus(after);
            if let Err(error) = engine.providers.desk.rest(model.provider(), until).await {
                tracing::warn!(%error, "the provider's rest is not known to others");
            }
            return Err(AskError::Resting { after });
        }
    }

    /// [`Work::read_picture`].
    pub(super) async fn read_page(&self, page: &PagePicture) -> Result<ReadPage, ReadError> {
        let reader = &self.engine.providers.reader;
        if !reader.is_paid() {
            self.checkpoint().map_err(|_| ReadError::Stopped)?;
            return Ok(reader.read(page).await?);
        }
        let call = format!(
            "read/{}/{}/{}",
            page.width,
            page.channels,
            crate::ids::sha256_hex(&page.rows)
        );
        let id = self.request_id(&call);
        let kept = self.kept::<ReadPage>(&id).await;
        if let Some(read) = kept.map_err(|_| ReadError::Stopped)? {
            return Ok(read);
        }
        let mut tries = 1;
        let read = loop {
            self.may_pay().await.map_err(|_| ReadError::Stopped)?;
            let failure = match reader.read(page).await {
                Ok(read) => break read,
                Err(failure) => failure,
            };
            let pause = match failure {
                ReadFailure::Throttled { retry_after } => retry_after,
                ReadFailure::Unavailable(_) => None,
                ReadFailure::Unreadable(_) | ReadFailure::NotInstalled => return Err(failure.into()),
            };
            let pause = pause.unwrap_or_else(|| back_off(tries, self.engine.jitter()) / 2);
            if tries >= CALL_TRIES || pause > MAX_PAUSE {
                return Err(failure.into());
            }
            tries += 1;
            self.engine.clock.sleep(pause).await;
        };
        let usage = Usage {
            pages_read: 1,
            ..Usage::default()
        };
        self.engine.meter.add(&usage);
        self.keep(&id, &read).await;
        Ok(read)
    }

    /// Renews the lease, which a cancel or another holder refuses: nobody pays without one.
    async fn may_pay(&self) -> Result<(), AskError> {
        self.checkpoint().map_err(|_| AskError::Stopped)?;
        if !self.renew().await.map_err(stopped)? {
            self.stop();
        }
        // It may have taken so long that the lease is over again.
        self.checkpoint().map_err(|_| AskError::Stopped)
    }

    /// What this try or an earlier one was answered.
    async fn kept<T: DeserializeOwned>(&self, id: &str) -> PortResult<Option<T>> {
        if !self.may_have_kept(id) {
            return Ok(None);
        }
        let key = answer_key(self.id, id);
        match self.engine.blobs.get(&key, None, MAX_ANSWER_BYTES).await? {
            // One that cannot be read is none: an older release may have written it.
            Fetched::Found(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            _ => Ok(None),
        }
    }

    /// Keeps an answer. Should that fail, the same question is asked again.
    async fn keep<T: Serialize>(&self, id: &str, answer: &T) {
        let Ok(bytes) = serde_json::to_vec(answer) else {
            return;
        };
        let key = answer_key(self.id, id);
        let put = self
            .engine
            .blobs
            .put(&key, "application/json", Bytes::from(bytes));
        // Also where the store does not answer: it may have it.
        self.was_answered(id);
        if let Err(error) = put.await {
            tracing::warn!(job = %self.id, %error, "an answer that was paid for is not kept");
        }
    }
}

/// Whether the same request would fail again.
fn is_final(failure: &ModelFailure) -> bool {
    matches!(
        failure,
        ModelFailure::Refused { .. } | ModelFailure::Malformed { .. }
    )
}

/// A store of ours that does not answer: the work is given back, and nothing is paid.
fn stopped(error: crate::ports::PortError) -> AskError {
    tracing::warn!(%error, "no paid call is made");
    AskError::Stopped
}
