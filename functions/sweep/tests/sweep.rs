//! `sweep` over an installation in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use docmill_core::job::{Priority, Status};
use docmill_core::sweep::Swept;
use docmill_sweep::SweepApp;
use docmill_testing::{Installation, recorded};
use serde_json::{Value, json};

fn app(installation: &Installation) -> SweepApp {
    SweepApp {
        sweep: installation.sweep(),
    }
}

fn sweep(installation: &Installation, event: &Value) -> Swept {
    installation.run(app(installation).handle(event))
}

#[test]
fn anything_starts_a_sweep_that_tells_what_it_did() {
    let installation = Installation::default();
    for event in [
        recorded("sweep"),
        json!({}),
        json!(null),
        json!([1]),
        json!({"ahead_ms": "x"}),
    ] {
        assert_eq!(
            serde_json::to_value(sweep(&installation, &event)).unwrap(),
            json!({"looked_at": 0, "messages_sent": 0, "ended": 0, "warned": 0, "gaps": 0, "dead_letters": 0,
                "parked": 0, "forgotten": 0, "deletions": 0, "dissolved": 0, "exported": 0, "orphans": 0,
                "wrong_balances": 0, "errors": 0})
        );
    }
}

#[test]
fn a_look_ahead_sees_what_is_due_soon() {
    let installation = Installation::default();
    installation.run(installation.submit("un"));
    assert_eq!(sweep(&installation, &json!({})).looked_at, 0);
    let early = sweep(&installation, &json!({"ahead_ms": 180_000}));
    assert_eq!(
        (early.looked_at, early.messages_sent),
        (1, 0),
        "to look early is harmless"
    );
}

#[test]
fn a_lost_message_is_sent_again_and_a_dead_one_is_dealt_with() {
    let installation = Installation::default();
    let job = installation.run(installation.submit("un"));
    for delivery in installation.memory.queue.receive(Priority::Normal, 10) {
        installation.memory.queue.acknowledge(&delivery);
    }
    installation.clock.advance(Duration::from_secs(180));
    let swept = sweep(&installation, &json!({}));
    assert_eq!((swept.looked_at, swept.messages_sent, swept.errors), (1, 1, 0));
    installation.run(installation.work());
    assert_eq!(installation.job(job.id).status, Status::Completed);

    installation
        .memory
        .queue
        .send_raw(Priority::Normal, "t", "not a message");
    for _ in 0..11 {
        installation.memory.queue.receive(Priority::Normal, 1);
        installation.clock.advance(Duration::from_secs(361));
    }
    let swept = sweep(&installation, &json!({}));
    assert_eq!((swept.parked, swept.dead_letters), (1, 0));
}
