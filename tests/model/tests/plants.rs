//! The check finds what it is there to find: faults put into the protocol on purpose, each with a shortest path to
//! what it breaks.

use docmill_model::{Bounds, Plant, counterexample, dead_end};

const ONE_OF_EACH: Bounds = Bounds {
    faults: 1,
    failures: 1,
    cancels: 1,
    retries: 1,
};

const CALM: Bounds = Bounds {
    faults: 0,
    failures: 0,
    cancels: 0,
    retries: 0,
};

fn finds(plant: Plant, bounds: Bounds, broken: &str) {
    let path = counterexample(bounds, plant).unwrap_or_default();
    println!("{plant:?}: {path}");
    assert!(path.contains(broken), "{plant:?} is not found: {path}");
}

#[test]
fn without_the_fencing_token_an_overtaken_holder_records() {
    let bounds = Bounds { faults: 1, ..CALM };
    finds(
        Plant::NoToken,
        bounds,
        "a holder that was overtaken records nothing",
    );
}

#[test]
fn without_the_guard_on_settled_chunks_one_is_claimed_again() {
    let bounds = Bounds { faults: 1, ..CALM };
    finds(
        Plant::ClaimsSettled,
        bounds,
        "what is settled is not claimed again",
    );
}

#[test]
fn without_the_guard_on_cancels_a_cancelled_job_is_claimed() {
    let bounds = Bounds { cancels: 1, ..CALM };
    finds(
        Plant::ForgetsCancel,
        bounds,
        "after a cancel no lease is given or renewed",
    );
}

#[test]
fn without_the_guard_on_leases_two_hold_a_chunk() {
    let bounds = Bounds { faults: 1, ..CALM };
    finds(
        Plant::ClaimsHeld,
        bounds,
        "while a lease lives nobody else has a say",
    );
}

#[test]
fn without_the_guard_on_attempts_an_old_one_changes_the_new() {
    finds(
        Plant::AnyAttempt,
        ONE_OF_EACH,
        "a step changes its own attempt alone",
    );
}

#[test]
fn a_message_acknowledged_first_leaves_its_chunk_to_nobody() {
    finds(
        Plant::AcknowledgesFirst,
        CALM,
        "a message goes after its consequence is durable",
    );
}

#[test]
fn a_chunk_recorded_first_is_done_without_an_output() {
    finds(Plant::RecordsFirst, CALM, "what is done has its output");
}

#[test]
fn without_sweep_a_job_whose_message_was_not_sent_never_ends() {
    let path = dead_end(CALM, Plant::NoSweep).unwrap_or_default();
    println!("{:?}: {path}", Plant::NoSweep);
    assert!(path.contains("the end can be reached"), "{path}");
}
