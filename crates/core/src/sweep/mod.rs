//! Finds what should have happened and did not, and makes the missing step. Late, doubled and parallel sweeps are
//! harmless: every step is conditional, every message may come twice.

mod dead_letters;
mod due;

use std::sync::Arc;

use serde::Serialize;

use crate::engine::Engine;
use crate::ports::DeadLetters;

/// The sweep.
#[derive(Clone)]
pub struct Sweep {
    /// What makes the steps.
    pub engine: Engine,
    /// What could not be delivered.
    pub dead_letters: Arc<dyn DeadLetters>,
}

/// What a sweep did; for the log and for tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Jobs looked at.
    pub looked_at: usize,
    /// Messages sent again.
    pub messages_sent: usize,
    /// Jobs brought to their end.
    pub ended: usize,
    /// Warnings given.
    pub warned: usize,
    /// Dead letters whose chunk or job was failed, or that were stale.
    pub dead_letters: usize,
    /// Dead letters that could not be read, kept aside.
    pub parked: usize,
    /// Jobs, letters or queues that could not be dealt with this time; they come again.
    pub errors: usize,
}

impl Sweep {
    /// One sweep over everything that is due.
    pub async fn run(&self) -> Swept {
        let mut swept = Swept::default();
        self.due_jobs(&mut swept).await;
        self.drain_dead_letters(&mut swept).await;
        swept
    }
}
