//! Reading the scanned pages of a document, for a process that may die over it.

use std::io::{Error, ErrorKind, Result, Write};

use super::document::{OpenLimits, PdfDocument};
use super::reader::write_record;
use super::render::RenderLimits;
use super::text::{PageText, TextKind, TextRecord};
use crate::Page;
use crate::ocr::{Models, ScanJob, ScannedPage, read_page};
use crate::picture::Raster;

/// As scans are made; more tells the recogniser nothing new.
const DPI: f32 = 300.0;
/// A page of A4 at that resolution has 8.7 million pixels. Larger ones come smaller: picture, page and networks have to
/// fit into a reader's memory together.
const MAX_PIXELS: u32 = 10_000_000;
/// Reads pages as pictures, and writes [`TextRecord`]s as [`read_text`](super::read_text) does; the pages' kind is
/// [`TextKind::Hidden`], since what a program read from a scan is the same whoever's program it was. One page is in
/// memory at a time.
///
/// The arguments are how many pages the document may have and the numbers of the pages, counted from 1 and rising; the
/// document is a [`ScanJob`].
///
/// # Errors
/// Arguments or networks that are none ([`ErrorKind::InvalidInput`], [`ErrorKind::InvalidData`]); whatever `output`
/// answers.
pub fn read_scans(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let numbers: Option<Vec<u32>> = arguments.iter().map(|text| text.parse().ok()).collect();
    let Some([max_pages, numbers @ ..]) = numbers.as_deref() else {
        let usage = "expected: most pages, then the pages to read";
        return Err(Error::new(ErrorKind::InvalidInput, usage));
    };
    let job = ScanJob::unpack(document)?;
    let limits = OpenLimits {
        max_pages: *max_pages,
    };
    let document = match PdfDocument::open(job.document, limits) {
        Ok(document) => document,
        Err(refusal) => return write_record(&TextRecord::Refused(refusal), output),
    };
    let pages = document.page_count();
    write_record(&TextRecord::Opened { pages }, output)?;
    let models = Models::load(job.detector, job.recogniser)
        .map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    for number in numbers.iter().filter(|number| (1..=pages).contains(*number)) {
        write_record(&TextRecord::Page(scanned(&document, *number, &models)), output)?;
    }
    write_record(&TextRecord::Done, output)
}

/// What is seen on a page; failed, where it cannot be drawn.
fn scanned(document: &PdfDocument, number: u32, models: &Models) -> PageText {
    let limits = RenderLimits {
        dpi: DPI,
        max_pixels: MAX_PIXELS,
    };
    // A renderer keeps what it drew before; the next page's picture is another one.
    let bitmap = document.renderer().render(number, limits).ok();
    let read = bitmap.and_then(|bitmap| {
        let raster = Raster::of_bitmap(bitmap).ok()?;
        read_page(models, &raster).ok()
    });
    let failed = read.is_none();
    let ScannedPage { lines, .. } = read.unwrap_or_default();
    PageText {
        kind: if lines.is_empty() {
            TextKind::None
        } else {
            TextKind::Hidden
        },
        page: Page { number, lines },
        pictures: 1,
        failed,
        ..PageText::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_numbers() {
        for arguments in [vec![], vec!["x".to_owned()]] {
            let error = read_scans(&arguments, Vec::new(), &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}
