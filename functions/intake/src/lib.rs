//! HTTP writes: create a job, bring its files, start, cancel, retry and delete it, edit its result; tickets for the WebSocket; companies; acts of operators; the
//! secret of callbacks, which is read here as well, since only this function and the one that signs know the key.
//!
//! Decodes, calls [`docmill_core::intake`], encodes. `fields` reads what a job is to be from a form or from JSON; `companies` and
//! `operators` have their routes.

mod companies;
mod fields;
mod operators;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use docmill_core::access::{Caller, Standings};
use docmill_core::callback::CallbackKeys;
use docmill_core::edition::{Basis, MAX_EDIT_BYTES};
use docmill_core::intake::{Accepted, DeclaredFile, Intake, StartRequest, Submission, Uploads};
use docmill_core::job::Status;
use docmill_core::live::issue_ticket;
use docmill_core::ports::LiveFeed;
use docmill_core::problem::{FieldError, Problem};
use docmill_core::running::Tenant;
use docmill_core::stream_token::StreamTokens;
use docmill_core::time::Time;
use docmill_core::view::JobView;
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
    /// Knows the secrets that callbacks are signed with.
    pub callback_keys: CallbackKeys,
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
    /// Away with all of it.
    Delete,
    /// The result as its user wants it.
    Edit,
    /// A ticket for the WebSocket.
    Ticket,
    /// What a job would come to.
    Estimate,
    /// What operators do.
    Operator(operators::Action),
    /// About companies.
    Company(companies::Action),
    /// The secret that callbacks are signed with.
    CallbackSecret,
    /// A new one.
    RotateCallbackSecret,
}

const ROUTES: &[Route<Action>] = &[
    post("/v1/jobs", Action::Create),
    post("/v1/jobs/{id}/uploads", Action::Uploads),
    post("/v1/jobs/{id}/start", Action::Start),
    post("/v1/jobs/{id}/cancel", Action::Cancel),
    post("/v1/jobs/{id}/retry", Action::Retry),
    route("DELETE", "/v1/jobs/{id}", Action::Delete),
    route("PATCH", "/v1/jobs/{id}/result", Action::Edit),
    post("/v1/live/ticket", Action::Ticket),
    post("/v1/estimate", Action::Estimate),
    company("POST", "/v1/companies", companies::Action::Create),
    company("GET", "/v1/companies", companies::Action::Own),
    company("GET", "/v1/companies/{id}", companies::Action::Show),
    company(
        "POST",
        "/v1/companies/{id}/invitations",
        companies::Action::Invite,
    ),
    company(
        "DELETE",
        "/v1/companies/{id}/invitations/{of}",
        companies::Action::Withdraw,
    ),
    company("POST", "/v1/companies/{id}/join", companies::Action::Join),
    company(
        "PATCH",
        "/v1/companies/{id}/members/{of}",
        companies::Action::SetRole,
    ),
    company(
        "DELETE",
        "/v1/companies/{id}/members/{of}",
        companies::Action::Remove,
    ),
    company("POST", "/v1/companies/{id}/export", companies::Action::Export),
    company("GET", "/v1/companies/{id}/export", companies::Action::Exported),
    company("DELETE", "/v1/companies/{id}", companies::Action::Delete),
    operator("/v1/jobs/{id}/requeue", operators::Action::Requeue),
    operator("/v1/operations/letters/{id}/redrive", operators::Action::Redrive),
    operator("/v1/operations/letters/{id}/discard", operators::Action::Discard),
    Route {
        method: "GET",
        path: "/v1/callback-secret",
        action: Action::CallbackSecret,
    },
    post("/v1/callback-secret", Action::RotateCallbackSecret),
];

const fn post(path: &'static str, action: Action) -> Route<Action> {
    route("POST", path, action)
}

const fn operator(path: &'static str, action: operators::Action) -> Route<Action> {
    post(path, Action::Operator(action))
}

const fn company(method: &'static str, path: &'static str, action: companies::Action) -> Route<Action> {
    route(method, path, Action::Company(action))
}

