//! From files to what stands on their pages.

mod office;
mod paper;
mod pdf;
mod picture;

use bytes::Bytes;
use docmill_core::job::Notice;
use docmill_core::pipeline::Work;
use docmill_core::ports::FileDetail;
use docmill_core::sandbox::{SandboxEnd, SandboxTask};
use serde::{Deserialize, Serialize};

pub(super) use pdf::{Pages, pages};

use super::kind::FileKind;
use super::model::{ImageReport, Signals};
use super::notices;
use super::rules::Content;
use super::settings::Settings;
use crate::halt::Halt;

/// Positions in the pipeline's stage table.
pub(super) mod stage {
    pub(in super::super) const LOADING: usize = 1;
    pub(in super::super) const PREPROCESSING: usize = 2;
    pub(in super::super) const OCR: usize = 3;
    pub(in super::super) const STRUCTURE: usize = 4;
    pub(in super::super) const EXTRACTING: usize = 5;
    pub(in super::super) const ASKING: usize = 6;
    pub(in super::super) const ANSWERED: usize = 7;
    pub(in super::super) const VALIDATING: usize = 8;
}

/// A page that a chunk reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PageSource {
    pub(super) file: FileDetail,
    pub(super) kind: FileKind,
    /// Counted from 1.
    pub(super) page: u32,
    /// A page of a PDF that is a picture.
    pub(super) is_scan: bool,
    /// Characters of text that the file itself has on the page.
    pub(super) characters: u32,
}

/// A page.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// One for each sheet of a workbook and each table of a document, else one.
    pub(super) contents: Vec<Content>,
    /// What is hard about it before its tables are looked at.
    pub(super) signals: Signals,
    pub(super) image: Option<ImageReport>,
    /// A smaller copy of it, as WebP.
    pub(super) copy: Option<Bytes>,
    /// A page of text as it can be drawn.
    drawable: Option<pdf::Drawable>,
    /// How sure its words are on average; 1 for text of a file.
    pub(super) confidence: f32,
}

impl Page {
    /// Looks at the picture of a page whose text and lines show no timetable: fills that meet are rulings too. Whether there was
    /// anything to look at.
    pub(super) async fn look_closer(&mut self, work: &dyn Work) -> Result<bool, Halt> {
        let Some(drawable) = self.drawable.take() else {
            return Ok(false);
        };
        let seen = drawable.seen(work).await?;
        for content in &mut self.contents {
            content.rulings.extend(seen.seen.rulings.iter().copied());
            content.fills.extend(seen.fills.iter().copied());
        }
        Ok(true)
    }
}

impl PageSource {
    /// Reads the page.
    pub(super) async fn read(&self, settings: &Settings, work: &dyn Work) -> Result<Page, Halt> {
        let limit = self.kind.max_bytes();
        let bytes = Halt::unless_done(work.source(0, &self.file, limit).await)?;
        match self.kind {
            FileKind::Picture(kind) => picture::read(&bytes, kind, settings, work).await,
            FileKind::Pdf => pdf::read(self, &bytes, settings, work).await,
            FileKind::Document | FileKind::Workbook | FileKind::Table => office::read(&bytes, work).await,
        }
    }
}

/// What a reader in the sandbox wrote; `None` where it died over the document.
async fn ask_reader(
    reader: &'static str,
    arguments: Vec<String>,
    document: Bytes,
    work: &dyn Work,
) -> Result<Option<Bytes>, Halt> {
    Halt::checkpoint(work)?;
    let task = SandboxTask {
        reader,
        arguments,
        document,
    };
    let answer = work.sandbox().read(task).await?;
    if answer.end != SandboxEnd::Finished {
        tracing::warn!(reader, end = ?answer.end, "a reader died");
        return Ok(None);
    }
    Ok(Some(answer.output))
}

/// A failure with what the user is told.
fn fail<T>(notice: Notice) -> Result<T, Halt> {
    Err(Halt::Fail(notice))
}

/// A fault of ours: trying again would not help.
fn broken<T>(what: &'static str, error: &dyn std::fmt::Debug) -> Result<T, Halt> {
    tracing::error!(what, ?error, "a reader wrote something else");
    fail(notices::corrupt(None))
}
