//! XLSX: workbooks of Office Open XML (ECMA-376-1, 18).
//!
//! Read from its XML directly, not with a spreadsheet crate: those make a binary fraction of every number and lay out
//! whatever dimensions a sheet claims. Here a number keeps its text, and a cell costs what it says, wherever it says to
//! be.

mod cells;
mod dates;
mod numbers;
mod reference;
mod strings;
mod styles;
mod workbook;

use super::error::SheetError;
use super::kind::Kind;
use super::limits::{Budget, Limits};
use super::package::Package;
use super::sheet::Sheet;

const EXPECTED: Option<Kind> = Some(Kind::Xlsx);

/// Reads all worksheets of a workbook, hidden ones too. Cells without a content are left out. Charts, macros and whatever
/// lies outside the file are not looked at.
///
/// # Errors
/// [`SheetError`]: too much of something, another kind of file, damage, a password.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, SheetError> {
    let mut package = Package::open(bytes, EXPECTED, limits)?;
    let book = workbook::read(&mut package, limits)?;
    let mut budget = Budget::new(limits);
    let styles = styles::read(&mut package, &book.styles, limits)?;
    let strings = strings::read(&mut package, &book.strings, &mut budget)?;
    let context = cells::Context {
        styles: &styles,
        strings: &strings,
        from_1904: book.from_1904,
    };
    let mut sheets = Vec::new();
    for entry in book.sheets {
        sheets.push(cells::read(&mut package, entry, &context, &mut budget)?);
    }
    Ok(sheets)
}

#[cfg(test)]
mod tests;
