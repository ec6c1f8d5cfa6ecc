//! [`EventLog`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::ids::JobId;
use docmill_core::ports::{EventLog, PortResult};
use docmill_core::time::Time;
use docmill_core::view::Event;

use crate::lock;

/// Events by job and version.
#[derive(Debug, Default)]
pub struct MemoryEvents {
    events: Mutex<BTreeMap<(JobId, u64), Event>>,
}

#[async_trait]
impl EventLog for MemoryEvents {
    async fn append(&self, event: &Event, _expires_at: Time) -> PortResult<()> {
        lock(&self.events).insert((event.job_id, event.version), event.clone());
        Ok(())
    }

    async fn forget(&self, id: JobId) -> PortResult<()> {
        lock(&self.events).retain(|(job, _), _| *job != id);
        Ok(())
    }

    async fn after(&self, id: JobId, after: u64, limit: usize) -> PortResult<Vec<Event>> {
        let Some(first) = after.checked_add(1) else {
            return Ok(Vec::new());
        };
        let events = lock(&self.events);
        let found = events.range((id, first)..=(id, u64::MAX)).take(limit);
        Ok(found.map(|(_, event)| event.clone()).collect())
    }
}
