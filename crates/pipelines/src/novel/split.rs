//! R9: a sentence that is too long becomes several. L1–L3 are in [`super::clauses`].

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::characters::{begins_with_dash, closes, ends_sentence, is_dash, opens_quote};
use super::clauses::{Clauses, Span};
use super::flags::{Flag, Flags};
use super::settings::{OnOverlong, Settings};
use super::verbs::Analysis;
use super::words::TENS;

/// How an output sentence came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    /// It is the source's sentence.
    Unchanged,
    /// It was made by these rules.
    Rules,
    /// A language model wrote it.
    Llm,
    /// A language model wrote it when it was asked in fewer words.
    LlmMinimal,
    /// A better language model wrote it.
    LlmModelFallback,
    /// It was made by these rules, because no language model made anything that holds.
    RulesFallback,
}

/// An output sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The text.
    pub(super) text: String,
    /// Its words (R7).
    pub(super) words: u32,
    /// How it came to be.
    pub(super) method: Method,
    /// What the user should know of it.
    pub(super) flags: Flags,
}

/// Between chunk and merge a piece is written as briefly as may be: there are many.
impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.text.as_str(), self.words, self.method, self.flags.bits()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (text, words, method, bits) = Deserialize::deserialize(deserializer)?;
        Ok(Self {
            text,
            words,
            method,
            flags: Flags::from_bits(bits),
        })
    }
}

/// What a source sentence is, as far as the rules treat it differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Somebody's speech (R6).
    pub(super) dialogue: bool,
    /// A chapter's heading.
    pub(super) heading: bool,
}

/// The output sentences of one source sentence, in order.
pub(super) fn split(original: &str, kind: Kind, settings: &Settings) -> Vec<Piece> {
    let plain;
    let text = if settings.preserve_formatting {
        original
    } else {
        plain = without_formatting(original, kind.dialogue);
        plain.as_str()
    };
    let analysis = Analysis::of(text);
    let splitter = Splitter {
        sentence: &analysis,
        clauses: Clauses::of(&analysis),
        kind,
        settings,
    };
    let whole = Span {
        start: 0,
        end: analysis.len(),
        pronoun: None,
    };
    let mut spans = Vec::new();
    if settings.ignore_dialogue && kind.dialogue {
        spans.push(whole);
    } else {
        splitter.divide(whole, &mut spans);
        spans = splitter.merge_short(&spans);
    }
    if let [_] = spans.as_slice() {
        let method = if text == original {
            Method::Unchanged
        } else {
            Method::Rules
        };
        return vec![splitter.piece(whole, text.to_owned(), method, false)];
    }
    spans
        .iter()
        .map(|span| splitter.piece(*span, splitter.finish(*span), Method::Rules, true))
        .collect()
}

struct Splitter<'s, 'a> {
    sentence: &'s Analysis<'a>,
    clauses: Clauses<'s, 'a>,
    kind: Kind,
    settings: &'s Settings,
}

impl Splitter<'_, '_> {
    fn limit(&self) -> usize {
        self.settings.sentence_length_limit as usize
    }

    fn least(&self) -> usize {
        self.settings.min_sentence_length as usize
    }

    fn divide(&self, span: Span, out: &mut Vec<Span>) {
        let mut rest = span;
        while self.clauses.words(rest) > self.limit() {
            if let Some((left, right)) = self.clauses.cut(rest) {
                self.divide(left, out);
                rest = right;
            } else if let Some(at) = self.phrase_end(rest) {
                out.push(Span { end: at, ..rest });
                rest = Span {
                    start: at,
                    end: rest.end,
                    pronoun: None,
                };
            } else {
                break;
            }
        }
        out.push(rest);
    }

