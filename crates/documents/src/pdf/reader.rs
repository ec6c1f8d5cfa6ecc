//! Reading a document's text page by page, for a process that may die over it.

use std::io::{Error, ErrorKind, Result, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::document::{OpenLimits, PdfDocument};
use super::text::{PageText, TextKind, TextRecord};
use crate::Page;

/// Deeply nested files need more than the 8 MB that a main thread has. Only what is used of it costs memory.
const STACK_BYTES: usize = 64 << 20;
/// Pages read ahead of what is written.
const PAGES_AHEAD: usize = 2;

/// Writes the text of a document as [`TextRecord`]s, one JSON line each: `Opened`, the pages, `Done`; or `Refused`.
/// Every line is flushed before the next page is written, so that what was read outlives the process.
///
/// The arguments are the first page (from 1), the last page or `-` for the document's last, and how many pages the
/// document may have. Pages it does not have are not written.
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`]); whatever `output` answers; the thread that reads
/// could not be started or died.
pub fn read_text(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let range = PageRange::parse(arguments)?;
    let (records, received) = sync_channel(PAGES_AHEAD);
    let reader = thread::Builder::new()
        .name("pdf".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || range.read(document, &records))?;
    let mut written = Ok(());
    for record in received {
        written = write_record(&record, output);
        if written.is_err() {
            break;
        }
    }
    // The receiver is gone by now: a reader with more pages finds nobody and ends.
    let read = reader
        .join()
        .map_err(|_| Error::other("the reader of the document panicked"));
    written.and(read)
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
        let invalid = || {
            Error::new(
                ErrorKind::InvalidInput,
                "expected: first page, last page or -, most pages",
            )
        };
        let [first, last, max_pages] = arguments else {
            return Err(invalid());
        };
        let number = |text: &String| text.parse::<u32>().map_err(|_| invalid());
        Ok(Self {
            first: number(first)?.max(1),
            last: if last == "-" { None } else { Some(number(last)?) },
            max_pages: number(max_pages)?,
        })
    }

    /// Sends what there is, until there is no more or nobody listens.
    fn read(self, bytes: Vec<u8>, records: &SyncSender<TextRecord>) {
        let limits = OpenLimits {
            max_pages: self.max_pages,
        };
        let document = match PdfDocument::open(bytes, limits) {
            Ok(document) => document,
            Err(refusal) => {
                records.send(TextRecord::Refused(refusal)).ok();
                return;
            }
        };
        let pages = document.page_count();
        if records.send(TextRecord::Opened { pages }).is_err() {
            return;
        }
        let mut reader = document.reader();
        for number in self.first..=self.last.unwrap_or(pages).min(pages) {
            let Some(content) = reader.page(number) else {
                break;
            };
            if records.send(TextRecord::Page(content.into())).is_err() {
                return;
            }
        }
        records.send(TextRecord::Done).ok();
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
