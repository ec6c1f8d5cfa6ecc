//! R9, L1–L3: where one clause ends and the next begins, and whether the next needs its subject repeated.

use super::verbs::{Analysis, Persons, is_clitic, is_no_verb, listed};
use super::words::{List, TENS};

/// A subject pronoun that can be repeated in front of a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// The pronoun, folded.
    pub(super) word: &'static str,
    /// See [`Persons`].
    persons: Persons,
}

const SUBJECTS: [Subject; 9] = [
    Subject {
        word: "je",
        persons: 1,
    },
    Subject {
        word: "tu",
        persons: 2,
    },
    Subject {
        word: "il",
        persons: 4,
    },
    Subject {
        word: "elle",
        persons: 4,
    },
    Subject {
        word: "on",
        persons: 4,
    },
    Subject {
        word: "nous",
        persons: 8,
    },
    Subject {
        word: "vous",
        persons: 16,
    },
    Subject {
        word: "ils",
        persons: 32,
    },
    Subject {
        word: "elles",
        persons: 32,
    },
];

impl Subject {
    fn of(part: &str) -> Option<Self> {
        let part = if part == "j'" { "je" } else { part };
        SUBJECTS.into_iter().find(|subject| subject.word == part)
    }

    /// Whether a folded word is a verb form that agrees with the pronoun: by the closed list, or by its ending.
    fn agrees_with(self, word: &str) -> bool {
        if listed(word) & self.persons != 0 {
            return true;
        }
        let endings: &[&str] = match self.persons {
            1 | 2 => &["ais", "ai", "as", "is", "us"],
            4 => &["ait", "a", "it", "ut", "int"],
            8 => &["ions", "ons", "âmes", "îmes"],
            16 => &["iez", "ez"],
            _ => &["aient", "èrent", "irent", "urent", "ront"],
        };
        word.chars().count() >= 4 && endings.iter().any(|ending| word.ends_with(ending)) && !is_no_verb(word)
    }
}

/// A stretch of a sentence that may become a sentence: tokens `start..end`, with what was changed at its front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// First token.
    pub(super) start: usize,
    /// Behind the last token.
    pub(super) end: usize,
    /// A pronoun to be said in front of token `.1`.
    pub(super) pronoun: Option<(Subject, usize)>,
}

/// Conjunctions behind a comma.
const AFTER_COMMA: [&str; 7] = ["et", "mais", "or", "donc", "car", "puis", "alors"];
/// Conjunctions without a comma.
const WITHOUT_COMMA: [&str; 5] = ["et", "mais", "puis", "car", "donc"];

/// What a clause's subject can begin with: pronouns, articles, possessives, demonstratives.
const SUBJECT_WORDS: List = List(
    "\
    je j' tu il elle on nous vous ils elles c' cela ça ceci celui celle ceux celles le la l' les un une \
    des du mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces celui-ci \
    celle-ci",
);

/// Finds cuts in an analysed sentence.
pub(super) struct Clauses<'s, 'a> {
    sentence: &'s Analysis<'a>,
}

impl<'s, 'a> Clauses<'s, 'a> {
    /// Of a sentence.
    pub(super) fn of(sentence: &'s Analysis<'a>) -> Self {
        Self { sentence }
    }

    /// Words of a span, the repeated pronoun included.
    pub(super) fn words(&self, span: Span) -> usize {
        let repeated = span
            .pronoun
            .is_some_and(|(subject, at)| !self.elides(subject, at));
        self.sentence.words(span.start, span.end) + usize::from(repeated)
    }

    /// R8 for a span.
    pub(super) fn has_verb(&self, span: Span) -> bool {
        self.sentence.has_verb(span.start, span.end)
            || span
                .pronoun
                .is_some_and(|(_, at)| self.after_clitics(at, span.end).is_some())
    }

    /// Whether the repeated pronoun loses its vowel in front of token `at`.
    pub(super) fn elides(&self, subject: Subject, at: usize) -> bool {
        subject.word == "je" && self.sentence.parts(at).next().is_some_and(begins_with_vowel)
    }

    /// The first cut of the first kind that fits: L1, then L2, then L3.
    pub(super) fn cut(&self, span: Span) -> Option<(Span, Span)> {
        self.cut_at_pause(span)
            .or_else(|| self.cut_at_conjunction(span, true))
            .or_else(|| self.cut_at_conjunction(span, false))
    }

    fn cut_at_pause(&self, span: Span) -> Option<(Span, Span)> {
        (span.start..span.end.saturating_sub(1))
            .filter(|token| self.sentence.text(*token).ends_with([';', ':']))
            .map(|token| {
                (
                    Span {
                        end: token + 1,
                        ..span
                    },
                    Span {
                        start: token + 1,
                        end: span.end,
                        pronoun: None,
                    },
                )
            })
            .find(|(left, right)| self.has_verb(*left) && self.has_verb(*right))
    }

