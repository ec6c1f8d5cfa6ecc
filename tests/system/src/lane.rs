//! The low queue in one test's hands. Other tests leave it alone, so that it can be stopped and filled by hand.

use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::{Stack, wait};

static LANE: Mutex<()> = Mutex::const_new(());

/// The template's visibility time-out.
const VISIBILITY_S: u32 = 360;

/// The template's number of receives before a message is a dead letter.
const MAX_RECEIVES: u32 = 10;

/// The low queue, with the event source that feeds the workers from it.
pub struct Lane {
    stack: Stack,
    mapping: String,
    _guard: MutexGuard<'static, ()>,
}

impl Lane {
    /// Takes the lane, in the state the template gives it.
    pub async fn take(stack: &Stack) -> Self {
        let guard = LANE.lock().await;
        let path = format!(
            "/2015-03-31/event-source-mappings/?FunctionName={}",
            stack.value("DOCMILL_WORKER_FUNCTION")
        );
        let answer = stack.aws.rest("lambda", "GET", &path, Vec::new()).await;
        let queue = stack
            .value("DOCMILL_QUEUE_LOW_URL")
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned();
        let mappings = answer.json()["EventSourceMappings"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mapping = mappings.iter().find(|mapping| {
            let source = mapping["EventSourceArn"].as_str().unwrap_or_default();
            source.rsplit(':').next() == Some(&queue)
        });
        let mapping =
            mapping.unwrap_or_else(|| panic!("no event source for {queue}: {answer:?}"))["UUID"].clone();
        let lane = Self {
            stack: stack.clone(),
            mapping: mapping.as_str().unwrap().to_owned(),
            _guard: guard,
        };
        lane.set_visibility(VISIBILITY_S).await;
        lane.set_max_receives(MAX_RECEIVES).await;
        lane.open().await;
        lane
    }

    /// The queue's address.
    pub fn url(&self) -> &str {
        self.stack.value("DOCMILL_QUEUE_LOW_URL")
    }

    /// The address of its dead letters.
    pub fn dead_letters_url(&self) -> &str {
        self.stack.value("DOCMILL_DLQ_LOW_URL")
    }

    /// Stops feeding the workers.
    pub async fn close(&self) {
        self.feed(false).await;
    }

    /// Feeds the workers again.
    pub async fn open(&self) {
        self.feed(true).await;
    }

    async fn feed(&self, enabled: bool) {
        let path = format!("/2015-03-31/event-source-mappings/{}", self.mapping);
        let body = json!({"Enabled": enabled}).to_string().into_bytes();
        let answer = self.stack.aws.rest("lambda", "PUT", &path, body).await;
        assert!((200..300).contains(&answer.status), "{answer:?}");
    }

    /// How long a message that is received from now on stays hidden.
    pub async fn set_visibility(&self, seconds: u32) {
        self.set(json!({"VisibilityTimeout": seconds.to_string()})).await;
    }

    /// How often a message is received before it is a dead letter.
    pub async fn set_max_receives(&self, receives: u32) {
        let request = json!({"QueueUrl": self.dead_letters_url(), "AttributeNames": ["QueueArn"]});
        let answer = self
            .stack
            .aws
            .json("sqs", "AmazonSQS.GetQueueAttributes", &request)
            .await;
        let policy =
            json!({"deadLetterTargetArn": answer["Attributes"]["QueueArn"], "maxReceiveCount": receives});
        self.set(json!({"RedrivePolicy": policy.to_string()})).await;
    }

    async fn set(&self, attributes: Value) {
        self.stack.set_queue(self.url(), attributes).await;
    }

    /// Takes every message off the queue, at least `wanted`; their bodies.
    pub async fn drain(&self, wanted: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        wait::until("messages in the low queue", async || {
            let request = json!({"QueueUrl": self.url(), "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0});
            let answer = self
                .stack
                .aws
                .json("sqs", "AmazonSQS.ReceiveMessage", &request)
                .await;
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            for message in &messages {
                let request = json!({"QueueUrl": self.url(), "ReceiptHandle": message["ReceiptHandle"]});
                self.stack
                    .aws
                    .json("sqs", "AmazonSQS.DeleteMessage", &request)
                    .await;
                bodies.push(message["Body"].as_str().unwrap().to_owned());
            }
            (messages.is_empty() && bodies.len() >= wanted).then_some(())
        })
        .await;
        bodies
    }

    /// Calls the worker with one message, as the event source would.
    pub async fn work_on(&self, body: &str) -> Value {
        let name = self.url().rsplit('/').next().unwrap();
        let record = json!({
            "messageId": "019aa000-0000-7000-8000-000000000001", "receiptHandle": "none", "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "0", "SenderId": "0",
                "ApproximateFirstReceiveTimestamp": "0"},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{name}"), "awsRegion": "us-east-1",
        });
        let function = self.stack.value("DOCMILL_WORKER_FUNCTION").to_owned();
        self.stack.invoke(&function, &json!({"Records": [record]})).await
    }

    /// Gives the lane back as it was, once nothing is in it.
    pub async fn give_back(self) {
        self.open().await;
        wait::until("the low queue to be empty", async || {
            (self.stack.messages_in(self.url()).await == 0).then_some(())
        })
        .await;
        self.set_visibility(VISIBILITY_S).await;
        self.set_max_receives(MAX_RECEIVES).await;
    }
}