    /// L4: the token at which the best phrase in front ends; none where sentences are to be kept.
    fn phrase_end(&self, span: Span) -> Option<usize> {
        if self.settings.on_overlong == OnOverlong::Keep {
            return None;
        }
        // The last boundary of each class, among those that leave enough words on both sides and no
        // loose end, and among all.
        let mut wanted = [None; 4];
        let mut any = [None; 4];
        for token in span.start..span.end {
            if !self.sentence.is_word(token) || span.pronoun.is_some_and(|(_, at)| token < at) {
                continue;
            }
            let end = self.phrase_boundary(token, span.end);
            let left = self.clauses.words(Span { end, ..span });
            let right = self.sentence.words(end, span.end);
            if left > self.limit() || right == 0 {
                break;
            }
            let class = self.boundary_class(token, end, span.end);
            any[class] = Some(end);
            if left >= self.least() && right >= self.least() && !self.dangles(token) {
                wanted[class] = Some(end);
            }
        }
        wanted.into_iter().chain(any).flatten().next()
    }

    /// Closing punctuation behind a word stays with it; what opens goes with the next word.
    fn phrase_boundary(&self, word: usize, end: usize) -> usize {
        let opens = |token: usize| {
            self.sentence
                .text(token)
                .starts_with(|c| opens_quote(c) || is_dash(c) || matches!(c, '(' | '[' | '-'))
        };
        (word + 1..end)
            .find(|token| self.sentence.is_word(*token) || opens(*token))
            .unwrap_or(end)
    }

    /// Whether a piece that ends with this word breaks off: `… et.`, `… dans la.`, `… rend ce.`, `… trente.`
    fn dangles(&self, word: usize) -> bool {
        self.sentence.parts(word).last().is_some_and(|part| {
            begins_phrase(part) || is_before_nouns(part) || is_before_relatives(part) || TENS.has(part)
        })
    }

    /// 0 behind a pause, 1 before a word that begins a phrase or `ce que`, 2 before `de`, 3 elsewhere.
    fn boundary_class(&self, word: usize, boundary: usize, end: usize) -> usize {
        if (word..boundary).any(|token| self.sentence.text(token).ends_with([',', ';', ':'])) {
            return 0;
        }
        let mut next = (boundary..end).filter(|token| self.sentence.is_word(*token));
        let mut first_part = || next.next().and_then(|token| self.sentence.parts(token).next());
        match first_part() {
            Some(part) if begins_phrase(part) => 1,
            Some(part) if is_before_relatives(part) && first_part().is_some_and(is_relative) => 1,
            Some("de" | "d'" | "du" | "des") => 2,
            _ => 3,
        }
    }

    /// Gives pieces that are too short back to the piece before them, where both fit.
    fn merge_short(&self, spans: &[Span]) -> Vec<Span> {
        let mut out: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            if let Some(before) = out.last_mut()
                && self.clauses.words(*span) < self.least()
            {
                let both = Span {
                    end: span.end,
                    ..*before
                };
                if self.clauses.words(both) <= self.limit() {
                    *before = both;
                    continue;
                }
            }
            out.push(*span);
        }
        out
    }

    fn piece(&self, span: Span, text: String, method: Method, is_part: bool) -> Piece {
        let words = self.clauses.words(span);
        let one_word_said = self.kind.dialogue && words == 1 && text.ends_with(['.', '!', '?']);
        let fragment = !self.kind.heading && !one_word_said && !self.clauses.has_verb(span);
        let flags = [
            (Flag::Fragment, fragment),
            (Flag::OverLimit, words > self.limit()),
            (Flag::Short, is_part && words < self.least()),
            (Flag::Dialogue, self.kind.dialogue),
            (Flag::PronounCopied, span.pronoun.is_some()),
        ];
        Piece {
            words: u32::try_from(words).unwrap_or(u32::MAX),
            flags: flags
                .into_iter()
                .filter(|(_, set)| *set)
                .map(|(flag, _)| flag)
                .collect(),
            text,
            method,
        }
    }

    /// Makes a sentence of a span: its own capital, its own end mark, no pause or dash left over at the cuts.
    fn finish(&self, span: Span) -> String {
        let mut text = String::new();
        let mut inner = span.start;
        while span.start > 0
            && inner < span.end
            && self.sentence.text(inner).chars().all(|c| is_dash(c) || c == '-')
        {
            inner += 1;
        }
        for token in inner..span.end {
            if let Some((subject, at)) = span.pronoun
                && at == token
            {
                if self.clauses.elides(subject, at) {
                    text.push('j');
                    text.push(self.apostrophe());
                } else {
                    text.push_str(subject.word);
                    text.push(' ');
                }
            }
            text.push_str(self.sentence.text(token));
            text.push(' ');
        }
        let is_pause = |c: char| matches!(c, ',' | ';' | ':' | ' ') || is_dash(c);
        text.truncate(text.trim_end_matches(is_pause).len());
        if !text
            .trim_end_matches(|c| closes(c) || c == ' ')
            .ends_with(ends_sentence)
        {
            text.push('.');
        }
        capitalised(&text)
    }

    /// The apostrophe that the sentence uses.
    fn apostrophe(&self) -> char {
        let curly = (0..self.sentence.len()).any(|token| self.sentence.text(token).contains('’'));
        if curly { '’' } else { '\'' }
    }
}

