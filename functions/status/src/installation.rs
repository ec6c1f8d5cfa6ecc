//! What the installation can do, what a page has to know of it, and whether it is well.

use docmill_core::intake::MAX_FILES;
use docmill_core::pipeline::{Accepted, Format, Spec, StageSpec};
use docmill_core::problem::{FieldError, Problem};
use docmill_gateway::{MAX_REQUEST_BYTES, Request, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::StatusApp;

/// What anybody may know of the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicConfig {
    /// Issuer of ID tokens.
    pub issuer: String,
    /// The page's client id with the issuer.
    pub client_id: String,
    /// Where the page signs in with a password; `None` with an issuer of somebody else's.
    pub auth_endpoint: Option<String>,
    /// Public URL of the WebSocket, without a query.
    pub live_url: String,
}

/// A pipeline as clients see it.
#[derive(Serialize)]
struct PipelineView<'a> {
    name: &'static str,
    title: &'static str,
    kinds: &'static [&'static str],
    stages: &'static [StageSpec],
    accepts: &'static [Accepted],
    limits: Limits,
    formats: &'static [Format],
    editable: bool,
    settings_schema: &'a Value,
}

#[derive(Serialize)]
struct Limits {
    max_files: usize,
    deadline_seconds: Option<u64>,
}

impl<'a> From<&'a Spec> for PipelineView<'a> {
    fn from(spec: &'a Spec) -> Self {
        Self {
            name: spec.name,
            title: spec.title,
            kinds: spec.kinds,
            stages: spec.stages.stages,
            accepts: spec.accepts,
            limits: Limits {
                max_files: spec.max_files.min(MAX_FILES),
                deadline_seconds: spec.deadline.map(|deadline| deadline.as_secs()),
            },
            formats: spec.formats,
            editable: spec.editable,
            settings_schema: &spec.settings_schema,
        }
    }
}

/// The function runs: nothing else is asked.
pub(crate) fn health() -> Result<Response, Problem> {
    Response::json(
        200,
        &json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}),
    )
}

impl StatusApp {
    /// What can be done with documents here.
    pub(crate) fn pipelines(&self, request: &Request) -> Result<Response, Problem> {
        request.caller()?;
        let pipelines: Vec<PipelineView<'_>> = self
            .reader
            .registry
            .all()
            .map(|pipeline| pipeline.spec().into())
            .collect();
        Response::json(200, &json!({"pipelines": pipelines}))
    }

    /// What a page needs before anybody has signed in.
    pub(crate) fn config(&self) -> Result<Response, Problem> {
        let public = &self.public;
        let config = json!({
            "issuer": public.issuer,
            "client_id": public.client_id,
            "auth_endpoint": public.auth_endpoint,
            "ws_url": public.live_url,
            "limits": {"request_bytes": MAX_REQUEST_BYTES, "files": MAX_FILES},
        });
        Response::json(200, &config)
    }

    /// Whether what the function stands on answers. Names the parts that do not; what is wrong with them is in the log.
    pub(crate) async fn deep_health(&self, request: &Request) -> Result<Response, Problem> {
        request.caller()?;
        let parts = self.health.check().await;
        let wrong: Vec<FieldError> = parts
            .iter()
            .filter_map(|(part, problem)| {
                problem.as_ref()?;
                let detail = "This part does not answer as it should.";
                Some(FieldError::new(*part, "NOT_WELL", detail))
            })
            .collect();
        if wrong.is_empty() {
            let parts: Vec<&str> = parts.iter().map(|(part, _)| *part).collect();
            return Response::json(200, &json!({"status": "ok", "parts": parts}));
        }
        let names: Vec<&str> = wrong.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("Parts of the installation are not well: {}.", names.join(", "));
        Err(Problem {
            errors: wrong,
            retry_after_s: Some(30),
            ..Problem::new(503, "NOT_WELL", detail)
        })
    }
}
