//! What people do about companies.

use serde::{Deserialize, Serialize};

use super::Intake;
use crate::access::{Action, Caller, Standings};
use crate::audit::Deed;
use crate::company::{
    Changed, Company, INVITATION_LIFE, Invitation, MAX_COMPANIES, MAX_MEMBERS, Member, Membership, Role,
};
use crate::ids::company_id;
use crate::problem::{FieldError, Problem};

const MAX_NAME_CHARS: usize = 200;

/// RFC 5321, section 4.5.3.1.3, less the angle brackets.
const MAX_EMAIL_BYTES: usize = 254;

/// What a company is to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCompany {
    /// Its name: 1 to 200 printable characters.
    pub name: String,
}

/// Who is to be invited.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The address.
    pub email: String,
    /// As what.
    #[serde(default = "member")]
    pub role: Role,
}

fn member() -> Role {
    Role::Member
}

/// What a member is to be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// This.
    pub role: Role,
}

/// A company as its members see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompanyView {
    /// Id.
    pub company_id: String,
    /// Name.
    pub name: String,
    /// When it was made.
    pub created_at: crate::time::Time,
    /// Who is in it.
    pub members: Vec<Member>,
    /// Who is invited; for admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitations: Option<Vec<Invitation>>,
}

/// What the caller is in, and invited to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnCompanies {
    /// In these.
    pub companies: Vec<Membership>,
    /// To these, by the verified address of the token.
    pub invitations: Vec<Invitation>,
}

