//! What a single write may and may not change.

use std::time::Duration;

use docmill_core::job::{Job, ResultRef, Status};
use docmill_core::step::{Edit, Guard, Step};
use docmill_core::time::Time;
use docmill_core::timing::Timing;
use docmill_core::view::progress;

use super::{Broken, SKEW};

/// After its deadline or queue limit a job is over this soon.
pub(crate) const GRACE: Duration = Duration::from_secs(120);

/// The time by which an open attempt has to end, once no fault has an effect any more.
pub(crate) fn limit(job: &Job, healed_at: Time) -> Time {
    let timing = Timing::default();
    let own = job
        .deadline_at
        .unwrap_or_else(|| job.queued_at.unwrap_or(job.created_at).plus(timing.queue_limit));
    own.max(healed_at).plus(GRACE)
}

pub(super) fn check(old: &Job, new: &Job, step: &Step, now: Time, healed_at: Time) -> Broken {
    ends(old, new, now, healed_at)
        .or_else(|| counts(old, new, step))
        .or_else(|| versions(old, new, step))
        .or_else(|| keeps(old, new))
}

/// P1: neither later nor earlier than promised. P5: a cancel stands.
fn ends(old: &Job, new: &Job, now: Time, healed_at: Time) -> Broken {
    if !new.status.is_terminal() || old.status.is_terminal() {
        return None;
    }
    let limit = limit(old, healed_at).plus(SKEW);
    if now > limit {
        let late = now.since(limit).as_secs();
        return Some(("P1", format!("the job ended {late} s later than promised")));
    }
    let code = new.error.as_ref().map(|error| error.code.as_str());
    let queue_limit = old.queued_at.map(|at| at.plus(Timing::default().queue_limit));
    let early = match code {
        Some("DEADLINE_EXCEEDED") => old.deadline_at.is_none_or(|at| now.plus(SKEW) < at),
        Some("QUEUE_TIMEOUT") => queue_limit.is_none_or(|at| now.plus(SKEW) < at),
        _ => false,
    };
    if early {
        let code = code.unwrap_or_default();
        return Some(("P1", format!("{code}, but the attempt still had time")));
    }
    let cancelled = old.cancel_requested_at.is_some();
    if cancelled != (new.status == Status::Cancelled) {
        return Some((
            "P5",
            format!("cancel accepted: {cancelled}; ended as {}", new.status),
        ));
    }
    None
}

/// P2: only the attempt that a step was made for, only the chunk that was done, and each once.
fn counts(old: &Job, new: &Job, step: &Step) -> Broken {
    for guard in &step.guards {
        if let Guard::AttemptIs(attempt) = guard
            && *attempt != old.attempt
        {
            let text = format!("a step of attempt {attempt} counts in attempt {}", old.attempt);
            return Some(("P2", text));
        }
    }
    let meant = |n: u32| {
        step.edits.iter().any(|edit| match edit {
            Edit::Done(m) | Edit::Failed(m, _) => *m == n,
            _ => false,
        })
    };
    let added = new.done.difference(&old.done).copied().find(|n| !meant(*n));
    if let Some(n) = added {
        return Some((
            "P2",
            format!("another chunk was done a second time, and {n} counts as done"),
        ));
    }
    if let Some(n) = new.done.iter().find(|n| new.failed.contains_key(n)) {
        return Some(("P2", format!("chunk {n} counts as done and as failed")));
    }
    if new.total.is_some_and(|total| new.processed() > total) {
        return Some(("P2", "more chunks are accounted for than there are".to_owned()));
    }
    None
}

/// P4.
fn versions(old: &Job, new: &Job, step: &Step) -> Broken {
    let same = old.version == new.version;
    if !same && new.version != old.version + 1 {
        return Some(("P4", format!("version {} follows {}", new.version, old.version)));
    }
    // A report below what finished chunks make of the percentage shows as a newer time alone; the rest of a provider is
    // shown as long as it lasts.
    let is_shown_apart = |edit: &Edit| matches!(edit, Edit::Report(_) | Edit::CoolingUntil(Some(_)));
    let shown_apart = step.edits.iter().any(is_shown_apart);
    if same != (seen(old) == seen(new)) && !shown_apart {
        let text = if same {
            "a visible change without"
        } else {
            "no visible change with"
        };
        return Some(("P4", format!("{text} a new version ({})", new.version)));
    }
    let (before, after) = (progress(old).percent, progress(new).percent);
    if old.attempt == new.attempt && after < before {
        return Some(("P4", format!("percent falls from {before} to {after}")));
    }
    if old.attempt == new.attempt && old.status.is_terminal() && !same && !is_edited(old, new) {
        return Some(("P4", "an attempt that is over changes".to_owned()));
    }
    None
}

/// Whether nothing but the editions of a completed job's result has changed; which of them may, is for `edits` to say.
fn is_edited(old: &Job, new: &Job) -> bool {
    let (Some(before), Some(after)) = (&old.result, &new.result) else {
        return false;
    };
    let result = ResultRef {
        editions: before.editions.clone(),
        ..after.clone()
    };
    let as_before = Job {
        result: Some(result),
        ..new.clone()
    };
    old.status == Status::Completed && before != after && seen(old) == seen(&as_before)
}

/// What clients see change.
fn seen(job: &Job) -> impl PartialEq + use<> {
    let progress = progress(job);
    (
        (job.status, job.outcome, job.attempt, job.processed(), job.total),
        (progress.stage, progress.stage_index, progress.percent),
        (job.warnings.clone(), job.error.clone(), job.result.clone()),
        job.cancel_requested_at.is_some(),
    )
}

/// P10.
fn keeps(old: &Job, new: &Job) -> Broken {
    if let Some(n) = old.done.difference(&new.done).next() {
        return Some(("P10", format!("chunk {n} was done and is not any more")));
    }
    if old.attempt == new.attempt && old.failed.keys().any(|n| !new.failed.contains_key(n)) {
        return Some(("P10", "a failed chunk is not named any more".to_owned()));
    }
    None
}
