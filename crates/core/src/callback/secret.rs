//! What callbacks are signed with.
//!
//! The installation has one master key. A tenant's secret is derived from it and from a generation number, which a
//! rotation counts up: the number is all that is stored, so no table holds a secret.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use serde::Serialize;

use crate::ids::hex;
use crate::mac::mac;
use crate::ports::{Clock, PortResult};
use crate::running::Tenant;
use crate::time::Time;

/// After a rotation callbacks carry a signature of the earlier secret as well for this long: time to change it at the
/// receiver without missing one.
pub const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// Which of its secrets a tenant uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// From 1.
    pub number: u32,
    /// When it took the place of the one before; `None` for the first.
    pub rotated_at: Option<Time>,
}

impl Generation {
    /// What a tenant has that never rotated.
    pub const FIRST: Self = Self {
        number: 1,
        rotated_at: None,
    };

    /// Until when the one before is used too, if it is at `now`.
    fn previous_until(&self, now: Time) -> Option<Time> {
        let until = self.rotated_at?.plus(OVERLAP);
        (self.number > 1 && until > now).then_some(until)
    }
}

/// Counts the generations of tenants' secrets.
#[async_trait]
pub trait CallbackSecrets: Send + Sync {
    /// The generation that is in use, read consistently; [`Generation::FIRST`] without any rotation.
    async fn generation(&self, tenant: &Tenant) -> PortResult<Generation>;
    /// Begins the next generation. Each call counts.
    async fn rotate(&self, tenant: &Tenant, now: Time) -> PortResult<Generation>;
}

/// The installation's key.
#[derive(Clone)]
pub struct MasterKey(Vec<u8>);

