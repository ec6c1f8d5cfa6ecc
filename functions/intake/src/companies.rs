//! Routes of companies: who is in them, and who is invited.

use docmill_core::problem::Problem;
use docmill_gateway::{Request, Response};

use crate::IntakeApp;

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A new company.
    Create,
    /// The caller's companies and invitations.
    Own,
    /// One company.
    Show,
    /// Invites somebody.
    Invite,
    /// Takes an invitation back.
    Withdraw,
    /// Takes an invitation.
    Join,
    /// Gives a member a role.
    SetRole,
    /// Takes a member out.
    Remove,
    /// Begins an export of its data.
    Export,
    /// The latest export.
    Exported,
    /// Away with all of it.
    Delete,
}

impl IntakeApp {
    pub(crate) async fn company(&self, action: Action, request: &Request) -> Result<Response, Problem> {
        let (intake, caller) = (&self.intake, &request.caller()?);
        match action {
            Action::Create => {
                let company = intake.create_company(caller, &request.need_json()?).await?;
                let location = format!("/v1/companies/{}", company.company_id);
                Ok(Response::json(201, &company)?.with("location", location))
            }
            Action::Own => Response::json(200, &intake.own_companies(caller).await?),
            Action::Show => Response::json(200, &intake.company(caller, &request.company_id()?).await?),
            Action::Invite => {
                let id = request.company_id()?;
                Response::json(201, &intake.invite(caller, &id, &request.need_json()?).await?)
            }
            Action::Withdraw => {
                let id = request.company_id()?;
                intake.withdraw_invitation(caller, &id, &request.of()).await?;
                Ok(Response::empty(204))
            }
            Action::Join => Response::json(200, &intake.join_company(caller, &request.company_id()?).await?),
            Action::SetRole => {
                let (id, user) = (request.company_id()?, request.of());
                let company = intake.set_role(caller, &id, &user, request.need_json()?).await?;
                Response::json(200, &company)
            }
            Action::Remove => {
                let id = request.company_id()?;
                intake.remove_member(caller, &id, &request.of()).await?;
                Ok(Response::empty(204))
            }
            Action::Export => {
                let export = intake.export_company(caller, &request.company_id()?).await?;
                let location = format!("/v1/companies/{}/export", export.company_id);
                Ok(Response::json(202, &export)?.with("location", location))
            }
            Action::Exported => {
                let export = intake.company_export(caller, &request.company_id()?).await?;
                Response::json(200, &export)
            }
            Action::Delete => {
                let deletion = intake.delete_company(caller, &request.company_id()?).await?;
                Response::json(202, &deletion)
            }
        }
    }
}
