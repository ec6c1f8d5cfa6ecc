//! From a failing run to a short one: acts and faults that the failure does not need are taken out, what is left is made
//! simpler, as long as the same promise breaks.

use std::time::Duration;

use crate::plants::Plant;
use crate::run::play;
use crate::scenario::{Do, What};
use crate::story::Story;
use crate::tape::Tape;

/// Runs spent on one failure.
const MOST_RUNS: u32 = 3_000;

struct Shrinker {
    best: Tape,
    promise: &'static str,
    plant: Option<Plant>,
    runs: u32,
}

/// The story of a failing tape; `None` when it does not fail.
pub fn shrink(tape: Tape, plant: Option<Plant>) -> Option<Story> {
    let first = play(tape.clone(), plant, false);
    let promise = first.violation?.promise;
    let mut shrinker = Shrinker {
        best: tape,
        promise,
        plant,
        runs: 0,
    };
    loop {
        let before = shrinker.best.clone();
        shrinker.drop_acts();
        shrinker.drop_fates();
        shrinker.simplify();
        if shrinker.best == before {
            break;
        }
    }
    let told = play(shrinker.best, plant, true);
    Some(Story {
        seed: told.tape.seed,
        causes: told.tape.len(),
        violation: told.violation?,
        lines: told.lines,
    })
}

impl Shrinker {
    /// Keeps `tape` if it breaks the same promise.
    fn attempt(&mut self, tape: Tape) -> bool {
        if self.runs >= MOST_RUNS || tape == self.best {
            return false;
        }
        self.runs += 1;
        let ran = play(tape, self.plant, false);
        let fails = ran.violation.is_some_and(|found| found.promise == self.promise);
        if fails {
            self.best = ran.tape;
        }
        fails
    }

    fn drop_acts(&mut self) {
        let mut at = self.best.acts.len();
        while at > 0 {
            at -= 1;
            let mut tape = self.best.clone();
            tape.acts.remove(at);
            self.attempt(tape);
        }
        let mut tape = self.best.clone();
        tape.outage = None;
        self.attempt(tape);
    }

    /// Halves, quarters, … down to single faults.
    fn drop_fates(&mut self) {
        let mut size = self.best.fates.len();
        while size > 0 {
            let mut from = 0;
            while from < self.best.fates.len() {
                let mut tape = self.best.clone();
                let sites: Vec<_> = tape.fates.keys().copied().skip(from).take(size).collect();
                for site in sites {
                    tape.fates.remove(&site);
                }
                if !self.attempt(tape) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    /// An earlier calm, fewer chunks, pieces of work that go well at once, round times, no keys.
    fn simplify(&mut self) {
        // Without faults after this one the rest of a run is quiet anyway.
        loop {
            let mut tape = self.best.clone();
            tape.calm /= 2;
            if tape.calm < Duration::from_secs(1) || !self.attempt(tape) {
                break;
            }
        }
        for at in 0..self.best.acts.len() {
            let mut tape = self.best.clone();
            tape.acts[at].at = Duration::from_secs(tape.acts[at].at.as_secs());
            self.attempt(tape);
            while self.change(at, |what| match what {
                What::Submit { script, .. } if script.chunks.len() > 1 => {
                    script.chunks.pop();
                }
                _ => {}
            }) {}
            self.change(at, |what| {
                if let What::Submit { script, .. } = what {
                    script.quick = false;
                }
            });
            self.change(at, |what| {
                if let What::Submit { key, .. } = what {
                    *key = None;
                }
            });
            self.change(at, |what| {
                if let What::Submit { script, .. } = what {
                    script.plan = well();
                }
            });
            self.change(at, |what| {
                if let What::Submit { script, .. } = what {
                    script.merge = well();
                }
            });
            for chunk in 0..5 {
                self.change(at, |what| {
                    if let What::Submit { script, .. } = what
                        && let Some(steps) = script.chunks.get_mut(chunk)
                    {
                        *steps = well();
                    }
                });
            }
        }
    }

    fn change(&mut self, at: usize, change: impl Fn(&mut What)) -> bool {
        let mut tape = self.best.clone();
        let Some(act) = tape.acts.get_mut(at) else {
            return false;
        };
        change(&mut act.what);
        self.attempt(tape)
    }
}

fn well() -> Vec<Do> {
    vec![Do::Work(0, Duration::ZERO)]
}
