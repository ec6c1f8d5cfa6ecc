//! R1: page furniture: page numbers, running heads and feet.

use std::collections::{HashMap, HashSet};

use docmill_documents::Page;

use super::characters::{clean, is_dash};
use super::words::{fold, is_word};

/// Most lines that are taken off a page at its top, and at its foot.
const LINES_A_SIDE: usize = 2;
/// A head stands on at least this many pages,
const LEAST_PAGES: usize = 3;
/// and on at least this share of the pages that have text, in percent.
const LEAST_SHARE_PERCENT: usize = 30;
/// A chapter's head stands on pages that are no further apart than this: on each, or on each right one.
const CHAPTER_HEAD_STEP: usize = 2;

/// Takes the furniture off the pages of a whole document, from the outside in.
///
/// At most one line a side goes because it is a number alone, so that a chapter's number under a page's stays. Lines
/// that differ in their numbers only are the same, which covers heads with the page's number in them; heads of left
/// and right pages are counted apart, each by itself.
pub(super) fn strip(pages: &mut [Page]) {
    let with_text = pages.iter().filter(|page| !page.lines.is_empty()).count();
    let mut numbered = [Side::Top, Side::Foot].map(|side| (side, vec![false; pages.len()]));
    for _ in 0..LINES_A_SIDE {
        // Both sides are looked at before a line goes: the only line of a page is its head and its foot.
        let taken = numbered
            .each_mut()
            .map(|(side, numbered)| furniture_at(*side, pages, numbered, with_text));
        let [tops, feet] = &taken;
        for (page, (top, foot)) in pages.iter_mut().zip(tops.iter().zip(feet)) {
            if *top {
                Side::Top.remove(page);
            }
            if *foot {
                Side::Foot.remove(page);
            }
        }
    }
}

/// For each page whether its outermost line on this side is furniture. `numbered` says which pages have had their
/// number, and is kept up.
fn furniture_at(side: Side, pages: &[Page], numbered: &mut [bool], with_text: usize) -> Vec<bool> {
    let outermost: Vec<Option<Edge>> = pages
        .iter()
        .map(|page| side.line(page).map(|text| Edge::of(&text)))
        .collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for edge in outermost.iter().flatten() {
        *counts.entry(&edge.key).or_default() += 1;
    }
    let chapter_heads = match side {
        Side::Top => chapter_heads(pages, &outermost),
        Side::Foot => HashSet::new(),
    };
    let places = (0..).zip(&outermost).zip(numbered);
    let taken = places.map(|((place, edge), numbered)| {
        let Some(edge) = edge else { return false };
        if edge.is_number {
            return !std::mem::replace(numbered, true);
        }
        let count = counts.get(edge.key.as_str()).copied().unwrap_or(0);
        let is_head = count >= LEAST_PAGES && count * 100 >= with_text * LEAST_SHARE_PERCENT;
        is_head || chapter_heads.contains(&place)
    });
    taken.collect()
}

/// The pages, by position, that begin with the title of their chapter. Chapters are too short for the share of pages
/// that other heads have; what tells such a head from text that happens to come again is that it is set apart from what
/// follows, is no sentence, and stands on neighbouring pages: on three, or on two if the document has the same line
/// elsewhere, at the chapter's beginning.
fn chapter_heads(pages: &[Page], outermost: &[Option<Edge>]) -> HashSet<usize> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, (page, edge)) in pages.iter().zip(outermost).enumerate() {
        let Some(edge) = edge else { continue };
        let set_apart = page.lines.get(1).is_some_and(|line| line.gap_before);
        let sentence = page
            .lines
            .first()
            .is_some_and(|line| ends_sentence_or_clause(&line.text));
        if set_apart && !sentence && !edge.is_number && !edge.key.is_empty() {
            places.entry(&edge.key).or_default().push(place);
        }
    }
    places.retain(|_, places| places.len() > 1);
    if places.is_empty() {
        return HashSet::new();
    }
    let mut titles: HashSet<&str> = HashSet::new();
    for line in pages.iter().flat_map(|page| page.lines.iter().skip(1)) {
        let key = Edge::of(&clean(&line.text)).key;
        if let Some((key, _)) = places.get_key_value(key.as_str()) {
            titles.insert(key);
        }
    }
    let mut heads = HashSet::new();
    for (key, places) in &places {
        let least = if titles.contains(key) { 2 } else { LEAST_PAGES };
        for run in places.chunk_by(|before, place| place - before <= CHAPTER_HEAD_STEP) {
            if run.len() >= least {
                heads.extend(run);
            }
        }
    }
    heads
}

/// Whether a line ends as prose does where a head does not.
fn ends_sentence_or_clause(line: &str) -> bool {
    line.trim_end()
        .ends_with(['.', '!', '?', '…', ',', ';', ':', '»', '”', '-', '\u{ad}'])
}

#[derive(Clone, Copy)]
enum Side {
    Top,
    Foot,
}

