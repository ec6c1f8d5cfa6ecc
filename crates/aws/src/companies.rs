//! [`Companies`] in the accounts table. Whoever is in a company or invited stands in two items: one for the company, one
//! for the person.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use docmill_core::company::{Changed, Companies, Company, Invitation, Member, Membership, Role};
use docmill_core::ports::PortResult;
use docmill_core::running::Tenant;
use docmill_core::time::Time;

use crate::batch;
use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, number, text, time};
use crate::keys;
use crate::query;
use crate::transact::{self, Transacted, condition_failed, transact};

const NAME: &str = "name";
const ROLE: &str = "role";
const EMAIL: &str = "email";
const ADMINS: &str = "admins";
const CREATED_AT: &str = "created_at";
const JOINED_AT: &str = "joined_at";
const INVITED_BY: &str = "invited_by";
const EXPIRES_AT: &str = "expires_at";
const TTL: &str = "ttl";
const COMPANY: &str = "company";
const MEMBER: &str = "member#";
const INVITE: &str = "invite#";

/// Membership records.
#[derive(Clone, Debug)]
pub struct DynamoCompanies {
    client: Client,
    table: String,
}

impl DynamoCompanies {
    /// The records in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    async fn get(&self, key: Item) -> PortResult<Option<Item>> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request.set_key(Some(key)).consistent_read(true);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        Ok(answer.item().cloned())
    }

    /// Every item whose key has this `pk` and an `sk` that begins so.
    async fn all(&self, first: Item) -> PortResult<Vec<Item>> {
        let values = first
            .iter()
            .map(|(name, value)| (format!(":{name}"), value.clone()));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .set_expression_attribute_values(Some(values.collect()))
            .consistent_read(true);
        query::all(query).await
    }

    fn put(
        &self,
        key: Item,
        values: Vec<(&str, aws_sdk_dynamodb::types::AttributeValue)>,
    ) -> PortResult<TransactWriteItem> {
        let mut item = key;
        item.extend(values.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        transact::put(put)
    }

    /// Both items of a member.
    fn put_member(&self, company: &str, name: &str, member: &Member) -> PortResult<[TransactWriteItem; 2]> {
        let role = text(member.role.as_str());
        let mut values = vec![(ROLE, role.clone()), (JOINED_AT, time(member.joined_at))];
        values.extend(member.email.as_ref().map(|email| (EMAIL, text(email))));
        Ok([
            self.put(keys::company(company, format!("{MEMBER}{}", member.user)), values)?,
            self.put(
                keys::user(&member.user, format!("{MEMBER}{company}")),
                vec![(ROLE, role), (NAME, text(name))],
            )?,
        ])
    }

    fn delete(&self, key: Item, condition: Option<(&str, Item)>) -> PortResult<TransactWriteItem> {
        let mut delete = Delete::builder().table_name(&self.table).set_key(Some(key));
        if let Some((condition, values)) = condition {
            delete = delete
                .condition_expression(condition)
                .expression_attribute_names("#role", ROLE)
                .set_expression_attribute_values((!values.is_empty()).then_some(values));
        }
        transact::delete(delete)
    }

    /// One admin more or less; refused where the last would go.
    fn count_admins(&self, company: &str, by: i32) -> PortResult<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::company(company, COMPANY)))
            .update_expression("ADD #admins :by")
            .condition_expression("#admins > :least")
            .expression_attribute_names("#admins", ADMINS)
            .expression_attribute_values(":by", number(by))
            .expression_attribute_values(":least", number(if by < 0 { 1 } else { 0 }));
        transact::update(update)
    }

    fn set_role_of(&self, key: Item, from: Role, to: Role) -> PortResult<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression("SET #role = :to")
            .condition_expression("#role = :from")
            .expression_attribute_names("#role", ROLE)
            .expression_attribute_values(":from", text(from.as_str()))
            .expression_attribute_values(":to", text(to.as_str()));
        transact::update(update)
    }

    fn drop_invitation(&self, company: &str, email: &str) -> PortResult<[TransactWriteItem; 2]> {
        Ok([
            self.delete(keys::company(company, format!("{INVITE}{email}")), None)?,
            self.delete(keys::email(email, format!("{INVITE}{company}")), None)?,
        ])
    }

    /// Writes `items`, of which the last counts admins; what a refusal means.
    async fn change(&self, items: Vec<TransactWriteItem>) -> PortResult<Change> {
        Ok(match transact(&self.client, items).await? {
            Transacted::Yes => Change::Done,
            Transacted::Refused(reasons) => match reasons.last() {
                Some(count) if condition_failed(count) => Change::LastAdmin,
                _ => Change::Raced,
            },
        })
    }
}

enum Change {
    Done,
    LastAdmin,
    /// The membership is not any more as it was read.
    Raced,
}

