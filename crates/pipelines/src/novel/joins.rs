//! R3: what becomes of the two halves of a broken word, by the rules of the language alone.

use super::forms::Forms;
use super::words::{List, TENS, fold};

/// Nothing further from the break is looked at: no word is longer, and work must not grow with what was joined.
const LONGEST_HALF_BYTES: usize = 64;

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
pub(super) enum Join {
    /// One word.
    Solid,
    /// One word with the hyphen.
    Hyphen,
    /// Two words: the hyphen stands for a part to come (`pré- et postface`).
    Apart,
}

/// What stands on both sides of a break, folded.
pub(super) struct Halves {
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
    /// Of the text before a break and the text behind it.
    pub(super) fn of(before: &str, behind: &str) -> Self {
        let before = &before[before.ceil_char_boundary(before.len().saturating_sub(LONGEST_HALF_BYTES))..];
        let behind = &behind[..behind.floor_char_boundary(LONGEST_HALF_BYTES)];
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

    /// Both halves as one word.
    pub(super) fn solid(&self) -> String {
        format!("{}{}", self.left, self.right)
    }

    /// Both halves with the hyphen.
    pub(super) fn hyphenated(&self) -> String {
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

    /// The rules, first match wins.
    pub(super) fn join(&self) -> Join {
        let forms = Forms::bundled();
        if forms.is_hyphenated(&format!("{}-{}", self.left_token, self.right)) {
            return Join::Hyphen;
        }
        if self.is_inversion() {
            let solid = forms.is_solid_before_enclitic(&self.solid());
            return if solid { Join::Solid } else { Join::Hyphen };
        }
        if self.capital || self.digit || self.is_number() {
            return Join::Hyphen;
        }
        if matches!(self.right_token.as_str(), "et" | "ou") {
            return Join::Apart;
        }
        if self.is_compound() {
            let solid = forms.is_solid_after_prefix(&self.solid());
            return if solid { Join::Solid } else { Join::Hyphen };
        }
        Join::Solid
    }
}
