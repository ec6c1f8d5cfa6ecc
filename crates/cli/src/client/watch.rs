//! Following a job to its end: by WebSocket, else by Server-Sent Events, else by polling.

use std::time::Duration;

use serde_json::Value;

use super::converge::Newest;
use super::model::{Event, Job};
use super::{Client, ClientError, ClientResult};

/// How a job is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Via {
    /// WebSocket.
    Ws,
    /// Server-Sent Events.
    Sse,
    /// Polling.
    Poll,
}

/// Failures of one way in a row before the next is taken.
const FAILURES_BEFORE_FALLBACK: u32 = 3;

/// Failures in a row before the watch is given up: about three minutes.
const FAILURES_BEFORE_END: u32 = 12;

/// After this much silence the WebSocket is pinged and the job read: a frame may have been lost.
const SILENCE: Duration = Duration::from_secs(15);

/// Pauses that the service asks for are kept within these.
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// The pause an `EventSource` makes unless the stream sets another.
const SSE_PAUSE: Duration = Duration::from_secs(1);

/// Follows the job until it ends and gives it as it is then. `show` gets every newer state once, in rising versions.
/// With `via` only that way is used; without, the next one when one does not work.
pub async fn watch(
    client: &Client,
    id: &str,
    via: Option<Via>,
    show: &mut (dyn FnMut(&Event) + Send),
) -> ClientResult<Job> {
    let mut watch = Watch {
        client,
        id,
        newest: Newest::default(),
        etag: None,
        stream_link: None,
        show,
    };
    // The first look tells whether there is such a job, before anything is opened for it.
    let job = client.job(id).await?;
    watch.see_job(&job);
    if job.is_over() {
        return Ok(job);
    }
    let mut way = via.unwrap_or(Via::Ws);
    let (mut failures, mut failures_of_way) = (0, 0);
    loop {
        let before = watch.newest.version();
        let followed = match way {
            Via::Ws => watch.by_socket().await,
            Via::Sse => watch.by_stream().await,
            Via::Poll => watch.by_polling().await,
        };
        let error = match (followed, client.job(id).await) {
            // The record is the judge, whatever the way said last.
            (_, Ok(job)) if job.is_over() => {
                watch.see_job(&job);
                return Ok(job);
            }
            (Err(error), _) | (Ok(()), Err(error)) => error,
            (Ok(()), Ok(job)) => {
                watch.see_job(&job);
                ClientError::Unreadable("the job goes on after its end".to_owned())
            }
        };
        if !may_pass(&error) {
            return Err(error);
        }
        if watch.newest.version() > before {
            (failures, failures_of_way) = (0, 0);
        }
        (failures, failures_of_way) = (failures + 1, failures_of_way + 1);
        if failures >= FAILURES_BEFORE_END {
            return Err(error);
        }
        if via.is_none() && failures_of_way >= FAILURES_BEFORE_FALLBACK {
            (way, failures_of_way) = (next_way(way), 0);
        }
        tokio::time::sleep(back_off(failures_of_way)).await;
    }
}

/// Whether another try, by this way or the next, may go better. Only the job itself and the token are beyond that.
fn may_pass(error: &ClientError) -> bool {
    match error {
        ClientError::Unauthorized(_) | ClientError::File { .. } | ClientError::Usage(_) => false,
        ClientError::Refused(refusal) => !refusal.is("JOB_NOT_FOUND"),
        _ => true,
    }
}

fn next_way(way: Via) -> Via {
    match way {
        Via::Ws => Via::Sse,
        Via::Sse | Via::Poll => Via::Poll,
    }
}

/// A growing pause, spread so that many clients do not come back in step: half a second, doubled each time up to
/// twenty, of which between a half and the whole is waited.
pub(crate) fn back_off(failures: u32) -> Duration {
    let whole_ms = (500_u64 << failures.saturating_sub(1).min(6)).min(20_000);
    Duration::from_millis(rand::random_range(whole_ms / 2..=whole_ms))
}

struct Watch<'a> {
    client: &'a Client,
    id: &'a str,
    newest: Newest,
    etag: Option<String>,
    stream_link: Option<String>,
    show: &'a mut (dyn FnMut(&Event) + Send),
}

