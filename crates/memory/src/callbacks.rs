//! [`CallbackQueue`] and [`CallbackSecrets`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::callback::{Callback, CallbackQueue, CallbackSecrets, Generation};
use docmill_core::ports::PortResult;
use docmill_core::running::Tenant;
use docmill_core::time::Time;

use crate::lock;

/// The queue of callbacks, for whoever takes them.
#[derive(Debug, Default)]
pub struct MemoryCallbacks {
    waiting: Mutex<VecDeque<Callback>>,
}

impl MemoryCallbacks {
    /// Callbacks on the queue.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.waiting).len()
    }

    /// Takes every callback off the queue, oldest first.
    pub fn take(&self) -> Vec<Callback> {
        lock(&self.waiting).drain(..).collect()
    }
}

#[async_trait]
impl CallbackQueue for MemoryCallbacks {
    async fn send(&self, callback: &Callback) -> PortResult<()> {
        lock(&self.waiting).push_back(callback.clone());
        Ok(())
    }
}

/// The generations of tenants' secrets.
#[derive(Debug, Default)]
pub struct MemoryCallbackSecrets {
    generations: Mutex<BTreeMap<Tenant, Generation>>,
}

impl MemoryCallbackSecrets {
    pub(crate) fn forget(&self, tenant: &Tenant) {
        lock(&self.generations).remove(tenant);
    }
}

#[async_trait]
impl CallbackSecrets for MemoryCallbackSecrets {
    async fn generation(&self, tenant: &Tenant) -> PortResult<Generation> {
        let known = lock(&self.generations).get(tenant).copied();
        Ok(known.unwrap_or(Generation::FIRST))
    }

    async fn rotate(&self, tenant: &Tenant, now: Time) -> PortResult<Generation> {
        let mut generations = lock(&self.generations);
        let generation = generations.entry(tenant.clone()).or_insert(Generation::FIRST);
        generation.number += 1;
        generation.rotated_at = Some(now);
        Ok(*generation)
    }
}
