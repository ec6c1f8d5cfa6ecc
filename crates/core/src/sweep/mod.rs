//! Finds what should have happened and did not, and makes the missing step. Late, doubled and parallel sweeps are
//! harmless: every step is conditional, every message may come twice.

mod accounting;
mod companies;
mod dead_letters;
mod deletions;
mod due;
mod gaps;
mod orphans;
mod places;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::account::Ledger;
use crate::deletion::Eraser;
use crate::engine::Engine;
use crate::export::Exporter;
use crate::operations::Letters;
use crate::ports::{DeadLetters, EventLog};

/// The sweep.
#[derive(Clone)]
pub struct Sweep {
    /// What makes the steps.
    pub engine: Engine,
    /// The list of events.
    pub events: Arc<dyn EventLog>,
    /// Credits of users.
    pub ledger: Arc<dyn Ledger>,
    /// What could not be delivered.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// What became of it.
    pub letters: Arc<dyn Letters>,
    /// What deletes jobs and companies.
    pub eraser: Eraser,
    /// What exports the data of companies.
    pub exporter: Exporter,
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
    /// Events written in place of lost ones.
    pub gaps: usize,
    /// Jobs deleted at the end of their retention.
    pub forgotten: usize,
    /// Deletions taken further.
    pub deletions: usize,
    /// Companies deleted to the end.
    pub dissolved: usize,
    /// Parts of exports made.
    pub exported: usize,
    /// Uploads without a job, deleted.
    pub orphans: usize,
    /// Dead letters whose chunk or job was failed, or that were stale.
    pub dead_letters: usize,
    /// Dead letters that could not be read, kept aside.
    pub parked: usize,
    /// Balances that are not what their ledger says.
    pub wrong_balances: usize,
    /// Jobs, letters or queues that could not be dealt with this time; they come again.
    pub errors: usize,
}

impl Sweep {
    /// One sweep over everything that is due, or will be within `ahead`: to look early is harmless, since what is
    /// done depends on the time alone.
    pub async fn run(&self, ahead: Duration) -> Swept {
        let mut swept = Swept::default();
        let started = self.engine.clock.now();
        self.due_jobs(ahead, &mut swept).await;
        self.drain_dead_letters(&mut swept).await;
        self.repeat_deletions(&mut swept).await;
        self.orphans(&mut swept).await;
        self.check_accounts(&mut swept).await;
        // Last: it takes what time there is.
        self.companies(started, &mut swept).await;
        swept
    }
}
