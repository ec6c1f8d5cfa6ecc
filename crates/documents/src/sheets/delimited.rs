//! CSV, TSV and their relatives: one sheet of texts.
//!
//! RFC 4180 and what spreadsheets and banks make of it: any encoding, four delimiters, LF, CRLF or CR, rows of unequal
//! length. Nothing is taken for a header: the lines above one are rows like all others.

use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::Encoding;

use super::delimiter::{self, Delimiter};
use super::encoding::{self, Decoding};
use super::error::{Bound, SheetError};
use super::limits::{Budget, Limits, ROW_BYTES};
use super::sheet::{Sheet, SheetBuilder};

/// Bytes that the delimiter is guessed from.
const SAMPLE: u64 = 64 << 10;

/// What the sender knows about a text. What is not known is found out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The encoding. A byte order mark counts more.
    pub encoding: Option<&'static Encoding>,
    /// The delimiter. An Excel line `sep=;` is then a row.
    pub delimiter: Option<Delimiter>,
}

/// A text that was read as a table.
#[derive(Clone, Debug)]
pub struct Delimited {
    /// The rows. A blank line is none, but counts in [`super::Row::number`]. The name is empty.
    pub sheet: Sheet,
    /// What the bytes were read as.
    pub encoding: &'static Encoding,
    /// What separates the cells: the comma where there is one column.
    pub delimiter: Delimiter,
    /// Whether bytes that are not of the encoding became U+FFFD.
    pub has_replaced: bool,
}

/// Reads a text as a table.
///
/// # Errors
/// [`SheetError`]: too much of something, not a text, a quotation mark that is never closed.
pub fn read(bytes: &[u8], options: &Options, limits: &Limits) -> Result<Delimited, SheetError> {
    limits.check_file(bytes)?;
    let (encoding, mark) = match (options.encoding, Encoding::for_bom(bytes)) {
        (Some(known), None) => (known, 0),
        _ => encoding::detect(bytes, None)?,
    };
    let bytes = bytes.get(mark..).unwrap_or_default();
    let sample = sample(bytes, encoding);
    let declared = match options.delimiter {
        Some(_) => None,
        None => delimiter::declared(&sample),
    };
    let delimiter = options
        .delimiter
        .or(declared)
        .or_else(|| delimiter::guess(&sample).map(|guess| guess.delimiter))
        .unwrap_or(Delimiter::Comma);

    let mut budget = Budget::new(limits);
    let mut builder = SheetBuilder::new(String::new(), false, &mut budget)?;
    let source = Watched::new(Decoding::new(bytes, encoding), delimiter.byte(), limits);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(source);
    let mut record = ByteRecord::new();
    let mut skip = declared.is_some();
    loop {
        reader.get_mut().row_left = ROW_BYTES.into();
        let more = reader.read_byte_record(&mut record);
        if let Some(refusal) = reader.get_ref().refusal() {
            return Err(refusal);
        }
        if !more.map_err(|_| SheetError::NotText)? {
            break;
        }
        if std::mem::take(&mut skip) {
            continue;
        }
        let newlines = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let line = reader.position().line().saturating_sub(newlines + 1).max(1);
        builder.row(u32::try_from(line).unwrap_or(u32::MAX), false, &mut budget)?;
        for (column, field) in record.iter().enumerate() {
            // What was decoded is UTF-8, and it was cut at ASCII characters only.
            let text = std::str::from_utf8(field).map_err(|_| SheetError::NotText)?;
            builder.text(u32::try_from(column).unwrap_or(u32::MAX), text, &mut budget)?;
        }
    }
    let source = reader.into_inner();
    if let Some(line) = source.quotes.open_since() {
        return Err(SheetError::UnclosedQuote { line });
    }
    Ok(Delimited {
        sheet: builder.finish(),
        encoding,
        delimiter,
        has_replaced: source.decoding.has_replaced(),
    })
}

