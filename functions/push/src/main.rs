//! Wires `push`.

use std::convert::Infallible;
use std::sync::Arc;

use docmill_aws::config::{self, Env};
use docmill_aws::{
    Clients, DynamoCompanies, DynamoEvents, DynamoJobs, DynamoLive, GatewayConnections, SqsCallbacks,
};
use docmill_core::publish::Publisher;
use docmill_gateway::logs;
use docmill_memory::SystemClock;
use docmill_push::{PushApp, StreamEvent};
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    logs::init();
    let config = config::Push::read(&Env::process())?;
    let clients = Clients::load();
    let connections = clients.connections(&config.callback_url);
    let app = &PushApp {
        publisher: Publisher {
            jobs: Arc::new(DynamoJobs::new(clients.dynamodb(), &config.jobs_table)),
            events: Arc::new(DynamoEvents::new(clients.dynamodb(), &config.events_table)),
            callbacks: Arc::new(SqsCallbacks::new(clients.sqs(), &config.callback_queue_url)),
            feed: Arc::new(DynamoLive::new(clients.dynamodb(), &config.live_table)),
            companies: Arc::new(DynamoCompanies::new(clients.dynamodb(), &config.accounts_table)),
            connections: Arc::new(GatewayConnections::new(connections)),
            clock: Arc::new(SystemClock),
        },
    };
    lambda_runtime::run(service_fn(move |event: LambdaEvent<StreamEvent>| async move {
        Ok::<_, Infallible>(app.handle(event.payload).await)
    }))
    .await
}
