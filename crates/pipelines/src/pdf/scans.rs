//! Pages of a PDF that are pictures: drawn in a sandbox, and read by whoever reads pictures.

use bytes::Bytes;
use docmill_core::codes;
use docmill_core::pipeline::{ReadError, Work};
use docmill_core::reader::{PagePicture, ReadFailure, ReadPage, ReadWord};
use docmill_core::sandbox::{SandboxEnd, SandboxTask};
use docmill_documents::ocr::{ScannedPage, ScannedWord, lay_out};
use docmill_documents::pdf::{PageText, TextKind};

use crate::halt::Halt;
use crate::rows::unpacked;

/// Name of the reader that draws.
pub(crate) const DRAWER: &str = "pdf-draw";

/// As scans are made; more tells a reader nothing new.
pub(crate) const DPI: u32 = 300;
/// A page of A4 at that resolution has 8.7 million pixels. Larger ones come smaller: picture and networks have to fit
/// into a sandbox together.
const MAX_PIXELS: u32 = 10_000_000;
/// A page with a picture and fewer letters than this is a scan with a stamp or a page number.
const FEW_LETTERS: usize = 10;

/// Whether what can be read of a page is a picture.
pub(crate) fn is_scan(page: &PageText) -> bool {
    let letters = |line: &docmill_documents::Line| line.text.chars().filter(|c| c.is_alphabetic()).count();
    match page.kind {
        TextKind::Garbled => true,
        TextKind::Hidden => false,
        TextKind::None | TextKind::Visible => {
            page.pictures > 0 && page.page.lines.iter().map(letters).sum::<usize>() < FEW_LETTERS
        }
    }
}

/// Reads page `number` as a picture; `None` where it cannot be drawn or read, whoever tries.
pub(crate) async fn read_scan(
    document: &Bytes,
    number: u32,
    max_pages: u32,
    work: &dyn Work,
) -> Result<Option<ScannedPage>, Halt> {
    let Some(picture) = draw(document, number, max_pages, DPI, work).await? else {
        return Ok(None);
    };
    let read = read(&picture, work).await?;
    Ok(read.map(|read| lay_out(read.words.into_iter().map(scanned).collect())))
}

/// Reads a picture; `None` where it cannot be read, whoever tries.
pub(crate) async fn read(picture: &PagePicture, work: &dyn Work) -> Result<Option<ReadPage>, Halt> {
    match work.read_picture(picture).await {
        Ok(read) => Ok(Some(read)),
        Err(ReadError::Stopped) => Err(Halt::Cancelled),
        Err(ReadError::Failed(ReadFailure::Unreadable(reason))) => {
            tracing::warn!(reason, "a picture is not read");
            Ok(None)
        }
        Err(ReadError::Failed(ReadFailure::Throttled { retry_after })) => Err(Halt::Retry {
            code: codes::PROVIDER_COOLDOWN.to_owned(),
            after: retry_after,
        }),
        Err(ReadError::Failed(failure)) => {
            tracing::warn!(%failure, "a picture is not read for now");
            Err(Halt::Retry {
                code: codes::READER_UNAVAILABLE.to_owned(),
                after: None,
            })
        }
    }
}

/// A word as layouts take it.
pub(crate) fn scanned(word: ReadWord) -> ScannedWord {
    ScannedWord {
        text: word.text,
        corners: word.corners,
        confidence: word.confidence,
        line: 0,
    }
}

/// The picture of a page, in so many dots an inch; `None` where it cannot be drawn.
pub(crate) async fn draw(
    document: &Bytes,
    number: u32,
    max_pages: u32,
    dpi: u32,
    work: &dyn Work,
) -> Result<Option<PagePicture>, Halt> {
    let task = SandboxTask {
        reader: DRAWER,
        arguments: [number, max_pages, dpi, MAX_PIXELS]
            .map(|number| number.to_string())
            .to_vec(),
        document: document.clone(),
    };
    let answer = work.sandbox().read(task).await?;
    if answer.end != SandboxEnd::Finished || answer.output.is_empty() {
        tracing::warn!(number, end = ?answer.end, "a scan is not drawn");
        return Ok(None);
    }
    match unpacked(&answer.output, dpi * 1_000) {
        Ok(picture) => Ok(Some(picture)),
        Err(error) => {
            tracing::error!(number, %error, "a drawer wrote something else");
            Ok(None)
        }
    }
}
