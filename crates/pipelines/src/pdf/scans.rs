//! Pages of a PDF that are pictures: read like scans, where the networks for that are installed.
//!
//! A reader takes seconds a page, so it is asked for a few pages at a time, and only for as long as whoever waits can:
//! what is not read then stays a page without text, and is named as one.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use docmill_core::pipeline::{Outcome, Stop, Work};
use docmill_core::sandbox::{SandboxEnd, SandboxTask};
use docmill_documents::ocr::{DETECTOR_FILE, RECOGNISER_FILE, ScanJob};
use docmill_documents::pdf::{PageText, TextKind};

use super::{Found, PdfText, Shown, Wanted};

/// Name of the reader.
pub(crate) const READER: &str = "pdf-scan";
/// Names the folder with the networks.
const FOLDER_VARIABLE: &str = "DOCMILL_MODELS";

/// Pages that one reader is asked for: at two to four seconds of processor time each, half of what it may use.
const PAGES_PER_READER: usize = 3;
/// Readers that may die before the document is given up.
const MAX_DEATHS: usize = 4;
/// No reader is started later than this: a worker has five minutes, and reading the text may have taken one.
const LAST_START: Duration = Duration::from_secs(120);
/// Larger documents are not read as scans: they and the networks travel together, within what a sandbox takes (64 MB) and
/// what the worker has room for (`READING_MB` in `infra/checks/template.py`).
const MAX_DOCUMENT_BYTES: usize = 32 << 20;
/// A page with a picture and fewer letters than this is a scan with a stamp or a page number.
const FEW_LETTERS: usize = 10;

/// The networks that read scans: read from their folder when the first scan comes, and kept.
#[derive(Clone, Debug, Default)]
pub struct ScanModels {
    folder: Option<PathBuf>,
    packed: Arc<OnceLock<Option<Bytes>>>,
}

impl ScanModels {
    /// Those in the folder that `DOCMILL_MODELS` names; without it scans are not read.
    pub fn from_environment() -> Self {
        let folder = std::env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty());
        Self {
            folder: folder.map(PathBuf::from),
            ..Self::default()
        }
    }

    /// Those in a folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Some(folder.into()),
            ..Self::default()
        }
    }

    /// With the contents of their files.
    pub fn of_files(detector: &[u8], recogniser: &[u8]) -> Self {
        let packed = Bytes::from(ScanJob::pack(detector, recogniser));
        Self {
            packed: Arc::new(Some(packed).into()),
            folder: None,
        }
    }

    /// Their files as [`ScanJob`] wants them; `None` where there are none.
    fn packed(&self) -> Option<&Bytes> {
        let packed = self.packed.get_or_init(|| {
            let folder = self.folder.as_ref()?;
            let file = |name| {
                let path = folder.join(name);
                let read = std::fs::read(&path);
                read.inspect_err(
                    |error| tracing::error!(path = %path.display(), %error, "scans are not read"),
                )
                .ok()
            };
            Some(ScanJob::pack(&file(DETECTOR_FILE)?, &file(RECOGNISER_FILE)?).into())
        });
        packed.as_ref()
    }
}

/// Reads the pages of `text` that are pictures and puts what was read in their place.
pub(crate) async fn read_scans(
    models: &ScanModels,
    document: &Bytes,
    max_pages: u32,
    text: &mut PdfText,
    shown: Shown,
    work: &dyn Work,
) -> Outcome<()> {
    let began = Instant::now();
    let mut open: VecDeque<u32> = text
        .read
        .values()
        .filter(|page| is_scan(page))
        .map(|page| page.page.number)
        .collect();
    if open.is_empty() || document.len() > MAX_DOCUMENT_BYTES {
        return Outcome::Done(());
    }
    let Some(packed) = models.packed() else {
        return Outcome::Done(());
    };
    let job = Bytes::from([&packed[..], &document[..]].concat());
    let mut deaths = 0;
    while !open.is_empty() && deaths < MAX_DEATHS && began.elapsed() < LAST_START {
        if work.checkpoint() == Err(Stop) {
            return Outcome::Cancelled;
        }
        let pages: Vec<u32> = open.drain(..open.len().min(PAGES_PER_READER)).collect();
        let task = SandboxTask {
            reader: READER,
            arguments: std::iter::once(max_pages)
                .chain(pages.iter().copied())
                .map(|number| number.to_string())
                .collect(),
            document: job.clone(),
        };
        let answer = match work.sandbox().read(task).await {
            Ok(answer) => answer,
            Err(error) => return error.into(),
        };
        let wanted = Wanted {
            first: pages.first().copied().unwrap_or(1),
            last: pages.last().copied(),
            again: true,
        };
        let found = Found::of(&answer, wanted, max_pages, text.pages);
        tracing::info!(?pages, read = found.texts.len(), end = ?found.end, "a reader of scans ended");
        let last_read = found.texts.last().map_or(0, |page| page.page.number);
        if found.end != SandboxEnd::Finished {
            deaths += 1;
            // The page it died on is passed over, those behind it are for the next reader.
            let unread: Vec<u32> = pages.iter().copied().filter(|page| *page > last_read).collect();
            for page in unread.into_iter().skip(1).rev() {
                open.push_front(page);
            }
        }
        for page in found.texts {
            let number = page.page.number;
            if pages.contains(&number) && !page.page.lines.is_empty() {
                text.read.insert(number, page);
            }
        }
        work.report(shown.stage, shown.to).await;
    }
    Outcome::Done(())
}

/// Whether what can be read of a page is a picture.
fn is_scan(page: &PageText) -> bool {
    let letters = |line: &docmill_documents::Line| line.text.chars().filter(|c| c.is_alphabetic()).count();
    match page.kind {
        TextKind::Garbled => true,
        TextKind::Hidden => false,
        TextKind::None | TextKind::Visible => {
            page.pictures > 0 && page.page.lines.iter().map(letters).sum::<usize>() < FEW_LETTERS
        }
    }
}
