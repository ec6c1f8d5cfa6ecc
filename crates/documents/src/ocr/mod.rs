//! Reading pictures of text.
//!
//! The networks (PP-OCRv6 small, run by `rten`) say where text stands and what a strip of it says; how the page is
//! turned, which words and lines there are and in which order they are read is decided here and by the layout that PDF
//! text goes through too.
//!
//! # Layout
//! - [`Models`]: the networks.
//! - [`read_page`]: a picture's lines and words, as a [`ScannedPage`]. [`read_picture`]: the same for a process of its own.
//! - [`lay_out`]: lines and reading order for words that anybody read.
//! - On the way, in this order: `detect` (a map of where text is, and its regions), `lines` (the page's tilt, boxes),
//!   `turned` (which end is up), `recognise` (characters), `words`, `layout` (lines).
//!
//! Neither network is asked for more memory by a larger picture than by a page of A4: the detector sees it in one size,
//! the recogniser one strip at a time.

mod detect;
mod geometry;
mod job;
mod layout;
mod lines;
mod models;
mod page;
mod recognise;
mod strip;
mod turned;
mod words;

pub use job::{ScanJob, read_picture};
pub use layout::{ScannedPage, ScannedWord, lay_out, page_direction};
pub use models::{DETECTOR_FILE, ModelError, Models, RECOGNISER_FILE, RunError};
pub use page::{read_page, read_words};
