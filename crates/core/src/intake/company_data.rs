//! A company's data as a whole: taken along, or deleted.

use serde::Serialize;

use super::Intake;
use crate::access::{Action, Caller};
use crate::audit::Deed;
use crate::deletion::Dissolution;
use crate::export::{Export, ExportStatus};
use crate::ids::company_id;
use crate::problem::Problem;
use crate::time::Time;
use crate::timing::RESULT_LINK_LIFE;

/// An export as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportView {
    /// Its id.
    pub export_id: String,
    /// Whose data.
    pub company_id: String,
    /// How it stands.
    pub status: ExportStatus,
    /// Who wanted it.
    pub started_by: String,
    /// When.
    pub started_at: Time,
    /// When something last moved.
    pub updated_at: Time,
    /// The files are deleted then.
    pub expires_at: Time,
    /// Jobs in the parts so far.
    pub jobs: u64,
    /// ZIP files that are made.
    pub parts: Vec<PartView>,
}

/// One ZIP file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartView {
    /// From 1.
    pub part: usize,
    /// Its size.
    pub bytes: u64,
    /// Jobs in it.
    pub jobs: u32,
    /// Fetches it, for an hour.
    pub url: String,
}

/// What a company that is being deleted is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DissolutionView {
    /// The company.
    pub company_id: String,
    /// `deleting`.
    pub status: &'static str,
    /// When that began.
    pub requested_at: Time,
}

impl Intake {
    /// Begins an export of everything that is kept of a company: its members, jobs with events and results, audit trail.
    /// One is made at a time.
    pub async fn export_company(&self, caller: &Caller, id: &str) -> Result<ExportView, Problem> {
        let action = Action::ExportCompany;
        let standings = self.doors.company(caller, id, action).await?;
        let now = self.engine.clock.now();
        let export_id = company_id(now, self.engine.entropy.as_ref());
        let export = Export::new(export_id, id, &caller.owner, now);
        if !self.eraser.exports.start(&export).await? {
            return Err(Problem::conflict(
                "EXPORT_RUNNING",
                "An export of this company is being made. Please wait until it is complete.",
            ));
        }
        let of = (id, export.id.as_str());
        self.note_company(caller, &standings, action, Deed::CompanyExported, of)
            .await;
        self.shown(&export).await
    }

    /// The latest export of a company.
    pub async fn company_export(&self, caller: &Caller, id: &str) -> Result<ExportView, Problem> {
        self.doors.company(caller, id, Action::ExportCompany).await?;
        let now = self.engine.clock.now();
        let export = self.eraser.exports.latest(id).await?;
        let export = export.filter(|export| now < export.expires_at());
        let export = export.ok_or_else(|| {
            Problem::new(
                404,
                "EXPORT_NOT_FOUND",
                "There is no export of this company. Please start one.",
            )
        })?;
        self.shown(&export).await
    }

    async fn shown(&self, export: &Export) -> Result<ExportView, Problem> {
        let day: String = export.started_at.to_string().chars().take(10).collect();
        let mut parts = Vec::new();
        for (index, part) in export.parts.iter().enumerate() {
            let number = index + 1;
            let name = format!("docmill-export-{day}-{number}.zip");
            let url = self
                .transfers
                .sign_get(&export.key(part), &name, "application/zip", RESULT_LINK_LIFE)
                .await?;
            parts.push(PartView {
                part: number,
                bytes: part.bytes,
                jobs: part.jobs,
                url,
            });
        }
        Ok(ExportView {
            export_id: export.id.clone(),
            company_id: export.company.clone(),
            status: export.status,
            started_by: export.started_by.clone(),
            started_at: export.started_at,
            updated_at: export.updated_at,
            expires_at: export.expires_at(),
            jobs: export.parts.iter().map(|part| u64::from(part.jobs)).sum(),
            parts,
        })
    }

    /// Deletes a company: from here on nobody is in it and no door shows anything of it. Its jobs are cancelled and
    /// deleted by `sweep`. The act stands in the trail of who did it, since the company's own goes.
    pub async fn delete_company(&self, caller: &Caller, id: &str) -> Result<DissolutionView, Problem> {
        let action = Action::DeleteCompany;
        let standings = self.doors.company(caller, id, action).await?;
        // Operators see every company, also one that is not there.
        let company = self.companies.company(id).await?;
        company.ok_or_else(Problem::company_not_found)?;
        let dissolution = Dissolution {
            company: id.to_owned(),
            by: caller.owner.clone(),
            at: self.engine.clock.now(),
        };
        self.eraser.dissolve(&dissolution).await?;
        self.note_dissolved(caller, &standings, id).await;
        Ok(DissolutionView {
            company_id: dissolution.company,
            status: "deleting",
            requested_at: dissolution.at,
        })
    }
}
