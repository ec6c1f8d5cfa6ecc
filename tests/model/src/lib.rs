//! Model check of the protocol of a job: every state that two workers can bring a job of three chunks into is visited,
//! whatever is delivered twice, lost, cancelled or killed on the way.
//!
//! What is checked is the protocol itself and not a copy of it. A state holds a real [`docmill_core::job::Job`]; it is
//! changed by the steps of [`docmill_core::moves`] alone, through [`docmill_core::step::Step::apply`]; and what comes
//! next is asked of [`docmill_core::next::next_step`]. A guard that is taken out of `moves` is missing here as well.
//! Written anew is only the order of effects between two writes, which the engine has in `async` functions: each part
//! names the function that it follows, and a change there has to be followed here.
//!
//! # Layout
//!
//! - `record`: the job record, with everything blanked that decides nothing, and the clock that stands still.
//! - `mail`, `state`: the messages on their way, and what workers, `sweep` and a cancelling caller have in hand.
//! - `worker`, `due`, `action`: what can happen: `engine/{planning,chunks,merging,claims,hold}.rs`,
//!   `engine/advance.rs`, and the rest (`sweep`, `intake`, time, faults).
//! - `rules`, `model`: what must hold. Rules about a step are seen where the step is made and break the state.
//! - `symmetry`: which states are alike.
//! - `ends`: from every state the end is reached by workers, messages and `sweep` that just go on, without another
//!   fault, cancel, deadline or failure to help.
//! - `plant`: faults put in on purpose, to see that the check finds them.
//!
//! # Bounds
//!
//! Two workers, three chunks and one job. Everything may happen in any order and at any time; how often is limited
//! ([`Bounds`]) for what could happen for ever: faults of all kinds share one allowance. A lease whose holder is gone
//! runs out for nothing. The tests in `tests/protocol.rs` say which allowances are explored: 2.9 million states in a
//! minute of processor time and half a gigabyte, states counted once that differ in the numbers of chunks and workers.
//!
//! Not in the model: plans of one chunk (worked off by the same functions), uploads, progress reports and the warning
//! before the deadline (they decide nothing), and an answer lost on the way back from the store, which the worker sees
//! as an error and which so is a crash after the write.

mod action;
mod check;
mod due;
mod ends;
mod mail;
mod model;
mod plant;
mod record;
mod rules;
mod state;
mod symmetry;
mod worker;

pub use check::{Explored, counterexample, dead_end, explore};
pub use model::{Bounds, Protocol};
pub use plant::Plant;
