//! Limits of time and count that carry the promises, with the reason beside each.

use std::time::Duration;

use crate::running::RunningLimits;

/// The limits an installation may set (template parameters); tests shorten them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Life of a lease between renewals.
    pub lease: Duration,
    /// How often a holder renews: a third of the lease, so that two renewals may be lost.
    pub renew: Duration,
    /// Longest a chunk, a plan or a merge may take; below the function's time-out of 300 s.
    pub work_limit: Duration,
    /// From the first claim of an attempt to its failure; a pipeline may set a shorter one.
    pub deadline: Duration,
    /// From the first claim to the warning.
    pub warn_after: Duration,
    /// Longest a job may wait for its first claim.
    pub queue_limit: Duration,
    /// A message that should have been worked on by now is missed after this long.
    pub nudge: Duration,
    /// A job with open chunks, no live lease and no visible change for this long gets its messages again; after that
    /// it is not asked again sooner, so that a long queue is not filled with doubles.
    pub stall: Duration,
    /// Jobs that run at the same time.
    pub running: RunningLimits,
    /// How long a job, with all that hangs on it, is kept after creation or the last retry.
    pub retention: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            renew: Duration::from_secs(20),
            work_limit: Duration::from_secs(240),
            deadline: Duration::from_secs(30 * 60),
            warn_after: Duration::from_secs(25 * 60),
            queue_limit: Duration::from_secs(24 * 60 * 60),
            nudge: Duration::from_secs(2 * 60),
            stall: Duration::from_secs(5 * 60),
            running: RunningLimits::default(),
            retention: RETENTION,
        }
    }
}

/// Claims on one slot in one attempt. Three tries of 240 s with their back-offs fit in the deadline.
pub const MAX_TRIES: u32 = 3;

/// How long a client may take to bring its files: the life of the signed links, and as long again to ask for fresh ones.
pub const UPLOAD_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Life of a signed upload link. A large file over a slow line takes long; expired links are the neighbours' loudest upload complaint.
pub const UPLOAD_LINK_LIFE: Duration = Duration::from_secs(60 * 60);

/// Life of a signed download link.
pub const RESULT_LINK_LIFE: Duration = Duration::from_secs(60 * 60);

/// [`Timing::retention`] unless an installation sets another.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long an idempotency key is remembered.
pub const IDEMPOTENCY_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Between two nudges of a job that waits: at most this long.
pub const MAX_NUDGE: Duration = Duration::from_secs(30 * 60);

/// A change may come on the stream for 24 hours; after that the event list of an ended job is checked for gaps.
pub const EVENT_AUDIT_AFTER: Duration = Duration::from_secs(25 * 60 * 60);

/// Clocks of two machines of AWS differ by milliseconds; this is far beyond.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Life of a one-use WebSocket ticket.
pub const TICKET_LIFE: Duration = Duration::from_secs(60);

/// API Gateway ends a WebSocket after 2 hours; its rows live a little longer.
pub const CONNECTION_LIFE: Duration = Duration::from_secs(2 * 60 * 60 + 10 * 60);

/// Life of the token in an event-stream link.
pub const STREAM_TOKEN_LIFE: Duration = Duration::from_secs(2 * 60 * 60);

/// Delay before try `tries` + 1 after a transient failure: 3 s × 2^(tries − 1), at most 60 s, plus up to a fifth of
/// jitter (`jitter` is uniform in 0..=255) so that the chunks of a throttled job do not return in step.
pub fn back_off(tries: u32, jitter: u8) -> Duration {
    let base_ms = 3_000_u64
        .saturating_mul(1 << tries.saturating_sub(1).min(10))
        .min(60_000);
    Duration::from_millis(base_ms + base_ms * u64::from(jitter) / (5 * 255))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_to_a_minute() {
        let seconds: Vec<u64> = (1..=6).map(|tries| back_off(tries, 0).as_secs()).collect();
        assert_eq!(seconds, [3, 6, 12, 24, 48, 60]);
        assert_eq!(back_off(5_000, 255).as_secs(), 72);
    }

    #[test]
    fn tries_and_their_delays_fit_in_the_deadline() {
        let timing = Timing::default();
        let worst: Duration = (1..=MAX_TRIES)
            .map(|tries| timing.work_limit + back_off(tries, 255))
            .sum();
        assert!(worst < timing.deadline);
        assert!(timing.renew * 3 <= timing.lease);
    }
}
