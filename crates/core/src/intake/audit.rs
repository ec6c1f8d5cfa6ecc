//! What was done is put down, and can be read.

use serde::Serialize;

use super::{Accepted, Intake, Reader};
use crate::access::{Action, Caller, Standing, Standings};
use crate::audit::{Deed, Entry};
use crate::ids::{JobId, audit_id, is_audit_id};
use crate::job::Job;
use crate::problem::{FieldError, Problem};
use crate::running::Tenant;

/// Entries in one answer.
const PAGE: usize = 50;

/// A page of a trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

impl Intake {
    /// Puts down that the job with this id was created, unless an earlier one was given in its place.
    pub(super) async fn note_created(&self, caller: &Caller, accepted: &Accepted, id: JobId) {
        if accepted.job.id == id {
            self.note_job(caller, &accepted.standings, Deed::JobCreated, &accepted.job)
                .await;
        }
    }

    /// Puts down what `caller`, allowed to by `standings`, has done to a job: in the trail of its company, or of its
    /// owner.
    pub(super) async fn note_job(&self, caller: &Caller, standings: &Standings, deed: Deed, job: &Job) {
        let trail = Self::trail_of(job);
        let action = match deed {
            Deed::JobCancelled => Action::CancelJob,
            Deed::JobRetried => Action::RetryJob,
            Deed::ResultEdited => Action::EditResult,
            Deed::JobDeleted => Action::DeleteJob,
            Deed::JobRequeued => Action::RequeueJob,
            _ => Action::BringFiles,
        };
        self.note(caller, standings, action, deed, job.id.to_string(), trail)
            .await;
    }

    /// Where it is put down what was done to a job: in the trail of its company, or of its owner.
    pub(super) fn trail_of(job: &Job) -> Tenant {
        match &job.company_id {
            Some(company) => Tenant::Company(company.clone()),
            None => Tenant::User(job.owner.clone()),
        }
    }

    /// Puts down what `caller`, an operator, has done about a dead letter.
    pub(super) async fn note_letter(&self, caller: &Caller, deed: Deed, letter: &str, trail: Tenant) {
        let standings = Standings::of(None, false, caller.operator);
        let action = Action::SettleLetters;
        self.note(caller, &standings, action, deed, letter.to_owned(), trail)
            .await;
    }

    /// Puts down what `caller`, allowed to do `action` by `standings`, has done in a company.
    pub(super) async fn note_company(
        &self,
        caller: &Caller,
        standings: &Standings,
        action: Action,
        deed: Deed,
        (company, subject): (&str, &str),
    ) {
        let trail = Tenant::Company(company.to_owned());
        self.note(caller, standings, action, deed, subject.to_owned(), trail)
            .await;
    }

    /// Puts down that `caller` has deleted a company, in their own trail.
    pub(super) async fn note_dissolved(&self, caller: &Caller, standings: &Standings, company: &str) {
        let trail = Tenant::User(caller.owner.clone());
        let (action, deed) = (Action::DeleteCompany, Deed::CompanyDeleted);
        self.note(caller, standings, action, deed, company.to_owned(), trail)
            .await;
    }

    /// Whose callbacks' secret is meant: a company's, for its admins, or the caller's own.
    pub async fn secret_keeper(
        &self,
        caller: &Caller,
        company: Option<&str>,
    ) -> Result<(Tenant, Standings), Problem> {
        let Some(company) = company else {
            return Ok((Tenant::User(caller.owner.clone()), Standings::maker()));
        };
        let action = Action::ManageCallbackSecret;
        let standings = self.doors.company(caller, company, action).await?;
        Ok((Tenant::Company(company.to_owned()), standings))
    }

    /// Puts down that the secret of `tenant`, as [`Intake::secret_keeper`] gave it, was rotated.
    pub async fn note_rotated(&self, caller: &Caller, (tenant, standings): (&Tenant, &Standings)) {
        let (action, subject) = match tenant {
            Tenant::Company(id) => (Action::ManageCallbackSecret, id.clone()),
            Tenant::User(owner) => (Action::BringFiles, owner.clone()),
        };
        let deed = Deed::CallbackSecretRotated;
        self.note(caller, standings, action, deed, subject, tenant.clone())
            .await;
    }

    /// The act is done when this is called, and cannot be taken back: an entry that cannot be written is logged as an
    /// error, and the caller is told of the act as it went. What an operator did as one is in their own trail too.
    async fn note(
        &self,
        caller: &Caller,
        standings: &Standings,
        action: Action,
        deed: Deed,
        subject: String,
        trail: Tenant,
    ) {
        let Some(standing) = standings.acting(action) else {
            tracing::error!(deed = deed.as_str(), subject, "done by nobody who may");
            return;
        };
        let now = self.engine.clock.now();
        let entry = Entry {
            id: audit_id(now, self.engine.entropy.as_ref()),
            at: now,
            actor: caller.owner.clone(),
            action: deed,
            subject,
            company_id: match &trail {
                Tenant::Company(id) => Some(id.clone()),
                Tenant::User(_) => None,
            },
            standing,
        };
        let own = Tenant::User(caller.owner.clone());
        let second = (standing == Standing::Operator && trail != own).then_some(own);
        for trail in [Some(trail), second].into_iter().flatten() {
            if let Err(error) = self.audit.append(&trail, &entry).await {
                tracing::error!(
                    %error,
                    deed = deed.as_str(),
                    subject = entry.subject,
                    actor = entry.actor,
                    "audit entry not written"
                );
            }
        }
    }
}

impl Reader {
    /// What was done in a company.
    pub async fn company_audit(
        &self,
        caller: &Caller,
        company: &str,
        cursor: Option<&str>,
    ) -> Result<AuditPage, Problem> {
        self.doors.company(caller, company, Action::ReadAudit).await?;
        self.trail(&Tenant::Company(company.to_owned()), cursor).await
    }

    /// What was done to the caller's own jobs, those in companies left out, and what the caller did as an operator.
    pub async fn own_audit(&self, caller: &Caller, cursor: Option<&str>) -> Result<AuditPage, Problem> {
        self.trail(&Tenant::User(caller.owner.clone()), cursor).await
    }

    async fn trail(&self, trail: &Tenant, cursor: Option<&str>) -> Result<AuditPage, Problem> {
        if cursor.is_some_and(|cursor| !is_audit_id(cursor)) {
            let detail = "The cursor is not one that an audit trail gave.";
            return Err(Problem::invalid(vec![FieldError::new(
                "cursor",
                "INVALID_CURSOR",
                detail,
            )]));
        }
        let mut entries = self.audit.page(trail, cursor, PAGE + 1).await?;
        let more = entries.len() > PAGE;
        entries.truncate(PAGE);
        let last = entries.last().filter(|_| more);
        Ok(AuditPage {
            next_cursor: last.map(|entry| entry.id.clone()),
            entries,
        })
    }
}
