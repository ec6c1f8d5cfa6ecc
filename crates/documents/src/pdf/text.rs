//! What is handed on of a PDF's text.

use serde::{Deserialize, Serialize};

use crate::Page;

/// One line of what the reader of PDF text writes: JSON, ended by LF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRecord {
    /// First, where the document could be opened: how many pages it has.
    Opened {
        /// Pages.
        pages: u32,
    },
    /// First and last: nothing of it can be read.
    Refused(Refusal),
    /// A page, in order of the pages asked for.
    Page(PageText),
    /// Last: every page asked for was written.
    Done,
}

/// Why nothing of a document can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is no PDF, or so damaged that no page of it is found.
    Damaged,
    /// It asks for a password.
    Encrypted,
    /// It has more pages than were allowed.
    TooManyPages {
        /// Pages.
        pages: u32,
    },
}

/// The text of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// Its number and its lines in reading order, running heads among them.
    pub page: Page,
    /// What kind of text it is.
    pub kind: TextKind,
    /// Pictures on it.
    pub pictures: u32,
    /// Limits that were reached: something on the page is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// The page could not be read to its end. What there is of it may be nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

/// What kind of text a page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// None: an empty page, or a scan.
    #[default]
    None,
    /// Text that is seen.
    Visible,
    /// Only text that is not seen: a scan that somebody put the read text under. Or a scan that was read here.
    Hidden,
    /// Characters that do not stand for what is seen, since a font does not say what its glyphs mean. To be treated
    /// as a scan; the lines are left out.
    Garbled,
}

/// A limit on the work for one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cap {
    /// Runs of glyphs.
    Glyphs,
    /// Rows of text: the page is read row by row, without looking for columns.
    Rows,
    /// Lines drawn.
    Rulings,
    /// Pictures.
    Pictures,
}
