//! WebSocket conversations: tickets, connections, subscriptions with snapshot and replay.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::{Action, Caller, Doors};
use crate::ids::{JobId, hex, sha256_hex};
use crate::ports::{
    Clock, ConnectionOwner, Connections, Entropy, JobFilter, LiveFeed, PortError, PortResult, Posted,
    Subscriber, Topic,
};
use crate::problem::Problem;
use crate::time::Time;
use crate::timing::{CONNECTION_LIFE, TICKET_LIFE};
use crate::view::view;

/// API Gateway's frame limit is 32 KB; a frame stays below it.
pub const MAX_FRAME_BYTES: usize = 31 * 1024;

/// Events replayed on subscribing; who missed more has the snapshot and the event list.
const MAX_REPLAY: usize = 200;

/// Jobs in the snapshot of the feed `mine`.
const FEED_SNAPSHOT_JOBS: usize = 20;

/// Longest message accepted from a client.
const MAX_MESSAGE_BYTES: usize = 4 * 1024;

/// A one-use ticket for a WebSocket, since browsers cannot send headers on one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ticket {
    /// To be sent as `?ticket=`.
    pub ticket: String,
    /// Refused from here on.
    pub expires_at: Time,
}

/// Issues a ticket to `caller`. Only its hash is kept.
pub async fn issue_ticket(
    feed: &dyn LiveFeed,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    caller: &Caller,
) -> PortResult<Ticket> {
    let mut random = [0_u8; 32];
    entropy.fill(&mut random);
    let ticket = hex(&random);
    let expires_at = clock.now().plus(TICKET_LIFE);
    let owner = ConnectionOwner {
        owner: caller.owner.clone(),
    };
    feed.keep_ticket(&sha256_hex(ticket.as_bytes()), &owner, expires_at)
        .await?;
    Ok(Ticket { ticket, expires_at })
}

/// What clients may send.
#[derive(Debug, Deserialize)]
struct Request {
    action: String,
    #[serde(default)]
    job_id: Option<String>,
    #[serde(default)]
    feed: Option<String>,
    #[serde(default)]
    after: Option<u64>,
}

/// Talks to the clients of the WebSocket.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Live {
    pub doors: Doors,
    pub feed: Arc<dyn LiveFeed>,
    pub connections: Arc<dyn Connections>,
    pub clock: Arc<dyn Clock>,
}

impl Live {
    /// Opens a connection with a ticket: whether it is let in. Nothing is posted here: the connection is not open yet.
    pub async fn connect(&self, connection: &str, ticket: Option<&str>) -> PortResult<bool> {
        let Some(ticket) = ticket.filter(|ticket| ticket.len() == 64) else {
            return Ok(false);
        };
        let now = self.clock.now();
        let Some(owner) = self.feed.take_ticket(&sha256_hex(ticket.as_bytes()), now).await? else {
            return Ok(false);
        };
        self.feed
            .connect(connection, &owner, now.plus(CONNECTION_LIFE))
            .await?;
        Ok(true)
    }

    /// Forgets a connection.
    pub async fn disconnect(&self, connection: &str) -> PortResult<()> {
        self.feed.disconnect(connection).await
    }

    /// Answers one message of a client.
    pub async fn message(&self, connection: &str, body: &str) -> PortResult<()> {
        let Some(owner) = self.feed.owner_of(connection, self.clock.now()).await? else {
            return self
                .refuse(
                    connection,
                    "UNKNOWN_CONNECTION",
                    "Please connect again with a new ticket.",
                )
                .await;
        };
        if body.len() > MAX_MESSAGE_BYTES {
            return self
                .refuse(
                    connection,
                    "MESSAGE_TOO_LARGE",
                    "A message may have at most 4 KB.",
                )
                .await;
        }
        let Ok(request) = serde_json::from_str::<Request>(body) else {
            let detail = "A message is a JSON object with an `action`.";
            return self.refuse(connection, "INVALID_MESSAGE", detail).await;
        };
        let topic = match self.topic(&request, &owner) {
            Ok(topic) => topic,
            Err(code) => {
                let detail = "Name a `job_id` or the `feed` \"mine\".";
                return self.refuse(connection, code, detail).await;
            }
        };
        match (request.action.as_str(), topic) {
            ("ping", _) => self.post(connection, &json!({"type": "pong"})).await,
            ("subscribe", Some(Topic::Job(job))) => {
                self.subscribe_job(connection, &owner, job, request.after).await
            }
            ("subscribe", Some(Topic::Owner(_))) => self.subscribe_mine(connection, &owner).await,
            ("unsubscribe", Some(topic)) => {
                self.feed.unsubscribe(&topic, connection).await?;
                self.post(connection, &json!({"type": "unsubscribed"})).await
            }
            ("subscribe" | "unsubscribe", None) => {
                let detail = "Name a `job_id` or the `feed` \"mine\".";
                self.refuse(connection, "INVALID_MESSAGE", detail).await
            }
            _ => {
                let detail = "Known actions are subscribe, unsubscribe and ping.";
                self.refuse(connection, "UNKNOWN_ACTION", detail).await
            }
        }
    }

