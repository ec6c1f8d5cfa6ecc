//! What travels through the queues.

use serde::{Deserialize, Serialize};

use crate::ids::JobId;

/// Where a chunk's input lies in the job's input object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

/// A message. Any may come twice, late or never.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// Make the plan, or send its open chunks again.
    Plan {
        /// The job.
        job: JobId,
        /// The attempt it belongs to.
        attempt: u32,
    },
    /// Work on chunk `n`.
    Chunk {
        /// The job.
        job: JobId,
        /// The attempt it belongs to.
        attempt: u32,
        /// Number of the chunk.
        n: u32,
        /// Its input, so that no worker has to read the plan first.
        input: Span,
    },
    /// Make the result.
    Merge {
        /// The job.
        job: JobId,
        /// The attempt it belongs to.
        attempt: u32,
    },
}

impl Message {
    /// The job it speaks of.
    pub fn job(&self) -> JobId {
        match self {
            Self::Plan { job, .. } | Self::Chunk { job, .. } | Self::Merge { job, .. } => *job,
        }
    }

    /// The attempt it belongs to.
    pub fn attempt(&self) -> u32 {
        match self {
            Self::Plan { attempt, .. } | Self::Chunk { attempt, .. } | Self::Merge { attempt, .. } => {
                *attempt
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form_is_stable() {
        let job: JobId = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
        let chunk = Message::Chunk {
            job,
            attempt: 2,
            n: 7,
            input: Span {
                offset: 10,
                length: 20,
            },
        };
        let text = serde_json::to_string(&chunk).unwrap();
        assert_eq!(
            text,
            r#"{"type":"chunk","job":"019aa000-0000-7000-8000-000000000001","attempt":2,"n":7,"input":{"offset":10,"length":20}}"#
        );
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), chunk);
    }
}
