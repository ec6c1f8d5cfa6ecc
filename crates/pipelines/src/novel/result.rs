//! The result document `novel/1`.

use docmill_core::job::Notice;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::chunks::{ChunkOutput, PageRange, Source};
use super::flags::{Flag, Flags};
use super::notices;
use super::rewrite::Rewritten;
use super::settings::Settings;
use super::split::Method;
use super::words::FrenchCount;

/// An original with more characters than this is shown up to here: each of its many pieces repeats it.
const SHOWN_ORIGINAL_CHARS: usize = 2_000;

/// Name and version of the document's form.
const SCHEMA: &str = "novel/1";
/// A chunk with a larger share of fragments than this, in tenths of a percent, is worth a warning where a language model
/// was to leave none (§3.2).
const MOST_FRAGMENTS: usize = 30;

/// What the chunks gave out, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    /// All sentences.
    pub(super) sources: Vec<Source>,
    /// What language models had to do with them, added up.
    pub(super) rewritten: Rewritten,
    /// Chunks with too many fragments.
    pub(super) fragmentary: u32,
    /// Scans that could not be read.
    pub(super) lost: Vec<u32>,
}

impl Gathered {
    /// Adds the next chunk's.
    pub(super) fn add(&mut self, output: ChunkOutput) {
        if let Some(more) = output.rewritten {
            self.rewritten.tokens_in += more.tokens_in;
            self.rewritten.tokens_out += more.tokens_out;
            self.rewritten.left += more.left;
            self.rewritten.over_budget |= more.over_budget;
            let pieces = || output.sources.iter().flat_map(|source| &source.pieces);
            let fragments = pieces()
                .filter(|piece| piece.flags.contains(Flag::Fragment))
                .count();
            if fragments * 1_000 > pieces().count() * MOST_FRAGMENTS {
                self.fragmentary += 1;
            }
        }
        self.lost.extend(output.lost);
        self.sources.extend(output.sources);
    }

    /// What the user should know of it; `scanned` where it could not be known before.
    pub(super) fn warnings(&self, scanned: bool) -> Vec<Notice> {
        let left = self.rewritten.left;
        let fallback = (left > 0).then(|| match self.rewritten.over_budget {
            true => notices::budget_spent(left),
            false => notices::llm_fallback(left),
        });
        let fragments = (self.fragmentary > 0).then(|| notices::fragments(self.fragmentary));
        let lost = (!self.lost.is_empty()).then(|| notices::pages_lost(&self.lost));
        let texts = self.sources.iter().map(|source| source.original.as_str());
        let foreign = (scanned && FrenchCount::of(texts).looks_foreign()).then(notices::not_french);
        let all = [lost, foreign, fallback, fragments];
        all.into_iter().flatten().collect()
    }
}

/// The file that was worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourceFile {
    /// Its name.
    pub(super) filename: String,
    /// Its pages.
    pub(super) pages: u32,
    /// SHA-256 in hexadecimal, where it is known.
    pub(super) sha256: Option<String>,
}

/// A chunk that is missing from the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MissingChunk {
    /// Its number, from 0.
    pub(super) chunk: u32,
    /// The pages whose sentences are missing.
    pub(super) pages: PageRange,
    /// Stable code.
    pub(super) error_code: String,
    /// The sentence for the user.
    pub(super) message: String,
}

/// An output sentence in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row<'a> {
    /// Position, from 1.
    pub(super) index: u64,
    /// The sentence.
    pub(super) text: &'a str,
    /// The source's sentence it comes from.
    pub(super) original: &'a str,
    /// Position of that, from 1.
    pub(super) original_index: u64,
    /// Page on which that begins, from 1.
    pub(super) page: u32,
    /// Words of the output sentence.
    pub(super) words: u32,
    /// How it came to be.
    pub(super) method: Method,
    /// What the user should know of it.
    pub(super) flags: Flags,
}

/// Figures over all output sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Stats {
    source_sentences: u64,
    output_sentences: u64,
    avg_words: String,
    max_words: u32,
    fragments: u64,
    fragment_rate_pct: String,
    over_limit: u64,
    tokens_in: u64,
    tokens_out: u64,
}

impl Stats {
    fn of(gathered: &Gathered) -> Self {
        let sources = &gathered.sources;
        let pieces = || sources.iter().flat_map(|source| &source.pieces);
        let with = |flag| pieces().filter(|piece| piece.flags.contains(flag)).count() as u64;
        let count = pieces().count() as u64;
        let fragments = with(Flag::Fragment);
        Self {
            source_sentences: sources.len() as u64,
            output_sentences: count,
            avg_words: ratio(pieces().map(|piece| u64::from(piece.words)).sum(), count, 2),
            max_words: pieces().map(|piece| piece.words).max().unwrap_or(0),
            fragments,
            fragment_rate_pct: ratio(fragments * 100, count, 1),
            over_limit: with(Flag::OverLimit),
            tokens_in: gathered.rewritten.tokens_in,
            tokens_out: gathered.rewritten.tokens_out,
        }
    }
}

