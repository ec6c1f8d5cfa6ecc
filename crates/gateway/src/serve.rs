//! From an event to an answer, and the one line of log about it.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use async_trait::async_trait;
use docmill_core::ids::JobId;
use docmill_core::problem::Problem;
use futures::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::event::HttpEvent;
use crate::logs;
use crate::request::Request;
use crate::response::Response;
use crate::route::{self, Route, Unmatched};

/// A function behind routes of the HTTP API.
#[async_trait]
pub trait App: Send + Sync {
    /// What a route does.
    type Action: Copy + Send + Sync + 'static;

    /// Its routes.
    fn routes(&self) -> &'static [Route<Self::Action>];

    /// Does it.
    async fn act(&self, action: Self::Action, request: &Request) -> Result<Response, Problem>;
}

/// Answers requests on Lambda until the process is stopped.
pub async fn serve<A: App>(app: A) -> Result<(), lambda_runtime::Error> {
    let app = &app;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<HttpEvent>| async move {
        Ok::<_, Infallible>(answer(app, event.payload).await)
    }))
    .await
}

/// Answers one request. Whatever happens, the client gets an answer in the form of the API.
pub async fn answer<A: App>(app: &A, event: HttpEvent) -> Response {
    let started = Instant::now();
    let mut request = Request::from(event);
    let (name, response) = match route::find(app.routes(), &mut request) {
        Ok(route) => {
            let acted = AssertUnwindSafe(app.act(route.action, &request))
                .catch_unwind()
                .await;
            let result = acted.unwrap_or_else(|_| Err(Problem::internal()));
            let response = result.unwrap_or_else(|problem| Response::problem(&problem, &request.request_id));
            (route.path, response)
        }
        Err(unmatched) => ("none", refuse(&unmatched, &request)),
    };
    log(name, &request, &response, started);
    response
}

fn refuse(unmatched: &Unmatched, request: &Request) -> Response {
    match unmatched {
        Unmatched::Path => {
            let problem = Problem::new(404, "NOT_FOUND", "There is nothing at this address.");
            Response::problem(&problem, &request.request_id)
        }
        Unmatched::Method(allowed) => {
            let detail = format!("This address takes {allowed} only.");
            let problem = Problem::new(405, "METHOD_NOT_ALLOWED", detail);
            Response::problem(&problem, &request.request_id).with("allow", allowed.clone())
        }
    }
}

/// The route's template stands in for the path, which may be anything and whose query may have a token.
fn log(route: &'static str, request: &Request, response: &Response, started: Instant) {
    let job_id = response
        .job_id
        .or_else(|| request.job_id().ok().filter(|_| route.starts_with("/v1/jobs")));
    let job_id = job_id.as_ref().map(JobId::to_string);
    let (status, code) = (response.status(), response.code.as_deref());
    let duration_ms = logs::ms_since(started);
    let method = match request.method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    };
    if status >= 500 {
        tracing::error!(method, route, status, code, job_id, duration_ms, "request");
    } else {
        tracing::info!(method, route, status, code, job_id, duration_ms, "request");
    }
}
