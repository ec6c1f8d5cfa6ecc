//! Events of a job, as a page and as server-sent events.

use std::time::Duration;

use docmill_core::intake::EventPage;
use docmill_core::problem::Problem;
use docmill_gateway::{Request, Response};
use serde::Serialize;

use crate::StatusApp;

/// Longest a request may wait for the first newer event, in seconds; API Gateway gives up at 30.
const MAX_WAIT_S: u64 = 20;

/// How soon an `EventSource` comes back, in milliseconds. It waits for events here, not between two requests.
const COME_BACK_MS: u64 = 1_000;

impl StatusApp {
    /// Events after `after`; waits for the first one up to `wait` seconds.
    pub(crate) async fn events(&self, request: &Request) -> Result<Response, Problem> {
        let (caller, id) = (request.caller()?, request.job_id()?);
        let after = after(request)?;
        let wait = request.number("wait", 0..=MAX_WAIT_S)?.unwrap_or(0);
        let wait = Duration::from_secs(wait);
        Response::json(200, &self.reader.events(&caller, id, after, wait).await?)
    }

    /// The same for an `EventSource`, which sends no headers of its own but where it stopped. 204 tells it that
    /// nothing more will come.
    pub(crate) async fn stream(&self, request: &Request) -> Result<Response, Problem> {
        let id = request.job_id()?;
        let token = request.query("token").unwrap_or_default();
        let stopped_at = request
            .header("last-event-id")
            .and_then(|id| id.trim().parse().ok());
        let after = match stopped_at {
            Some(version) => version,
            None => after(request)?,
        };
        let wait = Duration::from_secs(MAX_WAIT_S);
        let page = self.reader.stream(token, id, after, wait).await?;
        if page.events.is_empty() && page.ended {
            return Ok(Response::empty(204));
        }
        let text = lines(&page)?;
        Ok(Response::text(200, "text/event-stream; charset=utf-8", text).with("cache-control", "no-cache"))
    }
}

fn after(request: &Request) -> Result<u64, Problem> {
    Ok(request.number("after", 0..=u64::MAX)?.unwrap_or(0))
}

/// The comment opens the stream in clients that wait for a first byte, and says so when there is nothing yet.
fn lines(page: &EventPage) -> Result<String, Problem> {
    let mut text = format!("retry: {COME_BACK_MS}\n: connected\n\n");
    for event in &page.events {
        let kind = json(&event.kind)?;
        let (id, kind, data) = (event.version, kind.trim_matches('"'), json(event)?);
        text.push_str(&format!("id: {id}\nevent: {kind}\ndata: {data}\n\n"));
    }
    Ok(text)
}

fn json(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "event not encoded");
        Problem::internal()
    })
}
