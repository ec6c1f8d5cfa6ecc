//! What can happen in a state.

use std::fmt;

use docmill_core::job::{JobCredits, Phase, Slot, Status};
use docmill_core::moves;
use docmill_core::next::{NextStep, next_step};
use docmill_core::step::Edit;

use crate::due::{Due, Effect};
use crate::mail::Mail;
use crate::model::Protocol;
use crate::plant::Plant;
use crate::record::{Holder, LATE, NOW, holder, stage, timing};
use crate::state::{At, Queued, State};
use crate::worker::Ending;

/// Something that happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A worker receives a message, and reads or claims.
    Receive(usize, Mail),
    /// As before, and the message will be delivered once more.
    ReceiveCopy(usize, Mail),
    /// A worker does what comes next by itself.
    Go(usize),
    /// The pipeline gives up for good.
    Fail(usize),
    /// The pipeline gives up this time.
    Retry(usize),
    /// A worker tries to renew its lease.
    Renew(usize),
    /// A worker sees that its lease has run out, and could not be renewed.
    Lost(usize),
    /// A worker dies, or gets no answer from a port: its message comes again.
    Crash(usize),
    /// The lease on a slot runs out.
    Expire(Slot),
    /// `sweep` looks at the job.
    Sweep,
    /// `sweep` looks at the job after its deadline or queue limit.
    SweepLate,
    /// `sweep` does what it had decided.
    SweepGo,
    /// A message is received too often, and `sweep` finds it among the dead letters.
    Bury(Mail),
    /// A message is never delivered.
    Lose(Mail),
    /// The user cancels.
    Cancel,
    /// The cancelling door does what it had decided.
    CancelGo,
    /// The user asks for the next attempt.
    NextAttempt(Queued),
}

impl Action {
    /// Whether it counts against [`State::faults`] in this state.
    pub fn is_fault(self, state: &State) -> bool {
        match self {
            Self::ReceiveCopy(..)
            | Self::Retry(_)
            | Self::Crash(_)
            | Self::SweepLate
            | Self::Bury(_)
            | Self::Lose(_)
            | Self::NextAttempt(Queued::Unsent) => true,
            // A living holder that is too slow to renew; other leases run out as time goes by.
            Self::Expire(slot) => state
                .job()
                .leases
                .get(&slot)
                .is_some_and(|lease| matches!(holder(lease), Holder::Worker(_))),
            _ => false,
        }
    }

    /// Whether the promise that every job ends may rely on it: time, messages, workers and `sweep` that just go on.
    pub fn is_good(self, state: &State) -> bool {
        match self {
            Self::Receive(..) | Self::Go(_) | Self::Sweep | Self::SweepGo => true,
            Self::Expire(_) => !self.is_fault(state),
            _ => false,
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receive(worker, mail) => write!(f, "worker {} receives {mail:?}", worker + 1),
            Self::ReceiveCopy(worker, mail) => {
                write!(
                    f,
                    "worker {} receives {mail:?}, which will come twice",
                    worker + 1
                )
            }
            Self::Go(worker) => write!(f, "worker {} goes on", worker + 1),
            Self::Fail(worker) => write!(f, "worker {}: the pipeline fails for good", worker + 1),
            Self::Retry(worker) => write!(f, "worker {}: the pipeline fails this time", worker + 1),
            Self::Renew(worker) => write!(f, "worker {} tries to renew its lease", worker + 1),
            Self::Lost(worker) => write!(f, "worker {} finds its lease run out", worker + 1),
            Self::Crash(worker) => write!(f, "worker {} dies", worker + 1),
            Self::Expire(slot) => write!(f, "the lease on {slot} runs out"),
            Self::Sweep => f.write_str("sweep looks"),
            Self::SweepLate => f.write_str("sweep looks after the deadline"),
            Self::SweepGo => f.write_str("sweep does what it decided"),
            Self::Bury(mail) => write!(f, "{mail:?} is found among the dead letters"),
            Self::Lose(mail) => write!(f, "{mail:?} is lost"),
            Self::Cancel => f.write_str("the user cancels"),
            Self::CancelGo => f.write_str("the cancelling door does what it decided"),
            Self::NextAttempt(Queued::Sent) => f.write_str("the user retries"),
            Self::NextAttempt(Queued::Waiting) => f.write_str("the user retries, and has to wait"),
            Self::NextAttempt(Queued::Unsent) => f.write_str("the user retries, and the message is not sent"),
        }
    }
}