impl MasterKey {
    /// With these bytes, at least 32 random ones.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The secret of a tenant's generation. A generation is a number without a line break, and stands last, so that no
    /// two tenants can have the same input.
    pub fn secret(&self, tenant: &Tenant, generation: u32) -> Secret {
        let input = format!("callback\n{}\n{generation}", tenant.key());
        let derived = mac(&self.0, input.as_bytes()).finalize().into_bytes();
        Secret(format!("whsec_{}", URL_SAFE_NO_PAD.encode(derived)))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// A tenant's secret: `whsec_` and 43 characters of base64url. This text, as it is, is the key of the signatures, so
/// that receivers have nothing to decode.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for its tenant and nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// HMAC-SHA256 over `{seconds}.{body}` in lower-case hexadecimal.
    fn sign(&self, seconds: i64, body: &str) -> String {
        let mut mac = mac(self.0.as_bytes(), format!("{seconds}.").as_bytes());
        mac.update(body.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The header `Docmill-Signature` for `body` sent at `now`: `t=<unix seconds>`, and `v1=` once for each secret.
pub fn signature(secrets: &[Secret], now: Time, body: &str) -> String {
    let seconds = now.seconds();
    secrets.iter().fold(format!("t={seconds}"), |header, secret| {
        format!("{header},v1={}", secret.sign(seconds, body))
    })
}

/// A secret as its tenant sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretView {
    secret: String,
    generation: u32,
    rotated_at: Option<Time>,
    /// Until when callbacks carry a signature of the earlier secret as well.
    previous_valid_until: Option<Time>,
}

/// The secrets of all tenants. Whoever calls has made sure that the person may act for the tenant.
#[derive(Clone)]
pub struct CallbackKeys {
    /// Their generations.
    pub secrets: Arc<dyn CallbackSecrets>,
    /// What they are derived from.
    pub master: MasterKey,
    /// Now.
    pub clock: Arc<dyn Clock>,
}

impl CallbackKeys {
    /// The secret in use.
    pub async fn current(&self, tenant: &Tenant) -> PortResult<SecretView> {
        let generation = self.secrets.generation(tenant).await?;
        Ok(self.view(tenant, &generation))
    }

    /// A new secret in place of the one in use.
    pub async fn rotate(&self, tenant: &Tenant) -> PortResult<SecretView> {
        let generation = self.secrets.rotate(tenant, self.clock.now()).await?;
        Ok(self.view(tenant, &generation))
    }

    /// What a callback is signed with at `now`, the secret in use first.
    pub async fn signing(&self, tenant: &Tenant, now: Time) -> PortResult<Vec<Secret>> {
        let generation = self.secrets.generation(tenant).await?;
        let previous = generation
            .previous_until(now)
            .map(|_| self.master.secret(tenant, generation.number - 1));
        let current = self.master.secret(tenant, generation.number);
        Ok(std::iter::once(current).chain(previous).collect())
    }

    fn view(&self, tenant: &Tenant, generation: &Generation) -> SecretView {
        let secret = self.master.secret(tenant, generation.number);
        SecretView {
            secret: secret.reveal().to_owned(),
            generation: generation.number,
            rotated_at: generation.rotated_at,
            previous_valid_until: generation.previous_until(self.clock.now()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn master() -> MasterKey {
        MasterKey::new(*b"0123456789abcdef0123456789abcdef")
    }

    fn alice() -> Tenant {
        Tenant::User("alice".to_owned())
    }

    /// Made with `hmac.new` of Python, so that it is not this code alone that says so.
    #[test]
    fn secrets_and_signatures_stay_what_they_are() {
        let secret = master().secret(&alice(), 1);
        assert_eq!(secret.reveal(), SECRET);
        let header = signature(
            &[secret],
            Time::from_ms(1_800_000_000_999),
            r#"{"type":"status"}"#,
        );
        assert_eq!(header, SIGNATURE);
    }

    const SECRET: &str = "whsec_OD01KdFHQgn21UUcgWwxyUxvF9dbdPKow0dh4o0WrQs";
    const SIGNATURE: &str =
        "t=1800000000,v1=dac57e0d32431754458e11914c509453f6ae6b88b1b3cb1f8f3e236825820be8";

    #[test]
    fn each_tenant_and_generation_has_a_secret_of_its_own() {
        let tenants = [
            alice(),
            Tenant::Company("alice".to_owned()),
            Tenant::User("alice\n1".to_owned()),
            Tenant::User("bob".to_owned()),
        ];
        let secrets: BTreeSet<String> = tenants
            .iter()
            .flat_map(|tenant| [1, 2, 11].map(|generation| master().secret(tenant, generation)))
            .map(|secret| secret.reveal().to_owned())
            .collect();
        assert_eq!(secrets.len(), 12);
        assert!(secrets.iter().all(|secret| secret.len() == 49));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let secret = master().secret(&alice(), 1);
        assert_eq!(format!("{secret:?} {:?}", master()), "Secret(..) MasterKey(..)");
    }

    #[test]
    fn the_earlier_secret_is_used_for_a_day() {
        let rotated_at = Time::from_ms(1_000);
        let second = Generation {
            number: 2,
            rotated_at: Some(rotated_at),
        };
        let end = rotated_at.plus(OVERLAP);
        assert_eq!(second.previous_until(rotated_at), Some(end));
        assert_eq!(second.previous_until(Time::from_ms(end.ms() - 1)), Some(end));
        assert_eq!(second.previous_until(end), None);
        assert_eq!(Generation::FIRST.previous_until(rotated_at), None);
    }

    proptest! {
        /// A signature holds for its body, its second and its secret.
        #[test]
        fn a_signature_holds_for_what_was_signed(body in ".{0,60}", other in ".{0,60}", ms in 0_i64..1 << 42, generation in 1_u32..9) {
            let secret = master().secret(&alice(), generation);
            let now = Time::from_ms(ms);
            let header = signature(std::slice::from_ref(&secret), now, &body);
            prop_assert_eq!(&header, &format!("t={},v1={}", now.seconds(), secret.sign(now.seconds(), &body)));
            prop_assert_eq!(body == other, secret.sign(now.seconds(), &other) == secret.sign(now.seconds(), &body));
            prop_assert_ne!(secret.sign(now.seconds() + 1, &body), secret.sign(now.seconds(), &body));
            let next = master().secret(&alice(), generation + 1);
            prop_assert_ne!(next.sign(now.seconds(), &body), secret.sign(now.seconds(), &body));
        }
    }
}
