//! Every door of the service, tried by anybody; what they are answered is held against the books on memberships.

use std::fmt;
use std::time::Duration;

use docmill_core::access::{Action, Caller};
use docmill_core::ids::JobId;
use docmill_core::intake::{Download, ListQuery, ResultQuery};
use docmill_core::job::Job;
use docmill_core::problem::Problem;
use docmill_core::view::JobView;

use crate::edits;
use crate::lines::PRICE;
use crate::parts::Parts;
use crate::scenario::OPERATOR;
use crate::sim::Sim;
use crate::watch::{Answer, Thing};

/// A door to a job, or to the company of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The job with what stands beside it.
    Details,
    /// Its events; waits so long for the first newer one than there is.
    Events(Duration),
    /// The same with the token of a link that was given to the caller earlier.
    Stream,
    /// The link to its result.
    Result,
    /// Cancels it.
    Cancel,
    /// Retries it.
    Retry,
    /// Edits its result, by the act of this number.
    Edit {
        /// The act.
        act: u32,
        /// Says which edition it is that they edit.
        named: bool,
    },
    /// The caller's own list of jobs.
    List,
    /// The list of the company's jobs.
    CompanyList,
    /// The company and its members.
    Company,
    /// What was done in it.
    Audit,
    /// The secret of its callbacks.
    Secret,
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Details => "looks at",
            Self::Events(_) => "reads the events of",
            Self::Stream => "reads, by an event stream's token, the events of",
            Self::Result => "fetches the result of",
            Self::Cancel => "cancels",
            Self::Retry => "retries",
            Self::Edit { .. } => "edits the result of",
            Self::List => "lists their own jobs, perhaps",
            Self::CompanyList => "lists the jobs of the company of",
            Self::Company => "looks at the company of",
            Self::Audit => "reads the audit trail of the company of",
            Self::Secret => "asks for the secret of the company of",
        })
    }
}

/// What came of a request: the version of the job that was shown, where one was.
pub(crate) type Asked = Result<Option<u64>, Problem>;

/// Tries a door.
pub(crate) async fn knock(sim: &Sim, parts: &Parts, caller: &Caller, id: JobId, door: Door) {
    sim.next_request();
    let before = sim.state().watch.records.get(&id).cloned();
    let Some(before) = before else { return };
    sim.says(|state| format!("{door} {}", state.job_name(id)));
    match door {
        Door::List => list(sim, parts, caller, None).await,
        Door::CompanyList | Door::Company | Door::Audit | Door::Secret => {
            if let Some(company) = before.company_id.as_deref() {
                ask_company(sim, parts, caller, company, door).await;
            }
        }
        _ => ask_job(sim, parts, caller, &before, door).await,
    }
}

async fn ask_job(sim: &Sim, parts: &Parts, caller: &Caller, before: &Job, door: Door) {
    let (reader, id) = (&parts.reader, before.id);
    let (action, asked): (Action, Asked) = match door {
        Door::Events(wait) => {
            let page = reader.events(caller, id, before.version, wait).await;
            let seen = page.map(|page| page.events.last().map(|event| event.version));
            (Action::SeeJob, seen)
        }
        Door::Stream => {
            let token = reader.tokens.issue(id, &caller.owner, sim.now());
            let page = reader.stream(&token, id, 0, Duration::ZERO).await;
            let seen = page.map(|page| page.events.last().map(|event| event.version));
            (Action::SeeJob, seen)
        }
        Door::Result => {
            let link = reader.result(caller, id, &ResultQuery::default()).await;
            (Action::FetchResult, link.map(|link| names(sim, id, &link)))
        }
        Door::Cancel => {
            let accepted = parts.intake.cancel(caller, id).await;
            (Action::CancelJob, accepted.map(|_| None))
        }
        Door::Retry => {
            let accepted = parts.intake.retry(caller, id).await;
            (Action::RetryJob, accepted.map(|_| None))
        }
        Door::Edit { act, named } => {
            let edited = edits::edit(sim, parts, caller, before, (act, named)).await;
            (Action::EditResult, edited)
        }
        _ => {
            let job = reader.job(caller, id).await;
            (Action::SeeJob, job.map(|accepted| Some(accepted.job.version)))
        }
    };
    told(sim, &asked);
    if let (Door::Result, Err(problem), Some(_)) = (door, &asked, &before.result)
        && problem.status == 409
    {
        sim.broken("P9", "a result that is there is not to be had".to_owned());
    }
    if let (Door::Retry, Err(problem)) = (door, &asked) {
        refused_retry(sim, before, problem);
    }
    // Event streams know the user alone: an operator is nobody special there.
    let excused = door == Door::Stream && caller.owner == OPERATOR;
    let Some(answer) = answer(sim, id, &asked) else {
        return;
    };
    if !excused || matches!(answer, Answer::Shown(_)) {
        judge(sim, caller, &Thing::job(before), (Action::SeeJob, action), answer);
    }
}

/// The link is one to the job's own result.
fn names(sim: &Sim, id: JobId, link: &Download) -> Option<u64> {
    if let Download::Link(url) = link
        && !parts_of(url).any(|part| part == id.to_string())
    {
        sim.broken("P9", format!("a link to a result leads elsewhere: {url}"));
    }
    None
}

fn parts_of(url: &str) -> impl Iterator<Item = &str> {
    url.split(['/', '?', '&', '='])
}

fn refused_retry(sim: &Sim, before: &Job, problem: &Problem) {
    let broken = {
        let mut state = sim.state();
        let since = state.card().since;
        let watch = &state.watch;
        let latest = watch.records.get(&before.id);
        // Who retries at the same moment has another price.
        let price = match latest {
            Some(latest) if latest.attempt == before.attempt => price_of_open(latest),
            _ => PRICE,
        };
        watch.refused((&before.owner, price), problem, since)
    };
    if let Some((promise, text)) = broken {
        sim.broken(promise, text);
    }
}

