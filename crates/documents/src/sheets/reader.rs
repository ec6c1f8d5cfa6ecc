//! Reading the tables of a file piece by piece, for a process that may die over it.

use std::io::{Error, ErrorKind, Result, Write};

use super::error::SheetError;
use super::kind::{Kind, demanded};
use super::limits::Limits;
use super::ofx::{Ofx, Statement};
use super::record::{Opened, SheetRecord, TextForm};
use super::sheet::{RowParts, Sheet, SheetHead};
use super::{delimited, docx, ofx, xlsx};

/// Rows, transactions or paragraphs of one record, at most.
const BATCH: usize = 256;
/// Bytes of text after which a record ends.
const BATCH_BYTES: usize = 64 << 10;

/// Writes the tables of a file as [`SheetRecord`]s, one JSON line each: `Opened`, the sheets or statements, `Done`; or
/// `Refused`. What the file is, its bytes say: a ZIP container with a folder `xl` or `word`, an OFX header; whatever else
/// is a text is a table of text.
///
/// The argument is how many rows the file may have, or `-` for as many as [`Limits::default`] allows, which are never
/// exceeded. 8 MB of stack are enough: nothing here calls itself.
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`]); whatever `output` answers.
pub fn read_sheets(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let limits = limits(arguments)?;
    let contents = match Contents::of(&document, &limits) {
        Ok(contents) => contents,
        Err(refusal) => return write_record(&SheetRecord::Refused(refusal), output),
    };
    drop(document);
    contents.write(output)?;
    write_record(&SheetRecord::Done, output)
}

fn limits(arguments: &[String]) -> Result<Limits> {
    let invalid = || Error::new(ErrorKind::InvalidInput, "expected: most rows or -");
    let [rows] = arguments else {
        return Err(invalid());
    };
    let mut limits = Limits::default();
    if rows != "-" {
        limits.rows = rows.parse::<u32>().map_err(|_| invalid())?.min(limits.rows);
    }
    Ok(limits)
}

/// What a file holds.
enum Contents {
    Text(delimited::Delimited),
    Book(Vec<Sheet>),
    Document(docx::Document),
    Statements(Ofx),
}

impl Contents {
    fn of(bytes: &[u8], limits: &Limits) -> std::result::Result<Self, SheetError> {
        Ok(match demanded(bytes, limits)? {
            Kind::Delimited => Self::Text(delimited::read(bytes, &delimited::Options::default(), limits)?),
            Kind::Xlsx => Self::Book(xlsx::read(bytes, limits)?),
            Kind::Docx => Self::Document(docx::read(bytes, limits)?),
            Kind::Ofx => Self::Statements(ofx::read(bytes, limits)?),
            Kind::Encrypted => return Err(SheetError::Encrypted),
        })
    }

    fn write(self, output: &mut dyn Write) -> Result<()> {
        let mut opened = |kind, text| write_record(&SheetRecord::Opened(Opened { kind, text }), output);
        match self {
            Self::Text(text) => {
                let form = TextForm {
                    encoding: text.encoding.name().to_owned(),
                    delimiter: text.delimiter,
                    has_replaced: text.has_replaced,
                };
                opened(Kind::Delimited, Some(form))?;
                write_sheet(&text.sheet, output)
            }
            Self::Book(sheets) => {
                opened(Kind::Xlsx, None)?;
                sheets.iter().try_for_each(|sheet| write_sheet(sheet, output))
            }
            Self::Document(document) => {
                opened(Kind::Docx, None)?;
                document
                    .tables
                    .iter()
                    .try_for_each(|table| write_sheet(table, output))?;
                let size = |(_, text): &(u32, String)| text.len();
                write_batches(document.paragraphs, size, SheetRecord::Paragraphs, output)
            }
            Self::Statements(ofx) => {
                opened(Kind::Ofx, None)?;
                ofx.statements
                    .into_iter()
                    .try_for_each(|statement| write_statement(statement, output))?;
                write_batches(ofx.answers, |_| 0, SheetRecord::Answers, output)
            }
        }
    }
}

fn write_sheet(sheet: &Sheet, output: &mut dyn Write) -> Result<()> {
    write_record(&SheetRecord::Sheet(SheetHead::of(sheet)), output)?;
    let rows = sheet.rows().map(|row| RowParts::of(&row));
    write_batches(rows, RowParts::text_bytes, SheetRecord::Rows, output)
}

fn write_statement(mut statement: Statement, output: &mut dyn Write) -> Result<()> {
    let transactions = std::mem::take(&mut statement.transactions);
    write_record(&SheetRecord::Statement(Box::new(statement)), output)?;
    write_batches(
        transactions,
        ofx::Transaction::text_bytes,
        SheetRecord::Transactions,
        output,
    )
}

/// Writes items as records of a few each.
fn write_batches<'r, T>(
    items: impl IntoIterator<Item = T>,
    size: impl Fn(&T) -> usize,
    record: impl Fn(Vec<T>) -> SheetRecord<'r>,
    output: &mut dyn Write,
) -> Result<()> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    for item in items {
        bytes += size(&item);
        batch.push(item);
        if batch.len() >= BATCH || bytes >= BATCH_BYTES {
            write_record(&record(std::mem::take(&mut batch)), output)?;
            bytes = 0;
        }
    }
    match batch.is_empty() {
        true => Ok(()),
        false => write_record(&record(batch), output),
    }
}

fn write_record(record: &SheetRecord<'_>, output: &mut dyn Write) -> Result<()> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

#[cfg(test)]
mod tests;
