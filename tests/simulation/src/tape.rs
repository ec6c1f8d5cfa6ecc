//! The record of a run: what users do, and every deviation from a world in which everything works. Played again it gives
//! the same run, and single entries can be taken out: what is not on the tape goes well.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::dice::Dice;
use crate::edits;
use crate::fate::{Fate, Menu, Weather};
use crate::rules::Rules;
use crate::scenario::{Act, Outage, Scenario};

/// Where something may deviate: in the life of whom (a hash of its name), and which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    pub(crate) who: u64,
    pub(crate) nth: u32,
}

/// Everything that makes one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    /// Where ids, tokens and jitter come from.
    pub seed: u64,
    /// What users do.
    pub acts: Vec<Act>,
    /// For a while nothing is delivered.
    pub outage: Option<Outage>,
    /// No more faults from here on.
    pub calm: Duration,
    /// The deviations.
    pub fates: BTreeMap<Site, Fate>,
}

impl Tape {
    /// The users' part of the tape of `seed`; the faults are drawn as the run goes.
    pub(crate) fn blank(seed: u64) -> Self {
        let Scenario {
            mut acts,
            outage,
            calm,
        } = Scenario::of(&mut Dice::new(seed), &Rules::of(seed));
        edits::draw(seed, &mut acts);
        Self {
            seed,
            acts,
            outage,
            calm,
            fates: BTreeMap::new(),
        }
    }

    /// Deviations and acts: what a shrunk tape has few of.
    pub fn len(&self) -> usize {
        self.acts.len() + self.fates.len()
    }

    /// Whether nobody does anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where deviations come from.
pub(crate) enum Source {
    /// Drawn now, and put on the tape.
    Drawn(Box<(Dice, Weather)>),
    /// As the tape has them.
    Played,
}

impl Source {
    /// Draws for `seed`.
    pub(crate) fn drawn(seed: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0xfa7e);
        let weather = Weather::of(&mut dice, Rules::of(seed).crowded);
        Self::Drawn(Box::new((dice, weather)))
    }

    pub(crate) fn at(&mut self, site: Site, menu: Menu, fates: &mut BTreeMap<Site, Fate>) -> Option<Fate> {
        match self {
            Self::Drawn(drawn) => {
                let (dice, weather) = &mut **drawn;
                let fate = weather.draw(menu, dice)?;
                fates.insert(site, fate);
                Some(fate)
            }
            Self::Played => fates.get(&site).copied(),
        }
    }
}
