//! When a record that is given back comes again.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;

use crate::queue_record::QueueRecord;

/// SQS hides a message for 12 hours at most, counted from its receipt: the time of the work itself is left off.
const MAX_DELAY_S: u64 = 12 * 60 * 60 - 15 * 60;

/// Sets when a record that is reported as failed comes again.
#[async_trait]
pub trait Redelivery: Send + Sync {
    /// Lets `record` come again after `after`. Where that fails it comes when its visibility is over, so nothing is
    /// lost but time.
    async fn delay(&self, record: &QueueRecord, after: Duration);
}

/// [`Redelivery`] on SQS.
#[derive(Clone, Debug)]
pub struct SqsRedelivery {
    client: Client,
    urls: Vec<String>,
}

impl SqsRedelivery {
    /// For the queues at `urls`.
    pub fn new(client: Client, urls: impl IntoIterator<Item = String>) -> Self {
        Self {
            client,
            urls: urls.into_iter().collect(),
        }
    }

    /// A record names its queue by ARN, a request by URL; both end in the queue's name.
    fn url(&self, record: &QueueRecord) -> Option<&str> {
        let mut urls = self.urls.iter().map(String::as_str);
        urls.find(|url| url.rsplit('/').next() == Some(record.queue()))
    }
}

#[async_trait]
impl Redelivery for SqsRedelivery {
    async fn delay(&self, record: &QueueRecord, after: Duration) {
        let Some(url) = self.url(record) else {
            tracing::warn!(queue = record.queue(), "record of an unknown queue");
            return;
        };
        let request = self
            .client
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(&record.receipt_handle)
            .visibility_timeout(visibility_s(after));
        if let Err(error) = request.send().await {
            let error = aws_sdk_sqs::error::DisplayErrorContext(&error).to_string();
            tracing::warn!(error, "visibility not changed");
        }
    }
}

/// Whole seconds, rounded up: a message that comes early is claimed by nobody and costs a receive.
fn visibility_s(after: Duration) -> i32 {
    let seconds = after.as_millis().div_ceil(1000);
    let seconds = u64::try_from(seconds).unwrap_or(u64::MAX).min(MAX_DELAY_S);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_whole_seconds_below_the_limit() {
        assert_eq!(visibility_s(Duration::ZERO), 0);
        assert_eq!(visibility_s(Duration::from_millis(1)), 1);
        assert_eq!(visibility_s(Duration::from_millis(3_600)), 4);
        assert_eq!(visibility_s(Duration::MAX), 42_300);
    }
}
