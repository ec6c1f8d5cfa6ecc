//! The event list, subscriptions, and the connections of the users' browsers.

use async_trait::async_trait;
use docmill_core::ids::JobId;
use docmill_core::ports::{
    ConnectionOwner, Connections, EventLog, LiveFeed, PortError, PortResult, Posted, Subscriber, Topic,
};
use docmill_core::time::Time;
use docmill_core::view::Event;
use docmill_memory::{MemoryConnections, MemoryEvents, MemoryLive};

use super::Port;
use crate::fate::Menu;
use crate::plants::Plant;

#[async_trait]
impl EventLog for Port<MemoryEvents> {
    async fn append(&self, event: &Event, expires_at: Time) -> PortResult<()> {
        let append = || format!("writes event {}", event.version);
        self.sim
            .call(Menu::Write, append, || self.inner.append(event, expires_at))
            .await
    }

    async fn after(&self, id: JobId, after: u64, limit: usize) -> PortResult<Vec<Event>> {
        let read = || "reads events".to_owned();
        self.sim
            .call(Menu::Read, read, || self.inner.after(id, after, limit))
            .await
    }

    async fn forget(&self, id: JobId) -> PortResult<()> {
        let forget = || "deletes the events".to_owned();
        self.sim.call(Menu::Write, forget, || self.inner.forget(id)).await
    }
}

#[async_trait]
impl LiveFeed for Port<MemoryLive> {
    async fn keep_ticket(&self, hash: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()> {
        self.inner.keep_ticket(hash, owner, expires_at).await
    }

    async fn take_ticket(&self, hash: &str, now: Time) -> PortResult<Option<ConnectionOwner>> {
        self.inner.take_ticket(hash, now).await
    }

    async fn connect(&self, connection: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()> {
        self.inner.connect(connection, owner, expires_at).await
    }

    async fn owner_of(&self, connection: &str, now: Time) -> PortResult<Option<ConnectionOwner>> {
        let read = || "looks up whose connection it is".to_owned();
        self.sim
            .call(Menu::Read, read, || self.inner.owner_of(connection, now))
            .await
    }

    async fn disconnect(&self, connection: &str) -> PortResult<()> {
        let forget = || "forgets a connection".to_owned();
        self.sim
            .call(Menu::Write, forget, || self.inner.disconnect(connection))
            .await
    }

    async fn subscribe(&self, topic: &Topic, subscriber: &Subscriber, expires_at: Time) -> PortResult<()> {
        let subscribe = || "writes the subscription".to_owned();
        self.sim
            .call(Menu::Write, subscribe, || {
                self.inner.subscribe(topic, subscriber, expires_at)
            })
            .await
    }

    async fn unsubscribe(&self, topic: &Topic, connection: &str) -> PortResult<()> {
        self.inner.unsubscribe(topic, connection).await
    }

    async fn subscribers(&self, topic: &Topic, now: Time) -> PortResult<Vec<Subscriber>> {
        let read = || "reads the subscribers".to_owned();
        let found = self
            .sim
            .call(Menu::Read, read, || self.inner.subscribers(topic, now))
            .await;
        if found.is_err() {
            self.sim.state().watch.clients.all_hurt();
        }
        found
    }
}

#[async_trait]
impl Connections for Port<MemoryConnections> {
    async fn post(&self, connection: &str, frame: &str) -> PortResult<Posted> {
        let post = || async {
            let posted = self.inner.post(connection, frame).await?;
            if posted == Posted::Sent {
                crate::watch::heard(&self.sim, connection, frame);
            }
            Ok(posted)
        };
        let posted = self
            .sim
            .call(Menu::Write, || "posts a frame".to_owned(), post)
            .await;
        match posted {
            Ok(Posted::Gone) if self.sim.has(Plant::GoneFailsTheBatch) => {
                self.sim.state().watch.clients.gone = true;
                Err(PortError::Broken("410 Gone".to_owned()))
            }
            Err(error) => {
                self.sim.state().watch.clients.hurt(connection);
                Err(error)
            }
            posted => posted,
        }
    }
}
