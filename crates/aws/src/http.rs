//! The HTTP client under all the others.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Idle connections are dropped after this: services close theirs after about as long, and a request on a closed one
/// costs a try.
const IDLE: Duration = Duration::from_secs(15);

/// Reads the trusted certificates at the first request, once for all services. The SDK's own client reads them when
/// a client is built, and again for each: milliseconds of every start, whether or not anything is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct LazyHttpClient {
    built: Arc<OnceLock<SharedHttpClient>>,
}

impl HttpClient for LazyHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let build = || {
            let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
            builder.pool_idle_timeout(IDLE).build_https()
        };
        self.built.get_or_init(build).http_connector(settings, components)
    }
}
