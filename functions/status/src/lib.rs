//! HTTP reads: jobs, lists, events, results, audit trails; what the installation can do and whether it is well; figures for operators.
//!
//! Decodes, calls [`docmill_core::intake::Reader`], encodes. One file a group of routes: `jobs`, `events`, `figures`,
//! `audit`, `installation`, `operations`.

mod audit;
mod events;
mod figures;
mod installation;
mod jobs;
mod operations;

use std::sync::Arc;

use async_trait::async_trait;
use docmill_core::intake::Reader;
use docmill_core::ports::Health;
use docmill_core::problem::Problem;
use docmill_gateway::{App, Request, Response, Route};

pub use installation::PublicConfig;

/// The function.
#[derive(Clone)]
pub struct StatusApp {
    /// What it reads with.
    pub reader: Reader,
    /// Whether the parts of the installation answer.
    pub health: Arc<dyn Health>,
    /// What anybody may know.
    pub public: PublicConfig,
}

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// The caller's jobs.
    List,
    /// One job.
    Job,
    /// Its events, as a page.
    Events,
    /// Its events, for an `EventSource`.
    Stream,
    /// Its result.
    Result,
    /// The caller's credits.
    Credits,
    /// How jobs went.
    Stats,
    /// What was done in a company.
    CompanyAudit,
    /// What was done to the caller's own jobs.
    OwnAudit,
    /// How the installation is.
    Operations,
    /// Its jobs.
    OperationsJobs,
    /// Its dead letters.
    Letters,
    /// What can be done with documents here.
    Pipelines,
    /// What a page needs to know before anybody signs in.
    Config,
    /// Whether the function runs.
    Health,
    /// Whether what it stands on answers.
    DeepHealth,
}

const ROUTES: &[Route<Action>] = &[
    get("/v1/jobs", Action::List),
    get("/v1/jobs/{id}", Action::Job),
    get("/v1/jobs/{id}/events", Action::Events),
    get("/v1/jobs/{id}/stream", Action::Stream),
    get("/v1/jobs/{id}/result", Action::Result),
    get("/v1/credits", Action::Credits),
    get("/v1/stats", Action::Stats),
    get("/v1/companies/{id}/audit", Action::CompanyAudit),
    get("/v1/audit", Action::OwnAudit),
    get("/v1/operations", Action::Operations),
    get("/v1/operations/jobs", Action::OperationsJobs),
    get("/v1/operations/letters", Action::Letters),
    get("/v1/pipelines", Action::Pipelines),
    get("/v1/config", Action::Config),
    get("/v1/health", Action::Health),
    get("/v1/health/deep", Action::DeepHealth),
];

const fn get(path: &'static str, action: Action) -> Route<Action> {
    Route {
        method: "GET",
        path,
        action,
    }
}

#[async_trait]
impl App for StatusApp {
    type Action = Action;

    fn routes(&self) -> &'static [Route<Action>] {
        ROUTES
    }

    async fn act(&self, action: Action, request: &Request) -> Result<Response, Problem> {
        match action {
            Action::List => self.list(request).await,
            Action::Job => self.job(request).await,
            Action::Events => self.events(request).await,
            Action::Stream => self.stream(request).await,
            Action::Result => self.result(request).await,
            Action::Credits => self.credits(request).await,
            Action::Stats => self.stats(request).await,
            Action::CompanyAudit => self.company_audit(request).await,
            Action::OwnAudit => self.own_audit(request).await,
            Action::Operations => self.operations(request).await,
            Action::OperationsJobs => self.operations_jobs(request).await,
            Action::Letters => self.letters(request).await,
            Action::Pipelines => self.pipelines(request),
            Action::Config => self.config(),
            Action::Health => installation::health(),
            Action::DeepHealth => self.deep_health(request).await,
        }
    }
}