/// Words that a noun follows.
fn is_before_nouns(part: &str) -> bool {
    matches!(
        part,
        "de" | "d'" | "du" | "des" | "le" | "la" | "les" | "l'" | "un" | "une"
    )
}

/// Words that stand for what a relative clause tells: `ce qu'il veut`.
fn is_before_relatives(part: &str) -> bool {
    matches!(part, "ce" | "celui" | "celle" | "ceux" | "celles")
}

/// Relative pronouns.
fn is_relative(part: &str) -> bool {
    matches!(part, "que" | "qu'" | "qui" | "dont" | "où")
}

/// Words that begin a phrase.
fn begins_phrase(part: &str) -> bool {
    match part.len() {
        2 => matches!(part, "à" | "au" | "et" | "ou" | "où" | "si"),
        3 => matches!(part, "aux" | "sur" | "par" | "que" | "qu'" | "qui" | "où"),
        4 => matches!(
            part,
            "dans" | "sous" | "avec" | "sans" | "pour" | "vers" | "chez" | "mais" | "dont"
        ),
        5 => matches!(part, "entre" | "quand" | "comme"),
        _ => matches!(
            part,
            "pendant" | "depuis" | "jusque" | "jusqu'" | "lorsque" | "lorsqu'"
        ),
    }
}

fn capitalised(text: &str) -> String {
    let Some((at, first)) = text.char_indices().find(|(_, c)| c.is_alphanumeric()) else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(text.len() + 1);
    out.push_str(&text[..at]);
    out.extend(first.to_uppercase());
    out.push_str(&text[at + first.len_utf8()..]);
    out
}

/// The sentence without quotation marks, with their inner spaces, and without the dash of its dialogue.
fn without_formatting(sentence: &str, dialogue: bool) -> String {
    let mut text = sentence;
    if dialogue && begins_with_dash(text) {
        text = text.trim_start_matches(|c| is_dash(c) || matches!(c, '-' | ' '));
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    let mut closed = false;
    while let Some(c) = chars.next() {
        let inside = before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_alphanumeric());
        before = c;
        match c {
            '«' | '“' | '„' | '"' if !inside => {}
            '»' | '”' if !inside => {
                closed = out.trim_end().len() < out.len();
                out.truncate(out.trim_end().len());
            }
            ' ' if out.is_empty() || out.ends_with([' ', '(', '[', '\'', '’']) => {}
            c => {
                if closed && c.is_alphanumeric() {
                    out.push(' ');
                }
                closed = false;
                out.push(c);
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::without_formatting;

    #[test]
    fn quotation_marks_go_with_their_spaces() {
        for (text, plain) in [
            ("« Viens », dit-elle.", "Viens, dit-elle."),
            ("Il dit : “Oui.”", "Il dit : Oui."),
            ("Il dit \" oui \" deux fois.", "Il dit oui deux fois."),
            ("un « » autre", "un autre"),
            ("« oui »non", "oui non"),
            ("l'« homme » et mot\"mot", "l'homme et mot\"mot"),
        ] {
            assert_eq!(without_formatting(text, false), plain);
        }
        assert_eq!(without_formatting("— Oui — non.", true), "Oui — non.");
        assert_eq!(without_formatting("--Oui.", true), "Oui.");
    }
}
