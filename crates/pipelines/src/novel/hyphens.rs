//! R3: words broken at line ends: where they are, and what the rest of the document says of them.

use std::collections::HashSet;

use super::characters::{NOT_SIGN, SOFT_HYPHEN};
use super::joins::{Halves, Join};
use super::paragraphs::Paragraph;
use super::words::fold_into;

/// Forms that occur unbroken in the document, among those that its breaks ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    solid: HashSet<String>,
    hyphenated: HashSet<String>,
}

/// Repairs a document's paragraphs in place, and makes each of them one line.
pub(super) fn repair(paragraphs: &mut [Paragraph]) {
    let known = Known::of(paragraphs);
    for paragraph in paragraphs {
        rewrite(paragraph, |left, right| decide(left, right, &known));
        unwrap_lines(paragraph);
    }
}

/// Makes a paragraph one line: every line break becomes a space.
pub(super) fn unwrap_lines(paragraph: &mut Paragraph) {
    if paragraph.text.contains('\n') {
        paragraph.text = paragraph.text.replace('\n', " ");
    }
}

/// A hyphen between two halves of a word, byte offsets into the text.
struct Break {
    hyphen: usize,
    right: usize,
    soft: bool,
}

/// The next hyphen from `from` on that stands between a word and white space with a word behind it. Soft hyphens
/// and `¬` count at a line's end only.
fn next_break(text: &str, from: usize) -> Option<Break> {
    // `-`, or the first byte that both other signs have in UTF-8.
    let mut at = from;
    while let Some(found) = text.as_bytes()[at..]
        .iter()
        .position(|byte| matches!(byte, b'-' | 0xc2))
    {
        let hyphen = at + found;
        let sign = text[hyphen..].chars().next()?;
        if !matches!(sign, '-' | SOFT_HYPHEN | NOT_SIGN) {
            at = hyphen + sign.len_utf8();
            continue;
        }
        let after = hyphen + sign.len_utf8();
        let rest = &text[after..];
        let word = rest.trim_start_matches([' ', '\n']);
        let right = text.len() - word.len();
        let soft = sign != '-';
        let gap = &text[after..right];
        let fits = if soft { gap == "\n" } else { !gap.is_empty() };
        if fits
            && text[..hyphen]
                .chars()
                .next_back()
                .is_some_and(char::is_alphanumeric)
            && word.chars().next().is_some_and(char::is_alphanumeric)
        {
            return Some(Break { hyphen, right, soft });
        }
        at = after;
    }
    None
}

/// Rewrites the breaks of `paragraph` as `decide` says, given the text before and behind each.
fn rewrite(paragraph: &mut Paragraph, mut decide: impl FnMut(&str, &str) -> Join) {
    let Some(mut next) = next_break(&paragraph.text, 0) else {
        return;
    };
    let text = std::mem::take(&mut paragraph.text);
    let mut out = String::with_capacity(text.len());
    let mut marks = paragraph.pages.iter_mut().peekable();
    let mut from = 0;
    loop {
        out.push_str(&text[from..next.hyphen]);
        let join = if next.soft {
            Join::Solid
        } else {
            decide(&out, &text[next.right..])
        };
        match join {
            Join::Solid => {}
            Join::Hyphen => out.push('-'),
            Join::Apart => out.push_str("- "),
        }
        let cut = next.right - out.len();
        from = next.right;
        let following = next_break(&text, from);
        // Pages that begin with the second half or later, up to the next break, move by what was cut so far.
        let until = following.as_ref().map_or(usize::MAX, |following| following.right);
        while let Some(mark) = marks.next_if(|(at, _)| *at < until) {
            if mark.0 >= from {
                mark.0 -= cut;
            }
        }
        match following {
            Some(following) => next = following,
            None => break,
        }
    }
    out.push_str(&text[from..]);
    paragraph.text = out;
}

impl Known {
    /// Looks every form that a break of the document may stand for up in the rest of the document.
    pub(super) fn of(paragraphs: &[Paragraph]) -> Self {
        let mut wanted = Self::default();
        for paragraph in paragraphs
            .iter()
            .filter(|paragraph| next_break(&paragraph.text, 0).is_some())
        {
            rewrite(&mut paragraph.clone(), |left, right| {
                let halves = Halves::of(left, right);
                wanted.solid.insert(halves.solid());
                wanted.hyphenated.insert(halves.hyphenated());
                decide(left, right, &Self::default())
            });
        }
        if wanted.solid.is_empty() {
            return wanted;
        }
        let mut known = Self::default();
        for paragraph in paragraphs {
            known.look_up(&paragraph.text, &wanted);
        }
        known
    }

    fn look_up(&mut self, text: &str, wanted: &Self) {
        let mut run = String::new();
        let mut pair = String::new();
        let mut before: Option<(usize, &str)> = None;
        for (at, token) in letter_runs(text) {
            let end = at + token.len();
            let partial = is_half(text, at, end);
            run.clear();
            fold_into(token, &mut run);
            if !partial && wanted.solid.contains(&run) {
                self.solid.insert(run.clone());
            }
            if let Some((_, first)) = before.filter(|(end, _)| !partial && text[*end..at] == *"-") {
                pair.clear();
                fold_into(first, &mut pair);
                pair.push('-');
                pair.push_str(&run);
                if wanted.hyphenated.contains(&pair) {
                    self.hyphenated.insert(pair.clone());
                }
            }
            before = Some((end, token));
        }
    }
}

/// Runs of letters with their byte offsets.
fn letter_runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|run| !run.is_empty())
        .map(move |run| (run.as_ptr() as usize - text.as_ptr() as usize, run))
}

