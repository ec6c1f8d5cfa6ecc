//! Wires `sweep`.

use std::convert::Infallible;
use std::sync::Arc;

use docmill_aws::config::{self, Env};
use docmill_aws::{
    Clients, DynamoAudit, DynamoCompanies, DynamoDeletions, DynamoDetails, DynamoEvents, DynamoExports,
    DynamoJobs, DynamoLedger, DynamoLetters, S3Blobs, SqsDeadLetters, SqsQueue,
};
use docmill_core::deletion::Eraser;
use docmill_core::engine::Engine;
use docmill_core::export::Exporter;
use docmill_core::model::Providers;
use docmill_core::sandbox::NoSandbox;
use docmill_core::sweep::Sweep;
use docmill_gateway::logs;
use docmill_memory::{OsEntropy, SystemClock};
use docmill_pipelines::Offer;
use docmill_sweep::SweepApp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    logs::init();
    let env = Env::process();
    let offer = Offer {
        models: config::has_models(&env),
    };
    let config = config::Sweep::read(&env)?;
    let clients = Clients::load();
    let engine = Engine {
        jobs: Arc::new(
            DynamoJobs::new(clients.dynamodb(), &config.jobs_table).moving(&config.accounts_table),
        ),
        details: Arc::new(DynamoDetails::new(clients.dynamodb(), &config.events_table)),
        blobs: Arc::new(S3Blobs::new(clients.s3(), &config.bucket)),
        queue: Arc::new(SqsQueue::new(clients.sqs(), config.queues)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        meter: Arc::new(clients.meter()),
        sandbox: Arc::new(NoSandbox),
        providers: Providers::none(),
        registry: docmill_pipelines::registry(offer),
        timing: config.timing,
        memory_mb: 0,
        instance: String::new(),
    };
    let dead_letters = Arc::new(SqsDeadLetters::new(clients.sqs(), config.dead_letters));
    let events = Arc::new(DynamoEvents::new(clients.dynamodb(), &config.events_table));
    let eraser = Eraser {
        engine: engine.clone(),
        events: events.clone(),
        deletions: Arc::new(DynamoDeletions::new(clients.dynamodb(), &config.accounts_table)),
        companies: Arc::new(DynamoCompanies::new(clients.dynamodb(), &config.accounts_table)),
        exports: Arc::new(DynamoExports::new(clients.dynamodb(), &config.accounts_table)),
    };
    let exporter = Exporter {
        engine: engine.clone(),
        events: events.clone(),
        companies: eraser.companies.clone(),
        audit: Arc::new(DynamoAudit::new(clients.dynamodb(), &config.accounts_table)),
        exports: eraser.exports.clone(),
    };
    let app = &SweepApp {
        sweep: Sweep {
            engine,
            ledger: Arc::new(DynamoLedger::new(clients.dynamodb(), &config.accounts_table)),
            dead_letters,
            letters: Arc::new(DynamoLetters::new(clients.dynamodb(), &config.accounts_table)),
            events,
            eraser,
            exporter,
        },
    };
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        Ok::<_, Infallible>(app.handle(&event.payload).await)
    }))
    .await
}
