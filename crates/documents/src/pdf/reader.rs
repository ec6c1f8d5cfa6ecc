//! Reading a document's text page by page, for a process that may die over it.

use std::io::{Error, ErrorKind, Result, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::document::{OpenLimits, PdfDocument};
use super::text::{PageText, TextKind, TextRecord};
use crate::Page;

/// Deeply nested files need more than the 8 MB that a main thread has. Only what is used of it costs memory.
const STACK_BYTES: usize = 64 << 20;

/// Writes the text of a document as [`TextRecord`]s, one JSON line each: `Opened`, the pages, `Done`; or `Refused`.
/// Every line is flushed before the next page is read, so that what was read outlives the process.
///
/// The arguments are the first page (from 1), the last page or `-` for the document's last, and how many pages the
/// document may have. Pages it does not have are not written.
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`]); whatever `output` answers; the thread that reads
/// could not be started or died.
pub fn read_text(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let range = PageRange::parse(arguments)?;
    let (records, received) = channel();
    let (written_one, answers) = channel();
    let sink = Sink { records, answers };
    let reader = thread::Builder::new()
        .name("pdf".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || range.read(document, &sink))?;
    let mut written = Ok(());
    for record in received {
        written = write_record(&record, output);
        if written.is_err() || written_one.send(()).is_err() {
            break;
        }
    }
    // A reader with more pages finds nobody now and ends.
    drop(written_one);
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

/// Hands records to the thread that writes, since the writer may belong to that thread.
struct Sink {
    records: Sender<TextRecord>,
    answers: Receiver<()>,
}

impl Sink {
    /// Returns when the record is flushed: the next page may be the one that ends the process. `false` if nobody
    /// writes any more.
    fn write(&self, record: TextRecord) -> bool {
        self.records.send(record).is_ok() && self.answers.recv().is_ok()
    }
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
    fn read(self, bytes: Vec<u8>, sink: &Sink) {
        let limits = OpenLimits {
            max_pages: self.max_pages,
        };
        let document = match PdfDocument::open(bytes, limits) {
            Ok(document) => document,
            Err(refusal) => {
                sink.write(TextRecord::Refused(refusal));
                return;
            }
        };
        let pages = document.page_count();
        if !sink.write(TextRecord::Opened { pages }) {
            return;
        }
        let mut reader = document.reader();
        for number in self.first..=self.last.unwrap_or(pages).min(pages) {
            let Some(content) = reader.page(number) else {
                break;
            };
            if !sink.write(TextRecord::Page(content.into())) {
                return;
            }
        }
        sink.write(TextRecord::Done);
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