/// What the chunks that are not done cost.
fn price_of_open(job: &Job) -> u32 {
    let Some(total) = job.total.filter(|total| *total > 0) else {
        return PRICE;
    };
    let open = (0..total).filter(|n| !job.done.contains(n)).count();
    (PRICE * u32::try_from(open).unwrap_or(total)).div_ceil(total)
}

async fn ask_company(sim: &Sim, parts: &Parts, caller: &Caller, company: &str, door: Door) {
    let (action, asked): (Action, Asked) = match door {
        Door::CompanyList => return list(sim, parts, caller, Some(company)).await,
        Door::Audit => {
            let page = parts.reader.company_audit(caller, company, None).await;
            (Action::ReadAudit, page.map(|_| None))
        }
        Door::Secret => {
            let keeper = parts.intake.secret_keeper(caller, Some(company)).await;
            (Action::ManageCallbackSecret, keeper.map(|_| None))
        }
        _ => {
            let view = parts.intake.company(caller, company).await;
            if let Ok(view) = &view
                && view.invitations.is_some()
            {
                judge_company(sim, caller, company, Action::ManageMembers, &Ok(None));
            }
            (Action::SeeCompany, view.map(|_| None))
        }
    };
    told(sim, &asked);
    judge_company(sim, caller, company, action, &asked);
}

/// Holds what `caller` was answered about a company against the books.
pub(crate) fn judge_company(sim: &Sim, caller: &Caller, company: &str, action: Action, asked: &Asked) {
    if let Some(answer) = class(asked, 0) {
        let actions = (Action::SeeCompany, action);
        judge(sim, caller, &Thing::company(company), actions, answer);
    }
}

/// A list: nothing that is not theirs, and everything that is.
async fn list(sim: &Sim, parts: &Parts, caller: &Caller, company: Option<&str>) {
    let owed: Vec<Job> = sim.state().watch.records.values().cloned().collect();
    let query = ListQuery {
        company_id: company.map(ToOwned::to_owned),
        ..ListQuery::default()
    };
    let listed = parts.reader.list(caller, &query).await;
    told(sim, &listed.as_ref().map(|_| None).map_err(Clone::clone));
    let jobs: Vec<JobView> = match listed {
        Ok(list) => list.jobs,
        Err(problem) => {
            if let Some(company) = company {
                judge_company(sim, caller, company, Action::SeeCompany, &Err(problem));
            }
            return;
        }
    };
    let missed = {
        let mut state = sim.state();
        let since = state.card().since;
        let members = &state.watch.members;
        let theirs = |job: &&Job| match company {
            Some(company) => job.company_id.as_deref() == Some(company),
            None => {
                job.owner == caller.owner
                    && members.always(&caller.owner, &Thing::job(job), Action::SeeJob, since.moment)
            }
        };
        let missed = owed.iter().filter(theirs);
        let mut missed = missed.filter(|job| !jobs.iter().any(|shown| shown.job_id == job.id));
        missed.next().map(|job| state.job_name(job.id))
    };
    if let Some(missed) = missed {
        sim.broken("P9", format!("a list of {} lacks {missed}", caller.owner));
    }
    for shown in &jobs {
        let job = sim.state().watch.records.get(&shown.job_id).cloned();
        let Some(job) = job else { continue };
        let asked = Ok(Some(shown.version));
        if let Some(answer) = answer(sim, job.id, &asked) {
            let actions = (Action::SeeJob, Action::SeeJob);
            judge(sim, caller, &Thing::job(&job), actions, answer);
        }
        let elsewhere = match company {
            Some(company) => job.company_id.as_deref() != Some(company),
            None => job.owner != caller.owner,
        };
        if elsewhere {
            let text = format!("a list of {} shows what belongs in another", caller.owner);
            sim.broken("P9", text);
        }
    }
}

/// Tells what somebody was answered.
pub(crate) fn told(sim: &Sim, asked: &Asked) {
    sim.says(|_| match asked {
        Ok(_) => "is let in".to_owned(),
        Err(problem) => format!("is refused: {} {}", problem.status, problem.code),
    });
}

/// What an answer about a job says of the caller's rights; `None` when it says nothing.
fn answer(sim: &Sim, id: JobId, asked: &Asked) -> Option<Answer> {
    let there = match asked {
        Ok(Some(version)) => sim.state().watch.moment_of(id, *version),
        _ => 0,
    };
    class(asked, there)
}

fn class(asked: &Asked, there: usize) -> Option<Answer> {
    Some(match asked {
        Ok(_) => Answer::Shown(there),
        Err(problem) => match (problem.status, problem.code.as_str()) {
            (500.., _) => return None,
            (404, "JOB_NOT_FOUND" | "COMPANY_NOT_FOUND") | (401, _) => Answer::Hidden,
            (403, _) => Answer::Forbidden,
            // Who is told why it cannot be done was let in.
            _ => Answer::Shown(0),
        },
    })
}

/// P9.
pub(crate) fn judge(sim: &Sim, caller: &Caller, thing: &Thing, actions: (Action, Action), answer: Answer) {
    let judged = {
        let mut state = sim.state();
        let since = state.card().since;
        let watch = &mut state.watch;
        let came = match answer {
            Answer::Shown(_) => "let in",
            Answer::Forbidden => "forbidden",
            Answer::Hidden => "told of nothing",
        };
        let word = watch.members.word(&caller.owner, thing, since);
        *watch.asked.entry(format!("{word}: {came}")).or_default() += 1;
        watch.members.judge(&caller.owner, thing, actions, answer, since)
    };
    if let Err(text) = judged {
        sim.broken("P9", text);
    }
}
