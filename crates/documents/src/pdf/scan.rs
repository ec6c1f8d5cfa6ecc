//! Reading the scanned pages of a document, for a process that may die over it.

use std::io::{Error, ErrorKind, Result, Write};

use super::document::{OpenLimits, PdfDocument};
use super::reader::write_record;
use super::render::RenderLimits;
use super::text::{PageText, TextKind, TextRecord};
use crate::Page;
use crate::ocr::{Models, ScannedPage, read_page};
use crate::picture::Raster;

/// As scans are made; more tells the recogniser nothing new.
const DPI: f32 = 300.0;
/// A page of A4 at that resolution has 8.7 million pixels. Larger ones come smaller: picture, page and networks have to
/// fit into a reader's memory together.
const MAX_PIXELS: u32 = 10_000_000;
/// Bytes of a length in front of a [`ScanJob`].
const LENGTH: usize = 8;

/// A document with the networks that are to read it: a reader's process has no files, so they come along.
#[derive(Debug)]
pub struct ScanJob {
    /// Contents of the detector's file.
    pub detector: Vec<u8>,
    /// Contents of the recogniser's file.
    pub recogniser: Vec<u8>,
    /// The PDF file.
    pub document: Vec<u8>,
}

impl ScanJob {
    /// All of it in one piece, the document last, so that what stands before it can be kept for the next one.
    pub fn pack(detector: &[u8], recogniser: &[u8]) -> Vec<u8> {
        let lengths = [detector.len() as u64, recogniser.len() as u64].map(u64::to_le_bytes);
        [lengths.concat().as_slice(), detector, recogniser].concat()
    }

    /// Takes apart what [`pack`](Self::pack) made, a document behind it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`].
    pub fn unpack(mut packed: Vec<u8>) -> Result<Self> {
        let invalid = || Error::new(ErrorKind::InvalidData, "networks and a document were expected");
        let length = |at: usize| {
            let bytes = packed.get(at * LENGTH..(at + 1) * LENGTH)?.try_into().ok()?;
            usize::try_from(u64::from_le_bytes(bytes)).ok()
        };
        let (detector, recogniser) = length(0).zip(length(1)).ok_or_else(invalid)?;
        let middle = detector.checked_add(2 * LENGTH).ok_or_else(invalid)?;
        let end = recogniser.checked_add(middle).ok_or_else(invalid)?;
        if end > packed.len() {
            return Err(invalid());
        }
        // From the back, so that each part is copied once and nothing twice.
        let document = packed.split_off(end);
        let recogniser = packed.split_off(middle);
        let detector = packed.split_off(2 * LENGTH);
        Ok(Self {
            detector,
            recogniser,
            document,
        })
    }
}

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
        let dpi = bitmap.milli_dpi as f32 / 1_000.0;
        let raster = Raster::of_bitmap(bitmap).ok()?;
        read_page(models, &raster, dpi).ok()
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
    fn what_is_packed_comes_apart() {
        let mut packed = ScanJob::pack(b"detector", b"");
        packed.extend(b"%PDF-");
        let job = ScanJob::unpack(packed).unwrap();
        assert_eq!(job.detector, b"detector");
        assert_eq!(job.recogniser, b"");
        assert_eq!(job.document, b"%PDF-");
    }

    #[test]
    fn what_was_not_packed_is_refused() {
        for bytes in [&b""[..], b"short", &[0xff; 40], &[1; 16]] {
            let error = ScanJob::unpack(bytes.to_vec()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
    }

    #[test]
    fn arguments_are_numbers() {
        for arguments in [vec![], vec!["x".to_owned()]] {
            let error = read_scans(&arguments, Vec::new(), &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}
