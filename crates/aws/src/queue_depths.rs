//! [`QueueDepths`] by `GetQueueAttributes`.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use docmill_core::operations::{QueueDepth, QueueDepths, QueueName};
use docmill_core::ports::{PortError, PortResult};
use futures::future::try_join_all;

use crate::config::AllQueues;
use crate::errors;

/// The queues and their dead letters.
#[derive(Clone, Debug)]
pub struct SqsDepths {
    client: Client,
    queues: AllQueues,
}

impl SqsDepths {
    /// Of `queues`.
    pub fn new(client: Client, queues: AllQueues) -> Self {
        Self { client, queues }
    }

    async fn attributes(
        &self,
        url: &str,
        names: &[QueueAttributeName],
    ) -> PortResult<HashMap<QueueAttributeName, String>> {
        let request = self.client.get_queue_attributes().queue_url(url);
        let request = request.set_attribute_names(Some(names.to_vec()));
        let answer = request.send().await.map_err(errors::sqs)?;
        Ok(answer.attributes.unwrap_or_default())
    }

    async fn depth(&self, queue: QueueName) -> PortResult<QueueDepth> {
        let (url, dead) = match queue.priority() {
            Some(priority) => (self.queues.work.of(priority), self.queues.dead.of(priority)),
            None => (
                self.queues.callbacks.as_str(),
                self.queues.dead_callbacks.as_str(),
            ),
        };
        let waiting = QueueAttributeName::ApproximateNumberOfMessages;
        let in_flight = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let delayed = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
        let all = [waiting.clone(), in_flight.clone(), delayed.clone()];
        let (own, dead) = futures::try_join!(self.attributes(url, &all), self.attributes(dead, &all[..1]))?;
        Ok(QueueDepth {
            queue,
            waiting: count(&own, &waiting)?,
            in_flight: count(&own, &in_flight)?,
            delayed: count(&own, &delayed)?,
            dead_letters: count(&dead, &waiting)?,
        })
    }
}

#[async_trait]
impl QueueDepths for SqsDepths {
    async fn depths(&self) -> PortResult<Vec<QueueDepth>> {
        try_join_all(QueueName::ALL.map(|queue| self.depth(queue))).await
    }
}

fn count(attributes: &HashMap<QueueAttributeName, String>, name: &QueueAttributeName) -> PortResult<u64> {
    let count = attributes.get(name).and_then(|count| count.parse().ok());
    count.ok_or_else(|| PortError::Broken(format!("sqs: no {} of a queue", name.as_str())))
}
