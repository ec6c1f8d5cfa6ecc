//! What users do in a run, and what their documents do to the workers.

use std::time::Duration;

use docmill_core::company::Role;
use docmill_core::time::Time;

use crate::crowd;
use crate::dice::Dice;
use crate::doors::Door;
use crate::rules::Rules;
use crate::sim::START;

/// What a piece of work does at one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Do {
    /// So many paid calls of so long each, then the output.
    Work(u8, Duration),
    /// So many questions to a language model, then the output, whatever the answers. The third repeats the first.
    Ask(u8),
    /// A permanent failure.
    Fail,
    /// A transient one, with the provider's wish when to be asked again.
    Transient(Option<Duration>),
    /// A panic.
    Panic,
    /// Longer than a piece of work may take, with a paid call every twenty seconds.
    Forever,
}

/// What a document does, try by try; the last entry holds for all further tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Making the plan.
    pub plan: Vec<Do>,
    /// Each chunk.
    pub chunks: Vec<Vec<Do>>,
    /// Making the result.
    pub merge: Vec<Do>,
    /// The pipeline has a deadline of ten minutes.
    pub quick: bool,
    /// Index into the three queues.
    pub priority: u8,
}

/// What a user does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Submits a document; with an idempotency key or without.
    Submit {
        /// What the document does.
        script: Script,
        /// The key.
        key: Option<u8>,
        /// For this company.
        company: Option<u8>,
    },
    /// Submits the document of an earlier act again, under its key; perhaps with another word in it.
    Again {
        /// The earlier act.
        of: u32,
        /// Another content under the same key.
        other: bool,
    },
    /// Cancels the job of an act.
    Cancel {
        /// The act.
        of: u32,
    },
    /// Retries it.
    Retry {
        /// The act.
        of: u32,
    },
    /// Edits its result.
    Edit {
        /// The act.
        of: u32,
        /// Says which edition it is that they edit.
        named: bool,
    },
    /// Opens a WebSocket and follows the job, or all of the user's jobs.
    Follow {
        /// The act.
        of: u32,
        /// The feed `mine` instead of one job.
        mine: bool,
    },
    /// Tries every door to the job of another user.
    Pry {
        /// The act.
        of: u32,
    },
    /// Tries one door to the job, or to its company.
    Ask {
        /// The act.
        of: u32,
        /// The door.
        door: Door,
    },
    /// Invites a user to a company.
    Invite {
        /// The company.
        company: u8,
        /// The user.
        whom: u8,
        /// As what.
        role: Role,
    },
    /// Takes an invitation.
    Join {
        /// The company.
        company: u8,
    },
    /// Gives a member a role.
    SetRole {
        /// The company.
        company: u8,
        /// The user.
        whom: u8,
        /// This one.
        role: Role,
    },
    /// Takes a user out of a company, or leaves it.
    Remove {
        /// The company.
        company: u8,
        /// The user.
        whom: u8,
    },
    /// The WebSocket of an act that followed breaks.
    HangUp {
        /// The act.
        of: u32,
    },
}

/// Something a user does at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its number, which stays when other acts are taken out.
    pub id: u32,
    /// Which user.
    pub user: u8,
    /// When, from the start.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// A time in which no message reaches a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Its beginning, from the start.
    pub from: Duration,
    /// Its end.
    pub to: Duration,
    /// Messages are lost, not held back.
    pub loses: bool,
}

impl Outage {
    pub(crate) fn holds(&self, now: Time) -> bool {
        let since = now.since(START);
        self.from <= since && since < self.to
    }
}

/// The users' part of a run.
pub(crate) struct Scenario {
    pub(crate) acts: Vec<Act>,
    pub(crate) outage: Option<Outage>,
    pub(crate) calm: Duration,
}

/// Users by number.
pub(crate) const USERS: [&str; 5] = ["alice", "bob", "carol", "dave", OPERATOR];

/// The one who runs the installation.
pub(crate) const OPERATOR: &str = "olga";

/// Companies by number.
pub(crate) const COMPANIES: [&str; 2] = ["acme", "bolt"];

/// Who is what in which company from the beginning: each has its first admin, one user is in both, and one in none.
pub(crate) const FOUNDERS: [(u8, u8, Role); 4] = [
    (0, 0, Role::Admin),
    (0, 1, Role::Member),
    (1, 2, Role::Admin),
    (1, 1, Role::Member),
];

impl Scenario {
    pub(crate) fn of(dice: &mut Dice, rules: &Rules) -> Self {
        let calm = match dice.roll(4) {
            0 => dice.seconds(60),
            1..=2 => dice.seconds(15 * 60),
            _ => dice.seconds(60 * 60),
        };
        let outage = dice.once_in(24).then(|| {
            let from = dice.seconds(30);
            let long = if dice.once_in(5) {
                Duration::from_secs(25 * 3600)
            } else {
                dice.seconds(60 * 60)
            };
            Outage {
                from,
                to: from + long,
                loses: dice.once_in(2),
            }
        });
        let mut acts = if rules.crowded {
            crowd::acts(dice, calm)
        } else {
            alone(dice, calm)
        };
        if rules.asks {
            acts.iter_mut().for_each(|act| ask(&mut act.what));
        }
        acts.sort_by_key(|act| (act.at, act.id));
        Self { acts, outage, calm }
    }
}

