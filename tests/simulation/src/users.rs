//! What users do, as requests of their own.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use docmill_core::access::{Action, Caller};
use docmill_core::ids::JobId;
use docmill_core::intake::{Accepted, NewInvitation, NewRole, SentFile, Submission};
use docmill_core::job::Priority;
use docmill_core::ports::{ConnectionOwner, LiveFeed};
use docmill_core::problem::Problem;
use docmill_core::timing::CONNECTION_LIFE;
use futures::FutureExt;
use serde_json::json;

use crate::doors::{Door, judge, judge_company, knock, told};
use crate::lines::{self, PRICE, QUICK};
use crate::parts::Parts;
use crate::scenario::{Act, COMPANIES, OPERATOR, USERS, What};
use crate::sim::{Sim, State};
use crate::watch::{Answer, Thing};

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
    let name = USERS[usize::from(user)];
    Caller {
        owner: name.to_owned(),
        email: Some(address(user)),
        operator: name == OPERATOR,
    }
}

/// The mail address of a user.
fn address(user: u8) -> String {
    format!("{}@example.com", USERS[usize::from(user)])
}

/// Doors to one job, as a stranger tries them.
const EVERY_DOOR: [Door; 6] = [
    Door::Details,
    Door::Events(Duration::ZERO),
    Door::Result,
    Door::Cancel,
    Door::Retry,
    Door::List,
];

async fn ask(sim: &Sim, parts: &Parts, caller: &Caller, of: u32, doors: &[Door]) {
    let job = job_of(&sim.state(), of);
    let Some(id) = job else { return };
    for door in doors {
        knock(sim, parts, caller, id, *door).await;
    }
}

/// Carries out an act.
pub(crate) async fn perform(sim: Arc<Sim>, parts: Rc<Parts>, act: Act) {
    let caller = caller(act.user);
    match act.what {
        What::Submit { .. } | What::Again { .. } => submit(&sim, &parts, &act, &caller).await,
        What::Cancel { of } => ask(&sim, &parts, &caller, of, &[Door::Cancel]).await,
        What::Retry { of } => ask(&sim, &parts, &caller, of, &[Door::Retry]).await,
        What::Edit { of, named } => {
            let door = Door::Edit { act: act.id, named };
            ask(&sim, &parts, &caller, of, &[door]).await;
        }
        What::Ask { of, door } => ask(&sim, &parts, &caller, of, &[door]).await,
        What::Pry { of } => ask(&sim, &parts, &caller, of, &EVERY_DOOR).await,
        What::Follow { of, mine } => {
            let job = job_of(&sim.state(), of);
            if let Some(id) = job {
                follow(&sim, &parts, &act, id, mine).await;
            }
        }
        What::HangUp { of } => {
            sim.says(|_| "goes offline".to_owned());
            parts.memory.connections.close(&socket(of));
            if let Some(client) = sim.state().watch.clients.open.get_mut(&socket(of)) {
                client.closed = true;
            }
        }
        What::Invite { .. } | What::Join { .. } | What::SetRole { .. } | What::Remove { .. } => {
            change_company(&sim, &parts, &act, &caller).await;
        }
    }
}

/// Acts on memberships, of those who may and of those who may not.
async fn change_company(sim: &Sim, parts: &Parts, act: &Act, caller: &Caller) {
    let name = |user: u8| USERS[usize::from(user)];
    let intake = &parts.intake;
    let (company, action, changed) = match act.what {
        What::Invite { company, whom, role } => {
            let company = COMPANIES[usize::from(company)];
            sim.says(|_| format!("invites {} to {company} as {}", name(whom), role.as_str()));
            let email = address(whom);
            let invited = intake
                .invite(caller, company, &NewInvitation { email, role })
                .await;
            (company, Action::ManageMembers, invited.map(|_| None))
        }
        What::Join { company } => {
            let company = COMPANIES[usize::from(company)];
            sim.says(|_| format!("joins {company}"));
            let joined = intake.join_company(caller, company).await;
            (company, Action::SeeCompany, joined.map(|_| None))
        }
        What::SetRole { company, whom, role } => {
            let company = COMPANIES[usize::from(company)];
            sim.says(|_| format!("makes {} {} of {company}", name(whom), role.as_str()));
            let set = intake
                .set_role(caller, company, name(whom), NewRole { role })
                .await;
            (company, Action::ManageMembers, set.map(|_| None))
        }
        What::Remove { company, whom } => {
            let company = COMPANIES[usize::from(company)];
            sim.says(|_| format!("takes {} out of {company}", name(whom)));
            let action = if name(whom) == caller.owner {
                Action::SeeCompany
            } else {
                Action::ManageMembers
            };
            let removed = intake.remove_member(caller, company, name(whom)).await;
            (company, action, removed.map(|()| None))
        }
        _ => return,
    };
    told(sim, &changed);
    // Whoever asks to join needs an invitation and no right.
    if !matches!(&changed, Err(problem) if problem.code == "INVITATION_NOT_FOUND") {
        judge_company(sim, caller, company, action, &changed);
    }
}

