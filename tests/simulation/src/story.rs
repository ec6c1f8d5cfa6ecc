//! Runs in words.

use std::time::Duration;

use docmill_core::job::{Job, Phase, Slot, Status};
use docmill_core::step::{Edit, Guard, Step};

use crate::sim::Line;
use crate::watch::Violation;

/// Whether the step renews a lease.
pub(crate) fn is_renewal(step: &Step) -> bool {
    let held = step
        .guards
        .iter()
        .any(|guard| matches!(guard, Guard::LeaseIs { .. }));
    held && matches!(step.edits[..], [Edit::Quiet, Edit::PutLease(_, ref lease)] if lease.token.is_some())
}

/// What a step does, in words that follow a name.
pub(crate) fn describe(step: &Step) -> String {
    let find = |of: fn(&Edit) -> Option<String>| step.edits.iter().find_map(of);
    if is_renewal(step) {
        return find(|edit| match edit {
            Edit::PutLease(slot, _) => Some(format!("renews {}", piece(*slot))),
            _ => None,
        })
        .unwrap_or_default();
    }
    let first = find(|edit| {
        Some(match edit {
            Edit::CountTry(slot) => format!("claims {}", piece(*slot)),
            Edit::Done(n) => format!("records chunk {n} as done"),
            Edit::Failed(n, failure) => format!("records chunk {n} as failed ({})", failure.code),
            Edit::Report(reported) => format!("reports {} percent", reported.percent),
            Edit::Total(total) => format!("records a plan of {total} chunks"),
            Edit::Phase(Phase::Merging) => "begins the merge".to_owned(),
            Edit::Attempt(attempt) => format!("begins attempt {attempt}"),
            Edit::Status(Status::Cancelled) => "ends as cancelled".to_owned(),
            Edit::Status(Status::Completed) => "completes".to_owned(),
            Edit::Error(Some(error)) => format!("fails with {}", error.code),
            Edit::Cancel(Some(_)) => "accepts the cancel".to_owned(),
            Edit::Result(result) => format!("makes edition {}", result.newest()),
            Edit::WarnedAt(Some(_)) => "warns of the deadline".to_owned(),
            _ => return None,
        })
    });
    let second = find(|edit| {
        Some(match edit {
            Edit::PutLease(slot, _) => format!("lets {} rest", piece(*slot)),
            Edit::RemoveLease(slot) => format!("lets go of {}", piece(*slot)),
            Edit::DueAt(Some(_)) => "sets the time of the next look".to_owned(),
            Edit::DueAt(None) => "ends the audit".to_owned(),
            _ => return None,
        })
    });
    first.or(second).unwrap_or_else(|| "writes".to_owned())
}

fn piece(slot: Slot) -> String {
    match slot {
        Slot::Plan => "the plan".to_owned(),
        Slot::Chunk(n) => format!("chunk {n}"),
        Slot::Merge => "the merge".to_owned(),
    }
}

/// A job's state, for the end of a story.
pub(crate) fn state_of(job: &Job) -> String {
    let outcome = job
        .outcome
        .map_or_else(String::new, |outcome| format!(" ({})", outcome.as_str()));
    format!(
        "{}{outcome}, attempt {}, version {}",
        job.status, job.attempt, job.version
    )
}

/// A failing run, shrunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Where it came from.
    pub seed: u64,
    /// What was broken.
    pub violation: Violation,
    /// Acts and faults that are left.
    pub causes: usize,
    /// What happened.
    pub lines: Vec<Line>,
}

impl std::fmt::Display for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Violation { promise, text } = &self.violation;
        writeln!(f, "seed {}: {promise} is broken: {text}", self.seed)?;
        let (steps, causes) = (self.lines.len(), self.causes);
        writeln!(f, "Shrunk to {causes} acts and faults, {steps} steps:")?;
        for (n, line) in (1..).zip(&self.lines) {
            writeln!(f, "{n:>4}. {} {}", clock(line.at), line.text)?;
        }
        Ok(())
    }
}

fn clock(at: Duration) -> String {
    let seconds = at.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:03}",
        seconds % 60,
        at.subsec_millis()
    )
}
