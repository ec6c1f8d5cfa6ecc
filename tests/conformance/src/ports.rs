//! What the rules work on.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::account::Ledger;
use docmill_core::audit::Audit;
use docmill_core::callback::{CallbackQueue, CallbackSecrets};
use docmill_core::company::Companies;
use docmill_core::deletion::Deletions;
use docmill_core::export::Exports;
use docmill_core::job::Priority;
use docmill_core::model::ModelDesk;
use docmill_core::operations::{Figures, JobBoard, Letters, QueueDepths};
use docmill_core::ports::{
    BlobStore, Clock, Connections, DeadLetters, DetailStore, Entropy, EventLog, Health, JobStore, LiveFeed,
    SignedRequest, Transfers, WorkQueue,
};
use docmill_core::sandbox::Sandbox;

/// One implementation of every port.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Ports {
    pub jobs: Arc<dyn JobStore>,
    pub details: Arc<dyn DetailStore>,
    pub events: Arc<dyn EventLog>,
    pub blobs: Arc<dyn BlobStore>,
    pub transfers: Arc<dyn Transfers>,
    pub queue: Arc<dyn WorkQueue>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub callbacks: Arc<dyn CallbackQueue>,
    pub callback_secrets: Arc<dyn CallbackSecrets>,
    pub live: Arc<dyn LiveFeed>,
    pub companies: Arc<dyn Companies>,
    pub ledger: Arc<dyn Ledger>,
    pub desk: Arc<dyn ModelDesk>,
    pub deletions: Arc<dyn Deletions>,
    pub exports: Arc<dyn Exports>,
    pub audit: Arc<dyn Audit>,
    pub board: Arc<dyn JobBoard>,
    pub figures: Arc<dyn Figures>,
    pub letters: Arc<dyn Letters>,
    pub depths: Arc<dyn QueueDepths>,
    pub health: Arc<dyn Health>,
    /// Knows [`READERS`](crate::rules::sandbox::READERS).
    pub sandbox: Arc<dyn Sandbox>,
    /// `None` where nobody could open a connection.
    pub connections: Option<Arc<dyn Connections>>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// The other end of what the ports hand out.
    pub wire: Arc<dyn Wire>,
    /// How many random cases a property is tried on.
    pub cases: u32,
}

/// What a signed download link gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// Media type.
    pub content_type: String,
    /// What a browser is told to save it as; whatever form the backend has for it.
    pub disposition: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// The other end: clients that follow signed links, and the readers of queues.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Sends `bytes` by a signed PUT: the ETag, or `None` when it was refused.
    async fn upload(&self, request: &SignedRequest, bytes: Bytes) -> Option<String>;
    /// Follows a signed GET; `None` when it was refused.
    async fn download(&self, url: &str) -> Option<Downloaded>;
    /// Whether signed links hold against what was not signed (an emulator may not check).
    fn checks_signatures(&self) -> bool;
    /// Receives and deletes up to ten messages of a queue.
    async fn receive(&self, priority: Priority) -> Vec<String>;
    /// Receives and deletes up to ten callbacks.
    async fn receive_callbacks(&self) -> Vec<String>;
    /// Puts a body among the dead letters.
    async fn bury(&self, priority: Priority, body: &str);
}
