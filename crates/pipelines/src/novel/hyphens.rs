//! R3: words broken at line ends.

use std::collections::HashSet;

use super::characters::{NOT_SIGN, SOFT_HYPHEN};
use super::forms::Forms;
use super::paragraphs::Paragraph;
use super::words::{List, TENS, fold, fold_into};

/// Pronouns and adverbs that follow a word with a hyphen.
const ENCLITICS: List = List(
    "\
    je tu il elle on nous vous ils elles ce moi toi lui leur le la les y en là ci même mêmes",
);
/// First halves of compounds.
const PREFIXES: List = List(
    "\
    peut au là ci celui celle ceux celles quelques demi mi semi ex vice avant après arrière sous contre \
    grand porte rendez vis c'est-à",
);
/// Small words in the middle of compounds: `arc-en-ciel`, `vis-à-vis`.
const LINKS: List = List(
    "\
    à au aux de des du en et la le les là",
);
/// What may follow tens with a hyphen.
const UNITS: List = List(
    "\
    un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
);

/// What becomes of the two halves of a broken word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    /// One word.
    Solid,
    /// One word with the hyphen.
    Hyphen,
    /// Two words: the hyphen stands for a part to come (`pré- et postface`).
    Apart,
}

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

/// What stands on both sides of a break, folded.
struct Halves {
    /// The token before the hyphen, without punctuation in front.
    left_token: String,
    /// Its last run of letters.
    left: String,
    /// The token behind.
    right_token: String,
    /// Its first run of letters.
    right: String,
    capital: bool,
    digit: bool,
}

impl Halves {
    fn of(before: &str, behind: &str) -> Self {
        let left = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let right = behind.split(char::is_whitespace).next().unwrap_or_default();
        let left_token = fold(left.trim_start_matches(|c: char| !c.is_alphanumeric()));
        let right_token = fold(right);
        let letters = |c: char| !c.is_alphabetic();
        Self {
            left: left_token.rsplit(letters).next().unwrap_or_default().to_owned(),
            right: right_token.split(letters).next().unwrap_or_default().to_owned(),
            capital: right.starts_with(char::is_uppercase),
            digit: left.ends_with(|c: char| c.is_numeric()) || right.starts_with(|c: char| c.is_numeric()),
            left_token,
            right_token,
        }
    }

    fn solid(&self) -> String {
        format!("{}{}", self.left, self.right)
    }

    fn hyphenated(&self) -> String {
        format!("{}-{}", self.left, self.right)
    }

    /// The right half is a pronoun or adverb that can follow the left one.
    fn is_inversion(&self) -> bool {
        if self.right_token.starts_with("t-")
            || self.right_token.starts_with("t'")
            || self.right_token.starts_with("m'")
        {
            return true;
        }
        if !ENCLITICS.has(&self.right) {
            return false;
        }
        // Only a verb can be followed by a pronoun, and verbs end in few letters.
        let endings: &[char] = match self.right.as_str() {
            "là" | "ci" | "même" | "mêmes" => return true,
            _ if self.left_token.contains('-') => return true,
            "il" | "ils" | "elle" | "elles" | "on" | "ce" => &['t', 'd', 'c'],
            "je" => &['e', 'é', 's', 'x', 'i'],
            "tu" => &['s', 'x'],
            _ => &['e', 's', 'z', 'a'],
        };
        self.left.ends_with(endings)
    }

    fn is_number(&self) -> bool {
        let tens = self.left_token.rsplit('-').next().unwrap_or_default();
        (TENS.has(tens) && UNITS.has(&self.right)) || (tens == "quatre" && self.right.starts_with("vingt"))
    }

    fn is_compound(&self) -> bool {
        let in_the_middle = self.left_token.contains('-') && LINKS.has(&self.left);
        in_the_middle || PREFIXES.has(&self.left) || PREFIXES.has(&self.left_token)
    }
}

/// The rules for a hard hyphen, first match wins.
fn decide(before: &str, behind: &str, known: &Known) -> Join {
    let halves = Halves::of(before, behind);
    let forms = Forms::bundled();
    let solid = halves.solid();
    if known.solid.contains(&solid) {
        return Join::Solid;
    }
    let whole = format!("{}-{}", halves.left_token, halves.right);
    if known.hyphenated.contains(&halves.hyphenated()) || forms.is_hyphenated(&whole) {
        return Join::Hyphen;
    }
    if halves.is_inversion() {
        return if forms.is_solid_before_enclitic(&solid) {
            Join::Solid
        } else {
            Join::Hyphen
        };
    }
    if halves.capital || halves.digit || halves.is_number() {
        return Join::Hyphen;
    }
    if matches!(halves.right_token.as_str(), "et" | "ou") {
        return Join::Apart;
    }
    if halves.is_compound() {
        return if forms.is_solid_after_prefix(&solid) {
            Join::Solid
        } else {
            Join::Hyphen
        };
    }
    Join::Solid
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
