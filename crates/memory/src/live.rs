//! [`LiveFeed`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use docmill_core::ports::{ConnectionOwner, LiveFeed, PortResult, Subscriber, Topic};
use docmill_core::time::Time;

use crate::lock;

/// Tickets, connections and subscriptions, each with its end.
#[derive(Debug, Default)]
pub struct MemoryLive {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tickets: BTreeMap<String, (ConnectionOwner, Time)>,
    connections: BTreeMap<String, (ConnectionOwner, Time)>,
    /// By topic and connection: whose it is, and its end.
    subscriptions: BTreeMap<(Topic, String), (String, Time)>,
}

#[async_trait]
impl LiveFeed for MemoryLive {
    async fn keep_ticket(&self, hash: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()> {
        lock(&self.state)
            .tickets
            .insert(hash.to_owned(), (owner.clone(), expires_at));
        Ok(())
    }

    async fn take_ticket(&self, hash: &str, now: Time) -> PortResult<Option<ConnectionOwner>> {
        Ok(live(lock(&self.state).tickets.remove(hash), now))
    }

    async fn connect(&self, connection: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()> {
        lock(&self.state)
            .connections
            .insert(connection.to_owned(), (owner.clone(), expires_at));
        Ok(())
    }

    async fn owner_of(&self, connection: &str, now: Time) -> PortResult<Option<ConnectionOwner>> {
        Ok(live(lock(&self.state).connections.get(connection).cloned(), now))
    }

    async fn disconnect(&self, connection: &str) -> PortResult<()> {
        let mut state = lock(&self.state);
        state.connections.remove(connection);
        state
            .subscriptions
            .retain(|(_, subscriber), _| subscriber != connection);
        Ok(())
    }

    async fn subscribe(&self, topic: &Topic, subscriber: &Subscriber, expires_at: Time) -> PortResult<()> {
        let Subscriber { connection, user } = subscriber.clone();
        lock(&self.state)
            .subscriptions
            .insert((topic.clone(), connection), (user, expires_at));
        Ok(())
    }

    async fn unsubscribe(&self, topic: &Topic, connection: &str) -> PortResult<()> {
        lock(&self.state)
            .subscriptions
            .remove(&(topic.clone(), connection.to_owned()));
        Ok(())
    }

    async fn subscribers(&self, topic: &Topic, now: Time) -> PortResult<Vec<Subscriber>> {
        let state = lock(&self.state);
        let of_topic = state
            .subscriptions
            .iter()
            .filter(|((of, _), (_, until))| of == topic && *until > now);
        Ok(of_topic
            .map(|((_, connection), (user, _))| Subscriber {
                connection: connection.clone(),
                user: user.clone(),
            })
            .collect())
    }
}

fn live(row: Option<(ConnectionOwner, Time)>, now: Time) -> Option<ConnectionOwner> {
    row.filter(|(_, until)| *until > now).map(|(owner, _)| owner)
}
