//! From a change of a job record to an event in the list, frames to subscribers and, at the end, a callback.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::access::may_follow;
use crate::callback::{Callback, CallbackQueue};
use crate::company::Companies;
use crate::ids::JobId;
use crate::job::Job;
use crate::ports::{Clock, Connections, EventLog, JobStore, LiveFeed, PortResult, Posted, Subscriber, Topic};
use crate::time::Time;
use crate::view::{Event, EventType};

/// Frames on their way at the same time.
const PARALLEL_POSTS: usize = 16;

/// So many events of one job in one batch are sent one by one: a short job should be seen to move.
const ALL_SENT: usize = 10;

/// Event writes on their way at the same time.
const PARALLEL_WRITES: usize = 8;

/// A record before and after one write, as the stream of changes tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Before; `None` for a new record.
    pub old: Option<Job>,
    /// After.
    pub new: Job,
}

impl Change {
    /// The event clients see, or `None` where nothing visible changed.
    pub fn event(&self) -> Option<Event> {
        let before = self.old.as_ref().map_or(0, |old| old.version);
        (self.new.version > before).then(|| Event::of(self.old.as_ref(), &self.new))
    }
}

/// What became of a batch of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Events written.
    pub events: usize,
    /// Frames sent.
    pub frames: usize,
    /// Callbacks sent to their queue.
    pub callbacks: usize,
    /// Connections found gone, and deleted.
    pub gone: usize,
    /// Index of the first change whose event could not be written, or whose callback could not be sent: it and all after it have to come again.
    pub failed_from: Option<usize>,
}

impl Published {
    fn fail_from(&mut self, at: usize) {
        self.failed_from = Some(self.failed_from.map_or(at, |first| first.min(at)));
    }
}

/// Publishes changes.
#[derive(Clone)]
pub struct Publisher {
    /// Whether a job is still there.
    pub jobs: Arc<dyn JobStore>,
    /// The list of events.
    pub events: Arc<dyn EventLog>,
    /// Where callbacks go.
    pub callbacks: Arc<dyn CallbackQueue>,
    /// Who listens.
    pub feed: Arc<dyn LiveFeed>,
    /// Who may still listen.
    pub companies: Arc<dyn Companies>,
    /// Where frames go.
    pub connections: Arc<dyn Connections>,
    /// Now.
    pub clock: Arc<dyn Clock>,
}

impl Publisher {
    /// Publishes a batch in stream order. Only an event that was not written, or a callback that was not sent, fails a
    /// change; what subscribers miss they get by their next event, since everyone converges on the newest version. A
    /// change that comes again writes the same event, and may call twice.
    pub async fn publish(&self, changes: &[Change]) -> Published {
        let events: Vec<(usize, Event, &Job)> = changes
            .iter()
            .enumerate()
            .filter_map(|(at, change)| change.event().map(|event| (at, event, &change.new)))
            .collect();
        let written =
            stream::iter(&events)
                .map(|(at, event, job)| async move {
                    (*at, self.keep(&changes[*at], event, job.expires_at).await)
                })
                .buffered(PARALLEL_WRITES)
                .collect::<Vec<_>>()
                .await;
        let mut published = Published::default();
        for (at, result) in written {
            match result {
                Ok(called) => {
                    published.events += 1;
                    published.callbacks += usize::from(called);
                }
                Err(error) => {
                    tracing::error!(%error, "event not written, or callback not sent");
                    published.fail_from(at);
                }
            }
        }
        let deleted = self.take_back(&events, &mut published).await;
        let ready = events
            .into_iter()
            .filter(|(at, _, _)| published.failed_from.is_none_or(|failed| *at < failed))
            .filter(|(_, event, _)| !deleted.contains(&event.job_id));
        let mut by_job: BTreeMap<JobId, (&Job, Vec<Event>)> = BTreeMap::new();
        for (_, event, job) in ready {
            by_job
                .entry(job.id)
                .or_insert_with(|| (job, Vec::new()))
                .1
                .push(event);
        }
        for (id, (job, events)) in by_job {
            match self.post(job, &worth_sending(events)).await {
                Ok((frames, gone)) => {
                    published.frames += frames;
                    published.gone += gone;
                }
                Err(error) => tracing::warn!(job = %id, %error, "subscribers not reached"),
            }
        }
        published
    }

