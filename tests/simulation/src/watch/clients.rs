//! What users' browsers hear: everyone converges on the newest version, and no change of status is left out.

use std::collections::{BTreeMap, BTreeSet};

use docmill_core::access::Action;
use docmill_core::ids::JobId;
use docmill_core::time::Time;
use serde_json::Value;

use super::members::{Moment, Since, Thing};
use super::{Broken, Watch};
use crate::scenario::USERS;

/// A visible change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) attempt: u32,
    /// It changed the status, the attempt, or accepted a cancel.
    pub(crate) status: bool,
    pub(crate) at: Time,
    /// Memberships as they were then.
    pub(crate) moment: Moment,
}

/// One WebSocket.
#[derive(Debug, Default)]
pub(crate) struct Client {
    job: Option<JobId>,
    user: u8,
    /// The snapshot's version; `None` while there is none.
    snapshot: Option<u64>,
    heard: BTreeSet<u64>,
    /// A frame for it was lost on the way.
    hurt: bool,
    pub(crate) closed: bool,
    opened: Option<Since>,
}

/// All of them, by connection.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    pub(crate) open: BTreeMap<String, Client>,
    /// A frame met a connection that is gone.
    pub(crate) gone: bool,
}

impl Clients {
    /// A browser opens a WebSocket to follow a job.
    pub(crate) fn opens(&mut self, connection: &str, (user, job): (u8, JobId), since: Since) {
        let client = Client {
            job: Some(job),
            user,
            opened: Some(since),
            ..Client::default()
        };
        self.open.insert(connection.to_owned(), client);
    }

    pub(crate) fn all_hurt(&mut self) {
        for client in self.open.values_mut() {
            client.hurt = true;
        }
    }

    pub(crate) fn hurt(&mut self, connection: &str) {
        if let Some(client) = self.open.get_mut(connection) {
            client.hurt = true;
        }
    }

    /// Whose a connection is, and what it follows.
    pub(super) fn user_of(&self, connection: &str) -> Option<(&'static str, JobId)> {
        let client = self.open.get(connection)?;
        Some((USERS[usize::from(client.user)], client.job?))
    }

    /// A frame reached a browser.
    pub(super) fn heard(&mut self, connection: &str, frame: &Value) {
        let Some(client) = self.open.get_mut(connection) else {
            return;
        };
        let wanted = client.job.map(|job| job.to_string());
        let of = |value: &Value| value["job_id"].as_str().map(ToOwned::to_owned) == wanted;
        if frame["type"] == "snapshot" {
            let shown = match frame["jobs"].as_array() {
                Some(jobs) => jobs.iter().find(|job| of(job)),
                None => Some(&frame["job"]).filter(|job| of(job)),
            };
            if let Some(version) = shown.and_then(|job| job["version"].as_u64()) {
                client.snapshot = client.snapshot.max(Some(version));
            }
        } else if of(frame)
            && let Some(version) = frame["version"].as_u64()
        {
            client.heard.insert(version);
        }
    }

    /// What a browser that was never cut off should have heard by now.
    pub(crate) fn check(&self, watch: &Watch) -> Broken {
        let (versions, lost) = (&watch.versions, &watch.lost_changes);
        for (connection, client) in &self.open {
            let (Some(job), Some(opened), Some(snapshot), false, false) = (
                client.job,
                client.opened,
                client.snapshot,
                client.hurt,
                client.closed,
            ) else {
                continue;
            };
            // Who might not see the job for a while has missed what came then.
            let user = USERS[usize::from(client.user)];
            let theirs = watch.records.get(&job).is_some_and(|job| {
                let thing = Thing::job(job);
                watch.members.always(user, &thing, Action::SeeJob, opened.moment)
            });
            if !theirs {
                continue;
            }
            let Some(versions) = versions.get(&job) else {
                continue;
            };
            // A WebSocket lives two hours.
            let end = opened.at.plus(std::time::Duration::from_secs(2 * 3600));
            let newest = versions.last().map_or(0, |version| version.number);
            let missed = versions.iter().find(|version| {
                version.number > snapshot
                    && (version.status || version.number == newest)
                    && !client.heard.contains(&version.number)
                    && !lost.contains(&(job, version.number))
                    && version.at < end
            });
            if let Some(missed) = missed {
                let text = format!(
                    "{connection} has version {snapshot} and never heard of {}",
                    missed.number
                );
                return Some(("P4", text));
            }
        }
        None
    }
}
