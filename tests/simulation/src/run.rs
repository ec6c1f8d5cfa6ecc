//! One run: starts what is due, lets it go on, and moves the time when nobody can.

mod deliver;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use docmill_core::time::Time;

use crate::ending;
use crate::fate::{Fate, KINDS, Menu};
use crate::parts::Parts;
use crate::plants::Plant;
use crate::ports::apply_ghost;
use crate::rules::Rules;
use crate::scenario::{Act, Outage, USERS};
use crate::sim::{Line, START, Sim, State};
use crate::stream::Stream;
use crate::tape::{Source, Tape};
use crate::tasks::Tasks;
use crate::watch::{Violation, Watch};

/// Polls and starts in one run; far more than any needs.
const MOST_STEPS: u32 = 300_000;

/// Longest a request of a user takes.
const REQUEST_LIMIT: Duration = Duration::from_secs(29);

/// Longest a sweep takes.
const SWEEP_LIMIT: Duration = Duration::from_secs(55);

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Everything that made it: played again it gives the same run.
    pub tape: Tape,
    /// The promise that was broken, if one was.
    pub violation: Option<Violation>,
    /// What happened, if it was to be told.
    pub lines: Vec<Line>,
    /// Faults that happened, by kind.
    pub faults: [u64; KINDS],
    /// Attempts that ended, by status and outcome.
    pub ends: BTreeMap<String, u64>,
    /// Requests about jobs and companies, by what the user was to them and what came of it.
    pub asked: BTreeMap<String, u64>,
    /// Paid calls under a lease of an attempt that was over, while the next one ran.
    pub across_attempts: u64,
}

/// Runs `seed`, drawing its faults.
pub fn draw(seed: u64, plant: Option<Plant>) -> Ran {
    run(Tape::blank(seed), Source::drawn(seed), plant, false)
}

/// Plays a tape.
pub fn play(tape: Tape, plant: Option<Plant>, tell: bool) -> Ran {
    run(tape, Source::Played, plant, tell)
}

fn run(tape: Tape, source: Source, plant: Option<Plant>, tell: bool) -> Ran {
    let Tape {
        seed,
        acts,
        outage,
        calm,
        fates,
    } = tape;
    let state = State::new(source, fates, acts.clone(), START.plus(calm), tell);
    let sim = Arc::new(Sim::new(state, plant));
    sim.state().watch.rules = Rules::of(seed);
    let mut scheduler = Scheduler::new(sim.clone(), seed, &acts, outage);
    scheduler.go();
    drop(scheduler.tasks);
    let mut state = sim.state();
    Ran {
        tape: Tape {
            seed,
            acts,
            outage,
            calm,
            fates: std::mem::take(&mut state.fates),
        },
        violation: state.violation.take(),
        lines: state.log.take().unwrap_or_default(),
        faults: state.counts,
        ends: std::mem::take(&mut state.watch.ends),
        asked: std::mem::take(&mut state.watch.asked),
        across_attempts: state.watch.across_attempts,
    }
}

impl State {
    fn new(
        source: Source,
        fates: BTreeMap<crate::tape::Site, Fate>,
        acts: Vec<Act>,
        calm_at: Time,
        tell: bool,
    ) -> Self {
        Self {
            source,
            fates,
            acts,
            calm_at,
            healed_at: START,
            cards: Vec::new(),
            current: 0,
            seen: BTreeMap::new(),
            counts: [0; KINDS],
            log: tell.then(Vec::new),
            watch: Watch::default(),
            violation: None,
            ghosts: Vec::new(),
            tries: BTreeMap::new(),
            remembered: BTreeMap::new(),
            ledger: None,
            made_by: BTreeMap::new(),
        }
    }
}

struct Scheduler {
    sim: Arc<Sim>,
    parts: Rc<Parts>,
    tasks: Tasks,
    /// Still to come, the next one last.
    acts: Vec<Act>,
    outage: Option<Outage>,
    /// Sweeps run at this many milliseconds past the minute.
    sweep_phase: Duration,
    /// The sweep for this tick was started.
    swept: Time,
    /// Sweeps that are late.
    late_sweeps: Vec<(Time, usize)>,
    stream: Rc<RefCell<Stream>>,
    workers: u32,
    sweeps: u32,
}

impl Scheduler {
    fn new(sim: Arc<Sim>, seed: u64, acts: &[Act], outage: Option<Outage>) -> Self {
        Self {
            parts: Rc::new(Parts::new(&sim, seed)),
            tasks: Tasks::new(sim.clone()),
            sim,
            acts: acts.iter().rev().cloned().collect(),
            outage,
            sweep_phase: Duration::from_millis(seed % 60_000),
            swept: START,
            late_sweeps: Vec::new(),
            stream: Rc::default(),
            workers: 0,
            sweeps: 0,
        }
    }

    fn go(&mut self) {
        for step in 0.. {
            if self.sim.state().violation.is_some() {
                return;
            }
            if step > MOST_STEPS {
                self.sim.broken("P1", "the run does not come to rest".to_owned());
                return;
            }
            if self.tasks.step() {
                self.look_around();
                continue;
            }
            if self.start_due() {
                continue;
            }
            let Some(next) = self.next_time() else { break };
            self.sim.clock.advance_to(next);
            if let Some((promise, text)) = ending::late(&self.sim, self.outage) {
                self.sim.broken(promise, text);
            }
        }
        if let Some((promise, text)) = ending::check(&self.sim, &self.parts) {
            self.sim.broken(promise, text);
        }
    }

