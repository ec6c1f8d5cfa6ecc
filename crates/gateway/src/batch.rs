//! What event sources of queues and streams want back.

use serde::Serialize;

/// Which records of a batch have to come again; all others are done. (`ReportBatchItemFailures`)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl BatchAnswer {
    /// Reports a record as failed: a queue's by its message id; a stream's by its sequence number, and all after it
    /// come again with it.
    pub fn fail(&mut self, identifier: &str) {
        self.batch_item_failures.push(Failure {
            item_identifier: identifier.to_owned(),
        });
    }

    /// The records reported as failed.
    pub fn failed(&self) -> impl Iterator<Item = &str> {
        self.batch_item_failures
            .iter()
            .map(|failure| failure.item_identifier.as_str())
    }
}
