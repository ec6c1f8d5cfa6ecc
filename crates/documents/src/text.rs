//! Plain text: bytes to characters, characters to pages.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use crate::page::{Line, Page};

/// A page of a text file has this many characters, and then what follows up to the next blank line.
pub const PAGE_CHARS: usize = 3_000;

/// Width of a character cell of a text file, in hundredths of an em: that of the usual monospaced faces.
const CELL_CENTI_EM: u32 = 60;
/// A tab counts as this many cells.
const TAB_CELLS: u32 = 4;
/// Nobody wraps lines wider than a line printer's 132 columns; beyond this a line is a whole paragraph.
const WIDEST_COLUMN: u32 = 160;
/// Control characters that a text may have for each thousand bytes, besides the first few.
const CONTROLS_PER_THOUSAND: usize = 5;
/// Stray control characters forgiven in the shortest file.
const CONTROLS_FORGIVEN: usize = 4;

/// Why bytes are not a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// More bytes than allowed. Nothing was allocated for them.
    #[error("the text has {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// NUL bytes or many control characters.
    #[error("the bytes are not a text")]
    Binary,
}

/// The encoding a text was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// Windows-1252, which contains ISO 8859-1's letters.
    Windows1252,
}

/// A decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The characters; lines end with LF.
    pub text: String,
    /// What the bytes were read as.
    pub encoding: Encoding,
    /// Places where damaged UTF-8 was replaced by U+FFFD.
    pub replaced: usize,
}

/// Whether the bytes cannot be a text: they hold a NUL or many control characters. The beginning of a file is
/// enough to ask with.
pub fn is_binary(bytes: &[u8]) -> bool {
    let mut controls = 0;
    for &byte in bytes {
        match byte {
            0 => return true,
            b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {}
            1..=0x1f | 0x7f => controls += 1,
            _ => {}
        }
    }
    controls > CONTROLS_FORGIVEN + bytes.len() / 1_000 * CONTROLS_PER_THOUSAND
}

/// Decodes a text file of at most `max_bytes`.
///
/// UTF-8 is recognised by its form; everything else is Windows-1252. A text that is UTF-8 but for a few damaged
/// places (a download cut inside a letter) stays UTF-8, with the damage replaced and counted.
///
/// # Errors
/// [`TextError::TooLarge`], checked before anything is allocated; [`TextError::Binary`].
pub fn decode(bytes: &[u8], max_bytes: usize) -> Result<Decoded, TextError> {
    if bytes.len() > max_bytes {
        return Err(TextError::TooLarge {
            size: bytes.len(),
            limit: max_bytes,
        });
    }
    if is_binary(bytes) {
        return Err(TextError::Binary);
    }
    let (bytes, marked) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let (text, encoding, replaced) = match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), Encoding::Utf8, 0),
        Err(_) => {
            let (letters, damaged) = utf8_evidence(bytes);
            if marked || letters > damaged {
                (String::from_utf8_lossy(bytes), Encoding::Utf8, damaged)
            } else {
                (
                    WINDOWS_1252.decode_without_bom_handling(bytes).0,
                    Encoding::Windows1252,
                    0,
                )
            }
        }
    };
    Ok(Decoded {
        text: with_line_feeds(&text),
        encoding,
        replaced,
    })
}

/// Well-formed characters beyond ASCII, and places that are not UTF-8.
pub(crate) fn utf8_evidence(bytes: &[u8]) -> (usize, usize) {
    let mut letters = 0;
    let mut damaged = 0;
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    (letters, damaged)
}

/// CRLF, CR, vertical tab, form feed, NEL and U+2028 end a line; U+2029 ends a paragraph.
fn with_line_feeds(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' => out.push('\n'),
            '\u{2029}' => out.push_str("\n\n"),
            c => out.push(c),
        }
    }
    out
}

