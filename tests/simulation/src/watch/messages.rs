//! A message is acknowledged only after its consequences are durable (the protocol's section 2): whoever deletes the last
//! message of a piece of work that is still to be done leaves it to `sweep`, which is there for the dead alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use docmill_core::ids::JobId;
use docmill_core::job::{Job, Phase, Slot, Status};
use docmill_core::message::Message;
use docmill_core::time::Time;

use super::{Broken, SKEW};

/// The books on messages.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// How many of each are in the queues or among the dead letters.
    there: HashMap<Message, u32>,
    buried: BTreeSet<String>,
    /// Attempts of which a message was lost on the way: nobody can be blamed any more.
    lost: BTreeSet<(JobId, u32)>,
    /// How many there are in all.
    pub(crate) count: u32,
}

impl Messages {
    pub(crate) fn sent(&mut self, message: &Message) {
        *self.there.entry(message.clone()).or_default() += 1;
        self.count += 1;
    }

    /// A message was deleted, or left the queues in another way.
    pub(crate) fn gone(&mut self, message: &Message) {
        if let Some(count) = self.there.get_mut(message) {
            *count = count.saturating_sub(1);
        }
        self.count = self.count.saturating_sub(1);
    }

    /// A message was lost on the way.
    pub(crate) fn lost(&mut self, message: &Message) {
        self.lost.insert((message.job(), message.attempt()));
        self.gone(message);
    }

    /// A write took effect after its sender was told that it was lost: whoever decided in between could not know.
    pub(crate) fn excuse(&mut self, job: JobId, attempt: u32) {
        self.lost.insert((job, attempt));
    }

    /// A dead letter was removed.
    pub(crate) fn buried(&mut self, receipt: &str, message: &Message) {
        if self.buried.insert(receipt.to_owned()) {
            self.gone(message);
        }
    }

    /// Whoever handled a message decides that it may go.
    pub(crate) fn may_go(&self, message: &Message, records: &BTreeMap<JobId, Job>, now: Time) -> Broken {
        let job = records.get(&message.job())?;
        let (id, attempt) = (job.id, job.attempt);
        let open = matches!(job.status, Status::Queued | Status::Processing);
        if !open
            || attempt != message.attempt()
            || job.cancel_requested_at.is_some()
            || self.lost.contains(&(id, attempt))
        {
            return None;
        }
        let is_there = |wanted: &dyn Fn(&Message) -> bool| {
            self.there.iter().any(|(other, count)| {
                let count = count.saturating_sub(u32::from(other == message));
                count > 0 && other.job() == id && other.attempt() == attempt && wanted(other)
            })
        };
        let plan = is_there(&|message| matches!(message, Message::Plan { .. }));
        let merge = is_there(&|message| matches!(message, Message::Merge { .. }));
        let chunk = |n: u32| is_there(&|message| matches!(message, Message::Chunk { n: m, .. } if *m == n));
        let any_chunk = is_there(&|message| matches!(message, Message::Chunk { .. }));
        // Under a live lease somebody is at it, or `sweep` will miss them when it is over.
        let leased = |slot: Slot| {
            job.leases
                .get(&slot)
                .is_some_and(|lease| now < lease.until.plus(SKEW))
        };
        let owed = match (job.status, job.phase) {
            // Who waits for a place has no message.
            (_, Phase::Waiting) => None,
            _ if plan => None,
            (_, Phase::Planning) if leased(Slot::Plan) => None,
            (_, Phase::Merging) if leased(Slot::Merge) => None,
            (Status::Queued, _) | (_, Phase::Planning) => Some("its plan is not made".to_owned()),
            (_, Phase::Merging) => (!merge && !any_chunk).then(|| "its result is not made".to_owned()),
            (_, Phase::Chunks) if job.is_accounted() => {
                (!any_chunk && !merge).then(|| "its merge is not begun".to_owned())
            }
            (_, Phase::Chunks) => (0..job.total.unwrap_or(0))
                .filter(|n| !job.done.contains(n) && !job.failed.contains_key(n))
                .find(|n| !leased(Slot::Chunk(*n)) && !chunk(*n))
                .map(|n| format!("chunk {n} is open")),
        };
        owed.map(|owed| ("§2", format!("the last message is acknowledged although {owed}")))
    }
}
