//! PDF files.
//!
//! # Layout
//! - [`text`]: what is handed on of a document's text, page by page.

mod text;

pub use text::{Cap, PageText, Refusal, TextKind, TextRecord};
