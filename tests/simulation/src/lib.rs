//! The engine, the sweep, the intake, the publisher and the conversations of WebSockets over ports in memory: one thread,
//! one seed, virtual time. Every port call, delivery, sweep and batch of changes may meet a fault; users do what they
//! like; the promises of the protocol are watched all the while.
//!
//! - `dice`, `fate`, `tape`, `scenario`, `crowd`, `rules`: what may happen, and the record of what did.
//! - `sim`, `tasks`, `run`: who acts, one after the other. `parts`, `ports`: the installation. `worker`, `stream`, `users`,
//!   `doors`: who calls it. `lines`: its pipeline.
//! - `watch`, `ending`: the promises. `plants`: bugs that break them.
//! - `search`, `shrink`, `story`: from many seeds to a few lines.

mod crowd;
mod dice;
mod doors;
mod edits;
mod ending;
mod fate;
mod lines;
mod parts;
mod plants;
mod ports;
mod rules;
mod run;
mod scenario;
mod search;
mod shrink;
mod sim;
mod story;
mod stream;
mod tape;
mod tasks;
mod users;
mod watch;
mod worker;

pub use doors::Door;
pub use fate::{Fate, KINDS, NAMES};
pub use plants::Plant;
pub use run::{Ran, draw, play};
pub use scenario::{Act, Do, Outage, Script, What};
pub use search::{Found, search};
pub use shrink::shrink;
pub use sim::Line;
pub use story::Story;
pub use tape::{Site, Tape};
pub use watch::Violation;
