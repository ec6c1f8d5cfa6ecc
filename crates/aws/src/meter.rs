//! Counting requests: an interceptor that every client carries. Tokens have prices of their own, and are added.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use docmill_core::ports::Meter;
use docmill_core::usage::Usage;

/// Counts every request that is sent, tries of the SDK's own included, under the names that
/// [`docmill_core::usage::price_nano_usd`] prices.
#[derive(Clone, Debug, Default)]
pub struct RequestMeter {
    counts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    other: Arc<Mutex<Usage>>,
}

impl RequestMeter {
    fn count(&self, operation: &'static str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(operation).or_default() += 1;
    }
}

impl Meter for RequestMeter {
    fn take(&self) -> Usage {
        let counts = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let requests = counts
            .into_iter()
            .map(|(operation, count)| (operation.to_owned(), count))
            .collect();
        let mut usage = Usage {
            requests,
            ..Usage::default()
        };
        let other = std::mem::take(&mut *self.other.lock().unwrap_or_else(PoisonError::into_inner));
        usage.add(&other);
        usage
    }

    fn add(&self, usage: &Usage) {
        self.other
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(usage);
    }
}

impl Intercept for RequestMeter {
    fn name(&self) -> &'static str {
        "RequestMeter"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Presigning comes this far too, with the signature in the link, and sends nothing.
        let presigned = context.request().uri().contains("X-Amz-Signature=");
        if let Some(operation) = config.load::<Metadata>().filter(|_| !presigned) {
            self.count(name_of(operation.service(), operation.name()));
        }
        Ok(())
    }
}

fn name_of(service: &str, operation: &str) -> &'static str {
    match (service, operation) {
        ("DynamoDB", "GetItem") => "dynamodb.get",
        ("DynamoDB", "Query") => "dynamodb.query",
        ("DynamoDB", "PutItem") => "dynamodb.put",
        ("DynamoDB", "UpdateItem") => "dynamodb.update",
        ("DynamoDB", "DeleteItem") => "dynamodb.delete",
        ("DynamoDB", "TransactWriteItems") => "dynamodb.transact",
        ("DynamoDB", _) => "dynamodb.other",
        ("S3", "GetObject") => "s3.get",
        ("S3", "PutObject") => "s3.put",
        ("S3", "HeadObject") => "s3.head",
        ("S3", "ListParts") => "s3.list",
        ("S3", "CreateMultipartUpload" | "CompleteMultipartUpload") => "s3.multipart",
        ("S3", _) => "s3.other",
        ("SQS", "SendMessageBatch") => "sqs.send",
        ("SQS", "ReceiveMessage") => "sqs.receive",
        ("SQS", "DeleteMessage") => "sqs.delete",
        ("SQS", _) => "sqs.other",
        ("ApiGatewayManagementApi", "PostToConnection") => "live.post",
        ("Textract", "DetectDocumentText") => "textract.text",
        ("Textract", "AnalyzeExpense") => "textract.expense",
        ("Bedrock Runtime", _) => "bedrock.converse",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use docmill_core::usage::price_nano_usd;

    use super::*;

    #[test]
    fn taking_forgets() {
        let meter = RequestMeter::default();
        let shared = meter.clone();
        shared.count("s3.put");
        shared.count("s3.put");
        shared.count("sqs.send");
        let taken = meter.take();
        assert_eq!(
            taken.requests,
            [("s3.put".to_owned(), 2), ("sqs.send".to_owned(), 1)].into()
        );
        assert_eq!(meter.take(), Usage::default());
    }

    #[test]
    fn the_names_of_a_jobs_requests_have_prices() {
        let operations = [
            ("DynamoDB", "GetItem"),
            ("DynamoDB", "Query"),
            ("DynamoDB", "PutItem"),
            ("DynamoDB", "UpdateItem"),
            ("DynamoDB", "DeleteItem"),
            ("DynamoDB", "TransactWriteItems"),
            ("S3", "GetObject"),
            ("S3", "PutObject"),
            ("S3", "HeadObject"),
            ("S3", "ListParts"),
            ("S3", "CreateMultipartUpload"),
            ("S3", "CompleteMultipartUpload"),
            ("SQS", "SendMessageBatch"),
            ("ApiGatewayManagementApi", "PostToConnection"),
            ("Textract", "DetectDocumentText"),
            ("Textract", "AnalyzeExpense"),
        ];
        for (service, operation) in operations {
            assert!(
                price_nano_usd(name_of(service, operation)) > 0,
                "{service} {operation}"
            );
        }
    }
}
