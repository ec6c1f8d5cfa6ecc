//! [`Audit`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::audit::{Audit, Entry};
use docmill_core::ports::PortResult;
use docmill_core::running::Tenant;

use crate::lock;

/// Entries by trail and id.
#[derive(Debug, Default)]
pub struct MemoryAudit {
    trails: Mutex<BTreeMap<Tenant, BTreeMap<String, Entry>>>,
}

impl MemoryAudit {
    pub(crate) fn forget(&self, trail: &Tenant) {
        lock(&self.trails).remove(trail);
    }
}

#[async_trait]
impl Audit for MemoryAudit {
    async fn append(&self, trail: &Tenant, entry: &Entry) -> PortResult<()> {
        let mut trails = lock(&self.trails);
        let trail = trails.entry(trail.clone()).or_default();
        trail.insert(entry.id.clone(), entry.clone());
        Ok(())
    }

    async fn page(&self, trail: &Tenant, before: Option<&str>, limit: usize) -> PortResult<Vec<Entry>> {
        let trails = lock(&self.trails);
        let entries = trails.get(trail).into_iter().flatten().rev();
        let older = entries.filter(|(id, _)| before.is_none_or(|before| id.as_str() < before));
        Ok(older.take(limit).map(|(_, entry)| entry.clone()).collect())
    }
}
