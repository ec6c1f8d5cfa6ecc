//! What a worker does with a message: the order of effects of `engine/{planning,chunks,merging,claims}.rs`.
//!
//! An effect on something that others see (a write on the record, an output stored, messages sent, the
//! acknowledgement) is one action each, so that anything may happen between two of them.

use docmill_core::job::{Completeness, Job, Phase, ResultRef, Slot, Status};
use docmill_core::moves;
use docmill_core::step::Step;
use docmill_core::timing::MAX_TRIES;
use docmill_core::usage::Usage;

use crate::due::{Due, Effect, failure};
use crate::mail::Mail;
use crate::plant::Plant;
use crate::record::{CHUNKS, NOW, bits, stage, timing};
use crate::rules::Rule;
use crate::state::{At, State, Task};

/// How a pipeline ends what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is done, and stored.
    Done,
    /// It can never be done.
    Fail,
    /// It could not be done this time.
    Retry,
}

/// What a refused claim means: `claims::refused`, without `Held` (an answer that was lost is a crash here).
enum Refused {
    Stale,
    Settled,
    Busy,
    Spent,
}

impl State {
    /// A worker receives `mail`, and does what it does at once. `false`: the message would come again, nothing changed.
    pub(crate) fn receive(&mut self, plant: Plant, worker: usize, mail: Mail) -> bool {
        self.mails.take(mail);
        self.workers[worker] = Some(Task {
            mail,
            at: At::Ack,
            fenced: false,
            acknowledged: false,
        });
        if mail.slot == Slot::Plan {
            self.read_for_plan(worker, mail)
        } else {
            self.claim(plant, worker, mail, false)
        }
    }

    /// The first half of `handle_plan`: reads the record and decides by it.
    fn read_for_plan(&mut self, worker: usize, mail: Mail) -> bool {
        let job = self.job();
        if job.attempt != mail.attempt || job.status.is_terminal() {
            self.go_to(worker, At::Ack);
            return true;
        }
        if job.cancel_requested_at.is_some() {
            self.next(worker, self.advance());
            return true;
        }
        match (job.status, job.phase) {
            (Status::Queued, _) => self.go_to(worker, At::Claim { queued: true }),
            (_, Phase::Waiting | Phase::Planning) => {
                // A claim that is refused now and then again only gives the message back.
                if job
                    .leases
                    .get(&Slot::Plan)
                    .is_some_and(|lease| lease.is_live(NOW))
                {
                    return false;
                }
                self.go_to(worker, At::Claim { queued: false });
            }
            _ => self.distribute(worker),
        }
        true
    }

    /// `Engine::claim` and `Engine::try_claim`, and what each handler makes of the answer.
    pub(crate) fn claim(&mut self, plant: Plant, worker: usize, mail: Mail, queued: bool) -> bool {
        let claim = self.claim_of(worker, mail);
        let step = if queued {
            moves::claim_queued(&claim, NOW, &timing(), stage())
        } else {
            moves::claim(&claim, NOW, &timing())
        };
        let before = self.record.clone();
        if self.write(plant, step, mail.attempt) {
            let job = before.job();
            if job.cancel_requested_at.is_some() {
                self.break_rule(Rule::LeaseAfterCancel);
            } else if is_settled(job, mail.slot) {
                self.break_rule(Rule::ClaimOfSettled);
            } else if job.leases.get(&mail.slot).is_some_and(|lease| lease.is_live(NOW)) {
                self.break_rule(Rule::SecondHolder);
            } else if job.tries_of(mail.slot) >= MAX_TRIES {
                self.break_rule(Rule::TooManyTries);
            }
            self.fence(|task| task.mail == mail);
            let tries = u8::try_from(self.job().tries_of(mail.slot)).unwrap_or(u8::MAX);
            let seen = if mail.slot == Slot::Merge {
                bits(&self.job().done)
            } else {
                0
            };
            self.go_to(worker, At::Work { tries, seen });
            if plant == Plant::AcknowledgesFirst {
                self.acknowledge(worker);
            }
            return true;
        }
        match (self.refused(mail), mail.slot) {
            (Refused::Stale, _) => self.go_to(worker, At::Ack),
            (Refused::Busy, _) => {
                self.give_message_back(worker);
                return queued || mail.slot == Slot::Plan;
            }
            (Refused::Settled, Slot::Plan) => self.distribute(worker),
            (Refused::Settled, _) => self.next(worker, self.advance()),
            (Refused::Spent, Slot::Chunk(n)) => self.next(worker, self.due(Effect::GiveUp(n))),
            (Refused::Spent, _) => self.next(worker, self.due(Effect::Fail)),
        }
        true
    }

