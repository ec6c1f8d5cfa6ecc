//! [`EventLog`] in the events table, under entries `e#<version>`.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use docmill_core::ids::JobId;
use docmill_core::ports::{EventLog, PortResult};
use docmill_core::time::Time;
use docmill_core::view::Event;

use crate::details::{body_of, entry_item, forget, to_json};
use crate::errors;
use crate::item::text;
use crate::query;

/// Lists of events.
#[derive(Clone, Debug)]
pub struct DynamoEvents {
    client: Client,
    table: String,
}

impl DynamoEvents {
    /// The events in the events table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }
}

#[async_trait]
impl EventLog for DynamoEvents {
    async fn append(&self, event: &Event, expires_at: Time) -> PortResult<()> {
        let item = entry_item(event.job_id, &entry(event.version), to_json(event)?, expires_at)?;
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }

    async fn forget(&self, id: JobId) -> PortResult<()> {
        forget(&self.client, &self.table, id, "e#").await
    }

    /// Read consistently: whoever subscribes and then reads misses nothing.
    async fn after(&self, id: JobId, after: u64, limit: usize) -> PortResult<Vec<Event>> {
        let Some(first) = after.checked_add(1) else {
            return Ok(Vec::new());
        };
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("job_id = :id AND entry BETWEEN :first AND :last")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":first", text(entry(first)))
            .expression_attribute_values(":last", text(entry(u64::MAX)))
            .consistent_read(true);
        query::up_to(query, limit).await?.iter().map(body_of).collect()
    }
}

/// Zero-padded to the digits of the largest version, so that entries sort as their numbers do.
fn entry(version: u64) -> String {
    format!("e#{version:020}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_sort_as_versions() {
        let versions = [0, 9, 10, 99, 100, u64::MAX - 1, u64::MAX];
        assert!(versions.windows(2).all(|pair| entry(pair[0]) < entry(pair[1])));
    }
}
