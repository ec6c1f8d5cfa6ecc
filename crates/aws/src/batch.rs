//! Deletions of many items.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use docmill_core::ports::{PortError, PortResult};

use crate::errors;
use crate::item::Item;
use crate::query;

/// Items deleted in one request.
const BATCH: usize = 25;

/// Deletes what `query` finds, which is to be the keys of items.
pub(crate) async fn delete_found(client: &Client, table: &str, query: QueryFluentBuilder) -> PortResult<()> {
    delete(client, table, &query::all(query).await?).await
}

/// Deletes the items with these keys, in no order that one may rely on. What the table does not take at once is an error: whoever deletes comes again.
pub(crate) async fn delete(client: &Client, table: &str, keys: &[Item]) -> PortResult<()> {
    for keys in keys.chunks(BATCH) {
        delete_batch(client, table, keys).await?;
    }
    Ok(())
}

async fn delete_batch(client: &Client, table: &str, keys: &[Item]) -> PortResult<()> {
    let requests = keys
        .iter()
        .map(|key| {
            let delete = DeleteRequest::builder().set_key(Some(key.clone())).build();
            let delete = delete.map_err(errors::incomplete)?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        })
        .collect::<PortResult<Vec<_>>>()?;
    let answer = client
        .batch_write_item()
        .request_items(table, requests)
        .send()
        .await
        .map_err(errors::dynamodb)?;
    match answer.unprocessed_items() {
        Some(left) if !left.is_empty() => Err(PortError::Throttled {
            service: "dynamodb",
            retry_after: None,
        }),
        _ => Ok(()),
    }
}
