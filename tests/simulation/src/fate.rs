//! What may happen to a port call, a delivery, a sweep, a batch of changes or a clock.

use std::fmt;
use std::time::Duration;

use crate::dice::Dice;

/// One deviation from a world in which everything works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Others go first.
    Yield,
    /// The call takes this long.
    Slow(Duration),
    /// The whole invocation stands still for this long: its renewals too.
    Freeze(Duration),
    /// Refused before its effect, with the time after which to ask again.
    Throttled(Option<Duration>),
    /// Two transactions met: refused before its effect.
    Conflict,
    /// Lost before its effect.
    LostBefore,
    /// Answer lost after its effect.
    LostAfter(Duration),
    /// Answer lost, and the effect comes this much later.
    Late(Duration),
    /// Answer lost on the way: the client sends the same call again after this long, and hears the second answer.
    Twice(Duration),
    /// Of a batch only the messages whose bits are set arrive; then an error.
    Part(u8),
    /// The invocation is killed before the call.
    KillBefore,
    /// The invocation is killed between the call's effect and its answer.
    KillAfter,
    /// A message is lost.
    Drop,
    /// A message, a sweep or a batch of changes comes twice.
    Double,
    /// A message, a sweep or a batch of changes comes this much later.
    Delay(Duration),
    /// Messages are handed to one invocation together.
    Batch(u8),
    /// The clock of an invocation is off by this many milliseconds: it sees leases expire early or late.
    Skew(i32),
    /// The batch of changes begins this many records earlier than it should.
    Rewind(u8),
    /// The stream loses a record.
    Lose,
    /// The call takes effect after another write on the same record has come in between, or after this long.
    Overtaken(Duration),
}

/// Number of kinds.
pub const KINDS: usize = 20;

/// Names of the kinds, in the order of `Fate::kind`.
pub const NAMES: [&str; KINDS] = [
    "yield",
    "slow call",
    "frozen invocation",
    "throttled",
    "transaction conflict",
    "lost before effect",
    "lost after effect",
    "effect comes late",
    "call sent twice",
    "part of a batch sent",
    "killed before a call",
    "killed after a call",
    "message or sweep lost",
    "doubled",
    "delayed",
    "several messages at once",
    "clock skew",
    "stream rewound",
    "stream record lost",
    "overtaken by another write",
];

impl Fate {
    /// Its kind, an index into [`NAMES`].
    pub const fn kind(self) -> usize {
        match self {
            Self::Yield => 0,
            Self::Slow(_) => 1,
            Self::Freeze(_) => 2,
            Self::Throttled(_) => 3,
            Self::Conflict => 4,
            Self::LostBefore => 5,
            Self::LostAfter(_) => 6,
            Self::Late(_) => 7,
            Self::Twice(_) => 8,
            Self::Part(_) => 9,
            Self::KillBefore => 10,
            Self::KillAfter => 11,
            Self::Drop => 12,
            Self::Double => 13,
            Self::Delay(_) => 14,
            Self::Batch(_) => 15,
            Self::Skew(_) => 16,
            Self::Rewind(_) => 17,
            Self::Lose => 18,
            Self::Overtaken(_) => 19,
        }
    }

    /// How long its effect lasts at most.
    pub const fn lasts(self) -> Duration {
        match self {
            Self::Slow(time)
            | Self::Freeze(time)
            | Self::LostAfter(time)
            | Self::Late(time)
            | Self::Twice(time)
            | Self::Overtaken(time)
            | Self::Delay(time) => time,
            Self::Throttled(Some(time)) => time,
            // A message that nobody deletes is hidden this long.
            Self::KillBefore | Self::KillAfter => Duration::from_secs(360),
            _ => Duration::ZERO,
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: Duration| time.as_secs_f64();
        match *self {
            Self::Slow(time) => write!(f, "which takes {:.3} s", seconds(time)),
            Self::Freeze(time) => write!(f, "after standing still for {:.3} s", seconds(time)),
            Self::Throttled(_) => f.write_str("but is throttled"),
            Self::Conflict => f.write_str("but meets another transaction"),
            Self::LostBefore => f.write_str("but the call is lost before its effect"),
            Self::LostAfter(_) => f.write_str("but the answer is lost after the effect"),
            Self::Late(time) => write!(
                f,
                "gets no answer, and the effect comes {:.3} s later",
                seconds(time)
            ),
            Self::Twice(time) => write!(f, "and the call is sent again after {:.3} s", seconds(time)),
            Self::Overtaken(time) => {
                write!(f, "which waits for another write, at most {:.0} s", seconds(time))
            }
            Self::Part(mask) => write!(f, "but only some arrive (mask {mask:08b})"),
            Self::KillBefore => f.write_str("but is killed before it can"),
            Self::KillAfter => f.write_str("and is killed right after"),
            other => f.write_str(NAMES[other.kind()]),
        }
    }
}

/// What a site offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Menu {
    /// A port call that reads.
    Read,
    /// A port call that writes.
    Write,
    /// A conditional write, whose effect may also come late.
    Step,
    /// A transaction.
    Transaction,
    /// A batch of messages.
    Send,
    /// A message handed to a worker.
    Delivery,
    /// A sweep.
    Sweep,
    /// A batch of changes.
    Stream,
    /// The clock of a new invocation.
    Clock,
}

