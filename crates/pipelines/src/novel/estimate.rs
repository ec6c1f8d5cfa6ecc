//! What a job will come to, from the sizes of its files.

use docmill_core::account::credits_for;
use docmill_core::pipeline::{Estimate, FileSize};
use docmill_documents::text::PAGE_CHARS;

use super::FileKind;
use super::chunks::{chunk_pages, owned_pages};
use super::notices::MAX_PDF_PAGES;
use super::settings::{Engine, Settings};

/// Bytes of a page of a PDF with text, taken low so that the guess is rather too many pages than too few.
const PDF_PAGE_BYTES: u64 = 10_000;

/// Pages that a worker reads and rewrites by rules in a second, and workers that share a job: what a small installation
/// does.
const PAGES_PER_SECOND: u32 = 40;

/// Seconds from the request to the first chunk.
const START_SECONDS: u32 = 1;

/// Tokens of a text: four characters each, and a tenth on top.
fn tokens(chars: u64) -> u64 {
    chars.div_ceil(4).saturating_mul(110).div_ceil(100)
}

/// Tokens of a page of which nothing is known yet (§3.2).
const PAGE_TOKENS: u64 = 500;

/// Credits for so many tokens at `rate` credits for a thousand; a job costs at least one.
fn credits(tokens: u64, rate: u32) -> u32 {
    u32::try_from(credits_for(tokens, rate)).unwrap_or(u32::MAX)
}

/// Credits for a thousand tokens. The rules need none.
fn rate(settings: &Settings, models: bool) -> u32 {
    match settings.engine {
        Engine::Llm => settings.model_preference.rate(),
        Engine::Auto if models => settings.model_preference.rate(),
        Engine::Rules | Engine::Auto => 0,
    }
}

/// The estimate for a text or a PDF, where there are language models or not.
pub(super) fn estimate(settings: &Settings, models: bool, files: &[FileSize<'_>]) -> Estimate {
    let mut pages = 0;
    let mut all_tokens = 0;
    for file in files {
        let of_file = match FileKind::declared(file.name, file.content_type) {
            Some(FileKind::Pdf) => file
                .size
                .div_ceil(PDF_PAGE_BYTES)
                .clamp(1, u64::from(MAX_PDF_PAGES)),
            _ => file.size.div_ceil(PAGE_CHARS as u64).max(1),
        };
        pages += u32::try_from(of_file).unwrap_or(u32::MAX);
        all_tokens += match FileKind::declared(file.name, file.content_type) {
            Some(FileKind::Pdf) => of_file * PAGE_TOKENS,
            _ => tokens(file.size),
        };
    }
    let rate = rate(settings, models);
    let tokens = if rate > 0 { all_tokens } else { 0 };
    let chunks = owned_pages(pages, chunk_pages(pages)).len();
    Estimate {
        pages: Some(pages),
        chunks: u32::try_from(chunks).unwrap_or(u32::MAX),
        tokens,
        credits: credits(tokens, rate),
        rate,
        seconds: START_SECONDS + pages.div_ceil(PAGES_PER_SECOND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate_of(name: &str, size: u64) -> Estimate {
        let file = FileSize {
            name,
            content_type: "",
            size,
        };
        estimate(&Settings::default(), false, &[file])
    }

    #[test]
    fn credits_follow_the_tokens() {
        assert_eq!(tokens(4_000), 1_100);
        assert_eq!(credits(1_100, 2), 3);
        assert_eq!(credits(1_100, 0), 1, "the rules cost one credit");
        assert_eq!(tokens(1), 2);
    }

    #[test]
    fn pages_make_chunks_as_they_do_in_a_plan() {
        let short = estimate_of("text.txt", 4_000);
        assert_eq!(
            (short.pages, short.chunks, short.credits, short.tokens),
            (Some(2), 1, 1, 0)
        );
        assert_eq!(estimate_of("long.txt", 60 * 3_000).chunks, 2);
        assert_eq!(estimate_of("book.pdf", 1_000_000).pages, Some(100));
        assert_eq!(estimate_of("huge.pdf", u64::MAX / 200).pages, Some(1_000));
        assert_eq!(estimate_of("empty.txt", 0).pages, Some(1));
    }
}
