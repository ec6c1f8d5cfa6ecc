//! Runs seeds and, should a promise break, tells the story.
//!
//! ```text
//! make simulate SEEDS=100000 FROM=20000
//! make simulate PLANT=list
//! ```

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use docmill_simulation::{NAMES, Plant, search, shrink};

#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Plant a bug, to see it found; `list` names them.
    #[arg(long)]
    plant: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let plant = match arguments.plant.as_deref() {
        None | Some("") => None,
        Some("list") => {
            list();
            return ExitCode::SUCCESS;
        }
        Some(name) => {
            let Some(plant) = Plant::named(name) else {
                eprintln!("simulate: there is no plant `{name}`: PLANT=list names them");
                return ExitCode::from(2);
            };
            Some(plant)
        }
    };
    let started = Instant::now();
    let found = search(
        arguments.from..arguments.from.saturating_add(arguments.seeds),
        plant,
    );
    let seconds = started.elapsed().as_secs_f64();
    println!("{} seeds in {seconds:.1} s", found.seeds);
    println!("faults:");
    for (name, count) in NAMES.iter().zip(found.faults) {
        println!("  {count:>9} {name}");
    }
    println!("ends of attempts:");
    for (end, count) in &found.ends {
        println!("  {count:>9} {end}");
    }
    println!("answers to requests:");
    for (answer, count) in &found.asked {
        println!("  {count:>9} {answer}");
    }
    println!(
        "paid calls by a holder of an attempt that was over: {}",
        found.across_attempts
    );
    let Some(tape) = found.failure else {
        println!("every promise held");
        return ExitCode::SUCCESS;
    };
    match shrink(tape, plant) {
        Some(story) => println!("\n{story}"),
        None => println!(
            "\nthe failure does not repeat itself: the run depends on something that is not on the tape"
        ),
    }
    ExitCode::FAILURE
}

fn list() {
    for plant in Plant::ALL {
        println!(
            "{:<27} {:<10} {}",
            plant.name(),
            plant.breaks().join(", "),
            plant.sentence()
        );
    }
}
