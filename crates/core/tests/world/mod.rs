//! A whole installation in memory and virtual time, on one thread, with a pipeline whose chunks do as they are told.

#![allow(dead_code, reason = "each test file uses its part")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::engine::{Engine, Verdict};
use docmill_core::ids::JobId;
use docmill_core::intake::{Accepted, Caller, Intake, SentFile, Submission};
use docmill_core::job::{Job, Priority};
use docmill_core::message::Message;
use docmill_core::pipeline::{
    Accepted as AcceptedType, ExportOptions, FileHead, Format, MergeRequest, Merged, Outcome, Pipeline,
    PlanRequest, Planned, PlannedChunk, Registry, ResultFile, Spec, StageSpec, StageTable, Work,
};
use docmill_core::ports::{Clock, EventLog, JobStore};
use docmill_core::problem::{FieldError, Problem};
use docmill_core::publish::{Change, Published, Publisher};
use docmill_core::sweep::{Sweep, Swept};
use docmill_core::time::Time;
use docmill_core::timing::Timing;
use docmill_core::view::Event;
use docmill_memory::{Memory, SeededEntropy, VirtualClock};
use futures::StreamExt;
use futures::executor::{LocalPool, LocalSpawner, block_on};
use futures::task::LocalSpawnExt;
use serde_json::{Value, json};

/// What chunk `n` does, by try (the last entry for all further ones).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Do {
    Work,
    Fail,
    Transient,
    Panic,
    Take(Duration),
}

/// Splits its file into lines, one a chunk; the output of a chunk is its line in capitals.
pub struct Lines {
    spec: Spec,
    script: Arc<Mutex<BTreeMap<String, Vec<Do>>>>,
    clock: Arc<VirtualClock>,
}

const STAGES: &[StageSpec] = &[
    StageSpec {
        percent: 0,
        text: "Queued",
    },
    StageSpec {
        percent: 5,
        text: "Reading",
    },
    StageSpec {
        percent: 10,
        text: "Splitting into {total} lines",
    },
    StageSpec {
        percent: 15,
        text: "Processing lines ({done}/{total})",
    },
    StageSpec {
        percent: 75,
        text: "Merging",
    },
    StageSpec {
        percent: 90,
        text: "Saving",
    },
    StageSpec {
        percent: 100,
        text: "Completed",
    },
];

#[async_trait]
impl Pipeline for Lines {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn settings(&self, _kind: Option<&str>, raw: &Value) -> Result<Value, Vec<FieldError>> {
        match raw {
            Value::Null => Ok(json!({})),
            Value::Object(_) => Ok(raw.clone()),
            _ => Err(vec![FieldError::new(
                "settings",
                "INVALID_SETTINGS",
                "Settings are an object.",
            )]),
        }
    }

    fn check_file(&self, head: &FileHead<'_>) -> Result<(), Problem> {
        if head.size > 1_000_000 {
            return Err(Problem::new(
                413,
                "FILE_TOO_LARGE",
                "The file is larger than 1 MB.",
            ));
        }
        Ok(())
    }

    async fn plan(&self, request: PlanRequest<'_>, _work: &dyn Work) -> Outcome<Planned> {
        let bytes = match request.sources.read(0, 1_000_000).await {
            Outcome::Done(bytes) => bytes,
            Outcome::Fail(notice) => return Outcome::Fail(notice),
            other => {
                return Outcome::Retry {
                    code: format!("{other:?}"),
                    after: None,
                };
            }
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match self.next("plan") {
            Do::Fail => return Outcome::fail("UNREADABLE", "The file cannot be read."),
            Do::Transient => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: None,
                };
            }
            Do::Panic => panic!("planned to panic"),
            Do::Take(time) => self.clock.sleep(time).await,
            Do::Work => {}
        }
        let chunks = text.lines().enumerate().map(|(n, line)| PlannedChunk {
            label: format!("line {}", n + 1),
            input: Bytes::from(line.to_owned()),
        });
        Outcome::Done(Planned {
            chunks: chunks.collect(),
            ..Planned::default()
        })
    }

    async fn process(&self, input: Bytes, work: &dyn Work) -> Outcome<Bytes> {
        let line = String::from_utf8_lossy(&input).into_owned();
        match self.next(&line) {
            Do::Fail => return Outcome::fail("BAD_LINE", format!("The line \"{line}\" is bad.")),
            Do::Transient => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: None,
                };
            }
            Do::Panic => panic!("told to panic"),
            Do::Take(time) => self.clock.sleep(time).await,
            Do::Work => {}
        }
        if work.checkpoint().is_err() {
            return Outcome::Cancelled;
        }
        Outcome::Done(Bytes::from(line.to_uppercase()))
    }

    async fn merge(&self, mut request: MergeRequest<'_>, _work: &dyn Work) -> Outcome<Merged> {
        match self.next("merge") {
            Do::Transient => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: None,
                };
            }
            Do::Take(time) => self.clock.sleep(time).await,
            _ => {}
        }
        let mut lines = Vec::new();
        while let Some(output) = request.outputs.next().await {
            match output {
                Ok((_, bytes)) => lines.push(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) => return error.into(),
            }
        }
        let failed: Vec<_> = request.failed.iter().map(|failed| failed.label.clone()).collect();
        let json = json!({"lines": lines, "failed": failed}).to_string();
        let file = |format, bytes| ResultFile {
            format,
            part: 1,
            bytes: Bytes::from(bytes),
        };
        Outcome::Done(Merged {
            files: vec![file("json", json), file("txt", lines.join("\n"))],
            ..Merged::default()
        })
    }

    fn export(&self, _: &str, _: &ExportOptions, _: &[u8]) -> Result<Option<Bytes>, Problem> {
        Ok(None)
    }
}

