//! The heart of Docmill: what a job is, how it moves, and what it needs from outside.
//!
//! # Layout
//! - [`job`] the job record; [`step`] one conditional write on it, as data; [`moves`] every legal move;
//!   [`next`] what should happen next; [`view`] what clients see.
//! - [`message`], [`plan`]: what travels through the queues, and what a plan is in storage.
//! - [`pipeline`]: what a pipeline is to the engine. [`ports`]: what the engine needs from outside; [`sandbox`] the one
//!   that reads untrusted documents, [`reader`] the one that reads pictures of text, [`model`] the one that writes.
//! - [`engine`]: accepts jobs, works on messages, cancels, retries. [`publish`]: from a change to events and frames.
//!   [`callback`]: the end of a job to its user's own server. [`live`]: WebSocket conversations.
//!   [`edition`]: what users make of a result.
//!   [`access`] who may do what; [`account`] credits and windows; [`company`] who works together.
//!   [`deletion`]: what is deleted, and stays so. [`export`]: a company's data, to take along.
//!   [`audit`]: who did what. [`operations`]: the whole installation, for who runs it. [`sweep`]: finds what should have happened and did not.
//!
//! **Invariant:** no AWS, no I/O, no clock and no randomness of its own; all of that comes through ports.

pub mod access;
pub mod account;
pub mod audit;
pub mod callback;
pub mod codes;
pub mod company;
pub mod deletion;
pub mod edition;
pub mod engine;
pub mod export;
pub mod ids;
pub mod intake;
pub mod job;
pub mod live;
mod mac;
pub mod message;
pub mod model;
pub mod moves;
pub mod next;
pub mod operations;
pub mod pipeline;
pub mod plan;
pub mod ports;
pub mod problem;
pub mod publish;
pub mod reader;
pub mod running;
pub mod sandbox;
pub mod step;
pub mod stream_token;
pub mod sweep;
pub mod time;
pub mod timing;
pub mod usage;
pub mod view;
