//! Wires `callback`.

use std::convert::Infallible;
use std::sync::Arc;

use docmill_aws::config::{self, Env};
use docmill_aws::{Clients, DynamoCallbackSecrets, QueueEvent, SqsRedelivery};
use docmill_callback::{CallbackApp, HttpSender};
use docmill_core::callback::{CallbackKeys, Deliverer, MasterKey};
use docmill_gateway::logs;
use docmill_memory::{OsEntropy, SystemClock};
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    logs::init();
    let config = config::Callback::read(&Env::process())?;
    let clients = Clients::load();
    let secrets = DynamoCallbackSecrets::new(clients.dynamodb(), &config.accounts_table);
    let app = &CallbackApp {
        deliverer: Deliverer {
            keys: CallbackKeys {
                secrets: Arc::new(secrets),
                master: MasterKey::new(config.callback_secret),
                clock: Arc::new(SystemClock),
            },
            sender: Arc::new(HttpSender::default()),
            private_hosts: config.private_hosts,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        },
        redelivery: Arc::new(SqsRedelivery::new(clients.sqs(), [config.callback_queue_url])),
    };
    lambda_runtime::run(service_fn(move |event: LambdaEvent<QueueEvent>| async move {
        Ok::<_, Infallible>(app.handle(event.payload).await)
    }))
    .await
}
