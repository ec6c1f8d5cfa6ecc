//! What the user is told, by code.

use docmill_core::job::Notice;
use docmill_core::problem::Problem;

/// The largest text file, in bytes.
pub(super) const MAX_TEXT_BYTES: u64 = 10 * 1024 * 1024;

const FILE_TYPE: &str = "FILE_TYPE";
const NO_TEXT: &str = "NO_TEXT";

const NOT_A_TEXT: &str = "This is not a PDF or text file. Please upload a .pdf or .txt.";
const PDF_NOT_READ: &str =
    "PDF files cannot be read by this version. Please save the text as .txt and upload that.";

/// 415: neither kind of file.
pub(super) fn file_type() -> Problem {
    Problem::new(415, FILE_TYPE, NOT_A_TEXT)
}

/// 415: a PDF, which is not read yet.
pub(super) fn pdf_not_read() -> Problem {
    Problem::new(415, FILE_TYPE, PDF_NOT_READ)
}

/// 413.
pub(super) fn file_too_large() -> Problem {
    Problem::new(413, "FILE_TOO_LARGE", "The file is larger than 10 MB.")
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
