//! Inputs made at random, each of which has to be done with within a second of processor time, without a panic, and as its
//! check wants it. One for which that does not hold is kept.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::Failure;

/// Processor time for one input.
const MOST_CPU: Duration = Duration::from_secs(1);

/// Makes and checks inputs for so many seconds of processor time.
pub(crate) fn run(
    name: &str,
    seconds: u64,
    seed: u64,
    keep: &Path,
    make: impl Fn(&mut StdRng) -> Vec<u8>,
    check: impl Fn(&[u8], &mut StdRng) -> Result<&'static str, String>,
) -> Result<ExitCode, Failure> {
    println!("seed {seed}");
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let until = cpu()? + Duration::from_secs(seconds);
    let mut found: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    let mut failures = 0;
    let mut files = 0;
    let mut began = cpu()?;
    while began < until {
        let number = files;
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        let file = make(&mut random);
        let before = cpu()?;
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&file, &mut random)))
            .unwrap_or_else(|_| Err("it panicked".to_owned()));
        let ended = cpu()?;
        let took = ended.saturating_sub(before);
        slowest = slowest.max(took);
        let outcome = match outcome {
            Ok(_) if took > MOST_CPU => Err(format!("it took {took:?}")),
            outcome => outcome,
        };
        match outcome {
            Ok(code) => *found.entry(code).or_default() += 1,
            Err(reason) => {
                failures += 1;
                std::fs::create_dir_all(keep)?;
                let path = keep.join(format!("{name}-{seed}-{number}"));
                std::fs::write(&path, &file)?;
                println!("{}: {reason}", path.display());
            }
        }
        files += 1;
        began = ended;
    }
    println!("{name}: {files} files, {failures} failures, slowest {slowest:?}, {found:#?}");
    Ok(if failures > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Processor time of this thread: the first number that Linux has for it.
fn cpu() -> Result<Duration, Failure> {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = numbers.split(' ').next().unwrap_or_default();
    Ok(Duration::from_nanos(first.parse()?))
}
