//! Tables: what banks, spreadsheets and word processors write rows into.
//!
//! # Layout
//! - [`Sheet`]: what the readers hand on: rows of cells, in one string. [`Limits`]: how much they accept. [`SheetError`]:
//!   why they do not.
//! - [`delimited`]: CSV and TSV. [`xlsx`]: workbooks. [`ofx`]: bank statements.
//!   [`docx`]: tables of documents. [`kind()`]: which of them a file is for.

pub mod delimited;
mod delimiter;
pub mod docx;
mod encoding;
mod error;
mod kind;
mod limits;
pub mod ofx;
mod package;
mod sheet;
#[cfg(test)]
mod testing;
pub mod xlsx;
mod xml;

pub use delimiter::Delimiter;
pub use error::{Bound, SheetError};
pub use kind::{Kind, kind};
pub use limits::Limits;
pub use sheet::{Cell, Merge, Row, Sheet, Value};
