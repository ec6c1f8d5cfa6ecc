//! [`Exports`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::export::{Export, ExportStatus, Exports};
use docmill_core::ports::PortResult;

use crate::lock;

/// The latest export of each company.
#[derive(Debug, Default)]
pub struct MemoryExports {
    by_company: Mutex<BTreeMap<String, Export>>,
}

#[async_trait]
impl Exports for MemoryExports {
    async fn start(&self, export: &Export) -> PortResult<bool> {
        let mut exports = lock(&self.by_company);
        let latest = exports.get(&export.company);
        if latest.is_some_and(|latest| latest.status == ExportStatus::Running) {
            return Ok(false);
        }
        exports.insert(export.company.clone(), export.clone());
        Ok(true)
    }

    async fn latest(&self, company: &str) -> PortResult<Option<Export>> {
        Ok(lock(&self.by_company).get(company).cloned())
    }

    async fn running(&self, limit: usize) -> PortResult<Vec<Export>> {
        let exports = lock(&self.by_company);
        let running = exports
            .values()
            .filter(|export| export.status == ExportStatus::Running);
        Ok(running.take(limit).cloned().collect())
    }

    async fn advance(&self, next: &Export) -> PortResult<bool> {
        let mut exports = lock(&self.by_company);
        let Some(export) = exports.get_mut(&next.company) else {
            return Ok(false);
        };
        let before = export.id == next.id && export.revision + 1 == next.revision;
        if before {
            *export = next.clone();
        }
        Ok(before)
    }

    async fn forget(&self, company: &str) -> PortResult<()> {
        lock(&self.by_company).remove(company);
        Ok(())
    }
}
