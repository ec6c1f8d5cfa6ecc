//! Chunks of a document with scanned pages: these are read when the chunk is worked on, since each takes seconds.
//!
//! What the rules know of a whole document (its furniture, its words) they know here of the chunk's reading window.

use std::collections::BTreeSet;

use bytes::Bytes;
use docmill_core::pipeline::{Outcome, Stop, Work};
use docmill_core::ports::FileDetail;
use docmill_documents::Page;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::furniture;
use super::notices::{MAX_PDF_BYTES, MAX_PDF_PAGES};
use crate::pdf;

/// So many scans are read by whatever chunks there are.
const FEW_SCANS: usize = 12;
/// Pages of a chunk of a document with more of them. With its reading window that is twelve pages at up to ten seconds
/// each in a function with little memory: half the limit of a chunk.
pub(super) const CHUNK_PAGES: u32 = 8;

/// The pages of a document some of which have to be read yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ScannedPages {
    /// The document.
    pub(super) file: FileDetail,
    /// Pages that have text, without their furniture.
    pub(super) pages: Vec<Page>,
    /// Pages that are pictures.
    pub(super) scans: BTreeSet<u32>,
}

/// What became of them.
#[derive(Debug, Default)]
pub(super) struct ReadPages {
    /// Those that have text, ready to be put together to paragraphs.
    pub(super) pages: Vec<Page>,
    /// Those that could not be read.
    pub(super) lost: Vec<u32>,
}

impl ScannedPages {
    /// Whether there are so many that chunks have to be small.
    pub(super) fn are_many(&self) -> bool {
        self.scans.len() > FEW_SCANS
    }

    /// Those from page `first` to page `last`.
    pub(super) fn within(&self, (first, last): (u32, u32)) -> Self {
        let pages = self.pages.iter();
        Self {
            file: self.file.clone(),
            pages: pages
                .filter(|page| (first..=last).contains(&page.number))
                .cloned()
                .collect(),
            scans: self.scans.range(first..=last).copied().collect(),
        }
    }

    /// Reads the scans, one after the other.
    pub(super) async fn read(self, work: &dyn Work) -> Outcome<ReadPages> {
        let Self {
            file,
            mut pages,
            scans,
        } = self;
        if scans.is_empty() {
            return Outcome::Done(ReadPages {
                pages: joined(pages, &[]),
                lost: Vec::new(),
            });
        }
        let document: Bytes = match work.source(0, &file, MAX_PDF_BYTES).await {
            Outcome::Done(bytes) => bytes,
            Outcome::Retry { code, after } => return Outcome::Retry { code, after },
            Outcome::Fail(notice) => return Outcome::Fail(notice),
            Outcome::Cancelled => return Outcome::Cancelled,
        };
        let (mut read, mut lost) = (Vec::new(), Vec::new());
        for number in scans {
            if work.checkpoint() == Err(Stop) {
                return Outcome::Cancelled;
            }
            match pdf::read_scan(&document, number, MAX_PDF_PAGES, work).await {
                Outcome::Done(Some(page)) => read.push(Page {
                    number,
                    lines: page.lines,
                }),
                Outcome::Done(None) => lost.push(number),
                Outcome::Retry { code, after } => return Outcome::Retry { code, after },
                Outcome::Fail(notice) => return Outcome::Fail(notice),
                Outcome::Cancelled => return Outcome::Cancelled,
            }
        }
        furniture::strip(&mut read);
        pages.extend(read);
        pages.sort_by_key(|page| page.number);
        Outcome::Done(ReadPages {
            pages: joined(pages, &lost),
            lost,
        })
    }
}

/// The pages, with paragraphs running over their ends but not over pages that are missing.
fn joined(mut pages: Vec<Page>, lost: &[u32]) -> Vec<Page> {
    Coverage::of_lost(lost).join_pages(&mut pages);
    pages
}
