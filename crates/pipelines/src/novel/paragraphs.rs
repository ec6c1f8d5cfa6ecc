//! R4: paragraphs and headings.

use docmill_documents::{Line, Page};
use serde::{Deserialize, Serialize};

use super::characters::{NOT_SIGN, SOFT_HYPHEN, begins_with_dash, clean, closes, ends_sentence, opens_quote};
use super::sentences::ends_with_abbreviation;
use super::words::{List, bare, count_words, fold};

/// A line that begins further to the right than this begins a paragraph.
const INDENT_CENTI_EM: u32 = 100;
/// A line that ends a sentence and reaches less far across its column than this ends its paragraph.
pub(super) const SHORT_LINE_PERCENT: u8 = 80;
/// Headings have at most this many words.
const HEADING_WORDS: u32 = 8;
/// Where paragraphs cannot be told apart, one ends with the first sentence after this many lines: chunks share
/// whole paragraphs, so none may grow with the document.
const LONGEST_PARAGRAPH_LINES: usize = 400;
/// Where not even sentences end, a paragraph ends with the line that reaches this many bytes.
const LONGEST_PARAGRAPH_BYTES: usize = 128 * 1024;

/// A line with so many dots in a row, spaces between them or not, and a number behind them, is a line of a table of
/// contents.
const LEADER_DOTS: usize = 5;

/// A paragraph, and the page each of its characters stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Paragraph {
    /// The text. As long as hyphenation is undecided, lines are separated by LF; afterwards it is one line.
    pub(super) text: String,
    /// From which byte on the text stands on which page; the first entry is for byte 0.
    pub(super) pages: Vec<(usize, u32)>,
    /// Whether it is a heading.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) heading: bool,
}

impl Paragraph {
    /// The page that byte `at` stands on.
    pub(super) fn page_of(&self, at: usize) -> u32 {
        let after = self.pages.partition_point(|(from, _)| *from <= at);
        self.pages
            .get(after.saturating_sub(1))
            .map_or(1, |(_, page)| *page)
    }

    /// The pages of its first and last character.
    pub(super) fn span(&self) -> (u32, u32) {
        let page = |mark: Option<&(usize, u32)>| mark.map_or(1, |(_, page)| *page);
        (page(self.pages.first()), page(self.pages.last()))
    }

    fn add_line(&mut self, text: &str, page: u32) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if self.pages.last().is_none_or(|(_, last)| *last != page) {
            self.pages.push((self.text.len(), page));
        }
        self.text.push_str(text);
    }
}

/// The line before the one being looked at.
struct Previous {
    text: String,
    reach_percent: u8,
    lines_in_paragraph: usize,
}

/// Puts cleaned lines together to paragraphs, lines still separated by LF. A page's end ends no paragraph.
pub(super) fn paragraphs(pages: &[Page]) -> Vec<Paragraph> {
    let mut found: Vec<Paragraph> = Vec::new();
    let mut previous: Option<Previous> = None;
    for (page, line) in pages
        .iter()
        .flat_map(|page| page.lines.iter().map(|line| (page.number, line)))
    {
        let text = clean(&line.text);
        if text.is_empty() {
            continue;
        }
        let is_entry = is_contents_entry(&line.text);
        let is_closed = found
            .last()
            .is_some_and(|paragraph| paragraph.heading || paragraph.text.len() >= LONGEST_PARAGRAPH_BYTES);
        let begins = is_entry
            || is_closed
            || previous
                .as_ref()
                .is_none_or(|previous| begins_paragraph(previous, line, &text));
        if begins {
            found.push(Paragraph::default());
        }
        if let Some(paragraph) = found.last_mut() {
            paragraph.add_line(&text, page);
            paragraph.heading = is_entry;
        }
        let before = previous
            .filter(|_| !begins)
            .map_or(0, |previous| previous.lines_in_paragraph);
        previous = Some(Previous {
            text,
            reach_percent: line.reach_percent,
            lines_in_paragraph: before + 1,
        });
    }
    for paragraph in &mut found {
        paragraph.heading |= is_heading(&paragraph.text);
    }
    found
}

