//! One installation in memory: the production handlers over ports that meet the fates of the tape.

use std::sync::Arc;
use std::time::Duration;

use docmill_core::access::Doors;
use docmill_core::account::Ledger;
use docmill_core::callback::PrivateHosts;
use docmill_core::company::{Companies, Company, INVITATION_LIFE, Invitation, Member, Role};
use docmill_core::deletion::Eraser;
use docmill_core::engine::Engine;
use docmill_core::intake::{Intake, Reader};
use docmill_core::live::Live;
use docmill_core::model::{ModelDesk, Providers};
use docmill_core::pipeline::Registry;
use docmill_core::ports::{Clock, Connections, DetailStore, EventLog, JobStore, LiveFeed};
use docmill_core::publish::Publisher;
use docmill_core::stream_token::StreamTokens;
use docmill_core::sweep::Sweep;
use docmill_core::timing::Timing;
use docmill_memory::{Memory, SeededEntropy};
use futures::FutureExt;

use crate::lines::{self, Lines};
use crate::ports::{Oracle, Port};
use crate::rules::Rules;
use crate::scenario::{COMPANIES, FOUNDERS, USERS};
use crate::sim::{START, Sim, SkewedClock};

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
const QUICK_DEADLINE: Duration = Duration::from_secs(600);

impl Parts {
    pub(crate) fn new(sim: &Arc<Sim>, seed: u64) -> Self {
        let memory = Memory::new(sim.clock.clone());
        sim.state().ledger = Some(memory.ledger.clone());
        let rules = Rules::of(seed);
        if rules.crowded {
            found(&memory);
        }
        let timing = Timing {
            running: rules.running,
            ..Timing::default()
        };
        let clock: Arc<dyn Clock> = Arc::new(SkewedClock(sim.clone()));
        let jobs: Arc<dyn JobStore> = Port::new(sim, &memory.jobs);
        let details: Arc<dyn DetailStore> = Port::new(sim, &memory.details);
        let events: Arc<dyn EventLog> = Port::new(sim, &memory.events);
        let feed: Arc<dyn LiveFeed> = Port::new(sim, &memory.live);
        let connections: Arc<dyn Connections> = Port::new(sim, &memory.connections);
        let companies: Arc<dyn Companies> = Port::new(sim, &memory.companies);
        let ledger: Arc<dyn Ledger> = Port::new(sim, &memory.ledger);
        let queue = Port::new(sim, &memory.queue);
        let desk: Arc<dyn ModelDesk> = Port::new(sim, &memory.providers.desk);
        let registry = Registry::new(vec![
            Arc::new(Lines::new("lines", None, sim.clone())),
            Arc::new(Lines::new(lines::QUICK, Some(QUICK_DEADLINE), sim.clone())),
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
            providers: Providers {
                model: Arc::new(Oracle(sim.clone())),
                desk,
                monthly_tokens: rules.monthly_tokens,
                ..memory.providers.clone()
            },
            registry: registry.clone(),
            timing,
            memory_mb: 1024,
            instance: "test".to_owned(),
        };
        let eraser = Eraser {
            engine: engine.clone(),
            events: events.clone(),
            deletions: memory.deletions.clone(),
            companies: companies.clone(),
            exports: memory.exports.clone(),
        };
        let doors = Doors::new(
            jobs.clone(),
            details.clone(),
            events.clone(),
            companies.clone(),
            clock.clone(),
        );
        Self {
            intake: Intake {
                engine: engine.clone(),
                doors: doors.clone(),
                companies: companies.clone(),
                ledger: ledger.clone(),
                allowance: rules.allowance,
                transfers: memory.transfers.clone(),
                private_hosts: PrivateHosts::default(),
                audit: memory.audit.clone(),
                eraser: eraser.clone(),
                letters: memory.letters.clone(),
            },
            reader: Reader {
                ledger: ledger.clone(),
                monthly_grant: rules.allowance.monthly_grant,
                overview: memory.overview(),
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
                ledger: ledger.clone(),
                dead_letters: queue,
                letters: memory.letters.clone(),
                eraser,
                exporter: memory.exporter(&engine),
            },
            publisher: Publisher {
                jobs,
                events: events.clone(),
                callbacks: memory.callbacks.clone(),
                feed: feed.clone(),
                companies: companies.clone(),
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

/// Puts the companies there as they are at the beginning.
fn found(memory: &Memory) {
    for (company, user, role) in FOUNDERS {
        let (id, user) = (COMPANIES[usize::from(company)], USERS[usize::from(user)]);
        let company = Company {
            id: id.to_owned(),
            name: id.to_owned(),
            created_at: START,
        };
        let member = Member {
            user: user.to_owned(),
            email: None,
            role,
            joined_at: START,
        };
        let companies = &memory.companies;
        // Memory never waits. The first of each company is its admin.
        if role == Role::Admin {
            drop(companies.create(&company, &member).now_or_never());
            continue;
        }
        let invitation = Invitation {
            company_id: company.id,
            name: company.name,
            email: user.to_owned(),
            role,
            invited_by: String::new(),
            expires_at: START.plus(INVITATION_LIFE),
        };
        drop(companies.invite(&invitation).now_or_never());
        drop(companies.join(id, user, user, START).now_or_never());
    }
}
