//! Every reachable state of the protocol, under several allowances of what may happen.

use docmill_model::{Bounds, Explored, Plant, explore};

const CALM: Bounds = Bounds {
    faults: 0,
    failures: 3,
    cancels: 1,
    retries: 0,
};

fn checked(name: &str, bounds: Bounds, reduced: bool) -> Explored {
    let explored = explore(bounds, Plant::Nothing, reduced);
    println!(
        "{name}: {} states, {} steps, depth {} ({bounds:?}{})",
        explored.states,
        explored.steps,
        explored.depth,
        if reduced { ", alike states once" } else { "" },
    );
    for broken in &explored.broken {
        println!("{broken}");
    }
    assert!(explored.broken.is_empty(), "{name}: see the paths above");
    assert_eq!(
        explored.stuck, 0,
        "{name}: states from which the end cannot be reached"
    );
    explored
}

#[test]
fn every_failure_of_a_pipeline_and_a_cancel() {
    let explored = checked("calm", CALM, true);
    assert_eq!(explored.never, [""; 0]);
}

/// What is left out as alike must not be what breaks.
#[test]
fn nothing_is_hidden_by_leaving_out_states_that_are_alike() {
    let bounds = Bounds { failures: 0, ..CALM };
    let all = checked("calm, all states", bounds, false);
    let some = checked("calm", bounds, true);
    assert_eq!(all.never, some.never);
    assert!(some.states * 4 < all.states);
}

#[test]
fn a_fault_and_a_cancel() {
    let bounds = Bounds {
        faults: 1,
        failures: 1,
        ..CALM
    };
    let explored = checked("a fault and a cancel", bounds, true);
    assert_eq!(explored.never, [""; 0]);
}

/// Enough to kill the worker of a slot each time.
#[test]
fn three_faults() {
    let bounds = Bounds {
        faults: 3,
        failures: 0,
        cancels: 0,
        retries: 0,
    };
    let explored = checked("three faults", bounds, true);
    assert_eq!(explored.never, ["cancelled"]);
}

#[test]
fn a_failure_a_cancel_and_a_retry() {
    let bounds = Bounds {
        failures: 1,
        retries: 1,
        ..CALM
    };
    let explored = checked("a failure, a cancel and a retry", bounds, true);
    assert_eq!(explored.never, [""; 0]);
}

/// Some minutes and gigabytes: `cargo test -p docmill-model --release -- --ignored --nocapture`.
#[test]
#[ignore = "explores ten times as much"]
fn deeper() {
    for (faults, failures, cancels, retries) in [(2, 1, 1, 0), (1, 1, 0, 1), (4, 0, 0, 0)] {
        let bounds = Bounds {
            faults,
            failures,
            cancels,
            retries,
        };
        checked("deeper", bounds, true);
    }
}
