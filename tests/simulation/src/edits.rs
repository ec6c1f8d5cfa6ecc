//! Edits of results: when they come, and what has to be left of them. Each adds a line, so that the newest edition tells of
//! all that came before it.

use std::time::Duration;

use docmill_core::access::Caller;
use docmill_core::ids::JobId;
use docmill_core::job::{Job, ResultRef};
use docmill_core::ports::{BlobStore, Fetched};
use futures::FutureExt;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::doors::Asked;
use crate::parts::Parts;
use crate::scenario::{Act, USERS, What, number, small};
use crate::sim::Sim;

/// One run in so many has edits.
const RUNS: u64 = 11;

/// Most editors who come at the same moment; there are two at least.
const EDITORS: u64 = 4;

/// An edit that was acknowledged.
#[derive(Debug)]
pub(crate) struct Edited {
    job: JobId,
    attempt: u32,
    line: String,
    /// The edition that its author had in front of them, if they said so.
    basis: Option<u32>,
}

/// Adds edits of their own dice to the acts of a run: those of the others stay as they are.
pub(crate) fn draw(seed: u64, acts: &mut Vec<Act>) {
    if seed % RUNS != 7 {
        return;
    }
    let dice = &mut Dice::new(seed ^ 0xed17);
    let submits = acts.iter().filter(|act| matches!(act.what, What::Submit { .. }));
    let submits: Vec<(u32, u8, Duration)> = submits.map(|act| (act.id, act.user, act.at)).collect();
    for _ in 0..2 + dice.roll(5) {
        let Some((of, owner, from)) = dice.pick(&submits) else {
            break;
        };
        let at = from + dice.seconds(10 * 60);
        for _ in 0..2 + dice.roll(EDITORS - 1) {
            let anybody = small(dice.roll(USERS.len() as u64));
            let spread_s = 2 * dice.roll(2);
            acts.push(Act {
                id: number(acts),
                user: if dice.once_in(4) { anybody } else { owner },
                at: at + dice.seconds(spread_s),
                what: What::Edit {
                    of,
                    named: dice.once_in(2),
                },
            });
        }
    }
    acts.sort_by_key(|act| (act.at, act.id));
}

/// The line that an act adds.
fn line(act: u32) -> String {
    format!("edit {act}")
}

/// Edits the result of a job, of which the caller has seen `before`.
pub(crate) async fn edit(
    sim: &Sim,
    parts: &Parts,
    caller: &Caller,
    before: &Job,
    (act, named): (u32, bool),
) -> Asked {
    let basis = before.result.as_ref().filter(|_| named).map(ResultRef::basis);
    let body = json!({ "add": line(act) });
    let edited = parts.intake.edit_result(caller, before.id, &body, basis).await?;
    let attempt = edited.job.result.map_or(0, |result| result.attempt);
    sim.state().watch.edits.push(Edited {
        job: before.id,
        attempt,
        line: line(act),
        basis: basis.map(|basis| basis.edition),
    });
    Ok(None)
}

/// What the pipeline makes of a result and an edit.
pub(crate) fn edited(json: &[u8], body: &Value) -> Option<Value> {
    let mut result: Value = serde_json::from_slice(json).ok()?;
    let mut added = added(&result);
    added.push(body["add"].as_str()?.to_owned());
    result["added"] = json!(added);
    Some(result)
}

fn added(result: &Value) -> Vec<String> {
    let added = result["added"].as_array().into_iter().flatten();
    added
        .filter_map(|line| line.as_str().map(ToOwned::to_owned))
        .collect()
}

/// Everything is at rest: each edition of the result that stands has its line and those of the editions before it, and each
/// acknowledged edit is one of them, behind the one that its author had in front of them.
pub(crate) fn check(sim: &Sim, parts: &Parts, job: &Job) -> Option<(&'static str, String)> {
    let result = job.result.as_ref()?;
    let name = sim.state().job_name(job.id);
    let broken = |text: String| Some(("edits", format!("{text} in the result of {name}")));
    let lines = |number: u32| {
        let key = result.json_key(job.id, number)?;
        let fetched = parts.memory.blobs.get(&key, None, 1 << 20).now_or_never()?;
        let Ok(Fetched::Found(bytes)) = fetched else {
            return None;
        };
        Some(added(&serde_json::from_slice(&bytes).ok()?))
    };
    let newest = lines(result.newest()).unwrap_or_default();
    for number in 0..=result.newest() {
        let before = newest.get(..number as usize);
        if lines(number).as_deref() != before || before.is_none() {
            return broken(format!("edition {number} is not what it was"));
        }
    }
    let state = sim.state();
    let edits = state.watch.edits.iter();
    let mut edits = edits.filter(|edit| edit.job == job.id && edit.attempt == result.attempt);
    edits.find_map(|edit| {
        let places = (0_u32..)
            .zip(&newest)
            .filter(|(_, line)| **line == edit.line)
            .map(|(at, _)| at);
        match places.collect::<Vec<_>>()[..] {
            [at] if edit.basis.is_none_or(|basis| basis == at) => None,
            [_] => broken(format!(
                "\"{}\" hides an edition that its author had not seen,",
                edit.line
            )),
            [] => broken(format!("\"{}\" was acknowledged and is not", edit.line)),
            _ => broken(format!("\"{}\" is twice", edit.line)),
        }
    })
}
