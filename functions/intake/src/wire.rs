//! Configuration, clients, handler: the function as it runs, with the pipelines it is given.

use std::sync::Arc;

use docmill_aws::config::{self, Env};
use docmill_aws::{
    Clients, DynamoAudit, DynamoCallbackSecrets, DynamoCompanies, DynamoDeletions, DynamoDetails,
    DynamoEvents, DynamoExports, DynamoJobs, DynamoLedger, DynamoLetters, DynamoLive, S3Blobs, S3Transfers,
    SqsQueue, Tables,
};
use docmill_core::callback::{CallbackKeys, MasterKey};
use docmill_core::deletion::Eraser;
use docmill_core::engine::Engine;
use docmill_core::intake::Intake;
use docmill_core::model::Providers;
use docmill_core::pipeline::Registry;
use docmill_core::sandbox::NoSandbox;
use docmill_core::stream_token::StreamTokens;
use docmill_gateway::logs;
use docmill_memory::{OsEntropy, SystemClock};

use crate::IntakeApp;

/// Serves invocations until Lambda stops the process.
pub async fn serve(registry: Registry) -> Result<(), lambda_runtime::Error> {
    logs::init();
    let config = config::Intake::read(&Env::process())?;
    let clients = Clients::load();
    let jobs = DynamoJobs::new(clients.dynamodb(), &config.jobs_table)
        .moving(&config.accounts_table)
        .creating(&config.events_table);
    let engine = Engine {
        jobs: Arc::new(jobs),
        details: Arc::new(DynamoDetails::new(clients.dynamodb(), &config.events_table)),
        blobs: Arc::new(S3Blobs::new(clients.s3(), &config.bucket)),
        queue: Arc::new(SqsQueue::new(clients.sqs(), config.queues)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        meter: Arc::new(clients.meter()),
        sandbox: Arc::new(NoSandbox),
        providers: Providers::none(),
        registry,
        timing: config.timing,
        memory_mb: 0,
        instance: String::new(),
    };
    let companies = Arc::new(DynamoCompanies::new(clients.dynamodb(), &config.accounts_table));
    let tables = Tables {
        jobs: &config.jobs_table,
        events: &config.events_table,
        accounts: &config.accounts_table,
    };
    let doors = clients.doors(tables, Arc::new(SystemClock));
    let eraser = Eraser {
        engine: engine.clone(),
        events: Arc::new(DynamoEvents::new(clients.dynamodb(), &config.events_table)),
        deletions: Arc::new(DynamoDeletions::new(clients.dynamodb(), &config.accounts_table)),
        companies: companies.clone(),
        exports: Arc::new(DynamoExports::new(clients.dynamodb(), &config.accounts_table)),
    };
    let transfers = Arc::new(S3Transfers::new(clients.s3(), &config.bucket));
    let secrets = DynamoCallbackSecrets::new(clients.dynamodb(), &config.accounts_table);
    docmill_gateway::serve(IntakeApp {
        intake: Intake {
            engine,
            doors,
            companies,
            ledger: Arc::new(DynamoLedger::new(clients.dynamodb(), &config.accounts_table)),
            allowance: config.allowance,
            transfers,
            private_hosts: config.private_hosts,
            audit: Arc::new(DynamoAudit::new(clients.dynamodb(), &config.accounts_table)),
            eraser,
            letters: Arc::new(DynamoLetters::new(clients.dynamodb(), &config.accounts_table)),
        },
        feed: Arc::new(DynamoLive::new(clients.dynamodb(), &config.live_table)),
        tokens: StreamTokens::new(config.stream_secret),
        callback_keys: CallbackKeys {
            secrets: Arc::new(secrets),
            master: MasterKey::new(config.callback_secret),
            clock: Arc::new(SystemClock),
        },
        live_url: config.live_url,
    })
    .await
}
