//! Objects and details.

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::ids::JobId;
use docmill_core::ports::{
    BlobStore, DetailStore, Details, FailureDetail, Fetched, ObjectHead, PortResult, RequestDetail,
};
use docmill_core::time::Time;
use docmill_memory::{MemoryBlobs, MemoryDetails};

use super::Port;
use crate::fate::Menu;
use crate::plants::Plant;

#[async_trait]
impl BlobStore for Port<MemoryBlobs> {
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead> {
        let key = self.key(key);
        let put = || format!("stores {}", short(&key));
        self.sim
            .call(Menu::Write, put, || async {
                let head = self.inner.put(&key, content_type, bytes.clone()).await?;
                crate::watch::stored(&self.sim, &key);
                Ok(head)
            })
            .await
    }

    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched> {
        let key = self.key(key);
        let get = || format!("reads {}", short(&key));
        if self.sim.has(Plant::AnswersForgotten) && key.contains("/answers/") {
            return Ok(Fetched::Missing);
        }
        self.sim
            .call(Menu::Read, get, || {
                crate::watch::looked(&self.sim, &key);
                self.inner.get(&key, etag, limit)
            })
            .await
    }

    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        let get = || format!("reads {}", short(key));
        self.sim
            .call(Menu::Read, get, || self.inner.get_range(key, offset, length))
            .await
    }

    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>> {
        let key = self.key(key);
        let head = || format!("looks for {}", short(&key));
        self.sim.call(Menu::Read, head, || self.inner.head(&key)).await
    }

    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>> {
        let list = || "lists objects".to_owned();
        self.sim
            .call(Menu::Read, list, || self.inner.keys(prefix, after, limit))
            .await
    }

    async fn delete(&self, keys: &[String]) -> PortResult<()> {
        let delete = || format!("deletes {} objects", keys.len());
        self.sim
            .call(Menu::Write, delete, || self.inner.delete(keys))
            .await
    }
}

impl Port<MemoryBlobs> {
    fn key(&self, key: &str) -> String {
        match key.rsplit_once("/out/") {
            Some((job, _)) if self.sim.has(Plant::OutputsShareAKey) => format!("{job}/out/0"),
            _ => key.to_owned(),
        }
    }
}

/// A key without the job's id, which tells nothing.
fn short(key: &str) -> String {
    key.split('/')
        .filter(|part| part.len() < 36)
        .collect::<Vec<_>>()
        .join("/")
}

#[async_trait]
impl DetailStore for Port<MemoryDetails> {
    async fn details(&self, id: JobId) -> PortResult<Details> {
        let read = || "reads the details".to_owned();
        self.sim.call(Menu::Read, read, || self.inner.details(id)).await
    }

    async fn put_request(&self, id: JobId, request: &RequestDetail, expires_at: Time) -> PortResult<()> {
        let put = || "stores the request".to_owned();
        self.sim
            .call(Menu::Write, put, || {
                self.inner.put_request(id, request, expires_at)
            })
            .await
    }

    async fn forget(&self, id: JobId) -> PortResult<()> {
        let forget = || "deletes the details".to_owned();
        self.sim.call(Menu::Write, forget, || self.inner.forget(id)).await
    }

    async fn put_failure(
        &self,
        id: JobId,
        n: u32,
        detail: &FailureDetail,
        expires_at: Time,
    ) -> PortResult<()> {
        let put = || format!("stores why chunk {n} failed");
        self.sim
            .call(Menu::Write, put, || {
                self.inner.put_failure(id, n, detail, expires_at)
            })
            .await
    }
}
