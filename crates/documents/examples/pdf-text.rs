//! Writes the text of a PDF file, pages separated by form feeds.

use std::io::{BufWriter, Error, Result, Write};

use docmill_documents::pdf::{OpenLimits, PdfDocument, TextKind};

/// More pages than any file has that is measured with this.
const MAX_PAGES: u32 = 100_000;
/// As `read_text` does: deeply nested files need more than the main thread has.
const STACK_BYTES: usize = 64 << 20;

fn main() -> Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or_else(|| Error::other("usage: pdf-text FILE"))?;
    let bytes = std::fs::read(path)?;
    let reading = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || write_pages(bytes))?;
    reading.join().map_err(|_| Error::other("the reader panicked"))?
}

fn write_pages(bytes: Vec<u8>) -> Result<()> {
    let limits = OpenLimits { max_pages: MAX_PAGES };
    let document =
        PdfDocument::open(bytes, limits).map_err(|refusal| Error::other(format!("{refusal:?}")))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut reader = document.reader();
    for number in 1..=document.page_count() {
        if let Some(page) = reader.page(number) {
            if page.failed || !page.caps.is_empty() || page.kind == TextKind::Garbled {
                eprintln!(
                    "page {number}: {:?}, failed: {}, caps: {:?}",
                    page.kind, page.failed, page.caps
                );
            }
            for line in &page.lines {
                writeln!(out, "{}", line.text)?;
            }
        }
        out.write_all(b"\x0c")?;
    }
    out.flush()
}
