//! The result in other forms, from the stored document alone. The same document gives the same bytes.

mod csv;
mod fullcalendar;
mod ics;
mod occasions;
#[cfg(test)]
mod tests;
mod xlsx;

pub(super) use self::csv::csv;
pub(super) use fullcalendar::{Variant, fullcalendar};
pub(super) use ics::ics;
pub(super) use xlsx::xlsx;

/// A document could not be written in another form.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    /// As CSV.
    #[error("writing CSV: {0}")]
    Csv(#[from] ::csv::Error),
    /// As CSV, at its end.
    #[error("finishing CSV: {0}")]
    CsvEnd(String),
    /// As XLSX.
    #[error("writing XLSX: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// As JSON.
    #[error("writing JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A document with a time zone that is not known.
    #[error("there is no time zone {0}")]
    Zone(String),
    /// A date or time that calendars do not have.
    #[error("no point in time: {0}")]
    Time(#[from] jiff::Error),
}