impl State {
    /// What can happen.
    pub(crate) fn possible(&self, protocol: &Protocol, actions: &mut Vec<Action>) {
        if self.broken.is_some() {
            return;
        }
        if protocol.reduced && self.job().status.is_terminal() && self.retries == 0 {
            self.possible_after_the_end(actions);
            return;
        }
        let faults = self.faults > 0;
        // Two idle workers are alike.
        if let Some(idle) = self.workers.iter().position(Option::is_none) {
            for mail in self.mails.iter() {
                actions.push(Action::Receive(idle, mail));
                if faults {
                    actions.push(Action::ReceiveCopy(idle, mail));
                }
            }
        }
        for worker in 0..self.workers.len() {
            self.possible_for(worker, actions);
        }
        let live = self.job().leases.iter().filter(|(_, lease)| lease.is_live(NOW));
        actions.extend(
            live.map(|(slot, _)| Action::Expire(*slot))
                .filter(|action| faults || !action.is_fault(self)),
        );
        if self.sweep.is_some() {
            actions.push(Action::SweepGo);
        } else if protocol.plant != Plant::NoSweep {
            actions.push(Action::Sweep);
            if faults {
                actions.push(Action::SweepLate);
                actions.extend(self.mails.iter().map(Action::Bury));
            }
        }
        if faults {
            actions.extend(self.mails.iter().map(Action::Lose));
        }
        if self.user.is_some() {
            actions.push(Action::CancelGo);
        } else if self.cancels > 0 && Status::OPEN.contains(&self.job().status) {
            actions.push(Action::Cancel);
        }
        if self.retries > 0 && moves::may_retry(self.job()).is_ok() {
            actions.push(Action::NextAttempt(Queued::Sent));
            actions.push(Action::NextAttempt(Queued::Waiting));
            if faults {
                actions.push(Action::NextAttempt(Queued::Unsent));
            }
        }
    }

    /// What is left to do once the record does not change any more: one after the other.
    fn possible_after_the_end(&self, actions: &mut Vec<Action>) {
        if let Some(busy) = self.workers.iter().position(Option::is_some) {
            self.possible_for(busy, actions);
            actions.retain(|action| !action.is_fault(self));
        } else if self.sweep.is_some() {
            actions.push(Action::SweepGo);
        } else if let Some(mail) = self.mails.iter().next() {
            actions.push(Action::Receive(0, mail));
        } else if self.user.is_some() {
            actions.push(Action::CancelGo);
        }
    }

    fn possible_for(&self, worker: usize, actions: &mut Vec<Action>) {
        let Some(task) = &self.workers[worker] else {
            return;
        };
        actions.push(Action::Go(worker));
        if self.faults > 0 {
            actions.push(Action::Crash(worker));
        }
        if !matches!(task.at, At::Work { .. }) {
            return;
        }
        if self.failures > 0 && !self.is_found(task) {
            actions.push(Action::Fail(worker));
        }
        if self.faults > 0 {
            actions.push(Action::Retry(worker));
        }
        let ours = self.job().leases.get(&task.mail.slot);
        let ours = ours.filter(|lease| holder(lease) == Holder::Worker(worker));
        let live = ours.is_some_and(|lease| lease.is_live(NOW));
        // To renew a live lease changes nothing.
        if !live || self.job().cancel_requested_at.is_some() {
            actions.push(Action::Renew(worker));
        }
        if !live {
            actions.push(Action::Lost(worker));
        }
    }