const fn route(method: &'static str, path: &'static str, action: Action) -> Route<Action> {
    Route { method, path, action }
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
                self.accepted(&caller, &self.intake.start(&caller, id, &start).await?)
            }
            Action::Cancel => self.accepted(&caller, &self.intake.cancel(&caller, request.job_id()?).await?),
            Action::Retry => self.accepted(&caller, &self.intake.retry(&caller, request.job_id()?).await?),
            Action::Delete => {
                self.intake.delete(&caller, request.job_id()?).await?;
                Ok(Response::empty(204))
            }
            Action::Edit => self.edit(request).await,
            Action::Ticket => self.ticket(request).await,
            Action::Estimate => {
                let (submission, files) = described(request)?;
                let estimate = self.intake.estimate(&caller, &submission, &files).await?;
                Response::json(200, &estimate)
            }
            Action::Operator(action) => self.operator(action, request).await,
            Action::Company(action) => self.company(action, request).await,
            Action::CallbackSecret => {
                let (tenant, _) = self.secret_keeper(request, &caller).await?;
                Response::json(200, &self.callback_keys.current(&tenant).await?)
            }
            Action::RotateCallbackSecret => {
                let (tenant, standings) = self.secret_keeper(request, &caller).await?;
                let secret = self.callback_keys.rotate(&tenant).await?;
                self.intake.note_rotated(&caller, (&tenant, &standings)).await;
                Response::json(201, &secret)
            }
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
        Ok(self
            .accepted(&request.caller()?, &accepted)?
            .with("location", location))
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
        let (submission, files) = described(request)?;
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
            job: self.view(&request.caller()?, &accepted),
            uploads,
        };
        Ok(Response::json(202, &announced)?
            .with("location", location(&accepted))
            .rated(accepted.rate)
            .about(job.id))
    }

    /// The next edition of a result. The answer's tag names it, for the `If-Match` of the edit after this.
    async fn edit(&self, request: &Request) -> Result<Response, Problem> {
        let (caller, id) = (request.caller()?, request.job_id()?);
        let basis = basis(request)?;
        let body: Value = request.json_at_most(MAX_EDIT_BYTES)?;
        let accepted = self.intake.edit_result(&caller, id, &body, basis).await?;
        let response = Response::json(200, &self.view(&caller, &accepted))?.about(id);
        Ok(match &accepted.job.result {
            Some(result) => response.with("etag", format!("\"{}\"", result.basis())),
            None => response,
        })
    }

    async fn secret_keeper(
        &self,
        request: &Request,
        caller: &Caller,
    ) -> Result<(Tenant, Standings), Problem> {
        self.intake
            .secret_keeper(caller, request.query("company_id"))
            .await
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

    fn accepted(&self, caller: &Caller, accepted: &Accepted) -> Result<Response, Problem> {
        Ok(Response::json(202, &self.view(caller, accepted))?
            .rated(accepted.rate)
            .about(accepted.job.id))
    }

    fn view(&self, caller: &Caller, accepted: &Accepted) -> JobView {
        accepted.view(caller, &self.tokens, self.intake.engine.clock.now())
    }
}

/// The edition that `If-Match` names; `*` asks for any, as does a request without it.
fn basis(request: &Request) -> Result<Option<Basis>, Problem> {
    let named = request.header("if-match").map(str::trim);
    let Some(tag) = named.filter(|tag| *tag != "*") else {
        return Ok(None);
    };
    let quoted = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    quoted.and_then(|tag| tag.parse().ok()).map(Some).ok_or_else(|| {
        let detail = "`If-Match` names one edition, as the answer to an edit has it in its `ETag`: \"1.3\".";
        Problem::invalid(vec![FieldError::new("If-Match", "INVALID_EDITION", detail)])
    })
}

fn location(accepted: &Accepted) -> String {
    format!("/v1/jobs/{}", accepted.job.id)
}

/// What a job is to be, and its files, from a JSON object.
fn described(request: &Request) -> Result<(Submission, Vec<DeclaredFile>), Problem> {
    let Value::Object(mut body) = request.json()?.unwrap_or_default() else {
        let detail = "The body is a JSON object with the fields of the job.";
        return Err(Problem::new(400, "INVALID_JSON", detail));
    };
    let files = declared(body.remove("files"))?;
    let submission = fields::from_json(body, request.header("idempotency-key"))?;
    Ok((submission, files))
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
