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

/// Frames on their way at the same time. A frame is some milliseconds of waiting and next to no work.
const PARALLEL_POSTS: usize = 64;

/// So many events of one job in one batch are sent one by one: a short job should be seen to move.
const ALL_SENT: usize = 10;

/// But no more frames than this: a thousand subscribers are to hear of the end before they hear of every step to it.
const MOST_FRAMES_ALL_SENT: usize = 2_000;

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
            match self.post(job, events).await {
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

    async fn post(&self, job: &Job, events: Vec<Event>) -> PortResult<(usize, usize)> {
        let now = self.clock.now();
        let (job_topic, owner_topic) = (Topic::Job(job.id), Topic::Owner(job.owner.clone()));
        let (of_job, of_owner) = futures::join!(
            self.feed.subscribers(&job_topic, now),
            self.feed.subscribers(&owner_topic, now)
        );
        let mut subscribers: BTreeSet<Subscriber> = of_job?.into_iter().collect();
        subscribers.extend(of_owner?);
        let connections = self.admitted(job, subscribers).await?;
        let frames: Vec<String> = worth_sending(events, connections.len())
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

/// In a long run of events, or with many who listen, progress that a later one overtakes need not be sent; status and
/// warnings always are.
fn worth_sending(events: Vec<Event>, connections: usize) -> Vec<Event> {
    if events.len() <= ALL_SENT && events.len() * connections <= MOST_FRAMES_ALL_SENT {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Status;

    fn event(version: u64, kind: EventType) -> Event {
        Event {
            kind,
            job_id: JobId::first_of(Time::from_ms(0)),
            version,
            at: Time::from_ms(0),
            status: Status::Processing,
            stage: String::new(),
            progress_percent: 0,
            processed_chunks: 0,
            total_chunks: None,
            message: None,
        }
    }

    fn sent(kinds: &[EventType], connections: usize) -> Vec<u64> {
        let events = kinds.iter().zip(1..).map(|(kind, version)| event(version, *kind));
        let worth = worth_sending(events.collect(), connections);
        worth.into_iter().map(|event| event.version).collect()
    }

    #[test]
    fn progress_is_left_out_where_events_or_listeners_are_many() {
        use EventType::{Progress, Status, Warning};
        let few = [Status, Progress, Warning, Progress, Progress];
        assert_eq!(sent(&few, 1), [1, 2, 3, 4, 5]);
        assert_eq!(sent(&few, MOST_FRAMES_ALL_SENT / 5), [1, 2, 3, 4, 5]);
        assert_eq!(sent(&few, MOST_FRAMES_ALL_SENT / 5 + 1), [1, 3, 5]);
        let many = [Progress; ALL_SENT + 1];
        assert_eq!(sent(&many, 1), [11]);
        assert_eq!(sent(&[Progress], MOST_FRAMES_ALL_SENT + 1), [1]);
        assert_eq!(sent(&[], 1_000), [] as [u64; 0]);
    }
}
