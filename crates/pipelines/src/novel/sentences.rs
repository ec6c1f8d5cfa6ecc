//! R5: where sentences end.

use std::ops::Range;

use super::characters::{closes, ends_sentence, is_dash, opens_quote};
use super::words::{List, is_word};

/// A sentence with more words and lone marks than this is cut before anything else looks at it: no sentence of
/// French literature that has an end is longer (the longest of Hugo's has 823 words), and work on a sentence must
/// not grow with the document.
const LONGEST_TOKENS: usize = 1_000;

/// Abbreviations that end in a full stop without ending a sentence; capitals matter.
const ABBREVIATIONS: List = List(
    "\
    M MM Mme Mmes Mlle Mlles Me Mgr Dr Pr St Ste av bd cf p pp vol chap art n° N° env ex J.-C",
);

/// The sentences of a paragraph, as ranges without white space at either end. What has no word is no sentence.
pub(super) fn sentences(paragraph: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut quotes = Quotes::default();
    let mut at = 0;
    while let Some(next) = paragraph[at..].find(ends_sentence) {
        let mark = at + next;
        let marks_end = skip(paragraph, mark, ends_sentence);
        quotes.read(&paragraph[at..marks_end]);
        let end = skip_closers(paragraph, marks_end, &mut quotes);
        if is_end(paragraph, mark, marks_end, end) {
            push(&mut found, paragraph, start..end);
            start = end;
        }
        at = end;
    }
    push(&mut found, paragraph, start..paragraph.len());
    found
}

/// Straight quotes open and close alike: whether one is open has to be counted.
#[derive(Default)]
struct Quotes {
    open: bool,
}

impl Quotes {
    fn read(&mut self, text: &str) {
        self.open ^= text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
    }
}

fn skip(text: &str, at: usize, what: impl Fn(char) -> bool) -> usize {
    text.len() - text[at..].trim_start_matches(what).len()
}

/// Behind the closing marks that belong to an end mark. A space may stand before `»`, and before a straight quote
/// where one is open.
fn skip_closers(text: &str, mut at: usize, quotes: &mut Quotes) -> usize {
    loop {
        let rest = &text[at..];
        let spaced = rest.strip_prefix(' ').unwrap_or(rest);
        let closer = match (rest.chars().next(), spaced.chars().next()) {
            (Some(c), _) if closes(c) => c,
            (_, Some('»')) => '»',
            (_, Some('"')) if quotes.open => '"',
            _ => return at,
        };
        quotes.open &= closer != '"';
        at += rest.len() - spaced.len() + closer.len_utf8();
        at = skip(text, at, ends_sentence);
    }
}

/// Whether the marks at `mark..marks_end`, closed at `end`, end a sentence.
fn is_end(text: &str, mark: usize, marks_end: usize, end: usize) -> bool {
    let rest = &text[end..];
    let next = rest.trim_start();
    if next.is_empty() {
        return true;
    }
    if next.len() == rest.len() {
        return false;
    }
    let opener = |c: char| opens_quote(c) || is_dash(c) || matches!(c, '-' | '(' | '[' | '\'' | '‘');
    let Some(first) = next.chars().next() else {
        return true;
    };
    let shown = next.chars().find(|c| !opener(*c) && !c.is_whitespace());
    let capital = shown.is_some_and(char::is_uppercase);
    let begins = first.is_uppercase() || first.is_numeric() || opener(first);
    if !begins || shown.is_some_and(char::is_lowercase) {
        return false;
    }
    let lone_stop = marks_end - mark == 1 && text[mark..].starts_with('.') && end == marks_end;
    match abbreviation(&text[..mark]) {
        Some(Abbreviation::EtCetera) if lone_stop => capital,
        Some(Abbreviation::Other) if lone_stop => false,
        _ => true,
    }
}

enum Abbreviation {
    /// Ends a sentence when a capital follows.
    EtCetera,
    /// Never ends one.
    Other,
}

/// What kind of abbreviation stands at the end of `before`, which ends in front of a full stop.
fn abbreviation(before: &str) -> Option<Abbreviation> {
    let token = before.rsplit(char::is_whitespace).next()?;
    let token = token.trim_start_matches(|c: char| !c.is_alphanumeric());
    if token == "etc" {
        return Some(Abbreviation::EtCetera);
    }
    // Behind an elided particle only titles and initials can be told from words: `d'A.`, but `l'art.`
    let name = token.rsplit(['\'', '’']).next().unwrap_or(token);
    let is_known =
        ABBREVIATIONS.has(token) || name.starts_with(char::is_uppercase) && ABBREVIATIONS.has(name);
    (is_known || is_initials(name)).then_some(Abbreviation::Other)
}

/// Single capitals: `A`, `J.-P`, `U.S.A`.
fn is_initials(name: &str) -> bool {
    let single = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.next().is_none()
    };
    !name.is_empty() && name.split(['.', '-']).filter(|part| !part.is_empty()).all(single)
}

