//! [`CallbackSender`] over HTTP.

use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::callback::{Answer, Call, CallbackSender, is_public};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};

use crate::resolver::{AddressRefused, Checked, Lookup, SystemLookup};

/// One try in all, from the look-up of the name to the head of the answer.
pub const LIMIT: Duration = Duration::from_secs(10);

/// As much of a reason is logged.
const MAX_REASON_CHARS: usize = 300;

/// Sends one request a connection: an idle one would be to an address that was checked once, and Lambda freezes the
/// process between invocations.
#[derive(Clone)]
pub struct HttpSender {
    lookup: Arc<dyn Lookup>,
    limit: Duration,
    allows: fn(IpAddr) -> bool,
    /// Built at the first call, since that reads the trusted certificates.
    public: Arc<OnceLock<Client>>,
    /// The same without the rule for addresses and without the need for HTTPS, for the installation's own receivers.
    private: Arc<OnceLock<Client>>,
}

impl Default for HttpSender {
    fn default() -> Self {
        Self::new(Arc::new(SystemLookup), LIMIT, is_public)
    }
}

impl HttpSender {
    /// With these names and this limit, to addresses that the rule allows.
    pub fn new(lookup: Arc<dyn Lookup>, limit: Duration, allows: fn(IpAddr) -> bool) -> Self {
        Self {
            lookup,
            limit,
            allows,
            public: Arc::default(),
            private: Arc::default(),
        }
    }

    fn client(&self, is_private: bool) -> reqwest::Result<Client> {
        let built = if is_private { &self.private } else { &self.public };
        if let Some(client) = built.get() {
            return Ok(client.clone());
        }
        let builder = match is_private {
            true => self.builder(|_| true),
            false => self.builder(self.allows).https_only(true),
        };
        let client = builder.build()?;
        Ok(built.get_or_init(|| client).clone())
    }

    fn builder(&self, allows: fn(IpAddr) -> bool) -> ClientBuilder {
        // Refused where one is installed already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let resolver = Checked {
            lookup: self.lookup.clone(),
            allows,
        };
        Client::builder()
            .dns_resolver(Arc::new(resolver))
            // A redirect would lead to where nothing was checked, and a proxy does the looking up itself.
            .redirect(Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(self.limit)
            .user_agent(concat!("docmill-callback/", env!("CARGO_PKG_VERSION")))
    }
}

#[async_trait]
impl CallbackSender for HttpSender {
    async fn post(&self, call: Call) -> Answer {
        let client = match self.client(call.target.is_private()) {
            Ok(client) => client,
            Err(error) => return unreachable(error),
        };
        let mut request = client.post(call.target.url().clone()).body(call.body);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        match request.send().await {
            // The body is not read: it is nobody's business here, of any length, and from a stranger.
            Ok(response) => Answer::Status(response.status().as_u16()),
            Err(error) if error.is_timeout() => Answer::TimedOut,
            Err(error) if is_refused(&error) => Answer::AddressRefused,
            Err(error) => unreachable(error),
        }
    }
}

fn is_refused(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.is::<AddressRefused>())
}

/// The reason without the URL, whose query may carry the receiver's own secret.
fn unreachable(error: reqwest::Error) -> Answer {
    let error = error.without_url();
    let texts: Vec<String> = causes(&error).map(ToString::to_string).collect();
    Answer::Unreachable(texts.join(": ").chars().take(MAX_REASON_CHARS).collect())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let source =
        |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> { (*error).source() };
    std::iter::successors(Some(error), source)
}
