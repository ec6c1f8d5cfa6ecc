//! What is paid for language models: no answer that is kept is paid for again, and a month counts the tokens that were
//! billed.
//!
//! A call of which nobody knows what became of it, since its asker died, lost its answer or was told to stop, counts with
//! all that was set aside for it.

use std::collections::{BTreeMap, BTreeSet};

use docmill_core::ids::JobId;
use docmill_core::job::{Job, Status};
use docmill_core::message::Message;
use docmill_core::running::Tenant;
use docmill_core::step::{Edit, Step};

use super::Broken;
use crate::sim::Sim;

/// Who pays, and when.
type Month = (Tenant, String);

/// Tokens set aside for a question.
#[derive(Debug)]
struct Aside {
    card: usize,
    job: Option<JobId>,
    tokens: u64,
    billed: u64,
    /// The work may have been dropped in the middle of the call.
    dropped: bool,
}

/// The books on questions.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Ids of the calls whose answer is kept.
    kept: BTreeSet<String>,
    /// Who looked for an answer when there was none.
    missed: BTreeSet<(usize, String)>,
    open: Vec<Aside>,
    months: BTreeMap<Month, u64>,
}

/// The id of a call, from the key under which its answer is kept.
fn id_of(key: &str) -> Option<&str> {
    key.split_once("/answers/").map(|(_, id)| id)
}

/// An object was stored.
pub(crate) fn stored(sim: &Sim, key: &str) {
    let Some(id) = id_of(key) else { return };
    let mut state = sim.state();
    let card = state.current;
    let answers = &mut state.watch.answers;
    answers.kept.insert(id.to_owned());
    answers.missed.remove(&(card, id.to_owned()));
}

/// An object was looked for.
pub(crate) fn looked(sim: &Sim, key: &str) {
    let Some(id) = id_of(key) else { return };
    let mut state = sim.state();
    let card = state.current;
    let answers = &mut state.watch.answers;
    if !answers.kept.contains(id) {
        answers.missed.insert((card, id.to_owned()));
    }
}

/// The one who acts now begins a paid call; `data` ends with the number of a chunk, if it is for one.
pub(crate) fn asks(sim: &Sim, id: &str, data: &str) {
    if let Some(n) = data.rsplit(' ').next().and_then(|n| n.parse().ok()) {
        super::paid(sim, n);
    }
    let again = {
        let mut state = sim.state();
        let card = state.current;
        let answers = &mut state.watch.answers;
        answers.kept.contains(id) && !answers.missed.contains(&(card, id.to_owned()))
    };
    if again {
        sim.broken(
            "answers",
            format!("an answer that is kept is paid for again, to {data}"),
        );
    }
}

/// What the call of the one who acts now cost.
pub(crate) fn billed(sim: &Sim, tokens: u64) {
    let is_covered = {
        let mut state = sim.state();
        let card = state.current;
        let aside = state.watch.answers.last_of(card);
        aside.is_some_and(|aside| {
            aside.billed += tokens;
            aside.billed <= aside.tokens
        })
    };
    if !is_covered {
        sim.broken(
            "tokens",
            format!("{tokens} tokens are billed that nobody set aside"),
        );
    }
}

/// Tokens were set aside, or refused.
pub(crate) fn set_aside(sim: &Sim, (tenant, month): (&Tenant, &str), tokens: u64, limit: u64, within: bool) {
    let fits = {
        let mut state = sim.state();
        let card = state.current;
        let job = state.card().message.as_ref().map(Message::job);
        let answers = &mut state.watch.answers;
        let spent = answers
            .months
            .entry((tenant.clone(), month.to_owned()))
            .or_default();
        let fits = *spent + tokens <= limit;
        if within {
            *spent += tokens;
            answers.open.push(Aside {
                card,
                job,
                tokens,
                billed: 0,
                dropped: false,
            });
        }
        fits
    };
    if fits != within {
        sim.broken(
            "tokens",
            format!("{tokens} tokens fit: {fits}; they were set aside: {within}"),
        );
    }
}

/// What was set aside is settled.
pub(crate) fn settled(sim: &Sim, (tenant, month): (&Tenant, &str), reserved: u64, spent: u64) {
    let broken = {
        let mut state = sim.state();
        let card = state.current;
        let has_met = state.card().met;
        let answers = &mut state.watch.answers;
        let total = answers
            .months
            .entry((tenant.clone(), month.to_owned()))
            .or_default();
        *total = (*total + spent).saturating_sub(reserved);
        let place = answers.open.iter().rposition(|aside| aside.card == card);
        match place.map(|place| answers.open.remove(place)) {
            // The call was sent again.
            None if has_met => None,
            None => Some("tokens are settled twice".to_owned()),
            Some(aside) if (aside.tokens, aside.billed) == (reserved, spent) => None,
            Some(aside) => Some(format!("settled as {spent} of {reserved} tokens: {aside:?}")),
        }
    };
    if let Some(text) = broken {
        sim.broken("tokens", text);
    }
}

impl Answers {
    fn last_of(&mut self, card: usize) -> Option<&mut Aside> {
        self.open.iter_mut().rfind(|aside| aside.card == card)
    }

    /// A write of `card`: whoever works on the job may be told to stop by it.
    pub(super) fn note(&mut self, card: usize, new: &Job, step: &Step) {
        let claims = step.edits.iter().any(|edit| matches!(edit, Edit::CountTry(_)));
        let ends = new.status.is_terminal() && new.status != Status::Completed;
        if claims || ends || new.cancel_requested_at.is_some() {
            let others = |aside: &&mut Aside| aside.card != card && aside.job == Some(new.id);
            self.open
                .iter_mut()
                .filter(others)
                .for_each(|aside| aside.dropped = true);
        }
    }

    /// Everything is at rest: `spent` is what a month of a tenant has counted.
    pub(crate) fn at_rest(
        &self,
        has_met: impl Fn(usize) -> bool,
        spent: impl Fn(&Tenant, &str) -> Option<u64>,
    ) -> Broken {
        let open = self
            .open
            .iter()
            .find(|aside| !aside.dropped && !has_met(aside.card));
        if let Some(aside) = open {
            return Some(("tokens", format!("never settled: {aside:?}")));
        }
        self.months.iter().find_map(|((tenant, month), expected)| {
            let counted = spent(tenant, month);
            (counted != Some(*expected)).then(|| {
                let text = format!("{} counts {counted:?} tokens, not {expected}", tenant.key());
                ("tokens", text)
            })
        })
    }
}
