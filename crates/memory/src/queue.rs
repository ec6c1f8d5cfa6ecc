//! [`WorkQueue`], with the receiving side that event sources are on AWS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::job::Priority;
use docmill_core::message::Message;
use docmill_core::operations::{QueueDepth, QueueName};
use docmill_core::ports::{Clock, PortError, PortResult, WorkQueue};
use docmill_core::time::Time;

use crate::lock;

/// What the template sets for the queues.
#[derive(Clone, Copy, Debug)]
pub struct QueueSettings {
    /// How long a received message is hidden from others.
    pub visibility: Duration,
    /// A message received this often without an acknowledgement becomes a dead letter.
    pub max_receives: u32,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(360),
            max_receives: 10,
        }
    }
}

/// A message in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The body as it was sent.
    pub body: String,
    /// The queue it came from.
    pub priority: Priority,
    /// Whose message it is.
    pub tenant: String,
    /// How often it was received, this time included.
    pub receives: u32,
    id: u64,
}

/// The three queues with their dead letters, in the clock's time.
///
/// Delivery is as SQS promises it: at least once, in no order that callers may count on, and fair between tenants:
/// the one with the fewest messages in flight is served first.
pub struct MemoryQueue {
    clock: Arc<dyn Clock>,
    settings: QueueSettings,
    pub(crate) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    last_id: u64,
    /// By number, which is the order of sending.
    waiting: BTreeMap<u64, Waiting>,
    pub(crate) dead: BTreeMap<u64, Dead>,
}

#[derive(Debug)]
struct Waiting {
    body: String,
    priority: Priority,
    tenant: String,
    sent_at: Time,
    visible_at: Time,
    receives: u32,
    in_flight: bool,
}

#[derive(Debug)]
pub(crate) struct Dead {
    pub(crate) body: String,
    pub(crate) priority: Priority,
    pub(crate) sent_at: Time,
    pub(crate) visible_at: Time,
    pub(crate) receives: u32,
}

impl MemoryQueue {
    /// Empty queues.
    pub fn new(clock: Arc<dyn Clock>, settings: QueueSettings) -> Self {
        Self {
            clock,
            settings,
            state: Mutex::default(),
        }
    }

    /// Sends a body as it is, whether or not it is a message.
    pub fn send_raw(&self, priority: Priority, tenant: &str, body: &str) {
        let visible_at = self.clock.now();
        let mut state = lock(&self.state);
        state.last_id += 1;
        let id = state.last_id;
        let waiting = Waiting {
            body: body.to_owned(),
            priority,
            tenant: tenant.to_owned(),
            sent_at: visible_at,
            visible_at,
            receives: 0,
            in_flight: false,
        };
        state.waiting.insert(id, waiting);
    }

    /// Puts a body among the dead letters, as if it had been received too often.
    pub fn bury(&self, priority: Priority, body: &str) {
        let visible_at = self.clock.now();
        let mut state = lock(&self.state);
        state.last_id += 1;
        let id = state.last_id;
        state.dead.insert(
            id,
            Dead {
                body: body.to_owned(),
                priority,
                sent_at: visible_at,
                visible_at,
                receives: self.settings.max_receives,
            },
        );
    }

    /// Receives up to `max` messages. Each is to be [acknowledged](Self::acknowledge) or [given back](Self::give_back);
    /// otherwise it comes again once its visibility is over.
    pub fn receive(&self, priority: Priority, max: usize) -> Vec<Delivery> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        state.bury_spent(priority, now, self.settings.max_receives);
        let mut deliveries = Vec::new();
        while deliveries.len() < max {
            let Some(id) = state.fairest(priority, now) else {
                break;
            };
            let Some(waiting) = state.waiting.get_mut(&id) else {
                break;
            };
            waiting.visible_at = now.plus(self.settings.visibility);
            waiting.receives += 1;
            waiting.in_flight = true;
            deliveries.push(Delivery {
                body: waiting.body.clone(),
                priority,
                tenant: waiting.tenant.clone(),
                receives: waiting.receives,
                id,
            });
        }
        deliveries
    }

    /// Deletes a message. As on SQS, a stale delivery deletes it too.
    pub fn acknowledge(&self, delivery: &Delivery) {
        lock(&self.state).waiting.remove(&delivery.id);
    }

    /// Lets a message come again after `after`. Without effect when it was received anew in between.
    pub fn give_back(&self, delivery: &Delivery, after: Duration) {
        let visible_at = self.clock.now().plus(after);
        if let Some(waiting) = lock(&self.state).waiting.get_mut(&delivery.id)
            && waiting.receives == delivery.receives
        {
            waiting.visible_at = visible_at;
            waiting.in_flight = false;
        }
    }

    /// When the next message is to be received, which may be now or long ago; `None` when there is none.
    pub fn next_visible_at(&self) -> Option<Time> {
        lock(&self.state)
            .waiting
            .values()
            .map(|waiting| waiting.visible_at)
            .min()
    }

    /// Messages that were not deleted yet, dead letters left out.
    pub fn waiting(&self) -> usize {
        lock(&self.state).waiting.len()
    }

    /// How full the queue of `priority`, which is called `queue`, is.
    pub(crate) fn depth(&self, queue: QueueName, priority: Priority) -> QueueDepth {
        let now = self.clock.now();
        let state = lock(&self.state);
        let messages = || {
            state
                .waiting
                .values()
                .filter(|message| message.priority == priority)
        };
        let visible = messages().filter(|message| message.visible_at <= now);
        let in_flight = messages().filter(|message| message.in_flight && message.visible_at > now);
        let delayed = messages().filter(|message| !message.in_flight && message.visible_at > now);
        let dead = state.dead.values().filter(|dead| dead.priority == priority);
        QueueDepth {
            queue,
            waiting: visible.count() as u64,
            in_flight: in_flight.count() as u64,
            delayed: delayed.count() as u64,
            dead_letters: dead.count() as u64,
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }
}

