//! What has to hold as time passes, when everything is at rest, and of each result: P1, P2, P3, P4, P6, P10.

use std::collections::BTreeMap;
use std::time::Duration;

use docmill_core::account::Ledger;
use docmill_core::job::{Completeness, Job};
use docmill_core::operations::{Figures, Span};
use docmill_core::plan::result_key;
use docmill_core::ports::{BlobStore, EventLog, Fetched, JobStore};
use docmill_core::running::Tenant;
use docmill_core::view::{Event, EventType};
use futures::FutureExt;

use crate::edits;
use crate::lines;
use crate::parts::Parts;
use crate::scenario::{COMPANIES, Outage, USERS};
use crate::sim::{START, Sim};
use crate::watch::{SKEW, record};

const MINUTE: Duration = Duration::from_secs(60);

type Broken = Option<(&'static str, String)>;

/// P3, P10: a result is what a plain run in one process gives, in which just the named chunks failed.
pub(crate) fn check_result(sim: &Sim, parts: &Parts, job: &Job) -> Broken {
    let document = {
        let state = sim.state();
        let act = *state.made_by.get(&job.id)?;
        let (submit, other) = state.document(act)?;
        lines::document(submit, other)
    };
    let Some(result) = &job.result else {
        return Some(("P3", "completed without a result".to_owned()));
    };
    let key = result_key(job.id, result.attempt, "json", 1);
    let fetched = parts.memory.blobs.get(&key, None, 1 << 20).now_or_never();
    let Some(Ok(Fetched::Found(bytes))) = fetched else {
        return Some(("P3", "completed, but the result is not there".to_owned()));
    };
    let expected = lines::result(&document, |n| job.failed.contains_key(&n));
    let got = String::from_utf8_lossy(&bytes);
    if got != expected {
        return Some(("P3", format!("the result is {got}, not {expected}")));
    }
    if (job.outcome == Some(Completeness::Partial)) == job.failed.is_empty() {
        return Some((
            "P10",
            format!("{:?} with {} failed chunks", job.outcome, job.failed.len()),
        ));
    }
    None
}

/// Time has passed: P1, for jobs that nobody ends, and those that nobody starts.
pub(crate) fn late(sim: &Sim, outage: Option<Outage>) -> Broken {
    let now = sim.now();
    let mut state = sim.state();
    let healed_at = state.healed_at.max(state.calm_at);
    let watch = &mut state.watch;
    let idle = watch.time_passed(now, healed_at);
    let healed_at = outage.map_or(healed_at, |outage| {
        let to = START.plus(outage.to);
        healed_at.max(to.min(now))
    });
    let is_late = |job: &&Job| !job.status.is_terminal() && now > record::limit(job, healed_at).plus(MINUTE);
    let late = watch.records.values().find(is_late).map(|job| job.id);
    let open = late.map(|id| ("P1", format!("{} is still open", state.job_name(id))));
    open.or(idle)
}

/// Everything is at rest.
pub(crate) fn check(sim: &Sim, parts: &Parts) -> Broken {
    let records: Vec<Job> = sim.state().watch.records.values().cloned().collect();
    let open = records.iter().find(|job| !job.status.is_terminal());
    if let Some(job) = open {
        let name = sim.state().job_name(job.id);
        return Some(("P1", format!("{name} stays open for ever")));
    }
    if sim.state().watch.messages.count > 0 {
        return Some(("P1", "messages are left in the queues".to_owned()));
    }
    let users = USERS.into_iter().map(|user| Tenant::User(user.to_owned()));
    let companies = COMPANIES.into_iter().map(|id| Tenant::Company(id.to_owned()));
    if let Some(tenant) = users.chain(companies).find(|tenant| has_places(parts, tenant)) {
        let name = tenant.key();
        return Some(("§4", format!("{name} has places left without a job that runs")));
    }
    if let Some(broken) = figures(sim, parts) {
        return Some(broken);
    }
    let broken = records.iter().find_map(|job| events(sim, parts, job));
    let broken = broken.or_else(|| records.iter().find_map(|job| edits::check(sim, parts, job)));
    let broken = broken.or_else(|| USERS.into_iter().find_map(|user| credits(sim, parts, user)));
    broken.or_else(|| {
        let state = sim.state();
        let desk = &parts.memory.providers.desk;
        let spent = |tenant: &Tenant, month: &str| desk.spent(tenant, month).now_or_never()?.ok();
        let answers = &state.watch.answers;
        let tokens = answers.at_rest(|card| state.cards[card].met, spent);
        tokens.or_else(|| state.watch.clients.check(&state.watch))
    })
}

/// P6: the account and its ledger; and what its windows counted.
fn credits(sim: &Sim, parts: &Parts, user: &str) -> Broken {
    let ledger = &parts.memory.ledger;
    let (Some(Ok(account)), Some(Ok(page))) = (
        ledger.account(user).now_or_never(),
        ledger.lines(user, None, 100_000).now_or_never(),
    ) else {
        return Some(("P6", "the ledger cannot be read".to_owned()));
    };
    let state = sim.state();
    let watch = &state.watch;
    let credits = watch.credits.settled(user, &account.balance, &page.lines);
    credits.or_else(|| watch.windows.settled(user, &account))
}

/// Operators' figures: every attempt that ended is in its hour and its day, once, as it ended.
fn figures(sim: &Sim, parts: &Parts) -> Broken {
    let state = sim.state();
    for span in Span::ALL {
        let (from, until) = (span.start_of(START), span.start_of(sim.now().plus(SKEW)));
        let Some(Ok(tallies)) = parts.memory.jobs.between(span, from, until).now_or_never() else {
            return Some(("P2", "the figures cannot be read".to_owned()));
        };
        let mut counted = BTreeMap::from([("chunks", 0)]);
        for tally in tallies.values() {
            for (name, count) in [
                ("completed", tally.completed),
                ("failed", tally.failed),
                ("cancelled", tally.cancelled),
                ("expired", tally.expired),
                ("chunks", tally.chunks),
            ] {
                *counted.entry(name).or_default() += count;
            }
        }
        counted.retain(|name, count| *count > 0 || *name == "chunks");
        let mut wanted = BTreeMap::from([("chunks", state.watch.chunks_done)]);
        for (end, count) in &state.watch.ends {
            let status = end.split(' ').next().unwrap_or_default();
            *wanted.entry(status).or_default() += count;
        }
        if counted != wanted {
            return Some((
                "P2",
                format!("the figures say {counted:?} by {span:?}, and {wanted:?} ended"),
            ));
        }
    }
    None
}

fn has_places(parts: &Parts, tenant: &Tenant) -> bool {
    let running = parts.memory.jobs.running(tenant);
    !matches!(running.now_or_never(), Some(Ok(running)) if running.is_empty())
}

/// P4: the list has every version once, gaps stand only for what the stream lost, and percent never falls.
fn events(sim: &Sim, parts: &Parts, job: &Job) -> Broken {
    let name = sim.state().job_name(job.id);
    let read = parts.memory.events.after(job.id, 0, 100_000).now_or_never();
    let Some(Ok(events)) = read else {
        return Some(("P4", "the event list cannot be read".to_owned()));
    };
    let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
    if !versions.iter().copied().eq(1..=job.version) {
        return Some((
            "P4",
            format!("{name} has version {} and the events {versions:?}", job.version),
        ));
    }
    let lost = |event: &&Event| {
        event.kind == EventType::Gap && !sim.state().watch.lost_changes.contains(&(job.id, event.version))
    };
    if let Some(gap) = events.iter().find(lost) {
        return Some((
            "P4",
            format!("{name} has a gap at {} that the stream did not make", gap.version),
        ));
    }
    let attempts: Vec<u32> = {
        let state = sim.state();
        let versions = state.watch.versions.get(&job.id)?;
        versions.iter().map(|version| version.attempt).collect()
    };
    let attempt_of = |event: &Event| {
        let at = usize::try_from(event.version).ok()?.checked_sub(1)?;
        attempts.get(at)
    };
    let mut known = events.iter().filter(|event| event.kind != EventType::Gap);
    let mut before = known.next()?;
    let falls = known.find_map(|event| {
        let pair = [std::mem::replace(&mut before, event), event];
        let fell =
            attempt_of(pair[0]) == attempt_of(pair[1]) && pair[1].progress_percent < pair[0].progress_percent;
        fell.then_some(pair)
    });
    falls.map(|pair| {
        let [before, after] = pair;
        let text = format!(
            "the events of {name} fall from {} to {} percent at version {}",
            before.progress_percent, after.progress_percent, after.version
        );
        ("P4", text)
    })
}
