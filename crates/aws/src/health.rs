//! [`Health`]: asks every part that the service stands on, all at once.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use docmill_core::ports::{Health, PortError, PortResult};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use crate::config::QueueUrls;
use crate::errors;

/// A part that does not answer within this is not well.
const LIMIT: Duration = Duration::from_secs(3);

/// Tables, bucket and queues.
#[derive(Clone, Debug)]
pub struct AwsHealth {
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    tables: Vec<(&'static str, String)>,
    bucket: String,
    queues: QueueUrls,
}

impl AwsHealth {
    /// Asks after `tables` (the name shown, the table's own), `bucket` and `queues`.
    pub fn new(
        dynamodb: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        sqs: aws_sdk_sqs::Client,
        tables: Vec<(&'static str, String)>,
        bucket: &str,
        queues: QueueUrls,
    ) -> Self {
        Self {
            dynamodb,
            s3,
            sqs,
            tables,
            bucket: bucket.to_owned(),
            queues,
        }
    }

    async fn table(&self, name: &str) -> PortResult<()> {
        let request = self.dynamodb.describe_table().table_name(name);
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }

    async fn bucket(&self) -> PortResult<()> {
        self.s3
            .head_bucket()
            .bucket(&self.bucket)
            .send()
            .await
            .map(|_| ())
            .map_err(errors::s3)
    }

    async fn queue(&self, url: &str) -> PortResult<()> {
        let request = self.sqs.get_queue_attributes().queue_url(url);
        let request = request.attribute_names(QueueAttributeName::ApproximateNumberOfMessages);
        request.send().await.map(|_| ()).map_err(errors::sqs)
    }
}

#[async_trait]
impl Health for AwsHealth {
    async fn check(&self) -> Vec<(&'static str, Option<String>)> {
        let tables = self
            .tables
            .iter()
            .map(|(part, table)| (*part, self.table(table).boxed()));
        let others: [(&'static str, BoxFuture<'_, PortResult<()>>); 4] = [
            ("bucket", self.bucket().boxed()),
            ("queue_high", self.queue(&self.queues.high).boxed()),
            ("queue_normal", self.queue(&self.queues.normal).boxed()),
            ("queue_low", self.queue(&self.queues.low).boxed()),
        ];
        let parts = tables.chain(others);
        join_all(parts.map(|(part, answer)| async move { (part, problem(part, answer).await) })).await
    }
}

/// What is wrong with `part`, in words for everybody; the log has the rest.
async fn problem(part: &str, answer: BoxFuture<'_, PortResult<()>>) -> Option<String> {
    let error = match tokio::time::timeout(LIMIT, answer).await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => error,
        Err(_) => PortError::Unavailable(format!("no answer within {} s", LIMIT.as_secs())),
    };
    tracing::warn!(part, %error, "not well");
    Some(match error {
        PortError::Throttled { .. } => "is overloaded".to_owned(),
        PortError::Unavailable(_) => "does not answer".to_owned(),
        PortError::Broken(_) => "refuses to answer".to_owned(),
    })
}
