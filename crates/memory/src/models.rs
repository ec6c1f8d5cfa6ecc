//! Language models and readers of pictures that do as they are told, and [`ModelDesk`] in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::model::{Model, ModelDesk, ModelFailure, ModelReply, ModelRequest, Tier, TokenPrice};
use docmill_core::ports::PortResult;
use docmill_core::reader::{PagePicture, ReadExpense, ReadFailure, ReadPage, Reader};
use docmill_core::running::Tenant;
use docmill_core::time::Time;

use crate::lock;

/// What is known of models.
#[derive(Debug, Default)]
pub struct MemoryDesk {
    rests: Mutex<BTreeMap<String, Time>>,
    tokens: Mutex<BTreeMap<(Tenant, String), u64>>,
}

#[async_trait]
impl ModelDesk for MemoryDesk {
    async fn resting(&self, provider: &str, now: Time) -> PortResult<Option<Time>> {
        let until = lock(&self.rests).get(provider).copied();
        Ok(until.filter(|until| *until > now))
    }

    async fn rest(&self, provider: &str, until: Time) -> PortResult<()> {
        let mut rests = lock(&self.rests);
        let known = rests.entry(provider.to_owned()).or_insert(until);
        *known = until.max(*known);
        Ok(())
    }

    async fn reserve(&self, tenant: &Tenant, month: &str, tokens: u64, limit: u64) -> PortResult<bool> {
        let mut months = lock(&self.tokens);
        let spent = months.entry((tenant.clone(), month.to_owned())).or_default();
        let within = spent.saturating_add(tokens) <= limit;
        if within {
            *spent += tokens;
        }
        Ok(within)
    }

    async fn settle(&self, tenant: &Tenant, month: &str, reserved: u64, spent: u64) -> PortResult<()> {
        let mut months = lock(&self.tokens);
        let total = months.entry((tenant.clone(), month.to_owned())).or_default();
        *total = total.saturating_add(spent).saturating_sub(reserved);
        Ok(())
    }

    async fn spent(&self, tenant: &Tenant, month: &str) -> PortResult<u64> {
        let key = (tenant.clone(), month.to_owned());
        Ok(lock(&self.tokens).get(&key).copied().unwrap_or_default())
    }
}

/// What a scripted model does with the `n`th request, counted from 0.
type Script = dyn Fn(usize, &ModelRequest) -> Result<ModelReply, ModelFailure> + Send + Sync;

/// A model that answers by a script, and remembers what it was asked.
pub struct ScriptedModel {
    script: Box<Script>,
    tiers: Vec<Tier>,
    asked: Mutex<Vec<(String, ModelRequest)>>,
}

impl ScriptedModel {
    /// One of every tier.
    pub fn new(
        script: impl Fn(usize, &ModelRequest) -> Result<ModelReply, ModelFailure> + Send + Sync + 'static,
    ) -> Self {
        Self {
            script: Box::new(script),
            tiers: Tier::ALL.to_vec(),
            asked: Mutex::default(),
        }
    }

    /// Of these tiers only.
    #[must_use]
    pub fn of_tiers(mut self, tiers: &[Tier]) -> Self {
        self.tiers = tiers.to_vec();
        self
    }

    /// Ids and requests of all calls so far.
    pub fn asked(&self) -> Vec<(String, ModelRequest)> {
        lock(&self.asked).clone()
    }
}

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScriptedModel").finish_non_exhaustive()
    }
}

#[async_trait]
impl Model for ScriptedModel {
    fn provider(&self) -> &str {
        "scripted"
    }

    fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// $1 and $5 a million.
    fn price(&self, _tier: Tier) -> TokenPrice {
        TokenPrice {
            input_nano_usd: 1_000,
            output_nano_usd: 5_000,
        }
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        id: &str,
        _limit: Duration,
    ) -> Result<ModelReply, ModelFailure> {
        let n = {
            let mut asked = lock(&self.asked);
            asked.push((id.to_owned(), request.clone()));
            asked.len() - 1
        };
        (self.script)(n, request)
    }
}

/// What a scripted reader answers to the `n`th page.
type Reading = dyn Fn(usize, &PagePicture) -> Result<ReadPage, ReadFailure> + Send + Sync;

/// A reader of pictures that answers by a script.
pub struct ScriptedReader {
    script: Box<Reading>,
    paid: bool,
    pages: Mutex<usize>,
}

impl ScriptedReader {
    /// One that costs nothing, or is paid by the page.
    pub fn new(
        paid: bool,
        script: impl Fn(usize, &PagePicture) -> Result<ReadPage, ReadFailure> + Send + Sync + 'static,
    ) -> Self {
        Self {
            script: Box::new(script),
            paid,
            pages: Mutex::default(),
        }
    }

    /// Pages it was given.
    pub fn pages(&self) -> usize {
        *lock(&self.pages)
    }
}

impl fmt::Debug for ScriptedReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScriptedReader").finish_non_exhaustive()
    }
}

#[async_trait]
impl Reader for ScriptedReader {
    fn is_installed(&self) -> bool {
        true
    }

    fn is_paid(&self) -> bool {
        self.paid
    }

    fn knows_expenses(&self) -> bool {
        false
    }

    async fn read(&self, page: &PagePicture) -> Result<ReadPage, ReadFailure> {
        let n = {
            let mut pages = lock(&self.pages);
            *pages += 1;
            *pages - 1
        };
        (self.script)(n, page)
    }

    async fn read_expense(&self, _page: &PagePicture) -> Result<ReadExpense, ReadFailure> {
        Err(ReadFailure::NotInstalled)
    }
}
