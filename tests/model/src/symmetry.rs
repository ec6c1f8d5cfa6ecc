//! Chunks are alike, and so are workers: of states that differ in their numbers alone, one is looked at.

use docmill_core::job::Slot;

use crate::due::{Due, Effect};
use crate::mail::{Mail, Mails};
use crate::record::CHUNKS;
use crate::state::{At, State, Task};

const N: usize = CHUNKS as usize;

/// New number of every chunk.
type Renumbering = [u8; N];

impl State {
    /// The one that stands for all that are like this one.
    pub(crate) fn representative(self) -> Self {
        match self.rank(0).cmp(&self.rank(1)) {
            std::cmp::Ordering::Less => self.sorted(false),
            std::cmp::Ordering::Greater => self.sorted(true),
            // Idle workers hold nothing that could tell them apart.
            std::cmp::Ordering::Equal if self.workers[0].is_none() => self.sorted(false),
            std::cmp::Ordering::Equal => {
                let other = self.sorted(true);
                self.sorted(false).min(other)
            }
        }
    }

    /// What tells workers apart whatever the numbers of the chunks.
    fn rank(&self, worker: usize) -> (u8, u8, bool, bool, u32, u8) {
        let Some(task) = &self.workers[worker] else {
            return (0, 0, false, false, 0, 0);
        };
        let at = match task.at {
            At::Claim { queued } => 1 + u8::from(queued),
            At::Work { tries, .. } => 3 + tries,
            At::Record { .. } => 10,
            At::Release => 11,
            At::Send { .. } => 12,
            At::Next(due) => match due.effect {
                Effect::BeginMerge => 13,
                Effect::SendMerge => 14,
                Effect::Fail => 15,
                Effect::Cancelled => 16,
                Effect::GiveUp(_) => 17,
                Effect::Admit => 18,
                Effect::SendPlan => 19,
            },
            At::Ack => 20,
        };
        let slot = match task.mail.slot {
            Slot::Plan => 0,
            Slot::Chunk(_) => 1,
            Slot::Merge => 2,
        };
        (1, at, task.fenced, task.acknowledged, task.mail.attempt, slot)
    }

    /// With the chunks in the order of what is known of each, and the workers exchanged on demand.
    fn sorted(&self, exchanged: bool) -> Self {
        let mut order: [(u64, u8); N] = std::array::from_fn(|n| {
            let n = n as u8;
            (self.signature(n, exchanged), n)
        });
        order.sort_unstable();
        let mut new: Renumbering = [0; N];
        for (place, (_, old)) in (0..).zip(order) {
            new[usize::from(old)] = place;
        }
        let unchanged = new.iter().zip(0..).all(|(new, old)| *new == old);
        if unchanged && !exchanged {
            return self.clone();
        }
        self.renumbered(new, exchanged)
    }

    /// Everything that concerns chunk `n`.
    fn signature(&self, n: u8, exchanged: bool) -> u64 {
        let chunk = u32::from(n);
        let has = |bits: u8| bits & 1 << n != 0;
        let gives_up = |due: Option<Due>| due.is_some_and(|due| due.effect == Effect::GiveUp(chunk));
        let of_task = |task: Option<Task>| {
            let Some(task) = task else { return [false; 4] };
            let (sends, seen, due) = match task.at {
                At::Work { seen, .. } | At::Record { seen } => (0, seen, None),
                At::Send { chunks, .. } => (chunks, 0, None),
                At::Next(due) => (0, 0, Some(due)),
                At::Claim { .. } | At::Release | At::Ack => (0, 0, None),
            };
            let mine = task.mail.slot == Slot::Chunk(chunk);
            [mine, has(sends), has(seen), gives_up(due)]
        };
        let on_its_way = |attempt| {
            self.mails.contains(Mail {
                attempt,
                slot: Slot::Chunk(chunk),
            })
        };
        let [first, second] = if exchanged {
            [self.workers[1], self.workers[0]]
        } else {
            self.workers
        };
        of_task(first)
            .into_iter()
            .chain(of_task(second))
            .chain([has(self.outputs), on_its_way(1), on_its_way(2)])
            .chain([gives_up(self.sweep), gives_up(self.user)])
            .fold(self.record.chunk_key(chunk, exchanged), |key, bit| {
                key << 1 | u64::from(bit)
            })
    }

    fn renumbered(&self, new: Renumbering, exchanged: bool) -> Self {
        let set = |bits: u8| {
            (0..N).fold(0, |moved, old| {
                if bits & 1 << old == 0 {
                    moved
                } else {
                    moved | 1 << new[old]
                }
            })
        };
        let mail = |mail: Mail| Mail {
            slot: match mail.slot {
                Slot::Chunk(n) => Slot::Chunk(u32::from(new[n as usize])),
                other => other,
            },
            ..mail
        };
        let due = |due: Due| Due {
            effect: match due.effect {
                Effect::GiveUp(n) => Effect::GiveUp(u32::from(new[n as usize])),
                other => other,
            },
            ..due
        };
        let task = |task: Task| Task {
            mail: mail(task.mail),
            at: match task.at {
                At::Work { tries, seen } => At::Work {
                    tries,
                    seen: set(seen),
                },
                At::Record { seen } => At::Record { seen: set(seen) },
                At::Send { attempt, chunks } => At::Send {
                    attempt,
                    chunks: set(chunks),
                },
                At::Next(next) => At::Next(due(next)),
                other => other,
            },
            ..task
        };
        let mut mails = Mails::default();
        for old in self.mails.iter() {
            mails.send(mail(old));
        }
        let mut workers = self.workers.map(|worker| worker.map(task));
        if exchanged {
            workers.swap(0, 1);
        }
        Self {
            record: self.record.renamed(new, exchanged),
            mails,
            workers,
            sweep: self.sweep.map(due),
            user: self.user.map(due),
            outputs: set(self.outputs),
            ..self.clone()
        }
    }
}
