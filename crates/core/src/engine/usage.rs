//! What one message cost so far.

use std::sync::Mutex;

use super::Engine;
use crate::time::Time;
use crate::usage::Usage;

/// The account of one message: everything this process asked for since the last recording write.
pub(crate) struct Account<'a> {
    engine: &'a Engine,
    since: Mutex<Time>,
}

impl<'a> Account<'a> {
    /// Opens the account. What was counted before belongs to others.
    pub(crate) fn open(engine: &'a Engine) -> Self {
        engine.meter.take();
        Self {
            engine,
            since: Mutex::new(engine.clock.now()),
        }
    }

    /// Everything up to and including the write it is recorded with, which is a request to `write`.
    pub(crate) fn up_to(&self, write: &str) -> Usage {
        let mut usage = self.engine.meter.take();
        usage.count(write);
        let now = self.engine.clock.now();
        if let Ok(mut since) = self.since.lock() {
            usage.lambda_ms = u64::try_from(now.since(*since).as_millis()).unwrap_or(0);
            usage.lambda_mb_ms = usage.lambda_ms * self.engine.memory_mb;
            *since = now;
        }
        usage
    }

    /// The write that [`Account::up_to`] foresaw was made: it is not to be counted again.
    pub(crate) fn recorded(&self) {
        self.engine.meter.take();
    }
}
