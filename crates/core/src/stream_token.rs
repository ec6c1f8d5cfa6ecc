//! The token in an event-stream link: a browser's `EventSource` cannot send headers.
//!
//! HMAC-SHA256 over job, owner and expiry; it gives read access to that job's events and nothing else.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ids::{JobId, hex};
use crate::time::Time;
use crate::timing::STREAM_TOKEN_LIFE;

/// Makes and checks tokens with the installation's secret.
#[derive(Clone)]
pub struct StreamTokens {
    secret: Vec<u8>,
}

impl StreamTokens {
    /// With this secret, at least 32 random bytes.
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self {
            secret: secret.into(),
        }
    }

    /// A token for `owner`'s job, good for two hours from `now`.
    pub fn issue(&self, job: JobId, owner: &str, now: Time) -> String {
        let expires = now.plus(STREAM_TOKEN_LIFE).seconds();
        format!(
            "{expires}.{}",
            hex(&self.mac(job, owner, expires).finalize().into_bytes())
        )
    }

    /// Whether `token` opens `owner`'s job at `now`.
    pub fn admits(&self, token: &str, job: JobId, owner: &str, now: Time) -> bool {
        let Some((expires, signature)) = token.split_once('.') else {
            return false;
        };
        let (Ok(expires), Some(signature)) = (expires.parse::<i64>(), unhex(signature)) else {
            return false;
        };
        expires > now.seconds() && self.mac(job, owner, expires).verify_slice(&signature).is_ok()
    }

    fn mac(&self, job: JobId, owner: &str, expires: i64) -> Hmac<Sha256> {
        // A key of any length is allowed; the empty fallback can never be reached.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.secret)
            .unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default()));
        mac.update(format!("stream\n{job}\n{expires}\n{owner}").as_bytes());
        mac
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_one_job_of_one_owner_until_it_expires() {
        let tokens = StreamTokens::new(*b"0123456789abcdef0123456789abcdef");
        let job: JobId = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
        let other: JobId = "019aa000-0000-7000-8000-000000000002".parse().unwrap();
        let now = Time::from_ms(1_000_000);
        let token = tokens.issue(job, "alice", now);
        assert!(tokens.admits(&token, job, "alice", now));
        assert!(!tokens.admits(&token, other, "alice", now));
        assert!(!tokens.admits(&token, job, "mallory", now));
        assert!(!tokens.admits(&token, job, "alice", now.plus(STREAM_TOKEN_LIFE)));
        assert!(!StreamTokens::new(*b"another").admits(&token, job, "alice", now));
        let longer_lived = token.replacen(|c: char| c.is_ascii_digit(), "9", 1);
        assert!(!tokens.admits(&longer_lived, job, "alice", now));
        for nonsense in ["", ".", "x.y", "99999999999.", "99999999999.zz"] {
            assert!(!tokens.admits(nonsense, job, "alice", now));
        }
    }
}
