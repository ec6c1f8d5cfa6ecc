//! Wires `status`.

use std::sync::Arc;

use docmill_aws::config::{self, Env};
use docmill_aws::{
    AwsHealth, Clients, DynamoAudit, DynamoBoard, DynamoFigures, DynamoLedger, DynamoLetters, S3Blobs,
    S3Transfers, SqsDepths, Tables,
};
use docmill_core::intake::Reader;
use docmill_core::operations::Overview;
use docmill_core::stream_token::StreamTokens;
use docmill_gateway::{logs, serve};
use docmill_memory::SystemClock;
use docmill_pipelines::Offer;
use docmill_status::{PublicConfig, StatusApp};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    logs::init();
    let env = Env::process();
    let offer = Offer {
        models: config::has_models(&env),
    };
    let config = config::Status::read(&env)?;
    let clients = Clients::load();
    let tables = Tables {
        jobs: &config.jobs_table,
        events: &config.events_table,
        accounts: &config.accounts_table,
    };
    let doors = clients.doors(tables, Arc::new(SystemClock));
    let overview = Overview::new(
        Arc::new(DynamoBoard::new(clients.dynamodb(), &config.jobs_table)),
        Arc::new(DynamoFigures::new(clients.dynamodb(), &config.accounts_table)),
        Arc::new(DynamoLetters::new(clients.dynamodb(), &config.accounts_table)),
        Arc::new(SqsDepths::new(clients.sqs(), config.queues.clone())),
    );
    let reader = Reader {
        doors,
        blobs: Arc::new(S3Blobs::new(clients.s3(), &config.bucket)),
        transfers: Arc::new(S3Transfers::new(clients.s3(), &config.bucket)),
        audit: Arc::new(DynamoAudit::new(clients.dynamodb(), &config.accounts_table)),
        clock: Arc::new(SystemClock),
        registry: docmill_pipelines::registry(offer),
        ledger: Arc::new(DynamoLedger::new(clients.dynamodb(), &config.accounts_table)),
        monthly_grant: config.monthly_credits,
        overview,
        tokens: StreamTokens::new(config.stream_secret),
    };
    let health = AwsHealth::new(
        clients.dynamodb(),
        clients.s3(),
        clients.sqs(),
        vec![("jobs", config.jobs_table), ("events", config.events_table)],
        &config.bucket,
        config.queues.work,
    );
    serve(StatusApp {
        reader,
        health: Arc::new(health),
        public: PublicConfig {
            issuer: config.issuer,
            client_id: config.client_id,
            auth_endpoint: config.auth_endpoint,
            live_url: config.live_url,
        },
    })
    .await
}
