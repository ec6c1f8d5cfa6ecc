//! What a job will come to, from the sizes of its files.

use docmill_core::account::credits_for;
use docmill_core::pipeline::{Estimate, FileSize};

use super::kind::{FileKind, MAX_PDF_PAGES};
use super::llm::MAX_ANSWER_TOKENS;
use super::settings::{Engine, Settings};

/// Bytes of a page of a PDF, taken low so that the guess is rather too many pages than too few.
const PDF_PAGE_BYTES: u64 = 50_000;
/// Credits for a thousand tokens: those of a model of the middle tier.
const RATE: u32 = 3;
/// Characters of the longest list of words.
const LIST_CHARS: u64 = 8_000;
/// A picture's longer side is at least so much longer than the other one; most are 4:3.
const SHORTER_PERCENT: u64 = 75;
/// Seconds from the request to the first page, and for a page.
const START_SECONDS: u32 = 1;
const PAGE_SECONDS: u32 = 6;

/// Tokens of a page (§3.2), of which nothing is known yet but how large its copy will be at most.
fn page_tokens(settings: &Settings) -> u64 {
    let side = u64::from(settings.max_image_dimension);
    let pixels = side * side * SHORTER_PERCENT / 100;
    let others = LIST_CHARS.div_ceil(4) + u64::from(MAX_ANSWER_TOKENS);
    // Rounded once: a token is 750 pixels.
    ((pixels + others * 750) * 110).div_ceil(750 * 100)
}

/// The estimate for files, where there are language models or not.
pub(super) fn estimate(settings: &Settings, models: bool, files: &[FileSize<'_>]) -> Estimate {
    let pages: u64 = files
        .iter()
        .map(|file| match FileKind::declared(file.name, file.content_type) {
            Some(FileKind::Pdf) => file
                .size
                .div_ceil(PDF_PAGE_BYTES)
                .clamp(1, u64::from(MAX_PDF_PAGES)),
            _ => 1,
        })
        .sum();
    let asks = models && settings.engine != Engine::Rules;
    let tokens = if asks { pages * page_tokens(settings) } else { 0 };
    let rate = if asks { RATE } else { 0 };
    // By the rules a page is a credit; with a model that found nothing to do it is not less.
    let credits = match asks {
        true => credits_for(tokens, rate).max(pages),
        false => pages,
    };
    let count = u32::try_from(pages).unwrap_or(u32::MAX);
    Estimate {
        pages: Some(count),
        chunks: count,
        tokens,
        credits: u32::try_from(credits).unwrap_or(u32::MAX),
        rate,
        seconds: START_SECONDS.saturating_add(count.saturating_mul(PAGE_SECONDS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(engine: Engine, models: bool, name: &str, size: u64) -> Estimate {
        let settings = Settings {
            engine,
            ..Settings::default()
        };
        let file = FileSize {
            name,
            content_type: "",
            size,
        };
        estimate(&settings, models, &[file])
    }

    #[test]
    fn a_page_by_rules_is_a_credit() {
        assert_eq!(of(Engine::Auto, false, "a.png", 3_000_000).credits, 1);
        assert_eq!(of(Engine::Rules, true, "a.pdf", 99_000).credits, 2);
        assert_eq!(of(Engine::Rules, true, "a.pdf", 50 << 20).pages, Some(20));
    }

    #[test]
    fn a_model_is_paid_by_its_tokens() {
        let estimate = of(Engine::Auto, true, "a.png", 1);
        // ceil((2048 x 1536 / 750 + 8000 / 4 + 4096) x 1.10)
        assert_eq!(estimate.tokens, 11_320);
        assert_eq!((estimate.credits, estimate.rate), (34, 3));
    }
}
