//! Who is in a company, and who is invited.

use docmill_core::access::Standing;
use docmill_core::audit::{Deed, Entry};
use docmill_core::callback::Generation;
use docmill_core::company::{Changed, Company, Invitation, Member, Role};
use docmill_core::running::Tenant;
use futures::future::join_all;

use crate::Ports;
use crate::make::at;

fn member(user: &str) -> Member {
    Member {
        user: user.to_owned(),
        email: Some(format!("{user}@example.com")),
        role: Role::Admin,
        joined_at: at(0),
    }
}

/// A new company and its admin.
async fn company(ports: &Ports) -> (String, String) {
    let (id, admin) = (ports.unique(), ports.unique());
    let company = Company {
        id: id.clone(),
        name: "Müller & Söhne".to_owned(),
        created_at: at(0),
    };
    ports.companies.create(&company, &member(&admin)).await.unwrap();
    (id, admin)
}

async fn invite(ports: &Ports, company: &str, email: &str, role: Role) -> Invitation {
    let invitation = Invitation {
        company_id: company.to_owned(),
        name: "Müller & Söhne".to_owned(),
        email: email.to_owned(),
        role,
        invited_by: "admin".to_owned(),
        expires_at: at(1_000),
    };
    ports.companies.invite(&invitation).await.unwrap();
    invitation
}

async fn joined(ports: &Ports, company: &str, role: Role) -> String {
    let user = ports.unique();
    let email = format!("{user}@example.com");
    invite(ports, company, &email, role).await;
    let join = ports.companies.join(company, &email, &user, at(1)).await;
    assert_eq!(join, Ok(Changed::Yes));
    user
}

/// Whoever makes it keeps it; for others it is not there.
pub async fn a_company_has_its_first_admin(ports: &Ports) {
    let (id, admin) = company(ports).await;
    let companies = &ports.companies;
    assert_eq!(companies.role(&id, &admin).await, Ok(Some(Role::Admin)));
    assert_eq!(companies.role(&id, "somebody").await, Ok(None));
    assert_eq!(companies.role(&ports.unique(), &admin).await, Ok(None));
    let found = companies.company(&id).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.created_at), ("Müller & Söhne", at(0)));
    assert_eq!(companies.company(&ports.unique()).await, Ok(None));
    assert_eq!(companies.members(&id).await, Ok(vec![member(&admin)]));
    let own = companies.of_user(&admin).await.unwrap();
    assert_eq!(own.len(), 1);
    assert_eq!(
        (own[0].company_id.as_str(), own[0].role),
        (id.as_str(), Role::Admin)
    );
}

/// Both sides see it until it is taken, withdrawn or late.
pub async fn an_invitation_is_taken_once_and_in_time(ports: &Ports) {
    let (id, _) = company(ports).await;
    let (user, companies) = (ports.unique(), &ports.companies);
    let email = format!("{user}@example.com");
    let invitation = invite(ports, &id, &email, Role::Member).await;
    for open in [
        companies.invitations(&id, at(999)).await,
        companies.invitations_to(&email, at(999)).await,
    ] {
        assert_eq!(open, Ok(vec![invitation.clone()]));
    }
    assert_eq!(companies.invitations_to(&email, at(1_000)).await, Ok(vec![]));
    let late = companies.join(&id, &email, &user, at(1_000)).await;
    assert_eq!(late, Ok(Changed::Unknown));
    let other = companies.join(&id, "other@example.com", &user, at(1)).await;
    assert_eq!(other, Ok(Changed::Unknown));
    assert_eq!(companies.join(&id, &email, &user, at(1)).await, Ok(Changed::Yes));
    assert_eq!(companies.role(&id, &user).await, Ok(Some(Role::Member)));
    assert_eq!(companies.invitations(&id, at(1)).await, Ok(vec![]));
    let again = companies.join(&id, &email, &ports.unique(), at(2)).await;
    assert_eq!(again, Ok(Changed::Unknown));
    invite(ports, &id, &email, Role::Member).await;
    companies.withdraw(&id, &email).await.unwrap();
    assert_eq!(companies.invitations_to(&email, at(1)).await, Ok(vec![]));
}

