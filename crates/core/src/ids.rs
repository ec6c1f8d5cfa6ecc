//! Identifiers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::job::Slot;
use crate::ports::Entropy;
use crate::time::Time;

/// A job's id: a UUIDv7, so that ids sort by creation time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(Uuid);

impl JobId {
    /// A fresh id for a job created at `now`.
    pub fn generate(now: Time, entropy: &dyn Entropy) -> Self {
        let mut random = [0_u8; 10];
        entropy.fill(&mut random);
        let ms = u64::try_from(now.ms()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }

    /// The first id in the order of ids that a job created at `time` may have.
    pub fn first_of(time: Time) -> Self {
        let ms = u64::try_from(time.ms()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(ms, &[0; 10]).into_uuid())
    }

    /// When the job was created.
    pub fn created_at(self) -> Time {
        let (seconds, nanoseconds) = self.0.get_timestamp().map_or((0, 0), |stamp| stamp.to_unix());
        let ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
        Time::from_ms(ms.saturating_add(i64::from(nanoseconds / 1_000_000)))
    }

    /// The shard (0–15) of the `due` index that this job's entries go to.
    pub fn due_shard(self) -> u8 {
        self.0.as_bytes()[15] & 0x0f
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

/// A fresh id for a company made at `now`: a UUIDv7 like those of jobs.
pub fn company_id(now: Time, entropy: &dyn Entropy) -> String {
    JobId::generate(now, entropy).to_string()
}

/// Whether `text` is the id of a company as [`company_id`] spells them.
pub fn is_company_id(text: &str) -> bool {
    JobId::from_str(text).is_ok_and(|id| id.to_string() == text)
}

/// A fresh id for an entry of an audit trail made at `now`: a UUIDv7, so that entries sort by their time.
pub fn audit_id(now: Time, entropy: &dyn Entropy) -> String {
    JobId::generate(now, entropy).to_string()
}

/// Whether `text` is the id of an entry as [`audit_id`] spells them.
pub fn is_audit_id(text: &str) -> bool {
    is_company_id(text)
}

/// A fencing token: whoever holds a lease proves it with this value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseToken(String);

impl LeaseToken {
    /// A fresh token of 96 random bits, which says too who holds it: `instance` stands before the dot.
    pub fn generate(instance: &str, entropy: &dyn Entropy) -> Self {
        let mut random = [0_u8; 12];
        entropy.fill(&mut random);
        Self(format!("{instance}.{}", hex(&random)))
    }

    /// The instance of a function that made it; `None` for one from before they said so.
    pub fn instance(&self) -> Option<&str> {
        let (instance, _) = self.0.split_once('.')?;
        (!instance.is_empty()).then_some(instance)
    }

    /// A token read back from storage.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The token's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Id of an outside call named `call` by one piece of work of a job: 32 characters, the same whoever makes it, in every
/// try and attempt.
pub fn request_id(job: JobId, slot: Slot, call: &str) -> String {
    let mut id = sha256_hex(format!("{job}/{slot}/{call}").as_bytes());
    id.truncate(32);
    id
}

/// `bytes` in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            for digit in [byte >> 4, byte & 0x0f] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
            text
        })
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xab);
        }
    }

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let early = JobId::generate(Time::from_ms(1_000), &Fixed);
        let late = JobId::generate(Time::from_ms(2_000), &Fixed);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
        assert_eq!(early.0.get_version_num(), 7);
        assert_eq!(early.to_string().parse::<JobId>().unwrap(), early);
    }

    #[test]
    fn outside_calls_are_told_apart_by_job_work_and_name() {
        let [one, other] = [1_000, 2_000].map(|ms| JobId::generate(Time::from_ms(ms), &Fixed));
        let ids = [
            request_id(one, Slot::Chunk(1), "book"),
            request_id(other, Slot::Chunk(1), "book"),
            request_id(one, Slot::Chunk(2), "book"),
            request_id(one, Slot::Merge, "book"),
            request_id(one, Slot::Chunk(1), "cancel"),
        ];
        let different: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
        assert_eq!(ids[0], request_id(one, Slot::Chunk(1), "book"));
        assert!(ids.iter().all(|id| id.len() == 32));
    }

    #[test]
    fn a_token_says_who_holds_it() {
        let token = LeaseToken::generate("0123abcd", &Fixed);
        assert_eq!(token.instance(), Some("0123abcd"));
        assert_eq!(token.as_str().len(), 8 + 1 + 24);
        assert_eq!(LeaseToken::generate("", &Fixed).instance(), None);
        assert_eq!(LeaseToken::from_stored("abababab").instance(), None);
    }

    #[test]
    fn hash_is_sha256() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
