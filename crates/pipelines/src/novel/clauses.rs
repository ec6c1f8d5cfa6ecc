//! R9, L1–L3: where one clause ends and the next begins, and whether the next needs its subject repeated.

use std::cell::OnceCell;

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
    places: OnceCell<Places>,
}

/// Tokens at which a cut is thinkable, by kind, in order. Looked for once: a long sentence is cut many times.
#[derive(Default)]
struct Places {
    /// Tokens that end with `;` or `:`.
    pauses: Vec<usize>,
    /// Conjunctions behind a comma.
    after_comma: Vec<Conjunction>,
    /// Conjunctions behind none.
    without_comma: Vec<Conjunction>,
}

#[derive(Clone, Copy)]
struct Conjunction {
    at: usize,
    /// What follows begins like a clause's subject.
    before_subject: bool,
}

impl Places {
    fn of(sentence: &Analysis<'_>) -> Self {
        let mut places = Self::default();
        for token in 0..sentence.len() {
            let text = sentence.text(token);
            let comma = token > 0 && sentence.text(token - 1).ends_with(',');
            if text.ends_with([';', ':']) {
                places.pauses.push(token);
            } else if comma && AFTER_COMMA.contains(&text) {
                places.after_comma.push(Conjunction::at(sentence, token));
            } else if !comma && token > 0 && WITHOUT_COMMA.contains(&text) {
                // `trente et un` is one number.
                if text != "et" || !TENS.has(sentence.folded(token - 1)) {
                    places.without_comma.push(Conjunction::at(sentence, token));
                }
            }
        }
        places
    }
}

impl Conjunction {
    fn at(sentence: &Analysis<'_>, at: usize) -> Self {
        let capital = sentence
            .text(at + 1)
            .chars()
            .find(|c| c.is_alphanumeric())
            .is_some_and(char::is_uppercase);
        let first = sentence.parts(at + 1).next().unwrap_or_default();
        Self {
            at,
            before_subject: capital || SUBJECT_WORDS.has(first),
        }
    }
}

/// Those of `places` that lie in `from..to`.
fn within<P: Copy>(places: &[P], at: fn(P) -> usize, from: usize, to: usize) -> impl Iterator<Item = P> {
    let first = places.partition_point(|place| at(*place) < from);
    places[first..]
        .iter()
        .copied()
        .take_while(move |place| at(*place) < to)
}

impl<'s, 'a> Clauses<'s, 'a> {
    /// Of a sentence.
    pub(super) fn of(sentence: &'s Analysis<'a>) -> Self {
        Self {
            sentence,
            places: OnceCell::new(),
        }
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
        self.first_verb_end(span).is_some()
    }

    /// Whether the repeated pronoun loses its vowel in front of token `at`.
    pub(super) fn elides(&self, subject: Subject, at: usize) -> bool {
        subject.word == "je" && self.sentence.parts(at).next().is_some_and(begins_with_vowel)
    }

    /// The first cut of the first kind that fits: L1, then L2, then L3.
    pub(super) fn cut(&self, span: Span) -> Option<(Span, Span)> {
        let places = self.places.get_or_init(|| Places::of(self.sentence));
        // Whatever is cut off in front has a verb: nothing nearer than the first is worth a look.
        let nearest = self.first_verb_end(span)?;
        let last = span.end.saturating_sub(1);
        let pauses = within(&places.pauses, |token| token, nearest.saturating_sub(1), last);
        let conjunctions = |places: &[Conjunction]| {
            let subject = self.subject_of(span);
            within(places, |conjunction| conjunction.at, nearest, last)
                .find_map(|conjunction| self.cut_before(span, conjunction, subject))
        };
        pauses
            .into_iter()
            .find_map(|token| self.cut_behind(span, token))
            .or_else(|| conjunctions(&places.after_comma))
            .or_else(|| conjunctions(&places.without_comma))
    }

    /// Behind which token the span has had its first verb.
    fn first_verb_end(&self, span: Span) -> Option<usize> {
        let repeated = span.pronoun.and_then(|(_, at)| self.after_clitics(at, span.end));
        let repeated = repeated.map(|(verb, _, _)| verb + 1);
        let found = self
            .sentence
            .first_verb_end(span.start)
            .filter(|end| *end <= span.end);
        found.into_iter().chain(repeated).min()
    }

    /// Cuts behind the pause at `token`, if there is a verb on its right side too.
    fn cut_behind(&self, span: Span, token: usize) -> Option<(Span, Span)> {
        let start = token + 1;
        let right = Span {
            start,
            end: span.end,
            pronoun: None,
        };
        self.has_verb(right)
            .then_some((Span { end: start, ..span }, right))
    }

