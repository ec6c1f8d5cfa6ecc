//! What SQS delivers, as far as it is read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A batch of one queue.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct QueueEvent {
    /// Its records.
    #[serde(rename = "Records", default)]
    pub records: Vec<QueueRecord>,
}

/// One record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueueRecord {
    /// What a failure is reported by.
    pub message_id: String,
    /// What its visibility is changed by.
    pub receipt_handle: String,
    /// The message as it was sent.
    pub body: String,
    /// The queue.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
    /// `ApproximateReceiveCount` and others.
    pub attributes: BTreeMap<String, String>,
}

impl QueueRecord {
    /// How often it was received, this time included. What a worker does with it is counted at the claim, and not here.
    pub fn receives(&self) -> Option<u32> {
        self.attributes.get("ApproximateReceiveCount")?.parse().ok()
    }

    /// Name of its queue.
    pub fn queue(&self) -> &str {
        self.event_source_arn.rsplit(':').next().unwrap_or_default()
    }
}