/// `part / whole` as a decimal with `places` digits behind the point, rounded half up; 0 of nothing is 0.
fn ratio(part: u64, whole: u64, places: u32) -> String {
    let scale = 10_u128.pow(places);
    let whole = u128::from(whole);
    let scaled = if whole == 0 {
        0
    } else {
        (u128::from(part) * scale * 2 + whole) / (whole * 2)
    };
    format!(
        "{}.{:0width$}",
        scaled / scale,
        scaled % scale,
        width = places as usize
    )
}

/// The result document, as it is written.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema: &'static str,
    job_id: String,
    source: SourceFile,
    settings: &'a Settings,
    engine: &'static str,
    #[serde(serialize_with = "write_rows")]
    sentences: &'a [Source],
    stats: Stats,
    failed_chunks: Vec<MissingChunk>,
    warnings: &'a [Notice],
}

impl<'a> Document<'a> {
    /// The document of a job's sentences, in order; `llm` where a language model was asked.
    pub(super) fn new(
        job_id: String,
        source: SourceFile,
        settings: &'a Settings,
        llm: bool,
        gathered: &'a Gathered,
        failed_chunks: Vec<MissingChunk>,
        warnings: &'a [Notice],
    ) -> Self {
        let stats = Stats::of(gathered);
        Self {
            schema: SCHEMA,
            job_id,
            source,
            settings,
            engine: if llm { "llm" } else { "rules" },
            sentences: &gathered.sources,
            stats,
            failed_chunks,
            warnings,
        }
    }
}

/// Shortens what is repeated with every piece. To be called once before [`rows`].
pub(super) fn shorten_originals(sources: &mut [Source]) {
    for source in sources {
        let cut = source
            .original
            .char_indices()
            .nth(SHOWN_ORIGINAL_CHARS)
            .map(|(at, _)| at);
        if let Some(at) = cut {
            source.original.truncate(at);
            source.original.push('…');
        }
    }
}

/// The output sentences with their numbers.
pub(super) fn rows(sources: &[Source]) -> impl Iterator<Item = Row<'_>> {
    sources
        .iter()
        .zip(1_u64..)
        .flat_map(|(source, original_index)| {
            source
                .pieces
                .iter()
                .map(move |piece| (source, original_index, piece))
        })
        .zip(1_u64..)
        .map(|((source, original_index, piece), index)| Row {
            index,
            text: &piece.text,
            original: &source.original,
            original_index,
            page: source.page,
            words: piece.words,
            method: piece.method,
            flags: piece.flags,
        })
}

fn write_rows<S: Serializer>(sources: &&[Source], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for row in rows(sources) {
        list.serialize_element(&row)?;
    }
    list.end()
}

/// As much of a written document as later exports need.
#[derive(Debug, Deserialize)]
pub(super) struct StoredDocument {
    /// The file.
    pub(super) source: SourceFile,
    sentences: Vec<StoredRow>,
}

#[derive(Debug, Deserialize)]
struct StoredRow {
    index: u64,
    text: String,
    original: String,
    original_index: u64,
    page: u32,
    words: u32,
    method: Method,
    flags: Flags,
}

impl StoredDocument {
    /// Its output sentences.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.sentences.iter().map(|row| Row {
            index: row.index,
            text: &row.text,
            original: &row.original,
            original_index: row.original_index,
            page: row.page,
            words: row.words,
            method: row.method,
            flags: row.flags,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_rounded_half_up() {
        assert_eq!(ratio(49, 8, 2), "6.13");
        assert_eq!(ratio(0, 0, 1), "0.0");
        assert_eq!(ratio(100, 3, 1), "33.3");
        assert_eq!(ratio(1, 1_000, 2), "0.00");
    }

    #[test]
    fn long_originals_are_shown_in_part() {
        let mut sources = [
            Source {
                original: "é".repeat(2_001),
                page: 1,
                heading: false,
                pieces: Vec::new(),
            },
            Source {
                original: "é".repeat(2_000),
                page: 1,
                heading: false,
                pieces: Vec::new(),
            },
        ];
        shorten_originals(&mut sources);
        assert_eq!(sources[0].original.chars().count(), 2_001);
        assert!(sources[0].original.ends_with('…'));
        assert_eq!(sources[1].original.chars().count(), 2_000);
    }
}
