//! One try at one callback.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Callback, CallbackKeys, PrivateHosts, Target, signature};
use crate::ports::{Clock, Entropy};

/// Tries at a callback. The queue's `maxReceiveCount` is the same number: after the last one the callback is a dead
/// letter.
pub const MAX_TRIES: u32 = 10;

/// Seconds between a try and the next: about an hour in all. A receiver that restarts is back within the first minutes;
/// the later ones are for one that somebody has to be called for.
const PAUSES_S: [u32; MAX_TRIES as usize - 1] = [10, 30, 60, 120, 240, 480, 900, 900, 900];

/// The pause after try number `tries`, a tenth more or less (`jitter` is uniform in 0..=255) so that the callbacks of a
/// receiver that was away do not all come back at once. None after the last: the queue has the rest to do.
pub fn retry_after(tries: u32, jitter: u8) -> Duration {
    let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = PAUSES_S
        .get(index)
        .map_or(0, |seconds| u64::from(*seconds) * 1_000);
    Duration::from_millis(pause * 9 / 10 + pause * u64::from(jitter) / (5 * 255))
}

/// The URL's text is refused.
const URL_REFUSED: &str = "url_refused";

/// A request as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where to.
    pub target: Target,
    /// Its headers, beside those that every request has.
    pub headers: [(&'static str, String); 3],
    /// Its body.
    pub body: String,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was answered. What else the answer says is not read.
    Status(u16),
    /// There was no answer in time.
    TimedOut,
    /// The name leads, or leads also, to an address that is not public. Nothing was sent.
    AddressRefused,
    /// No such name, no connection, no valid certificate: the reason is for the log.
    Unreachable(String),
}

/// Posts callbacks.
#[async_trait]
pub trait CallbackSender: Send + Sync {
    /// One request, of limited time. It follows no redirect, and connects to nothing but the addresses that it has
    /// checked, unless the target is [private](Target::is_private).
    async fn post(&self, call: Call) -> Answer;
}

/// What is to happen to the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go: the receiver has it, or wants nothing more.
    Done,
    /// It has to come again.
    Again {
        /// After this long.
        after: Duration,
    },
}

/// A try, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is to happen.
    pub verdict: Verdict,
    /// A word for what happened.
    pub outcome: &'static str,
    /// What the receiver answered.
    pub status: Option<u16>,
    /// Why there is no answer.
    pub reason: Option<String>,
}

/// Delivers callbacks.
#[derive(Clone)]
pub struct Deliverer {
    /// Signs.
    pub keys: CallbackKeys,
    /// Posts.
    pub sender: Arc<dyn CallbackSender>,
    /// Receivers that need not be public.
    pub private_hosts: PrivateHosts,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
}

impl Deliverer {
    /// Try number `tries`, from 1, at `callback`.
    pub async fn deliver(&self, callback: &Callback, tries: u32) -> Delivery {
        match self.call(callback).await {
            Ok(call) => self.judge(self.sender.post(call).await, tries),
            // What its text gives away is the same at every try.
            Err((URL_REFUSED, reason)) => Delivery {
                verdict: Verdict::Done,
                outcome: URL_REFUSED,
                status: None,
                reason: Some(reason),
            },
            Err((outcome, reason)) => self.again(tries, outcome, Some(reason)),
        }
    }

    /// A message that has to come again, by the same schedule.
    pub fn again(&self, tries: u32, outcome: &'static str, reason: Option<String>) -> Delivery {
        let mut jitter = [0];
        self.entropy.fill(&mut jitter);
        Delivery {
            verdict: Verdict::Again {
                after: retry_after(tries, jitter[0]),
            },
            outcome,
            status: None,
            reason,
        }
    }

    /// The URL was checked when the job was made; the rules, or the private receivers, may have changed since.
    async fn call(&self, callback: &Callback) -> Result<Call, (&'static str, String)> {
        let target = Target::parse(&callback.callback_url, &self.private_hosts)
            .map_err(|refused| (URL_REFUSED, refused.code().to_owned()))?;
        let body =
            serde_json::to_string(&callback.event).map_err(|error| ("not_encoded", error.to_string()))?;
        let now = self.clock.now();
        let secrets = self.keys.signing(&callback.tenant, now).await;
        let secrets = secrets.map_err(|error| ("no_secret", error.to_string()))?;
        Ok(Call {
            target,
            headers: [
                ("content-type", "application/json".to_owned()),
                ("docmill-event-id", callback.event_id()),
                ("docmill-signature", signature(&secrets, now, &body)),
            ],
            body,
        })
    }

    fn judge(&self, answer: Answer, tries: u32) -> Delivery {
        let done = |outcome, status| Delivery {
            verdict: Verdict::Done,
            outcome,
            status: Some(status),
            reason: None,
        };
        match answer {
            Answer::Status(status @ 200..=299) => done("delivered", status),
            Answer::Status(410) => done("given_up", 410),
            Answer::Status(status) => Delivery {
                status: Some(status),
                ..self.again(tries, "refused", None)
            },
            Answer::TimedOut => self.again(tries, "timed_out", None),
            Answer::AddressRefused => self.again(tries, "address_refused", None),
            Answer::Unreachable(reason) => self.again(tries, "unreachable", Some(reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_add_up_to_about_an_hour() {
        let total = |jitter| {
            (1..MAX_TRIES)
                .map(|tries| retry_after(tries, jitter))
                .sum::<Duration>()
        };
        assert_eq!(total(0).as_secs(), 3_276);
        assert_eq!(total(255).as_secs(), 4_004);
        assert_eq!(retry_after(1, 0), Duration::from_secs(9));
        assert_eq!(retry_after(1, 255), Duration::from_secs(11));
        for tries in [0, MAX_TRIES, u32::MAX] {
            assert!(retry_after(tries, 255) <= Duration::from_secs(11), "{tries}");
        }
        assert_eq!(retry_after(MAX_TRIES, 255), Duration::ZERO);
    }
}
