//! What Docmill's functions share at their boundary: they decode, call core and encode, and this crate is the
//! decoding and the encoding.
//!
//! # Layout
//! - [`event`] what API Gateway sends; [`Request`] what handlers read of it; [`form`] files and fields of a form.
//! - [`Response`] what API Gateway wants back, errors as RFC 9457 problem details.
//! - [`Route`] tables of routes; [`App`] a function behind them; [`serve`] runs one on Lambda, [`answer`] in tests.
//! - [`BatchAnswer`] what event sources want back.
//! - [`logs`] structured logs: one line an invocation.
//!
//! **Invariant:** nothing in here logs a header, a query, a body, a token or a panic's message.

mod batch;
pub mod event;
pub mod form;
pub mod logs;
mod request;
mod response;
mod route;
mod serve;

pub use batch::BatchAnswer;
pub use request::{MAX_REQUEST_BYTES, Request};
pub use response::{MAX_RESPONSE_BYTES, Response};
pub use route::Route;
pub use serve::{App, answer, serve};