/// Cuts a decoded text into pages of [`PAGE_CHARS`] characters (line feeds included), each extended to the next
/// gap of blank lines, so that no block of lines is ever cut. Blank lines are not kept as lines.
pub fn pages(text: &str) -> Vec<Page> {
    let rows = rows(text);
    let column = Column::of(&rows);
    let mut pages = Vec::new();
    let mut lines = Vec::new();
    let mut chars = 0;
    let mut gap = true;
    for block in rows.chunk_by(|a, b| a.is_blank() == b.is_blank()) {
        chars += block.iter().map(|row| row.chars as usize).sum::<usize>();
        if block.iter().any(Row::is_blank) {
            gap = true;
            if chars >= PAGE_CHARS {
                close_page(&mut pages, &mut lines);
                chars = 0;
            }
            continue;
        }
        let left = left_edge(block);
        lines.extend(
            block
                .iter()
                .map(|row| column.line(row, left, std::mem::take(&mut gap))),
        );
    }
    close_page(&mut pages, &mut lines);
    pages
}

fn close_page(pages: &mut Vec<Page>, lines: &mut Vec<Line>) {
    if !lines.is_empty() {
        let number = u32::try_from(pages.len() + 1).unwrap_or(u32::MAX);
        pages.push(Page {
            number,
            lines: std::mem::take(lines),
        });
    }
}

/// The lines of the file; a run of blank ones is one row.
fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for row in text.split('\n').map(Row::new) {
        match rows.last_mut() {
            Some(last) if last.is_blank() && row.is_blank() => {
                last.chars = last.chars.saturating_add(row.chars)
            }
            _ => rows.push(row),
        }
    }
    rows
}

/// A line of the file with its measures in cells, and its characters with the line feed.
struct Row<'a> {
    text: &'a str,
    indent: u32,
    end: u32,
    chars: u32,
}

impl<'a> Row<'a> {
    fn new(line: &'a str) -> Self {
        let indent = line
            .chars()
            .take_while(|c| c.is_whitespace())
            .fold(0_u32, |cells, c| {
                cells.saturating_add(if c == '\t' { TAB_CELLS } else { 1 })
            });
        let text = line.trim();
        let cells = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Self {
            text,
            indent,
            end: indent.saturating_add(cells(text)),
            chars: cells(line).saturating_add(1),
        }
    }

    fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

/// Where the lines of a block begin. The first line is left out: it may be indented, or hang over the others.
fn left_edge(block: &[Row<'_>]) -> u32 {
    let rest = block.get(1..).unwrap_or_default();
    rest.iter()
        .map(|row| row.indent)
        .min()
        .or(block.first().map(|row| row.indent))
        .unwrap_or(0)
}

/// The column that a text file was wrapped in.
struct Column {
    right: u32,
}

impl Column {
    /// Nine lines in ten end at or before the right edge: one long address does not widen the column.
    fn of(rows: &[Row<'_>]) -> Self {
        let mut ends: Vec<u32> = rows
            .iter()
            .filter(|row| !row.is_blank())
            .map(|row| row.end)
            .collect();
        let ninth = ends.len() * 9 / 10;
        let right = match ends.len() {
            0 => 1,
            _ => *ends.select_nth_unstable(ninth).1,
        };
        Self { right: right.max(1) }
    }

    /// In a file that was never wrapped a line is a paragraph, unless it goes on with a small letter.
    fn line(&self, row: &Row<'_>, left: u32, gap: bool) -> Line {
        let unwrapped = self.right > WIDEST_COLUMN && !row.text.starts_with(char::is_lowercase);
        let reach = u64::from(row.end) * 100 / u64::from(self.right);
        Line {
            text: row.text.to_owned(),
            gap_before: gap || unwrapped,
            indent_centi_em: row.indent.saturating_sub(left).saturating_mul(CELL_CENTI_EM),
            reach_percent: u8::try_from(reach.min(100)).unwrap_or(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 1 << 20;

    fn text_of(bytes: &[u8]) -> String {
        decode(bytes, LIMIT).unwrap().text
    }

    #[test]
    fn utf8_with_and_without_mark() {
        assert_eq!(text_of("\u{feff}Été".as_bytes()), "Été");
        assert_eq!(text_of("Été".as_bytes()), "Été");
        assert_eq!(text_of(b""), "");
    }

    #[test]
    fn windows_1252_when_not_utf8() {
        let decoded = decode(b"\x93\xc9t\xe9\x94 \x85 c\x9cur", LIMIT).unwrap();
        assert_eq!(decoded.text, "“Été” … cœur");
        assert_eq!(decoded.encoding, Encoding::Windows1252);
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let mut bytes = "à é è ç".as_bytes().to_vec();
        bytes.push(0xc3);
        let decoded = decode(&bytes, LIMIT).unwrap();
        assert_eq!(decoded.text, "à é è ç\u{fffd}");
        assert_eq!((decoded.encoding, decoded.replaced), (Encoding::Utf8, 1));
    }

    #[test]
    fn binary_is_refused() {
        assert_eq!(decode(b"PK\x03\x04\0\0", LIMIT), Err(TextError::Binary));
        assert_eq!(decode(&[0x01; 64], LIMIT), Err(TextError::Binary));
        assert_eq!(text_of(b"Bonjour.\x1a"), "Bonjour.\u{1a}");
    }

    #[test]
    fn limit_comes_first() {
        assert_eq!(decode(&[0; 5], 4), Err(TextError::TooLarge { size: 5, limit: 4 }));
    }

    #[test]
    fn every_line_end_becomes_a_line_feed() {
        assert_eq!(
            text_of("a\r\nb\rc\nd\u{c}e\u{2028}f\u{2029}g".as_bytes()),
            "a\nb\nc\nd\ne\nf\n\ng"
        );
    }

    #[test]
    fn a_page_reaches_to_the_next_blank_line() {
        let paragraph = "x".repeat(99);
        // 29 lines of 100 characters, then one block that crosses 3,000, then another.
        let mut text = format!("{paragraph}\n").repeat(29);
        text.push_str(&format!("{paragraph}\n{paragraph}\n{paragraph}\n\nreste\n"));
        let pages = pages(&text);
        assert_eq!(
            pages.iter().map(|page| page.lines.len()).collect::<Vec<_>>(),
            [32, 1]
        );
        assert_eq!(pages[1].number, 2);
        assert!(pages[1].lines[0].gap_before);
    }

    #[test]
    fn no_blank_line_no_second_page() {
        assert_eq!(pages(&"ligne\n".repeat(2_000)).len(), 1);
        assert!(pages("\n \n\t\n").is_empty());
    }

    #[test]
    fn indents_are_measured_against_the_block() {
        let found = pages("Premier\n   Deuxième\nsuite\n\n  * puce\n    suite\n    fin");
        let indents: Vec<_> = found[0].lines.iter().map(|line| line.indent_centi_em).collect();
        assert_eq!(indents, [0, 180, 0, 0, 0, 0]);
    }

    #[test]
    fn reach_tells_short_lines() {
        let full = "x".repeat(70);
        let found = pages(&format!("{full}\n{full}\n{}\n{full}", "y".repeat(35)));
        let reach: Vec<_> = found[0].lines.iter().map(|line| line.reach_percent).collect();
        assert_eq!(reach, [100, 100, 50, 100]);
    }

    #[test]
    fn unwrapped_lines_are_paragraphs() {
        let long = "mot ".repeat(100);
        let found = pages(&format!("Un {long}\nDeux {long}\nsuite {long}"));
        let gaps: Vec<_> = found[0].lines.iter().map(|line| line.gap_before).collect();
        assert_eq!(gaps, [true, true, false]);
    }

    proptest! {
        #[test]
        fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(decoded) = decode(&bytes, LIMIT) {
                prop_assert!(!decoded.text.contains('\r'));
                pages(&decoded.text);
            }
        }

        #[test]
        fn pages_lose_no_line(text in "[a-zé .\n]{0,600}") {
            let before: Vec<_> = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
            let found = pages(&text);
            let after: Vec<_> = found.iter().flat_map(|page| &page.lines).map(|line| line.text.as_str()).collect();
            prop_assert_eq!(before, after);
        }
    }
}
