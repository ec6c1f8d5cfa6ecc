//! Which character separates the cells of a text.

use serde::{Deserialize, Serialize};

/// A character that separates cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`, where the comma is the decimal mark.
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
}

/// All of them, the ones first that hardly stand in a number or a text: of two that separate equally well, the first is
/// the delimiter.
pub(super) const ALL: [Delimiter; 4] = [
    Delimiter::Tab,
    Delimiter::Semicolon,
    Delimiter::Pipe,
    Delimiter::Comma,
];

impl Delimiter {
    /// The character, which is ASCII.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// Rows that are compared.
const SAMPLE_ROWS: usize = 200;
/// Counts of one row beyond this are alike.
const MOST_COUNTED: usize = 1_023;

/// How well a delimiter separates a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) delimiter: Delimiter,
    /// Rows that have as many cells as most others, which is at least two.
    pub(super) alike: usize,
    /// Rows looked at.
    pub(super) rows: usize,
}

/// The delimiter that gives the most rows the same number of cells, two or more, outside quotation marks; none if no row
/// has any. Rows of a preamble or of totals are outvoted by the table.
pub(super) fn guess(sample: &str) -> Option<Guess> {
    let mut best: Option<Guess> = None;
    for delimiter in ALL {
        let counts = counts(sample, delimiter.byte());
        let mut of_count = vec![0_usize; MOST_COUNTED + 1];
        for count in counts.iter().filter(|count| **count > 0) {
            if let Some(rows) = of_count.get_mut((*count).min(MOST_COUNTED)) {
                *rows += 1;
            }
        }
        let alike = of_count.iter().copied().max().unwrap_or(0);
        if alike > best.map_or(0, |best| best.alike) {
            best = Some(Guess {
                delimiter,
                alike,
                rows: counts.len(),
            });
        }
    }
    best
}

/// The delimiters of each row that is not blank.
fn counts(sample: &str, delimiter: u8) -> Vec<usize> {
    let mut counts = Vec::new();
    let mut count = 0;
    let mut blank = true;
    let mut quoted = false;
    let mut cell_start = true;
    for byte in sample.bytes() {
        match byte {
            b'"' if cell_start || quoted => quoted = !quoted,
            b'\n' if !quoted => {
                if !blank {
                    counts.push(count);
                }
                if counts.len() == SAMPLE_ROWS {
                    return counts;
                }
                (count, blank) = (0, true);
            }
            byte if byte == delimiter && !quoted => count += 1,
            _ => {}
        }
        blank &= byte.is_ascii_whitespace();
        // The second mark of a doubled one opens the quotation again.
        cell_start = !quoted && (byte == delimiter || byte == b'\n' || byte == b'"');
    }
    if !blank {
        counts.push(count);
    }
    counts
}

/// The delimiter that Excel is told by a first line `sep=;`.
pub(super) fn declared(sample: &str) -> Option<Delimiter> {
    let line = sample.split('\n').next()?.trim_matches([' ', '"']);
    let (word, sign) = line.split_at_checked(4)?;
    let mut signs = sign.bytes();
    let byte = signs.next()?;
    let alone = signs.next().is_none();
    (word.eq_ignore_ascii_case("sep=") && alone)
        .then(|| ALL.into_iter().find(|delimiter| delimiter.byte() == byte))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sample: &str) -> Option<Delimiter> {
        guess(sample).map(|guess| guess.delimiter)
    }

    #[test]
    fn the_most_even_one_wins() {
        assert_eq!(of("Date,Text,Amount\n1,a;b,2\n2,c,3\n"), Some(Delimiter::Comma));
        assert_eq!(
            of("Date;Amount\n01.02.24;1,50\n02.02.24;2,75\n"),
            Some(Delimiter::Semicolon)
        );
        // No header, a decimal comma in every row.
        assert_eq!(of("01.02.24;1,50\n02.02.24;2,75\n"), Some(Delimiter::Semicolon));
        assert_eq!(of("a\tb\n1,2\t3,4\n"), Some(Delimiter::Tab));
        assert_eq!(of("a|b|c\nx, y|2|3\n"), Some(Delimiter::Pipe));
        assert_eq!(of("one\ntwo\n"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn a_preamble_is_outvoted() {
        let text =
            "Statement, account; 12\nFrom 1, to 2, of 2024\n\nDate;Text;Amount\n1;a;2,0\n2;b;3,0\n3;c;1,0\n";
        assert_eq!(of(text), Some(Delimiter::Semicolon));
    }

    #[test]
    fn quoted_ones_do_not_count() {
        let text = "\"a;b\";\"c,d\";2\n\"e,\"\"f\"\",\n;g\";h;3\n";
        let found = guess(text).unwrap();
        assert_eq!(
            (found.delimiter, found.alike, found.rows),
            (Delimiter::Semicolon, 2, 2)
        );
    }

    #[test]
    fn excel_is_told() {
        assert_eq!(declared("sep=;\na,b\n"), Some(Delimiter::Semicolon));
        assert_eq!(declared("SEP=\t\na,b\n"), Some(Delimiter::Tab));
        assert_eq!(declared("\"sep=|\"\n"), Some(Delimiter::Pipe));
        assert_eq!(declared("sep=x\n"), None);
        assert_eq!(declared("sep=\n"), None);
        assert_eq!(declared("sepé;\n"), None);
        assert_eq!(declared("separator;a\n"), None);
    }
}
