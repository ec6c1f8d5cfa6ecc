//! Pages and lines, whatever file they were read from.

use serde::{Deserialize, Serialize};

/// One page of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Counted from 1.
    pub number: u32,
    /// Its lines from top to bottom, none of them empty.
    pub lines: Vec<Line>,
}

/// One line of text with as much of its place on the page as tells paragraphs apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The text as found, without white space at either end.
    pub text: String,
    /// A blank line, or a gap as wide as one, stands above.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gap_before: bool,
    /// How far the line begins to the right of its column's left edge, in hundredths of an em.
    pub indent_centi_em: u32,
    /// How far across its column the line reaches, in percent, at most 100.
    pub reach_percent: u8,
}