/// Whether a line ends in an abbreviation's full stop.
pub(super) fn ends_with_abbreviation(line: &str) -> bool {
    line.strip_suffix('.')
        .is_some_and(|before| abbreviation(before).is_some())
}

fn push(found: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    let raw = &text[range.clone()];
    let trimmed = raw.trim();
    if is_word(trimmed) {
        let start = range.start + raw.len() - raw.trim_start().len();
        cut_longest(found, text, start..start + trimmed.len());
    }
}

/// Cuts what has more than [`LONGEST_TOKENS`], at the last pause in the second half of what fits, if there is one.
fn cut_longest(found: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    if range.len() <= LONGEST_TOKENS {
        found.push(range);
        return;
    }
    let mut start = range.start;
    let mut tokens = 0;
    let mut pause = None;
    let mut push = |start: usize, end: usize| {
        let end = start + text[start..end].trim_end().len();
        if is_word(&text[start..end]) {
            found.push(start..end);
        }
    };
    for token in text[range.clone()].split(' ') {
        let at = token.as_ptr() as usize - text.as_ptr() as usize;
        if tokens == LONGEST_TOKENS {
            let (end, rest) = pause.take().unwrap_or((at, 0));
            push(start, end);
            start = end;
            tokens = rest;
        }
        tokens += 1;
        if let Some((_, rest)) = &mut pause {
            *rest += 1;
        }
        if tokens > LONGEST_TOKENS / 2 && token.ends_with([',', ';', ':']) {
            pause = Some(((at + token.len() + 1).min(range.end), 0));
        }
    }
    push(start, range.end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::novel::words::count_words;

    fn split(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn acceptance_14_and_15() {
        assert_eq!(
            split("M. Dupont arriva. Il était en retard."),
            ["M. Dupont arriva.", "Il était en retard."]
        );
        assert_eq!(
            split("« Quoi ? » dit-il en riant."),
            ["« Quoi ? » dit-il en riant."]
        );
    }

    #[test]
    fn marks_take_their_closing_signs_along() {
        assert_eq!(
            split("« Viens ! » Il vint. (Seul.) Puis…"),
            ["« Viens ! »", "Il vint.", "(Seul.)", "Puis…"]
        );
        assert_eq!(
            split("Il dit : \"Viens.\" Elle vint."),
            ["Il dit : \"Viens.\"", "Elle vint."]
        );
        assert_eq!(
            split("\" Viens. \" Elle vint. \" Bien. \""),
            ["\" Viens. \"", "Elle vint.", "\" Bien. \""]
        );
        assert_eq!(split("— Quoi ?! — Rien."), ["— Quoi ?!", "— Rien."]);
    }

    #[test]
    fn a_small_letter_never_begins_a_sentence() {
        assert_eq!(split("“Hein ? fit-il.” Oui.").len(), 2);
        assert_eq!(split("— Viens ! — dit-il. — Non.").len(), 2);
        assert_eq!(split("Il partit… puis revint."), ["Il partit… puis revint."]);
        assert_eq!(split("« Non ! », dit-il, Paul"), ["« Non ! », dit-il, Paul"]);
    }

    #[test]
    fn digits_begin_sentences() {
        assert_eq!(split("Il en vint. 12 restèrent.").len(), 2);
        assert_eq!(split("Il pesait 3.5 kilos.").len(), 1);
    }

    #[test]
    fn abbreviations_end_nothing() {
        for text in [
            "Mme. Dupont vint.",
            "le Dr. Paul",
            "cf. Hugo, p. 12, vol. 3, chap. II, art. 5.",
            "n°. 5",
            "av. J.-C. Rome",
            "J.-P. Sartre",
            "J.R.R. Tolkien",
            "d'A. Dumas",
            "« M. Paul »",
            "le sel, etc. et Paul",
            "(M. Paul)",
        ] {
            assert_eq!(split(text).len(), 1, "{text}");
        }
        assert_eq!(split("Du sel, etc. Il partit.").len(), 2);
        assert_eq!(split("Il aimait l'art. Elle non.").len(), 2);
        assert_eq!(split("Où est M. ? Il est parti.").len(), 2);
    }

    #[test]
    fn colons_end_nothing_here() {
        assert_eq!(split("Il voulait partir ; Elle : Non.").len(), 1);
    }

    #[test]
    fn what_has_no_word_is_dropped() {
        assert_eq!(split("* * *"), Vec::<&str>::new());
        assert_eq!(split("— …"), Vec::<&str>::new());
    }

    #[test]
    fn no_sentence_is_endless() {
        let text = "mot, mot ".repeat(2_500);
        let found = split(&text);
        assert!(found.iter().all(|sentence| count_words(sentence) <= 1_000));
        assert_eq!(
            found.iter().map(|sentence| count_words(sentence)).sum::<u32>(),
            5_000
        );
        assert!(found[0].ends_with(','));
        let unbroken = "mot ".repeat(2_001);
        assert_eq!(
            split(&unbroken)
                .iter()
                .map(|sentence| count_words(sentence))
                .collect::<Vec<_>>(),
            [1000, 1000, 1]
        );
    }
}
