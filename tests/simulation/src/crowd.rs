//! What several people do who share companies and limits: documents that come at the same moment, members that come and
//! go, and everybody at every door.

use std::time::Duration;

use docmill_core::company::Role;

use crate::dice::Dice;
use crate::doors::Door;
use crate::scenario::{Act, COMPANIES, Do, FOUNDERS, Script, USERS, What, moment, number, script, small};

/// The last user is the operator, who submits nothing.
const SUBMITTERS: u64 = 4;

/// Draws the acts of a run.
pub(crate) fn acts(dice: &mut Dice, calm: Duration) -> Vec<Act> {
    let mut acts = Vec::new();
    let bursts = 1 + dice.roll(2);
    for _ in 0..bursts {
        burst(dice, &mut acts, calm);
    }
    let submits = acts.clone();
    let mut turns = Vec::new();
    for _ in 0..dice.roll(5) {
        // While somebody's job runs, most of the time.
        let at = match one_of(dice, &submits) {
            Some(submit) if !dice.once_in(4) => submit.at + dice.seconds(90),
            _ => moment(dice, calm),
        };
        turns.push(turn(dice, &mut acts, at));
    }
    for _ in 0..2 + dice.roll(9) {
        let near = dice.once_in(2).then(|| one_of(dice, &turns)).flatten();
        let about = near.and_then(|turn| {
            let concerned: Vec<Act> = submits
                .iter()
                .filter(|act| act.is_for(turn.company))
                .cloned()
                .collect();
            one_of(dice, &concerned)
        });
        let Some(about) = about.or_else(|| one_of(dice, &submits)) else {
            break;
        };
        match near {
            // A little before or after somebody comes or goes, by them most of the time.
            Some(turn) => {
                let user = if dice.once_in(3) { anybody(dice) } else { turn.whom };
                let from = turn.at.saturating_sub(dice.seconds(20)).max(about.at);
                call(dice, &mut acts, (user, &about), from);
            }
            None => {
                let user = if dice.once_in(3) {
                    about.user
                } else {
                    anybody(dice)
                };
                let later = if dice.once_in(2) {
                    moment(dice, calm)
                } else {
                    Duration::ZERO
                };
                call(dice, &mut acts, (user, &about), about.at + later);
            }
        }
    }
    acts
}

fn one_of<T: Clone>(dice: &mut Dice, all: &[T]) -> Option<T> {
    let at = usize::try_from(dice.roll(all.len() as u64)).unwrap_or(0);
    all.get(at).cloned()
}

fn anybody(dice: &mut Dice) -> u8 {
    small(dice.roll(USERS.len() as u64))
}

/// Somebody comes, goes, or becomes another.
#[derive(Clone, Copy)]
struct Turn {
    at: Duration,
    whom: u8,
    company: u8,
}

impl Act {
    /// Whether it submits a document for this company.
    fn is_for(&self, of: u8) -> bool {
        matches!(self.what, What::Submit { company, .. } if company == Some(of))
    }
}

/// A few documents of one user, or of two who share a company, close together.
fn burst(dice: &mut Dice, acts: &mut Vec<Act>, calm: Duration) {
    let at = moment(dice, calm / 4);
    let apart = dice.pick(&[0, 0, 3, 60]).unwrap_or(0);
    let user = small(dice.roll(SUBMITTERS));
    let other = if dice.once_in(3) {
        small(dice.roll(SUBMITTERS))
    } else {
        user
    };
    for _ in 0..1 + dice.roll(4) {
        let user = if dice.once_in(2) { user } else { other };
        let key = dice.once_in(2).then(|| small(dice.roll(3)));
        let mut script = script(dice);
        script.quick = dice.once_in(2);
        if dice.once_in(5) {
            late(dice, &mut script);
        }
        let act = Act {
            id: number(acts),
            user,
            at: at + dice.seconds(apart),
            what: What::Submit {
                script,
                key,
                company: company_of(dice, user),
            },
        };
        let again = (dice.once_in(3) && key.is_some()).then(|| Act {
            id: act.id + 1,
            user,
            at: act.at
                + dice
                    .pick(&[Duration::ZERO, Duration::from_secs(2)])
                    .unwrap_or_default(),
            what: What::Again {
                of: act.id,
                other: dice.once_in(8),
            },
        });
        acts.push(act);
        acts.extend(again);
    }
}

