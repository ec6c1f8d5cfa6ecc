//! Running the checker.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Mutex;

use docmill_core::job::Job;
use stateright::{Checker, Expectation, HasDiscoveries, Model, Path};

use crate::action::Action;
use crate::ends::Graph;
use crate::model::{Bounds, ENDS, Protocol};
use crate::plant::Plant;
use crate::record::{CHUNKS, Holder, NOW, holder};
use crate::state::{At, State, Task};

/// What a whole exploration found.
#[derive(Debug)]
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// The longest of the shortest paths, in states.
    pub depth: usize,
    /// States without a way to the end.
    pub stuck: usize,
    /// Broken properties, each with a path that shows it.
    pub broken: Vec<String>,
    /// Ends that were never seen.
    pub never: Vec<&'static str>,
}

/// Explores every reachable state, or ([`Protocol::reduced`]) one of each that are alike.
pub fn explore(bounds: Bounds, plant: Plant, reduced: bool) -> Explored {
    let mut protocol = Protocol::new(bounds, plant);
    protocol.reduced = reduced;
    protocol.graph = Some(Mutex::new(Graph::default()));
    // One thread: with two, the depth depends on who is faster.
    let checker = protocol.checker().spawn_bfs().join();
    let graph = checker.model().graph.as_ref().map(Mutex::lock);
    let stuck = graph.and_then(Result::ok).map_or(0, |graph| graph.stuck().len());
    let found = checker.discoveries();
    let properties = checker.model().properties();
    Explored {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        stuck,
        broken: properties
            .iter()
            .filter(|property| property.expectation == Expectation::Always)
            .filter_map(|property| found.get(property.name).map(|path| (property.name, path)))
            .map(|(name, path)| told(name, path.clone()))
            .collect(),
        never: properties
            .iter()
            .filter(|property| property.expectation == Expectation::Sometimes)
            .map(|property| property.name)
            .filter(|name| !found.contains_key(name))
            .collect(),
    }
}

/// A shortest path to a broken property, if there is one.
pub fn counterexample(bounds: Bounds, plant: Plant) -> Option<String> {
    shortest(|| Protocol::new(bounds, plant), HasDiscoveries::AnyFailures)
}

/// A shortest path to a state from which the end cannot be reached, if there is one.
pub fn dead_end(bounds: Bounds, plant: Plant) -> Option<String> {
    let mut protocol = Protocol::new(bounds, plant);
    protocol.graph = Some(Mutex::new(Graph::default()));
    let checker = protocol.checker().spawn_bfs().join();
    let stuck = checker.model().graph.as_ref()?.lock().ok()?.stuck();
    if stuck.is_empty() {
        return None;
    }
    let stuck: HashSet<u64> = stuck.into_iter().collect();
    let protocol = || {
        let mut protocol = Protocol::new(bounds, plant);
        protocol.stuck.clone_from(&stuck);
        protocol
    };
    shortest(protocol, HasDiscoveries::AnyOf([ENDS].into()))
}

/// The checker stops some states after the first discovery, with the last one: it is asked again for a shorter path
/// until there is none.
fn shortest(protocol: impl Fn() -> Protocol, finish: HasDiscoveries) -> Option<String> {
    let mut best: Option<(&str, Path<State, Action>)> = None;
    loop {
        let mut checker = protocol().checker().finish_when(finish.clone());
        if let Some((_, path)) = &best {
            checker = checker.target_max_depth(path.clone().into_states().len());
        }
        let checker = checker.spawn_bfs().join();
        let mut found = checker.discoveries();
        let properties = checker.model().properties();
        let broken = properties
            .iter()
            .filter(|property| property.expectation == Expectation::Always)
            .find_map(|property| Some((property.name, found.remove(property.name)?)));
        if broken.is_none() {
            return best.map(|(name, path)| told(name, path));
        }
        best = broken;
    }
}

/// A path in words: what happens, and the record after it where it changed.
fn told(property: &str, path: Path<State, Action>) -> String {
    let mut text = format!("broken: {property}\n");
    let steps = path.into_vec();
    for (index, (state, action)) in steps.iter().enumerate() {
        if index == 0 {
            let _ = writeln!(
                text,
                "      {}; on their way: {:?}",
                record(state.job()),
                state.mails
            );
        }
        let (Some(action), Some((after, _))) = (action, steps.get(index + 1)) else {
            continue;
        };
        let _ = writeln!(text, " {:>3}. {action:?}{}", index + 1, meaning(state, *action));
        if after.record != state.record || after.mails != state.mails {
            let _ = writeln!(
                text,
                "      {}; on their way: {:?}",
                record(after.job()),
                after.mails
            );
        }
    }
    text
}

/// What a worker, or `sweep`, goes on to do.
fn meaning(state: &State, action: Action) -> String {
    let due = match action {
        Action::Go(worker) => match state.workers[worker] {
            Some(Task {
                at: At::Next(due), ..
            }) => Some(due),
            Some(Task { at, mail, .. }) => {
                let does = match at {
                    At::Claim { .. } => "claims",
                    At::Work { .. } => "stores what became of",
                    At::Record { .. } => "records",
                    At::Release => "gives back the slot of",
                    At::Send { .. } => "sends the chunks of",
                    At::Next(_) | At::Ack => "acknowledges",
                };
                return format!(": {does} {mail:?}");
            }
            None => None,
        },
        Action::SweepGo => state.sweep,
        Action::CancelGo => state.user,
        _ => None,
    };
    due.map_or_else(String::new, |due| {
        format!(": {:?} of attempt {}", due.effect, due.attempt)
    })
}

fn record(job: &Job) -> String {
    let mut text = format!("{} ({})", job.status, job.phase.as_str());
    if job.attempt > 1 {
        let _ = write!(text, ", attempt {}", job.attempt);
    }
    if job.cancel_requested_at.is_some() {
        text.push_str(", cancel accepted");
    }
    for n in 0..CHUNKS {
        match (job.done.contains(&n), job.failed.contains_key(&n)) {
            (true, true) => _ = write!(text, ", {n} done and failed"),
            (true, false) => _ = write!(text, ", {n} done"),
            (false, true) => _ = write!(text, ", {n} failed"),
            (false, false) => {}
        }
    }
    for (slot, lease) in &job.leases {
        let life = if lease.is_live(NOW) { "live" } else { "dead" };
        let whose = match holder(lease) {
            Holder::Nobody => "rest".to_owned(),
            Holder::Worker(worker) => format!("lease of worker {}", worker + 1),
            Holder::Gone => "lease of nobody left".to_owned(),
        };
        let _ = write!(text, ", {slot}: {life} {whose}");
    }
    text
}
