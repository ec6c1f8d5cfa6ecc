//! What the functions' tests share: an installation in memory, a small pipeline, the recorded events, a receiver of
//! callbacks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: what is not as it should be ends the test"
)]

mod events;
mod installation;
mod lines;
mod receiver;

pub use events::{Http, recorded};
pub use installation::{ALICE, Installation, MALLORY, alice, mallory};
pub use lines::Lines;
pub use receiver::{Received, Receiver, Reply};