    /// `claims::refused`.
    fn refused(&self, mail: Mail) -> Refused {
        let job = self.job();
        if job.attempt != mail.attempt || job.status.is_terminal() {
            return Refused::Stale;
        }
        if job.cancel_requested_at.is_some() || is_settled(job, mail.slot) {
            return Refused::Settled;
        }
        let live = job.leases.get(&mail.slot).is_some_and(|lease| lease.is_live(NOW));
        if !live && job.status == Status::Processing && job.tries_of(mail.slot) >= MAX_TRIES {
            Refused::Spent
        } else {
            Refused::Busy
        }
    }

    /// `Engine::distribute`. A plan of one chunk, worked off in place, is not in the model: it is the same functions.
    fn distribute(&mut self, worker: usize) {
        let job = self.job();
        let open = moves::open_chunks(job, NOW);
        let working = job.status == Status::Processing && job.phase == Phase::Chunks;
        if !working || open.is_empty() || job.cancel_requested_at.is_some() {
            self.next(worker, self.advance());
            return;
        }
        let at = At::Send {
            attempt: job.attempt,
            chunks: bits(&open),
        };
        self.go_to(worker, at);
    }

    /// The pipeline ends. What is stored is stored here; only `Done` leaves the record to a later action.
    pub(crate) fn end_work(&mut self, plant: Plant, worker: usize, ending: Ending) -> bool {
        let Some(Task {
            mail,
            at: At::Work { tries, seen },
            ..
        }) = self.workers[worker]
        else {
            return false;
        };
        match ending {
            Ending::Done => {
                match mail.slot {
                    Slot::Plan => self.plan_stored = true,
                    Slot::Chunk(n) if plant != Plant::RecordsFirst => self.outputs |= 1 << n,
                    _ => {}
                }
                self.go_to(worker, At::Record { seen });
            }
            // `held.rest`: the slot backs off and the message comes again.
            Ending::Retry if u32::from(tries) < MAX_TRIES => {
                let claim = self.claim_of(worker, mail);
                let until = NOW.plus(timing().renew);
                self.record_held(plant, worker, moves::back_off(&claim, until, Usage::default()));
                self.give_message_back(worker);
            }
            Ending::Retry | Ending::Fail => match mail.slot {
                Slot::Chunk(n) => {
                    let claim = self.claim_of(worker, mail);
                    let step = moves::chunk_failed(&claim, n, failure(), NOW, Usage::default());
                    self.record_chunk(plant, worker, n, step);
                }
                _ => {
                    let due = Due {
                        attempt: mail.attempt,
                        effect: Effect::Fail,
                    };
                    self.next(worker, Some(due));
                }
            },
        }
        true
    }

    /// Whether an earlier try or attempt left what is asked for: then the pipeline is not asked (`make_plan`,
    /// `make_output`).
    pub(crate) fn is_found(&self, task: &Task) -> bool {
        let At::Work { tries, .. } = task.at else {
            return false;
        };
        match task.mail.slot {
            Slot::Plan => (tries > 1 || task.mail.attempt > 1) && self.plan_stored,
            Slot::Chunk(n) => tries > 1 && self.outputs & 1 << n != 0,
            Slot::Merge => false,
        }
    }

    /// `Held::guard`: a renewal. Refused, the work is dropped.
    pub(crate) fn renew(&mut self, plant: Plant, worker: usize) -> bool {
        let Some(task) = self.workers[worker] else {
            return false;
        };
        let claim = self.claim_of(worker, task.mail);
        if !self.record_held(plant, worker, moves::renew(&claim, NOW, &timing())) {
            self.go_to(worker, At::Release);
        } else if self.job().cancel_requested_at.is_some() {
            self.break_rule(Rule::LeaseAfterCancel);
        }
        true
    }

    /// The next thing a worker does by itself.
    pub(crate) fn go(&mut self, plant: Plant, worker: usize) -> bool {
        let Some(Task { mail, at, .. }) = self.workers[worker] else {
            return false;
        };
        match at {
            At::Claim { queued } => {
                self.claim(plant, worker, mail, queued);
            }
            At::Work { .. } => {
                self.end_work(plant, worker, Ending::Done);
            }
            At::Record { seen } => self.record_done(plant, worker, mail, seen),
            At::Release => self.release(plant, worker, mail),
            At::Send { attempt, chunks } => {
                for n in (0..CHUNKS).filter(|n| chunks & 1 << n != 0) {
                    self.mails.send(Mail {
                        attempt,
                        slot: Slot::Chunk(n),
                    });
                }
                self.go_to(worker, At::Ack);
            }
            At::Next(due) => {
                let next = self.carry_out(plant, due);
                self.next(worker, next);
            }
            At::Ack => {
                self.acknowledge(worker);
                self.let_go(worker);
            }
        }
        true
    }