impl Intake {
    /// Makes a company; the caller is its first admin.
    pub async fn create_company(&self, caller: &Caller, wanted: &NewCompany) -> Result<CompanyView, Problem> {
        let name = wanted.name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            let detail = "A company's name has 1 to 200 printable characters.";
            return Err(invalid("name", "INVALID_NAME", detail));
        }
        self.room_for_one_more(caller).await?;
        let now = self.engine.clock.now();
        let company = Company {
            id: company_id(now, self.engine.entropy.as_ref()),
            name: name.to_owned(),
            created_at: now,
        };
        let admin = Member {
            user: caller.owner.clone(),
            email: caller.email.clone(),
            role: Role::Admin,
            joined_at: now,
        };
        self.companies.create(&company, &admin).await?;
        let standings = Standings::of(Some(Role::Admin), false, false);
        let of = (company.id.as_str(), company.id.as_str());
        self.note_company(caller, &standings, Action::SeeCompany, Deed::CompanyCreated, of)
            .await;
        Ok(CompanyView {
            company_id: company.id,
            name: company.name,
            created_at: now,
            members: vec![admin],
            invitations: Some(Vec::new()),
        })
    }

    /// Whether the caller may be in one more company.
    async fn room_for_one_more(&self, caller: &Caller) -> Result<(), Problem> {
        if self.companies.of_user(&caller.owner).await?.len() < MAX_COMPANIES {
            return Ok(());
        }
        Err(Problem::conflict(
            "TOO_MANY_COMPANIES",
            format!("You are in {MAX_COMPANIES} companies, which is the most. Please leave one first."),
        ))
    }

    /// What the caller is in, and invited to.
    pub async fn own_companies(&self, caller: &Caller) -> Result<OwnCompanies, Problem> {
        let now = self.engine.clock.now();
        let invitations = match &caller.email {
            Some(email) => self.companies.invitations_to(email, now).await?,
            None => Vec::new(),
        };
        Ok(OwnCompanies {
            companies: self.companies.of_user(&caller.owner).await?,
            invitations,
        })
    }

    /// One company.
    pub async fn company(&self, caller: &Caller, id: &str) -> Result<CompanyView, Problem> {
        let standings = self.doors.company(caller, id, Action::SeeCompany).await?;
        let company = self.companies.company(id).await?;
        let company = company.ok_or_else(Problem::company_not_found)?;
        let invitations = if standings.allow(Action::ManageMembers) {
            let now = self.engine.clock.now();
            Some(self.companies.invitations(id, now).await?)
        } else {
            None
        };
        Ok(CompanyView {
            company_id: company.id,
            name: company.name,
            created_at: company.created_at,
            members: self.companies.members(id).await?,
            invitations,
        })
    }

    /// Invites whoever can prove that an address is theirs.
    pub async fn invite(
        &self,
        caller: &Caller,
        id: &str,
        wanted: &NewInvitation,
    ) -> Result<Invitation, Problem> {
        let standings = self.doors.company(caller, id, Action::ManageMembers).await?;
        let email = wanted.email.trim().to_lowercase();
        if !is_address(&email) {
            let detail = "This is no mail address.";
            return Err(invalid("email", "INVALID_EMAIL", detail));
        }
        let company = self.companies.company(id).await?;
        let company = company.ok_or_else(Problem::company_not_found)?;
        let now = self.engine.clock.now();
        let members = self.companies.members(id).await?;
        if members
            .iter()
            .any(|member| member.email.as_deref() == Some(email.as_str()))
        {
            let detail = "This person is in the company already.";
            return Err(Problem::conflict("ALREADY_MEMBER", detail));
        }
        let invited = self.companies.invitations(id, now).await?;
        if members.len() + invited.len() >= MAX_MEMBERS {
            return Err(Problem::conflict(
                "COMPANY_FULL",
                format!("A company has at most {MAX_MEMBERS} members and open invitations."),
            ));
        }
        let invitation = Invitation {
            company_id: company.id,
            name: company.name,
            email,
            role: wanted.role,
            invited_by: caller.owner.clone(),
            expires_at: now.plus(INVITATION_LIFE),
        };
        if self.companies.invite(&invitation).await? != Changed::Yes {
            return Err(Problem::company_not_found());
        }
        let of = (id, invitation.email.as_str());
        self.note_company(
            caller,
            &standings,
            Action::ManageMembers,
            Deed::InvitationMade,
            of,
        )
        .await;
        Ok(invitation)
    }

    /// Takes an invitation back.
    pub async fn withdraw_invitation(&self, caller: &Caller, id: &str, email: &str) -> Result<(), Problem> {
        let standings = self.doors.company(caller, id, Action::ManageMembers).await?;
        let email = email.to_lowercase();
        self.companies.withdraw(id, &email).await?;
        let of = (id, email.as_str());
        self.note_company(
            caller,
            &standings,
            Action::ManageMembers,
            Deed::InvitationWithdrawn,
            of,
        )
        .await;
        Ok(())
    }

    /// Takes an invitation to the verified address of the caller's token.
    pub async fn join_company(&self, caller: &Caller, id: &str) -> Result<CompanyView, Problem> {
        let Some(email) = &caller.email else {
            return Err(Problem::new(
                403,
                "EMAIL_NOT_VERIFIED",
                "Please verify your mail address first: an invitation is taken with it.",
            ));
        };
        self.room_for_one_more(caller).await?;
        let now = self.engine.clock.now();
        match self.companies.join(id, email, &caller.owner, now).await? {
            Changed::Yes => {
                // As what they are in it now, which may be more than the invitation named.
                let standings = self.doors.company(caller, id, Action::SeeCompany).await?;
                let deed = Deed::InvitationTaken;
                self.note_company(caller, &standings, Action::SeeCompany, deed, (id, email))
                    .await;
                self.company(caller, id).await
            }
            Changed::Unknown | Changed::LastAdmin => Err(Problem::new(
                404,
                "INVITATION_NOT_FOUND",
                "There is no open invitation for you to this company. Please ask an admin for a new one.",
            )),
        }
    }

    /// Gives a member a role.
    pub async fn set_role(
        &self,
        caller: &Caller,
        id: &str,
        user: &str,
        wanted: NewRole,
    ) -> Result<CompanyView, Problem> {
        let action = Action::ManageMembers;
        let standings = self.doors.company(caller, id, action).await?;
        changed(self.companies.set_role(id, user, wanted.role).await?)?;
        self.note_company(caller, &standings, action, Deed::RoleChanged, (id, user))
            .await;
        self.company(caller, id).await
    }

    /// Takes a member out, or lets the caller leave. From then on the company's jobs are not theirs to see.
    pub async fn remove_member(&self, caller: &Caller, id: &str, user: &str) -> Result<(), Problem> {
        let action = if user == caller.owner {
            Action::SeeCompany
        } else {
            Action::ManageMembers
        };
        let standings = self.doors.company(caller, id, action).await?;
        changed(self.companies.remove(id, user).await?)?;
        self.note_company(caller, &standings, action, Deed::MemberRemoved, (id, user))
            .await;
        Ok(())
    }
}

fn changed(changed: Changed) -> Result<(), Problem> {
    match changed {
        Changed::Yes => Ok(()),
        Changed::Unknown => Err(Problem::new(
            404,
            "MEMBER_NOT_FOUND",
            "There is no such member in this company.",
        )),
        Changed::LastAdmin => Err(Problem::conflict(
            "LAST_ADMIN",
            "A company needs an admin, and this is the last one. Please make another member an admin first.",
        )),
    }
}

fn invalid(field: &str, code: &str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldError::new(field, code, detail)])
}

/// Whether it could be an address: what is one is for the issuer of tokens to verify.
fn is_address(email: &str) -> bool {
    let parts = email.rsplit_once('@');
    email.len() <= MAX_EMAIL_BYTES
        && email
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && c != '#')
        && parts.is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.ends_with('.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        for address in ["a@example.com", "zoé.müller+1@exämple.fr", "\"a@b\"@example.org"] {
            assert!(is_address(address), "{address}");
        }
        let long = format!("{}@example.com", "a".repeat(MAX_EMAIL_BYTES));
        for other in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@example",
            "a b@example.com",
            "a#b@example.com",
            &long,
        ] {
            assert!(!is_address(other), "{other}");
        }
    }
}