impl Watch<'_> {
    fn see(&mut self, event: &Event) {
        if self.newest.take(event) {
            (self.show)(event);
        }
    }

    fn see_job(&mut self, job: &Job) {
        self.see(&Event::from(job));
        if job.links.stream.is_some() {
            self.stream_link.clone_from(&job.links.stream);
        }
    }

    /// A look at the job if it changed; whether it did.
    async fn look(&mut self) -> ClientResult<Option<Job>> {
        let changed = self.client.job_if_changed(self.id, self.etag.as_deref()).await?;
        Ok(changed.map(|(job, etag)| {
            self.etag = etag;
            self.see_job(&job);
            job
        }))
    }

    /// Until the job is over, or the connection is.
    async fn by_socket(&mut self) -> ClientResult<()> {
        let mut socket = self.client.live().await?;
        socket.subscribe_job(self.id, self.newest.version()).await?;
        let mut waiting_for_pong = false;
        while !self.newest.is_over() {
            match tokio::time::timeout(SILENCE, socket.next()).await {
                Ok(message) => {
                    waiting_for_pong = false;
                    match message? {
                        Some(message) => self.take_message(&message)?,
                        None => return Err(closed()),
                    }
                }
                Err(_) if waiting_for_pong => return Err(closed()),
                Err(_) => {
                    waiting_for_pong = true;
                    socket.ping().await?;
                    self.look().await?;
                }
            }
        }
        socket.close().await;
        Ok(())
    }

    fn take_message(&mut self, message: &Value) -> ClientResult<()> {
        match message.get("type").and_then(Value::as_str) {
            Some("snapshot") => {
                let job = message.get("job").cloned().unwrap_or_default();
                if let Ok(job) = serde_json::from_value::<Job>(job) {
                    self.see_job(&job);
                }
            }
            Some("error") => {
                let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
                let mut refusal = super::Refusal::new(400, super::printable(text("detail")));
                refusal.code = Some(super::printable(text("code")));
                return Err(ClientError::Refused(refusal));
            }
            Some("progress" | "status" | "warning") => self.take_event(message.clone()),
            _ => {}
        }
        Ok(())
    }

    fn take_event(&mut self, event: Value) {
        if let Ok(event) = serde_json::from_value::<Event>(event)
            && event.job_id == self.id
        {
            self.see(&event);
        }
    }

    /// As an `EventSource`: comes back with the last id until the service says that nothing more will come.
    async fn by_stream(&mut self) -> ClientResult<()> {
        let mut pause = SSE_PAUSE;
        while !self.newest.is_over() {
            let Some(link) = self.stream_link.clone() else {
                return Err(ClientError::Unreadable("the job has no event stream".to_owned()));
            };
            let last_id = self.newest.version().to_string();
            let opened = self.client.stream(&link, Some(&last_id)).await;
            if opened
                .as_ref()
                .is_err_and(|error| error.refusal().is_some_and(|refusal| refusal.is("INVALID_TOKEN")))
            {
                // The link is over after two hours; the job has a fresh one.
                self.stream_link = None;
            }
            let Some(mut stream) = opened? else { return Ok(()) };
            while let Some(event) = stream.next().await? {
                match serde_json::from_str(&event.data) {
                    Ok(event) => self.take_event(event),
                    Err(error) => return Err(ClientError::Unreadable(error.to_string())),
                }
            }
            pause = stream.retry().unwrap_or(pause).clamp(MIN_PAUSE, MAX_PAUSE);
            if !self.newest.is_over() {
                tokio::time::sleep(spread(pause)).await;
            }
        }
        Ok(())
    }

    /// Reads the job as often as it asks to be read.
    async fn by_polling(&mut self) -> ClientResult<()> {
        let mut pause = Duration::ZERO;
        while !self.newest.is_over() {
            tokio::time::sleep(pause).await;
            if let Some(job) = self.look().await? {
                let asked = job.poll_after_ms.map_or(MIN_PAUSE, Duration::from_millis);
                pause = spread(asked.clamp(MIN_PAUSE, MAX_PAUSE));
            } else {
                pause = pause.max(MIN_PAUSE);
            }
        }
        Ok(())
    }
}

/// Up to a fifth more, so that many clients do not ask in step.
fn spread(pause: Duration) -> Duration {
    pause + pause.mul_f64(rand::random_range(0.0..0.2))
}

fn closed() -> ClientError {
    ClientError::Unreachable {
        base: "the WebSocket".to_owned(),
        reason: "it was closed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_spread() {
        for (failures, whole_ms) in [
            (1, 500),
            (2, 1_000),
            (3, 2_000),
            (6, 16_000),
            (7, 20_000),
            (4_000, 20_000),
        ] {
            for _ in 0..50 {
                let pause_ms = u64::try_from(back_off(failures).as_millis()).unwrap();
                assert!(
                    (whole_ms / 2..=whole_ms).contains(&pause_ms),
                    "{failures}: {pause_ms}"
                );
            }
        }
    }

    #[test]
    fn every_way_ends_in_polling() {
        assert_eq!(next_way(Via::Ws), Via::Sse);
        assert_eq!(next_way(Via::Sse), Via::Poll);
        assert_eq!(next_way(Via::Poll), Via::Poll);
    }
}
