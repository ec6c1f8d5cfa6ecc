//! Files made to exhaust whoever reads them: each is refused by its code within a second of processor time and 64 MB.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod codes;
mod office;
mod pdf;
mod pictures;
mod text;
mod zips;

use std::time::Duration;

use docmill_documents::sheets::{Limits, Reading, decode, read_sheets};
use support::{Alone, Used};

const MOST_CPU: Duration = Duration::from_secs(1);
const MOST_MEMORY_BYTES: usize = 64 << 20;
/// Readings of what seems too slow.
const MOST_READINGS: u32 = 10;

/// Makes a file.
type Make = fn() -> Vec<u8>;

/// A name, a file, and the code that it is refused by.
type Bomb = (&'static str, Make, &'static str);

fn are_refused(bombs: &[Bomb]) {
    let alone = Alone::wait();
    for (name, make, code) in bombs {
        let (found, used) = at_best(|| reading(&alone, *make));
        assert_eq!(found, *code, "{name}");
        is_within(name, used);
    }
}

/// What is refused late, or not at all, costs no more than what is refused.
fn are_cheap(files: &[(&'static str, Make)]) {
    let alone = Alone::wait();
    for (name, make) in files {
        let (found, used) = at_best(|| reading(&alone, *make));
        assert_ne!(found, "unfinished", "{name}");
        is_within(name, used);
    }
}

/// What a reading found, and its cost: the least of some where it was too slow. Whoever shares a core or its caches adds
/// to processor time, half as much again for as long as they work and more now and then, and never takes from it.
fn at_best<T>(reading: impl Fn() -> (T, Used)) -> (T, Used) {
    let (found, mut used) = reading();
    for _ in 1..MOST_READINGS {
        if used.cpu >= MOST_CPU {
            used.cpu = used.cpu.min(reading().1.cpu);
        }
    }
    (found, used)
}

/// The code that a file is refused by, and what reading it cost.
fn reading(alone: &Alone, make: Make) -> (&'static str, Used) {
    let (output, used) = alone.measured(make, |file| {
        let mut output = Vec::new();
        read_sheets(&["-".to_owned()], file, &mut output).unwrap();
        output
    });
    let code = match decode(&output, &Limits::default()) {
        Reading::Refused(refusal) => refusal.code(),
        Reading::Tables(_) => "read",
        Reading::Unfinished => "unfinished",
    };
    (code, used)
}

/// What a file may cost.
fn is_within(name: &str, used: Used) {
    println!(
        "{name}: {} CPU-ms, {} KB",
        used.cpu.as_millis(),
        used.memory_bytes >> 10
    );
    assert!(used.cpu < MOST_CPU, "{name}: {used:?}");
    assert!(used.memory_bytes < MOST_MEMORY_BYTES, "{name}: {used:?}");
}
