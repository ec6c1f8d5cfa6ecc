//! Many seeds, on every core; each seed itself runs on one thread.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::fate::KINDS;
use crate::plants::Plant;
use crate::run::{Ran, draw};
use crate::tape::Tape;

/// Seeds that a thread takes at a time.
const STRIDE: u64 = 16;

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Seeds that were run.
    pub seeds: u64,
    /// The failing tape with the lowest seed that was seen.
    pub failure: Option<Tape>,
    /// Faults that happened, by kind.
    pub faults: [u64; KINDS],
    /// Attempts that were completed, by outcome.
    pub ends: BTreeMap<String, u64>,
    /// Requests about jobs and companies, by what the user was to them and what came of it.
    pub asked: BTreeMap<String, u64>,
    /// Paid calls under a lease of an attempt that was over, while the next one ran.
    pub across_attempts: u64,
}

impl Found {
    fn add(&mut self, ran: Ran) {
        self.seeds += 1;
        for (sum, count) in self.faults.iter_mut().zip(ran.faults) {
            *sum += count;
        }
        add(&mut self.ends, ran.ends);
        add(&mut self.asked, ran.asked);
        self.across_attempts += ran.across_attempts;
        if ran.violation.is_some() && self.failure.as_ref().is_none_or(|tape| ran.tape.seed < tape.seed) {
            self.failure = Some(ran.tape);
        }
    }

    fn join(&mut self, other: Self) {
        self.seeds += other.seeds;
        for (sum, count) in self.faults.iter_mut().zip(other.faults) {
            *sum += count;
        }
        add(&mut self.ends, other.ends);
        add(&mut self.asked, other.asked);
        self.across_attempts += other.across_attempts;
        if let Some(tape) = other.failure
            && self.failure.as_ref().is_none_or(|known| tape.seed < known.seed)
        {
            self.failure = Some(tape);
        }
    }
}

fn add(sums: &mut BTreeMap<String, u64>, counts: BTreeMap<String, u64>) {
    for (name, count) in counts {
        *sums.entry(name).or_default() += count;
    }
}

/// Runs the seeds up to the first failure: of all failing seeds the lowest is found, whatever the number of threads.
pub fn search(seeds: Range<u64>, plant: Option<Plant>) -> Found {
    let next = AtomicU64::new(seeds.start);
    let stop = AtomicU64::new(seeds.end);
    let all = Mutex::new(Found::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut mine = Found::default();
                loop {
                    let from = next.fetch_add(STRIDE, Ordering::Relaxed);
                    if from >= stop.load(Ordering::Relaxed) {
                        break;
                    }
                    for seed in from..(from + STRIDE).min(seeds.end) {
                        let ran = draw(seed, plant);
                        let failed = ran.violation.is_some();
                        mine.add(ran);
                        if failed {
                            stop.fetch_min(seed, Ordering::Relaxed);
                            break;
                        }
                    }
                }
                all.lock().unwrap_or_else(PoisonError::into_inner).join(mine);
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}
