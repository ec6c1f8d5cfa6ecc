//! HMAC-SHA256, as every token and signature of the service uses it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The code of `input` under `key`, open for more input.
pub(crate) fn mac(key: &[u8], input: &[u8]) -> Hmac<Sha256> {
    // A key of any length is allowed; the empty fallback can never be reached.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default()));
    mac.update(input);
    mac
}