    /// Cuts before a conjunction if the right side can stand alone: it has a subject and a verb, or can repeat
    /// `subject`, that of the left side. `et` is dropped there, every other conjunction begins the right side.
    fn cut_before(
        &self,
        span: Span,
        conjunction: Conjunction,
        subject: Option<Subject>,
    ) -> Option<(Span, Span)> {
        let Conjunction { at, before_subject } = conjunction;
        let begin = at + 1;
        let own = before_subject && self.sentence.has_verb(begin, span.end);
        let repeated = subject.filter(|subject| self.repeats(*subject, begin, span.end, own));
        if !own && repeated.is_none() {
            return None;
        }
        let right = Span {
            start: if self.sentence.text(at) == "et" { begin } else { at },
            end: span.end,
            pronoun: repeated.map(|subject| (subject, begin)),
        };
        Some((Span { end: at, ..span }, right))
    }

    /// Whether the tokens `begin..end` lack a subject of their `own` and begin, behind clitics, with a verb that
    /// agrees with `subject`.
    fn repeats(&self, subject: Subject, begin: usize, end: usize, own: bool) -> bool {
        let Some((verb_at, verb, clitic)) = self.after_clitics(begin, end) else {
            return false;
        };
        let plural_noun = clitic == "les" && verb.ends_with('s') && listed(verb) == 0;
        if plural_noun || (clitic == "en" && verb == "fait") || !subject.agrees_with(verb) {
            return false;
        }
        let first = self.sentence.parts(begin).next().unwrap_or_default();
        let is_object = match first {
            // `nous virent` behind `ils` is an object; `nous vîmes` is a clause of its own.
            "nous" | "vous" => !Subject::of(first).is_some_and(|other| other.agrees_with(verb)),
            // `la nuit tombait` has its verb behind the noun, `la regardait` has none behind the verb.
            _ => is_clitic(first) && !self.sentence.has_verb(verb_at + 1, end),
        };
        !own || is_object
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::properties::sentence;
    use super::*;

    /// The rules as they are written: every token of the span is tried, and every stretch asked for its verb.
    impl Clauses<'_, '_> {
        fn cut_by_the_letter(&self, span: Span) -> Option<(Span, Span)> {
            let by_pause = (span.start..span.end.saturating_sub(1)).find_map(|token| {
                let end = token + 1;
                let pause = self.sentence.text(token).ends_with([';', ':']);
                let left = self.has_verb(Span { end, ..span });
                let cut = self.cut_behind(span, token);
                cut.filter(|_| pause && left)
            });
            by_pause
                .or_else(|| self.cut_at_any(span, &AFTER_COMMA, true))
                .or_else(|| self.cut_at_any(span, &WITHOUT_COMMA, false))
        }

        fn cut_at_any(&self, span: Span, conjunctions: &[&str], comma: bool) -> Option<(Span, Span)> {
            (span.start + 1..span.end.saturating_sub(1))
                .filter(|at| self.sentence.text(at - 1).ends_with(',') == comma)
                .filter(|at| conjunctions.contains(&self.sentence.text(*at)))
                .filter(|at| self.sentence.text(*at) != "et" || !TENS.has(self.sentence.folded(at - 1)))
                .filter(|at| self.has_verb(Span { end: *at, ..span }))
                .find_map(|at| {
                    let subject = self.subject_of(Span { end: at, ..span });
                    self.cut_before(span, Conjunction::at(self.sentence, at), subject)
                })
        }

        fn compare(&self, span: Span, cuts: &mut usize) -> Result<(), TestCaseError> {
            let cut = self.cut(span);
            prop_assert_eq!(cut, self.cut_by_the_letter(span));
            if let Some((left, right)) = cut {
                *cuts += 1;
                self.compare(left, cuts)?;
                self.compare(right, cuts)?;
            }
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn places_looked_for_once_give_the_cuts_of_the_rules(text in proptest::collection::vec(sentence(), 1..4)) {
            let text = text.join(" ");
            let analysis = Analysis::of(&text);
            let clauses = Clauses::of(&analysis);
            for start in 0..analysis.len().min(4) {
                let whole = Span { start, end: analysis.len(), pronoun: None };
                clauses.compare(whole, &mut 0)?;
            }
        }
    }

    #[test]
    fn every_clause_of_a_long_sentence_is_cut_off() {
        let text = "il dormait ; ".repeat(300) + "il dormait.";
        let analysis = Analysis::of(&text);
        let clauses = Clauses::of(&analysis);
        let whole = Span {
            start: 0,
            end: analysis.len(),
            pronoun: None,
        };
        let mut cuts = 0;
        clauses.compare(whole, &mut cuts).unwrap();
        assert_eq!(cuts, 300);
    }
}
