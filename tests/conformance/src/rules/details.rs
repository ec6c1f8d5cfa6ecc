//! Texts and lists beside the record: [`docmill_core::ports::DetailStore`].

use docmill_core::ports::{Details, FailureDetail, FileDetail, RequestDetail};
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
