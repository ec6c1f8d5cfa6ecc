//! The watch over the promises of the protocol (its section 7) while a run goes on. It sees every write as it takes effect,
//! every paid call, every message sent and deleted, and every answer to a user, and keeps its own books: what it checks
//! is never what the engine believes.
//!
//! `record`: P1, P2, P4, P10. `leases`: P5, P7. `keys`: P8. `messages`: acknowledgements. `places`: running limits.
//! `credits`: P5, P6. `clients`: WebSockets. `members`: P9. `windows`: limits of starts and uploads. `answers`: language
//! models. `rights`: what is seen of users as they act.

mod answers;
mod clients;
mod credits;
mod keys;
mod leases;
mod members;
mod messages;
mod places;
pub(crate) mod record;
mod rights;
mod windows;

use std::collections::BTreeMap;

use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::message::Message;
use docmill_core::ports::{Created, NewJob};
use docmill_core::problem::Problem;
use docmill_core::step::Step;
use docmill_core::time::Time;

pub(crate) use answers::{asks, billed, looked, set_aside, settled, stored};
pub(crate) use clients::{Clients, Version};
pub(crate) use members::{Answer, Members, Since, Thing};
pub(crate) use messages::Messages;
pub(crate) use rights::{acted_in, heard};

use crate::edits::Edited;
use crate::rules::Rules;
use crate::sim::Sim;

/// Clocks are off by less than this; what depends on two of them may be off by twice as much.
pub(crate) const SKEW_MS: u64 = 1_000;

/// Tolerance where two clocks meet.
pub(crate) const SKEW: std::time::Duration = std::time::Duration::from_millis(2 * SKEW_MS);

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number.
    pub promise: &'static str,
    /// How.
    pub text: String,
}

