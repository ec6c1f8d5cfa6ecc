//! Credits and figures.

use docmill_core::problem::Problem;
use docmill_gateway::{Request, Response};

use crate::StatusApp;

impl StatusApp {
    /// The caller's credits, with a page of the ledger.
    pub(crate) async fn credits(&self, request: &Request) -> Result<Response, Problem> {
        let credits = self
            .reader
            .credits(&request.caller()?, request.query("cursor"))
            .await?;
        Response::json(200, &credits)
    }

    /// How the newest jobs of the caller, or of a company, went.
    pub(crate) async fn stats(&self, request: &Request) -> Result<Response, Problem> {
        let stats = self
            .reader
            .stats(&request.caller()?, request.query("company_id"))
            .await?;
        Response::json(200, &stats)
    }
}
