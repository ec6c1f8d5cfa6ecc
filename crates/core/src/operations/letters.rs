//! Records of dead letters: what the queues gave up on, what became of it, and what an operator did about it.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use crate::ids::{JobId, sha256_hex};
use crate::job::{Priority, Slot, UnknownWord};
use crate::message::Message;
use crate::ports::{DeadLetter, PortResult};
use crate::time::Time;

/// How long a record is kept. The bucket keeps what could not be read for as long.
pub const LETTER_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Digits of the time in an id, so that ids sort by it until the year 2286.
const TIME_DIGITS: usize = 13;

/// Digits of the hash in an id.
const HASH_DIGITS: usize = 16;

/// What kind of letter it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// A message of ours that was received too often.
    GivenUp,
    /// Not a message of this release.
    Undecodable,
}

impl LetterKind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GivenUp => "given_up",
            Self::Undecodable => "undecodable",
        }
    }
}

impl FromStr for LetterKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = [Self::GivenUp, Self::Undecodable];
        let found = known.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

/// Whether anybody has dealt with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// Nobody has.
    Open,
    /// What it was for was done again.
    Redriven,
    /// An operator marked it as dealt with.
    Discarded,
    /// Nothing failed by it: what it was about was settled, or in somebody's hands, when it came.
    Stale,
}

impl LetterState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Redriven, Self::Discarded, Self::Stale];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redriven => "redriven",
            Self::Discarded => "discarded",
            Self::Stale => "stale",
        }
    }
}

impl FromStr for LetterState {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == word);
        found.ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

/// What a letter was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LetterAbout {
    /// The job.
    pub job: JobId,
    /// Its attempt.
    pub attempt: u32,
    /// The piece of work.
    pub slot: Slot,
}

impl LetterAbout {
    /// What a message is about.
    pub fn of(message: &Message) -> Self {
        Self {
            job: message.job(),
            attempt: message.attempt(),
            slot: match message {
                Message::Plan { .. } => Slot::Plan,
                Message::Chunk { n, .. } => Slot::Chunk(*n),
                Message::Merge { .. } => Slot::Merge,
            },
        }
    }
}

/// The record of a dead letter. It holds nothing of a document, and of a letter that could not be read not a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// As [`letter_id`] makes them.
    pub id: String,
    /// The queue it failed on.
    pub priority: Priority,
    /// See [`LetterKind`].
    pub kind: LetterKind,
    /// See [`LetterState`].
    pub state: LetterState,
    /// What it was about; `None` for one that could not be read.
    pub about: Option<LetterAbout>,
    /// How often the queue handed it out.
    pub receives: u32,
    /// Size of its body.
    pub bytes: u64,
    /// The object that has the body of one that could not be read.
    pub parked: Option<String>,
    /// When it was sent.
    pub sent_at: Time,
    /// When `sweep` dealt with it.
    pub given_up_at: Time,
    /// When an operator dealt with it, and who.
    pub settled: Option<(Time, String)>,
}

impl Letter {
    /// When its record goes.
    pub fn expires_at(&self) -> Time {
        self.given_up_at.plus(LETTER_LIFE)
    }
}

/// The id of a letter's record: the same however often the letter is received, and in the order of sending.
pub fn letter_id(letter: &DeadLetter) -> String {
    let mut hash = sha256_hex(letter.id.as_bytes());
    hash.truncate(HASH_DIGITS);
    format!("{:0TIME_DIGITS$}-{hash}", letter.sent_at.ms().max(0))
}

/// Whether `text` has the form of what [`letter_id`] makes.
pub fn is_letter_id(text: &str) -> bool {
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    text.split_once('-').is_some_and(|(time, hash)| {
        time.len() == TIME_DIGITS
            && time.chars().all(|c| c.is_ascii_digit())
            && hash.len() == HASH_DIGITS
            && hash.chars().all(is_hex)
    })
}

/// How many letters nobody has dealt with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OpenLetters {
    /// So many were counted.
    pub open: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

/// The records.
#[async_trait]
pub trait Letters: Send + Sync {
    /// Keeps a record until [`Letter::expires_at`], unless there is one with its id.
    async fn keep(&self, letter: &Letter) -> PortResult<()>;
    /// The record with this id, read consistently.
    async fn get(&self, id: &str) -> PortResult<Option<Letter>>;
    /// Records before the one with the id `before`, newest first, at most `limit`: the open ones, or the others.
    async fn page(&self, open: bool, before: Option<&str>, limit: usize) -> PortResult<Vec<Letter>>;
    /// Settles an open one; the record as it stands afterwards, which somebody else may have settled.
    async fn settle(&self, id: &str, state: LetterState, at: Time, by: &str) -> PortResult<Option<Letter>>;
    /// Counts the open ones, so far as that is cheap.
    async fn open(&self) -> PortResult<OpenLetters>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead(id: &str, sent_ms: i64) -> DeadLetter {
        DeadLetter {
            id: id.to_owned(),
            body: String::new(),
            receipt: String::new(),
            priority: Priority::Normal,
            sent_at: Time::from_ms(sent_ms),
            receives: 10,
        }
    }

    #[test]
    fn ids_sort_by_time_and_are_known_by_their_form() {
        let (early, late) = (letter_id(&dead("b", 9)), letter_id(&dead("a", 1_763_862_000_000)));
        assert!(early < late);
        assert_eq!(early, letter_id(&dead("b", 9)));
        assert!(is_letter_id(&early) && is_letter_id(&late));
        for wrong in [
            "",
            "-",
            "letters",
            "1763862000000-9F86D081884C7D65",
            "1763862000000-9f86d081884c7d65#x",
        ] {
            assert!(!is_letter_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for state in LetterState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::json!(state), state.as_str());
        }
        for kind in [LetterKind::GivenUp, LetterKind::Undecodable] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