/// Paid calls become questions to a language model.
fn ask(what: &mut What) {
    let What::Submit { script, .. } = what else {
        return;
    };
    let chunks = script.chunks.iter_mut().flatten();
    for step in chunks.chain(&mut script.plan).chain(&mut script.merge) {
        if let Do::Work(calls @ 1.., _) = step {
            *step = Do::Ask((*calls + 1).min(3));
        }
    }
}

/// Users who have nothing to do with each other.
fn alone(dice: &mut Dice, calm: Duration) -> Vec<Act> {
    let mut acts = Vec::new();
    let jobs = match dice.roll(8) {
        0..=3 => 1,
        4..=6 => 2,
        _ => 3,
    };
    for _ in 0..jobs {
        submit(dice, &mut acts, calm);
    }
    let submits: Vec<(u32, u8, Duration)> = acts.iter().map(|act| (act.id, act.user, act.at)).collect();
    for _ in 0..dice.roll(7) {
        let Some(about) = dice.pick(&submits) else { break };
        meddle(dice, &mut acts, about, calm);
    }
    acts
}

fn submit(dice: &mut Dice, acts: &mut Vec<Act>, calm: Duration) {
    let id = number(acts);
    let script = script(dice);
    acts.push(Act {
        id,
        user: small(dice.roll(2)),
        at: moment(dice, calm / 4),
        what: What::Submit {
            script,
            key: dice.once_in(2).then(|| small(dice.roll(2))),
            company: None,
        },
    });
}

fn meddle(dice: &mut Dice, acts: &mut Vec<Act>, (of, user, from): (u32, u8, Duration), calm: Duration) {
    let id = number(acts);
    let stranger = (user + 1) % 3;
    let at = from
        + match dice.roll(8) {
            // About when a deadline passes.
            0 => Duration::from_secs(29 * 60) + dice.seconds(4 * 60),
            1 => Duration::from_secs(9 * 60) + dice.seconds(4 * 60),
            _ => moment(dice, calm),
        };
    let (user, what) = match dice.roll(16) {
        0..=4 => {
            if dice.once_in(2) {
                acts.push(Act {
                    id: id + 1,
                    user,
                    at: at + dice.seconds(30),
                    what: What::Retry { of },
                });
            }
            (user, What::Cancel { of })
        }
        5..=8 => (user, What::Retry { of }),
        9..=11 => {
            let other = dice.once_in(4);
            let at = from
                + if dice.once_in(2) {
                    Duration::ZERO
                } else {
                    dice.seconds(60)
                };
            let what = What::Again { of, other };
            acts.push(Act { id, user, at, what });
            return;
        }
        12..=14 => {
            let mine = dice.once_in(3);
            if dice.once_in(4) {
                acts.push(Act {
                    id: id + 1,
                    user,
                    at: at + dice.seconds(60),
                    what: What::HangUp { of: id },
                });
            }
            (user, What::Follow { of, mine })
        }
        _ => (stranger, What::Pry { of }),
    };
    acts.push(Act { id, user, at, what });
}

pub(crate) fn script(dice: &mut Dice) -> Script {
    let chunks = match dice.roll(6) {
        0..=1 => 1,
        2..=3 => 2,
        4 => 3,
        _ => 5,
    };
    Script {
        plan: steps(dice, 6),
        chunks: (0..chunks).map(|_| steps(dice, 3)).collect(),
        merge: steps(dice, 5),
        quick: dice.once_in(6),
        priority: small(dice.roll(3)),
    }
}

/// What a piece of work does: well at once, most of the time.
fn steps(dice: &mut Dice, odds: u64) -> Vec<Do> {
    let well = Do::Work(small(dice.roll(3)), Duration::from_secs(20 + dice.roll(15)));
    if !dice.once_in(odds) {
        return vec![well];
    }
    let bad = match dice.roll(9) {
        0..=2 => Do::Transient(None),
        3 => Do::Transient(Some(dice.delay())),
        4 => Do::Transient(Some(dice.seconds(50 * 60))),
        5 => Do::Panic,
        6 => Do::Fail,
        7 => Do::Work(4, Duration::from_secs(25)),
        _ => Do::Forever,
    };
    let mut steps = vec![bad; 1 + usize::from(small(dice.roll(3)))];
    if !dice.once_in(4) {
        steps.push(well);
    }
    steps
}

pub(crate) fn moment(dice: &mut Dice, within: Duration) -> Duration {
    match dice.roll(4) {
        0 => Duration::ZERO,
        1 => dice.seconds(5),
        2 => dice.seconds(90),
        _ => dice.seconds(within.as_secs()),
    }
}

pub(crate) fn number(acts: &[Act]) -> u32 {
    acts.iter().map(|act| act.id).max().unwrap_or(0) + 1
}

pub(crate) fn small(roll: u64) -> u8 {
    u8::try_from(roll).unwrap_or(0)
}