impl Lines {
    fn next(&self, name: &str) -> Do {
        let mut script = self.script.lock().unwrap();
        match script.get_mut(name) {
            Some(steps) if steps.len() > 1 => steps.remove(0),
            Some(steps) => steps[0],
            None => Do::Work,
        }
    }
}

pub struct World {
    pub memory: Memory,
    pub clock: Arc<VirtualClock>,
    pub intake: Intake,
    pub sweep: Sweep,
    pub publisher: Publisher,
    pub caller: Caller,
    script: Arc<Mutex<BTreeMap<String, Vec<Do>>>>,
    pool: RefCell<LocalPool>,
    /// Deliveries being worked on.
    working: Rc<RefCell<usize>>,
    /// The next message of this type is lost.
    pub lose: Cell<Option<&'static str>>,
    /// Verdicts so far.
    pub verdicts: Rc<RefCell<Vec<Verdict>>>,
}

impl World {
    pub fn new() -> Self {
        let clock = Arc::new(VirtualClock::new(Time::from_ms(1_800_000_000_000)));
        let memory = Memory::new(clock.clone());
        let script = Arc::new(Mutex::new(BTreeMap::new()));
        let lines = Lines {
            spec: Spec {
                name: "lines",
                title: "Lines in capitals",
                kinds: &[],
                stages: StageTable {
                    stages: STAGES,
                    chunks: 3,
                    merging: 4,
                },
                accepts: &[AcceptedType {
                    content_type: "text/plain",
                    extension: ".txt",
                    max_bytes: 1_000_000,
                }],
                max_files: 2,
                formats: &[
                    Format {
                        name: "json",
                        content_type: "application/json",
                        extension: "json",
                    },
                    Format {
                        name: "txt",
                        content_type: "text/plain",
                        extension: "txt",
                    },
                ],
                settings_schema: json!({}),
                deadline: None,
            },
            script: script.clone(),
            clock: clock.clone(),
        };
        let engine = Engine {
            jobs: memory.jobs.clone(),
            details: memory.details.clone(),
            blobs: memory.blobs.clone(),
            queue: memory.queue.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(7)),
            meter: memory.meter.clone(),
            registry: Registry::new(vec![Arc::new(lines)]),
            timing: Timing::default(),
            memory_mb: 1024,
        };
        let publisher = Publisher {
            events: memory.events.clone(),
            feed: memory.live.clone(),
            connections: memory.connections.clone(),
            clock: clock.clone(),
        };
        Self {
            intake: Intake {
                engine: engine.clone(),
                transfers: memory.transfers.clone(),
            },
            sweep: Sweep {
                engine,
                events: memory.events.clone(),
                dead_letters: memory.queue.clone(),
            },
            publisher,
            caller: Caller {
                owner: "alice".into(),
            },
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

    pub fn sweep(&self) -> Swept {
        block_on(self.sweep.run(Duration::ZERO))
    }

    pub fn publish(&self) -> Published {
        let changes: Vec<Change> = self
            .memory
            .jobs
            .take_changes()
            .into_iter()
            .map(|change| Change {
                old: change.old,
                new: change.new,
            })
            .collect();
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
            1 << 20,
        ));
        match fetched.unwrap() {
            docmill_core::ports::Fetched::Found(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}
