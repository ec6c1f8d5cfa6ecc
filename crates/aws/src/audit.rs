//! [`Audit`] in the accounts table, under entries `audit#<id>` of a company or user.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use docmill_core::audit::{AUDIT_LIFE, Audit, Entry};
use docmill_core::ports::PortResult;
use docmill_core::running::Tenant;

use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, number, text, time};
use crate::keys;
use crate::query;

const AUDIT: &str = "audit#";
const AT: &str = "at";
const ACTOR: &str = "actor";
const ACTION: &str = "action";
const SUBJECT: &str = "subject";
const COMPANY_ID: &str = "company_id";
const AS: &str = "as";
const TTL: &str = "ttl";

/// Trails.
#[derive(Clone, Debug)]
pub struct DynamoAudit {
    client: Client,
    table: String,
}

impl DynamoAudit {
    /// The trails in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }
}

#[async_trait]
impl Audit for DynamoAudit {
    async fn append(&self, trail: &Tenant, entry: &Entry) -> PortResult<()> {
        let request = self.client.put_item().table_name(&self.table);
        let request = request.set_item(Some(item_of(trail, entry)));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }

    async fn page(&self, trail: &Tenant, before: Option<&str>, limit: usize) -> PortResult<Vec<Entry>> {
        // Both ends of BETWEEN belong to it: one more is asked for where one is known.
        let wanted = limit + usize::from(before.is_some());
        let last = before.map_or_else(|| format!("{AUDIT}~"), |before| format!("{AUDIT}{before}"));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(trail.key()))
            .expression_attribute_values(":first", text(AUDIT))
            .expression_attribute_values(":last", text(last))
            .consistent_read(true)
            .scan_index_forward(false);
        let items = query::up_to(query, wanted).await?;
        let mut entries = items.iter().map(entry_in).collect::<Result<Vec<_>, _>>()?;
        entries.retain(|entry| Some(entry.id.as_str()) != before);
        entries.truncate(limit);
        Ok(entries)
    }
}

fn item_of(trail: &Tenant, entry: &Entry) -> Item {
    let mut item = keys::tenant(trail, format!("{AUDIT}{}", entry.id));
    let values = [
        (AT, time(entry.at)),
        (ACTOR, text(&entry.actor)),
        (ACTION, text(entry.action.as_str())),
        (SUBJECT, text(&entry.subject)),
        (AS, text(entry.standing.as_str())),
        (TTL, number(entry.at.plus(AUDIT_LIFE).seconds())),
    ];
    item.extend(values.map(|(name, value)| (name.to_owned(), value)));
    item.extend(
        entry
            .company_id
            .as_ref()
            .map(|id| (COMPANY_ID.to_owned(), text(id))),
    );
    item
}

fn entry_in(item: &Item) -> Result<Entry, ItemError> {
    let sk = need(keys::SK, item.text(keys::SK)?)?;
    Ok(Entry {
        id: need(keys::SK, sk.strip_prefix(AUDIT))?.to_owned(),
        at: need(AT, item.time(AT)?)?,
        actor: need(ACTOR, item.text(ACTOR)?)?.to_owned(),
        action: need(ACTION, item.word(ACTION)?)?,
        subject: need(SUBJECT, item.text(SUBJECT)?)?.to_owned(),
        company_id: item.text(COMPANY_ID)?.map(ToOwned::to_owned),
        standing: need(AS, item.word(AS)?)?,
    })
}
