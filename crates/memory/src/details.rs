//! [`DetailStore`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::ids::JobId;
use docmill_core::ports::{DetailStore, Details, FailureDetail, PortResult, RequestDetail};
use docmill_core::time::Time;

use crate::lock;

/// Details by job.
#[derive(Debug, Default)]
pub struct MemoryDetails {
    details: Mutex<BTreeMap<JobId, Details>>,
}

impl MemoryDetails {
    /// As [`DetailStore::put_request`], for a job that is being created.
    pub(crate) fn set_request(&self, id: JobId, request: RequestDetail) {
        lock(&self.details).entry(id).or_default().request = request;
    }
}

#[async_trait]
impl DetailStore for MemoryDetails {
    async fn details(&self, id: JobId) -> PortResult<Details> {
        Ok(lock(&self.details).get(&id).cloned().unwrap_or_default())
    }

    async fn put_request(&self, id: JobId, request: &RequestDetail, _expires_at: Time) -> PortResult<()> {
        self.set_request(id, request.clone());
        Ok(())
    }

    async fn forget(&self, id: JobId) -> PortResult<()> {
        lock(&self.details).remove(&id);
        Ok(())
    }

    async fn put_failure(
        &self,
        id: JobId,
        n: u32,
        detail: &FailureDetail,
        _expires_at: Time,
    ) -> PortResult<()> {
        lock(&self.details)
            .entry(id)
            .or_default()
            .failures
            .insert(n, detail.clone());
        Ok(())
    }
}
