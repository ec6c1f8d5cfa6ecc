//! One suite of rules that every implementation of Docmill's ports has to pass.
//!
//! A rule is an async function over [`Ports`] that panics where it does not hold; [`rules::ALL`] lists them.
//! Rules share nothing: each makes its own jobs, owners, keys and topics, so they may run against tables in use.
//! Every time they write lies in [the future](FUTURE), where neither `sweep` nor TTL looks.
//!
//! The heart is [`rules::steps`]: whatever sequence of steps a record goes through, the store must answer as
//! [`docmill_core::step::Step::apply`] does, record for record.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a rule that does not hold panics"
)]

pub mod arbitrary;
pub mod make;
pub mod played;
mod ports;
mod property;
pub mod rules;

pub use ports::{Downloaded, Ports, Wire};

use docmill_core::time::Time;

/// 2100-01-01, in milliseconds: the base of all times in the suite.
pub const FUTURE_MS: i64 = 4_102_444_800_000;

/// The same as a point in time.
pub const FUTURE: Time = Time::from_ms(FUTURE_MS);
