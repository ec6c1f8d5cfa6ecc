//! What users read.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::Accepted;
use crate::access::{Action, Caller, Doors, Granted};
use crate::account::Ledger;
use crate::audit::Audit;
use crate::ids::JobId;
use crate::job::Phase;
use crate::operations::Overview;
use crate::pipeline::Registry;
use crate::ports::{BlobStore, Clock, JobFilter, ListCursor, Transfers};
use crate::problem::{FieldError, Problem};
use crate::stream_token::StreamTokens;
use crate::view::{Event, JobView, view};

/// Events in one answer.
const MAX_EVENTS: usize = 500;

/// Jobs in one answer.
const MAX_LIST: usize = 100;

/// Longest a request may wait for the first newer event; API Gateway gives up at 30 s.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// Reads for users. It never writes.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Reader {
    pub doors: Doors,
    pub blobs: Arc<dyn BlobStore>,
    pub transfers: Arc<dyn Transfers>,
    pub audit: Arc<dyn Audit>,
    pub clock: Arc<dyn Clock>,
    pub registry: Registry,
    pub ledger: Arc<dyn Ledger>,
    pub monthly_grant: u32,
    pub overview: Overview,
    pub tokens: StreamTokens,
}

/// Which jobs a client wants to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListQuery {
    /// Only jobs of this company, whoever in it made them; else the caller's own.
    pub company_id: Option<String>,
    /// Filter.
    pub filter: JobFilter,
    /// At most this many.
    pub limit: Option<usize>,
    /// As the last page gave it.
    pub cursor: Option<String>,
}

/// A page of jobs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobList {
    /// Newest first, without details.
    pub jobs: Vec<JobView>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// A page of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventPage {
    /// Oldest first.
    pub events: Vec<Event>,
    /// What to ask for next.
    pub next_after: u64,
    /// Whether nothing more will come in this attempt.
    #[serde(skip)]
    pub ended: bool,
}

impl Reader {
    /// A job that the caller may see.
    pub async fn job(&self, caller: &Caller, id: JobId) -> Result<Accepted, Problem> {
        let (granted, details) = self.doors.job_with_details(caller, id, Action::SeeJob).await?;
        Ok(Accepted::of(&granted, details))
    }

    /// The same with what stands beside the record.
    pub async fn accepted(&self, granted: &Granted) -> Result<Accepted, Problem> {
        let details = self.doors.details(granted).await?;
        Ok(Accepted::of(granted, details))
    }

    /// A job that the caller may see, without its details.
    pub async fn record(&self, caller: &Caller, id: JobId) -> Result<Granted, Problem> {
        self.doors.job(caller, id, Action::SeeJob).await
    }

    /// What the caller sees of it, with a fresh link to its event stream.
    pub async fn show(&self, caller: &Caller, accepted: &Accepted) -> Result<JobView, Problem> {
        let mut shown = accepted.view(caller, &self.tokens, self.clock.now());
        if accepted.job.phase == Phase::Waiting
            && let Some(waiting_for) = &mut shown.waiting_for
        {
            waiting_for.ahead = self.doors.ahead(&accepted.job).await?;
        }
        Ok(shown)
    }

    /// The caller's jobs, or those of a company.
    pub async fn list(&self, caller: &Caller, query: &ListQuery) -> Result<JobList, Problem> {
        let after = query.cursor.as_deref().map(decode_cursor).transpose()?;
        let limit = query.limit.unwrap_or(50).clamp(1, MAX_LIST);
        let page = self
            .doors
            .list(caller, query.company_id.as_deref(), &query.filter, after, limit)
            .await?;
        let now = self.clock.now();
        Ok(JobList {
            jobs: page.jobs.iter().map(|job| view(job, None, None, now)).collect(),
            next_cursor: page.next.as_ref().map(encode_cursor).transpose()?,
        })
    }

    /// Events of the caller's job with a version above `after`; waits up to `wait` for the first.
    pub async fn events(
        &self,
        caller: &Caller,
        id: JobId,
        after: u64,
        wait: Duration,
    ) -> Result<EventPage, Problem> {
        let granted = self.record(caller, id).await?;
        self.events_of(granted, after, wait).await
    }

    /// As [`Reader::events`], for whoever has a stream token.
    pub async fn stream(
        &self,
        token: &str,
        id: JobId,
        after: u64,
        wait: Duration,
    ) -> Result<EventPage, Problem> {
        let refused = || {
            Problem::new(
                401,
                "INVALID_TOKEN",
                "This link has expired. Please load the job again.",
            )
        };
        let user = self
            .tokens
            .user_of(token, id, self.clock.now())
            .ok_or_else(refused)?;
        // The token says who; whether they may still see the job is asked each time.
        let granted = self.record(&Caller::user(user), id).await;
        let granted = granted.map_err(|problem| match problem.status {
            403 | 404 => refused(),
            _ => problem,
        })?;
        self.events_of(granted, after, wait).await
    }

    async fn events_of(&self, granted: Granted, after: u64, wait: Duration) -> Result<EventPage, Problem> {
        let until = self.clock.now().plus(wait.min(MAX_WAIT));
        let mut pause = Duration::from_millis(50);
        let mut latest = granted;
        loop {
            let events = self.doors.events(&latest, after, MAX_EVENTS).await?;
            let newest = events.last().map_or(after, |event| event.version);
            let job = latest.job();
            let ended = job.status.is_terminal() && newest >= job.version;
            let now = self.clock.now();
            if !events.is_empty() || ended || now >= until {
                return Ok(EventPage {
                    events,
                    next_after: newest,
                    ended,
                });
            }
            self.clock.sleep(pause.min(until.since(now))).await;
            pause = (pause * 2).min(Duration::from_millis(800));
            // Whether more can come is seen on the record: the event list trails it a little.
            let now = self.doors.again(&latest).await?;
            latest = now.ok_or_else(Problem::job_not_found)?;
        }
    }
}

pub(super) fn encode_cursor(cursor: &ListCursor) -> Result<String, Problem> {
    serde_json::to_vec(cursor)
        .map(|text| URL_SAFE_NO_PAD.encode(text))
        .map_err(|_| Problem::internal())
}

pub(super) fn decode_cursor(text: &str) -> Result<ListCursor, Problem> {
    URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .filter(|bytes| bytes.len() < 200)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| {
            let detail = "The cursor is not one that a listing gave.";
            Problem::invalid(vec![FieldError::new("cursor", "INVALID_CURSOR", detail)])
        })
}
