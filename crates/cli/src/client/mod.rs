//! The HTTP API from outside.
//!
//! [`Client`] holds the base URL and the token. One file a concern: `jobs` the calls, [`upload`] (and `files`) what
//! clients bring themselves, [`sse`] the event stream, [`live`] the WebSocket, [`watch`](mod@watch) following a job by any of
//! them, [`converge`] why they all arrive at the same version.

pub mod converge;
mod error;
mod files;
mod jobs;
pub mod live;
mod model;
pub mod sse;
pub mod upload;
pub mod watch;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use error::{ClientError, FieldProblem, Refusal, printable, token_refused};
pub use files::LocalFile;
pub use jobs::{FormFile, JobQuery, NewJob, ResultQuery};
pub use model::{
    Event, EventPage, FailedChunk, FileInfo, FileUpload, Job, JobList, Links, Notice, Ticket, UploadPart,
    UploadedPart, Uploads, Usage, is_over,
};
pub use watch::{Via, watch};

use crate::config::Settings;

/// What a call answers.
pub type ClientResult<T> = Result<T, ClientError>;

/// Time for a connection to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Longest silence in the middle of an answer; `wait` holds one back for 20 s.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// Largest answer that is read into memory.
const MAX_ANSWER_BYTES: usize = 256 << 20;

/// As much of a refusal is read.
const MAX_REFUSAL_BYTES: usize = 64 << 10;

/// Tries of a call that may be repeated.
const TRIES: u32 = 4;

/// Who is asked to wait for longer is told so instead.
const MAX_PAUSE: Duration = Duration::from_secs(20);

