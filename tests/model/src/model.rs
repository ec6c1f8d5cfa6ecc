//! The model as the checker takes it, and the properties.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

use docmill_core::job::{Completeness, Status};
use stateright::{Model, Property};

use crate::action::Action;
use crate::ends::Graph;
use crate::plant::Plant;
use crate::record::{CHUNKS, bits};
use crate::rules::Rule;
use crate::state::{Queued, State};

/// How much of everything may happen.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Crashes, copies, losses, dead letters, transient failures, overslept leases and missed deadlines, together.
    pub faults: u8,
    /// What a pipeline can never do: plans, chunks and results.
    pub failures: u8,
    /// Cancels.
    pub cancels: u8,
    /// Retries by the user.
    pub retries: u8,
}

/// The protocol under check.
#[derive(Debug)]
pub struct Protocol {
    /// How much may happen.
    pub bounds: Bounds,
    /// The fault that was planted.
    pub plant: Plant,
    /// Whether states that differ in the numbers of chunks and workers alone are looked at once, and what is left to
    /// do after the end of a job in one order alone (it cannot disagree about a record that does not change, and that
    /// it does not change is checked). Paths are easier to read without.
    pub reduced: bool,
    /// What was seen of the way to the end.
    pub(crate) graph: Option<Mutex<Graph>>,
    /// States from which no end was found, when the path to one is wanted.
    pub(crate) stuck: HashSet<u64>,
}

/// The name of the property behind [`Protocol::stuck`].
pub(crate) const ENDS: &str = "the end can be reached";

impl Protocol {
    /// The protocol with what may happen to it.
    pub fn new(bounds: Bounds, plant: Plant) -> Self {
        Self {
            bounds,
            plant,
            reduced: false,
            graph: None,
            stuck: HashSet::new(),
        }
    }

    fn represent(&self, state: State) -> State {
        if self.reduced {
            state.representative()
        } else {
            state
        }
    }
}

/// A number for a state.
pub(crate) fn number(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        [Queued::Sent, Queued::Unsent, Queued::Waiting]
            .map(|queued| State::accepted(queued, self.bounds))
            .into()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if let Some(Ok(mut graph)) = self.graph.as_ref().map(Mutex::lock) {
            graph.add_state(number(state), state.is_at_rest());
        }
        state.possible(self, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let next = self.represent(state.after(self.plant, action)?);
        if let Some(graph) = self.graph.as_ref().filter(|_| action.is_good(state)) {
            let (from, to) = (number(state), number(&next));
            if let Ok(mut graph) = graph.lock() {
                graph.add_step(from, to);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn kept(state: &State, rule: Rule) -> bool {
            state.broken != Some(rule)
        }
        vec![
            Property::always("a chunk is never both done and failed", |_, state: &State| {
                let job = state.job();
                bits(&job.done) & bits(job.failed.keys()) == 0
            }),
            Property::always(
                "no more chunks are accounted for than there are",
                |_, state: &State| state.job().processed() <= CHUNKS,
            ),
            Property::always("what is done has its output", |_, state: &State| {
                bits(&state.job().done) & !state.outputs == 0 && kept(state, Rule::OutputMissing)
            }),
            Property::always("what is completed is accounted for", |_, state: &State| {
                let job = state.job();
                job.status != Status::Completed || job.is_accounted()
            }),
            Property::always("a cancelled job is never completed", |_, state: &State| {
                kept(state, Rule::CompletedAfterCancel)
            }),
            Property::always("after a cancel no lease is given or renewed", |_, state| {
                kept(state, Rule::LeaseAfterCancel)
            }),
            Property::always("what is settled is not claimed again", |_, state| {
                kept(state, Rule::ClaimOfSettled)
            }),
            Property::always("while a lease lives nobody else has a say", |_, state| {
                kept(state, Rule::SecondHolder)
            }),
            Property::always("no slot is tried too often", |_, state: &State| {
                kept(state, Rule::TooManyTries)
            }),
            Property::always("a holder that was overtaken records nothing", |_, state| {
                kept(state, Rule::StaleRecord)
            }),
            Property::always("a chunk counts once", |_, state| kept(state, Rule::CountedTwice)),
            Property::always("an end is left by a retry alone", |_, state| {
                kept(state, Rule::TerminalLeft)
            }),
            Property::always("a step changes its own attempt alone", |_, state| {
                kept(state, Rule::OtherAttempt)
            }),
            Property::always("a result is made of everything that is done", |_, state| {
                kept(state, Rule::ResultNotWhole)
            }),
            Property::always("the version counts visible changes", |_, state| {
                kept(state, Rule::Version)
            }),
            Property::always("a message goes after its consequence is durable", |_, state| {
                kept(state, Rule::AcknowledgedTooEarly)
            }),
            Property::always(ENDS, |protocol: &Self, state: &State| {
                protocol.stuck.is_empty() || !protocol.stuck.contains(&number(state))
            }),
            Property::sometimes("completed", |_, state: &State| {
                state.job().outcome == Some(Completeness::Complete)
            }),
            Property::sometimes("partial", |_, state: &State| {
                state.job().outcome == Some(Completeness::Partial)
            }),
            Property::sometimes("failed", |_, state: &State| state.job().status == Status::Failed),
            Property::sometimes("cancelled", |_, state: &State| {
                state.job().status == Status::Cancelled
            }),
        ]
    }
}
