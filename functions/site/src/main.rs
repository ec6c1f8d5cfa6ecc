//! Wires `site`.

use std::convert::Infallible;
use std::env;
use std::sync::Arc;

use docmill_gateway::event::HttpEvent;
use docmill_gateway::logs;
use docmill_memory::OsEntropy;
use docmill_site::SiteApp;
use docmill_site::policy::Policy;
use lambda_runtime::{LambdaEvent, service_fn};

/// Addresses, beside the API's own, that the page connects to.
const ADDRESSES: [&str; 3] = ["DOCMILL_WS_URL", "DOCMILL_AUTH_ENDPOINT", "DOCMILL_UPLOAD_ORIGIN"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    logs::init();
    let addresses = ADDRESSES.map(|name| env::var(name).unwrap_or_default());
    let policy = Policy::new(addresses.iter().map(String::as_str));
    let app = &SiteApp::new(policy, Arc::new(OsEntropy));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<HttpEvent>| async move {
        Ok::<_, Infallible>(app.respond(event.payload).await)
    }))
    .await
}
