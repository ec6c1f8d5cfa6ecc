//! [`DeadLetters`] on SQS.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::MessageSystemAttributeName;
use docmill_core::job::Priority;
use docmill_core::ports::{DeadLetter, DeadLetters, PortResult};
use docmill_core::time::Time;

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
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .wait_time_seconds(0);
        let answer = request.send().await.map_err(errors::sqs)?;
        let letter = |message: aws_sdk_sqs::types::Message| {
            let attribute = |name| message.attributes.as_ref()?.get(&name)?.parse::<i64>().ok();
            let sent_ms = attribute(MessageSystemAttributeName::SentTimestamp);
            let receives = attribute(MessageSystemAttributeName::ApproximateReceiveCount);
            Some(DeadLetter {
                sent_at: Time::from_ms(sent_ms.unwrap_or_default()),
                receives: receives
                    .and_then(|count| count.try_into().ok())
                    .unwrap_or_default(),
                id: message.message_id.unwrap_or_default(),
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
