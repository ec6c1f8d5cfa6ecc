//! [`WorkQueue`] on SQS: standard queues, fair between tenants by their message group.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use docmill_core::ids::sha256_hex;
use docmill_core::job::Priority;
use docmill_core::message::Message;
use docmill_core::ports::{PortError, PortResult, WorkQueue};
use futures::{StreamExt, TryStreamExt};

use crate::config::QueueUrls;
use crate::errors;

/// SQS takes ten messages in one request.
const BATCH: usize = 10;
/// Requests under way at a time: the fifty batches of the largest plan need not wait for each other.
const PARALLEL: usize = 5;
/// How often messages that the queue did not take are sent.
const ROUNDS: u32 = 5;

/// The three work queues.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    urls: QueueUrls,
}

impl SqsQueue {
    /// The queues at `urls`.
    pub fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls }
    }

    /// Sends one batch, and what failed of it again.
    async fn send_batch(&self, url: &str, group: &str, messages: &[Message]) -> PortResult<()> {
        let mut left = messages
            .iter()
            .enumerate()
            .map(|(index, message)| entry(index, group, message))
            .collect::<PortResult<Vec<_>>>()?;
        let mut failed: Vec<BatchResultErrorEntry> = Vec::new();
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(50 << round)).await;
            }
            let request = self
                .client
                .send_message_batch()
                .queue_url(url)
                .set_entries(Some(left.clone()));
            failed = request.send().await.map_err(errors::sqs)?.failed;
            left.retain(|entry| failed.iter().any(|failure| failure.id == entry.id));
            if left.is_empty() {
                return Ok(());
            }
            if failed.iter().any(|failure| failure.sender_fault) {
                return Err(PortError::Broken(refusal(&failed)));
            }
        }
        Err(PortError::Unavailable(refusal(&failed)))
    }
}

#[async_trait]
impl WorkQueue for SqsQueue {
    async fn send(&self, priority: Priority, tenant: &str, messages: &[Message]) -> PortResult<()> {
        let (url, group) = (self.urls.of(priority), group_of(tenant));
        let batches: Vec<_> = messages
            .chunks(BATCH)
            .map(|batch| self.send_batch(url, &group, batch))
            .collect();
        futures::stream::iter(batches)
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await
    }

    async fn put_back(&self, priority: Priority, body: &str) -> PortResult<()> {
        let request = self.client.send_message().queue_url(self.urls.of(priority));
        // Whose it was cannot be read.
        let request = request.message_group_id("put-back").message_body(body);
        request.send().await.map(|_| ()).map_err(errors::sqs)
    }
}

fn entry(index: usize, group: &str, message: &Message) -> PortResult<SendMessageBatchRequestEntry> {
    let broken = |error: &dyn std::fmt::Display| PortError::Broken(format!("sqs: {error}"));
    let body = serde_json::to_string(message).map_err(|error| broken(&error))?;
    let entry = SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_group_id(group);
    entry.message_body(body).build().map_err(|error| broken(&error))
}

/// A group id is 1 to 128 printable ASCII characters; a hash stands for a tenant whose name is none.
pub(crate) fn group_of(tenant: &str) -> String {
    let fits = (1..=128).contains(&tenant.len()) && tenant.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        tenant.to_owned()
    } else {
        sha256_hex(tenant.as_bytes())
    }
}

fn refusal(failed: &[BatchResultErrorEntry]) -> String {
    let codes: Vec<&str> = failed.iter().map(|failure| failure.code.as_str()).collect();
    format!(
        "sqs: {} messages were not taken: {}",
        failed.len(),
        codes.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tenant_has_a_group() {
        assert_eq!(group_of("0190c5d2-company"), "0190c5d2-company");
        for odd in ["", "société générale", &"x".repeat(129)] {
            assert_eq!(group_of(odd).len(), 64, "{odd}");
        }
    }
}