/// By one of many who can prove the same address.
pub async fn an_invitation_is_taken_once_in_a_race(ports: &Ports) {
    let (id, _) = company(ports).await;
    invite(ports, &id, "shared@example.com", Role::Admin).await;
    let users: Vec<String> = (0..8).map(|_| ports.unique()).collect();
    let joins = users
        .iter()
        .map(|user| ports.companies.join(&id, "shared@example.com", user, at(1)));
    let won = join_all(joins).await;
    let won = won.into_iter().filter(|join| *join == Ok(Changed::Yes));
    assert_eq!(won.count(), 1);
    assert_eq!(ports.companies.members(&id).await.unwrap().len(), 2);
}

/// Nor is their role changed by an invitation; it is gone all the same.
pub async fn who_is_in_does_not_come_in_again(ports: &Ports) {
    let (id, admin) = company(ports).await;
    invite(ports, &id, "admin@example.com", Role::Member).await;
    let join = ports
        .companies
        .join(&id, "admin@example.com", &admin, at(1))
        .await;
    assert_eq!(join, Ok(Changed::Yes));
    assert_eq!(ports.companies.role(&id, &admin).await, Ok(Some(Role::Admin)));
    assert_eq!(ports.companies.invitations(&id, at(1)).await, Ok(vec![]));
}

/// The last one can neither leave nor step down.
pub async fn a_company_keeps_an_admin(ports: &Ports) {
    let (id, first) = company(ports).await;
    let companies = &ports.companies;
    let user = joined(ports, &id, Role::Member).await;
    assert_eq!(companies.remove(&id, &first).await, Ok(Changed::LastAdmin));
    let down = companies.set_role(&id, &first, Role::Member).await;
    assert_eq!(down, Ok(Changed::LastAdmin));
    let up = companies.set_role(&id, &user, Role::Admin).await;
    assert_eq!(up, Ok(Changed::Yes));
    assert_eq!(companies.remove(&id, &first).await, Ok(Changed::Yes));
    assert_eq!(companies.remove(&id, &first).await, Ok(Changed::Unknown));
    assert_eq!(companies.of_user(&first).await, Ok(vec![]));
    assert_eq!(companies.remove(&id, &user).await, Ok(Changed::LastAdmin));
    let stranger = companies.set_role(&id, &ports.unique(), Role::Admin).await;
    assert_eq!(stranger, Ok(Changed::Unknown));
}

/// However many step down at the same moment.
pub async fn a_company_keeps_an_admin_in_a_race(ports: &Ports) {
    let (id, first) = company(ports).await;
    let mut admins = vec![first];
    for _ in 0..3 {
        admins.push(joined(ports, &id, Role::Admin).await);
    }
    let gone = join_all(admins.iter().map(|user| ports.companies.remove(&id, user))).await;
    let gone = gone.into_iter().filter(|gone| *gone == Ok(Changed::Yes));
    assert_eq!(gone.count(), 3);
    assert_eq!(ports.companies.members(&id).await.unwrap().len(), 1);
}

/// A user of two stands in each as what they are there.
pub async fn companies_know_nothing_of_each_other(ports: &Ports) {
    let ((one, _), (other, admin)) = (company(ports).await, company(ports).await);
    let email = format!("{admin}@example.com");
    invite(ports, &one, &email, Role::Member).await;
    assert_eq!(ports.companies.invitations(&other, at(1)).await, Ok(vec![]));
    ports.companies.join(&one, &email, &admin, at(1)).await.unwrap();
    assert_eq!(ports.companies.role(&one, &admin).await, Ok(Some(Role::Member)));
    assert_eq!(ports.companies.role(&other, &admin).await, Ok(Some(Role::Admin)));
    assert_eq!(ports.companies.of_user(&admin).await.unwrap().len(), 2);
    assert_eq!(ports.companies.members(&other).await.unwrap().len(), 1);
}

