//! What must hold of every step, seen where it is made.

use docmill_core::job::{Job, Phase, Slot, Status};
use docmill_core::step::Step;

use crate::mail::Mail;
use crate::plant::Plant;
use crate::record::{CHUNKS, Record, bits, token};
use crate::state::{State, Task};

/// What must hold of every transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// After an accepted cancel no lease is given or renewed.
    LeaseAfterCancel,
    /// A slot is claimed as often as it may be tried.
    TooManyTries,
    /// What is settled is not claimed again.
    ClaimOfSettled,
    /// While a lease lives, nobody else gets the slot or gives it up.
    SecondHolder,
    /// A holder that was overtaken records nothing.
    StaleRecord,
    /// A chunk counts once.
    CountedTwice,
    /// A terminal status is left only by a retry.
    TerminalLeft,
    /// What was decided for one attempt does not change another.
    OtherAttempt,
    /// A cancelled job is not completed.
    CompletedAfterCancel,
    /// A result is made of all chunks that are done, when all are accounted for.
    ResultNotWhole,
    /// A chunk is done only when its output is stored.
    OutputMissing,
    /// The version grows by one with every visible change and never otherwise.
    Version,
    /// A message is acknowledged only after its consequence is durable.
    AcknowledgedTooEarly,
}

impl State {
    /// A conditional write decided for `attempt`, with what must hold of any: whether it was made.
    pub(crate) fn write(&mut self, plant: Plant, step: Step, attempt: u32) -> bool {
        let before = self.job();
        let Some(after) = plant.weaken(step).apply(before) else {
            return false;
        };
        let retried = after.attempt == before.attempt + 1;
        let rule = if before.attempt != attempt {
            Some(Rule::OtherAttempt)
        } else if before.status.is_terminal() && before.status != after.status && !retried {
            Some(Rule::TerminalLeft)
        } else if after.status == Status::Completed && after.cancel_requested_at.is_some() {
            Some(Rule::CompletedAfterCancel)
        } else if after.version != before.version + u64::from(seen(before) != seen(&after)) {
            Some(Rule::Version)
        } else {
            None
        };
        if after.status.is_terminal() || retried {
            self.fence(|_| true);
        }
        self.record = Record::of(after);
        if let Some(rule) = rule {
            self.break_rule(rule);
        }
        true
    }

    /// Notes the first rule that was broken.
    pub(crate) fn break_rule(&mut self, rule: Rule) {
        self.broken.get_or_insert(rule);
    }

    /// Whether what `mail` is about will go on without it: the promise that an acknowledgement rests on.
    pub(crate) fn is_answered(&self, mail: Mail, worker: usize) -> bool {
        let job = self.job();
        if job.attempt != mail.attempt
            || job.status.is_terminal()
            || job.cancel_requested_at.is_some()
            || self.lossy
        {
            return true;
        }
        let open = |n: u32| !job.done.contains(&n) && !job.failed.contains_key(&n);
        match (job.phase, mail.slot) {
            // There is no message for it: `sweep` or the end of another job starts it.
            (Phase::Waiting, _) => true,
            (Phase::Planning, _) => self.somebody_at(Slot::Plan, worker),
            (Phase::Chunks, _) if job.is_accounted() => self.anybody_else(worker),
            (Phase::Chunks, Slot::Chunk(n)) => !open(n) || self.somebody_at(mail.slot, worker),
            (Phase::Chunks, _) => (0..CHUNKS).all(|n| !open(n) || self.somebody_at(Slot::Chunk(n), worker)),
            (Phase::Merging, _) => self.somebody_at(Slot::Merge, worker) || self.anybody_else(worker),
        }
    }

    /// Somebody other than `worker` has a lease on `slot` or a message about it; or one is on its way. A `Plan` message
    /// is one about every slot.
    fn somebody_at(&self, slot: Slot, worker: usize) -> bool {
        let job = self.job();
        let leased = job
            .leases
            .get(&slot)
            .is_some_and(|lease| lease.token.as_ref() != Some(&token(worker)));
        leased
            || [slot, Slot::Plan].into_iter().any(|slot| {
                let mail = Mail {
                    attempt: job.attempt,
                    slot,
                };
                self.mails.contains(mail) || self.others(worker).any(|task| task.mail == mail)
            })
    }

    /// Some message of the attempt is in other hands or on its way: its holder will see what comes next.
    fn anybody_else(&self, worker: usize) -> bool {
        let attempt = self.job().attempt;
        self.mails.iter().any(|mail| mail.attempt == attempt)
            || self.others(worker).any(|task| task.mail.attempt == attempt)
            || self.sweep.is_some()
    }

    fn others(&self, worker: usize) -> impl Iterator<Item = &Task> {
        self.workers
            .iter()
            .enumerate()
            .filter(move |(other, _)| *other != worker)
            .filter_map(|(_, task)| task.as_ref())
            .filter(|task| !task.acknowledged)
    }
}

/// What a user sees of a job, as far as the model has it.
fn seen(job: &Job) -> impl PartialEq + use<> {
    (
        job.status,
        job.phase,
        job.outcome,
        job.attempt,
        job.total,
        bits(&job.done),
        bits(job.failed.keys()),
        job.cancel_requested_at.is_some(),
    )
}
