//! [`DeadLetters`].

use std::time::Duration;

use async_trait::async_trait;
use docmill_core::job::Priority;
use docmill_core::ports::{DeadLetter, DeadLetters, PortError, PortResult};

use crate::lock;
use crate::queue::MemoryQueue;

const HIDDEN: Duration = Duration::from_secs(60);
const BATCH: usize = 10;

#[async_trait]
impl DeadLetters for MemoryQueue {
    async fn receive(&self, priority: Priority) -> PortResult<Vec<DeadLetter>> {
        let now = self.now();
        let mut state = lock(&self.state);
        let visible = state
            .dead
            .iter_mut()
            .filter(|(_, dead)| dead.priority == priority && dead.visible_at <= now);
        Ok(visible
            .take(BATCH)
            .map(|(id, dead)| {
                dead.visible_at = now.plus(HIDDEN);
                dead.receives += 1;
                DeadLetter {
                    id: format!("letter {id}"),
                    body: dead.body.clone(),
                    receipt: id.to_string(),
                    priority,
                    sent_at: dead.sent_at,
                    receives: dead.receives,
                }
            })
            .collect())
    }

    async fn remove(&self, letter: &DeadLetter) -> PortResult<()> {
        let id = letter
            .receipt
            .parse()
            .map_err(|_| PortError::Broken("not a receipt of ours".to_owned()))?;
        lock(&self.state).dead.remove(&id);
        Ok(())
    }
}
