//! Texts and lists beside the record: [`docmill_core::ports::DetailStore`].

use docmill_core::ports::{Details, FailureDetail, FileDetail, RequestDetail};
use docmill_core::view::Event;
use serde_json::json;

use crate::Ports;
use crate::make::at;

fn failure(n: u32, message: &str) -> FailureDetail {
    FailureDetail {
        label: format!("pages {n}–{}", n + 1),
        message: message.to_owned(),
    }
}

/// Nothing is there, then what was written last.
pub async fn the_latest_word_stands(ports: &Ports) {
    let (id, other) = (ports.fresh_id(), ports.fresh_id());
    assert_eq!(ports.details.details(id).await, Ok(Details::default()));
    for (size, message) in [(1, "first"), (2, "second")] {
        let file = FileDetail {
            name: "a.txt".to_owned(),
            size,
            ..FileDetail::default()
        };
        let request = RequestDetail {
            files: vec![file],
            settings: json!({ "size": size }),
        };
        ports.details.put_request(id, &request, at(1_000)).await.unwrap();
        ports
            .details
            .put_failure(id, 3, &failure(3, message), at(1_000))
            .await
            .unwrap();
        let wanted = Details {
            request,
            failures: [(3, failure(3, message))].into(),
        };
        assert_eq!(ports.details.details(id).await, Ok(wanted));
    }
    assert_eq!(ports.details.details(other).await, Ok(Details::default()));
}

/// Every chunk of a large job may fail with a long sentence.
pub async fn many_failures_fit(ports: &Ports) {
    let id = ports.fresh_id();
    let long = "é".repeat(300);
    for n in 0..120 {
        ports
            .details
            .put_failure(id, n, &failure(n, &long), at(1_000))
            .await
            .unwrap();
    }
    let failures = ports.details.details(id).await.unwrap().failures;
    assert_eq!(failures, (0..120).map(|n| (n, failure(n, &long))).collect());
}

/// Details and events of one job go apart, and those of others stay.
pub async fn what_is_forgotten_is_gone(ports: &Ports) {
    let (id, other) = (ports.fresh_id(), ports.fresh_id());
    for job in [id, other] {
        for n in 0..30 {
            let detail = failure(n, "A sentence.");
            ports
                .details
                .put_failure(job, n, &detail, at(1_000))
                .await
                .unwrap();
        }
        let event = Event {
            job_id: job,
            ..Event::of(None, &ports.job("someone"))
        };
        ports.events.append(&event, at(1_000)).await.unwrap();
    }
    let events = async |job| ports.events.after(job, 0, 10).await.unwrap().len();
    ports.details.forget(id).await.unwrap();
    assert_eq!(ports.details.details(id).await, Ok(Details::default()));
    assert_eq!(events(id).await, 1);
    ports.events.forget(id).await.unwrap();
    assert_eq!((events(id).await, events(other).await), (0, 1));
    assert_eq!(ports.details.details(other).await.unwrap().failures.len(), 30);
}