fn begins_paragraph(previous: &Previous, line: &Line, text: &str) -> bool {
    if line.gap_before {
        return true;
    }
    if ends_inside_word(&previous.text) {
        return false;
    }
    let goes_on = text.starts_with(char::is_lowercase);
    let ended = line_ends_sentence(&previous.text) && !goes_on;
    let was_short = previous.reach_percent < SHORT_LINE_PERCENT;
    begins_speech(text)
        || line.indent_centi_em > INDENT_CENTI_EM
        || ended && was_short
        || ended && line.reach_percent < SHORT_LINE_PERCENT && is_heading(text)
        || !goes_on && was_short && previous.lines_in_paragraph == 1 && is_heading(&previous.text)
        || ended && previous.lines_in_paragraph >= LONGEST_PARAGRAPH_LINES
}

fn ends_inside_word(text: &str) -> bool {
    let mut backwards = text.chars().rev();
    match backwards.next() {
        Some(SOFT_HYPHEN | NOT_SIGN) => true,
        Some('-') => backwards.next().is_some_and(char::is_alphanumeric),
        _ => false,
    }
}

/// A dash in front of a small letter only happens to stand at a line's beginning: speech begins with a capital.
fn begins_speech(text: &str) -> bool {
    begins_with_dash(text)
        && !text
            .chars()
            .find(|c| c.is_alphanumeric())
            .is_some_and(char::is_lowercase)
}

fn line_ends_sentence(text: &str) -> bool {
    let inner = text.trim_end_matches(|c: char| closes(c) || c == ' ');
    (inner.ends_with(ends_sentence) || text.ends_with('»')) && !ends_with_abbreviation(text)
}

/// Words that a heading begins with, or has in second place after an ordinal.
const HEADING_WORD: List = List(
    "\
    chapitre prologue épilogue partie livre",
);
/// Ordinals and articles that may stand before [`HEADING_WORD`].
const ORDINAL: List = List(
    "\
    première premier deuxième seconde second troisième quatrième cinquième sixième septième huitième \
    neuvième dixième dernière",
);

/// At most eight words, no end mark, and: begins with a heading's word, or is in capitals, or only a numeral
/// (which may have its full stop). Speech is no heading, however loud.
fn is_heading(text: &str) -> bool {
    let words = count_words(text);
    if words == 0 || words > HEADING_WORDS || begins_with_dash(text) || text.starts_with(opens_quote) {
        return false;
    }
    if is_numeral(text.strip_suffix('.').unwrap_or(text)) {
        return true;
    }
    if text
        .trim_end_matches(|c: char| closes(c) || c == ' ')
        .ends_with(ends_sentence)
    {
        return false;
    }
    let mut first = text.split_whitespace().map(fold);
    let (first, second) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    HEADING_WORD.has(bare(&first))
        || ORDINAL.has(bare(&first)) && words == 2 && HEADING_WORD.has(bare(&second))
        || in_capitals(text)
}

/// `Chapitre II . . . . . 12`, as it was found: repeats a heading.
fn is_contents_entry(line: &str) -> bool {
    let line = line.trim_end();
    let Some((before, number)) = line.rsplit_once(|c: char| c.is_whitespace() || c == '.') else {
        return false;
    };
    let small_roman = |c: char| matches!(c, 'i' | 'v' | 'x' | 'l');
    if !is_numeral(number) && (number.is_empty() || !number.chars().all(small_roman)) {
        return false;
    }
    let leader = line[before.len()..]
        .chars()
        .next()
        .into_iter()
        .chain(before.chars().rev());
    leader
        .take_while(|c| matches!(c, '.' | '…') || c.is_whitespace())
        .map(|c| match c {
            '.' => 1,
            '…' => 3,
            _ => 0,
        })
        .sum::<usize>()
        >= LEADER_DOTS
}

fn is_numeral(text: &str) -> bool {
    let roman = |c: char| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C' | 'D' | 'M');
    let text = text.trim();
    !text.is_empty() && (text.chars().all(|c| c.is_ascii_digit()) || text.chars().all(roman))
}

