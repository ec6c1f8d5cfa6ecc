//! Reading a document's text page by page, for a process that may die over it.

use std::io::{Result, Write};

use super::document::{OpenLimits, PdfDocument};
use super::text::{PageText, TextKind, TextRecord};
use crate::Page;
use crate::arguments::{invalid, numbers};

/// Writes the text of a document as [`TextRecord`]s, one JSON line each: `Opened`, the pages, `Done`; or `Refused`.
/// Every line is flushed before the next page is read, so that what was read outlives the process.
///
/// The arguments are the first page (from 1), the last page or `-` for the document's last, and how many pages the
/// document may have. Pages it does not have are not written.
///
/// Deeply nested files need more stack than the 8 MB of a main thread: 64 MB are enough for those that were tried.
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`](std::io::ErrorKind)); whatever `output` answers.
pub fn read_text(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let range = PageRange::parse(arguments)?;
    let limits = OpenLimits {
        max_pages: range.max_pages,
    };
    let document = match PdfDocument::open(document, limits) {
        Ok(document) => document,
        Err(refusal) => return write_record(&TextRecord::Refused(refusal), output),
    };
    let pages = document.page_count();
    write_record(&TextRecord::Opened { pages }, output)?;
    let mut reader = document.reader();
    for number in range.first..=range.last.unwrap_or(pages).min(pages) {
        let Some(content) = reader.page(number) else {
            break;
        };
        write_record(&TextRecord::Page(content.into()), output)?;
    }
    write_record(&TextRecord::Done, output)
}

/// Writes the [`PageContent`](super::PageContent) of one page as one JSON text; nothing, where the document cannot be opened or has no such
/// page. The arguments are the page, counted from 1, and how many pages the document may have.
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`](std::io::ErrorKind)); whatever `output` answers.
pub fn read_content(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let [number, max_pages] = numbers(arguments, "expected: page, most pages")?;
    let limits = OpenLimits { max_pages };
    let Ok(document) = PdfDocument::open(document, limits) else {
        return Ok(());
    };
    let Some(content) = document.reader().page(number) else {
        return Ok(());
    };
    serde_json::to_writer(&mut *output, &content)?;
    output.flush()
}

fn write_record(record: &TextRecord, output: &mut dyn Write) -> Result<()> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

/// The pages asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PageRange {
    first: u32,
    last: Option<u32>,
    max_pages: u32,
}

impl PageRange {
    fn parse(arguments: &[String]) -> Result<Self> {
        let expected = || invalid("expected: first page, last page or -, most pages");
        let [first, last, max_pages] = arguments else {
            return Err(expected());
        };
        let number = |text: &String| text.parse::<u32>().map_err(|_| expected());
        Ok(Self {
            first: number(first)?.max(1),
            last: if last == "-" { None } else { Some(number(last)?) },
            max_pages: number(max_pages)?,
        })
    }
}

impl From<super::content::PageContent> for PageText {
    fn from(content: super::content::PageContent) -> Self {
        let lines = match content.kind {
            TextKind::Garbled => Vec::new(),
            _ => content.lines,
        };
        Self {
            page: Page {
                number: content.number,
                lines,
            },
            kind: content.kind,
            pictures: u32::try_from(content.pictures.len()).unwrap_or(u32::MAX),
            caps: content.caps,
            failed: content.failed,
        }
    }
}
