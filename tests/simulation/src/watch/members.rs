//! P9: who was what in which company when, and what that lets them see and do.
//!
//! The books know nothing of the service but its table of rights. A request may have been answered at any moment between
//! its beginning and its answer; what it shows may have been read at any moment of these at which it was already there.
//! So somebody may be let in who was allowed at one such moment, and refused who was not at one.

use std::collections::BTreeMap;

use docmill_core::access::{Action, MATRIX, Standing};
use docmill_core::company::Role;
use docmill_core::job::Job;
use docmill_core::time::Time;

use crate::scenario::{COMPANIES, FOUNDERS, OPERATOR, USERS};

/// A moment in the history of memberships: so many changes had been made.
pub(crate) type Moment = usize;

/// When a request began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) moment: Moment,
    pub(crate) at: Time,
}

/// What is asked for: something of a user alone, or of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    maker: Option<String>,
    company: Option<String>,
}

impl Thing {
    pub(crate) fn job(job: &Job) -> Self {
        Self {
            maker: Some(job.owner.clone()),
            company: job.company_id.clone(),
        }
    }

    pub(crate) fn company(company: &str) -> Self {
        Self {
            maker: None,
            company: Some(company.to_owned()),
        }
    }
}

/// What somebody was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Let in; the thing was there as it is told of from this moment on.
    Shown(Moment),
    /// It may be seen, but not that done to it (403).
    Forbidden,
    /// It does not exist (404).
    Hidden,
}

struct Change {
    company: String,
    user: String,
    role: Option<Role>,
}

/// The books.
pub(crate) struct Members {
    changes: Vec<Change>,
    /// By company and address.
    invited: BTreeMap<(String, String), Role>,
}

impl Default for Members {
    fn default() -> Self {
        let founders = FOUNDERS.iter().map(|(company, user, role)| Change {
            company: COMPANIES[usize::from(*company)].to_owned(),
            user: USERS[usize::from(*user)].to_owned(),
            role: Some(*role),
        });
        Self {
            changes: founders.collect(),
            invited: BTreeMap::new(),
        }
    }
}

impl Members {
    pub(crate) fn since(&self, at: Time) -> Since {
        let moment = self.changes.len();
        Since { moment, at }
    }

    pub(crate) fn now(&self) -> Moment {
        self.changes.len()
    }

    pub(crate) fn invited(&mut self, company: &str, address: &str, role: Role) {
        let place = (company.to_owned(), address.to_owned());
        self.invited.insert(place, role);
    }

    pub(crate) fn withdrawn(&mut self, company: &str, address: &str) {
        self.invited.remove(&(company.to_owned(), address.to_owned()));
    }

    /// An invitation was taken: who is in the company already stays what they are.
    pub(crate) fn joined(&mut self, company: &str, address: &str, user: &str) {
        let role = self.invited.remove(&(company.to_owned(), address.to_owned()));
        if role.is_some() && self.role(company, user, self.now()).is_none() {
            self.is_now(company, user, role);
        }
    }

    pub(crate) fn is_now(&mut self, company: &str, user: &str, role: Option<Role>) {
        self.changes.push(Change {
            company: company.to_owned(),
            user: user.to_owned(),
            role,
        });
    }

    fn role(&self, company: &str, user: &str, moment: Moment) -> Option<Role> {
        let mut before = self.changes.iter().take(moment).rev();
        before
            .find(|change| change.company == company && change.user == user)?
            .role
    }

    /// What `user` was to `thing` at each moment since `from`.
    fn standings(&self, user: &str, thing: &Thing, from: Moment) -> impl Iterator<Item = Vec<Standing>> {
        (from..=self.now()).map(move |moment| {
            let role = thing
                .company
                .as_ref()
                .map(|company| self.role(company, user, moment));
            let mut standings = Vec::new();
            let made = thing.maker.as_deref() == Some(user);
            match role {
                Some(None) => {}
                None if made => standings.push(Standing::Owner),
                None => {}
                Some(Some(role)) => {
                    standings.extend(made.then_some(Standing::Owner));
                    standings.push(match role {
                        Role::Member => Standing::Member,
                        Role::Admin => Standing::Admin,
                    });
                }
            }
            standings.extend((user == OPERATOR).then_some(Standing::Operator));
            standings
        })
    }

