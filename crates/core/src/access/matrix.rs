//! Action × standing.

use std::str::FromStr;

use serde::Serialize;

use crate::company::Role;
use crate::job::UnknownWord;

/// What the caller is to the thing that is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Made the job, and is still in the company it was made for.
    Owner,
    /// Is in the company.
    Member,
    /// Is in the company and keeps it.
    Admin,
    /// Runs the installation.
    Operator,
    /// None of these.
    Stranger,
}

impl Standing {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Member,
        Self::Admin,
        Self::Operator,
        Self::Stranger,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Stranger => "stranger",
        }
    }
}

impl FromStr for Standing {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|standing| standing.as_str() == word);
        found.ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See a job and its events. Live connections know their user alone: to them an operator is nobody special.
    SeeJob,
    /// Fetch a job's result.
    FetchResult,
    /// Edit a job's result.
    EditResult,
    /// Bring a job's files and start it.
    BringFiles,
    /// Cancel a job.
    CancelJob,
    /// Start a job's next attempt.
    RetryJob,
    /// Delete a job with all that hangs on it.
    DeleteJob,
    /// Create jobs in a company.
    CreateInCompany,
    /// See a company, its members, and the list of its jobs.
    SeeCompany,
    /// Invite people to a company, give roles, remove members.
    ManageMembers,
    /// See and rotate the secret that a company's callbacks are signed with.
    ManageCallbackSecret,
    /// Read what was done in a company.
    ReadAudit,
    /// Export a company's data.
    ExportCompany,
    /// Delete a company with all its data.
    DeleteCompany,
    /// See figures of the whole installation.
    SeeInstallation,
    /// Send what an open job waits for.
    RequeueJob,
    /// Redrive and discard dead letters.
    SettleLetters,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The action.
    pub action: Action,
    /// What it is called in the documentation.
    pub name: &'static str,
    /// Who may.
    pub allowed: &'static [Standing],
}

use Standing::{Admin, Member, Operator, Owner};

const fn rule(action: Action, name: &'static str, allowed: &'static [Standing]) -> Rule {
    Rule {
        action,
        name,
        allowed,
    }
}

/// The table. Operators run the installation: they see how jobs do, stop them and run again what failed, but get at no document and no
/// result.
/// A company's members see its work; what changes, ends, repeats or removes it is for who made it and for the company's admins.
pub const MATRIX: &[Rule] = &[
    rule(
        Action::SeeJob,
        "see a job and its events",
        &[Owner, Member, Admin, Operator],
    ),
    rule(
        Action::FetchResult,
        "fetch a job's result",
        &[Owner, Member, Admin],
    ),
    rule(Action::EditResult, "edit a job's result", &[Owner, Admin]),
    rule(Action::BringFiles, "bring a job's files and start it", &[Owner]),
    rule(Action::CancelJob, "cancel a job", &[Owner, Admin, Operator]),
    rule(Action::RetryJob, "retry a job", &[Owner, Admin, Operator]),
    rule(Action::DeleteJob, "delete a job", &[Owner, Admin]),
    rule(
        Action::CreateInCompany,
        "create jobs in a company",
        &[Member, Admin],
    ),
    rule(
        Action::SeeCompany,
        "see a company, its members and the list of its jobs",
        &[Member, Admin, Operator],
    ),
    rule(
        Action::ManageMembers,
        "invite people, give roles, remove members",
        &[Admin],
    ),
    rule(
        Action::ManageCallbackSecret,
        "see and rotate a company's callback secret",
        &[Admin],
    ),
    rule(
        Action::ReadAudit,
        "read what was done in a company",
        &[Admin, Operator],
    ),
    rule(Action::ExportCompany, "export a company's data", &[Admin]),
    rule(
        Action::DeleteCompany,
        "delete a company with all its data",
        &[Admin, Operator],
    ),
    rule(
        Action::SeeInstallation,
        "see figures of the whole installation",
        &[Operator],
    ),
    rule(
        Action::RequeueJob,
        "send again what an open job waits for",
        &[Operator],
    ),
    rule(
        Action::SettleLetters,
        "redrive and discard dead letters",
        &[Operator],
    ),
];

/// Everything that a caller is to one thing. Nothing at all is a stranger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings(Vec<Standing>);

impl Standings {
    /// Of a caller with this role in the thing's company, who may have made it, and may be an operator.
    pub(crate) fn of(role: Option<Role>, owns: bool, operator: bool) -> Self {
        let role = role.map(|role| match role {
            Role::Member => Member,
            Role::Admin => Admin,
        });
        let own = owns.then_some(Owner);
        let operator = operator.then_some(Operator);
        Self(own.into_iter().chain(role).chain(operator).collect())
    }

    /// Of somebody who has just made something of their own.
    pub(crate) fn maker() -> Self {
        Self(vec![Owner])
    }

    /// The same, and the thing's maker.
    #[must_use]
    pub(crate) fn with_owner(mut self) -> Self {
        self.0.insert(0, Owner);
        self
    }

    /// The same without being an operator.
    #[must_use]
    pub fn without_operator(&self) -> Self {
        let others = self.0.iter().filter(|standing| **standing != Operator);
        Self(others.copied().collect())
    }

    /// The one by which `action` is allowed; the nearest to the thing, should there be several.
    pub(crate) fn acting(&self, action: Action) -> Option<Standing> {
        let rule = MATRIX.iter().find(|rule| rule.action == action)?;
        let mut own = self.0.iter().copied();
        own.find(|standing| rule.allowed.contains(standing))
    }

    /// Whether one of them is enough for `action`.
    pub fn allow(&self, action: Action) -> bool {
        self.acting(action).is_some()
    }
}

/// The table for people: `docs/access.md` carries it.
pub fn markdown() -> String {
    let mut text = String::from(
        "| action | owner | member | company admin | operator | stranger |\n|---|---|---|---|---|---|\n",
    );
    for rule in MATRIX {
        text.push_str("| ");
        text.push_str(rule.name);
        for standing in Standing::ALL {
            text.push_str(if rule.allowed.contains(&standing) {
                " | yes"
            } else {
                " | –"
            });
        }
        text.push_str(" |\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_row_and_strangers_none() {
        for rule in MATRIX {
            let rows = MATRIX.iter().filter(|other| other.action == rule.action);
            assert_eq!(rows.count(), 1, "{}", rule.name);
            assert!(!rule.allowed.contains(&Standing::Stranger), "{}", rule.name);
            assert!(!Standings::default().allow(rule.action), "{}", rule.name);
        }
    }

    #[test]
    fn standings_add_up() {
        let both = Standings::of(Some(Role::Member), false, true);
        assert!(both.allow(Action::FetchResult), "as a member");
        assert!(both.allow(Action::CancelJob), "as an operator");
        assert!(!both.allow(Action::DeleteJob));
        let operator = Standings::of(None, false, true);
        assert!(operator.allow(Action::SeeJob) && !operator.allow(Action::FetchResult));
        assert_eq!(both.acting(Action::SeeJob), Some(Standing::Member));
        assert_eq!(both.acting(Action::CancelJob), Some(Standing::Operator));
        assert_eq!(both.acting(Action::RetryJob), Some(Standing::Operator));
        assert_eq!(both.acting(Action::DeleteJob), None);
    }

    #[test]
    fn the_documented_table_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/access.md");
        let document = std::fs::read_to_string(path).unwrap();
        assert!(
            document.contains(&markdown()),
            "docs/access.md does not carry this table:\n{}",
            markdown()
        );
    }
}
