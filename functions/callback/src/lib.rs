//! Posts callbacks that the queue delivers.
//!
//! The records of a batch are worked on side by side, so that one slow receiver holds up no other. Each is decoded,
//! delivered and reported by itself. A record that is not reported as failed is deleted from its queue by the event
//! source; after the last try the queue moves it to the dead letters.
//!
//! - `http`: requests that go to checked addresses only. `resolver`: where the addresses come from.

mod http;
mod resolver;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use docmill_aws::{QueueEvent, QueueRecord, Redelivery};
use docmill_core::callback::{Callback, Deliverer, Delivery, Target, Verdict};
use docmill_gateway::BatchAnswer;
use docmill_gateway::logs::ms_since;
use futures::FutureExt;
use futures::future::join_all;

pub use http::{HttpSender, LIMIT};
pub use resolver::{Lookup, SystemLookup};

/// The function.
#[derive(Clone)]
pub struct CallbackApp {
    /// What delivers.
    pub deliverer: Deliverer,
    /// Sets when a record comes again.
    pub redelivery: Arc<dyn Redelivery>,
}

impl CallbackApp {
    /// Delivers a batch.
    pub async fn handle(&self, event: QueueEvent) -> BatchAnswer {
        let again = join_all(event.records.iter().map(|record| self.work_on(record))).await;
        let mut answer = BatchAnswer::default();
        for (record, _) in event.records.iter().zip(again).filter(|(_, again)| *again) {
            answer.fail(&record.message_id);
        }
        answer
    }

    /// One try; whether the record has to come again.
    async fn work_on(&self, record: &QueueRecord) -> bool {
        let started = Instant::now();
        // How often it was received is how often it was tried: a record is only received to be tried.
        let tries = record.receives().unwrap_or(1);
        let callback = serde_json::from_str::<Callback>(&record.body);
        let delivery = match &callback {
            // The reason is one of shape. An older release may have received a message of a newer one.
            Err(error) => self
                .deliverer
                .again(tries, "undecodable", Some(error.to_string())),
            Ok(callback) => {
                let deliver = AssertUnwindSafe(self.deliverer.deliver(callback, tries));
                let delivered = deliver.catch_unwind().await;
                delivered.unwrap_or_else(|_| self.deliverer.again(tries, "panic", None))
            }
        };
        self.log(callback.ok().as_ref(), tries, &delivery, started);
        let Verdict::Again { after } = delivery.verdict else {
            return false;
        };
        self.redelivery.delay(record, after).await;
        true
    }

    /// Of the URL the host alone: path and query may carry the receiver's own secret.
    fn log(&self, callback: Option<&Callback>, tries: u32, delivery: &Delivery, started: Instant) {
        let target = callback
            .and_then(|callback| Target::parse(&callback.callback_url, &self.deliverer.private_hosts).ok());
        let again_ms = match delivery.verdict {
            Verdict::Done => None,
            Verdict::Again { after } => u64::try_from(after.as_millis()).ok(),
        };
        tracing::info!(
            job_id = callback.map(|callback| callback.event.job_id.to_string()),
            version = callback.map(|callback| callback.event.version),
            attempt = callback.map(|callback| callback.attempt),
            host = target.as_ref().map(Target::host),
            r#try = tries,
            outcome = delivery.outcome,
            status = delivery.status,
            reason = delivery.reason,
            again_ms,
            duration_ms = ms_since(started),
            "callback"
        );
    }
}
