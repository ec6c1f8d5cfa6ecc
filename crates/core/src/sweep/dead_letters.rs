//! Messages that were received too often: each ends as a failed chunk or a failed job, so that nobody waits for it.

use bytes::Bytes;

use super::{Sweep, Swept};
use crate::codes;
use crate::ids::sha256_hex;
use crate::job::{Notice, Phase, Priority, Status};
use crate::message::Message;
use crate::moves;
use crate::ports::{DeadLetter, PortResult};
use crate::usage::Usage;

/// Letters taken from one queue in one sweep.
const ROUNDS: usize = 20;

impl Sweep {
    pub(super) async fn drain_dead_letters(&self, swept: &mut Swept) {
        for priority in Priority::ALL {
            for _ in 0..ROUNDS {
                let letters = match self.dead_letters.receive(priority).await {
                    Ok(letters) => letters,
                    Err(error) => {
                        tracing::error!(?priority, %error, "dead letters not read");
                        swept.errors += 1;
                        break;
                    }
                };
                if letters.is_empty() {
                    break;
                }
                for letter in letters {
                    if let Err(error) = self.bury(&letter, swept).await {
                        tracing::error!(%error, "dead letter left in its queue");
                        swept.errors += 1;
                    }
                }
            }
        }
    }

    async fn bury(&self, letter: &DeadLetter, swept: &mut Swept) -> PortResult<()> {
        match serde_json::from_str::<Message>(&letter.body) {
            Ok(message) => {
                tracing::error!(?message, "message could not be delivered");
                self.give_up_on(&message).await?;
                swept.dead_letters += 1;
            }
            Err(error) => {
                let key = format!("parked/{}", sha256_hex(letter.body.as_bytes()));
                tracing::error!(%error, key, "undecodable message parked");
                let body = Bytes::from(letter.body.clone());
                self.engine.blobs.put(&key, "text/plain", body).await?;
                swept.parked += 1;
            }
        }
        self.dead_letters.remove(letter).await
    }

    /// Fails what the message was about, unless it is settled or somebody is at it.
    async fn give_up_on(&self, message: &Message) -> PortResult<()> {
        let engine = &self.engine;
        let Some(job) = engine.read(message.job()).await? else {
            return Ok(());
        };
        let open = matches!(job.status, Status::Queued | Status::Processing);
        if job.attempt != message.attempt() || !open {
            return Ok(());
        }
        let concerned = match (message, job.phase) {
            (Message::Chunk { n, .. }, Phase::Chunks) if job.is_open(*n, engine.clock.now()) => {
                return engine.chunk_undeliverable(job, *n).await;
            }
            (Message::Plan { .. }, Phase::Planning) | (Message::Merge { .. }, Phase::Merging) => {
                !job.is_held(engine.clock.now())
            }
            _ => false,
        };
        if concerned {
            let error = Notice::new(codes::UNDELIVERABLE, codes::message_of(codes::UNDELIVERABLE));
            let step = moves::fail(job.attempt, engine.clock.now(), error, Usage::default());
            engine.finish(&job, &step).await?;
        }
        Ok(())
    }
}
