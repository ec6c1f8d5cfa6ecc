//! The whole installation, for operators.

use docmill_core::intake::OperationsQuery;
use docmill_core::problem::Problem;
use docmill_gateway::{Request, Response};

use crate::StatusApp;

impl StatusApp {
    /// How the installation is.
    pub(crate) async fn operations(&self, request: &Request) -> Result<Response, Problem> {
        let operations = self.reader.operations(&request.caller()?).await?;
        Response::json(200, &operations)
    }

    /// Jobs that are open or failed.
    pub(crate) async fn operations_jobs(&self, request: &Request) -> Result<Response, Problem> {
        let limit = request.number("limit", 1..=u64::MAX)?;
        let owned = |name| request.query(name).map(ToOwned::to_owned);
        let query = OperationsQuery {
            status: owned("status"),
            pipeline: owned("pipeline"),
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            cursor: owned("cursor"),
        };
        let jobs = self.reader.operations_jobs(&request.caller()?, &query).await?;
        Response::json(200, &jobs)
    }

    /// Dead letters.
    pub(crate) async fn letters(&self, request: &Request) -> Result<Response, Problem> {
        let (state, cursor) = (request.query("state"), request.query("cursor"));
        let letters = self.reader.letters(&request.caller()?, state, cursor).await?;
        Response::json(200, &letters)
    }
}