/// Whether the run at `at..end` is one half of a broken word.
fn is_half(text: &str, at: usize, end: usize) -> bool {
    let broken_after = text[end..]
        .strip_prefix(['-', SOFT_HYPHEN, NOT_SIGN])
        .is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let before = text[..at].trim_end();
    let broken_before = before.len() < at && before.ends_with(['-', SOFT_HYPHEN, NOT_SIGN]);
    broken_after || broken_before
}

/// What becomes of the halves of a hard hyphen.
fn decide(before: &str, behind: &str, known: &Known) -> Join {
    let halves = Halves::of(before, behind);
    if known.solid.contains(&halves.solid()) {
        Join::Solid
    } else if known.hyphenated.contains(&halves.hyphenated()) {
        Join::Hyphen
    } else {
        halves.join()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str) -> Paragraph {
        Paragraph {
            text: text.to_owned(),
            pages: vec![(0, 1)],
            heading: false,
        }
    }

    fn repaired(text: &str) -> String {
        let mut all = [paragraph(text)];
        repair(&mut all);
        all[0].text.clone()
    }

    #[test]
    fn acceptance_11_to_13() {
        assert_eq!(
            repaired("Que se passe-\nt-il dehors ?"),
            "Que se passe-t-il dehors ?"
        );
        assert_eq!(repaired("Voulez-\nvous du thé ?"), "Voulez-vous du thé ?");
        assert_eq!(
            repaired("Le bateau parti\u{ad}\nra demain."),
            "Le bateau partira demain."
        );
        assert_eq!(
            repaired("Le bateau parti¬\nra demain."),
            "Le bateau partira demain."
        );
    }

    #[test]
    fn an_ordinary_word_is_joined() {
        assert_eq!(
            repaired("Le ba-\nteau du capi-\ntaine."),
            "Le bateau du capitaine."
        );
        assert_eq!(repaired("Le ba- teau."), "Le bateau.");
    }

    #[test]
    fn pronouns_behind_verbs_keep_their_hyphen() {
        for (left, right) in [
            ("dit", "il"),
            ("avez", "vous"),
            ("puis", "je"),
            ("donne", "le"),
            ("a-t", "on"),
            ("va", "t'en"),
            ("celui", "là"),
            ("ce jour", "là"),
            ("lui", "même"),
            ("est", "ce"),
            ("vas", "y"),
            ("eux", "mêmes"),
        ] {
            assert_eq!(
                repaired(&format!("{left}-\n{right} ici")),
                format!("{left}-{right} ici")
            );
        }
    }

    #[test]
    fn tails_of_words_are_no_pronouns() {
        for (left, right) in [
            ("vil", "le"),
            ("par", "ce"),
            ("voi", "là"),
            ("ce", "lui"),
            ("bi", "en"),
            ("mer", "ci"),
            ("cha", "leur"),
            ("champi", "on"),
            ("fa", "ce"),
        ] {
            assert_eq!(
                repaired(&format!("{left}-\n{right} ici")),
                format!("{left}{right} ici")
            );
        }
    }

    #[test]
    fn compounds_keep_their_hyphen() {
        for (left, right) in [
            ("peut", "être"),
            ("au", "dessus"),
            ("après", "midi"),
            ("c'est-à", "dire"),
            ("vis-à", "vis"),
            ("arc-en", "ciel"),
            ("vingt", "deux"),
            ("quatre", "vingts"),
            ("belle", "mère"),
            ("Saint", "Malo"),
            ("1914", "1918"),
            ("rendez", "vous"),
        ] {
            assert_eq!(
                repaired(&format!("{left}-\n{right} ici")),
                format!("{left}-{right} ici")
            );
        }
        assert_eq!(repaired("c'est-\nà-\ndire"), "c'est-à-dire");
    }

    #[test]
    fn prefixes_of_single_words_are_joined() {
        for (left, right) in [
            ("au", "tour"),
            ("mi", "lieu"),
            ("ci", "tron"),
            ("ex", "cusa"),
            ("contre", "maître"),
        ] {
            assert_eq!(
                repaired(&format!("{left}-\n{right} ici")),
                format!("{left}{right} ici")
            );
        }
    }

    #[test]
    fn the_document_knows_best() {
        assert_eq!(
            repaired("Un grand-\npère, le grandpère."),
            "Un grandpère, le grandpère."
        );
        assert_eq!(
            repaired("Le garde-\nbois, un garde-bois."),
            "Le garde-bois, un garde-bois."
        );
        // The halves themselves are no evidence.
        assert_eq!(repaired("Le garde-\nbois."), "Le gardebois.");
    }

    #[test]
    fn dashes_and_suspended_hyphens_are_left_alone() {
        assert_eq!(repaired("La mer - grise - dort."), "La mer - grise - dort.");
        assert_eq!(repaired("La mer —\ngrise."), "La mer — grise.");
        assert_eq!(repaired("en sous- et surnombre"), "en sous- et surnombre");
    }

    #[test]
    fn long_chains_take_no_longer_than_they_are() {
        let text = "a-\n".repeat(20_000) + "a";
        assert_eq!(repaired(&text).len(), 20_001);
    }

    #[test]
    fn pages_move_with_the_text() {
        let mut all = [Paragraph {
            text: "Le ba-\nteau parti\u{ad}\nra\ndemain.".to_owned(),
            pages: vec![(0, 1), (7, 2), (23, 3)],
            heading: false,
        }];
        assert_eq!(&all[0].text[7..11], "teau");
        assert_eq!(&all[0].text[23..], "demain.");
        repair(&mut all);
        assert_eq!(all[0].text, "Le bateau partira demain.");
        assert_eq!(all[0].pages, [(0, 1), (5, 2), (18, 3)]);
    }
}
