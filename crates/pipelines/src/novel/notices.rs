//! What the user is told, by code.

use docmill_core::job::Notice;
use docmill_core::problem::Problem;
use docmill_documents::pdf::Refusal;

use super::chunks::PageRange;

/// The largest text file, in bytes.
pub(super) const MAX_TEXT_BYTES: u64 = 10 * 1024 * 1024;
/// The largest PDF, in bytes.
pub(super) const MAX_PDF_BYTES: u64 = 50 * 1024 * 1024;
/// Most pages of a PDF.
pub(super) const MAX_PDF_PAGES: u32 = 1_000;

const FILE_TYPE: &str = "FILE_TYPE";
const NO_TEXT: &str = "NO_TEXT";

const NOT_A_TEXT: &str = "This is not a PDF or text file. Please upload a .pdf or .txt.";
/// Runs of pages that a notice names: its message has an end.
const NAMED_RUNS: usize = 12;

/// 415: neither kind of file.
pub(super) fn file_type() -> Problem {
    Problem::new(415, FILE_TYPE, NOT_A_TEXT)
}

/// 413, with the limit of its kind of file in bytes.
pub(super) fn file_too_large(limit: u64) -> Problem {
    let detail = format!("The file is larger than {} MB.", limit >> 20);
    Problem::new(413, "FILE_TOO_LARGE", detail)
}

/// 422: nothing in it at all.
pub(super) fn file_empty() -> Problem {
    Problem::new(422, NO_TEXT, "The file is empty.")
}

/// The pages hold no word.
pub(super) fn no_text((first, last): (u32, u32)) -> Notice {
    Notice::new(
        NO_TEXT,
        format!("Pages {first}–{last} contain no readable text (they may be scans)."),
    )
}

/// The PDF cannot be read at all.
pub(super) fn refused(refusal: Refusal) -> Notice {
    match refusal {
        Refusal::Damaged => Notice::new("INVALID_PDF", "We could not open this PDF. It may be damaged."),
        Refusal::Encrypted => Notice::new(
            "PDF_ENCRYPTED",
            "This PDF is password-protected. Remove the password and try again.",
        ),
        Refusal::TooManyPages { pages } => Notice::new(
            "TOO_MANY_PAGES",
            format!("This PDF has {pages} pages; the limit is {MAX_PDF_PAGES}."),
        ),
    }
}

/// Warning: these pages, among others that have, hold no word.
pub(super) fn some_no_text(pages: &[u32]) -> Notice {
    let message = match pages {
        [page] => format!("Page {page} contains no readable text (it may be a scan)."),
        _ => format!("{} contain no readable text (they may be scans).", named(pages)),
    };
    Notice::new(NO_TEXT, message)
}

/// Warning, and failure of a chunk: these pages could not be read.
pub(super) fn pages_lost(pages: &[u32]) -> Notice {
    let message = format!(
        "{} could not be read, or not to {} end; text is missing.",
        named(pages),
        if pages.len() == 1 { "its" } else { "their" }
    );
    Notice::new("PAGES_LOST", message)
}

/// Warning: these pages hold more than is looked at.
pub(super) fn page_limit(pages: &[u32]) -> Notice {
    let message = format!(
        "{} {} more than is read of a page; text may be missing or out of order.",
        named(pages),
        if pages.len() == 1 { "holds" } else { "hold" }
    );
    Notice::new("PAGE_LIMIT", message)
}

/// Warning: the text of these pages was read from their scans by somebody's program.
pub(super) fn scan_text(pages: &[u32]) -> Notice {
    let message = format!(
        "{} {} with the text that a program read from {}; it may have mistakes.",
        named(pages),
        if pages.len() == 1 {
            "is a scan"
        } else {
            "are scans"
        },
        if pages.len() == 1 { "it" } else { "them" },
    );
    Notice::new("SCAN_TEXT", message)
}