/// Begins an HTTP client, with the one provider of cryptography that is linked in.
pub fn http_client() -> reqwest::ClientBuilder {
    // Refused where one is installed already, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// The API of one installation, for one user.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    settings: Settings,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Client {
    /// A client of the service in `settings`.
    pub fn new(settings: Settings) -> ClientResult<Self> {
        let base = Url::parse(&settings.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if base.is_none() {
            let url = printable(&settings.url);
            return Err(ClientError::Usage(format!(
                "`{url}` is not the URL of a service: it should look like https://host/path"
            )));
        }
        // Redirects lead to storage, which must not see the token: they are followed by hand.
        let http = http_client()
            .user_agent(concat!("docmill/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(READ_LIMIT)
            .build()
            .map_err(|error| ClientError::Usage(reason(&error)))?;
        Ok(Self { http, settings })
    }

    /// The base URL, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.settings.url
    }

    /// The settings that the client was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The absolute address of a link of the service. Links are relative to the base, which may have a path; anything
    /// else would carry the token elsewhere.
    pub fn absolute(&self, link: &str) -> ClientResult<Url> {
        let own = link.starts_with('/') && !link.starts_with("//");
        let url = own.then(|| format!("{}{link}", self.settings.url));
        url.and_then(|url| Url::parse(&url).ok()).ok_or_else(|| {
            ClientError::Unreadable(format!("`{}` is no link of the service", printable(link)))
        })
    }

    /// A request with the token.
    pub(crate) fn request(&self, method: Method, link: &str) -> ClientResult<RequestBuilder> {
        let request = self.http.request(method, self.absolute(link)?);
        Ok(match &self.settings.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        })
    }

    /// Sends a request once and takes whatever status comes.
    pub(crate) async fn send(&self, request: RequestBuilder) -> ClientResult<Response> {
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    /// Sends a request that may be repeated: again after a passing failure, with growing pauses.
    pub(crate) async fn send_again(
        &self,
        build: impl Fn() -> ClientResult<RequestBuilder>,
    ) -> ClientResult<Response> {
        let mut tried = 1;
        loop {
            let result = match self.send(build()?).await {
                Ok(response) => self.accepted(response).await,
                Err(error) => Err(error),
            };
            match result {
                Err(error) if error.is_passing() && tried < TRIES => {
                    let asked = error.refusal().and_then(|refusal| refusal.retry_after);
                    if asked.is_some_and(|asked| asked > MAX_PAUSE) {
                        return Err(error);
                    }
                    tokio::time::sleep(asked.unwrap_or_else(|| watch::back_off(tried))).await;
                    tried += 1;
                }
                result => return result,
            }
        }
    }

    /// Turns 4xx and 5xx into errors.
    pub(crate) async fn accepted(&self, response: Response) -> ClientResult<Response> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Ok(response);
        }
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let body = self.body(response, MAX_REFUSAL_BYTES).await.unwrap_or_default();
        let refusal = Refusal::read(status.as_u16(), &body, retry_after);
        Err(match status {
            // The link of an event stream has a token of its own.
            StatusCode::UNAUTHORIZED if refusal.is("INVALID_TOKEN") => ClientError::Refused(refusal),
            // The gateway says no more than "Unauthorized" or "Forbidden".
            StatusCode::UNAUTHORIZED => self.unauthorized(),
            StatusCode::FORBIDDEN if refusal.code.is_none() => self.unauthorized(),
            _ if status.is_server_error() => ClientError::Fault(refusal),
            _ => ClientError::Refused(refusal),
        })
    }

    /// The body, read to its end or to `limit`.
    pub(crate) async fn body(&self, mut response: Response, limit: usize) -> ClientResult<Bytes> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(ClientError::Unreadable(format!(
                    "it is larger than {limit} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    pub(crate) async fn json<T: DeserializeOwned>(&self, response: Response) -> ClientResult<T> {
        let body = self.body(response, MAX_ANSWER_BYTES).await?;
        serde_json::from_slice(&body).map_err(|error| ClientError::Unreadable(error.to_string()))
    }

    /// Any call at all, with its answer as it came: for programs that look at statuses and headers themselves.
    pub async fn call(
        &self,
        method: Method,
        link: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Bytes)>,
    ) -> ClientResult<Answer> {
        let mut request = self.request(method, link)?;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((content_type, body)) = body {
            request = request.header(CONTENT_TYPE, content_type).body(body);
        }
        let response = self.send(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = self.body(response, MAX_ANSWER_BYTES).await?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Fetches an answer or what it redirects to, without the token there.
    pub(crate) async fn followed(&self, response: Response) -> ClientResult<Response> {
        if !response.status().is_redirection() {
            return Ok(response);
        }
        let target = response
            .headers()
            .get(LOCATION)
            .and_then(|value| Url::parse(value.to_str().ok()?).ok())
            .ok_or_else(|| ClientError::Unreadable("it redirects to nowhere".to_owned()))?;
        let response = self.send(self.http.get(target)).await?;
        self.accepted(response).await
    }

    fn unauthorized(&self) -> ClientError {
        let now_s = jiff::Timestamp::now().as_second();
        ClientError::Unauthorized(token_refused(self.settings.token.as_deref(), now_s))
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        ClientError::Unreachable {
            base: self.settings.url.clone(),
            reason: reason(error),
        }
    }
}

/// The innermost cause, which says what happened; the outer ones repeat the address.
fn reason(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    printable(&cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str) -> Client {
        Client::new(Settings {
            url: url.into(),
            ..Settings::default()
        })
        .unwrap()
    }

    #[test]
    fn links_are_relative_to_a_base_with_a_path() {
        let client = client("http://127.0.0.1:4566/_aws/execute-api/abc");
        assert_eq!(
            client.absolute("/v1/jobs/x?token=1").unwrap().as_str(),
            "http://127.0.0.1:4566/_aws/execute-api/abc/v1/jobs/x?token=1"
        );
    }

    #[test]
    fn links_to_elsewhere_are_not_followed() {
        let client = client("https://host");
        for link in ["https://evil/v1", "//evil/v1", "@evil/v1", "v1/jobs", ""] {
            assert!(client.absolute(link).is_err(), "{link}");
        }
        assert_eq!(client.absolute("/@evil").unwrap().host_str(), Some("host"));
    }

    #[test]
    fn what_is_no_url_is_refused_before_anything_is_sent() {
        for url in ["", "host", "ftp://host", "/v1", "http://"] {
            let settings = Settings {
                url: url.into(),
                ..Settings::default()
            };
            assert!(
                matches!(Client::new(settings), Err(ClientError::Usage(_))),
                "{url}"
            );
        }
    }

    #[tokio::test]
    async fn nobody_there_is_one_line() {
        // Port 9 of this machine: nobody listens, and nothing leaves it.
        let client = client("http://127.0.0.1:9");
        let error = client.job("x").await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("http://127.0.0.1:9 cannot be reached: "),
            "{error}"
        );
    }
}