    fn cut_at_conjunction(&self, span: Span, comma: bool) -> Option<(Span, Span)> {
        let conjunctions: &[&str] = if comma { &AFTER_COMMA } else { &WITHOUT_COMMA };
        (span.start + 1..span.end.saturating_sub(1))
            .filter(|at| self.sentence.text(at - 1).ends_with(',') == comma)
            .filter(|at| conjunctions.contains(&self.sentence.text(*at)) && !self.is_inside_number(*at))
            .find_map(|at| self.cut_before(span, at))
    }

    /// `trente et un` is one number.
    fn is_inside_number(&self, at: usize) -> bool {
        self.sentence.text(at) == "et" && TENS.has(self.sentence.folded(at - 1))
    }

    /// Cuts before the conjunction at token `at`, if both sides can stand alone. `et` is dropped there, every
    /// other conjunction begins the right side.
    fn cut_before(&self, span: Span, at: usize) -> Option<(Span, Span)> {
        let left = Span { end: at, ..span };
        if !self.has_verb(left) {
            return None;
        }
        let begin = at + 1;
        let repeated = self.repeated_subject(left, begin, span.end);
        if !self.has_own_subject(begin, span.end) && repeated.is_none() {
            return None;
        }
        let start = if self.sentence.text(at) == "et" { begin } else { at };
        let pronoun = repeated.map(|subject| (subject, begin));
        Some((
            left,
            Span {
                start,
                end: span.end,
                pronoun,
            },
        ))
    }

    /// The tokens `begin..end` begin with a subject and have a verb.
    fn has_own_subject(&self, begin: usize, end: usize) -> bool {
        let capital = self
            .sentence
            .text(begin)
            .chars()
            .find(|c| c.is_alphanumeric())
            .is_some_and(char::is_uppercase);
        let first = self.sentence.parts(begin).next().unwrap_or_default();
        (capital || SUBJECT_WORDS.has(first)) && self.sentence.has_verb(begin, end)
    }

    /// The subject of `left` if the tokens `begin..end` lack one and begin, behind clitics, with a verb that agrees.
    fn repeated_subject(&self, left: Span, begin: usize, end: usize) -> Option<Subject> {
        let subject = self.subject_of(left)?;
        let (verb_at, verb, clitic) = self.after_clitics(begin, end)?;
        let plural_noun = clitic == "les" && verb.ends_with('s') && listed(verb) == 0;
        if plural_noun || (clitic == "en" && verb == "fait") || !subject.agrees_with(verb) {
            return None;
        }
        let own = self.has_own_subject(begin, end);
        let first = self.sentence.parts(begin).next().unwrap_or_default();
        let is_object = match first {
            // `nous virent` behind `ils` is an object; `nous vîmes` is a clause of its own.
            "nous" | "vous" => !Subject::of(first).is_some_and(|other| other.agrees_with(verb)),
            // `la nuit tombait` has its verb behind the noun, `la regardait` has none behind the verb.
            _ => is_clitic(first) && !self.sentence.has_verb(verb_at + 1, end),
        };
        (!own || is_object).then_some(subject)
    }

    /// The pronoun a span begins with, a conjunction in front of it aside.
    fn subject_of(&self, span: Span) -> Option<Subject> {
        if let Some((subject, _)) = span.pronoun {
            return Some(subject);
        }
        let mut words = (span.start..span.end).filter(|token| self.sentence.is_word(*token));
        let first = words.next()?;
        let is_conjunction = AFTER_COMMA.contains(&self.sentence.parts(first).next()?);
        let token = if is_conjunction { words.next()? } else { first };
        self.sentence.parts(token).next().and_then(Subject::of)
    }

    /// The first part from token `from` on that is no clitic: its token, itself, and the clitic in front of it.
    fn after_clitics(&self, from: usize, end: usize) -> Option<(usize, &str, &str)> {
        let mut clitic = "";
        for token in from..end {
            for part in self.sentence.parts(token) {
                if !is_clitic(part) {
                    return Some((token, part, clitic));
                }
                clitic = part;
            }
        }
        None
    }
}

/// Verbs with an aspirated h, by their beginnings: `je hurle`, but `j'habite`.
const ASPIRATED: [&str; 22] = [
    "hach", "hai", "haï", "halet", "handicap", "hant", "harangu", "harass", "harcel", "harcèl", "harponn",
    "hasard", "hât", "hauss", "heurt", "hiss", "hoch", "hoquet", "huch", "hurl", "hél", "hériss",
];

fn begins_with_vowel(part: &str) -> bool {
    match part.chars().next() {
        Some('h') => !ASPIRATED.iter().any(|stem| part.starts_with(stem)),
        Some(c) => "aàâäeéèêëiîïoôöuùûüyœæ".contains(c),
        None => false,
    }
}