    /// The state after `action`; `None` when it changes nothing.
    pub(crate) fn after(&self, plant: Plant, action: Action) -> Option<Self> {
        let mut next = self.clone();
        next.faults -= u8::from(action.is_fault(self));
        next.failures -= u8::from(matches!(action, Action::Fail(_)));
        let changed = match action {
            Action::Receive(worker, mail) => next.receive(plant, worker, mail),
            Action::ReceiveCopy(worker, mail) => {
                let changed = next.receive(plant, worker, mail);
                next.mails.send(mail);
                changed
            }
            Action::Go(worker) => next.go(plant, worker),
            Action::Fail(worker) => next.end_work(plant, worker, Ending::Fail),
            Action::Retry(worker) => next.end_work(plant, worker, Ending::Retry),
            Action::Renew(worker) => next.renew(plant, worker),
            Action::Lost(worker) => {
                next.go_to(worker, At::Release);
                true
            }
            Action::Crash(worker) => {
                next.give_message_back(worker);
                true
            }
            Action::Expire(slot) => {
                next.record = next.record.expire(slot);
                true
            }
            Action::Sweep => next.sweep_looks(),
            Action::SweepLate => next.sweep_looks_late(),
            Action::SweepGo => {
                next.sweep = next.sweep.take().and_then(|due| next.carry_out(plant, due));
                true
            }
            Action::Bury(mail) => next.bury(mail),
            Action::Lose(mail) => {
                next.mails.take(mail);
                next.lossy = true;
                true
            }
            Action::Cancel => {
                next.cancels -= 1;
                next.cancel(plant)
            }
            Action::CancelGo => {
                next.user = next.user.take().and_then(|due| next.carry_out(plant, due));
                true
            }
            Action::NextAttempt(queued) => {
                next.retries -= 1;
                next.next_attempt(plant, queued)
            }
        };
        changed.then_some(next)
    }

    /// `Sweep::look_at`. What it sends is sent at once: a late message is one that waits.
    fn sweep_looks(&mut self) -> bool {
        let before = self.mails;
        let attempt = self.job().attempt;
        let slot = match next_step(self.job(), NOW, &timing()) {
            NextStep::SendPlan { .. } => Slot::Plan,
            NextStep::SendMerge { .. } => Slot::Merge,
            NextStep::BeginMerge
            | NextStep::Fail(_)
            | NextStep::AllFailed(_)
            | NextStep::Expire(_)
            | NextStep::Cancel => {
                self.sweep = self.advance();
                // To do the same twice is to do it once: the second write is refused.
                self.user = self.user.filter(|due| self.sweep != Some(*due));
                return true;
            }
            // Whether there is room is decided by others: when this happens, there is.
            NextStep::Start { .. } => {
                self.sweep = Some(Due {
                    attempt,
                    effect: Effect::Admit,
                });
                return true;
            }
            NextStep::Nothing
            | NextStep::Forget
            | NextStep::AuditEvents
            | NextStep::Wait { .. }
            | NextStep::Warn(_) => {
                return false;
            }
        };
        self.mails.send(Mail { attempt, slot });
        self.mails != before
    }

    /// As before, but the time is up. (A cancelled job's leases have run out by then, which is another action.)
    fn sweep_looks_late(&mut self) -> bool {
        let job = self.job();
        let late =
            job.cancel_requested_at.is_none() && matches!(next_step(job, LATE, &timing()), NextStep::Fail(_));
        if late {
            self.sweep = Some(Due {
                attempt: job.attempt,
                effect: Effect::Fail,
            });
        }
        late
    }

    /// `Sweep::give_up_on`.
    fn bury(&mut self, mail: Mail) -> bool {
        self.mails.take(mail);
        self.lossy = true;
        let job = self.job();
        let open = matches!(job.status, Status::Queued | Status::Processing);
        if job.attempt != mail.attempt || !open {
            return true;
        }
        let effect = match (mail.slot, job.phase) {
            (Slot::Chunk(n), Phase::Chunks) if job.is_open(n, NOW) => Effect::GiveUp(n),
            (Slot::Plan, Phase::Planning) | (Slot::Merge, Phase::Merging) if !job.is_held(NOW) => {
                Effect::Fail
            }
            _ => return true,
        };
        self.sweep = Some(Due {
            attempt: job.attempt,
            effect,
        });
        true
    }

    /// `Intake::cancel`.
    fn cancel(&mut self, plant: Plant) -> bool {
        let attempt = self.job().attempt;
        let accepted = self.write(plant, moves::request_cancel(NOW, ""), attempt);
        if accepted {
            self.user = self.advance();
        }
        accepted
    }

    /// `Intake::retry` and `Engine::enqueue`.
    fn next_attempt(&mut self, plant: Plant, queued: Queued) -> bool {
        let attempt = self.job().attempt;
        let step = moves::retry(self.job(), NOW, &timing(), stage(), JobCredits::default())
            .with(Edit::Phase(queued.phase()));
        let accepted = self.write(plant, step, attempt);
        if accepted && queued == Queued::Sent {
            self.mails.send(Mail {
                attempt: attempt + 1,
                slot: Slot::Plan,
            });
        }
        accepted
    }
}
