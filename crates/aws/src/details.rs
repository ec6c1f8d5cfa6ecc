//! [`DetailStore`] in the events table, under entries `d#…`: texts and lists as JSON, which nobody queries.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use docmill_core::ids::JobId;
use docmill_core::ports::{DetailStore, Details, FailureDetail, PortError, PortResult, RequestDetail};
use docmill_core::time::Time;

use crate::batch;
use crate::errors;
use crate::item::{Attributes, Item, need, not, number, text};
use crate::query;

const JOB_ID: &str = "job_id";
const ENTRY: &str = "entry";
const BODY: &str = "body";
const TTL: &str = "ttl";

const REQUEST: &str = "d#request";
const FAILURE: &str = "d#failure#";

/// Details of jobs.
#[derive(Clone, Debug)]
pub struct DynamoDetails {
    client: Client,
    table: String,
}

impl DynamoDetails {
    /// The details in the events table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    async fn put(&self, item: Item) -> PortResult<()> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }
}

/// The item of a job's files and settings.
pub(crate) fn request_item(id: JobId, request: &RequestDetail, expires_at: Time) -> PortResult<Item> {
    entry_item(id, REQUEST, to_json(request)?, expires_at)
}

/// An item of the events table.
pub(crate) fn entry_item(id: JobId, entry: &str, body: String, expires_at: Time) -> PortResult<Item> {
    let values = [
        (JOB_ID, text(id.to_string())),
        (ENTRY, text(entry)),
        (BODY, text(body)),
        (TTL, number(expires_at.seconds())),
    ];
    Ok(values.map(|(name, value)| (name.to_owned(), value)).into())
}

#[async_trait]
impl DetailStore for DynamoDetails {
    async fn details(&self, id: JobId) -> PortResult<Details> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("job_id = :id AND begins_with(entry, :details)")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":details", text("d#"))
            .consistent_read(true);
        let mut details = Details::default();
        for item in query::all(query).await? {
            take_in(&mut details, &item)?;
        }
        Ok(details)
    }

    async fn put_request(&self, id: JobId, request: &RequestDetail, expires_at: Time) -> PortResult<()> {
        self.put(request_item(id, request, expires_at)?).await
    }

    async fn forget(&self, id: JobId) -> PortResult<()> {
        forget(&self.client, &self.table, id, "d#").await
    }

    async fn put_failure(
        &self,
        id: JobId,
        n: u32,
        detail: &FailureDetail,
        expires_at: Time,
    ) -> PortResult<()> {
        self.put(entry_item(
            id,
            &format!("{FAILURE}{n:010}"),
            to_json(detail)?,
            expires_at,
        )?)
        .await
    }
}

/// Deletes the entries of a job that begin with `prefix`.
pub(crate) async fn forget(client: &Client, table: &str, id: JobId, prefix: &str) -> PortResult<()> {
    let query = client
        .query()
        .table_name(table)
        .key_condition_expression("job_id = :id AND begins_with(entry, :prefix)")
        .projection_expression("job_id, entry")
        .expression_attribute_values(":id", text(id.to_string()))
        .expression_attribute_values(":prefix", text(prefix))
        .consistent_read(true);
    batch::delete_found(client, table, query).await
}

/// Takes one entry into `details`. Kinds that this release does not know are ignored.
fn take_in(details: &mut Details, item: &Item) -> PortResult<()> {
    let entry = need(ENTRY, item.text(ENTRY)?)?;
    if entry == REQUEST {
        details.request = body_of(item)?;
    } else if let Some(n) = entry.strip_prefix(FAILURE) {
        let n = n.parse().map_err(|_| not(ENTRY, "a failure's"))?;
        details.failures.insert(n, body_of(item)?);
    }
    Ok(())
}

/// `value` as JSON.
pub(crate) fn to_json(value: &impl serde::Serialize) -> PortResult<String> {
    serde_json::to_string(value).map_err(|error| PortError::Broken(error.to_string()))
}

/// What was stored with [`entry_item`].
pub(crate) fn body_of<T: serde::de::DeserializeOwned>(item: &Item) -> PortResult<T> {
    let body = need(BODY, item.text(BODY)?)?;
    serde_json::from_str(body)
        .map_err(|error| PortError::Broken(format!("dynamodb: undecodable entry: {error}")))
}
