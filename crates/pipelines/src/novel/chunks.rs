//! Pages to chunks, and the work on one chunk.
//!
//! Paragraphs are put together and repaired once, over the whole document, when the plan is made; a chunk is
//! handed every paragraph that touches its reading window, whole. What becomes of a sentence depends on its
//! paragraph alone, so it is the same in whatever chunk it is read, and the outputs of any number of chunks, put
//! one behind the other, are those of a single chunk over the whole document.

use docmill_core::job::Notice;
use docmill_documents::Page;
use serde::{Deserialize, Serialize};

use super::characters::{begins_with_dash, opens_quote};
use super::flags::Flag;
use super::hyphens;
use super::paragraphs::{Paragraph, paragraphs};
use super::rewrite::Rewritten;
use super::scans::ScannedPages;
use super::sentences::sentences;
use super::settings::Settings;
use super::split::{Kind, Piece, split};
use super::words::count_words;

/// Pages read on each side of the owned ones.
const CONTEXT_PAGES: u32 = 2;
/// Most chunks of a plan.
const MAX_CHUNKS: u32 = docmill_core::job::Job::MAX_CHUNKS;

/// Pages of a chunk of a document of `pages`: documents of more than 50 pages are cut finer, so that several
/// workers can share them; beyond the largest number of chunks the chunks grow.
pub(super) fn chunk_pages(pages: u32) -> u32 {
    let size = match pages {
        0..=50 => 50,
        51..=200 => 40,
        _ => 30,
    };
    size.max(pages.div_ceil(MAX_CHUNKS))
}

/// First and last page, from 1.
pub(super) type PageRange = (u32, u32);

/// The pages that each chunk of `size` pages owns: it gives out the sentences that begin on them. At least one
/// chunk.
pub(super) fn owned_pages(pages: u32, size: u32) -> Vec<PageRange> {
    let size = size.max(1);
    let count = pages.div_ceil(size).max(1);
    (0..count)
        .map(|chunk| (chunk * size + 1, ((chunk + 1) * size).min(pages.max(1))))
        .collect()
}

/// The pages that a chunk reads.
pub(super) fn window((first, last): PageRange, pages: u32) -> PageRange {
    (
        first.saturating_sub(CONTEXT_PAGES).max(1),
        last.saturating_add(CONTEXT_PAGES).min(pages.max(last)),
    )
}

/// R2–R4: the paragraphs of a document.
pub(super) fn read(pages: &[Page], settings: &Settings) -> Vec<Paragraph> {
    let mut found = paragraphs(pages);
    if settings.fix_hyphenation {
        hyphens::repair(&mut found);
    } else {
        found.iter_mut().for_each(hyphens::unwrap_lines);
    }
    found
}

/// The paragraphs, in order, of which some character stands in the window.
pub(super) fn in_window(paragraphs: &[Paragraph], (first, last): PageRange) -> &[Paragraph] {
    let from = paragraphs.partition_point(|paragraph| paragraph.span().1 < first);
    let to = paragraphs.partition_point(|paragraph| paragraph.span().0 <= last);
    paragraphs.get(from..to).unwrap_or_default()
}

/// All that a chunk needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChunkInput<P> {
    /// The job's settings.
    pub(super) settings: Settings,
    /// A language model is asked about what is too long.
    #[serde(default)]
    pub(super) llm: bool,
    /// The pages whose sentences the chunk gives out.
    pub(super) owned: PageRange,
    /// The paragraphs of its reading window.
    pub(super) paragraphs: P,
    /// Its pages, where some of them are to be read first: then there are no paragraphs yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scanned: Option<ScannedPages>,
    /// Why its pages have nothing to give, should that be known: it fails with this.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<Notice>,
}

/// A sentence of the document, or a heading, with what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    /// As it stands in the document, on one line.
    pub(super) original: String,
    /// The page its first character stands on.
    pub(super) page: u32,
    /// A chapter's heading.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) heading: bool,
    /// The output sentences, at least one.
    pub(super) pieces: Vec<Piece>,
}

/// What a chunk gives out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChunkOutput {
    /// Its sentences.
    pub(super) sources: Vec<Source>,
    /// What a language model had to do with them, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rewritten: Option<Rewritten>,
    /// Scans that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lost: Vec<u32>,
}

/// The sentences that a language model is asked about: those of the text that are longer than the limit.
pub(super) fn too_long(sources: &[Source], settings: &Settings) -> Vec<usize> {
    let asked = |source: &Source| {
        let kept = settings.ignore_dialogue
            && source
                .pieces
                .iter()
                .any(|piece| piece.flags.contains(Flag::Dialogue));
        !source.heading && !kept && count_words(&source.original) > settings.sentence_length_limit
    };
    let numbered = sources.iter().enumerate();
    numbered
        .filter(|(_, source)| asked(source))
        .map(|(n, _)| n)
        .collect()
}

/// R5–R11 for one chunk.
pub(super) fn process(input: &ChunkInput<Vec<Paragraph>>) -> Vec<Source> {
    let owned = input.owned.0..=input.owned.1;
    let mut found = Vec::new();
    for paragraph in &input.paragraphs {
        if paragraph.heading && !input.settings.include_headings {
            continue;
        }
        let ranges = if paragraph.heading {
            std::iter::once(0..paragraph.text.len()).collect()
        } else {
            sentences(&paragraph.text)
        };
        let speech = begins_with_dash(&paragraph.text);
        for range in ranges {
            let page = paragraph.page_of(range.start);
            if owned.contains(&page) {
                let original = &paragraph.text[range];
                let dialogue = !paragraph.heading && (speech || original.starts_with(opens_quote));
                let kind = Kind {
                    dialogue,
                    heading: paragraph.heading,
                };
                let pieces = split(original, kind, &input.settings);
                found.push(Source {
                    original: original.to_owned(),
                    page,
                    heading: paragraph.heading,
                    pieces,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acceptance_18() {
        let count = |pages| owned_pages(pages, chunk_pages(pages)).len();
        assert_eq!((count(50), count(51), count(200), count(201)), (1, 2, 5, 7));
        assert_eq!((count(0), count(1), count(1_000)), (1, 1, 34));
        assert_eq!(count(100_000), 500);
    }

    #[test]
    fn acceptance_17_pages_and_windows() {
        let owned = owned_pages(120, chunk_pages(120));
        assert_eq!(owned, [(1, 40), (41, 80), (81, 120)]);
        let windows: Vec<_> = owned.into_iter().map(|owned| window(owned, 120)).collect();
        assert_eq!(windows, [(1, 42), (39, 82), (79, 120)]);
    }

    #[test]
    fn windows_hold_whole_paragraphs() {
        let paragraph = |first, last| Paragraph {
            text: "x".to_owned(),
            pages: if first == last {
                vec![(0, first)]
            } else {
                vec![(0, first), (1, last)]
            },
            heading: false,
        };
        let all = [
            paragraph(1, 1),
            paragraph(1, 4),
            paragraph(4, 4),
            paragraph(5, 5),
            paragraph(9, 9),
        ];
        assert_eq!(in_window(&all, (4, 5)), &all[1..4]);
        assert_eq!(in_window(&all, (6, 8)), &all[4..4]);
        assert_eq!(in_window(&[], (1, 1)), &[]);
    }
}
