//! Audit trails.

use docmill_core::problem::Problem;
use docmill_gateway::{Request, Response};

use crate::StatusApp;

impl StatusApp {
    /// What was done in a company, newest first.
    pub(crate) async fn company_audit(&self, request: &Request) -> Result<Response, Problem> {
        let (caller, company) = (request.caller()?, request.company_id()?);
        let page = self
            .reader
            .company_audit(&caller, &company, request.query("cursor"))
            .await?;
        Response::json(200, &page)
    }

    /// What was done to the caller's own jobs, newest first.
    pub(crate) async fn own_audit(&self, request: &Request) -> Result<Response, Problem> {
        let page = self
            .reader
            .own_audit(&request.caller()?, request.query("cursor"))
            .await?;
        Response::json(200, &page)
    }
}