#[async_trait]
impl Companies for DynamoCompanies {
    async fn role(&self, company: &str, user: &str) -> PortResult<Option<Role>> {
        let item = self
            .get(keys::company(company, format!("{MEMBER}{user}")))
            .await?;
        Ok(item.map(|item| role_in(&item)).transpose()?)
    }

    async fn create(&self, company: &Company, admin: &Member) -> PortResult<()> {
        let admin = Member {
            role: Role::Admin,
            ..admin.clone()
        };
        let record = vec![
            (NAME, text(&company.name)),
            (CREATED_AT, time(company.created_at)),
            (ADMINS, number(1)),
        ];
        let mut items = vec![self.put(keys::company(&company.id, COMPANY), record)?];
        items.extend(self.put_member(&company.id, &company.name, &admin)?);
        transact(&self.client, items).await.map(|_| ())
    }

    async fn company(&self, id: &str) -> PortResult<Option<Company>> {
        let Some(item) = self.get(keys::company(id, COMPANY)).await? else {
            return Ok(None);
        };
        Ok(Some(Company {
            id: id.to_owned(),
            name: need(NAME, item.text(NAME)?)?.to_owned(),
            created_at: need(CREATED_AT, item.time(CREATED_AT)?)?,
        }))
    }

    async fn of_user(&self, user: &str) -> PortResult<Vec<Membership>> {
        let items = self.all(keys::user(user, MEMBER)).await?;
        let read = |item: &Item| {
            Ok::<_, ItemError>(Membership {
                company_id: end_of_key(item, MEMBER)?,
                name: need(NAME, item.text(NAME)?)?.to_owned(),
                role: role_in(item)?,
            })
        };
        Ok(items.iter().map(read).collect::<Result<_, _>>()?)
    }

    async fn members(&self, company: &str) -> PortResult<Vec<Member>> {
        let items = self.all(keys::company(company, MEMBER)).await?;
        let read = |item: &Item| {
            Ok::<_, ItemError>(Member {
                user: end_of_key(item, MEMBER)?,
                email: item.text(EMAIL)?.map(ToOwned::to_owned),
                role: role_in(item)?,
                joined_at: need(JOINED_AT, item.time(JOINED_AT)?)?,
            })
        };
        Ok(items.iter().map(read).collect::<Result<_, _>>()?)
    }

