//! How full the queues are.

use async_trait::async_trait;
use serde::Serialize;

use crate::job::Priority;
use crate::ports::PortResult;

/// A queue with a worker at its other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the queue of its name")]
pub enum QueueName {
    High,
    Normal,
    Low,
    Callbacks,
}

impl QueueName {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::High, Self::Normal, Self::Low, Self::Callbacks];

    /// The priority of the jobs whose messages it carries.
    pub const fn priority(self) -> Option<Priority> {
        match self {
            Self::High => Some(Priority::High),
            Self::Normal => Some(Priority::Normal),
            Self::Low => Some(Priority::Low),
            Self::Callbacks => None,
        }
    }
}

/// How full a queue is. On AWS each number is approximate: it is right about a minute after the queue came to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QueueDepth {
    /// Which.
    pub queue: QueueName,
    /// Messages that may be received now.
    pub waiting: u64,
    /// Received and not deleted.
    pub in_flight: u64,
    /// Sent, and hidden until later.
    pub delayed: u64,
    /// Messages among its dead letters.
    pub dead_letters: u64,
}

/// Asks the queues.
#[async_trait]
pub trait QueueDepths: Send + Sync {
    /// All of [`QueueName::ALL`], in that order.
    async fn depths(&self) -> PortResult<Vec<QueueDepth>>;
}
