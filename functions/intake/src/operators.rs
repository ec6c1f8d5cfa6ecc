//! Routes of operators: what a job waits for, and what the queues gave up on.

use docmill_core::problem::Problem;
use docmill_gateway::{Request, Response};

use crate::IntakeApp;

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Sends what a job waits for.
    Requeue,
    /// Does what a dead letter was for.
    Redrive,
    /// Marks a dead letter as dealt with.
    Discard,
}

impl IntakeApp {
    pub(crate) async fn operator(&self, action: Action, request: &Request) -> Result<Response, Problem> {
        let (intake, caller) = (&self.intake, &request.caller()?);
        match action {
            Action::Requeue => {
                let id = request.job_id()?;
                Ok(Response::json(200, &intake.requeue(caller, id).await?)?.about(id))
            }
            Action::Redrive => Response::json(200, &intake.redrive(caller, request.letter()).await?),
            Action::Discard => Response::json(200, &intake.discard(caller, request.letter()).await?),
        }
    }
}