    fn topic(&self, request: &Request, owner: &ConnectionOwner) -> Result<Option<Topic>, &'static str> {
        match (&request.job_id, request.feed.as_deref()) {
            (Some(job), None) => job
                .parse()
                .map(|job| Some(Topic::Job(job)))
                .map_err(|_| "INVALID_MESSAGE"),
            (None, Some("mine")) => Ok(Some(Topic::Owner(owner.owner.clone()))),
            (None, None) => Ok(None),
            _ => Err("INVALID_MESSAGE"),
        }
    }

    /// Writes the row first, then reads the job consistently, then replays: nothing falls in between.
    async fn subscribe_job(
        &self,
        connection: &str,
        owner: &ConnectionOwner,
        id: JobId,
        after: Option<u64>,
    ) -> PortResult<()> {
        let topic = Topic::Job(id);
        let caller = Caller::user(&owner.owner);
        // Rows are only written for who may see the job: the first read decides, the second is the snapshot.
        let granted = match self.doors.job(&caller, id, Action::SeeJob).await {
            Ok(granted) => granted,
            Err(problem) => return self.refused(connection, problem).await,
        };
        let now = self.clock.now();
        let subscriber = subscriber(connection, owner);
        self.feed
            .subscribe(&topic, &subscriber, now.plus(CONNECTION_LIFE))
            .await?;
        let (latest, details) = futures::join!(self.doors.again(&granted), self.doors.details(&granted));
        let Some(granted) = latest? else {
            return self.feed.unsubscribe(&topic, connection).await;
        };
        let mut shown = view(granted.job(), Some(&details?), None, now);
        let mut frame = json!({"type": "snapshot", "job": shown});
        if frame.to_string().len() > MAX_FRAME_BYTES {
            (shown.files, shown.settings) = (None, None);
            (shown.failed_chunks, shown.editions) = (None, None);
            frame = json!({"type": "snapshot", "job": shown});
        }
        self.post(connection, &frame).await?;
        let Some(after) = after else { return Ok(()) };
        for event in self.doors.events(&granted, after, MAX_REPLAY).await? {
            self.post(connection, &json!(event)).await?;
        }
        Ok(())
    }

    async fn subscribe_mine(&self, connection: &str, owner: &ConnectionOwner) -> PortResult<()> {
        let now = self.clock.now();
        let topic = Topic::Owner(owner.owner.clone());
        self.feed
            .subscribe(&topic, &subscriber(connection, owner), now.plus(CONNECTION_LIFE))
            .await?;
        let caller = Caller::user(&owner.owner);
        let listed = self
            .doors
            .list(&caller, None, &JobFilter::default(), None, FEED_SNAPSHOT_JOBS)
            .await;
        let page = match listed {
            Ok(page) => page,
            Err(problem) => return self.refused(connection, problem).await,
        };
        let mut jobs: Vec<Value> = page
            .jobs
            .iter()
            .map(|job| json!(view(job, None, None, now)))
            .collect();
        let mut frame = json!({"type": "snapshot", "feed": "mine", "jobs": jobs});
        while frame.to_string().len() > MAX_FRAME_BYTES && !jobs.is_empty() {
            jobs.truncate(jobs.len() / 2);
            frame = json!({"type": "snapshot", "feed": "mine", "jobs": jobs});
        }
        self.post(connection, &frame).await
    }

    /// Tells the client; what is no fault of theirs is an error here as well, so that the log has it.
    async fn refused(&self, connection: &str, problem: Problem) -> PortResult<()> {
        self.refuse(connection, &problem.code, &problem.detail).await?;
        if problem.status >= 500 {
            return Err(PortError::Unavailable(problem.to_string()));
        }
        Ok(())
    }

    async fn refuse(&self, connection: &str, code: &str, detail: &str) -> PortResult<()> {
        self.post(
            connection,
            &json!({"type": "error", "code": code, "detail": detail}),
        )
        .await
    }

    async fn post(&self, connection: &str, frame: &Value) -> PortResult<()> {
        match self.connections.post(connection, &frame.to_string()).await? {
            Posted::Sent => Ok(()),
            Posted::Gone => self.feed.disconnect(connection).await,
        }
    }
}

fn subscriber(connection: &str, owner: &ConnectionOwner) -> Subscriber {
    Subscriber {
        connection: connection.to_owned(),
        user: owner.owner.clone(),
    }
}
