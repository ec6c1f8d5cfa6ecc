//! The sweep, every minute or on demand.

use std::time::{Duration, Instant};

use docmill_core::sweep::{Sweep, Swept};
use docmill_gateway::logs::ms_since;
use serde_json::Value;

/// The function.
#[derive(Clone)]
pub struct SweepApp {
    /// What finds missing steps.
    pub sweep: Sweep,
}

impl SweepApp {
    /// One sweep; what it did. The schedule's event says nothing; whoever invokes the function may send
    /// `{"ahead_ms": 60000}` to have it look at what is due within the next minute as well.
    pub async fn handle(&self, event: &Value) -> Swept {
        let started = Instant::now();
        let ahead_ms = event["ahead_ms"].as_u64().unwrap_or(0);
        let swept = self.sweep.run(Duration::from_millis(ahead_ms)).await;
        tracing::info!(
            ahead_ms,
            looked_at = swept.looked_at,
            messages_sent = swept.messages_sent,
            ended = swept.ended,
            warned = swept.warned,
            gaps = swept.gaps,
            dead_letters = swept.dead_letters,
            parked = swept.parked,
            deletions = swept.deletions,
            dissolved = swept.dissolved,
            exported = swept.exported,
            errors = swept.errors,
            duration_ms = ms_since(started),
            "sweep"
        );
        swept
    }
}
