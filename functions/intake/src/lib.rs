//! HTTP writes: create a job, bring its files, start, cancel and retry it; tickets for the WebSocket.
//!
//! Decodes, calls [`docmill_core::intake`], encodes. `fields` reads what a job is to be from a form or from JSON.

mod fields;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use docmill_core::intake::{Accepted, DeclaredFile, Intake, StartRequest, Uploads};
use docmill_core::job::Status;
use docmill_core::live::issue_ticket;
use docmill_core::ports::LiveFeed;
use docmill_core::problem::{FieldError, Problem};
use docmill_core::stream_token::StreamTokens;
use docmill_core::time::Time;
use docmill_core::view::{JobView, view};
use docmill_gateway::{App, Request, Response, Route, form};
use serde::Serialize;
use serde_json::Value;

pub use wire::serve;

/// The function.
#[derive(Clone)]
pub struct IntakeApp {
    /// What it accepts jobs with.
    pub intake: Intake,
    /// Keeps tickets.
    pub feed: Arc<dyn LiveFeed>,
    /// Signs the links of event streams.
    pub tokens: StreamTokens,
    /// Public URL of the WebSocket, without a query.
    pub live_url: String,
}

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A new job.
    Create,
    /// What is there of its files, and links for the rest.
    Uploads,
    /// The files are there.
    Start,
    /// Enough.
    Cancel,
    /// Once more, what failed.
    Retry,
    /// A ticket for the WebSocket.
    Ticket,
}

const ROUTES: &[Route<Action>] = &[
    post("/v1/jobs", Action::Create),
    post("/v1/jobs/{id}/uploads", Action::Uploads),
    post("/v1/jobs/{id}/start", Action::Start),
    post("/v1/jobs/{id}/cancel", Action::Cancel),
    post("/v1/jobs/{id}/retry", Action::Retry),
    post("/v1/live/ticket", Action::Ticket),
];

const fn post(path: &'static str, action: Action) -> Route<Action> {
    Route {
        method: "POST",
        path,
        action,
    }
}

/// A job that the client has yet to bring files for.
#[derive(Serialize)]
struct Announced {
    #[serde(flatten)]
    job: JobView,
    #[serde(flatten)]
    uploads: Uploads,
}

#[derive(Serialize)]
struct TicketView {
    ticket: String,
    /// Ready to be opened: the ticket is in it.
    url: String,
    expires_at: Time,
}

#[async_trait]
impl App for IntakeApp {
    type Action = Action;

    fn routes(&self) -> &'static [Route<Action>] {
        ROUTES
    }

    async fn act(&self, action: Action, request: &Request) -> Result<Response, Problem> {
        let caller = request.caller()?;
        match action {
            Action::Create => self.create(request).await,
            Action::Uploads => {
                let uploads = self.intake.uploads(&caller, request.job_id()?).await?;
                Response::json(200, &uploads)
            }
            Action::Start => {
                let id = request.job_id()?;
                let start: StartRequest = request.json()?.unwrap_or_default();
                self.accepted(&self.intake.start(&caller, id, &start).await?)
            }
            Action::Cancel => self.accepted(&self.intake.cancel(&caller, request.job_id()?).await?),
            Action::Retry => self.accepted(&self.intake.retry(&caller, request.job_id()?).await?),
            Action::Ticket => self.ticket(request).await,
        }
    }
}

impl IntakeApp {
    async fn create(&self, request: &Request) -> Result<Response, Problem> {
        let accepted = match request.media_type().as_deref() {
            Some("multipart/form-data") => self.submit(request).await?,
            Some("application/json") => return self.announce(request).await,
            _ => {
                let detail = "Please send the job as multipart/form-data with its files, or as application/json \
                              with a list of them.";
                return Err(Problem::new(415, "UNSUPPORTED_MEDIA_TYPE", detail));
            }
        };
        let location = location(&accepted);
        Ok(self.accepted(&accepted)?.with("location", location))
    }

    /// A job with its files.
    async fn submit(&self, request: &Request) -> Result<Accepted, Problem> {
        let form = form::read(request)?;
        let submission = fields::from_form(form.fields, request.header("idempotency-key"))?;
        self.intake
            .submit(&request.caller()?, submission, form.files)
            .await
    }

    /// A job whose files follow. A repetition gets fresh links for what is still missing.
    async fn announce(&self, request: &Request) -> Result<Response, Problem> {
        let Value::Object(mut body) = request.json()?.unwrap_or_default() else {
            let detail = "The body is a JSON object with the fields of the job.";
            return Err(Problem::new(400, "INVALID_JSON", detail));
        };
        let files = declared(body.remove("files"))?;
        let submission = fields::from_json(body, request.header("idempotency-key"))?;
        let accepted = self
            .intake
            .announce(&request.caller()?, submission, files)
            .await?;
        let job = &accepted.job;
        let uploads = if job.status == Status::AwaitingUpload && job.cancel_requested_at.is_none() {
            self.intake.upload_links(job, &accepted.details).await?
        } else {
            Uploads::default()
        };
        let announced = Announced {
            job: self.view(&accepted),
            uploads,
        };
        Ok(Response::json(202, &announced)?
            .with("location", location(&accepted))
            .about(job.id))
    }

    async fn ticket(&self, request: &Request) -> Result<Response, Problem> {
        let engine = &self.intake.engine;
        let caller = request.caller()?;
        let ticket = issue_ticket(
            self.feed.as_ref(),
            engine.clock.as_ref(),
            engine.entropy.as_ref(),
            &caller,
        )
        .await?;
        let url = format!("{}?ticket={}", self.live_url, ticket.ticket);
        Response::json(
            201,
            &TicketView {
                ticket: ticket.ticket,
                url,
                expires_at: ticket.expires_at,
            },
        )
    }

    fn accepted(&self, accepted: &Accepted) -> Result<Response, Problem> {
        Ok(Response::json(202, &self.view(accepted))?.about(accepted.job.id))
    }

    fn view(&self, accepted: &Accepted) -> JobView {
        let now = self.intake.engine.clock.now();
        let token = self.tokens.issue(accepted.job.id, &accepted.job.owner, now);
        view(&accepted.job, Some(&accepted.details), Some(&token), now)
    }
}

fn location(accepted: &Accepted) -> String {
    format!("/v1/jobs/{}", accepted.job.id)
}

fn declared(files: Option<Value>) -> Result<Vec<DeclaredFile>, Problem> {
    let Some(files) = files else {
        return Ok(Vec::new());
    };
    serde_json::from_value(files).map_err(|error| {
        let detail = format!("`files` is not a list of {{name, size, content_type, sha256}}: {error}.");
        Problem::invalid(vec![FieldError::new("files", "INVALID_FILES", detail)])
    })
}
