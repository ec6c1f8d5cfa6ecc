//! What there is of each page of a document, and what the user is told about the rest.

use std::collections::{BTreeMap, BTreeSet};

use docmill_core::job::Notice;
use docmill_documents::Page;
use docmill_documents::pdf::{Cap, PageText, TextKind};

use super::chunks::PageRange;
use super::furniture;
use super::notices;
use super::paragraphs::SHORT_LINE_PERCENT;
use crate::pdf::{PdfText, is_scan};

/// What there is of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageState {
    /// Its text.
    Text,
    /// The text that was read before the reader gave it up.
    PartOfText,
    /// Nothing stands on it.
    Blank,
    /// Pictures, or characters that nobody can read: perhaps a scan.
    NoText,
    /// The same, where somebody reads pictures: to be read later.
    Scan,
    /// It could not be read.
    Lost,
}

/// What there is of each page, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Coverage {
    states: BTreeMap<u32, PageState>,
    /// Pages whose text is that under a scan.
    hidden: Vec<u32>,
    /// Pages of which a limit cut text off or mixed it up.
    capped: Vec<u32>,
}

impl Coverage {
    /// Of a PDF, and its pages without furniture; unless some have to be read yet, which there is somebody for if
    /// `reads_pictures`, ready to be put together to paragraphs.
    pub(super) fn of(text: PdfText, reads_pictures: bool) -> (Self, Vec<Page>) {
        let mut coverage = Self::default();
        let mut pages = Vec::with_capacity(text.read.len());
        let mut rest = Vec::with_capacity(text.read.len());
        for (number, mut read) in text.read {
            let is_scan = reads_pictures && is_scan(&read);
            if is_scan {
                // A page number is read again with the rest.
                read.page.lines.clear();
            }
            if is_scan || read.kind == TextKind::Hidden {
                coverage.hidden.push(number);
            }
            if read.caps.iter().any(|cap| matches!(cap, Cap::Glyphs | Cap::Rows)) {
                coverage.capped.push(number);
            }
            pages.push(std::mem::take(&mut read.page));
            rest.push((number, read, is_scan));
        }
        furniture::strip(&mut pages);
        coverage
            .states
            .extend(text.lost.keys().map(|number| (*number, PageState::Lost)));
        for ((number, read, is_scan), page) in rest.iter().zip(&pages) {
            let state = if *is_scan {
                PageState::Scan
            } else {
                state(read, page)
            };
            coverage.states.insert(*number, state);
        }
        if coverage.scans().is_empty() {
            coverage.join_pages(&mut pages);
        }
        (coverage, pages)
    }

    /// Of pages of which only those that are lost matter.
    pub(super) fn of_lost(lost: &[u32]) -> Self {
        Self {
            states: lost.iter().map(|number| (*number, PageState::Lost)).collect(),
            ..Self::default()
        }
    }

    /// Pages that have to be read yet.
    pub(super) fn scans(&self) -> BTreeSet<u32> {
        self.in_state((0, u32::MAX), PageState::Scan).collect()
    }

    /// Lets paragraphs run over the ends of pages, where the gap under a head says nothing, but not over pages that
    /// are missing.
    pub(super) fn join_pages(&self, pages: &mut [Page]) {
        let mut reach_before = None;
        let mut before = 0;
        for page in pages {
            let last_reach = page.lines.last().map(|line| line.reach_percent);
            let Some(first) = page.lines.first_mut() else {
                continue;
            };
            let hole = self
                .states
                .range(before..page.number)
                .any(|(number, state)| match state {
                    PageState::NoText | PageState::Scan | PageState::Lost => true,
                    PageState::PartOfText => *number == before,
                    PageState::Text | PageState::Blank => false,
                });
            let was_short = reach_before.is_some_and(|reach| reach < SHORT_LINE_PERCENT);
            let goes_on = first.text.starts_with(char::is_lowercase);
            first.gap_before = hole || first.gap_before && was_short && !goes_on;
            reach_before = last_reach;
            before = page.number;
        }
    }

