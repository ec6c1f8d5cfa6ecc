//! How many jobs of a user, and of a company, run at the same time.
//!
//! A job takes its places when its first message may be sent, and leaves them with its terminal move. One that finds no
//! place stays `queued` in the phase `waiting`, without a message, until another leaves.

use crate::account::Due;
use serde::{Deserialize, Serialize};

use crate::job::Job;
use crate::step::Applied;

/// How many jobs may run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningLimits {
    /// Of one user.
    pub user: u32,
    /// Of one company.
    pub company: u32,
}

impl Default for RunningLimits {
    fn default() -> Self {
        Self { user: 4, company: 50 }
    }
}

/// Whose running jobs are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tenant {
    /// A user, by `sub`.
    User(String),
    /// A company, by id.
    Company(String),
}

impl Tenant {
    /// Those that `job` counts for: its user, and its company if it has one.
    pub fn of(job: &Job) -> Vec<Self> {
        let company = job.company_id.clone().map(Self::Company);
        std::iter::once(Self::User(job.owner.clone()))
            .chain(company)
            .collect()
    }

    /// Who answers for `job`: its company if it has one, else its user. Its secret signs the job's callbacks, and its budget
    /// pays for language models.
    pub fn answering_for(job: &Job) -> Self {
        match &job.company_id {
            Some(company) => Self::Company(company.clone()),
            None => Self::User(job.owner.clone()),
        }
    }

    /// `user#<sub>` or `company#<id>`: the key of what is kept for it.
    pub fn key(&self) -> String {
        match self {
            Self::User(owner) => format!("user#{owner}"),
            Self::Company(id) => format!("company#{id}"),
        }
    }

    /// How many of its jobs may run.
    pub fn limit(&self, limits: &RunningLimits) -> u32 {
        match self {
            Self::User(_) => limits.user,
            Self::Company(_) => limits.company,
        }
    }
}

/// What became of a step that needs places.
#[derive(Clone, Debug, PartialEq)]
pub enum Admission {
    /// There was room, or the step's own guards refused it first.
    Applied(Applied),
    /// No room; nothing was written.
    Full,
    /// The user cannot pay this; nothing was written.
    Unpaid(Due),
}
