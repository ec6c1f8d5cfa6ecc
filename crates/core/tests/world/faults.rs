//! Ports that fail now and then, before or after their effect.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Priority};
use docmill_core::message::Message;
use docmill_core::ports::{
    BlobStore, Created, Fetched, IdempotencyEntry, JobFilter, JobPage, JobStore, ListCursor, NewJob,
    ObjectHead, PortError, PortResult, WorkQueue,
};
use docmill_core::running::{Admission, RunningLimits, Tenant};
use docmill_core::step::{Applied, Step};
use docmill_core::time::Time;

/// A small generator, so that a seed replays exactly.
pub struct Dice(AtomicU64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    /// 0 to `sides` - 1.
    pub fn roll(&self, sides: u64) -> u64 {
        let mut x = self.0.load(Ordering::Relaxed);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.store(x, Ordering::Relaxed);
        (x >> 11) % sides
    }
}

/// How often calls fail: one in `odds`, half of them after their effect; 0 for never.
pub struct Faults {
    pub dice: Dice,
    pub odds: AtomicU64,
}

enum Fault {
    None,
    Before,
    After,
}

impl Faults {
    fn draw(&self) -> Fault {
        match self.odds.load(Ordering::Relaxed) {
            0 => Fault::None,
            odds if self.dice.roll(odds) > 0 => Fault::None,
            _ if self.dice.roll(2) == 0 => Fault::Before,
            _ => Fault::After,
        }
    }

    async fn call<T>(&self, call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
        let lost = || PortError::Unavailable("planted".into());
        match self.draw() {
            Fault::None => call.await,
            Fault::Before => Err(lost()),
            Fault::After => {
                call.await?;
                Err(lost())
            }
        }
    }
}

/// A port whose calls may fail.
pub struct Faulty<P: ?Sized> {
    pub faults: Arc<Faults>,
    pub port: Arc<P>,
}

#[async_trait]
impl JobStore for Faulty<dyn JobStore> {
    async fn create(&self, new: NewJob) -> PortResult<Created> {
        self.port.create(new).await
    }
    async fn idempotent(&self, owner: &str, key: &str, now: Time) -> PortResult<Option<IdempotencyEntry>> {
        self.port.idempotent(owner, key, now).await
    }
    async fn get(&self, id: JobId) -> PortResult<Option<Job>> {
        self.faults.call(self.port.get(id)).await
    }
    async fn apply(&self, id: JobId, step: &Step) -> PortResult<Applied> {
        self.faults.call(self.port.apply(id, step)).await
    }
    async fn admit(&self, job: &Job, step: &Step, limits: &RunningLimits) -> PortResult<Admission> {
        self.faults.call(self.port.admit(job, step, limits)).await
    }
    async fn finish(&self, job: &Job, step: &Step) -> PortResult<Applied> {
        self.faults.call(self.port.finish(job, step)).await
    }
    async fn waiting(&self, tenant: &Tenant, since: Time, limit: usize) -> PortResult<Vec<JobId>> {
        self.faults.call(self.port.waiting(tenant, since, limit)).await
    }
    async fn running(&self, tenant: &Tenant) -> PortResult<BTreeSet<JobId>> {
        self.faults.call(self.port.running(tenant)).await
    }
    async fn vacate(&self, tenant: &Tenant, id: JobId) -> PortResult<()> {
        self.faults.call(self.port.vacate(tenant, id)).await
    }
    async fn forget(&self, id: JobId, now: Time) -> PortResult<bool> {
        self.faults.call(self.port.forget(id, now)).await
    }
    async fn list(
        &self,
        owner: &str,
        filter: &JobFilter,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<JobPage> {
        self.port.list(owner, filter, after, limit).await
    }
    async fn due(&self, shard: u8, now: Time, limit: usize) -> PortResult<Vec<JobId>> {
        self.faults.call(self.port.due(shard, now, limit)).await
    }
}

#[async_trait]
impl BlobStore for Faulty<dyn BlobStore> {
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead> {
        self.faults.call(self.port.put(key, content_type, bytes)).await
    }
    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched> {
        self.faults.call(self.port.get(key, etag, limit)).await
    }
    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        self.faults.call(self.port.get_range(key, offset, length)).await
    }
    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>> {
        self.faults.call(self.port.head(key)).await
    }
    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>> {
        self.faults.call(self.port.keys(prefix, after, limit)).await
    }
    async fn delete(&self, keys: &[String]) -> PortResult<()> {
        self.faults.call(self.port.delete(keys)).await
    }
}

#[async_trait]
impl WorkQueue for Faulty<dyn WorkQueue> {
    async fn send(&self, priority: Priority, tenant: &str, messages: &[Message]) -> PortResult<()> {
        self.faults.call(self.port.send(priority, tenant, messages)).await
    }
}
