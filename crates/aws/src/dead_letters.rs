//! [`DeadLetters`] on SQS.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use docmill_core::job::Priority;
use docmill_core::ports::{DeadLetter, DeadLetters, PortResult};

use crate::config::QueueUrls;
use crate::errors;

const BATCH: i32 = 10;
const HIDDEN_S: i32 = 60;

/// The three dead-letter queues.
#[derive(Clone, Debug)]
pub struct SqsDeadLetters {
    client: Client,
    urls: QueueUrls,
}

impl SqsDeadLetters {
    /// The dead-letter queues at `urls`.
    pub fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls }
    }
}

#[async_trait]
impl DeadLetters for SqsDeadLetters {
    /// Does not wait: what a short poll misses is there a minute later, when `sweep` comes again.
    async fn receive(&self, priority: Priority) -> PortResult<Vec<DeadLetter>> {
        let request = self.client.receive_message().queue_url(self.urls.of(priority));
        let request = request
            .max_number_of_messages(BATCH)
            .visibility_timeout(HIDDEN_S)
            .wait_time_seconds(0);
        let answer = request.send().await.map_err(errors::sqs)?;
        let letter = |message: aws_sdk_sqs::types::Message| {
            Some(DeadLetter {
                body: message.body.unwrap_or_default(),
                receipt: message.receipt_handle?,
                priority,
            })
        };
        Ok(answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(letter)
            .collect())
    }

    async fn remove(&self, letter: &DeadLetter) -> PortResult<()> {
        let request = self
            .client
            .delete_message()
            .queue_url(self.urls.of(letter.priority));
        match request.receipt_handle(&letter.receipt).send().await {
            Ok(_) => Ok(()),
            // It was removed already.
            Err(error) if error.code() == Some("ReceiptHandleIsInvalid") => Ok(()),
            Err(error) => Err(errors::sqs(error)),
        }
    }
}
