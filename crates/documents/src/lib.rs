//! Reading documents: pure functions over bytes. No AWS, no I/O, no clock.
//!
//! # Layout
//! - [`page`]: what every reader hands on: pages of lines.
//! - [`ocr`]: pictures of text. [`pdf`]: PDF files. [`text`]: plain text files.

pub mod ocr;
pub mod page;
pub mod pdf;
pub mod text;

pub use page::{Line, Page};
