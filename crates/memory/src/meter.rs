//! [`Meter`]: nothing in memory costs anything, but tests may say otherwise.

use std::sync::Mutex;

use docmill_core::ports::Meter;
use docmill_core::usage::Usage;

use crate::lock;

/// Counts what it is told to.
#[derive(Debug, Default)]
pub struct MemoryMeter {
    usage: Mutex<Usage>,
}

impl MemoryMeter {
    /// Counts one request of `operation`, for example `s3.put`.
    pub fn count(&self, operation: &str) {
        lock(&self.usage).count(operation);
    }
}

impl Meter for MemoryMeter {
    fn take(&self) -> Usage {
        std::mem::take(&mut *lock(&self.usage))
    }

    fn add(&self, usage: &Usage) {
        lock(&self.usage).add(usage);
    }
}
