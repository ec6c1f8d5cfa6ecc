//! Health and connections, as far as they can be tried without a running service.

use docmill_core::ports::Posted;

use crate::Ports;

/// Where the rules can run, everything answers.
pub async fn all_is_well(ports: &Ports) {
    let parts = ports.health.check().await;
    assert!(parts.iter().all(|(_, problem)| problem.is_none()), "{parts:?}");
}

/// 410 Gone is an answer, not an error.
pub async fn a_frame_to_nobody_finds_the_connection_gone(ports: &Ports) {
    let Some(connections) = &ports.connections else {
        return;
    };
    assert_eq!(connections.post("bm9ib2R5AAAAAAA=", "{}").await, Ok(Posted::Gone));
}
