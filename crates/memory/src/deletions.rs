//! [`Deletions`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::deletion::{Deletions, Dissolution, Repeat};
use docmill_core::ports::PortResult;
use docmill_core::time::Time;

use crate::lock;

/// What is being deleted.
#[derive(Debug, Default)]
pub struct MemoryDeletions {
    repeats: Mutex<BTreeSet<Repeat>>,
    /// By company.
    dissolutions: Mutex<BTreeMap<String, Dissolution>>,
}

#[async_trait]
impl Deletions for MemoryDeletions {
    async fn put_repeat(&self, repeat: Repeat) -> PortResult<()> {
        lock(&self.repeats).insert(repeat);
        Ok(())
    }

    async fn repeats(&self, now: Time, limit: usize) -> PortResult<Vec<Repeat>> {
        let repeats = lock(&self.repeats);
        let due = repeats.iter().take_while(|repeat| repeat.at <= now);
        Ok(due.take(limit).copied().collect())
    }

    async fn end_repeat(&self, repeat: Repeat) -> PortResult<()> {
        lock(&self.repeats).remove(&repeat);
        Ok(())
    }

    async fn put_dissolution(&self, dissolution: &Dissolution) -> PortResult<()> {
        let mut dissolutions = lock(&self.dissolutions);
        let place = dissolutions.entry(dissolution.company.clone());
        place.or_insert_with(|| dissolution.clone());
        Ok(())
    }

    async fn dissolutions(&self, limit: usize) -> PortResult<Vec<Dissolution>> {
        let dissolutions = lock(&self.dissolutions);
        Ok(dissolutions.values().take(limit).cloned().collect())
    }

    async fn end_dissolution(&self, company: &str) -> PortResult<()> {
        lock(&self.dissolutions).remove(company);
        Ok(())
    }
}
