//! Conditional writes: transactions, and what concurrent ones do to each other.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use docmill_core::ports::{PortError, PortResult};

use crate::errors;

/// How often a write is tried while others hold its items. With the pauses between, about two seconds.
pub(crate) const CONFLICT_TRIES: u32 = 10;

const CONDITION_FAILED: &str = "ConditionalCheckFailed";
const CONFLICT: &str = "TransactionConflict";

/// What became of a transaction.
pub(crate) enum Transacted {
    /// All was written.
    Yes,
    /// A condition did not hold and nothing was written: one reason an item, in their order.
    Refused(Vec<CancellationReason>),
}

/// Writes all `items` or none. The SDK does not try again after a `TransactionConflict`, so this does.
pub(crate) async fn transact(client: &Client, items: Vec<TransactWriteItem>) -> PortResult<Transacted> {
    for attempt in 1..=CONFLICT_TRIES {
        let request = client
            .transact_write_items()
            .set_transact_items(Some(items.clone()));
        let error = match request.send().await {
            Ok(_) => return Ok(Transacted::Yes),
            Err(error) => error,
        };
        let Some(reasons) = reasons_of(&error) else {
            return Err(errors::dynamodb(error));
        };
        let has = |code| reasons.iter().any(|reason| reason.code() == Some(code));
        // A failed condition is only final when nobody else was writing at the same time.
        if has(CONFLICT) {
            pause(attempt).await;
        } else if has(CONDITION_FAILED) {
            return Ok(Transacted::Refused(reasons.to_vec()));
        } else if reasons
            .iter()
            .filter_map(CancellationReason::code)
            .any(is_throttle)
        {
            return Err(PortError::Throttled {
                service: "dynamodb",
                retry_after: None,
            });
        } else {
            return Err(errors::dynamodb(error));
        }
    }
    Err(conflicts())
}

/// One put with a condition; whether it was written.
pub(crate) async fn put_if(put: PutItemFluentBuilder) -> PortResult<bool> {
    match put.send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(errors::dynamodb(error)),
        },
    }
}

/// A put, as an item of a transaction.
pub(crate) fn put(put: PutBuilder) -> PortResult<TransactWriteItem> {
    let put = put.build().map_err(errors::incomplete)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// An update, as an item of a transaction.
pub(crate) fn update(update: UpdateBuilder) -> PortResult<TransactWriteItem> {
    let update = update.build().map_err(errors::incomplete)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// A deletion, as an item of a transaction.
pub(crate) fn delete(delete: DeleteBuilder) -> PortResult<TransactWriteItem> {
    let delete = delete.build().map_err(errors::incomplete)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// A condition on an item that is not written, as an item of a transaction.
pub(crate) fn check(check: ConditionCheckBuilder) -> PortResult<TransactWriteItem> {
    let check = check.build().map_err(errors::incomplete)?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

/// Whether the condition of the item with this reason did not hold.
pub(crate) fn condition_failed(reason: &CancellationReason) -> bool {
    reason.code() == Some(CONDITION_FAILED)
}

/// Waits for the others: 10 ms and doubling, at most 500 ms, of which a random half.
pub(crate) async fn pause(attempt: u32) {
    let longest_ms = (10_u64 << attempt.min(6)).min(500);
    tokio::time::sleep(Duration::from_millis(rand::random_range(
        longest_ms / 2..=longest_ms,
    )))
    .await;
}

/// The error after [`CONFLICT_TRIES`].
pub(crate) fn conflicts() -> PortError {
    PortError::Unavailable(format!(
        "dynamodb: still in conflict with others after {CONFLICT_TRIES} tries"
    ))
}

fn reasons_of(error: &SdkError<TransactWriteItemsError>) -> Option<&[CancellationReason]> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            Some(cancelled.cancellation_reasons())
        }
        _ => None,
    }
}

/// Reasons name their throttles without the word `Exception`.
fn is_throttle(code: &str) -> bool {
    errors::is_throttle(code) || code == "ProvisionedThroughputExceeded"
}
