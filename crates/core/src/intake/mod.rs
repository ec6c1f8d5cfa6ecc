//! What users do to jobs: create, upload, start, cancel, retry, edit, delete; and read.

mod audit;
mod companies;
mod company_data;
mod control;
mod create;
mod described;
mod download;
mod dues;
mod editions;
mod fields;
mod figures;
mod operators;
mod read;
mod uploads;

use std::sync::Arc;

use serde_json::Value;

pub use audit::AuditPage;
pub use companies::{CompanyView, NewCompany, NewInvitation, NewRole, OwnCompanies};
pub use company_data::{DissolutionView, ExportView, PartView};
pub use download::{Download, ResultQuery};
pub use fields::{MAX_FILES, clean_file_name};
pub use figures::{Accounting, CreditsView, EstimateView, Quantiles, Stats};
pub use operators::{JobRows, LetterPage, LetterView, OperationsQuery, RequeuedView};
pub use read::{EventPage, JobList, ListQuery, Reader};
pub use uploads::{FileUpload, MAX_PART_LINKS, StartFile, StartRequest, UploadPart, Uploads};

use bytes::Bytes;

use crate::access::{Action, Caller, Doors, Granted, Standings};
use crate::account::{Allowance, Ledger};
use crate::audit::Audit;
use crate::callback::PrivateHosts;
use crate::company::Companies;
use crate::deletion::Eraser;
use crate::engine::Engine;
use crate::job::{Job, Priority};
use crate::operations::Letters;
use crate::ports::{Details, Transfers};
use crate::problem::Rate;
use crate::stream_token::StreamTokens;
use crate::time::Time;
use crate::view::{JobView, view};

/// What a job is to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission {
    /// Pipeline's name.
    pub pipeline: String,
    /// Its variety.
    pub kind: Option<String>,
    /// Settings as sent; `Null` for none.
    pub settings: Value,
    /// Queue.
    pub priority: Priority,
    /// The user's own name for it.
    pub label: Option<String>,
    /// Groups jobs.
    pub batch_id: Option<String>,
    /// The company it is for, one of the caller's.
    pub company_id: Option<String>,
    /// Where the end of each attempt is posted.
    pub callback_url: Option<String>,
    /// `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
}

/// A file that came with the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// Name as sent.
    pub name: String,
    /// Media type as sent.
    pub content_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// A file that the client will bring.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredFile {
    /// Name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Media type.
    #[serde(default)]
    pub content_type: String,
    /// SHA-256 in hexadecimal; if given, the worker checks it.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// A job as a caller may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The record.
    pub job: Job,
    /// What stands beside it.
    pub details: Details,
    /// What the caller is to it.
    pub standings: Standings,
    /// How full the fullest of the caller's limits is now, where one was taken from.
    pub rate: Option<Rate>,
}

impl Accepted {
    pub(crate) fn of(granted: &Granted, details: Details) -> Self {
        Self {
            job: granted.job().clone(),
            details,
            standings: granted.standings().clone(),
            rate: None,
        }
    }

    /// What `caller`, whose grant this is, sees of it at `now`: links only to what they may do. A link to the event
    /// stream holds no claims but the user, so that an operator who is nothing else to the job gets none.
    pub fn view(&self, caller: &Caller, tokens: &StreamTokens, now: Time) -> JobView {
        let token = self
            .standings
            .without_operator()
            .allow(Action::SeeJob)
            .then(|| tokens.issue(self.job.id, &caller.owner, now));
        let mut shown = view(&self.job, Some(&self.details), token.as_deref(), now);
        shown.links.keep(&self.standings);
        shown
    }
}

/// Accepts and steers jobs.
#[derive(Clone)]
pub struct Intake {
    /// What moves the jobs.
    pub engine: Engine,
    /// What callers may get at.
    pub doors: Doors,
    /// Who is in which company.
    pub companies: Arc<dyn Companies>,
    /// Credits and windows.
    pub ledger: Arc<dyn Ledger>,
    /// What users may use up.
    pub allowance: Allowance,
    /// Signed links.
    pub transfers: Arc<dyn Transfers>,
    /// Receivers of callbacks that need not be public.
    pub private_hosts: PrivateHosts,
    /// Where it is put down who did what.
    pub audit: Arc<dyn Audit>,
    /// What deletes jobs and companies.
    pub eraser: Eraser,
    /// Records of dead letters.
    pub letters: Arc<dyn Letters>,
}