fn tell(sim: &Sim, answer: &Result<Accepted, Problem>) {
    sim.says(|_| match answer {
        Ok(accepted) => format!(
            "is told that the submission is accepted: {}",
            crate::story::state_of(&accepted.job)
        ),
        Err(problem) => format!(
            "is told about the submission: {} {}",
            problem.status, problem.code
        ),
    });
}

async fn submit(sim: &Sim, parts: &Parts, act: &Act, caller: &Caller) {
    let (text, submission) = {
        let state = sim.state();
        let Some((document, other)) = state.document(act.id) else {
            return;
        };
        let What::Submit { script, key, company } = &document.what else {
            return;
        };
        let submission = Submission {
            pipeline: if script.quick { QUICK } else { "lines" }.to_owned(),
            company_id: company.map(|company| COMPANIES[usize::from(company)].to_owned()),
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
        let company = submission.company_id.as_ref();
        let of = company.map_or_else(String::new, |company| format!(" for {company}"));
        format!(
            "submits {} line(s){of}{with} (act {})",
            text.lines().count(),
            act.id
        )
    });
    let file = SentFile {
        name: "a.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: Bytes::from(text.clone()),
    };
    let company = submission.company_id.clone();
    sim.next_request();
    let answer = parts.intake.submit(caller, submission, vec![file]).await;
    tell(sim, &answer);
    judge_submission(sim, act, caller, company.as_deref(), &answer);
    let broken = {
        let mut state = sim.state();
        let since = state.card().since;
        let accepted = answer.as_ref().map(|accepted| &accepted.job);
        let broken = match (&key, accepted) {
            (_, Err(problem))
                if matches!(problem.status, 402 | 422 | 429)
                    && state.made_by.values().any(|by| *by == act.id) =>
            {
                let text = format!("a submission is refused ({}), and its job is made", problem.code);
                Some(("P6", text))
            }
            (_, Ok(job)) if !state.watch.records.contains_key(&job.id) => {
                Some(("P1", "a job was accepted that is not there".to_owned()))
            }
            (Some(key), accepted) => state.watch.keys.answered(&caller.owner, key, &text, accepted),
            (None, _) => None,
        };
        let limits = answer.as_ref().err().and_then(|problem| {
            let due = (caller.owner.as_str(), PRICE);
            state.watch.refused(due, problem, since)
        });
        broken.or(limits)
    };
    if let Some((promise, text)) = broken {
        sim.broken(promise, text);
    }
}

/// P9 of a submission: a job for a company is for its members to make, and an earlier job of the same key for those to be
/// shown who may see it.
fn judge_submission(
    sim: &Sim,
    act: &Act,
    caller: &Caller,
    company: Option<&str>,
    answer: &Result<Accepted, Problem>,
) {
    let unknown = |problem: &Problem| problem.errors.iter().any(|error| error.code == "COMPANY_UNKNOWN");
    match (answer, company) {
        (Ok(accepted), _) => {
            let (earlier, there) = {
                let state = sim.state();
                let job = &accepted.job;
                let earlier = state.made_by.get(&job.id).is_some_and(|by| *by != act.id);
                (earlier, state.watch.moment_of(job.id, job.version))
            };
            if earlier {
                let actions = (Action::SeeJob, Action::SeeJob);
                judge(
                    sim,
                    caller,
                    &Thing::job(&accepted.job),
                    actions,
                    Answer::Shown(there),
                );
            }
        }
        (Err(problem), Some(company)) if unknown(problem) => {
            let actions = (Action::CreateInCompany, Action::CreateInCompany);
            judge(sim, caller, &Thing::company(company), actions, Answer::Hidden);
        }
        _ => {}
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
    {
        let mut state = sim.state();
        let watch = &mut state.watch;
        let since = watch.members.since(now);
        watch.clients.opens(&connection, (act.user, id), since);
    }
    sim.says(|state| format!("follows {} on {connection}", state.job_name(id)));
    let wish = if mine {
        json!({"action": "subscribe", "feed": "mine"})
    } else {
        json!({"action": "subscribe", "job_id": id, "after": 0})
    };
    drop(parts.live.message(&connection, &wish.to_string()).await);
}
