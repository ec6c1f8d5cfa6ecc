//! Drives a deployed local stack from outside: HTTP, Server-Sent Events, WebSocket, and for faults the emulated AWS
//! behind it.
//!
//! # Layout
//! - `stack`: where the stack is, from the file that `make up` writes; `aws`: calls to the emulator.
//! - `user`: a user of their own for each test, with what tests do with jobs; `tokens`: pools of users, and forged tokens.
//! - `command`: `docmill` as a process; `scratch`: files for it. `lane`: the low queue in one test's hands. [`texts`]: French of any length; [`pdf`]: documents;
//!   [`timetables`]: samples and their corrections.
//! - `plain`: a run in one process, which results are held against. `faults`: the proxy that makes AWS fail.
//!   [`wait`]: bounded waits, no sleeps.
//!
//! Each test begins with [`stack!`]. Where there is no stack it prints one line and passes, unless
//! `DOCMILL_SYSTEM_TESTS=required` is set: then it fails.

// A harness for tests: whatever goes wrong in it fails the test that uses it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aws;
mod command;
mod company;
mod faults;
mod lane;
pub mod pdf;
mod plain;
mod scratch;
mod stack;
pub mod texts;
pub mod timetables;
mod tokens;
mod user;
pub mod wait;

pub use aws::Aws;
pub use command::Ran;
pub use faults::Faults;
pub use lane::Lane;
pub use plain::PlainRun;
pub use scratch::Scratch;
pub use stack::{Stack, kill, model_address, now_ms, receiver_address, stack};
pub use tokens::{Pool, Tokens, claims_of, unsigned};
pub use user::{User, assert_history, novel, refusal, statuses, text_file};

/// The local stack; where there is none, the end of the test.
#[macro_export]
macro_rules! stack {
    () => {
        match $crate::stack() {
            Some(stack) => stack,
            None => return,
        }
    };
}

/// A name that no other test has.
pub fn unique(name: &str) -> String {
    format!("{name}-{}", uuid::Uuid::new_v4().simple())
}