    /// Writes the event, then sends the callback if the change calls for one; whether it does.
    async fn keep(&self, change: &Change, event: &Event, expires_at: Time) -> PortResult<bool> {
        self.events.append(event, expires_at).await?;
        let Some(callback) = Callback::of(change) else {
            return Ok(false);
        };
        self.callbacks.send(&callback).await?;
        Ok(true)
    }

    /// Which of the jobs whose end is in this batch were deleted since; their events are taken out again.
    ///
    /// The stream may trail a deletion by hours, and keeps the changes of a job in order: only a job that is over is
    /// deleted, so the event of its end is the last that could come back. A deletion discards the job before its events
    /// go, and this looks after they were written: one of the two sees the other.
    async fn take_back(&self, events: &[(usize, Event, &Job)], published: &mut Published) -> BTreeSet<JobId> {
        let ends = events.iter().filter(|(_, event, _)| event.status.is_terminal());
        let ends: BTreeMap<JobId, usize> = ends.map(|(at, event, _)| (event.job_id, *at)).collect();
        let mut deleted = BTreeSet::new();
        for (id, at) in ends {
            match self.is_kept(id).await {
                Ok(true) => {}
                Ok(false) => {
                    deleted.insert(id);
                }
                Err(error) => {
                    tracing::error!(job = %id, %error, "not known whether a job is still there");
                    published.fail_from(at);
                }
            }
        }
        deleted
    }

    async fn is_kept(&self, id: JobId) -> PortResult<bool> {
        let now = self.clock.now();
        let kept = self.jobs.get(id).await?.is_some_and(|job| !job.is_gone(now));
        if !kept {
            self.events.forget(id).await?;
        }
        Ok(kept)
    }

    async fn post(&self, job: &Job, events: &[Event]) -> PortResult<(usize, usize)> {
        let now = self.clock.now();
        let (job_topic, owner_topic) = (Topic::Job(job.id), Topic::Owner(job.owner.clone()));
        let (of_job, of_owner) = futures::join!(
            self.feed.subscribers(&job_topic, now),
            self.feed.subscribers(&owner_topic, now)
        );
        let mut subscribers: BTreeSet<Subscriber> = of_job?.into_iter().collect();
        subscribers.extend(of_owner?);
        let connections = self.admitted(job, subscribers).await?;
        let frames: Vec<String> = events
            .iter()
            .filter_map(|event| serde_json::to_string(event).ok())
            .collect();
        let sent = stream::iter(connections)
            .map(|connection| self.post_all(connection, &frames))
            .buffer_unordered(PARALLEL_POSTS)
            .collect::<Vec<_>>()
            .await;
        Ok(sent.into_iter().fold((0, 0), |(frames, gone), (sent, lost)| {
            (frames + sent, gone + usize::from(lost))
        }))
    }

    /// The connections of those who may still see the job: somebody may have left its company since subscribing.
    async fn admitted(&self, job: &Job, subscribers: BTreeSet<Subscriber>) -> PortResult<BTreeSet<String>> {
        let mut known = BTreeMap::new();
        let mut admitted = BTreeSet::new();
        for Subscriber { connection, user } in subscribers {
            let may = match known.get(&user) {
                Some(may) => *may,
                None => {
                    let may = may_follow(self.companies.as_ref(), &user, job).await?;
                    known.insert(user, may);
                    may
                }
            };
            if may {
                admitted.insert(connection);
            }
        }
        Ok(admitted)
    }

    /// Sends frames to one connection, in order; a connection that is gone is forgotten.
    async fn post_all(&self, connection: String, frames: &[String]) -> (usize, bool) {
        let mut sent = 0;
        for frame in frames {
            match self.connections.post(&connection, frame).await {
                Ok(Posted::Sent) => sent += 1,
                Ok(Posted::Gone) => {
                    if let Err(error) = self.feed.disconnect(&connection).await {
                        tracing::warn!(%error, "gone connection not deleted; its rows expire");
                    }
                    return (sent, true);
                }
                Err(error) => {
                    tracing::warn!(%error, "frame not sent");
                    return (sent, false);
                }
            }
        }
        (sent, false)
    }
}

/// In a long run of events progress that a later one overtakes need not be sent; status and warnings always are.
fn worth_sending(events: Vec<Event>) -> Vec<Event> {
    if events.len() <= ALL_SENT {
        return events;
    }
    let last = events.len().saturating_sub(1);
    events
        .into_iter()
        .enumerate()
        .filter(|(at, event)| *at == last || event.kind != EventType::Progress)
        .map(|(_, event)| event)
        .collect()
}
