//! The engine's own codes with their sentences. Pipelines bring theirs.

use crate::job::Notice;

/// A worker was killed each time it tried.
pub const WORKER_DIED: &str = "WORKER_DIED";
/// A fault of ours inside a chunk.
pub const INTERNAL_ERROR: &str = "INTERNAL_ERROR";
/// A chunk took longer than its limit each time.
pub const CHUNK_TIMEOUT: &str = "CHUNK_TIMEOUT";
/// Pictures of text cannot be read for now.
pub const READER_UNAVAILABLE: &str = "READER_UNAVAILABLE";
/// A provider that the work needs wants to rest.
pub const PROVIDER_COOLDOWN: &str = "PROVIDER_COOLDOWN";
/// A message could not be delivered.
pub const UNDELIVERABLE: &str = "UNDELIVERABLE";

/// The files never came.
pub fn upload_expired() -> Notice {
    Notice::new(
        "UPLOAD_EXPIRED",
        "The upload was not finished within 24 hours. Please start again.",
    )
}

/// No worker took the job in time.
pub fn queue_timeout() -> Notice {
    Notice::new(
        "QUEUE_TIMEOUT",
        "The job waited too long for a free worker. Please try again.",
    )
}

/// The attempt ran too long.
pub fn deadline_exceeded() -> Notice {
    Notice::new(
        "DEADLINE_EXCEEDED",
        "The job ran longer than its time limit. Finished parts are kept: retry to do the rest.",
    )
}

/// The attempt will soon have run too long.
pub fn deadline_near() -> Notice {
    Notice::new("DEADLINE_NEAR", "The job is close to its time limit.")
}

/// Planning or merging died three times.
pub fn worker_died() -> Notice {
    Notice::new(WORKER_DIED, message_of(WORKER_DIED))
}

/// No chunk succeeded, for different reasons.
pub fn all_chunks_failed() -> Notice {
    Notice::new("ALL_CHUNKS_FAILED", "No part of the document could be processed.")
}

/// The sentence for a code of the engine's that a chunk failed with; for any other, a general one. (The exact
/// sentence of a pipeline's code is written with the failure itself.)
pub fn message_of(code: &str) -> &'static str {
    match code {
        WORKER_DIED => "Processing stopped three times without an answer. The document may be too demanding.",
        INTERNAL_ERROR => "This part could not be processed because of a fault on our side.",
        CHUNK_TIMEOUT => "This part took longer than its time limit.",
        READER_UNAVAILABLE => "The scans of this part could not be read for now. Please retry.",
        PROVIDER_COOLDOWN => "A service that this part needs was too busy to answer. Please retry later.",
        UNDELIVERABLE => "This part could not be handed to a worker. Please retry.",
        _ => "This part of the document could not be processed.",
    }
}
