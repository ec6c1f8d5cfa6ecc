//! Messages that were received too often: each ends as a failed chunk or a failed job, so that nobody waits for it, and is put down
//! for operators.

use bytes::Bytes;

use super::{Sweep, Swept};
use crate::codes;
use crate::ids::sha256_hex;
use crate::job::{Job, Notice, Phase, Priority, Status};
use crate::message::Message;
use crate::moves;
use crate::operations::{Letter, LetterAbout, LetterKind, LetterState, letter_id};
use crate::ports::{DeadLetter, PortResult};
use crate::usage::Usage;

/// Letters taken from one queue in one sweep.
const ROUNDS: usize = 20;

/// What fails by a message that cannot be delivered.
enum Fault {
    Chunk(Box<Job>, u32),
    Job(Box<Job>),
}

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

    /// The record is written before anything is failed and the letter removed last: whoever dies on the way finds the letter again, and the
    /// first record stands.
    async fn bury(&self, letter: &DeadLetter, swept: &mut Swept) -> PortResult<()> {
        match serde_json::from_str::<Message>(&letter.body) {
            Ok(message) => {
                tracing::error!(?message, "message could not be delivered");
                let fault = self.fault_of(&message).await?;
                let record = Letter {
                    state: if fault.is_some() {
                        LetterState::Open
                    } else {
                        LetterState::Stale
                    },
                    about: Some(LetterAbout::of(&message)),
                    ..self.record_of(letter, LetterKind::GivenUp)
                };
                self.letters.keep(&record).await?;
                if let Some(fault) = fault {
                    self.give_up(fault).await?;
                }
                swept.dead_letters += 1;
            }
            Err(error) => {
                let key = format!("parked/{}", sha256_hex(letter.body.as_bytes()));
                tracing::error!(%error, key, "undecodable message parked");
                let body = Bytes::from(letter.body.clone());
                self.engine.blobs.put(&key, "text/plain", body).await?;
                let record = Letter {
                    parked: Some(key),
                    ..self.record_of(letter, LetterKind::Undecodable)
                };
                self.letters.keep(&record).await?;
                swept.parked += 1;
            }
        }
        self.dead_letters.remove(letter).await
    }

    fn record_of(&self, letter: &DeadLetter, kind: LetterKind) -> Letter {
        Letter {
            id: letter_id(letter),
            priority: letter.priority,
            kind,
            state: LetterState::Open,
            about: None,
            receives: letter.receives,
            bytes: letter.body.len() as u64,
            parked: None,
            sent_at: letter.sent_at,
            given_up_at: self.engine.clock.now(),
            settled: None,
        }
    }

    /// What has to fail since the message cannot be delivered: nothing, where it is settled or somebody is at it.
    async fn fault_of(&self, message: &Message) -> PortResult<Option<Fault>> {
        let engine = &self.engine;
        let Some(job) = engine.read(message.job()).await? else {
            return Ok(None);
        };
        let open = matches!(job.status, Status::Queued | Status::Processing);
        if job.attempt != message.attempt() || !open {
            return Ok(None);
        }
        let now = engine.clock.now();
        Ok(match (message, job.phase) {
            (Message::Chunk { n, .. }, Phase::Chunks) if job.is_open(*n, now) => Some(Fault::Chunk(job, *n)),
            (Message::Plan { .. }, Phase::Planning) | (Message::Merge { .. }, Phase::Merging)
                if !job.is_held(now) =>
            {
                Some(Fault::Job(job))
            }
            _ => None,
        })
    }

    async fn give_up(&self, fault: Fault) -> PortResult<()> {
        let engine = &self.engine;
        match fault {
            Fault::Chunk(job, n) => engine.chunk_undeliverable(job, n).await,
            Fault::Job(job) => {
                let error = Notice::new(codes::UNDELIVERABLE, codes::message_of(codes::UNDELIVERABLE));
                let step = moves::fail(job.attempt, engine.clock.now(), error, Usage::default());
                engine.finish(&job, &step).await.map(|_| ())
            }
        }
    }
}
