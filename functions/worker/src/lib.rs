//! Works on what the queues deliver.
//!
//! Each record is decoded, worked on and reported by itself: one that cannot be read, or that panics, fails alone. A
//! record that is not reported as failed is deleted from its queue by the event source.

mod wire;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use docmill_core::engine::{Engine, Handled, Verdict};
use docmill_core::message::Message;
use docmill_core::time::Time;
use docmill_gateway::BatchAnswer;
use docmill_gateway::logs::ms_since;
// Defines what the PDF reader would otherwise need a newer C library for.
use docmill_glibc as _;
use futures::FutureExt;

pub use docmill_aws::{QueueEvent, QueueRecord, Redelivery};
pub use wire::start;

/// When a record that nobody can read comes again. It will not be read then either, unless an older release of this
/// function received a message of a newer one: then the update is through a little later. Ten receives of it are
/// over in less than two minutes, and it lies with the dead letters.
const UNDECODABLE_AFTER: Duration = Duration::from_secs(10);

/// What is left for recording and answering when the work limit of the last record is spent.
const ANSWER_TIME: Duration = Duration::from_secs(15);

/// The function.
#[derive(Clone)]
pub struct WorkerApp {
    /// What works on messages.
    pub engine: Engine,
    /// Sets when a record comes again.
    pub redelivery: Arc<dyn Redelivery>,
}

/// What became of a record.
enum End {
    /// It may go.
    Done(&'static str),
    /// It has to come again after this long.
    Again(&'static str, Duration),
}

impl WorkerApp {
    /// Works on the records one after the other (the meter counts for the whole process), as long as there is time
    /// `until` Lambda stops the function.
    pub async fn handle(&self, event: QueueEvent, until: Time) -> BatchAnswer {
        let mut answer = BatchAnswer::default();
        for (index, record) in event.records.iter().enumerate() {
            let started = Instant::now();
            let message = serde_json::from_str::<Message>(&record.body);
            let end = match &message {
                Err(error) => {
                    // The reason is one of shape; the body may be anything and stays out of the log.
                    tracing::error!(%error, message_id = record.message_id, "undecodable message");
                    End::Again("undecodable", UNDECODABLE_AFTER)
                }
                // The first is always begun: nobody else would have more time for it.
                Ok(_) if index > 0 && !self.has_time(until) => End::Again("no_time", Duration::ZERO),
                Ok(message) => self.work_on(message).await,
            };
            log(record, message.ok().as_ref(), &end, started);
            if let End::Again(_, after) = end {
                self.redelivery.delay(record, after).await;
                answer.fail(&record.message_id);
            }
        }
        answer
    }

    fn has_time(&self, until: Time) -> bool {
        let needed = self.engine.timing.work_limit + ANSWER_TIME;
        until.since(self.engine.clock.now()) >= needed
    }

    async fn work_on(&self, message: &Message) -> End {
        match AssertUnwindSafe(self.engine.handle(message)).catch_unwind().await {
            Ok(Verdict::Acknowledge(Handled::Worked)) => End::Done("worked"),
            Ok(Verdict::Acknowledge(Handled::Stale)) => End::Done("stale"),
            Ok(Verdict::Acknowledge(Handled::UnknownJob)) => End::Done("unknown_job"),
            Ok(Verdict::Redeliver { after }) => End::Again("again", after),
            // Its lease may still be held: until that is over nobody could claim it.
            Err(_) => End::Again("panic", self.engine.timing.lease),
        }
    }
}

fn log(record: &QueueRecord, message: Option<&Message>, end: &End, started: Instant) {
    let (outcome, again_ms) = match end {
        End::Done(outcome) => (*outcome, None),
        End::Again(outcome, after) => (*outcome, u64::try_from(after.as_millis()).ok()),
    };
    let (step, chunk) = match message {
        Some(Message::Plan { .. }) => ("plan", None),
        Some(Message::Chunk { n, .. }) => ("chunk", Some(*n)),
        Some(Message::Merge { .. }) => ("merge", None),
        None => ("unknown", None),
    };
    tracing::info!(
        job_id = message.map(|message| message.job().to_string()),
        attempt = message.map(Message::attempt),
        step,
        chunk,
        outcome,
        again_ms,
        receives = record.receives(),
        duration_ms = ms_since(started),
        "message"
    );
}
