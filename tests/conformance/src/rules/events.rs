//! The list of events: [`docmill_core::ports::EventLog`].

use docmill_core::ids::JobId;
use docmill_core::job::Status;
use docmill_core::ports::FailureDetail;
use docmill_core::view::{Event, EventType};

use crate::Ports;
use crate::make::at;

fn event(job_id: JobId, version: u64) -> Event {
    Event {
        kind: EventType::Progress,
        job_id,
        version,
        at: at(i64::try_from(version % 1_000_000).unwrap()),
        status: Status::Processing,
        stage: "Découpage (1/2)".to_owned(),
        progress_percent: 40,
        processed_chunks: 1,
        total_chunks: Some(2),
        message: version.is_multiple_of(2).then(|| "A warning.".to_owned()),
    }
}

async fn versions(ports: &Ports, id: JobId, after: u64, limit: usize) -> Vec<u64> {
    ports
        .events
        .after(id, after, limit)
        .await
        .unwrap()
        .iter()
        .map(|event| event.version)
        .collect()
}

/// Oldest first by number, not by text, whatever the order of writing; only this job's; only newer ones.
pub async fn events_come_in_order(ports: &Ports) {
    let (id, other) = (ports.fresh_id(), ports.fresh_id());
    assert_eq!(versions(ports, id, 0, 10).await, Vec::<u64>::new());
    for version in [10, 9, 1, 2, 100, u64::MAX] {
        ports.events.append(&event(id, version), at(1_000)).await.unwrap();
    }
    ports.events.append(&event(other, 3), at(1_000)).await.unwrap();
    // A job's details stand in the same table on AWS.
    let detail = FailureDetail {
        label: "pages 1–2".to_owned(),
        message: "No text.".to_owned(),
    };
    ports
        .details
        .put_failure(id, 0, &detail, at(1_000))
        .await
        .unwrap();
    assert_eq!(versions(ports, id, 0, 100).await, [1, 2, 9, 10, 100, u64::MAX]);
    assert_eq!(versions(ports, id, 2, 2).await, [9, 10]);
    assert_eq!(versions(ports, id, 100, 10).await, [u64::MAX]);
    assert_eq!(versions(ports, id, u64::MAX, 10).await, Vec::<u64>::new());
    assert_eq!(ports.events.after(id, 9, 1).await, Ok(vec![event(id, 10)]));
}

/// A replay writes the same event again.
pub async fn a_version_is_written_once(ports: &Ports) {
    let id = ports.fresh_id();
    for _ in 0..2 {
        ports.events.append(&event(id, 7), at(1_000)).await.unwrap();
    }
    assert_eq!(ports.events.after(id, 0, 10).await, Ok(vec![event(id, 7)]));
}
