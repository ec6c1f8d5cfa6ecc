//! [`Companies`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use docmill_core::company::{Changed, Companies, Company, Invitation, Member, Membership, Role};
use docmill_core::ports::PortResult;
use docmill_core::running::Tenant;
use docmill_core::time::Time;

use crate::{MemoryAudit, MemoryCallbackSecrets, lock};

/// Companies, their members and invitations.
#[derive(Debug, Default)]
pub struct MemoryCompanies {
    state: Mutex<State>,
    audit: Arc<MemoryAudit>,
    secrets: Arc<MemoryCallbackSecrets>,
}

impl MemoryCompanies {
    /// No company yet; what is kept under a company's name besides is in these.
    pub fn new(audit: Arc<MemoryAudit>, secrets: Arc<MemoryCallbackSecrets>) -> Self {
        Self {
            state: Mutex::default(),
            audit,
            secrets,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    companies: BTreeMap<String, Company>,
    /// By company and user.
    members: BTreeMap<(String, String), Member>,
    /// By company and address.
    invitations: BTreeMap<(String, String), Invitation>,
}

impl State {
    fn admins(&self, company: &str) -> usize {
        let members = self.members.iter().filter(|((of, _), _)| of == company);
        members.filter(|(_, member)| member.role == Role::Admin).count()
    }

    fn is_last_admin(&self, company: &str, user: &str) -> bool {
        let member = self.members.get(&key(company, user));
        member.is_some_and(|member| member.role == Role::Admin) && self.admins(company) == 1
    }
}

fn key(company: &str, of: &str) -> (String, String) {
    (company.to_owned(), of.to_owned())
}

#[async_trait]
impl Companies for MemoryCompanies {
    async fn role(&self, company: &str, user: &str) -> PortResult<Option<Role>> {
        let state = lock(&self.state);
        Ok(state.members.get(&key(company, user)).map(|member| member.role))
    }

    async fn create(&self, company: &Company, admin: &Member) -> PortResult<()> {
        let mut state = lock(&self.state);
        state.companies.insert(company.id.clone(), company.clone());
        let admin = Member {
            role: Role::Admin,
            ..admin.clone()
        };
        state.members.insert(key(&company.id, &admin.user), admin);
        Ok(())
    }

    async fn company(&self, id: &str) -> PortResult<Option<Company>> {
        Ok(lock(&self.state).companies.get(id).cloned())
    }

    async fn of_user(&self, user: &str) -> PortResult<Vec<Membership>> {
        let state = lock(&self.state);
        let theirs = state.members.iter().filter(|((_, of), _)| of == user);
        Ok(theirs
            .filter_map(|((company, _), member)| {
                let company = state.companies.get(company)?;
                Some(Membership {
                    company_id: company.id.clone(),
                    name: company.name.clone(),
                    role: member.role,
                })
            })
            .collect())
    }

    async fn members(&self, company: &str) -> PortResult<Vec<Member>> {
        let state = lock(&self.state);
        let members = state.members.iter().filter(|((of, _), _)| of == company);
        Ok(members.map(|(_, member)| member.clone()).collect())
    }

    async fn invite(&self, invitation: &Invitation) -> PortResult<Changed> {
        let mut state = lock(&self.state);
        if !state.companies.contains_key(&invitation.company_id) {
            return Ok(Changed::Unknown);
        }
        let place = key(&invitation.company_id, &invitation.email);
        state.invitations.insert(place, invitation.clone());
        Ok(Changed::Yes)
    }

    async fn invitations(&self, company: &str, now: Time) -> PortResult<Vec<Invitation>> {
        let state = lock(&self.state);
        let open = state.invitations.values().filter(|open| open.expires_at > now);
        Ok(open.filter(|open| open.company_id == company).cloned().collect())
    }

    async fn invitations_to(&self, email: &str, now: Time) -> PortResult<Vec<Invitation>> {
        let state = lock(&self.state);
        let open = state.invitations.values().filter(|open| open.expires_at > now);
        Ok(open.filter(|open| open.email == email).cloned().collect())
    }

    async fn withdraw(&self, company: &str, email: &str) -> PortResult<()> {
        lock(&self.state).invitations.remove(&key(company, email));
        Ok(())
    }

    async fn join(&self, company: &str, email: &str, user: &str, now: Time) -> PortResult<Changed> {
        let mut state = lock(&self.state);
        let invitation = state.invitations.get(&key(company, email));
        let Some(invitation) = invitation.filter(|open| open.expires_at > now).cloned() else {
            return Ok(Changed::Unknown);
        };
        state.invitations.remove(&key(company, email));
        state.members.entry(key(company, user)).or_insert(Member {
            user: user.to_owned(),
            email: Some(email.to_owned()),
            role: invitation.role,
            joined_at: now,
        });
        Ok(Changed::Yes)
    }

    async fn set_role(&self, company: &str, user: &str, role: Role) -> PortResult<Changed> {
        let mut state = lock(&self.state);
        if role == Role::Member && state.is_last_admin(company, user) {
            return Ok(Changed::LastAdmin);
        }
        Ok(match state.members.get_mut(&key(company, user)) {
            Some(member) => {
                member.role = role;
                Changed::Yes
            }
            None => Changed::Unknown,
        })
    }

    async fn remove(&self, company: &str, user: &str) -> PortResult<Changed> {
        let mut state = lock(&self.state);
        if state.is_last_admin(company, user) {
            return Ok(Changed::LastAdmin);
        }
        Ok(match state.members.remove(&key(company, user)) {
            Some(_) => Changed::Yes,
            None => Changed::Unknown,
        })
    }

    async fn dissolve(&self, company: &str) -> PortResult<()> {
        let mut state = lock(&self.state);
        state.companies.remove(company);
        state.members.retain(|(of, _), _| of != company);
        state.invitations.retain(|(of, _), _| of != company);
        Ok(())
    }

    async fn forget(&self, company: &str) -> PortResult<()> {
        let tenant = Tenant::Company(company.to_owned());
        self.audit.forget(&tenant);
        self.secrets.forget(&tenant);
        Ok(())
    }
}
