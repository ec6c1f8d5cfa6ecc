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
use support::{Used, measured};

const MOST_CPU: Duration = Duration::from_secs(1);
const MOST_MEMORY_BYTES: usize = 64 << 20;

/// Makes a file.
type Make = fn() -> Vec<u8>;

/// A name, a file, and the code that it is refused by.
type Bomb = (&'static str, Make, &'static str);

fn are_refused(bombs: &[Bomb]) {
    for (name, make, code) in bombs {
        let (found, used) = reading(*make);
        assert_eq!(found, *code, "{name}");
        is_within(name, used);
    }
}

/// What is refused late, or not at all, costs no more than what is refused.
fn are_cheap(files: &[(&'static str, Make)]) {
    for (name, make) in files {
        let (found, used) = reading(*make);
        assert_ne!(found, "unfinished", "{name}");
        is_within(name, used);
    }
}

/// The code that a file is refused by, and what reading it cost: the best of three where it was too slow, since a busy
/// machine adds to processor time and never takes from it.
fn reading(make: Make) -> (&'static str, Used) {
    let (code, mut used) = reading_once(make);
    for _ in 0..2 {
        if used.cpu >= MOST_CPU {
            used.cpu = used.cpu.min(reading_once(make).1.cpu);
        }
    }
    (code, used)
}

fn reading_once(make: Make) -> (&'static str, Used) {
    let (output, used) = measured(make, |file| {
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
