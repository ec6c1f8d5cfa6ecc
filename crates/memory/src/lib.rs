//! Docmill's ports in memory: for tests, for simulation, and for `docmill run`, which needs no AWS.
//!
//! One file a port. Everything shares one [`Clock`], so that leases, visibility and expiry run in virtual time when
//! the clock is a [`VirtualClock`]. Nothing here spawns or blocks: whoever drives a run takes messages with
//! [`MemoryQueue::receive`], changes with [`MemoryJobs::take_changes`], and moves the virtual clock on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use docmill_core::access::Doors;
use docmill_core::deletion::Eraser;
use docmill_core::engine::Engine;
use docmill_core::export::Exporter;
use docmill_core::model::Providers;
use docmill_core::operations::Overview;
use docmill_core::ports::Clock;
use docmill_core::sandbox::{NamedReader, Sandbox};

mod audit;
mod blobs;
mod callbacks;
mod clock;
mod companies;
mod connections;
mod dead_letters;
mod deletions;
mod details;
mod entropy;
mod events;
mod exports;
mod health;
mod job_store;
mod ledger;
mod live;
mod meter;
mod models;
mod operations;
mod queue;
mod sandbox;
mod transfers;

pub use audit::MemoryAudit;
pub use blobs::MemoryBlobs;
pub use callbacks::{MemoryCallbackSecrets, MemoryCallbacks};
pub use clock::{SystemClock, VirtualClock};
pub use companies::MemoryCompanies;
pub use connections::MemoryConnections;
pub use deletions::MemoryDeletions;
pub use details::MemoryDetails;
pub use entropy::{OsEntropy, SeededEntropy};
pub use events::MemoryEvents;
pub use exports::MemoryExports;
pub use health::MemoryHealth;
pub use job_store::MemoryJobs;
pub use ledger::MemoryLedger;
pub use live::MemoryLive;
pub use meter::MemoryMeter;
pub use models::{MemoryDesk, ScriptedModel, ScriptedReader};
pub use operations::{MemoryDepths, MemoryLetters};
pub use queue::{Delivery, MemoryQueue, QueueSettings};
pub use sandbox::InProcess;
pub use transfers::{Download, MemoryTransfers, RefusedUpload};

/// A whole installation in memory.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Memory {
    pub jobs: Arc<MemoryJobs>,
    pub details: Arc<MemoryDetails>,
    pub events: Arc<MemoryEvents>,
    pub blobs: Arc<MemoryBlobs>,
    pub transfers: Arc<MemoryTransfers>,
    /// Both the work queues and their dead letters.
    pub queue: Arc<MemoryQueue>,
    pub callbacks: Arc<MemoryCallbacks>,
    pub callback_secrets: Arc<MemoryCallbackSecrets>,
    pub live: Arc<MemoryLive>,
    pub companies: Arc<MemoryCompanies>,
    pub ledger: Arc<MemoryLedger>,
    pub deletions: Arc<MemoryDeletions>,
    pub exports: Arc<MemoryExports>,
    pub letters: Arc<MemoryLetters>,
    pub audit: Arc<MemoryAudit>,
    pub connections: Arc<MemoryConnections>,
    pub health: Arc<MemoryHealth>,
    pub meter: Arc<MemoryMeter>,
    /// Knows no reader until [`Memory::with_readers`].
    pub sandbox: Arc<dyn Sandbox>,
    /// Neither a model nor a reader of pictures until a test gives some.
    pub providers: Providers,
}

impl Memory {
    /// An empty installation on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let details = Arc::new(MemoryDetails::default());
        let blobs = Arc::new(MemoryBlobs::default());
        let ledger = Arc::new(MemoryLedger::default());
        let audit = Arc::new(MemoryAudit::default());
        let callback_secrets = Arc::new(MemoryCallbackSecrets::default());
        let companies = Arc::new(MemoryCompanies::new(audit.clone(), callback_secrets.clone()));
        Self {
            jobs: Arc::new(MemoryJobs::new(details.clone(), ledger.clone())),
            details,
            events: Arc::default(),
            transfers: Arc::new(MemoryTransfers::new(blobs.clone(), clock.clone())),
            blobs,
            queue: Arc::new(MemoryQueue::new(clock, QueueSettings::default())),
            callbacks: Arc::default(),
            callback_secrets,
            live: Arc::default(),
            companies,
            ledger,
            deletions: Arc::default(),
            exports: Arc::default(),
            letters: Arc::default(),
            audit,
            connections: Arc::default(),
            health: Arc::default(),
            meter: Arc::default(),
            sandbox: Arc::new(InProcess::default()),
            providers: Providers {
                desk: Arc::new(MemoryDesk::default()),
                ..Providers::none()
            },
        }
    }

    /// What callers may get at, on the same clock.
    pub fn doors(&self, clock: Arc<dyn Clock>) -> Doors {
        Doors::new(
            self.jobs.clone(),
            self.details.clone(),
            self.events.clone(),
            self.companies.clone(),
            clock,
        )
    }

    /// What operators see of the installation.
    pub fn overview(&self) -> Overview {
        let depths = MemoryDepths::new(self.queue.clone(), self.callbacks.clone());
        Overview::new(
            self.jobs.clone(),
            self.jobs.clone(),
            self.letters.clone(),
            Arc::new(depths),
        )
    }

    /// What deletes the jobs of `engine`, which works on this installation, and companies.
    pub fn eraser(&self, engine: &Engine) -> Eraser {
        Eraser {
            engine: engine.clone(),
            events: self.events.clone(),
            deletions: self.deletions.clone(),
            companies: self.companies.clone(),
            exports: self.exports.clone(),
        }
    }

    /// What exports the data of companies whose jobs `engine` works on.
    pub fn exporter(&self, engine: &Engine) -> Exporter {
        Exporter {
            engine: engine.clone(),
            events: self.events.clone(),
            companies: self.companies.clone(),
            audit: self.audit.clone(),
            exports: self.exports.clone(),
        }
    }

    /// The same installation with documents read by these, in this process.
    #[must_use]
    pub fn with_readers(mut self, readers: Vec<NamedReader>) -> Self {
        self.sandbox = Arc::new(InProcess::new(readers));
        self
    }
}

/// Locks `mutex` whatever happened to earlier holders: the engine catches panics of pipelines, and no holder here
/// leaves its state half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
