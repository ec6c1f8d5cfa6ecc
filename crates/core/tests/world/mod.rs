//! A whole installation in memory and virtual time, on one thread.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

pub mod companies;
pub mod lines;
mod sockets;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::account::Allowance;
use docmill_core::callback::PrivateHosts;
use docmill_core::engine::{Engine, Verdict};
use docmill_core::ids::JobId;
use docmill_core::intake::{Accepted, Intake, Reader, SentFile, Submission};
use docmill_core::job::{Job, Priority};
use docmill_core::message::Message;
use docmill_core::model::Providers;
use docmill_core::pipeline::{Pipeline, Registry};
use docmill_core::ports::{Clock, EventLog, JobStore};
use docmill_core::problem::Problem;
use docmill_core::publish::{Published, Publisher};
use docmill_core::stream_token::StreamTokens;
use docmill_core::sweep::{Sweep, Swept};
use docmill_core::time::Time;
use docmill_core::timing::Timing;
use docmill_core::view::Event;
use docmill_memory::{Memory, SeededEntropy, VirtualClock};
use futures::executor::{LocalPool, LocalSpawner, block_on};
use futures::task::LocalSpawnExt;
use serde_json::json;

pub use lines::{Do, Lines, Script};

pub struct World {
    pub memory: Memory,
    pub clock: Arc<VirtualClock>,
    pub intake: Intake,
    pub sweep: Sweep,
    pub publisher: Publisher,
    pub caller: Caller,
    script: Script,
    pool: RefCell<LocalPool>,
    /// Deliveries being worked on.
    working: Rc<RefCell<usize>>,
    /// The next message of this type is lost.
    pub lose: Cell<Option<&'static str>>,
    /// Verdicts so far.
    pub verdicts: Rc<RefCell<Vec<Verdict>>>,
}

impl World {
    /// One whose only pipeline is [`Lines`].
    pub fn new() -> Self {
        Self::with(None, |_| {})
    }

