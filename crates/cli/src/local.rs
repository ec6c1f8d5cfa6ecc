//! `docmill run`: the engine in this process, over ports in memory. The same code accepts the job, plans it, works on
//! its chunks, merges them and hands the result out as in the service.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::account::Allowance;
use docmill_core::callback::PrivateHosts;
use docmill_core::engine::{Engine, Verdict};
use docmill_core::intake::{Download, Intake, Reader, ResultQuery, SentFile, Submission};
use docmill_core::job::Priority;
use docmill_core::message::Message;
use docmill_core::model::Providers;
use docmill_core::pipeline::ExportOptions;
use docmill_core::ports::{Clock, Entropy};
use docmill_core::problem::Problem;
use docmill_core::sandbox::Sandbox;
use docmill_core::stream_token::StreamTokens;
use docmill_core::timing::Timing;
use docmill_core::view::Event as CoreEvent;
use docmill_memory::{Delivery, Memory, OsEntropy, SystemClock};
use docmill_pipelines::{BuiltinReader, networks_folder};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use crate::client::{Event, Job};
use crate::exit::{Exit, Failure};

/// Whoever runs a job here is its owner.
const OWNER: &str = "local";

/// How often progress is looked at while everybody works.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// What is to be done here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocalJob {
    /// Pipeline's name.
    pub pipeline: String,
    /// Its variety.
    pub kind: Option<String>,
    /// Settings by name.
    pub settings: Map<String, Value>,
    /// The files.
    pub files: Vec<SentFile>,
}

/// A job that ended here.
pub struct Ended {
    /// As a service would show it.
    pub job: Job,
    memory: Memory,
    reader: Reader,
    caller: Caller,
    id: docmill_core::ids::JobId,
}

/// Works on a job until it ends, over documents that `sandbox` reads. `show` gets its events.
pub async fn run(
    local: LocalJob,
    sandbox: Arc<dyn Sandbox>,
    show: &mut (dyn FnMut(&Event) + Send),
) -> Result<Ended, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let memory = Memory::new(clock.clone());
    let engine = engine(&memory, sandbox, clock.clone());
    let caller = Caller::user(OWNER);
    let intake = Intake {
        engine: engine.clone(),
        doors: memory.doors(clock.clone()),
        companies: memory.companies.clone(),
        ledger: memory.ledger.clone(),
        allowance: Allowance::default(),
        transfers: memory.transfers.clone(),
        private_hosts: PrivateHosts::default(),
        audit: memory.audit.clone(),
        eraser: memory.eraser(&engine),
        letters: memory.letters.clone(),
    };
    let submission = Submission {
        pipeline: local.pipeline,
        kind: local.kind,
        settings: Value::Object(local.settings),
        ..Submission::default()
    };
    let id = intake
        .submit(&caller, submission, local.files)
        .await
        .map_err(refused)?
        .job
        .id;
    work(&engine, &memory, show).await?;

    let reader = reader(&memory, clock, &engine);
    let shown = reader.job(&caller, id).await.map_err(refused)?;
    let shown = reader.show(&caller, &shown).await.map_err(refused)?;
    let raw = serde_json::to_value(&shown).map_err(broken)?;
    let mut job: Job = serde_json::from_value(raw.clone()).map_err(broken)?;
    job.raw = raw;
    Ok(Ended {
        job,
        memory,
        reader,
        caller,
        id,
    })
}

impl Ended {
    /// The result in a format, as a download would give it.
    pub async fn result(
        &self,
        format: Option<&str>,
        part: u32,
        options: &ExportOptions,
    ) -> Result<Bytes, Failure> {
        let query = ResultQuery {
            format,
            part: Some(part),
            options: options.clone(),
            ..ResultQuery::default()
        };
        let download = self.reader.result(&self.caller, self.id, &query).await;
        match download.map_err(refused)? {
            Download::Made { bytes, .. } => Ok(bytes),
            Download::Link(url) => {
                let found = self.memory.transfers.download(&url);
                found
                    .map(|found| found.bytes)
                    .ok_or_else(|| broken("the result is not there"))
            }
        }
    }
}