impl Side {
    fn line(self, page: &Page) -> Option<String> {
        let line = match self {
            Self::Top => page.lines.first(),
            Self::Foot => page.lines.last(),
        };
        line.map(|line| clean(&line.text))
    }

    fn remove(self, page: &mut Page) {
        match self {
            Self::Top if page.lines.is_empty() => {}
            Self::Top => drop(page.lines.remove(0)),
            Self::Foot => drop(page.lines.pop()),
        }
    }
}

/// The outermost line of a page.
struct Edge {
    is_number: bool,
    /// What it has in common with the lines of other pages.
    key: String,
}

impl Edge {
    fn of(line: &str) -> Self {
        let bare = line.trim_matches(|c: char| is_dash(c) || c == '-' || c == ' ');
        let is_number = is_digits(bare) || is_roman(bare);
        let mut key = String::new();
        for token in line.split_whitespace().filter(|token| !is_roman(token)) {
            let without_digits: String = token.chars().filter(|c| !c.is_numeric()).collect();
            // `3 / 120` and `iii` have to leave the same.
            if without_digits.chars().any(char::is_alphabetic) {
                if !key.is_empty() {
                    key.push(' ');
                }
                key.push_str(&without_digits);
            }
        }
        if key.is_empty() {
            key.extend(line.chars().filter(|c| !c.is_numeric()));
        }
        Self {
            is_number,
            key: fold(key.trim()),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// A well-formed Roman numeral: in capitals, or up to 89 in small letters, as of prefaces (`dix`, `mi` and `ci` are
/// words).
fn is_roman(text: &str) -> bool {
    const DIGITS: [(&str, &str); 13] = [
        ("M", "m"),
        ("CM", "cm"),
        ("D", "d"),
        ("CD", "cd"),
        ("C", "c"),
        ("XC", "xc"),
        ("L", "l"),
        ("XL", "xl"),
        ("X", "x"),
        ("IX", "ix"),
        ("V", "v"),
        ("IV", "iv"),
        ("I", "i"),
    ];
    const FROM_FIFTY: usize = 6;
    let small = text.starts_with(char::is_lowercase);
    let digits = if small { &DIGITS[FROM_FIFTY..] } else { &DIGITS[..] };
    let mut rest = text;
    for (capital, letter) in digits {
        let digit = if small { letter } else { capital };
        let most = if matches!(*capital, "M" | "C" | "X" | "I") {
            3
        } else {
            1
        };
        for _ in 0..most {
            match rest.strip_prefix(digit) {
                Some(left) => rest = left,
                None => break,
            }
        }
    }
    !text.is_empty() && rest.is_empty()
}

/// Whether a page has a word left.
pub(super) fn has_words(page: &Page) -> bool {
    page.lines.iter().any(|line| is_word(&line.text))
}

#[cfg(test)]
mod tests {
    use docmill_documents::Line;
    use proptest::prelude::*;

    use super::*;

    fn page(number: u32, lines: &[String]) -> Page {
        let lines = lines.iter().map(|text| Line {
            text: text.clone(),
            ..Line::default()
        });
        Page {
            number,
            lines: lines.collect(),
        }
    }

    fn stripped(pages: Vec<Vec<String>>) -> Vec<Vec<String>> {
        let mut pages: Vec<Page> = (1..)
            .zip(&pages)
            .map(|(number, lines)| page(number, lines))
            .collect();
        strip(&mut pages);
        let texts = |page: Page| page.lines.into_iter().map(|line| line.text).collect();
        pages.into_iter().map(texts).collect()
    }

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn numbers_alone_are_furniture() {
        for number in ["12", "— 12 —", "- iv -", "XIV", "lxxxix", "– 3 –", "MCMXIV"] {
            assert_eq!(
                stripped(vec![lines(&["Il dort.", number])]),
                [["Il dort."]],
                "{number}"
            );
            assert_eq!(
                stripped(vec![lines(&[number, "Il dort."])]),
                [["Il dort."]],
                "{number}"
            );
        }
        for word in ["dix", "mi", "il", "IIII", "1 2", "12.", "vil", "CIVIL", "ci", "—"] {
            assert_eq!(stripped(vec![lines(&["Il dort.", word])])[0].len(), 2, "{word}");
        }
    }

    #[test]
    fn a_chapter_s_number_under_a_page_s_stays() {
        assert_eq!(
            stripped(vec![lines(&["12", "IV", "Il dort."])]),
            [["IV", "Il dort."]]
        );
    }

    #[test]
    fn titles_of_chapters_go_from_the_pages_but_not_from_their_beginning() {
        let body = |n: u32| Line {
            text: format!("Il dort {}.", "x".repeat(n as usize)),
            gap_before: true,
            ..Line::default()
        };
        let head = |text: &str| Line {
            text: text.to_owned(),
            ..Line::default()
        };
        let mut pages: Vec<Page> = (1..=40)
            .map(|number| Page {
                number,
                lines: vec![body(number)],
            })
            .collect();
        // A chapter of six pages, whose right pages have its title; and a line that comes twice by chance.
        pages[10].lines.splice(0..0, [head("IV"), head("LA PANNE")]);
        for page in [12, 14] {
            pages[page].lines.insert(0, head("La panne"));
        }
        for page in [20, 22] {
            pages[page].lines.insert(0, head("Et la mer"));
        }
        for page in [30, 31] {
            pages[page].lines.insert(0, head("Plus jamais ça."));
            pages[page - 5].lines.push(head("Plus jamais ça."));
        }
        strip(&mut pages);
        let firsts = |page: usize| pages[page].lines[0].text.as_str();
        assert!(firsts(12).starts_with("Il dort") && firsts(14).starts_with("Il dort"));
        assert!(pages[10].lines.iter().any(|line| line.text == "LA PANNE"));
        assert_eq!((firsts(20), firsts(22)), ("Et la mer", "Et la mer"));
        assert_eq!((firsts(30), firsts(31)), ("Plus jamais ça.", "Plus jamais ça."));
    }

    #[test]
    fn heads_with_numbers_go() {
        let page = |n: u32| {
            vec![
                format!("Page {n} sur 9"),
                format!("Il dort {}.", "x".repeat(n as usize)),
            ]
        };
        let found = stripped((1..=9).map(page).collect());
        assert!(
            found
                .iter()
                .all(|page| page.len() == 1 && page[0].starts_with("Il dort"))
        );
    }

    #[test]
    fn numbers_of_every_kind_leave_the_same() {
        let keys = ["Roman iv", "ROMAN 12 / 120", "Roman — 7"].map(|line| Edge::of(line).key);
        assert_eq!(keys, ["roman", "roman", "roman"]);
        assert_eq!(Edge::of("* * *").key, "* * *");
        assert_ne!(Edge::of("12 / 120").key, Edge::of("* * *").key);
    }

    #[test]
    fn heads_of_two_lines_and_of_two_sides_go() {
        let page = |n: u32| {
            let side = if n.is_multiple_of(2) {
                "Gustave Flaubert"
            } else {
                "MADAME BOVARY"
            };
            let body = format!("Il dort {}.", "x".repeat(n as usize));
            let mut lines = vec![
                n.to_string(),
                side.to_owned(),
                body.clone(),
                body + " Oui",
                "www.livre.fr".to_owned(),
            ];
            // A chapter begins without a head.
            if n == 5 {
                lines.drain(..2);
            }
            lines
        };
        let found = stripped((1..=10).map(page).collect());
        assert!(
            found
                .iter()
                .all(|page| page.len() == 2 && page[0].starts_with("Il dort")),
            "{found:?}"
        );
    }

    #[test]
    fn what_stands_on_few_pages_stays() {
        let twice = vec![
            lines(&["Le port", "a"]),
            lines(&["Le port", "b"]),
            lines(&["Il dort", "c"]),
        ];
        assert_eq!(stripped(twice.clone()), twice);
        let mut rare: Vec<_> = (0..3).map(|_| lines(&["Refrain !", "a"])).collect();
        rare.extend((0..8).map(|n| lines(&[&"y".repeat(n + 1), &"z".repeat(n + 1)])));
        assert_eq!(stripped(rare.clone())[0][0], "Refrain !");
    }

    #[test]
    fn pages_without_text_do_not_count() {
        let mut pages: Vec<_> = (0..3).map(|n| lines(&["Le titre", &"y".repeat(n + 1)])).collect();
        pages.extend((0..30).map(|_| Vec::new()));
        assert_eq!(stripped(pages)[0], ["y"]);
    }

    proptest! {
        #[test]
        fn what_occurs_once_is_never_taken(
            sizes in proptest::collection::vec(0_usize..5, 1..30),
            heads in any::<[bool; 3]>(),
        ) {
            let mut word = 0_u32;
            let mut body = || {
                word += 1;
                // Letters only: lines that differ in numbers are the same.
                let name: String = word.to_string().bytes().map(|digit| char::from(digit - b'0' + b'n')).collect();
                format!("Le mot {name} dort")
            };
            let bodies: Vec<Vec<String>> = sizes.iter().map(|size| (0..*size).map(|_| body()).collect()).collect();
            let dressed = bodies.iter().enumerate().map(|(at, body)| {
                let mut lines = body.clone();
                if heads[0] {
                    lines.insert(0, format!("{at}"));
                }
                if heads[1] {
                    lines.insert(0, "Un titre".to_owned());
                }
                if heads[2] {
                    lines.push(format!("page {at}"));
                }
                lines
            });
            let found = stripped(dressed.collect());
            for (found, body) in found.iter().zip(&bodies) {
                let kept: Vec<_> = found.iter().filter(|line| line.starts_with("Le mot")).collect();
                prop_assert_eq!(kept, body.iter().collect::<Vec<_>>());
            }
            if bodies.len() >= 3 {
                prop_assert_eq!(&found, &bodies);
            }
        }
    }
}
