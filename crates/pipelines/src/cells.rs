//! Cells and sheets of exports that spreadsheets open.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// UTF-16 units that Excel takes in a cell.
const CELL_UNITS: usize = 32_767;
/// Characters that Excel takes in a sheet's name.
pub(crate) const SHEET_NAME_CHARS: usize = 31;
/// Characters that Excel refuses in a sheet's name.
const NOT_IN_SHEET_NAMES: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// A text for a cell of CSV. One that begins like a formula gets an apostrophe in front, which makes it plain text for
/// whatever program opens the file: text comes from documents, and documents from anybody.
///
/// What counts is the first character that a program may see: blanks and marks without a width are skipped, since some
/// programs trim cells, and full-width signs stand for the usual ones, since some programs take them for these. Numbers
/// are not texts: a negative amount is written without this.
pub(crate) fn harmless(cell: &str) -> Cow<'_, str> {
    let seen = cell.trim_start_matches(|c: char| c.is_whitespace() || is_unseen(c));
    let skipped_control = cell.starts_with(['\t', '\r', '\n']);
    let first = seen.chars().next().and_then(|c| c.nfkc().next());
    if skipped_control || first.is_some_and(|first| "=+-@".contains(first)) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// As much of a text as a cell holds. Only a text without any end or pause for pages is longer.
pub(crate) fn fitting(text: &str) -> Cow<'_, str> {
    if text.len() <= CELL_UNITS {
        return Cow::Borrowed(text);
    }
    let mut units = 1;
    let kept = text.chars().take_while(|c| {
        units += c.len_utf16();
        units <= CELL_UNITS
    });
    let kept: String = kept.collect();
    if kept.len() == text.len() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(kept + "…")
    }
}

/// A text as the name of a sheet, as far as Excel takes it; `None` where nothing is left.
pub(crate) fn sheet_name(text: &str) -> Option<String> {
    let name: String = text
        .chars()
        .filter(|c| !NOT_IN_SHEET_NAMES.contains(c) && !c.is_control() && c.len_utf16() == 1)
        .take(SHEET_NAME_CHARS)
        .collect();
    // Excel keeps the name History for itself and takes no apostrophe at either end.
    let name = name.trim().trim_matches('\'');
    (!name.is_empty() && !name.eq_ignore_ascii_case("history")).then(|| name.to_owned())
}

/// Control characters and marks without a width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_text() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u{a0}=1",
            "\u{3000}+1",
            "\u{200b}=1",
            "\u{feff}=1",
            "\u{202e}=1",
            "\0=1",
            "\u{ff1d}1+1",
            "\u{ff0b}1",
            "\u{ff0d}1",
            "\u{ff20}SUM(A1)",
            "\u{fe66}1",
            " \u{ff1d}1",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"), "{formula:?}");
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "",
            " ",
            "— Oui.",
            "Oui = non",
            "«=»",
            "1+1",
            "'=1",
            "été",
            "1.5",
            "#N/A",
        ] {
            assert_eq!(harmless(text), text);
        }
    }
}