fn in_capitals(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|c| !c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use docmill_documents::text::pages;

    fn found(text: &str) -> Vec<(String, bool)> {
        let found = paragraphs(&pages(text));
        found
            .into_iter()
            .map(|paragraph| (paragraph.text.replace('\n', "|"), paragraph.heading))
            .collect()
    }

    fn texts(text: &str) -> Vec<String> {
        found(text).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn blank_lines_and_dashes_begin_paragraphs() {
        assert_eq!(
            texts("Il entra dans la grande salle et\ndit :\n— Bonjour.\n– Bonsoir.\n- Oui.\n\nFin"),
            [
                "Il entra dans la grande salle et|dit :",
                "— Bonjour.",
                "– Bonsoir.",
                "- Oui.",
                "Fin"
            ]
        );
    }

    #[test]
    fn a_dash_inside_a_sentence_begins_none() {
        assert_eq!(
            texts("Il vit la mer — grise\n— comme toujours."),
            ["Il vit la mer — grise|— comme toujours."]
        );
    }

    #[test]
    fn indents_begin_paragraphs() {
        let text =
            "La mer montait toujours plus haut et\nle vent\n   Paul dormait dans la petite chambre du\nhaut.";
        assert_eq!(texts(text).len(), 2);
    }

    #[test]
    fn a_short_line_that_ends_a_sentence_ends_its_paragraph() {
        let text = "La pluie tombait sur les toits gris de la ville.\nIl dormait.\nLa nuit vint sur le port et sur \
                    la mer.";
        assert_eq!(texts(text).len(), 2);
        let text =
            "La pluie tombait sur les toits gris de M.\nDupont, et lui dormait.\n« Quoi ? »\ndit-il enfin.";
        assert_eq!(
            texts(text),
            [
                "La pluie tombait sur les toits gris de M.|Dupont, et lui dormait.",
                "« Quoi ? »|dit-il enfin."
            ]
        );
    }

    #[test]
    fn headings_are_recognised() {
        for text in [
            "Chapitre premier",
            "CHAPITRE II",
            "Épilogue",
            "IV",
            "IV.",
            "12",
            "LA MER",
            "Livre deux : la nuit",
            "Première partie",
        ] {
            assert!(is_heading(text), "{text}");
        }
        for text in [
            "Partie sans laisser d'adresse, elle ne revint jamais chez elle",
            "Le port",
            "— OUI",
            "« NON »",
            "HALTE !",
            "Chapitre fini.",
            "***",
            "1914 commença mal",
        ] {
            assert!(!is_heading(text), "{text}");
        }
    }

    #[test]
    fn tables_of_contents_are_headings() {
        for line in [
            "Chapitre II . . . . . . 12",
            "La mer..........xiv",
            "1.1 Le port ……… 3",
            "Le port . . . . .\u{a0}IV",
        ] {
            assert!(is_contents_entry(line), "{line}");
        }
        for line in [
            "Il partit en… 12",
            "Il partit... 12",
            "Le port . . . . . .",
            "Il partit..... puis il",
            "12",
            "",
        ] {
            assert!(!is_contents_entry(line), "{line}");
        }
        assert_eq!(
            found(
                "Le port et la mer . . . . . 3\nLe vent . . . . . 9\nIl dormait sur le port et il\nrevenait"
            ),
            [
                ("Le port et la mer . . . . . 3".to_owned(), true),
                ("Le vent . . . . . 9".to_owned(), true),
                ("Il dormait sur le port et il|revenait".to_owned(), false)
            ]
        );
    }

    #[test]
    fn a_heading_stands_alone_without_blank_lines() {
        let text = "Il partit sur la route sans se retourner et sans parler.\nCHAPITRE II\nLe matin venu, il \
                    marchait encore vers la mer.";
        assert_eq!(
            found(text)
                .iter()
                .map(|(_, heading)| *heading)
                .collect::<Vec<_>>(),
            [false, true, false]
        );
    }

    #[test]
    fn every_character_knows_its_page() {
        let line = |text: &str| Line {
            text: text.to_owned(),
            reach_percent: 100,
            ..Line::default()
        };
        let pages = [
            Page {
                number: 4,
                lines: vec![line("Il marchait")],
            },
            Page {
                number: 5,
                lines: vec![line("vers la"), line("mer.")],
            },
        ];
        let found = paragraphs(&pages);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "Il marchait\nvers la\nmer.");
        assert_eq!(
            (found[0].page_of(0), found[0].page_of(10), found[0].page_of(12)),
            (4, 4, 5)
        );
        assert_eq!(found[0].span(), (4, 5));
    }

    #[test]
    fn a_paragraph_without_end_is_ended() {
        let line = Line {
            text: "Il marchait.".to_owned(),
            reach_percent: 100,
            ..Line::default()
        };
        let pages = [Page {
            number: 1,
            lines: vec![line; 1_000],
        }];
        assert_eq!(paragraphs(&pages).len(), 3);
        let line = Line {
            text: "mer ".repeat(10_000),
            reach_percent: 100,
            ..Line::default()
        };
        let pages = [Page {
            number: 1,
            lines: vec![line; 9],
        }];
        assert_eq!(paragraphs(&pages).len(), 3);
    }
}
