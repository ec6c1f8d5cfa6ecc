//! `docmill`, the command line, and the client of the HTTP API that it is made of.
//!
//! # Layout
//! - [`client`]: the API from outside: create, upload and resume, read, watch (WebSocket, Server-Sent Events,
//!   polling), download. The whole-system tests use it too.
//! - [`config`]: where the service is and who asks: flags, environment, `.local/stack.env`.
//! - [`args`] the words of the command line; [`commands`] one file a command; [`display`] bars, lines and tables.
//! - [`local`]: `docmill run`, the engine in this process over ports in memory.
//!
//! # Exit codes
//! See [`exit::Exit`]: 0 done, 1 the job failed, 2 usage, 3 no service, 4 refused, 5 completed with errors.

pub mod args;
pub mod client;
pub mod commands;
pub mod config;
pub mod display;
pub mod exit;
pub mod local;