/// Warning: the result lacks the sentences of these runs of pages.
pub(super) fn parts_missing(runs: &[PageRange]) -> Notice {
    let message = format!(
        "Parts are missing from this result: {} could not be processed.",
        named_runs(runs).replacen('P', "p", 1)
    );
    Notice::new("PARTS_MISSING", message)
}

/// `Page 7`, `Pages 3–5, 9`: of rising numbers.
fn named(pages: &[u32]) -> String {
    let runs = pages.chunk_by(|page, next| page + 1 == *next);
    let ends = |run: &[u32]| Some((*run.first()?, *run.last()?));
    named_runs(&runs.filter_map(ends).collect::<Vec<_>>())
}

fn named_runs(runs: &[PageRange]) -> String {
    let run = |(first, last): &PageRange| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    let shown: Vec<String> = runs.iter().take(NAMED_RUNS).map(run).collect();
    let shown = shown.join(", ");
    let rest: u32 = runs
        .iter()
        .skip(NAMED_RUNS)
        .map(|(first, last)| last - first + 1)
        .sum();
    match (runs, rest) {
        ([(first, last)], _) if first == last => format!("Page {shown}"),
        (_, 0) => format!("Pages {shown}"),
        (_, rest) => format!("Pages {shown} and {rest} more"),
    }
}

/// Warning: a language model left sentences to the rules.
pub(super) fn llm_fallback(count: u32) -> Notice {
    let message = match count {
        1 => "1 sentence was split by rule because the writing service did not answer.".to_owned(),
        _ => format!("{count} sentences were split by rule because the writing service did not answer."),
    };
    Notice::new("LLM_FALLBACK", message)
}

/// Warning: the same, because nobody pays for more.
pub(super) fn budget_spent(count: u32) -> Notice {
    let message = format!(
        "This month's budget for the writing service is used up; sentences split by rule: {count}. Run the job again next \
         month, or ask for a larger budget."
    );
    Notice::new("MODEL_BUDGET", message)
}

/// Warning: in these many chunks more than 3 % of the sentences are fragments.
pub(super) fn fragments(chunks: u32) -> Notice {
    let parts = match chunks {
        1 => "1 part of the text has".to_owned(),
        _ => format!("{chunks} parts of the text have"),
    };
    Notice::new(
        "FRAGMENTS",
        format!("{parts} more than 3 % of sentences without a verb."),
    )
}

/// Warning: too few of the commonest French words.
pub(super) fn not_french() -> Notice {
    Notice::new(
        "NOT_FRENCH",
        "This text does not look French; results may be poor.",
    )
}

/// Warning: damaged characters.
pub(super) fn unreadable_characters(count: usize) -> Notice {
    let message = match count {
        1 => "1 damaged place of the file could not be read; it is marked with �.".to_owned(),
        _ => format!("{count} damaged places of the file could not be read; they are marked with �."),
    };
    Notice::new("UNREADABLE_CHARACTERS", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_named_in_runs() {
        assert_eq!(named(&[7]), "Page 7");
        assert_eq!(named(&[7, 8]), "Pages 7–8");
        assert_eq!(named(&[1, 3, 4, 5, 9]), "Pages 1, 3–5, 9");
        let many: Vec<u32> = (1..=40).map(|n| n * 2).collect();
        assert_eq!(
            named(&many),
            "Pages 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 28 more"
        );
    }

    #[test]
    fn no_notice_is_cut() {
        let many: Vec<u32> = (450..=500).map(|n| n * 2).collect();
        for notice in [some_no_text, pages_lost, page_limit, scan_text] {
            assert!(notice(&many).message.ends_with('.'));
        }
        let runs: Vec<PageRange> = (0..40).map(|n| (n * 30 + 1, n * 30 + 30)).collect();
        let message = parts_missing(&runs).message;
        assert!(message.starts_with("Parts are missing from this result: pages 1–30, "));
        assert!(message.ends_with("could not be processed."));
    }
}