/// Who was in is out, who was invited is not any more, and nobody comes in; other companies are not touched.
pub async fn a_dissolved_company_lets_nobody_in(ports: &Ports) {
    let ((id, admin), (other, keeper)) = (company(ports).await, company(ports).await);
    let member = joined(ports, &id, Role::Member).await;
    let companies = &ports.companies;
    let email = format!("{}@example.com", ports.unique());
    invite(ports, &id, &email, Role::Member).await;
    invite(ports, &other, &email, Role::Member).await;
    for _ in 0..2 {
        companies.dissolve(&id).await.unwrap();
        assert_eq!(companies.company(&id).await, Ok(None));
        assert_eq!(companies.members(&id).await, Ok(vec![]));
        assert_eq!(companies.invitations(&id, at(1)).await, Ok(vec![]));
        for user in [&admin, &member] {
            assert_eq!(companies.role(&id, user).await, Ok(None));
            assert_eq!(companies.of_user(user).await, Ok(vec![]));
        }
    }
    let late = Invitation {
        company_id: id.clone(),
        name: "Müller & Söhne".to_owned(),
        email: email.clone(),
        role: Role::Member,
        invited_by: admin.clone(),
        expires_at: at(1_000),
    };
    assert_eq!(companies.invite(&late).await, Ok(Changed::Unknown));
    assert_eq!(
        companies.join(&id, &email, &member, at(1)).await,
        Ok(Changed::Unknown)
    );
    assert_eq!(
        companies.set_role(&id, &member, Role::Admin).await,
        Ok(Changed::Unknown)
    );
    assert_eq!(companies.role(&other, &keeper).await, Ok(Some(Role::Admin)));
    assert_eq!(companies.invitations_to(&email, at(1)).await.unwrap().len(), 1);
}

/// More are in it than one request can write.
pub async fn a_large_company_is_dissolved_too(ports: &Ports) {
    let (id, _) = company(ports).await;
    let guests = (0..40).map(|_| async {
        let email = format!("{}@example.com", ports.unique());
        invite(ports, &id, &email, Role::Member).await;
        email
    });
    let guests = join_all(guests).await;
    ports.companies.dissolve(&id).await.unwrap();
    assert_eq!(ports.companies.invitations(&id, at(1)).await, Ok(vec![]));
    for email in guests {
        assert_eq!(ports.companies.invitations_to(&email, at(1)).await, Ok(vec![]));
    }
}

/// Its trail and its secret's generation go; those of others stay.
pub async fn what_is_kept_under_a_company_s_name_is_forgotten(ports: &Ports) {
    let ids = [ports.unique(), ports.unique()];
    let [forgotten, kept] = ids.clone().map(Tenant::Company);
    for tenant in [&forgotten, &kept] {
        let entry = Entry {
            id: ports.fresh_id().to_string(),
            at: at(1),
            actor: "alice".to_owned(),
            action: Deed::RoleChanged,
            subject: "bob".to_owned(),
            company_id: None,
            standing: Standing::Admin,
        };
        ports.audit.append(tenant, &entry).await.unwrap();
        ports.callback_secrets.rotate(tenant, at(1)).await.unwrap();
    }
    for _ in 0..2 {
        ports.companies.forget(&ids[0]).await.unwrap();
    }
    assert_eq!(ports.audit.page(&forgotten, None, 10).await, Ok(vec![]));
    let generation = ports.callback_secrets.generation(&forgotten).await;
    assert_eq!(generation, Ok(Generation::FIRST));
    assert_eq!(ports.audit.page(&kept, None, 10).await.unwrap().len(), 1);
    assert_eq!(
        ports.callback_secrets.generation(&kept).await.unwrap().number,
        1 + Generation::FIRST.number
    );
}
