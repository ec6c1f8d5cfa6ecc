//! Wires `socket`.

use std::convert::Infallible;
use std::sync::Arc;

use docmill_aws::config::{self, Env};
use docmill_aws::{Clients, DynamoLive, GatewayConnections, Tables};
use docmill_core::live::Live;
use docmill_gateway::logs;
use docmill_memory::SystemClock;
use docmill_socket::{SocketApp, SocketEvent};
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    logs::init();
    let config = config::Socket::read(&Env::process())?;
    let clients = Clients::load();
    let connections = clients.connections(&config.callback_url);
    let tables = Tables {
        jobs: &config.jobs_table,
        events: &config.events_table,
        accounts: &config.accounts_table,
    };
    let doors = clients.doors(tables, Arc::new(SystemClock));
    let app = &SocketApp {
        live: Live {
            doors,
            feed: Arc::new(DynamoLive::new(clients.dynamodb(), &config.live_table)),
            connections: Arc::new(GatewayConnections::new(connections)),
            clock: Arc::new(SystemClock),
        },
    };
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SocketEvent>| async move {
        Ok::<_, Infallible>(app.handle(event.payload).await)
    }))
    .await
}
