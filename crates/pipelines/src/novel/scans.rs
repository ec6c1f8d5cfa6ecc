//! Chunks of a document with scanned pages: these are read when the chunk is worked on, since each takes seconds.
//!
//! What the rules know of a whole document (its furniture, its words) they know here of the chunk's reading window.

use std::collections::BTreeSet;

use docmill_core::job::Notice;
use docmill_core::pipeline::Work;
use docmill_core::ports::FileDetail;
use docmill_documents::Page;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::furniture;
use super::notices::{self, MAX_PDF_BYTES, MAX_PDF_PAGES};
use crate::halt::Halt;
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

/// What became of scans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// Pages with text.
    pub(super) read: Vec<u32>,
    /// Pages on which nothing was found.
    pub(super) empty: Vec<u32>,
    /// Pages that could not be drawn or read.
    pub(super) lost: Vec<u32>,
}

impl Seen {
    /// Those from page `first` to page `last`.
    pub(super) fn within(mut self, (first, last): (u32, u32)) -> Self {
        for pages in [&mut self.read, &mut self.empty, &mut self.lost] {
            pages.retain(|page| (first..=last).contains(page));
        }
        self
    }

    /// These, and those of a later chunk.
    pub(super) fn extend(&mut self, more: Self) {
        self.read.extend(more.read);
        self.empty.extend(more.empty);
        self.lost.extend(more.lost);
    }

    /// What the user should know of them.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Notice> {
        let told = [
            (&self.empty, notices::some_no_text as fn(&[u32]) -> Notice),
            (&self.lost, notices::pages_lost),
            (&self.read, notices::scan_text),
        ];
        told.into_iter()
            .filter(|(pages, _)| !pages.is_empty())
            .map(|(pages, notice)| notice(pages))
    }
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

    /// Reads the scans, one after the other: the pages with text, ready to be put together to paragraphs.
    pub(super) async fn read(self, work: &dyn Work) -> Result<(Vec<Page>, Seen), Halt> {
        let mut seen = Seen::default();
        let Self {
            file,
            mut pages,
            scans,
        } = self;
        if scans.is_empty() {
            return Ok((joined(pages, &seen), seen));
        }
        let document = Halt::unless_done(work.source(0, &file, MAX_PDF_BYTES).await)?;
        let mut read = Vec::new();
        for number in scans {
            Halt::checkpoint(work)?;
            match pdf::read_scan(&document, number, MAX_PDF_PAGES, work).await? {
                Some(page) if page.lines.is_empty() => seen.empty.push(number),
                Some(page) => {
                    seen.read.push(number);
                    let lines = page.lines;
                    read.push(Page { number, lines });
                }
                None => seen.lost.push(number),
            }
        }
        furniture::strip(&mut read);
        pages.extend(read);
        pages.sort_by_key(|page| page.number);
        Ok((joined(pages, &seen), seen))
    }
}

/// The pages, with paragraphs running over their ends but not over pages that are missing.
fn joined(mut pages: Vec<Page>, seen: &Seen) -> Vec<Page> {
    let missing = seen.empty.iter().chain(&seen.lost);
    Coverage::of_lost(missing.copied()).join_pages(&mut pages);
    pages
}
