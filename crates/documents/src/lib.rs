//! Reading documents: pure functions over bytes. No AWS, no I/O, no clock.
//!
//! # Layout
//! - [`page`]: what every reader hands on: pages of lines.
//! - [`picture`]: pixels. [`ocr`]: pictures of text. [`pdf`]: PDF files. [`text`]: plain text files. [`sheets`]: tables of
//!   every kind of file. [`tables`]: tables on a page.

mod arguments;
pub mod ocr;
pub mod page;
pub mod pdf;
pub mod picture;
pub mod sheets;
pub mod tables;
pub mod text;

pub use page::{Line, Page};
