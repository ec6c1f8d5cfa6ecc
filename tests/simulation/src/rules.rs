//! What an installation allows in a run.

use std::time::Duration;

use docmill_core::account::{Allowance, Window, WindowRule};
use docmill_core::running::RunningLimits;

use crate::dice::Dice;
use crate::lines::PRICE;

/// Limits of a run, from its seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Several people in two companies, many of whom come near a limit; else three users without any.
    pub(crate) crowded: bool,
    pub(crate) running: RunningLimits,
    pub(crate) allowance: Allowance,
    /// Paid calls are questions to a language model.
    pub(crate) asks: bool,
    /// Tokens that each may spend on them in a month.
    pub(crate) monthly_tokens: u64,
}

impl Default for Rules {
    /// Nobody meets a limit who does not look for one.
    fn default() -> Self {
        let mut allowance = Allowance {
            monthly_grant: 1_000_000,
            ..Allowance::default()
        };
        allowance.uploads.limit = 1_000_000;
        allowance.starts.limit = 1_000_000;
        Self {
            crowded: false,
            running: RunningLimits::default(),
            allowance,
            asks: false,
            monthly_tokens: u64::MAX / 2,
        }
    }
}

impl Rules {
    /// Every second run is crowded. The limits of those are as low as they go, and some are not there: one that is
    /// always met first would hide the others.
    pub(crate) fn of(seed: u64) -> Self {
        let mut rules = Self::default();
        // Most runs have few jobs: one of three is to find its user's places taken.
        if seed.is_multiple_of(3) {
            rules.running.user = 1;
        }
        rules.asks = seed % 8 > 5;
        // Some are told after a few questions that there are no tokens left.
        if seed.is_multiple_of(5) {
            rules.monthly_tokens = 600;
        }
        if seed.is_multiple_of(2) {
            return rules;
        }
        rules.crowded = true;
        let dice = &mut Dice::new(seed ^ 0x11_717);
        rules.running.company = dice.pick(&[1, 2, 50]).unwrap_or(50);
        rules.allowance.uploads = window(dice, 900);
        rules.allowance.starts = window(dice, 3_600);
        if dice.once_in(2) {
            let price = u64::from(PRICE);
            rules.allowance.monthly_grant = u32::try_from(price + dice.roll(3 * price)).unwrap_or(PRICE);
            rules.allowance.floor = -i64::try_from(dice.roll(2 * price)).unwrap_or(0);
        }
        rules
    }

    pub(crate) fn windows_of(pipeline: &str, created: bool) -> impl Iterator<Item = Window> {
        let uploads = created.then_some(Window::Uploads);
        let starts = (pipeline == crate::lines::QUICK).then_some(Window::Starts);
        uploads.into_iter().chain(starts)
    }
}

/// Long ones end after the run, short ones in the middle of it.
fn window(dice: &mut Dice, long_s: u64) -> WindowRule {
    let limit = dice.pick(&[1, 2, 3, 1_000_000]).unwrap_or(2);
    let length = dice.pick(&[60, 180, long_s]).unwrap_or(long_s);
    WindowRule {
        limit,
        length: Duration::from_secs(length),
    }
}
