//! Queries to their end: an answer holds 1 MB at most, and says where the next one goes on.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use docmill_core::ports::PortResult;

use crate::errors;
use crate::item::Item;

/// Every item that `query` finds.
pub(crate) async fn all(query: QueryFluentBuilder) -> PortResult<Vec<Item>> {
    up_to(query, usize::MAX).await
}

/// The first items that `query` finds, at most `limit`.
pub(crate) async fn up_to(query: QueryFluentBuilder, limit: usize) -> PortResult<Vec<Item>> {
    let mut items = Vec::new();
    let mut start = None;
    while items.len() < limit {
        // No limit on a request is its own: what fits in an answer.
        let most = i32::try_from(limit - items.len()).ok();
        let request = query.clone().set_limit(most).set_exclusive_start_key(start);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        start = answer.last_evaluated_key().cloned();
        items.extend(answer.items.unwrap_or_default());
        if start.is_none() {
            break;
        }
    }
    Ok(items)
}