/// A company that the user is in at first, most of the time.
fn company_of(dice: &mut Dice, user: u8) -> Option<u8> {
    if dice.once_in(3) {
        return None;
    }
    if dice.once_in(6) {
        return Some(any_company(dice));
    }
    let own: Vec<u8> = FOUNDERS
        .iter()
        .filter(|(_, founder, _)| *founder == user)
        .map(|(company, _, _)| *company)
        .collect();
    dice.pick(&own)
}

/// A chunk is being worked on as the deadline of ten minutes passes.
fn late(dice: &mut Dice, script: &mut Script) {
    script.quick = true;
    script.plan = vec![Do::Work(0, Duration::ZERO)];
    let rest = Duration::from_secs(550 + dice.roll(40));
    let work = Do::Work(1, Duration::from_secs(40 + dice.roll(30)));
    if let Some(first) = script.chunks.first_mut() {
        *first = vec![Do::Transient(Some(rest)), work];
    }
}

fn turn(dice: &mut Dice, acts: &mut Vec<Act>, at: Duration) -> Turn {
    let company = any_company(dice);
    let whom = small(dice.roll(SUBMITTERS));
    let admin = match dice.roll(8) {
        // Whoever it is, they may not.
        0 => anybody(dice),
        // A member, who may be one of the admins by now.
        1 => 1,
        _ => company * 2,
    };
    let role = if dice.once_in(2) {
        Role::Admin
    } else {
        Role::Member
    };
    let mut push = |user: u8, at: Duration, what: What| {
        let id = number(acts);
        acts.push(Act { id, user, at, what });
    };
    match dice.roll(8) {
        0..=2 => push(admin, at, What::Remove { company, whom }),
        3 => push(whom, at, What::Remove { company, whom }),
        4..=5 => push(admin, at, What::SetRole { company, whom, role }),
        _ => {
            push(admin, at, What::Invite { company, whom, role });
            push(whom, at + dice.seconds(20), What::Join { company });
        }
    }
    Turn { at, whom, company }
}

/// A user does something about the job of an act.
fn call(dice: &mut Dice, acts: &mut Vec<Act>, (user, about): (u8, &Act), from: Duration) {
    let of = about.id;
    let apart = dice.pick(&[0, 2, 30]).unwrap_or(0);
    let at = from + dice.seconds(apart);
    let id = number(acts);
    let mut push = |id: u32, at: Duration, what: What| acts.push(Act { id, user, at, what });
    match dice.roll(16) {
        0..=1 => {
            if dice.once_in(2) {
                push(id + 1, at + dice.seconds(30), What::Retry { of });
            }
            push(id, at, What::Cancel { of });
        }
        2..=4 => push(id, at, What::Retry { of }),
        5..=7 => {
            let mine = dice.once_in(3);
            push(id, at, What::Follow { of, mine });
        }
        8 => push(id, at, What::Pry { of }),
        9..=10 => {
            let wait = Duration::from_secs(15) + dice.seconds(5);
            let door = Door::Events(wait);
            push(id, at, What::Ask { of, door });
        }
        _ => {
            let door = door(dice);
            push(id, at, What::Ask { of, door });
        }
    }
}

fn door(dice: &mut Dice) -> Door {
    let doors = [
        Door::Details,
        Door::Events(Duration::ZERO),
        Door::Stream,
        Door::Result,
        Door::List,
        Door::CompanyList,
        Door::CompanyList,
        Door::Company,
        Door::Audit,
        Door::Secret,
    ];
    dice.pick(&doors).unwrap_or(Door::Details)
}

fn any_company(dice: &mut Dice) -> u8 {
    small(dice.roll(COMPANIES.len() as u64))
}
