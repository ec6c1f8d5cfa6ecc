//! Configuration, clients, handler: the function as it runs, with the pipelines it is given.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;

use docmill_aws::config::{self, Env, QueueUrls};
use docmill_aws::{
    BedrockModel, Clients, DynamoDetails, DynamoJobs, DynamoModelDesk, S3Blobs, SqsQueue, SqsRedelivery,
    TextractReader,
};
use docmill_core::engine::Engine;
use docmill_core::ids::hex;
use docmill_core::model::Providers;
use docmill_core::pipeline::Registry;
use docmill_core::ports::Entropy;
use docmill_core::sandbox::{NamedReader, Sandbox};
use docmill_core::time::Time;
use docmill_gateway::logs;
use docmill_memory::{OsEntropy, SystemClock};
use docmill_pipelines::BuiltinReader;
use docmill_providers::{DirectModel, Interface};
use docmill_sandbox::ChildProcess;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::{QueueEvent, WorkerApp};

/// The whole of `main`: a reader of one document, if this process was started as one, and the function otherwise.
/// Readers come first, and without a runtime: its threads would keep what a reader gives up.
pub fn start(registry: Registry, readers: &[NamedReader]) -> Result<ExitCode, lambda_runtime::Error> {
    if let Some(end) = docmill_sandbox::child(readers) {
        return Ok(end);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(registry))?;
    Ok(ExitCode::SUCCESS)
}

/// Those outside who are paid by the call, as the installation has them.
fn providers(
    config: &config::Worker,
    clients: &Clients,
    sandbox: Arc<dyn Sandbox>,
) -> Result<Providers, lambda_runtime::Error> {
    let mut providers = Providers {
        desk: Arc::new(DynamoModelDesk::new(clients.dynamodb(), &config.accounts_table)),
        reader: match config.textract {
            true => Arc::new(TextractReader::new(clients.textract())),
            false => Arc::new(BuiltinReader::new(sandbox, docmill_pipelines::networks_folder())),
        },
        ..Providers::none()
    };
    let Some(models) = config.models.clone() else {
        return Ok(providers);
    };
    providers.monthly_tokens = models.monthly_tokens;
    providers.model = match Interface::of(&models.provider) {
        Some(interface) => Arc::new(DirectModel::new(
            interface,
            models.endpoint.as_deref(),
            &models.key,
            models.models,
        )?),
        None if models.provider == "bedrock" => Arc::new(BedrockModel::new(clients.bedrock(), models.models)),
        None => return Err(format!("unknown provider of models: `{}`", models.provider).into()),
    };
    Ok(providers)
}

/// Tells the processes of a host without log streams apart.
fn random_instance() -> String {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes);
    hex(&bytes)
}

/// Serves invocations until Lambda stops the process.
async fn serve(registry: Registry) -> Result<(), lambda_runtime::Error> {
    logs::init();
    let config = config::Worker::read(&Env::process())?;
    let clients = Clients::load();
    let sandbox: Arc<dyn Sandbox> = Arc::new(ChildProcess::default());
    let engine = Engine {
        jobs: Arc::new(
            DynamoJobs::new(clients.dynamodb(), &config.jobs_table).moving(&config.accounts_table),
        ),
        details: Arc::new(DynamoDetails::new(clients.dynamodb(), &config.events_table)),
        blobs: Arc::new(S3Blobs::new(clients.s3(), &config.bucket)),
        queue: Arc::new(SqsQueue::new(clients.sqs(), config.queues.clone())),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        meter: Arc::new(clients.meter()),
        providers: providers(&config, &clients, sandbox.clone())?,
        sandbox,
        registry,
        timing: config.timing,
        memory_mb: config.memory_mb,
        instance: config.instance.unwrap_or_else(random_instance),
    };
    let QueueUrls { high, normal, low } = config.queues;
    let app = &WorkerApp {
        engine,
        redelivery: Arc::new(SqsRedelivery::new(clients.sqs(), [high, normal, low])),
    };
    lambda_runtime::run(service_fn(move |event: LambdaEvent<QueueEvent>| async move {
        let until = Time::from_ms(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
        Ok::<_, Infallible>(app.handle(event.payload, until).await)
    }))
    .await
}
