//! The audit trail: what users and operators did, for the companies and users that it was done to.
//!
//! An entry names who did what to what, and as what they were allowed to. It never holds text of a document, content of a
//! file or a token.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use crate::access::Standing;
use crate::job::UnknownWord;
use crate::ports::PortResult;
use crate::running::Tenant;
use crate::time::Time;

/// How long an entry is kept: a year, and a month to look at it when the year is over.
pub const AUDIT_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each says what it is")]
pub enum Deed {
    JobCreated,
    JobStarted,
    JobCancelled,
    JobRetried,
    ResultEdited,
    JobDeleted,
    CompanyCreated,
    InvitationMade,
    InvitationWithdrawn,
    InvitationTaken,
    RoleChanged,
    MemberRemoved,
    CallbackSecretRotated,
    CompanyExported,
    CompanyDeleted,
    JobRequeued,
    LetterRedriven,
    LetterDiscarded,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::JobCreated,
        Self::JobStarted,
        Self::JobCancelled,
        Self::JobRetried,
        Self::ResultEdited,
        Self::JobDeleted,
        Self::CompanyCreated,
        Self::InvitationMade,
        Self::InvitationWithdrawn,
        Self::InvitationTaken,
        Self::RoleChanged,
        Self::MemberRemoved,
        Self::CallbackSecretRotated,
        Self::CompanyExported,
        Self::CompanyDeleted,
        Self::JobRequeued,
        Self::LetterRedriven,
        Self::LetterDiscarded,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobCreated => "job_created",
            Self::JobStarted => "job_started",
            Self::JobCancelled => "job_cancelled",
            Self::JobRetried => "job_retried",
            Self::ResultEdited => "result_edited",
            Self::JobDeleted => "job_deleted",
            Self::CompanyCreated => "company_created",
            Self::InvitationMade => "invitation_made",
            Self::InvitationWithdrawn => "invitation_withdrawn",
            Self::InvitationTaken => "invitation_taken",
            Self::RoleChanged => "role_changed",
            Self::MemberRemoved => "member_removed",
            Self::CallbackSecretRotated => "callback_secret_rotated",
            Self::CompanyExported => "company_exported",
            Self::CompanyDeleted => "company_deleted",
            Self::JobRequeued => "job_requeued",
            Self::LetterRedriven => "letter_redriven",
            Self::LetterDiscarded => "letter_discarded",
        }
    }
}

impl FromStr for Deed {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|deed| deed.as_str() == word);
        found.ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// A UUIDv7, by which entries are in order.
    pub id: String,
    /// When it was done.
    pub at: Time,
    /// Who did it: `sub` of the token.
    pub actor: String,
    /// What was done.
    pub action: Deed,
    /// To what: the id of a job, company or dead letter, the `sub` of a member, the address of somebody invited.
    pub subject: String,
    /// The company it was done in.
    pub company_id: Option<String>,
    /// What the actor was to the subject.
    #[serde(rename = "as")]
    pub standing: Standing,
}

/// The trails: one a company, and one a user for what is in no company.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Writes an entry, kept for [`AUDIT_LIFE`]. The same id again rewrites the same entry.
    async fn append(&self, trail: &Tenant, entry: &Entry) -> PortResult<()>;
    /// Entries before the one with the id `before`, newest first, at most `limit`.
    async fn page(&self, trail: &Tenant, before: Option<&str>, limit: usize) -> PortResult<Vec<Entry>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_storage_and_in_answers() {
        for deed in Deed::ALL {
            assert_eq!(serde_json::json!(deed), deed.as_str());
            assert_eq!(deed.as_str().parse(), Ok(deed));
        }
        assert!("danced".parse::<Deed>().is_err());
    }
}