    /// Pages there is an account of.
    #[cfg(test)]
    pub(super) fn pages(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    fn in_state(&self, (first, last): PageRange, state: PageState) -> impl Iterator<Item = u32> {
        self.states
            .range(first..=last)
            .filter(move |(_, found)| **found == state)
            .map(|(number, _)| *number)
    }

    /// Why the pages of a chunk give nothing, if they should have.
    pub(super) fn failure(&self, owned: PageRange) -> Option<Notice> {
        let has = |state| self.in_state(owned, state).next().is_some();
        if has(PageState::Text) || has(PageState::PartOfText) || has(PageState::Scan) {
            None
        } else if has(PageState::NoText) {
            Some(notices::no_text(owned))
        } else if has(PageState::Lost) {
            Some(notices::pages_lost(
                &self.in_state(owned, PageState::Lost).collect::<Vec<_>>(),
            ))
        } else {
            None
        }
    }

    /// What the user should know, besides the chunks that fail.
    pub(super) fn warnings(&self, chunks: &[PageRange]) -> Vec<Notice> {
        let working = chunks.iter().filter(|owned| self.failure(**owned).is_none());
        let no_text: Vec<u32> = working
            .flat_map(|owned| self.in_state(*owned, PageState::NoText))
            .collect();
        let lost = self
            .states
            .iter()
            .filter(|(_, state)| matches!(state, PageState::Lost | PageState::PartOfText));
        let lost: Vec<u32> = lost.map(|(number, _)| *number).collect();
        let told = [
            (&no_text, notices::some_no_text as fn(&[u32]) -> Notice),
            (&lost, notices::pages_lost),
            (&self.capped, notices::page_limit),
            (&self.hidden, notices::scan_text),
        ];
        told.into_iter()
            .filter(|(pages, _)| !pages.is_empty())
            .map(|(pages, notice)| notice(pages))
            .collect()
    }
}

/// What there is of a page, `page` being what furniture leaves of it.
fn state(read: &PageText, page: &Page) -> PageState {
    let words = furniture::has_words(page);
    match read.kind {
        _ if read.failed && words => PageState::PartOfText,
        _ if read.failed => PageState::Lost,
        _ if words => PageState::Text,
        TextKind::Garbled => PageState::NoText,
        _ if read.pictures > 0 => PageState::NoText,
        TextKind::None | TextKind::Visible | TextKind::Hidden => PageState::Blank,
    }
}

#[cfg(test)]
mod tests {
    use docmill_documents::Line;

    use super::*;
    use crate::pdf::Loss;

    fn page(number: u32, text: &str) -> PageText {
        let lines = text.split('|').filter(|text| !text.is_empty()).map(|text| Line {
            text: text.to_owned(),
            gap_before: true,
            reach_percent: 100,
            ..Line::default()
        });
        PageText {
            page: Page {
                number,
                lines: lines.collect(),
            },
            kind: TextKind::Visible,
            ..PageText::default()
        }
    }

    fn document(pages: impl IntoIterator<Item = PageText>, lost: &[u32]) -> PdfText {
        let read: BTreeMap<u32, PageText> = pages.into_iter().map(|text| (text.page.number, text)).collect();
        PdfText {
            pages: u32::try_from(read.len() + lost.len()).unwrap(),
            read,
            lost: lost.iter().map(|page| (*page, Loss::NotReached)).collect(),
        }
    }

    fn scan(number: u32) -> PageText {
        PageText {
            pictures: 1,
            ..page(number, "")
        }
    }

