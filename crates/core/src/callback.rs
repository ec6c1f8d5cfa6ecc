//! Callbacks: a job's end is posted to an address that its user named.
//!
//! # Layout
//! - [`Callback`] is what travels through the queue; [`CallbackQueue`] the port that takes it.
//! - `address` which addresses are public; [`Target`] a checked URL; [`PrivateHosts`] what an installation allows besides.
//! - [`CallbackKeys`] the tenants' secrets and [`CallbackSecrets`], the port that counts their generations.
//! - [`Deliverer`] one try at one callback, and [`CallbackSender`], the port that it goes out by.
//!
//! **Invariant:** an address is checked where it is connected to. Whoever implements [`CallbackSender`] looks a name up
//! once, asks [`is_public`] for every address found, and connects to exactly those; a check of a name beforehand would be
//! worth nothing, since the next look may find another address.

mod address;
mod deliver;
mod secret;
mod target;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use address::is_public;
pub use deliver::{Answer, Call, CallbackSender, Deliverer, Delivery, MAX_TRIES, Verdict, retry_after};
pub use secret::{
    CallbackKeys, CallbackSecrets, Generation, MasterKey, OVERLAP, Secret, SecretView, signature,
};
pub use target::{InvalidPrivateHost, MAX_URL_CHARS, PrivateHosts, Target, UrlRefused};

use crate::job::Job;
use crate::ports::PortResult;
use crate::publish::Change;
use crate::running::Tenant;
use crate::view::Event;

/// One end of one attempt of a job, on its way to the address that the user gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Where to, as the user gave it.
    pub callback_url: String,
    /// Whose secret signs it.
    pub tenant: Tenant,
    /// The attempt that ended.
    pub attempt: u32,
    /// What the receiver gets.
    pub event: Event,
}

impl Callback {
    /// The callback that `change` calls for: the job has ended, in this change, and wants one.
    pub fn of(change: &Change) -> Option<Self> {
        let job = &change.new;
        let callback_url = job.callback_url.clone()?;
        let was_over = |old: &Job| old.status.is_terminal() && old.attempt == job.attempt;
        if !job.status.is_terminal() || change.old.as_ref().is_some_and(was_over) {
            return None;
        }
        Some(Self {
            callback_url,
            tenant: Tenant::answering_for(job),
            attempt: job.attempt,
            event: change.event()?,
        })
    }

    /// The same for every try at this callback and for every repetition of it, and no other's: job and version.
    pub fn event_id(&self) -> String {
        format!("{}.{}", self.event.job_id, self.event.version)
    }
}

/// The queue of callbacks.
#[async_trait]
pub trait CallbackQueue: Send + Sync {
    /// Sends one; an error means that it may be missing. The tenant keeps one tenant's backlog from delaying the others.
    async fn send(&self, callback: &Callback) -> PortResult<()>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::JobId;
    use crate::job::{Stage, Status};
    use crate::time::Time;

    fn job(status: Status, version: u64) -> Job {
        let stage = Stage {
            index: 0,
            count: 1,
            text: "Working".to_owned(),
            from: 0,
            to: 100,
        };
        let id: JobId = "019aa000-0000-7000-8000-000000000001".parse().unwrap();
        Job {
            owner: "alice".to_owned(),
            status,
            version,
            callback_url: Some("https://example.com/hook".to_owned()),
            ..Job::blank(id, Time::from_ms(1_000), stage)
        }
    }

    fn change(old: Option<Job>, new: Job) -> Change {
        Change { old, new }
    }

    #[test]
    fn the_end_of_an_attempt_calls_back_and_nothing_else_does() {
        let processing = job(Status::Processing, 4);
        for end in Status::TERMINAL {
            let callback = Callback::of(&change(Some(processing.clone()), job(end, 5))).unwrap();
            assert_eq!((callback.event.status, callback.attempt), (end, 1));
            assert_eq!(callback.tenant, Tenant::User("alice".to_owned()));
            assert_eq!(callback.event_id(), "019aa000-0000-7000-8000-000000000001.5");
        }
        let ended = job(Status::Failed, 5);
        let no_url = Job {
            callback_url: None,
            ..ended.clone()
        };
        for (old, new) in [
            (Some(processing.clone()), job(Status::Processing, 5)),
            (Some(ended.clone()), job(Status::Failed, 6)),
            (Some(ended.clone()), ended.clone()),
            (Some(processing), no_url),
            (None, job(Status::Queued, 1)),
        ] {
            assert_eq!(Callback::of(&change(old, new)), None);
        }
        // Should the stream leave out what lay between: the next attempt's end is an end of its own.
        let again = Job {
            attempt: 2,
            ..job(Status::Completed, 9)
        };
        assert_eq!(Callback::of(&change(Some(ended), again)).unwrap().attempt, 2);
    }

    #[test]
    fn a_job_of_a_company_is_signed_with_its_secret() {
        let ended = Job {
            company_id: Some("acme".to_owned()),
            ..job(Status::Completed, 5)
        };
        let callback = Callback::of(&change(Some(job(Status::Processing, 4)), ended)).unwrap();
        assert_eq!(callback.tenant, Tenant::Company("acme".to_owned()));
    }

    #[test]
    fn wire_form_is_stable() {
        let callback = Callback::of(&change(
            Some(job(Status::Processing, 4)),
            job(Status::Completed, 5),
        ))
        .unwrap();
        let text = serde_json::to_string(&callback).unwrap();
        assert!(
            text.starts_with(
                r#"{"callback_url":"https://example.com/hook","tenant":{"user":"alice"},"attempt":1,"event":{"type":"status","job_id":"019aa000-"#
            ),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Callback>(&text).unwrap(), callback);
    }
}
