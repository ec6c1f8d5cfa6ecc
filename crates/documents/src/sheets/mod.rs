//! Tables: what banks, spreadsheets and word processors write rows into.
//!
//! # Layout
//! - [`Sheet`]: what the readers hand on: rows of cells, in one string. [`Limits`]: how much they accept. [`SheetError`]:
//!   why they do not.
//! - [`delimited`]: CSV and TSV. [`xlsx`]: workbooks. [`ofx`]: bank statements.
//!   [`docx`]: tables of documents. [`kind()`]: which of them a file is for.
//! - [`read_sheets`]: any of them for a process of its own, as [`SheetRecord`]s. [`decode`]: what such a process wrote.

mod decode;
pub mod delimited;
mod delimiter;
pub mod docx;
mod encoding;
mod error;
mod kind;
mod limits;
pub mod ofx;
mod package;
mod reader;
mod record;
mod sheet;
#[cfg(test)]
mod testing;
pub mod xlsx;
mod xml;

pub use decode::{Reading, Tables, decode};
pub use delimiter::Delimiter;
pub use error::{Bound, Damage, SheetError};
pub use kind::{Kind, kind};
pub use limits::Limits;
pub use reader::read_sheets;
pub use record::{Opened, SheetRecord, TextForm};
pub use sheet::{Cell, Merge, Row, RowParts, Sheet, SheetHead, Value};