/// How much of a text looks like a table: rows that are alike, and rows, of the beginning. Nothing if it is no text.
pub(super) fn evidence(bytes: &[u8]) -> Option<(usize, usize)> {
    let (encoding, mark) = encoding::detect(bytes, None).ok()?;
    let sample = sample(bytes.get(mark..)?, encoding);
    let guess = delimiter::guess(&sample);
    Some(guess.map_or((0, 0), |guess| (guess.alike, guess.rows)))
}

/// The beginning of a text, up to its last whole line.
pub(super) fn sample(bytes: &[u8], encoding: &'static Encoding) -> String {
    let mut sample = Vec::new();
    // Reading from memory does not fail.
    let read = Decoding::new(bytes, encoding)
        .take(SAMPLE)
        .read_to_end(&mut sample);
    if read.is_ok_and(|read| read as u64 == SAMPLE)
        && let Some(end) = sample.iter().rposition(|byte| *byte == b'\n')
    {
        sample.truncate(end + 1);
    }
    String::from_utf8_lossy(&sample).into_owned()
}

/// A decoded text whose rows cannot become too long, and that knows where a quotation mark was left open.
struct Watched<'a> {
    decoding: Decoding<'a>,
    quotes: Quotes,
    row_left: u64,
    text_left: u64,
    text_bytes: u64,
    refusal: Option<SheetError>,
}

impl<'a> Watched<'a> {
    fn new(decoding: Decoding<'a>, delimiter: u8, limits: &Limits) -> Self {
        // What separates the cells comes on top of their text.
        let text_bytes = u64::from(limits.text_bytes) + u64::from(limits.cells);
        Self {
            decoding,
            quotes: Quotes::new(delimiter),
            row_left: ROW_BYTES.into(),
            text_left: text_bytes,
            text_bytes,
            refusal: None,
        }
    }

    fn refusal(&self) -> Option<SheetError> {
        self.refusal
            .or_else(|| self.decoding.has_nul().then_some(SheetError::NotText))
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.decoding.read(out)?;
        let read = out.get(..count).unwrap_or_default();
        self.quotes.pass(read);
        let size = count as u64;
        let row_left = self.row_left.checked_sub(size);
        let text_left = self.text_left.checked_sub(size);
        match (row_left, text_left) {
            (Some(row_left), Some(text_left)) => {
                self.row_left = row_left;
                self.text_left = text_left;
                return Ok(count);
            }
            (None, _) => {
                self.refusal = Some(match self.quotes.open_since() {
                    Some(line) => SheetError::UnclosedQuote { line },
                    None => SheetError::too_much(Bound::CellBytes, ROW_BYTES.into()),
                });
            }
            (_, None) => self.refusal = Some(SheetError::too_much(Bound::TextBytes, self.text_bytes)),
        }
        Err(io::Error::from(io::ErrorKind::FileTooLarge))
    }
}

/// Follows the quotation marks of a text as the `csv` crate reads them.
struct Quotes {
    delimiter: u8,
    line: u64,
    opened: u64,
    state: QuoteState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum QuoteState {
    CellStart,
    Plain,
    Quoted,
    /// A mark inside a quotation: its end, or the first of a doubled one.
    Closing,
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            line: 1,
            opened: 0,
            state: QuoteState::CellStart,
        }
    }

    fn pass(&mut self, text: &[u8]) {
        use QuoteState::{CellStart, Closing, Plain, Quoted};
        for &byte in text {
            self.state = match (self.state, byte) {
                (Quoted, b'"') => Closing,
                (Quoted, _) => Quoted,
                (Closing, b'"') => Quoted,
                (CellStart, b'"') => {
                    self.opened = self.line;
                    Quoted
                }
                (_, b'\n') => CellStart,
                (_, byte) if byte == self.delimiter => CellStart,
                (_, _) => Plain,
            };
            self.line += u64::from(byte == b'\n');
        }
    }

    fn open_since(&self) -> Option<u64> {
        (self.state == QuoteState::Quoted).then_some(self.opened)
    }
}

#[cfg(test)]
mod tests;