    /// Whether `user` might do `action` to `thing` at one moment since `from`.
    pub(crate) fn ever(&self, user: &str, thing: &Thing, action: Action, from: Moment) -> bool {
        self.standings(user, thing, from)
            .any(|standings| allow(&standings, action))
    }

    /// Whether `user` might at every moment since `from`, and not as an operator alone.
    pub(crate) fn always(&self, user: &str, thing: &Thing, action: Action, from: Moment) -> bool {
        self.standings(user, thing, from).all(|mut standings| {
            standings.retain(|standing| *standing != Standing::Operator);
            allow(&standings, action)
        })
    }

    /// What `user` was to `thing` as a request began, in one word; for the figures.
    pub(crate) fn word(&self, user: &str, thing: &Thing, since: Since) -> &'static str {
        let standings = self
            .standings(user, thing, since.moment)
            .next()
            .unwrap_or_default();
        let is = |standing: Standing| standings.contains(&standing);
        let company = thing.company.as_deref();
        let in_it =
            |moment: Moment| company.is_some_and(|company| self.role(company, user, moment).is_some());
        let was = || (0..since.moment).any(in_it);
        match () {
            () if is(Standing::Owner) => "owner",
            () if is(Standing::Admin) => "admin",
            () if is(Standing::Member) => "member",
            () if is(Standing::Operator) => "operator",
            () if was() => "former member",
            () => "stranger",
        }
    }

    /// Whether one may answer so: `see` is what lets one know that the thing exists.
    pub(crate) fn judge(
        &self,
        user: &str,
        thing: &Thing,
        (see, action): (Action, Action),
        answer: Answer,
        since: Since,
    ) -> Result<(), String> {
        let from = since.moment;
        let (may, how) = match answer {
            Answer::Shown(there) => (
                self.ever(user, thing, action, from.max(there)),
                "is let in, who may not",
            ),
            Answer::Forbidden => {
                let mut moments = self.standings(user, thing, from);
                let forbidden = |held: Vec<Standing>| allow(&held, see) && !allow(&held, action);
                (moments.any(forbidden), "is forbidden (403), wrongly, to")
            }
            Answer::Hidden => {
                let mut moments = self.standings(user, thing, from);
                (
                    moments.any(|held| !allow(&held, see)),
                    "is told that there is nothing to",
                )
            }
        };
        if may {
            return Ok(());
        }
        let name = MATRIX.iter().find(|rule| rule.action == action);
        let name = name.map_or("do something", |rule| rule.name);
        Err(format!("{user} {how} {name}"))
    }
}

fn allow(standings: &[Standing], action: Action) -> bool {
    let rule = MATRIX.iter().find(|rule| rule.action == action);
    rule.is_some_and(|rule| standings.iter().any(|standing| rule.allowed.contains(standing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: &str = "bob";

    fn judge(members: &Members, answer: Answer, moment: Moment) -> bool {
        let thing = Thing {
            maker: Some(BOB.to_owned()),
            company: Some("acme".to_owned()),
        };
        let at = Time::from_ms(0);
        let actions = (Action::SeeJob, Action::CancelJob);
        let since = Since { moment, at };
        members.judge(BOB, &thing, actions, answer, since).is_ok()
    }

    #[test]
    fn an_answer_may_be_as_of_any_moment_of_its_request_at_which_what_it_shows_was_there() {
        let mut members = Members::default();
        let (before, answers) = (members.now(), [Answer::Shown(0), Answer::Hidden]);
        assert_eq!(
            answers.map(|answer| judge(&members, answer, before)),
            [true, false]
        );
        members.is_now("acme", BOB, None);
        let after = members.now();
        assert_eq!(
            answers.map(|answer| judge(&members, answer, before)),
            [true, true]
        );
        assert_eq!(
            answers.map(|answer| judge(&members, answer, after)),
            [false, true]
        );
        assert!(
            !judge(&members, Answer::Shown(after), before),
            "it came to be later"
        );
        assert!(!judge(&members, Answer::Forbidden, before), "never only seen");
    }
}
