//! What users' browsers hear: everyone converges on the newest version, and no change of status is left out.

use std::collections::{BTreeMap, BTreeSet};

use docmill_core::ids::JobId;
use docmill_core::time::Time;
use serde_json::Value;

use super::Broken;

/// A visible change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) attempt: u32,
    /// It changed the status, the attempt, or accepted a cancel.
    pub(crate) status: bool,
    pub(crate) at: Time,
}

/// One WebSocket.
#[derive(Debug, Default)]
pub(crate) struct Client {
    job: Option<JobId>,
    /// The snapshot's version; `None` while there is none.
    snapshot: Option<u64>,
    heard: BTreeSet<u64>,
    /// A frame for it was lost on the way.
    hurt: bool,
    pub(crate) closed: bool,
    opened_at: Time,
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
    pub(crate) fn opens(&mut self, connection: &str, job: JobId, now: Time) {
        let client = Client {
            job: Some(job),
            opened_at: now,
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

    /// A frame reached a browser.
    pub(crate) fn heard(&mut self, connection: &str, frame: &str) {
        let Some(client) = self.open.get_mut(connection) else {
            return;
        };
        let Ok(frame) = serde_json::from_str::<Value>(frame) else {
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
        } else if of(&frame)
            && let Some(version) = frame["version"].as_u64()
        {
            client.heard.insert(version);
        }
    }

    /// What a browser that was never cut off should have heard by now.
    pub(crate) fn check(&self, versions: &BTreeMap<JobId, Vec<Version>>, lost: &[(JobId, u64)]) -> Broken {
        for (connection, client) in &self.open {
            let (Some(job), Some(snapshot), false, false) =
                (client.job, client.snapshot, client.hurt, client.closed)
            else {
                continue;
            };
            let Some(versions) = versions.get(&job) else {
                continue;
            };
            // A WebSocket lives two hours.
            let end = client.opened_at.plus(std::time::Duration::from_secs(2 * 3600));
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