impl State {
    /// Moves messages that were received too often to the dead letters.
    fn bury_spent(&mut self, priority: Priority, now: Time, max_receives: u32) {
        let spent = self.waiting.extract_if(.., |_, waiting| {
            waiting.priority == priority && waiting.visible_at <= now && waiting.receives >= max_receives
        });
        self.dead.extend(spent.map(|(id, waiting)| {
            (
                id,
                Dead {
                    body: waiting.body,
                    priority: waiting.priority,
                    sent_at: waiting.sent_at,
                    visible_at: now,
                    receives: waiting.receives,
                },
            )
        }));
    }

    /// The oldest visible message of the tenant with the fewest messages in flight.
    fn fairest(&self, priority: Priority, now: Time) -> Option<u64> {
        let queue = || {
            self.waiting
                .iter()
                .filter(|(_, waiting)| waiting.priority == priority)
        };
        let mut in_flight: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, waiting) in queue().filter(|(_, waiting)| waiting.in_flight && waiting.visible_at > now) {
            *in_flight.entry(&waiting.tenant).or_default() += 1;
        }
        queue()
            .filter(|(_, waiting)| waiting.visible_at <= now)
            .min_by_key(|(id, waiting)| (in_flight.get(waiting.tenant.as_str()).copied().unwrap_or(0), **id))
            .map(|(id, _)| *id)
    }
}

#[async_trait]
impl WorkQueue for MemoryQueue {
    async fn send(&self, priority: Priority, tenant: &str, messages: &[Message]) -> PortResult<()> {
        for message in messages {
            let body =
                serde_json::to_string(message).map_err(|error| PortError::Broken(error.to_string()))?;
            self.send_raw(priority, tenant, &body);
        }
        Ok(())
    }

    async fn put_back(&self, priority: Priority, body: &str) -> PortResult<()> {
        self.send_raw(priority, "put back", body);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use docmill_core::ports::DeadLetters;
    use futures::FutureExt;

    use super::*;
    use crate::VirtualClock;

    fn queue(max_receives: u32) -> (Arc<VirtualClock>, MemoryQueue) {
        let clock = Arc::new(VirtualClock::new(Time::from_ms(0)));
        let settings = QueueSettings {
            visibility: Duration::from_secs(10),
            max_receives,
        };
        (clock.clone(), MemoryQueue::new(clock, settings))
    }

    fn bodies(deliveries: &[Delivery]) -> Vec<&str> {
        deliveries.iter().map(|delivery| delivery.body.as_str()).collect()
    }

    #[test]
    fn a_received_message_is_hidden_until_its_visibility_is_over() {
        let (clock, queue) = queue(10);
        queue.send_raw(Priority::Normal, "a", "one");
        assert_eq!(queue.receive(Priority::High, 10), []);
        let first = queue.receive(Priority::Normal, 10);
        assert_eq!(bodies(&first), ["one"]);
        assert_eq!(queue.receive(Priority::Normal, 10), []);
        assert_eq!(queue.next_visible_at(), Some(Time::from_ms(10_000)));
        clock.advance(Duration::from_secs(10));
        let second = queue.receive(Priority::Normal, 10);
        assert_eq!(second[0].receives, 2);
        queue.give_back(&first[0], Duration::ZERO);
        assert_eq!(
            queue.receive(Priority::Normal, 10),
            [],
            "a stale delivery shows nothing again"
        );
        queue.give_back(&second[0], Duration::from_secs(3));
        assert_eq!(queue.next_visible_at(), Some(Time::from_ms(13_000)));
        queue.acknowledge(&second[0]);
        assert_eq!((queue.waiting(), queue.next_visible_at()), (0, None));
    }

    #[test]
    fn tenants_share_a_queue_fairly() {
        let (_clock, queue) = queue(10);
        for n in 0..4 {
            queue.send_raw(Priority::Low, "busy", &format!("busy {n}"));
        }
        queue.send_raw(Priority::Low, "quiet", "quiet 0");
        let received = queue.receive(Priority::Low, 3);
        assert_eq!(bodies(&received), ["busy 0", "quiet 0", "busy 1"]);
    }

    #[test]
    fn a_message_received_too_often_becomes_a_dead_letter() {
        let (clock, queue) = queue(2);
        queue.send_raw(Priority::Normal, "a", "poison");
        for _ in 0..2 {
            assert_eq!(queue.receive(Priority::Normal, 1).len(), 1);
            clock.advance(Duration::from_secs(10));
        }
        assert_eq!(queue.receive(Priority::Normal, 1), []);
        assert_eq!(queue.waiting(), 0);
        let dead = DeadLetters::receive(&queue, Priority::Normal)
            .now_or_never()
            .unwrap()
            .unwrap();
        assert_eq!(dead[0].body, "poison");
    }
}