/// How often which faults happen in one run. Each run has its own: a few kinds at a time find more than all at once.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    calls: u64,
    yields: u64,
    deliveries: u64,
    others: u64,
    clocks: u64,
    overtakings: u64,
    kinds: u32,
}

impl Weather {
    /// That of a run; in crowded ones writes overtake each other.
    pub(crate) fn of(dice: &mut Dice, crowded: bool) -> Self {
        let odds = [0, 300, 100, 60, 30, 15, 8];
        let mut some = |from: &[u64]| dice.pick(from).unwrap_or(0);
        let (calls, yields) = (some(&odds[..]), some(&[0, 0, 20, 4]));
        let (deliveries, others) = (some(&[0, 20, 8, 3]), some(&[0, 12, 4]));
        let clocks = some(&[0, 0, 3]);
        // Two of three kinds, or all.
        let kinds = if dice.once_in(4) {
            u32::MAX
        } else {
            u32::try_from((dice.next() | dice.next()) & 0xffff_ffff).unwrap_or(u32::MAX)
        };
        let overtakings = if crowded {
            dice.pick(&[0, 12, 3]).unwrap_or(0)
        } else {
            0
        };
        Self {
            calls,
            yields,
            deliveries,
            others,
            clocks,
            overtakings,
            kinds,
        }
    }

    pub(crate) fn draw(&self, menu: Menu, dice: &mut Dice) -> Option<Fate> {
        let odds = match menu {
            Menu::Read | Menu::Write | Menu::Step | Menu::Transaction | Menu::Send => {
                if dice.once_in(self.yields) {
                    return Some(Fate::Yield);
                }
                if menu == Menu::Transaction && dice.once_in(self.overtakings) {
                    return Some(Fate::Overtaken(Duration::from_secs(1 + dice.roll(25))));
                }
                self.calls
            }
            Menu::Delivery => self.deliveries,
            Menu::Sweep | Menu::Stream => self.others,
            Menu::Clock => self.clocks,
        };
        if !dice.once_in(odds) {
            return None;
        }
        let fate = one_of(menu, dice)?;
        (self.kinds & (1 << fate.kind()) != 0).then_some(fate)
    }
}

/// A call that its sender gave up has its effect within ten seconds, or never. (A renewal that came after the next one
/// would shorten the lease behind its holder's back.)
const LATEST_S: u64 = 10;

fn one_of(menu: Menu, dice: &mut Dice) -> Option<Fate> {
    let common = 7;
    let own = match menu {
        Menu::Read => 0,
        Menu::Write => 3,
        Menu::Step | Menu::Send | Menu::Transaction => 5,
        Menu::Delivery => return Some(delivery(dice)),
        Menu::Sweep => {
            return Some(match dice.roll(4) {
                0 => Fate::Drop,
                1 => Fate::Delay(dice.seconds(59)),
                _ => Fate::Double,
            });
        }
        Menu::Stream => {
            return Some(match dice.roll(8) {
                0..=2 => Fate::Delay(dice.delay()),
                3 => Fate::Batch(1 + u8::try_from(dice.roll(3)).unwrap_or(0)),
                4 => Fate::Double,
                5..=6 => Fate::Rewind(1 + u8::try_from(dice.roll(20)).unwrap_or(0)),
                _ => Fate::Lose,
            });
        }
        Menu::Clock => {
            let off = i32::try_from(dice.roll(2 * crate::watch::SKEW_MS)).unwrap_or(0);
            return Some(Fate::Skew(
                off - i32::try_from(crate::watch::SKEW_MS).unwrap_or(0),
            ));
        }
    };
    Some(match dice.roll(common + own) {
        0..=1 => Fate::Slow(dice.delay()),
        2 => Fate::Freeze(dice.delay()),
        3 => Fate::Throttled(dice.once_in(4).then(|| dice.seconds(60))),
        4 => Fate::LostBefore,
        5 => Fate::KillBefore,
        6 => Fate::KillAfter,
        7..=8 => Fate::LostAfter(dice.delay()),
        9 => Fate::Twice(dice.delay()),
        _ => match menu {
            Menu::Step => Fate::Late(dice.seconds(LATEST_S)),
            Menu::Transaction => Fate::Conflict,
            _ => Fate::Part(u8::try_from(dice.roll(256)).unwrap_or(0)),
        },
    })
}

fn delivery(dice: &mut Dice) -> Fate {
    match dice.roll(8) {
        0 => Fate::Drop,
        1..=2 => Fate::Double,
        3..=6 => Fate::Delay(dice.delay()),
        _ => Fate::Batch(2 + u8::try_from(dice.roll(2)).unwrap_or(0)),
    }
}