    fn record_done(&mut self, plant: Plant, worker: usize, mail: Mail, seen: u8) {
        let claim = self.claim_of(worker, mail);
        match mail.slot {
            // `plan_held`: whatever became of the write, the chunks are distributed.
            Slot::Plan => {
                let step = moves::planned(&claim, NOW, CHUNKS, stage(), Vec::new(), Usage::default());
                self.record_held(plant, worker, step);
                self.distribute(worker);
            }
            Slot::Chunk(n) => {
                let step = moves::chunk_done(&claim, n, NOW, Usage::default());
                if self.record_chunk(plant, worker, n, step) && self.outputs & 1 << n == 0 {
                    self.break_rule(Rule::OutputMissing);
                }
            }
            Slot::Merge => self.complete(plant, worker, mail, seen),
        }
    }

    /// `Engine::record`.
    fn record_chunk(&mut self, plant: Plant, worker: usize, n: u32, step: Step) -> bool {
        let attempt = self.workers[worker].map_or(0, |task| task.mail.attempt);
        let accounted = |state: &Self| is_settled(state.job(), Slot::Chunk(n));
        let before = accounted(self);
        let recorded = self.record_held(plant, worker, step);
        if recorded && before {
            self.break_rule(Rule::CountedTwice);
        }
        if recorded || (self.job().attempt == attempt && accounted(self)) {
            self.next(worker, self.advance());
        } else {
            self.go_to(worker, At::Ack);
        }
        recorded
    }

    /// `merging::complete`.
    fn complete(&mut self, plant: Plant, worker: usize, mail: Mail, seen: u8) {
        let all = (1 << CHUNKS) - 1;
        let outcome = if seen == all {
            Completeness::Complete
        } else {
            Completeness::Partial
        };
        let claim = self.claim_of(worker, mail);
        let result = ResultRef {
            attempt: mail.attempt,
            ..ResultRef::default()
        };
        let step = moves::complete(&claim, NOW, outcome, result, Vec::new(), Usage::default());
        let before = self.record.clone();
        if self.record_held(plant, worker, step) {
            let job = before.job();
            if !job.is_accounted() || seen != bits(&job.done) {
                self.break_rule(Rule::ResultNotWhole);
            }
            self.go_to(worker, At::Ack);
        } else if self.job().status.is_terminal() {
            self.go_to(worker, At::Ack);
        } else {
            self.go_to(worker, At::Release);
        }
    }

    /// `Held::release` and `Engine::give_back`.
    fn release(&mut self, plant: Plant, worker: usize, mail: Mail) {
        let claim = self.claim_of(worker, mail);
        self.record_held(plant, worker, moves::release(&claim, Usage::default()));
        let job = self.job();
        if job.cancel_requested_at.is_none() && !job.status.is_terminal() {
            self.give_message_back(worker);
        } else {
            self.next(worker, self.advance());
        }
    }

    /// A write under the worker's token.
    fn record_held(&mut self, plant: Plant, worker: usize, step: Step) -> bool {
        let Some(task) = self.workers[worker] else {
            return false;
        };
        let written = self.write(plant, step, task.mail.attempt);
        if written && task.fenced {
            self.break_rule(Rule::StaleRecord);
        }
        written
    }

    /// The message goes for good, if what it is about goes on without it.
    fn acknowledge(&mut self, worker: usize) {
        if let Some(task) = &mut self.workers[worker] {
            task.acknowledged = true;
            let mail = task.mail;
            if !self.is_answered(mail, worker) {
                self.break_rule(Rule::AcknowledgedTooEarly);
            }
        }
    }

    /// The message comes again later.
    pub(crate) fn give_message_back(&mut self, worker: usize) {
        if let Some(task) = self.workers[worker].filter(|task| !task.acknowledged) {
            self.mails.send(task.mail);
        }
        self.let_go(worker);
    }

    fn next(&mut self, worker: usize, due: Option<Due>) {
        self.go_to(worker, due.map_or(At::Ack, At::Next));
    }

    /// Also forgets what only a holder needs to know.
    pub(crate) fn go_to(&mut self, worker: usize, at: At) {
        if let Some(task) = &mut self.workers[worker] {
            task.fenced &= at.holds();
            task.at = at;
        }
    }
}

/// Whether there is nothing left to claim on `slot`.
fn is_settled(job: &Job, slot: Slot) -> bool {
    match slot {
        Slot::Plan => job.phase != Phase::Planning,
        Slot::Chunk(n) => job.done.contains(&n) || job.failed.contains_key(&n),
        Slot::Merge => job.phase != Phase::Merging,
    }
}
