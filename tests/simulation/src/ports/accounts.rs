//! Who is in which company, and the accounts of users.

use async_trait::async_trait;
use docmill_core::access::Action;
use docmill_core::account::{Account, Check, Ledger, LinePage};
use docmill_core::company::{Changed, Companies, Company, Invitation, Member, Membership, Role};
use docmill_core::ports::PortResult;
use docmill_core::time::Time;
use docmill_memory::{MemoryCompanies, MemoryLedger};

use super::Port;
use crate::fate::Menu;
use crate::plants::Plant;
use crate::watch::acted_in;

#[async_trait]
impl Companies for Port<MemoryCompanies> {
    async fn role(&self, company: &str, user: &str) -> PortResult<Option<Role>> {
        let look = || format!("looks up what {user} is in {company}");
        let found = self
            .sim
            .call(Menu::Read, look, || self.inner.role(company, user))
            .await;
        if found.is_err() {
            // A publisher who cannot know does not send.
            self.sim.state().watch.clients.all_hurt();
        }
        let role = found?;
        Ok(self.bend_role(company, user, role))
    }

    async fn create(&self, company: &Company, admin: &Member) -> PortResult<()> {
        self.inner.create(company, admin).await
    }

    async fn company(&self, id: &str) -> PortResult<Option<Company>> {
        let read = || "reads the company".to_owned();
        self.sim.call(Menu::Read, read, || self.inner.company(id)).await
    }

    async fn of_user(&self, user: &str) -> PortResult<Vec<Membership>> {
        let read = || "reads their companies".to_owned();
        self.sim.call(Menu::Read, read, || self.inner.of_user(user)).await
    }

    async fn members(&self, company: &str) -> PortResult<Vec<Member>> {
        let read = || "reads the members".to_owned();
        self.sim
            .call(Menu::Read, read, || self.inner.members(company))
            .await
    }

    async fn invite(&self, invitation: &Invitation) -> PortResult<Changed> {
        let invite = || async {
            let Invitation {
                company_id,
                email,
                role,
                ..
            } = invitation;
            let changed = self.inner.invite(invitation).await?;
            if changed == Changed::Yes {
                self.sim.says(|_| format!("writes the invitation of {email}"));
                self.sim.state().watch.members.invited(company_id, email, *role);
                acted_in(&self.sim, company_id, Action::ManageMembers);
            }
            Ok(changed)
        };
        self.sim
            .call(Menu::Write, || "writes an invitation".to_owned(), invite)
            .await
    }

    async fn invitations(&self, company: &str, now: Time) -> PortResult<Vec<Invitation>> {
        let read = || "reads the invitations".to_owned();
        self.sim
            .call(Menu::Read, read, || self.inner.invitations(company, now))
            .await
    }

    async fn invitations_to(&self, email: &str, now: Time) -> PortResult<Vec<Invitation>> {
        self.inner.invitations_to(email, now).await
    }

    async fn withdraw(&self, company: &str, email: &str) -> PortResult<()> {
        self.inner.withdraw(company, email).await?;
        self.sim.state().watch.members.withdrawn(company, email);
        Ok(())
    }

    async fn join(&self, company: &str, email: &str, user: &str, now: Time) -> PortResult<Changed> {
        let join = || async {
            let changed = self.inner.join(company, email, user, now).await?;
            if changed == Changed::Yes {
                self.sim.says(|_| format!("is in {company} now"));
                self.sim.state().watch.members.joined(company, email, user);
            }
            Ok(changed)
        };
        self.sim
            .call(Menu::Transaction, || "takes the invitation".to_owned(), join)
            .await
    }

    async fn set_role(&self, company: &str, user: &str, role: Role) -> PortResult<Changed> {
        let set = || async {
            let changed = self.inner.set_role(company, user, role).await?;
            if changed == Changed::Yes {
                self.sim
                    .says(|_| format!("has made {user} {} of {company}", role.as_str()));
                acted_in(&self.sim, company, Action::ManageMembers);
                self.sim.state().watch.members.is_now(company, user, Some(role));
            }
            Ok(changed)
        };
        self.sim
            .call(Menu::Transaction, || "writes a role".to_owned(), set)
            .await
    }

    async fn remove(&self, company: &str, user: &str) -> PortResult<Changed> {
        let remove = || async {
            let changed = self.inner.remove(company, user).await?;
            if changed == Changed::Yes {
                self.sim.says(|_| format!("has taken {user} out of {company}"));
                let leaves = self.sim.state().card().is(user);
                let action = if leaves {
                    Action::SeeCompany
                } else {
                    Action::ManageMembers
                };
                acted_in(&self.sim, company, action);
                self.sim.state().watch.members.is_now(company, user, None);
            }
            Ok(changed)
        };
        self.sim
            .call(Menu::Transaction, || "takes a member out".to_owned(), remove)
            .await
    }

    async fn dissolve(&self, company: &str) -> PortResult<()> {
        self.inner.dissolve(company).await
    }

    async fn forget(&self, company: &str) -> PortResult<()> {
        self.inner.forget(company).await
    }
}

impl Port<MemoryCompanies> {
    /// What a planted bug makes of the look-up.
    fn bend_role(&self, company: &str, user: &str, role: Option<Role>) -> Option<Role> {
        let mut state = self.sim.state();
        let request = state.card().user.map(|_| state.current);
        let kept_for = match (self.sim.plant, request) {
            (Some(Plant::StaleStanding), _) => 0,
            (Some(Plant::LooksOnce), Some(request)) => request,
            (Some(Plant::PushesUnasked), None) => return Some(Role::Member),
            _ => return role,
        };
        let place = (kept_for, company.to_owned(), user.to_owned());
        if let Some(role) = role {
            state.remembered.entry(place.clone()).or_insert(role);
        }
        state.remembered.get(&place).copied()
    }
}

impl Port<MemoryLedger> {
    /// Reads of runs that are not crowded do not fail.
    async fn read<T, F>(
        &self,
        what: impl Fn() -> String + Send + Sync,
        effect: impl Fn() -> F + Send + Sync,
    ) -> PortResult<T>
    where
        T: Send,
        F: Future<Output = PortResult<T>> + Send,
    {
        let crowded = self.sim.state().watch.rules.crowded;
        if crowded {
            self.sim.call(Menu::Read, what, effect).await
        } else {
            effect().await
        }
    }
}

#[async_trait]
impl Ledger for Port<MemoryLedger> {
    async fn account(&self, user: &str) -> PortResult<Account> {
        self.read(|| "reads the account".to_owned(), || self.inner.account(user))
            .await
    }

    async fn grant(&self, user: &str, month: &str, amount: u32, now: Time) -> PortResult<()> {
        self.read(
            || "grants the month's credits".to_owned(),
            || self.inner.grant(user, month, amount, now),
        )
        .await
    }

    async fn lines(&self, user: &str, after: Option<&str>, limit: usize) -> PortResult<LinePage> {
        self.read(
            || "reads the ledger".to_owned(),
            || self.inner.lines(user, after, limit),
        )
        .await
    }

    async fn users(&self, share: u8, limit: usize) -> PortResult<Vec<String>> {
        self.inner.users(share, limit).await
    }

    async fn keep_check(&self, share: u8, check: &Check) -> PortResult<()> {
        self.inner.keep_check(share, check).await
    }

    async fn checks(&self) -> PortResult<Vec<Check>> {
        self.inner.checks().await
    }
}
