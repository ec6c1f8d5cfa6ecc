//! [`Connections`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::ports::{Connections, PortResult, Posted};

use crate::lock;

/// Open connections with the frames that were sent to them.
#[derive(Debug, Default)]
pub struct MemoryConnections {
    open: Mutex<BTreeMap<String, Vec<String>>>,
}

impl MemoryConnections {
    /// Opens a connection.
    pub fn open(&self, connection: &str) {
        lock(&self.open).entry(connection.to_owned()).or_default();
    }

    /// Closes a connection; the frames that it did not take are lost.
    pub fn close(&self, connection: &str) {
        lock(&self.open).remove(connection);
    }

    /// Takes the frames sent to a connection since the last call.
    pub fn take_frames(&self, connection: &str) -> Vec<String> {
        lock(&self.open)
            .get_mut(connection)
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

#[async_trait]
impl Connections for MemoryConnections {
    async fn post(&self, connection: &str, frame: &str) -> PortResult<Posted> {
        Ok(match lock(&self.open).get_mut(connection) {
            Some(frames) => {
                frames.push(frame.to_owned());
                Posted::Sent
            }
            None => Posted::Gone,
        })
    }
}
