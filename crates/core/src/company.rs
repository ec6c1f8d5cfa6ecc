//! Companies: who is in them, in which role, and who is invited.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::job::UnknownWord;
use crate::ports::PortResult;
use crate::time::Time;

/// Most members and open invitations of a company.
pub const MAX_MEMBERS: usize = 500;

/// Most companies that one user is in.
pub const MAX_COMPANIES: usize = 50;

/// How long an invitation stands.
pub const INVITATION_LIFE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What a member is in a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works in it.
    Member,
    /// Keeps it.
    Admin,
}

impl Role {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// A company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Company {
    /// A UUIDv7.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
}

/// Somebody in a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// `sub` of the token.
    pub user: String,
    /// The address at the time of joining, for people to know each other by.
    pub email: Option<String>,
    /// What they are in the company.
    pub role: Role,
    /// Since when.
    pub joined_at: Time,
}

/// A company that a user is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// The company.
    pub company_id: String,
    /// Its name.
    pub name: String,
    /// What the user is in it.
    pub role: Role,
}

/// An invitation that nobody has taken yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// Into this company.
    pub company_id: String,
    /// Its name.
    pub name: String,
    /// For whoever can prove that this address is theirs; in lower case.
    pub email: String,
    /// As this.
    pub role: Role,
    /// Who invited.
    pub invited_by: String,
    /// Nobody can take it from here on.
    pub expires_at: Time,
}

/// What became of a change of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Done, or it was so already.
    Yes,
    /// There is no such membership, invitation or company.
    Unknown,
    /// A company must have an admin, and this is the last one.
    LastAdmin,
}

/// Membership records. Addresses are in lower case.
#[async_trait]
pub trait Companies: Send + Sync {
    /// What `user` is in `company`, read consistently; `None` for who is not in it, or if there is no such company.
    async fn role(&self, company: &str, user: &str) -> PortResult<Option<Role>>;
    /// Makes a company with its first member, an admin.
    async fn create(&self, company: &Company, admin: &Member) -> PortResult<()>;
    /// The company.
    async fn company(&self, id: &str) -> PortResult<Option<Company>>;
    /// The companies that `user` is in.
    async fn of_user(&self, user: &str) -> PortResult<Vec<Membership>>;
    /// Who is in a company.
    async fn members(&self, company: &str) -> PortResult<Vec<Member>>;
    /// Invites; a second time renews the invitation. `Unknown` where the company is gone.
    async fn invite(&self, invitation: &Invitation) -> PortResult<Changed>;
    /// Open invitations of a company.
    async fn invitations(&self, company: &str, now: Time) -> PortResult<Vec<Invitation>>;
    /// Open invitations of an address.
    async fn invitations_to(&self, email: &str, now: Time) -> PortResult<Vec<Invitation>>;
    /// Takes an invitation back.
    async fn withdraw(&self, company: &str, email: &str) -> PortResult<()>;
    /// Takes an open invitation: `user`, whose verified address it is for, becomes a member in the role it names. `Yes`
    /// with no change for who is in the company already.
    async fn join(&self, company: &str, email: &str, user: &str, now: Time) -> PortResult<Changed>;
    /// Gives a member a role.
    async fn set_role(&self, company: &str, user: &str, role: Role) -> PortResult<Changed>;
    /// Takes a member out.
    async fn remove(&self, company: &str, user: &str) -> PortResult<Changed>;
    /// Takes the company away, then everybody in it and every invitation: from the first write on nobody comes in. Where
    /// that was broken off, a further call does the rest.
    async fn dissolve(&self, company: &str) -> PortResult<()>;
    /// Deletes everything else that is kept under the company's name, its audit trail included.
    async fn forget(&self, company: &str) -> PortResult<()>;
}
