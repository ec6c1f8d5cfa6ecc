//! A whole installation in memory, in virtual time.

use std::sync::Arc;

use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::account::Allowance;
use docmill_core::callback::{CallbackKeys, MasterKey, PrivateHosts};
use docmill_core::engine::{Engine, Verdict};
use docmill_core::ids::JobId;
use docmill_core::intake::{Intake, Reader, SentFile, Submission};
use docmill_core::job::{Job, Priority};
use docmill_core::live::Live;
use docmill_core::message::Message;
use docmill_core::publish::Publisher;
use docmill_core::stream_token::StreamTokens;
use docmill_core::sweep::Sweep;
use docmill_core::time::Time;
use docmill_core::timing::Timing;
use docmill_memory::{Memory, SeededEntropy, VirtualClock};
use futures::FutureExt;

use crate::Lines;

/// The `sub` of a user.
pub const ALICE: &str = "alice";

/// The `sub` of a user who has no business with Alice's jobs.
pub const MALLORY: &str = "mallory";

/// Alice as core knows her.
pub fn alice() -> Caller {
    Caller::user(ALICE)
}

/// Mallory as core knows him.
pub fn mallory() -> Caller {
    Caller::user(MALLORY)
}

/// An installation.
#[derive(Clone)]
pub struct Installation {
    /// Its ports.
    pub memory: Memory,
    /// Its time.
    pub clock: Arc<VirtualClock>,
    /// What signs its links.
    pub tokens: StreamTokens,
    entropy: Arc<SeededEntropy>,
}

impl Default for Installation {
    fn default() -> Self {
        let clock = Arc::new(VirtualClock::new(Time::from_ms(1_800_000_000_000)));
        Self {
            memory: Memory::new(clock.clone()).with_readers(docmill_pipelines::readers()),
            clock,
            tokens: StreamTokens::new(*b"0123456789abcdef0123456789abcdef"),
            entropy: Arc::new(SeededEntropy::new(7)),
        }
    }
}

impl Installation {
    /// What works on its jobs.
    pub fn engine(&self) -> Engine {
        let memory = &self.memory;
        Engine {
            jobs: memory.jobs.clone(),
            details: memory.details.clone(),
            blobs: memory.blobs.clone(),
            queue: memory.queue.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            meter: memory.meter.clone(),
            sandbox: memory.sandbox.clone(),
            providers: memory.providers.clone(),
            registry: docmill_pipelines::registry(docmill_pipelines::Offer::default())
                .with(Arc::new(Lines::default())),
            timing: Timing::default(),
            memory_mb: 0,
            instance: String::new(),
        }
    }

    /// What accepts jobs.
    pub fn intake(&self) -> Intake {
        Intake {
            engine: self.engine(),
            doors: self.memory.doors(self.clock.clone()),
            companies: self.memory.companies.clone(),
            ledger: self.memory.ledger.clone(),
            allowance: Allowance::default(),
            transfers: self.memory.transfers.clone(),
            private_hosts: PrivateHosts::default(),
            audit: self.memory.audit.clone(),
            eraser: self.memory.eraser(&self.engine()),
            letters: self.memory.letters.clone(),
        }
    }

    /// What reads.
    pub fn reader(&self) -> Reader {
        let memory = &self.memory;
        Reader {
            ledger: memory.ledger.clone(),
            monthly_grant: 500,
            overview: memory.overview(),
            doors: memory.doors(self.clock.clone()),
            blobs: memory.blobs.clone(),
            transfers: memory.transfers.clone(),
            audit: memory.audit.clone(),
            clock: self.clock.clone(),
            registry: self.engine().registry,
            tokens: self.tokens.clone(),
        }
    }

    /// What talks to WebSocket clients.
    pub fn live(&self) -> Live {
        let memory = &self.memory;
        Live {
            doors: memory.doors(self.clock.clone()),
            feed: memory.live.clone(),
            connections: memory.connections.clone(),
            clock: self.clock.clone(),
        }
    }

    /// What publishes changes.
    pub fn publisher(&self) -> Publisher {
        let memory = &self.memory;
        Publisher {
            jobs: memory.jobs.clone(),
            events: memory.events.clone(),
            callbacks: memory.callbacks.clone(),
            feed: memory.live.clone(),
            companies: memory.companies.clone(),
            connections: memory.connections.clone(),
            clock: self.clock.clone(),
        }
    }

    /// What knows the secrets that callbacks are signed with.
    pub fn callback_keys(&self) -> CallbackKeys {
        CallbackKeys {
            secrets: self.memory.callback_secrets.clone(),
            master: MasterKey::new(*b"fedcba9876543210fedcba9876543210"),
            clock: self.clock.clone(),
        }
    }

    /// What finds missing steps.
    pub fn sweep(&self) -> Sweep {
        Sweep {
            engine: self.engine(),
            ledger: self.memory.ledger.clone(),
            dead_letters: self.memory.queue.clone(),
            letters: self.memory.letters.clone(),
            events: self.memory.events.clone(),
            eraser: self.memory.eraser(&self.engine()),
            exporter: self.memory.exporter(&self.engine()),
        }
    }

    /// A job of Alice's over a text, queued.
    pub async fn submit(&self, text: &str) -> Job {
        let submission = Submission {
            pipeline: "lines".to_owned(),
            ..Submission::default()
        };
        let file = SentFile {
            name: "roman.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: Bytes::from(text.to_owned()),
        };
        self.intake()
            .submit(&alice(), submission, vec![file])
            .await
            .unwrap()
            .job
    }

    /// The record as it stands.
    pub fn job(&self, id: JobId) -> Job {
        let jobs = self.memory.jobs.all();
        jobs.into_iter().find(|job| job.id == id).unwrap()
    }

    /// Works on messages, as time goes by, until there are none; publishes what changed.
    pub async fn work(&self) {
        let engine = self.engine();
        while let Some(visible_at) = self.memory.queue.next_visible_at() {
            self.clock.advance_to(visible_at);
            for delivery in Priority::ALL
                .into_iter()
                .flat_map(|priority| self.memory.queue.receive(priority, 10))
            {
                let message: Message = serde_json::from_str(&delivery.body).unwrap();
                match engine.handle(&message).await {
                    Verdict::Acknowledge(_) => self.memory.queue.acknowledge(&delivery),
                    Verdict::Redeliver { after } => self.memory.queue.give_back(&delivery, after),
                }
            }
            self.publish().await;
        }
    }

    /// Publishes what changed.
    pub async fn publish(&self) {
        let changes = self.memory.jobs.take_changes();
        let published = self.publisher().publish(&changes).await;
        assert_eq!(published.failed_from, None);
    }

    /// Runs `future` to its end, moving the time on to the next sleeper whenever nothing else can happen.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = Box::pin(future);
        for _ in 0..100_000 {
            if let Some(done) = future.as_mut().now_or_never() {
                return done;
            }
            let wake = self.clock.next_wake().expect("nobody sleeps, and nobody gets on");
            self.clock.advance_to(wake);
        }
        panic!("never done");
    }
}