    /// One with this pipeline beside it, and these providers.
    pub fn with(pipeline: Option<Arc<dyn Pipeline>>, providers: impl FnOnce(&mut Providers)) -> Self {
        let clock = Arc::new(VirtualClock::new(Time::from_ms(1_800_000_000_000)));
        let mut memory = Memory::new(clock.clone());
        providers(&mut memory.providers);
        let script = Arc::new(Mutex::new(BTreeMap::new()));
        let lines = Lines::new(script.clone(), clock.clone());
        let engine = Engine {
            jobs: memory.jobs.clone(),
            details: memory.details.clone(),
            blobs: memory.blobs.clone(),
            queue: memory.queue.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(7)),
            meter: memory.meter.clone(),
            sandbox: memory.sandbox.clone(),
            providers: memory.providers.clone(),
            registry: match pipeline {
                Some(pipeline) => Registry::new(vec![Arc::new(lines), pipeline]),
                None => Registry::new(vec![Arc::new(lines)]),
            },
            timing: Timing::default(),
            memory_mb: 1024,
            instance: "test".to_owned(),
        };
        let publisher = Publisher {
            jobs: memory.jobs.clone(),
            events: memory.events.clone(),
            callbacks: memory.callbacks.clone(),
            feed: memory.live.clone(),
            companies: memory.companies.clone(),
            connections: memory.connections.clone(),
            clock: clock.clone(),
        };
        Self {
            intake: Intake {
                engine: engine.clone(),
                doors: memory.doors(clock.clone()),
                companies: memory.companies.clone(),
                ledger: memory.ledger.clone(),
                allowance: plenty(),
                transfers: memory.transfers.clone(),
                private_hosts: PrivateHosts::default(),
                audit: memory.audit.clone(),
                eraser: memory.eraser(&engine),
                letters: memory.letters.clone(),
            },
            sweep: Sweep {
                eraser: memory.eraser(&engine),
                exporter: memory.exporter(&engine),
                engine,
                events: memory.events.clone(),
                ledger: memory.ledger.clone(),
                dead_letters: memory.queue.clone(),
                letters: memory.letters.clone(),
            },
            publisher,
            caller: Caller::user("alice"),
            memory,
            clock,
            script,
            pool: RefCell::new(LocalPool::new()),
            working: Rc::default(),
            lose: Cell::new(None),
            verdicts: Rc::default(),
        }
    }

    /// What the chunk with this line (or `plan`, `merge`) does, try by try.
    pub fn script(&self, name: &str, steps: &[Do]) {
        self.script
            .lock()
            .unwrap()
            .insert(name.to_owned(), steps.to_vec());
    }

    /// What reads for users.
    pub fn reader(&self) -> Reader {
        Reader {
            ledger: self.memory.ledger.clone(),
            monthly_grant: 500,
            overview: self.memory.overview(),
            doors: self.memory.doors(self.clock.clone()),
            blobs: self.memory.blobs.clone(),
            transfers: self.memory.transfers.clone(),
            audit: self.memory.audit.clone(),
            clock: self.clock.clone(),
            registry: self.intake.engine.registry.clone(),
            tokens: StreamTokens::new(*b"secret"),
        }
    }

    pub fn submit(&self, text: &str) -> Job {
        self.submit_as(
            text,
            Submission {
                pipeline: "lines".into(),
                ..Submission::default()
            },
        )
        .unwrap()
        .job
    }

    pub fn submit_as(&self, text: &str, submission: Submission) -> Result<Accepted, Problem> {
        let file = SentFile {
            name: "a.txt".into(),
            content_type: "text/plain".into(),
            bytes: Bytes::from(text.to_owned()),
        };
        block_on(self.intake.submit(&self.caller, submission, vec![file]))
    }

    pub fn job(&self, id: JobId) -> Job {
        block_on(self.memory.jobs.get(id)).unwrap().unwrap()
    }

    /// Receives what is visible and works on it as far as it goes without time passing; whether anything happened.
    pub fn work(&self) -> bool {
        let mut any = false;
        for priority in Priority::ALL {
            for delivery in self.memory.queue.receive(priority, 100) {
                any = true;
                if self
                    .lose
                    .get()
                    .is_some_and(|lose| delivery.body.contains(&format!("\"type\":\"{lose}\"")))
                {
                    self.lose.set(None);
                    self.memory.queue.acknowledge(&delivery);
                    continue;
                }
                let (engine, queue) = (self.intake.engine.clone(), self.memory.queue.clone());
                let (working, verdicts) = (self.working.clone(), self.verdicts.clone());
                *working.borrow_mut() += 1;
                let task = async move {
                    let message: Message = serde_json::from_str(&delivery.body).unwrap();
                    let verdict = engine.handle(&message).await;
                    match verdict {
                        Verdict::Acknowledge(_) => queue.acknowledge(&delivery),
                        Verdict::Redeliver { after } => queue.give_back(&delivery, after),
                    }
                    verdicts.borrow_mut().push(verdict);
                    *working.borrow_mut() -= 1;
                };
                self.spawner().spawn_local(task).unwrap();
            }
        }
        self.pool.borrow_mut().run_until_stalled();
        any
    }

    fn spawner(&self) -> LocalSpawner {
        self.pool.borrow().spawner()
    }

    /// Kills whoever works: the futures are dropped where they stand.
    pub fn kill_workers(&self) {
        *self.pool.borrow_mut() = LocalPool::new();
        *self.working.borrow_mut() = 0;
    }

    /// Lets time pass, with workers and (each minute) the sweep at work, until `done` or `limit` is over.
    pub fn run_until(&self, limit: Duration, done: impl Fn() -> bool) -> bool {
        let end = self.clock.now().plus(limit);
        let mut next_sweep = self.clock.now().plus(Duration::from_secs(60));
        loop {
            while self.work() {}
            if done() {
                return true;
            }
            let queue = self.memory.queue.next_visible_at();
            let wakes = [self.clock.next_wake(), queue, Some(next_sweep)];
            let next = wakes
                .into_iter()
                .flatten()
                .filter(|at| *at > self.clock.now())
                .min()
                .unwrap();
            if next > end {
                return done();
            }
            self.clock.advance_to(next);
            if next >= next_sweep {
                self.sweep();
                next_sweep = next.plus(Duration::from_secs(60));
            }
        }
    }

    /// Until the job is over, and at most an hour.
    pub fn finish(&self, id: JobId) -> Job {
        self.run_until(Duration::from_secs(3600), || self.job(id).status.is_terminal());
        while self.work() {}
        self.job(id)
    }

    /// Adds a line to the job's result, as its owner.
    pub fn edit(&self, id: JobId) {
        let body = json!({"add": "more"});
        block_on(self.intake.edit_result(&self.caller, id, &body, None)).unwrap();
    }

    pub fn sweep(&self) -> Swept {
        block_on(self.sweep.run(Duration::ZERO))
    }

    pub fn publish(&self) -> Published {
        let changes = self.memory.jobs.take_changes();
        block_on(self.publisher.publish(&changes))
    }

    pub fn events(&self, id: JobId) -> Vec<Event> {
        block_on(self.memory.events.after(id, 0, 10_000)).unwrap()
    }

    pub fn result(&self, job: &Job) -> String {
        let key = docmill_core::plan::result_key(job.id, job.result.as_ref().unwrap().attempt, "json", 1);
        let fetched = block_on(docmill_core::ports::BlobStore::get(
            &*self.memory.blobs,
            &key,
            None,
            64 << 20,
        ));
        match fetched.unwrap() {
            docmill_core::ports::Fetched::Found(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
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
