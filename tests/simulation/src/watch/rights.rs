//! P9, where something is done: what is written, and what is sent to browsers, whoever is told of it.

use docmill_core::access::Action;
use docmill_core::job::Job;
use docmill_core::step::{Edit, Step};
use serde_json::Value;

use super::Broken;
use super::members::{Answer, Members, Since, Thing};
use crate::scenario::OPERATOR;
use crate::sim::Sim;

/// A request of `user` has written a job.
pub(super) fn check(members: &Members, user: Option<&str>, new: &Job, step: &Step, since: Since) -> Broken {
    let user = user?;
    let action = step.edits.iter().find_map(|edit| match edit {
        Edit::Cancel(Some(_)) => Some(Action::CancelJob),
        Edit::Attempt(_) => Some(Action::RetryJob),
        Edit::Result(_) => Some(Action::EditResult),
        _ => None,
    })?;
    let actions = (Action::SeeJob, action);
    let judged = members.judge(user, &Thing::job(new), actions, Answer::Shown(0), since);
    judged.err().map(|text| ("P9", text))
}

/// A request of `user` has made a job.
pub(super) fn creates(members: &Members, user: Option<&str>, job: &Job, since: Since) -> Broken {
    let (user, company) = (user?, job.company_id.as_ref()?);
    let actions = (Action::SeeCompany, Action::CreateInCompany);
    let thing = Thing::company(company);
    let judged = members.judge(user, &thing, actions, Answer::Shown(0), since);
    judged.err().map(|text| ("P9", text))
}

/// Whoever acts now has done something in a company.
pub(crate) fn acted_in(sim: &Sim, company: &str, action: Action) {
    let judged = {
        let mut state = sim.state();
        let (since, user) = (state.card().since, state.card().user());
        let actions = (Action::SeeCompany, action);
        let thing = Thing::company(company);
        user.map_or(Ok(()), |user| {
            state
                .watch
                .members
                .judge(user, &thing, actions, Answer::Shown(0), since)
        })
    };
    if let Err(text) = judged {
        sim.broken("P9", text);
    }
}

/// A frame reached a browser.
pub(crate) fn heard(sim: &Sim, connection: &str, frame: &str) {
    let Ok(frame) = serde_json::from_str::<Value>(frame) else {
        return;
    };
    let judged = {
        let mut state = sim.state();
        state.watch.clients.heard(connection, &frame);
        let since = state.card().since;
        let watch = &state.watch;
        let Some((user, followed)) = watch.clients.user_of(connection) else {
            return;
        };
        let actions = (Action::SeeJob, Action::SeeJob);
        let judge = |job: &Job, answer: Answer| {
            let judged = watch
                .members
                .judge(user, &Thing::job(job), actions, answer, since);
            judged.map_err(|text| format!("on {connection} {text}"))
        };
        let jobs = frame["jobs"].as_array().into_iter().flatten();
        let all = jobs.chain([&frame["job"], &frame]);
        let shown = all.filter_map(|value| Some((value["job_id"].as_str()?, value["version"].as_u64()?)));
        let mut shown =
            shown.filter_map(|(id, version)| Some((watch.records.get(&id.parse().ok()?)?, version)));
        let broken = shown.find_map(|(job, version)| {
            let there = watch.moment_of(job.id, version);
            judge(job, Answer::Shown(there)).err()
        });
        // Connections know the user alone: an operator is nobody special there.
        let refused = frame["code"] == "JOB_NOT_FOUND" && user != OPERATOR;
        match watch.records.get(&followed).filter(|_| refused) {
            Some(job) => judge(job, Answer::Hidden).err(),
            None => broken,
        }
    };
    if let Some(text) = judged {
        sim.broken("P9", text);
    }
}
