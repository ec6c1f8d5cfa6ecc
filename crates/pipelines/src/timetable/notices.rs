//! What the user is told, by code (§5).

use docmill_core::codes;
use docmill_core::job::Notice;
use docmill_core::problem::Problem;
use docmill_documents::pdf::Refusal as PdfRefusal;
use docmill_documents::picture::Refusal;
use docmill_documents::sheets::SheetError;

use super::kind::MAX_PDF_PAGES;

/// The file is not of a kind that is read.
const FILE_TYPE: &str = "FILE_TYPE";
/// It is, but it is broken.
const CORRUPT: &str = "CORRUPT";

/// 415.
pub(super) fn file_type() -> Problem {
    Problem::new(
        415,
        FILE_TYPE,
        "Please upload an image (PNG, JPEG, GIF, WebP), a PDF, a Word document or a spreadsheet.",
    )
}

/// 413: sizes in bytes.
pub(super) fn file_too_large(size: u64, limit: u64) -> Problem {
    let detail = format!(
        "This file is {} MB; the limit is {} MB.",
        megabytes(size),
        limit >> 20
    );
    Problem::new(413, "FILE_TOO_LARGE", detail)
}

/// With one decimal, rounded up, so that it is never told to be what is allowed.
fn megabytes(bytes: u64) -> String {
    let tenths = (bytes.saturating_mul(10)).div_ceil(1 << 20);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// 422: nothing in it at all.
pub(super) fn file_empty() -> Problem {
    Problem::new(422, CORRUPT, "The file is empty.")
}

/// The file cannot be read, with its reader's reason if there is one.
pub(super) fn corrupt(refusal: Option<&Refusal>) -> Notice {
    match refusal {
        Some(refusal) if refusal.code != CORRUPT => Notice::new(refusal.code.clone(), &refusal.message),
        _ => Notice::new(CORRUPT, "We could not read this file."),
    }
}

/// A sheet or a document that is not read.
pub(super) fn no_sheet(refusal: &SheetError) -> Notice {
    Notice::new(refusal.code(), refusal.to_string())
}

/// A PDF that is not read.
pub(super) fn refused(refusal: PdfRefusal) -> Notice {
    match refusal {
        PdfRefusal::Damaged => corrupt(None),
        PdfRefusal::Encrypted => Notice::new(
            "PDF_ENCRYPTED",
            "This PDF is password-protected. Remove the password and try again.",
        ),
        PdfRefusal::TooManyPages { pages } => Notice::new(
            "TOO_MANY_PAGES",
            format!("This PDF has {pages} pages; the limit is {MAX_PDF_PAGES}."),
        ),
    }
}

/// Nobody here reads pictures.
pub(super) fn no_reader() -> Notice {
    Notice::new(
        codes::READER_UNAVAILABLE,
        codes::message_of(codes::READER_UNAVAILABLE),
    )
}

/// No page has a timetable.
pub(super) fn no_table() -> Notice {
    Notice::new(
        "NO_TABLE",
        "We did not find a timetable in this file. A straight, sharp picture of 300 dpi works best.",
    )
}

/// There are days, and nothing says when.
pub(super) fn no_times() -> Notice {
    Notice::new(
        "NO_TIMES",
        "We found the days but no times. Enter the times of your periods and run again.",
    )
}

/// Neither the rules nor a model found anything.
pub(super) fn extraction_failed() -> Notice {
    Notice::new(
        "EXTRACTION_FAILED",
        "The timetable could not be read. You can enter it by hand or upload a clearer picture.",
    )
}

/// Warning: pages of the file are not in the result.
pub(super) fn pages_missing(pages: &[u32]) -> Notice {
    let named: Vec<String> = pages.iter().map(u32::to_string).collect();
    let message = match pages {
        [page] => format!("Page {page} could not be read; its blocks are missing."),
        _ => format!(
            "Pages {} could not be read; their blocks are missing.",
            named.join(", ")
        ),
    };
    Notice::new("PAGES_LOST", message)
}

/// Warning: the rules did what a model was to do.
pub(super) fn rules_instead(over_budget: bool) -> Notice {
    match over_budget {
        true => Notice::new(
            "MODEL_BUDGET",
            "The reading service's allowance of this month is used up; the timetable was read by rules.",
        ),
        false => Notice::new(
            "RULES_INSTEAD",
            "The reading service did not give a usable answer; the timetable was read by rules.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_megabytes() {
        assert_eq!(megabytes((10 << 20) + 1), "10.1");
        assert_eq!(megabytes(12 << 20), "12");
        let problem = file_too_large(51 << 20, 50 << 20);
        assert_eq!(problem.detail, "This file is 51 MB; the limit is 50 MB.");
    }
}