    async fn invite(&self, invitation: &Invitation) -> PortResult<Changed> {
        let Invitation {
            company_id, email, ..
        } = invitation;
        let values = || {
            vec![
                (NAME, text(&invitation.name)),
                (ROLE, text(invitation.role.as_str())),
                (INVITED_BY, text(&invitation.invited_by)),
                (EXPIRES_AT, time(invitation.expires_at)),
                (TTL, number(invitation.expires_at.seconds())),
            ]
        };
        let company = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::company(company_id, COMPANY)))
            .condition_expression("attribute_exists(pk)");
        let items = vec![
            self.put(keys::company(company_id, format!("{INVITE}{email}")), values())?,
            self.put(keys::email(email, format!("{INVITE}{company_id}")), values())?,
            transact::check(company)?,
        ];
        Ok(match transact(&self.client, items).await? {
            Transacted::Yes => Changed::Yes,
            Transacted::Refused(_) => Changed::Unknown,
        })
    }

    async fn invitations(&self, company: &str, now: Time) -> PortResult<Vec<Invitation>> {
        let items = self.all(keys::company(company, INVITE)).await?;
        let read = |item: &Item| invitation_in(item, company.to_owned(), end_of_key(item, INVITE)?);
        let all: Vec<Invitation> = items.iter().map(read).collect::<Result<_, _>>()?;
        Ok(all.into_iter().filter(|open| open.expires_at > now).collect())
    }

    async fn invitations_to(&self, email: &str, now: Time) -> PortResult<Vec<Invitation>> {
        let items = self.all(keys::email(email, INVITE)).await?;
        let read = |item: &Item| invitation_in(item, end_of_key(item, INVITE)?, email.to_owned());
        let all: Vec<Invitation> = items.iter().map(read).collect::<Result<_, _>>()?;
        Ok(all.into_iter().filter(|open| open.expires_at > now).collect())
    }

    async fn withdraw(&self, company: &str, email: &str) -> PortResult<()> {
        let items = self.drop_invitation(company, email)?.to_vec();
        transact(&self.client, items).await.map(|_| ())
    }

    async fn join(&self, company: &str, email: &str, user: &str, now: Time) -> PortResult<Changed> {
        let open = self.invitations(company, now).await?;
        let Some(invitation) = open.into_iter().find(|open| open.email == email) else {
            return Ok(Changed::Unknown);
        };
        if self.role(company, user).await?.is_some() {
            self.withdraw(company, email).await?;
            return Ok(Changed::Yes);
        }
        let member = Member {
            user: user.to_owned(),
            email: Some(email.to_owned()),
            role: invitation.role,
            joined_at: now,
        };
        // The invitation goes as it was read, so that it is taken once and not after it was withdrawn or changed.
        let same = Item::from([(":role".to_owned(), text(invitation.role.as_str()))]);
        let mut items = vec![
            self.delete(
                keys::company(company, format!("{INVITE}{email}")),
                Some(("#role = :role", same)),
            )?,
            self.delete(keys::email(email, format!("{INVITE}{company}")), None)?,
        ];
        items.extend(self.put_member(company, &invitation.name, &member)?);
        items.push(self.count_admins(company, i32::from(member.role == Role::Admin))?);
        Ok(match self.change(items).await? {
            Change::Done => Changed::Yes,
            Change::LastAdmin | Change::Raced => Changed::Unknown,
        })
    }

    async fn set_role(&self, company: &str, user: &str, role: Role) -> PortResult<Changed> {
        let from = match self.role(company, user).await? {
            None => return Ok(Changed::Unknown),
            Some(now) if now == role => return Ok(Changed::Yes),
            Some(other) => other,
        };
        let by = if role == Role::Admin { 1 } else { -1 };
        let items = vec![
            self.set_role_of(keys::company(company, format!("{MEMBER}{user}")), from, role)?,
            self.set_role_of(keys::user(user, format!("{MEMBER}{company}")), from, role)?,
            self.count_admins(company, by)?,
        ];
        Ok(match self.change(items).await? {
            Change::Done => Changed::Yes,
            Change::LastAdmin => Changed::LastAdmin,
            Change::Raced => Changed::Unknown,
        })
    }

    async fn remove(&self, company: &str, user: &str) -> PortResult<Changed> {
        let Some(role) = self.role(company, user).await? else {
            return Ok(Changed::Unknown);
        };
        let same = Item::from([(":role".to_owned(), text(role.as_str()))]);
        let mut items = vec![
            self.delete(
                keys::company(company, format!("{MEMBER}{user}")),
                Some(("#role = :role", same)),
            )?,
            self.delete(keys::user(user, format!("{MEMBER}{company}")), None)?,
        ];
        if role == Role::Admin {
            items.push(self.count_admins(company, -1)?);
        }
        let last = role == Role::Admin;
        Ok(match self.change(items).await? {
            Change::Done => Changed::Yes,
            Change::LastAdmin if last => Changed::LastAdmin,
            Change::LastAdmin | Change::Raced => Changed::Unknown,
        })
    }

    async fn dissolve(&self, company: &str) -> PortResult<()> {
        // Without it nobody is invited and no invitation taken.
        batch::delete(&self.client, &self.table, &[keys::company(company, COMPANY)]).await?;
        let (mut of_people, mut of_company) = (Vec::new(), Vec::new());
        for item in self.all(keys::company(company, INVITE)).await? {
            let email = end_of_key(&item, INVITE)?;
            of_people.push(keys::email(&email, format!("{INVITE}{company}")));
            of_company.push(keys::company(company, format!("{INVITE}{email}")));
        }
        for item in self.all(keys::company(company, MEMBER)).await? {
            let user = end_of_key(&item, MEMBER)?;
            of_people.push(keys::user(&user, format!("{MEMBER}{company}")));
            of_company.push(keys::company(company, format!("{MEMBER}{user}")));
        }
        // Those of the company only when the others are gone: by them the others are found, should this be broken off.
        batch::delete(&self.client, &self.table, &of_people).await?;
        batch::delete(&self.client, &self.table, &of_company).await
    }

    async fn forget(&self, company: &str) -> PortResult<()> {
        let tenant = Tenant::Company(company.to_owned());
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .projection_expression("pk, sk")
            .expression_attribute_values(":pk", text(tenant.key()))
            .consistent_read(true);
        batch::delete_found(&self.client, &self.table, query).await
    }
}

/// What stands in the sort key behind its kind.
fn end_of_key(item: &Item, kind: &str) -> Result<String, ItemError> {
    let sk = need(keys::SK, item.text(keys::SK)?)?;
    Ok(need(keys::SK, sk.strip_prefix(kind))?.to_owned())
}

fn role_in(item: &Item) -> Result<Role, ItemError> {
    need(ROLE, item.word(ROLE)?)
}

fn invitation_in(item: &Item, company_id: String, email: String) -> Result<Invitation, ItemError> {
    Ok(Invitation {
        company_id,
        name: need(NAME, item.text(NAME)?)?.to_owned(),
        email,
        role: role_in(item)?,
        invited_by: need(INVITED_BY, item.text(INVITED_BY)?)?.to_owned(),
        expires_at: need(EXPIRES_AT, item.time(EXPIRES_AT)?)?,
    })
}