    #[test]
    fn every_page_has_its_state() {
        let garbled = PageText {
            kind: TextKind::Garbled,
            ..page(4, "")
        };
        let failed = |number, text| PageText {
            failed: true,
            ..page(number, text)
        };
        let stamped = PageText {
            pictures: 1,
            ..page(7, "12")
        };
        let all = [
            page(1, "Il dort."),
            page(2, ""),
            scan(3),
            garbled,
            failed(5, "Elle"),
            failed(6, ""),
            stamped,
        ];
        let (coverage, pages) = Coverage::of(document(all, &[8]), false);
        let states: Vec<_> = coverage.states.values().copied().collect();
        assert_eq!(
            states,
            [
                PageState::Text,
                PageState::Blank,
                PageState::NoText,
                PageState::NoText,
                PageState::PartOfText,
                PageState::Lost,
                PageState::NoText,
                PageState::Lost
            ]
        );
        assert_eq!(pages.len(), 7);
        let codes: Vec<_> = coverage
            .warnings(&[(1, 8)])
            .into_iter()
            .map(|notice| notice.code)
            .collect();
        assert_eq!(codes, ["NO_TEXT", "PAGES_LOST"]);
    }

    #[test]
    fn blank_pages_alone_are_no_trouble() {
        let (coverage, _) = Coverage::of(
            document([page(1, "Il dort."), page(2, ""), page(3, "")], &[]),
            false,
        );
        assert_eq!(coverage.warnings(&[(1, 1), (2, 3)]), []);
        assert_eq!(coverage.failure((2, 3)), None);
    }

    #[test]
    fn a_chunk_without_text_fails_and_is_not_warned_of_again() {
        let pages = [page(1, "Il dort."), scan(2), page(3, ""), scan(4)];
        let (coverage, _) = Coverage::of(document(pages, &[5]), false);
        let failure = coverage.failure((2, 3)).unwrap();
        assert_eq!(
            (failure.code.as_str(), failure.message.as_str()),
            (
                "NO_TEXT",
                "Pages 2–3 contain no readable text (they may be scans)."
            )
        );
        assert_eq!(coverage.failure((1, 2)), None);
        assert_eq!(coverage.failure((5, 5)).unwrap().code, "PAGES_LOST");
        let warnings = coverage.warnings(&[(1, 3), (4, 4), (5, 5)]);
        let messages: Vec<_> = warnings.iter().map(|notice| notice.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "Page 2 contains no readable text (it may be a scan).",
                "Page 5 could not be read, or not to its end; text is missing."
            ]
        );
    }

    #[test]
    fn limits_and_scanned_text_are_told() {
        let hidden = PageText {
            kind: TextKind::Hidden,
            caps: vec![Cap::Glyphs],
            ..page(1, "Il dort.")
        };
        let pictures = PageText {
            caps: vec![Cap::Pictures],
            ..page(2, "Il dort.")
        };
        let (coverage, _) = Coverage::of(document([hidden, pictures], &[]), false);
        let codes: Vec<_> = coverage
            .warnings(&[(1, 2)])
            .into_iter()
            .map(|notice| notice.code)
            .collect();
        assert_eq!(codes, ["PAGE_LIMIT", "SCAN_TEXT"]);
    }

    #[test]
    fn paragraphs_run_over_pages_but_not_over_holes() {
        let all = [
            page(1, "Il vit"),
            page(2, "la mer et"),
            page(3, ""),
            page(4, "Paul."),
            scan(5),
            page(6, "mais il"),
        ];
        let (_, pages) = Coverage::of(document(all, &[]), false);
        let gaps: Vec<_> = pages
            .iter()
            .filter_map(|page| page.lines.first())
            .map(|line| line.gap_before)
            .collect();
        assert_eq!(gaps, [false, false, false, true]);
    }

    #[test]
    fn a_short_line_at_the_end_of_a_page_lets_a_gap_be_one() {
        let mut short = page(1, "Un titre");
        short.page.lines[0].reach_percent = 40;
        let (_, pages) = Coverage::of(document([short.clone(), page(2, "La mer")], &[]), false);
        assert!(pages[1].lines[0].gap_before);
        let (_, pages) = Coverage::of(document([short, page(2, "et la mer")], &[]), false);
        assert!(!pages[1].lines[0].gap_before);
    }
}
