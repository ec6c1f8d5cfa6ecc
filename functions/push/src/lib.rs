//! From the stream of the jobs table to the event list, to subscribers and to the queue of callbacks.
//!
//! Only an event that could not be written, or a callback that could not be sent, makes a record come again. A record that cannot be read, or that panics,
//! is counted and left out: it would come for a day and hold up its whole shard.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use docmill_aws::change_from_stream;
use docmill_core::publish::{Change, Published, Publisher};
use docmill_gateway::BatchAnswer;
use docmill_gateway::logs::ms_since;
use futures::FutureExt;
use serde::Deserialize;
use serde_json::Value;

/// A batch of the stream. Records are read one by one.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StreamEvent {
    /// Its records.
    #[serde(rename = "Records", default)]
    pub records: Vec<Value>,
}

/// The function.
#[derive(Clone)]
pub struct PushApp {
    /// What writes events and sends frames.
    pub publisher: Publisher,
}

/// Changes with the sequence numbers of their records, and how many records were left out.
#[derive(Default)]
struct Batch {
    changes: Vec<Change>,
    sequence_numbers: Vec<String>,
    skipped: usize,
}

impl PushApp {
    /// Publishes a batch.
    pub async fn handle(&self, event: StreamEvent) -> BatchAnswer {
        let started = Instant::now();
        let records = event.records.len();
        let mut batch = decode(&event.records);
        let published = self.publish(&mut batch).await;
        let mut answer = BatchAnswer::default();
        if let Some(first) = published.failed_from {
            answer.fail(&batch.sequence_numbers[first]);
        }
        tracing::info!(
            records,
            skipped = batch.skipped,
            events = published.events,
            frames = published.frames,
            callbacks = published.callbacks,
            gone = published.gone,
            failed_from = published.failed_from,
            duration_ms = ms_since(started),
            "batch"
        );
        answer
    }

    /// The whole batch, or, should that panic, change by change without the one that does.
    async fn publish(&self, batch: &mut Batch) -> Published {
        if let Ok(published) = self.attempt(&batch.changes).await {
            return published;
        }
        let mut total = Published::default();
        for (at, change) in batch.changes.iter().enumerate() {
            match self.attempt(std::slice::from_ref(change)).await {
                Ok(published) => {
                    total.events += published.events;
                    total.frames += published.frames;
                    total.callbacks += published.callbacks;
                    total.gone += published.gone;
                    if published.failed_from.is_some() {
                        total.failed_from = Some(at);
                        break;
                    }
                }
                Err(Panicked) => {
                    tracing::error!(job_id = %change.new.id, version = change.new.version, "change left out");
                    batch.skipped += 1;
                }
            }
        }
        total
    }

    async fn attempt(&self, changes: &[Change]) -> Result<Published, Panicked> {
        let publish = AssertUnwindSafe(self.publisher.publish(changes));
        publish.catch_unwind().await.map_err(|_| Panicked)
    }
}

struct Panicked;

/// Removals tell nothing that clients see; what cannot be read is left out.
fn decode(records: &[Value]) -> Batch {
    let mut batch = Batch::default();
    for record in records {
        let sequence_number = record["dynamodb"]["SequenceNumber"].as_str();
        match (change_from_stream(record), sequence_number) {
            (Ok(None), _) => {}
            (Ok(Some(change)), Some(sequence_number)) => {
                batch.changes.push(change);
                batch.sequence_numbers.push(sequence_number.to_owned());
            }
            (Ok(Some(_)), None) => {
                tracing::error!("stream record without a sequence number");
                batch.skipped += 1;
            }
            (Err(error), _) => {
                tracing::error!(%error, sequence_number, "undecodable stream record");
                batch.skipped += 1;
            }
        }
    }
    batch
}