    /// After each poll: changes go to the stream, and results that are said to be there are compared.
    fn look_around(&mut self) {
        let changes = self.parts.memory.jobs.take_changes();
        if !changes.is_empty() {
            self.stream.borrow_mut().extend(changes);
        }
        let completed = std::mem::take(&mut self.sim.state().watch.completed);
        for job in completed {
            if let Some((promise, text)) = ending::check_result(&self.sim, &self.parts, &job) {
                self.sim.broken(promise, text);
            }
        }
    }

    /// Starts what is due now; whether anything was.
    fn start_due(&mut self) -> bool {
        let now = self.sim.now();
        self.tasks.stop_overdue();
        let acted = self.start_acts(now) | self.start_ghosts(now);
        acted | self.deliver(now) | self.start_sweeps(now) | self.start_publisher(now)
    }

    fn start_acts(&mut self, now: Time) -> bool {
        let mut any = false;
        while let Some(act) = self.acts.pop_if(|act| START.plus(act.at) <= now) {
            let name = USERS[usize::from(act.user)].to_owned();
            let card = self.sim.card(name, &format!("act {}", act.id), true);
            {
                let mut state = self.sim.state();
                state.cards[card].act = Some(act.id);
                state.cards[card].user = Some(act.user);
            }
            let request = crate::users::perform(self.sim.clone(), self.parts.clone(), act);
            self.tasks.start(card, now.plus(REQUEST_LIMIT), request);
            any = true;
        }
        any
    }

    fn start_ghosts(&mut self, now: Time) -> bool {
        let due: Vec<_> = {
            let mut state = self.sim.state();
            state.ghosts.extract_if(.., |ghost| ghost.at <= now).collect()
        };
        for ghost in &due {
            apply_ghost(&self.sim, &self.parts.memory.jobs, ghost);
        }
        if !due.is_empty() {
            self.look_around();
        }
        !due.is_empty()
    }

    fn start_sweeps(&mut self, now: Time) -> bool {
        let mut any = false;
        if self.next_sweep().is_some_and(|at| at <= now) {
            self.swept = now;
            any = true;
            self.sweeps += 1;
            let site = format!("sweep at {}", now.since(START).as_secs() / 60);
            let card = self.sim.card(format!("sweep {}", self.sweeps), &site, true);
            match self.sim.fate(card, Menu::Sweep) {
                Some(Fate::Drop) => self.sim.tell(|_| "a sweep does not come".to_owned()),
                Some(Fate::Delay(time)) => self.late_sweeps.push((now.plus(time), card)),
                Some(Fate::Double) => {
                    let twin = self
                        .sim
                        .card(format!("sweep {}'s twin", self.sweeps), &site, true);
                    self.start_sweep(card);
                    self.start_sweep(twin);
                }
                _ => self.start_sweep(card),
            }
        }
        let late: Vec<_> = self.late_sweeps.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, card) in late {
            self.start_sweep(card);
            any = true;
        }
        any
    }

    fn start_sweep(&mut self, card: usize) {
        let (sim, parts) = (self.sim.clone(), self.parts.clone());
        sim.tell(|state| format!("{} starts", state.cards[card].name));
        let sweep = async move {
            let swept = parts.sweep.run(Duration::ZERO).await;
            if swept.wrong_balances > 0 {
                sim.broken(
                    "P6",
                    "a sweep finds a balance that is not what its ledger says".to_owned(),
                );
            }
        };
        let until = self.sim.now().plus(SWEEP_LIMIT);
        self.tasks.start(card, until, sweep);
    }

    /// A sweep that finds nothing due does nothing, so it is left out.
    fn next_sweep(&self) -> Option<Time> {
        if self.sim.has(Plant::NobodySweeps) {
            return None;
        }
        let state = self.sim.state();
        let dead = state.watch.messages.count as usize > self.parts.memory.queue.waiting();
        // The end of retention is no part of a run.
        let due = state
            .watch
            .records
            .values()
            .filter_map(|job| job.due_at.filter(|at| *at < job.expires_at))
            .min();
        let wanted = if dead { Some(START) } else { due }?;
        // The first tick that is not before what is wanted, and after the last one.
        let tick = |at: Time| {
            let early = Time::from_ms(at.ms() - i64::try_from(self.sweep_phase.as_millis()).unwrap_or(0));
            early.ceil_minute().plus(self.sweep_phase)
        };
        Some(tick(wanted.max(self.swept.plus(Duration::from_millis(1)))))
    }

    fn start_publisher(&mut self, now: Time) -> bool {
        let running = self
            .stream
            .borrow()
            .reader
            .is_some_and(|card| self.tasks.is_running(card));
        if running || !self.stream.borrow().is_due(now) {
            return false;
        }
        let started = crate::stream::start(&self.sim, &self.parts, &self.stream);
        if let Some((card, until, batch)) = started {
            self.tasks.start(card, until, batch);
        }
        true
    }

    /// When something happens next; `None` when everything is at rest.
    fn next_time(&self) -> Option<Time> {
        let now = self.sim.now();
        let visible = self
            .parts
            .memory
            .queue
            .next_visible_at()
            .map(|at| match self.outage {
                Some(outage) if !outage.loses && outage.holds(at.max(now)) => START.plus(outage.to),
                _ => at,
            });
        let running = self
            .stream
            .borrow()
            .reader
            .is_some_and(|card| self.tasks.is_running(card));
        let ghost = self.sim.state().ghosts.iter().map(|ghost| ghost.at).min();
        let times = [
            self.sim.clock.next_wake(),
            visible,
            self.acts.last().map(|act| START.plus(act.at)),
            self.tasks.next_stop(),
            ghost,
            self.late_sweeps.iter().map(|(at, _)| *at).min(),
            self.next_sweep(),
            self.stream.borrow().due_at().filter(|_| !running),
        ];
        times.into_iter().flatten().min().map(|at| at.max(now))
    }
}
