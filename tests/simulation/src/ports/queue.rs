//! The work queues and their dead letters.

use async_trait::async_trait;
use docmill_core::job::Priority;
use docmill_core::message::Message;
use docmill_core::ports::{DeadLetter, DeadLetters, PortResult, WorkQueue};
use docmill_memory::MemoryQueue;

use super::Port;
use crate::fate::{Fate, Menu};
use crate::sim::State;

/// A message as the story has it.
pub(crate) fn title(state: &State, message: &Message) -> String {
    let job = state.job_name(message.job());
    let attempt = message.attempt();
    match message {
        Message::Plan { .. } => format!("plan of {job}, attempt {attempt}"),
        Message::Chunk { n, .. } => format!("chunk {n} of {job}, attempt {attempt}"),
        Message::Merge { .. } => format!("merge of {job}, attempt {attempt}"),
    }
}

impl Port<MemoryQueue> {
    async fn arrive(&self, priority: Priority, tenant: &str, messages: &[Message]) -> PortResult<()> {
        for message in messages {
            self.sim.says(|state| format!("sends {}", title(state, message)));
            self.sim.state().watch.messages.sent(message);
        }
        WorkQueue::send(&*self.inner, priority, tenant, messages).await
    }
}

#[async_trait]
impl WorkQueue for Port<MemoryQueue> {
    async fn send(&self, priority: Priority, tenant: &str, messages: &[Message]) -> PortResult<()> {
        let card = self.sim.state().current;
        let fate = self.sim.fate(card, Menu::Send);
        let what = || format!("sends {} messages", messages.len());
        if let Some(Fate::Part(mask)) = fate {
            let some: Vec<Message> = messages
                .iter()
                .enumerate()
                .filter(|(at, _)| mask & (1 << (at % 8)) != 0)
                .map(|(_, message)| message.clone())
                .collect();
            self.arrive(priority, tenant, &some).await?;
        }
        self.sim
            .fated(fate, what, || self.arrive(priority, tenant, messages))
            .await
    }

    async fn put_back(&self, priority: Priority, body: &str) -> PortResult<()> {
        self.inner.put_back(priority, body).await
    }
}

#[async_trait]
impl DeadLetters for Port<MemoryQueue> {
    async fn receive(&self, priority: Priority) -> PortResult<Vec<DeadLetter>> {
        let receive = || "receives dead letters".to_owned();
        self.sim
            .call(Menu::Read, receive, || {
                DeadLetters::receive(&*self.inner, priority)
            })
            .await
    }

    async fn remove(&self, letter: &DeadLetter) -> PortResult<()> {
        let remove = || async {
            self.inner.remove(letter).await?;
            if let Ok(message) = serde_json::from_str::<Message>(&letter.body) {
                self.sim
                    .says(|state| format!("removes the dead letter {}", title(state, &message)));
                self.sim.state().watch.messages.buried(&letter.receipt, &message);
            }
            Ok(())
        };
        self.sim
            .call(Menu::Write, || "removes a dead letter".to_owned(), remove)
            .await
    }
}
