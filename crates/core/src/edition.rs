//! Editions: what users make of a result after its worker.
//!
//! Edition 0 is the worker's. Each later one is a whole result again: its JSON is stored, and the other formats are made of
//! that when they are asked for. Editions belong to the attempt whose result they change; the next attempt's result has none.
//!
//! An edition's file lies under a key made of its number and its content, and the record names both. So of two who make the
//! same number neither writes over the other's file, and the record decides which of them is the edition.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{JobId, sha256_hex};
use crate::job::{ResultRef, UnknownWord};
use crate::plan::{edition_key, result_key};
use crate::time::Time;

/// Most editions of one result: the record names each with its author, some 90 bytes, and has to stay small.
pub const MAX_EDITIONS: usize = 100;

/// Largest body of an edit.
pub const MAX_EDIT_BYTES: usize = 1 << 20;

/// Largest JSON of a result that can be edited, before and after: it is parsed in the memory of one request.
pub const MAX_EDITED_BYTES: u64 = 8 << 20;

/// Characters of the digest in an edition's key: 96 bits, as a lease's token has.
const DIGEST_CHARS: usize = 24;

/// One edition in the record. Its number is its place in [`ResultRef::editions`], from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Who made it: `sub` of the token.
    pub author: String,
    /// When.
    pub at: Time,
    /// Of its content.
    pub digest: String,
}

impl Edition {
    /// The edition that `editor` makes with this content.
    pub fn new(editor: &Editor, json: &[u8]) -> Self {
        let mut digest = sha256_hex(json);
        digest.truncate(DIGEST_CHARS);
        Self {
            author: editor.author.clone(),
            at: editor.at,
            digest,
        }
    }
}

/// Who makes which edition, for the pipeline to write down where its results have a place for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor {
    /// `sub` of the token.
    pub author: String,
    /// When.
    pub at: Time,
    /// The number that the edition will have, from 1.
    pub number: u32,
}

impl ResultRef {
    /// Number of the newest edition; 0 where nobody has edited.
    pub fn newest(&self) -> u32 {
        u32::try_from(self.editions.len()).unwrap_or(u32::MAX)
    }

    /// Key of the JSON of edition `number`, the worker's with 0; `None` where there is no such edition.
    pub fn json_key(&self, job: JobId, number: u32) -> Option<String> {
        let Some(index) = number.checked_sub(1) else {
            return Some(result_key(job, self.attempt, "json", 1));
        };
        let edition = self.editions.get(usize::try_from(index).ok()?)?;
        Some(edition_key(job, self.attempt, number, &edition.digest))
    }

    /// The newest edition as clients name it in `If-Match`.
    pub fn basis(&self) -> Basis {
        Basis {
            attempt: Some(self.attempt),
            edition: self.newest(),
        }
    }
}

/// The edition that an editor had in front of them: `2.3` is the third of the second attempt's result, and `3` the third of
/// whichever attempt's result stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The attempt that made the result. Numbers begin again with each, so who leaves it out may take one for the other.
    pub attempt: Option<u32>,
    /// The number.
    pub edition: u32,
}

impl Basis {
    /// Whether that is still the newest edition.
    pub fn is_newest_of(self, result: &ResultRef) -> bool {
        self.attempt.is_none_or(|attempt| attempt == result.attempt) && self.edition == result.newest()
    }
}

impl std::fmt::Display for Basis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.attempt {
            Some(attempt) => write!(f, "{attempt}.{}", self.edition),
            None => self.edition.fmt(f),
        }
    }
}

impl FromStr for Basis {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let parsed = digits.parse().ok().filter(|_| plain);
            parsed.ok_or_else(|| UnknownWord(text.to_owned()))
        };
        let (attempt, edition) = match text.split_once('.') {
            Some((attempt, edition)) => (Some(number(attempt)?), number(edition)?),
            None => (None, number(text)?),
        };
        Ok(Self { attempt, edition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(editions: usize) -> ResultRef {
        let edition = |n: usize| {
            let editor = Editor {
                author: "alice".to_owned(),
                at: Time::from_ms(1_000),
                number: 1,
            };
            Edition::new(&editor, format!("{n}").as_bytes())
        };
        ResultRef {
            attempt: 2,
            editions: (0..editions).map(edition).collect(),
            ..ResultRef::default()
        }
    }

    #[test]
    fn each_edition_has_a_key_of_its_own() {
        let job: JobId = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
        let result = result(2);
        let key = |number| result.json_key(job, number);
        assert_eq!(key(0), Some(format!("results/{job}/2/json-1")));
        assert_eq!(
            key(1),
            Some(format!("editions/{job}/2/1-5feceb66ffc86f38d952786c"))
        );
        assert_ne!(key(1), key(2));
        assert_eq!(key(3), None);
        assert_eq!(key(u32::MAX), None);
    }

    #[test]
    fn a_basis_is_read_as_it_is_written() {
        for text in ["0", "3", "2.3", "1.0"] {
            assert_eq!(text.parse::<Basis>().unwrap().to_string(), text);
        }
        for text in ["", ".", "1.", ".1", "+1", "1.-2", "a", "1.2.3", "4294967296", "²"] {
            assert!(text.parse::<Basis>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_newest_edition_of_the_same_attempt_may_be_built_upon() {
        let result = result(3);
        assert_eq!(result.basis().to_string(), "2.3");
        let is_newest = |text: &str| text.parse::<Basis>().unwrap().is_newest_of(&result);
        assert!(is_newest("2.3") && is_newest("3"));
        assert!(!is_newest("1.3") && !is_newest("2") && !is_newest("4") && !is_newest("2.0"));
    }
}
