//! One installation in memory: the production handlers over ports that meet the fates of the tape.

use std::sync::Arc;
use std::time::Duration;

use docmill_core::access::Doors;
use docmill_core::account::Allowance;
use docmill_core::callback::PrivateHosts;
use docmill_core::deletion::Eraser;
use docmill_core::engine::Engine;
use docmill_core::intake::{Intake, Reader};
use docmill_core::live::Live;
use docmill_core::pipeline::Registry;
use docmill_core::ports::{Clock, Connections, DetailStore, EventLog, JobStore, LiveFeed};
use docmill_core::publish::Publisher;
use docmill_core::stream_token::StreamTokens;
use docmill_core::sweep::Sweep;
use docmill_core::timing::Timing;
use docmill_memory::{Memory, SeededEntropy};

use crate::lines::Lines;
use crate::ports::Port;
use crate::sim::{Sim, SkewedClock};

/// Everything that handles something.
pub(crate) struct Parts {
    pub(crate) memory: Memory,
    pub(crate) engine: Engine,
    pub(crate) intake: Intake,
    pub(crate) reader: Reader,
    pub(crate) sweep: Sweep,
    pub(crate) publisher: Publisher,
    pub(crate) live: Live,
}

/// A deadline shorter than the installation's, as short jobs have it.
const QUICK: Duration = Duration::from_secs(600);

impl Parts {
    pub(crate) fn new(sim: &Arc<Sim>, seed: u64) -> Self {
        let memory = Memory::new(sim.clock.clone());
        let mut timing = Timing::default();
        // Most runs have few jobs: one of three is to find its user's places taken.
        if seed.is_multiple_of(3) {
            timing.running.user = 1;
        }
        sim.state().watch.limit = timing.running.user;
        let clock: Arc<dyn Clock> = Arc::new(SkewedClock(sim.clone()));
        let jobs: Arc<dyn JobStore> = Port::new(sim, &memory.jobs);
        let details: Arc<dyn DetailStore> = Port::new(sim, &memory.details);
        let events: Arc<dyn EventLog> = Port::new(sim, &memory.events);
        let feed: Arc<dyn LiveFeed> = Port::new(sim, &memory.live);
        let connections: Arc<dyn Connections> = Port::new(sim, &memory.connections);
        let queue = Port::new(sim, &memory.queue);
        let registry = Registry::new(vec![
            Arc::new(Lines::new("lines", None, sim.clone())),
            Arc::new(Lines::new("quick", Some(QUICK), sim.clone())),
        ]);
        let engine = Engine {
            jobs: jobs.clone(),
            details: details.clone(),
            blobs: Port::new(sim, &memory.blobs),
            queue: queue.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(seed)),
            meter: memory.meter.clone(),
            sandbox: memory.sandbox.clone(),
            registry: registry.clone(),
            timing,
            memory_mb: 1024,
        };
        let eraser = Eraser {
            engine: engine.clone(),
            events: events.clone(),
            deletions: memory.deletions.clone(),
        };
        let doors = Doors::new(
            jobs.clone(),
            details.clone(),
            events.clone(),
            memory.companies.clone(),
            clock.clone(),
        );
        Self {
            intake: Intake {
                engine: engine.clone(),
                doors: doors.clone(),
                companies: memory.companies.clone(),
                ledger: memory.ledger.clone(),
                allowance: plenty(),
                transfers: memory.transfers.clone(),
                private_hosts: PrivateHosts::default(),
                audit: memory.audit.clone(),
                eraser: eraser.clone(),
                dissolver: memory.dissolver(),
            },
            reader: Reader {
                ledger: memory.ledger.clone(),
                monthly_grant: 500,
                doors: doors.clone(),
                blobs: engine.blobs.clone(),
                transfers: memory.transfers.clone(),
                audit: memory.audit.clone(),
                clock: clock.clone(),
                registry,
                tokens: StreamTokens::new("simulated"),
            },
            sweep: Sweep {
                engine: engine.clone(),
                events: events.clone(),
                ledger: memory.ledger.clone(),
                dead_letters: queue,
                eraser,
                dissolver: memory.dissolver(),
                exporter: memory.exporter(&engine),
            },
            publisher: Publisher {
                jobs,
                events: events.clone(),
                callbacks: memory.callbacks.clone(),
                feed: feed.clone(),
                companies: memory.companies.clone(),
                connections: connections.clone(),
                clock: clock.clone(),
            },
            live: Live {
                doors,
                feed,
                connections,
                clock,
            },
            memory,
            engine,
        }
    }
}

/// Nobody meets a limit who does not look for one.
fn plenty() -> Allowance {
    let mut allowance = Allowance {
        monthly_grant: 1_000_000,
        ..Allowance::default()
    };
    allowance.uploads.limit = 1_000_000;
    allowance.starts.limit = 1_000_000;
    allowance
}