type Broken = Option<(&'static str, String)>;

/// The books.
#[derive(Default)]
pub(crate) struct Watch {
    /// What may be used up.
    pub(crate) rules: Rules,
    /// Every record as it is now.
    pub(crate) records: BTreeMap<JobId, Job>,
    pub(crate) leases: leases::Leases,
    pub(crate) messages: Messages,
    pub(crate) keys: keys::Keys,
    pub(crate) credits: credits::Credits,
    pub(crate) members: Members,
    pub(crate) windows: windows::Windows,
    pub(crate) answers: answers::Answers,
    idle: places::Idle,
    pub(crate) clients: Clients,
    /// Visible changes of each job, in order.
    pub(crate) versions: BTreeMap<JobId, Vec<Version>>,
    /// Results that were just said to be there.
    pub(crate) completed: Vec<Job>,
    /// Edits of results that were acknowledged.
    pub(crate) edits: Vec<Edited>,
    /// Versions whose record the stream lost.
    pub(crate) lost_changes: Vec<(JobId, u64)>,
    /// Attempts that ended, by status with outcome or code; for the figures.
    pub(crate) ends: BTreeMap<String, u64>,
    /// Chunks that were recorded as done, each once in the life of its job.
    pub(crate) chunks_done: u64,
    /// Requests of users about jobs and companies, by what the user was to them and what came of it; for the figures.
    pub(crate) asked: BTreeMap<String, u64>,
    /// Paid calls by a holder of an attempt that was over, while the next one ran.
    pub(crate) across_attempts: u64,
}

/// A record was written.
pub(crate) fn wrote(sim: &Sim, card: usize, old: &Job, new: &Job, step: &Step) {
    let now = sim.now();
    let broken = {
        let mut state = sim.state();
        let healed_at = state.healed_at.max(state.calm_at);
        let (since, user) = (state.cards[card].since, state.cards[card].user());
        let watch = &mut state.watch;
        watch.records.insert(new.id, new.clone());
        watch.note(old, new, now);
        watch.answers.note(card, new, step);
        let rules = &watch.rules;
        record::check(old, new, step, now, healed_at)
            .or_else(|| watch.leases.check(card, old, new, step, now))
            .or_else(|| watch.credits.check(old, new, rules, now))
            .or_else(|| places::check(&watch.records, new, &rules.running))
            .or_else(|| {
                let pass = (new.owner.as_str(), new.pipeline.as_str(), false);
                let begins = new.attempt != old.attempt;
                begins.then(|| watch.windows.passed(rules, pass, since, now))?
            })
            .or_else(|| rights::check(&watch.members, user, new, step, since))
    };
    if let Some((promise, text)) = broken {
        sim.broken(promise, text);
    }
}

/// A job was created, or not.
pub(crate) fn created(sim: &Sim, new: &NewJob, created: &Created) {
    let broken = {
        let mut state = sim.state();
        let act = state.card().act.unwrap_or(0);
        let (since, user, now) = (state.card().since, state.card().user(), sim.now());
        if *created != Created::Yes || state.watch.records.contains_key(&new.job.id) {
            None
        } else {
            state.made_by.insert(new.job.id, act);
            let document = state.document(act);
            let content =
                document.map_or_else(String::new, |(act, other)| crate::lines::document(act, other));
            let watch = &mut state.watch;
            watch.records.insert(new.job.id, new.job.clone());
            let version = Version {
                number: 1,
                attempt: 1,
                status: true,
                at: now,
                moment: watch.members.now(),
            };
            watch.versions.insert(new.job.id, vec![version]);
            let (job, rules) = (&new.job, &watch.rules);
            places::check(&watch.records, job, &rules.running)
                .or_else(|| watch.keys.created(new, content))
                .or_else(|| watch.credits.created(new, rules, now))
                .or_else(|| {
                    let pass = (job.owner.as_str(), job.pipeline.as_str(), true);
                    watch.windows.passed(rules, pass, since, now)
                })
                .or_else(|| rights::creates(&watch.members, user, job, since))
        }
    };
    sim.says(|state| format!("creates {}: {created:?}", state.job_name(new.job.id)));
    if let Some((promise, text)) = broken {
        sim.broken(promise, text);
    }
}

/// The one who acts now starts a paid call for chunk `n` of the job it works on.
pub(crate) fn paid(sim: &Sim, n: u32) {
    let now = sim.now();
    sim.says(|state| {
        let job = state.cards[state.current].message.as_ref().map(Message::job);
        let job = job.map_or_else(String::new, |job| state.job_name(job));
        format!("starts a paid call for chunk {n} of {job}")
    });
    let broken = {
        let mut state = sim.state();
        let card = state.current;
        let hurt = state.card().hurt;
        let Some(job) = state.card().message.as_ref().map(Message::job) else {
            return;
        };
        let watch = &mut state.watch;
        let Some(record) = watch.records.get(&job) else {
            return;
        };
        watch.across_attempts += u64::from(watch.leases.is_across(card, record, n));
        watch.leases.paid(card, record, n, now, hurt)
    };
    if let Some((promise, text)) = broken {
        sim.broken(promise, text);
    }
}

impl Watch {
    /// How memberships were when `version` of a job came to be.
    pub(crate) fn moment_of(&self, job: JobId, version: u64) -> usize {
        let mut versions = self.versions.get(&job).into_iter().flatten();
        versions
            .find(|known| known.number == version)
            .map_or(0, |known| known.moment)
    }

    /// Time has passed, and since `healed_at` without a fault.
    pub(crate) fn time_passed(&mut self, now: Time, healed_at: Time) -> Broken {
        let limits = &self.rules.running;
        self.idle.check(&self.records, limits, now, healed_at)
    }

    /// A request of a user for something at a price, begun at `since`, was refused.
    pub(crate) fn refused(&self, (user, price): (&str, u32), problem: &Problem, since: Since) -> Broken {
        self.windows.refused(user, problem, since).or_else(|| {
            self.credits
                .refused(&self.rules, (user, price), problem, since.at)
        })
    }

    fn note(&mut self, old: &Job, new: &Job, now: Time) {
        if new.version == old.version {
            return;
        }
        self.chunks_done += new.done.difference(&old.done).count() as u64;
        if new.status == docmill_core::job::Status::Completed {
            self.completed.push(new.clone());
        }
        if new.status.is_terminal() && !old.status.is_terminal() {
            let outcome = new.outcome.map(|outcome| outcome.as_str());
            let code = new.error.as_ref().map(|error| error.code.as_str());
            let how = outcome.or(code).unwrap_or_default();
            *self.ends.entry(format!("{} {how}", new.status)).or_default() += 1;
        }
        let status = old.status != new.status
            || old.attempt != new.attempt
            || old.cancel_requested_at != new.cancel_requested_at;
        self.versions.entry(new.id).or_default().push(Version {
            number: new.version,
            attempt: new.attempt,
            status,
            at: now,
            moment: self.members.now(),
        });
    }
}
