//! The token in an event-stream link: a browser's `EventSource` cannot send headers.
//!
//! HMAC-SHA256 over job, user and expiry; it lets that user read that job's events and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::ids::{JobId, hex};
use crate::mac::mac;
use crate::time::Time;
use crate::timing::STREAM_TOKEN_LIFE;

/// A `sub` has at most 255 characters (OpenID Connect Core, section 2).
const MAX_TOKEN_BYTES: usize = 1024;

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

    /// A token with which `user` may follow a job for two hours from `now`, as long as they may see it.
    pub fn issue(&self, job: JobId, user: &str, now: Time) -> String {
        let expires = now.plus(STREAM_TOKEN_LIFE).seconds();
        let signature = hex(&self.mac(job, user, expires).finalize().into_bytes());
        format!("{expires}.{}.{signature}", URL_SAFE_NO_PAD.encode(user))
    }

    /// The user to whom `token` was issued for this job, if it is good at `now`.
    pub fn user_of(&self, token: &str, job: JobId, now: Time) -> Option<String> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let mut parts = token.split('.');
        let (expires, user, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let expires: i64 = expires.parse().ok()?;
        let user = String::from_utf8(URL_SAFE_NO_PAD.decode(user).ok()?).ok()?;
        let signature = unhex(signature)?;
        let genuine = self.mac(job, &user, expires).verify_slice(&signature).is_ok();
        (genuine && expires > now.seconds()).then_some(user)
    }

    fn mac(&self, job: JobId, user: &str, expires: i64) -> Hmac<Sha256> {
        mac(
            &self.secret,
            format!("stream\n{job}\n{expires}\n{user}").as_bytes(),
        )
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
    fn a_token_lets_one_user_into_one_job_until_it_expires() {
        let tokens = StreamTokens::new(*b"0123456789abcdef0123456789abcdef");
        let job: JobId = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
        let other: JobId = "019aa000-0000-7000-8000-000000000002".parse().unwrap();
        let now = Time::from_ms(1_000_000);
        let token = tokens.issue(job, "alice", now);
        assert_eq!(tokens.user_of(&token, job, now).as_deref(), Some("alice"));
        assert_eq!(tokens.user_of(&token, other, now), None);
        assert_eq!(tokens.user_of(&token, job, now.plus(STREAM_TOKEN_LIFE)), None);
        assert_eq!(StreamTokens::new(*b"another").user_of(&token, job, now), None);
        let longer_lived = token.replacen(|c: char| c.is_ascii_digit(), "9", 1);
        let mallory = token.replace(
            &URL_SAFE_NO_PAD.encode("alice"),
            &URL_SAFE_NO_PAD.encode("mallory"),
        );
        let long = "9".repeat(MAX_TOKEN_BYTES + 1);
        let nonsense = [
            "",
            ".",
            "..",
            "x.y.z",
            "99999999999..",
            "99999999999.YQ.zz",
            &long,
        ];
        for token in nonsense
            .into_iter()
            .chain([longer_lived.as_str(), &mallory, &format!("{token}.")])
        {
            assert_eq!(tokens.user_of(token, job, now), None, "{token}");
        }
    }
}
