//! [`Exports`] in the accounts table, all under one partition key: a company has one at most, for a week.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use docmill_core::export::{Export, ExportStatus, Exports};
use docmill_core::ports::{PortError, PortResult};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, not, number, text, time};
use crate::keys;
use crate::query;
use crate::transact::put_if;

const ID: &str = "id";
const STARTED_BY: &str = "started_by";
const STARTED_AT: &str = "started_at";
const STATUS: &str = "status";
const REVISION: &str = "revision";
const POSITION: &str = "position";
const PARTS: &str = "parts";
const TRIES: &str = "tries";
const UPDATED_AT: &str = "updated_at";
const TTL: &str = "ttl";

/// Records of exports.
#[derive(Clone, Debug)]
pub struct DynamoExports {
    client: Client,
    table: String,
}

impl DynamoExports {
    /// The records in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }
}

#[async_trait]
impl Exports for DynamoExports {
    async fn start(&self, export: &Export) -> PortResult<bool> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put
            .set_item(Some(item_of(export)?))
            .condition_expression("attribute_not_exists(pk) OR #status <> :running")
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_values(":running", text(ExportStatus::Running.as_str()));
        put_if(put).await
    }

    async fn latest(&self, company: &str) -> PortResult<Option<Export>> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request.set_key(Some(keys::export(company))).consistent_read(true);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        answer.item().map(export_in).transpose()
    }

    async fn running(&self, limit: usize) -> PortResult<Vec<Export>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .filter_expression("#status = :running")
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_values(":pk", text(keys::EXPORTS))
            .expression_attribute_values(":running", text(ExportStatus::Running.as_str()))
            .consistent_read(true);
        let items = query::up_to(query, limit).await?;
        items.iter().map(export_in).collect()
    }

    async fn advance(&self, next: &Export) -> PortResult<bool> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put
            .set_item(Some(item_of(next)?))
            .condition_expression("#id = :id AND #revision = :before")
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#revision", REVISION)
            .expression_attribute_values(":id", text(&next.id))
            .expression_attribute_values(":before", number(i64::from(next.revision) - 1));
        put_if(put).await
    }

    async fn forget(&self, company: &str) -> PortResult<()> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request.set_key(Some(keys::export(company)));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }
}

fn item_of(export: &Export) -> PortResult<Item> {
    let mut item = keys::export(&export.company);
    let values = [
        (ID, text(&export.id)),
        (STARTED_BY, text(&export.started_by)),
        (STARTED_AT, time(export.started_at)),
        (STATUS, text(export.status.as_str())),
        (REVISION, number(export.revision)),
        (POSITION, text(encoded(&export.position)?)),
        (PARTS, text(encoded(&export.parts)?)),
        (TRIES, number(export.tries)),
        (UPDATED_AT, time(export.updated_at)),
        (TTL, number(export.expires_at().seconds())),
    ];
    item.extend(values.map(|(name, value)| (name.to_owned(), value)));
    Ok(item)
}

fn export_in(item: &Item) -> PortResult<Export> {
    let read = || -> Result<Export, ItemError> {
        Ok(Export {
            id: need(ID, item.text(ID)?)?.to_owned(),
            company: need(keys::SK, item.text(keys::SK)?)?.to_owned(),
            started_by: need(STARTED_BY, item.text(STARTED_BY)?)?.to_owned(),
            started_at: need(STARTED_AT, item.time(STARTED_AT)?)?,
            status: need(STATUS, item.word(STATUS)?)?,
            revision: need(REVISION, item.number(REVISION)?)?,
            position: decoded(POSITION, item)?,
            parts: decoded(PARTS, item)?,
            tries: need(TRIES, item.number(TRIES)?)?,
            updated_at: need(UPDATED_AT, item.time(UPDATED_AT)?)?,
        })
    };
    Ok(read()?)
}

fn encoded(value: &impl Serialize) -> PortResult<String> {
    serde_json::to_string(value).map_err(|error| PortError::Broken(format!("export: {error}")))
}

fn decoded<T: DeserializeOwned>(name: &str, item: &Item) -> Result<T, ItemError> {
    serde_json::from_str(need(name, item.text(name)?)?).map_err(|_| not(name, "what an export has there"))
}
