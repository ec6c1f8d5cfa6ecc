//! What users do, as requests of their own.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::ids::JobId;
use docmill_core::intake::{Accepted, ListQuery, SentFile, Submission};
use docmill_core::job::Priority;
use docmill_core::pipeline::ExportOptions;
use docmill_core::ports::{ConnectionOwner, LiveFeed};
use docmill_core::problem::Problem;
use docmill_core::timing::CONNECTION_LIFE;
use futures::FutureExt;
use serde_json::json;

use crate::lines;
use crate::parts::Parts;
use crate::scenario::{Act, USERS, What};
use crate::sim::{Sim, State};

/// Name of the WebSocket that an act opens.
pub(crate) fn socket(act: u32) -> String {
    format!("socket {act}")
}

/// The job that came of an act's document.
fn job_of(state: &State, act: u32) -> Option<JobId> {
    state.made_by.iter().find_map(|(job, by)| {
        let document = state.document(*by)?.0.id;
        (document == act).then_some(*job)
    })
}

fn caller(user: u8) -> Caller {
    Caller::user(USERS[usize::from(user)])
}

/// Carries out an act.
pub(crate) async fn perform(sim: Arc<Sim>, parts: Rc<Parts>, act: Act) {
    let caller = caller(act.user);
    match act.what {
        What::Submit { .. } | What::Again { .. } => submit(&sim, &parts, &act, &caller).await,
        What::Cancel { of } => {
            let job = job_of(&sim.state(), of);
            if let Some(id) = job {
                sim.says(|state| format!("cancels {}", state.job_name(id)));
                let answer = parts.intake.cancel(&caller, id).await;
                tell(&sim, "cancel", &answer);
            }
        }
        What::Retry { of } => {
            let job = job_of(&sim.state(), of);
            if let Some(id) = job {
                sim.says(|state| format!("retries {}", state.job_name(id)));
                let answer = parts.intake.retry(&caller, id).await;
                tell(&sim, "retry", &answer);
            }
        }
        What::Follow { of, mine } => {
            let job = job_of(&sim.state(), of);
            if let Some(id) = job {
                follow(&sim, &parts, &act, id, mine).await;
            }
        }
        What::Pry { of } => {
            let job = job_of(&sim.state(), of);
            if let Some(id) = job {
                pry(&sim, &parts, &caller, id).await;
            }
        }
        What::HangUp { of } => {
            sim.says(|_| "goes offline".to_owned());
            parts.memory.connections.close(&socket(of));
            if let Some(client) = sim.state().watch.clients.open.get_mut(&socket(of)) {
                client.closed = true;
            }
        }
    }
}

fn tell(sim: &Sim, what: &str, answer: &Result<Accepted, Problem>) {
    sim.says(|_| match answer {
        Ok(accepted) => format!(
            "is told that the {what} is accepted: {}",
            crate::story::state_of(&accepted.job)
        ),
        Err(problem) => format!("is told about the {what}: {} {}", problem.status, problem.code),
    });
}

async fn submit(sim: &Sim, parts: &Parts, act: &Act, caller: &Caller) {
    let (text, submission) = {
        let state = sim.state();
        let Some((document, other)) = state.document(act.id) else {
            return;
        };
        let What::Submit { script, key } = &document.what else {
            return;
        };
        let submission = Submission {
            pipeline: if script.quick { "quick" } else { "lines" }.to_owned(),
            priority: Priority::ALL[usize::from(script.priority) % 3],
            idempotency_key: key.map(|key| format!("key-{key}")),
            ..Submission::default()
        };
        (lines::document(document, other), submission)
    };
    let key = submission.idempotency_key.clone();
    sim.says(|_| {
        let with = key
            .as_ref()
            .map_or_else(String::new, |key| format!(" with {key}"));
        format!("submits {} line(s){with} (act {})", text.lines().count(), act.id)
    });
    let file = SentFile {
        name: "a.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: Bytes::from(text.clone()),
    };
    let answer = parts.intake.submit(caller, submission, vec![file]).await;
    tell(sim, "submission", &answer);
    let broken = {
        let state = sim.state();
        let accepted = answer.as_ref().map(|accepted| &accepted.job);
        match (&key, accepted) {
            (_, Ok(job)) if !state.watch.records.contains_key(&job.id) => {
                Some(("P1", "a job was accepted that is not there".to_owned()))
            }
            (Some(key), accepted) => state.watch.keys.answered(&caller.owner, key, &text, accepted),
            (None, _) => None,
        }
    };
    if let Some((promise, text)) = broken {
        sim.broken(promise, text);
    }
}

async fn follow(sim: &Sim, parts: &Parts, act: &Act, id: JobId, mine: bool) {
    let connection = socket(act.id);
    let now = sim.now();
    let owner = ConnectionOwner {
        owner: USERS[usize::from(act.user)].to_owned(),
    };
    parts.memory.connections.open(&connection);
    // Tickets are not of interest here, and memory never waits.
    let row = parts
        .memory
        .live
        .connect(&connection, &owner, now.plus(CONNECTION_LIFE));
    drop(row.now_or_never());
    sim.state().watch.clients.opens(&connection, id, now);
    sim.says(|state| format!("follows {} on {connection}", state.job_name(id)));
    let wish = if mine {
        json!({"action": "subscribe", "feed": "mine"})
    } else {
        json!({"action": "subscribe", "job_id": id, "after": 0})
    };
    drop(parts.live.message(&connection, &wish.to_string()).await);
}

/// P9: every door, tried by somebody who does not own the job.
async fn pry(sim: &Sim, parts: &Parts, caller: &Caller, id: JobId) {
    sim.says(|state| format!("pries into {}", state.job_name(id)));
    let mut seen = Vec::new();
    if parts.reader.job(caller, id).await.is_ok() {
        seen.push("the job");
    }
    if parts.reader.events(caller, id, 0, Duration::ZERO).await.is_ok() {
        seen.push("its events");
    }
    let plain = ExportOptions::default();
    match parts.reader.result(caller, id, None, 1, &plain).await {
        Err(problem) if problem.status == 404 || problem.status >= 500 || problem.status == 429 => {}
        _ => seen.push("its result"),
    }
    match parts.intake.cancel(caller, id).await {
        Err(problem) if problem.status == 404 || problem.status >= 500 || problem.status == 429 => {}
        _ => seen.push("its cancel"),
    }
    match parts.intake.retry(caller, id).await {
        Err(problem) if problem.status == 404 || problem.status >= 500 || problem.status == 429 => {}
        _ => seen.push("its retry"),
    }
    let list = parts.reader.list(caller, &ListQuery::default()).await;
    if list.is_ok_and(|list| list.jobs.iter().any(|job| job.job_id == id)) {
        seen.push("it in a list");
    }
    if !seen.is_empty() {
        sim.broken("P9", format!("a stranger is shown {}", seen.join(", ")));
    }
}