fn engine(memory: &Memory, sandbox: Arc<dyn Sandbox>, clock: Arc<dyn Clock>) -> Engine {
    Engine {
        jobs: memory.jobs.clone(),
        details: memory.details.clone(),
        blobs: memory.blobs.clone(),
        queue: memory.queue.clone(),
        clock,
        entropy: Arc::new(OsEntropy),
        meter: memory.meter.clone(),
        providers: Providers {
            reader: Arc::new(BuiltinReader::new(sandbox.clone(), networks_folder())),
            ..memory.providers.clone()
        },
        sandbox,
        registry: docmill_pipelines::registry(docmill_pipelines::Offer::default()),
        timing: Timing::default(),
        memory_mb: 0,
        instance: String::new(),
    }
}

fn reader(memory: &Memory, clock: Arc<dyn Clock>, engine: &Engine) -> Reader {
    let mut secret = vec![0; 32];
    OsEntropy.fill(&mut secret);
    Reader {
        ledger: memory.ledger.clone(),
        monthly_grant: 500,
        overview: memory.overview(),
        doors: memory.doors(clock.clone()),
        blobs: memory.blobs.clone(),
        transfers: memory.transfers.clone(),
        audit: memory.audit.clone(),
        clock,
        registry: engine.registry.clone(),
        tokens: StreamTokens::new(secret),
    }
}

/// Takes messages from the queues and works on them, a core each, until nothing is left to do.
async fn work(
    engine: &Engine,
    memory: &Memory,
    show: &mut (dyn FnMut(&Event) + Send),
) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut working: JoinSet<(Delivery, Verdict)> = JoinSet::new();
    loop {
        for change in memory.jobs.take_changes() {
            if change.new.version > change.old.as_ref().map_or(0, |old| old.version) {
                show(&Event::from(&CoreEvent::of(change.old.as_ref(), &change.new)));
            }
        }
        let mut waiting: VecDeque<Delivery> = Priority::ALL
            .into_iter()
            .flat_map(|priority| memory.queue.receive(priority, cores - working.len().min(cores)))
            .collect();
        while let Some(delivery) = waiting.pop_front() {
            let message: Message = serde_json::from_str(&delivery.body).map_err(broken)?;
            let engine = engine.clone();
            working.spawn(async move { (delivery, engine.handle(&message).await) });
        }
        if working.is_empty() {
            // Nobody works and nothing is ready: either a message rests until its time comes, or all is done.
            let Some(at) = memory.queue.next_visible_at() else {
                return Ok(());
            };
            engine.clock.sleep(at.since(engine.clock.now())).await;
            continue;
        }
        tokio::select! {
            Some(ended) = working.join_next() => {
                let (delivery, verdict) = ended.map_err(broken)?;
                match verdict {
                    Verdict::Acknowledge(_) => memory.queue.acknowledge(&delivery),
                    Verdict::Redeliver { after } => memory.queue.give_back(&delivery, after),
                }
            }
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
        }
    }
}

impl From<&CoreEvent> for Event {
    fn from(event: &CoreEvent) -> Self {
        serde_json::to_value(event)
            .and_then(serde_json::from_value)
            .unwrap_or_default()
    }
}

fn refused(problem: Problem) -> Failure {
    let mut refusal = crate::client::Refusal::new(problem.status, problem.detail);
    refusal.code = Some(problem.code);
    refusal.errors = problem
        .errors
        .into_iter()
        .map(|error| crate::client::FieldProblem {
            field: error.field,
            code: error.code,
            detail: error.detail,
        })
        .collect();
    Failure {
        exit: Exit::Refused,
        message: refusal.to_string(),
    }
}

fn broken(error: impl ToString) -> Failure {
    Failure {
        exit: Exit::JobFailed,
        message: format!("the run broke off: {}", error.to_string()),
    }
}
