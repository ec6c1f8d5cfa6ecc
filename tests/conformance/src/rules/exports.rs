//! Exports of companies.

use docmill_core::export::{Export, ExportStatus, Part, Position};
use docmill_core::ports::ListCursor;
use docmill_core::time::Time;

use crate::Ports;

/// Everybody's stand in one list, where those are forgotten whose time is over: these are of now.
fn new(ports: &Ports, company: &str) -> Export {
    let now = Time::from_ms(ports.clock.now().ms());
    Export::new(ports.fresh_id().to_string(), company, "carol", now)
}

fn next(export: &Export) -> Export {
    Export {
        revision: export.revision + 1,
        ..export.clone()
    }
}

async fn is_running(ports: &Ports, company: &str) -> bool {
    let running = ports.exports.running(10_000).await.unwrap();
    running.iter().any(|export| export.company == company)
}

/// One at a time; when it is over, the next takes its place.
pub async fn a_company_has_one_export_at_a_time(ports: &Ports) {
    let exports = &ports.exports;
    let company = ports.unique();
    assert_eq!(exports.latest(&company).await, Ok(None));
    let first = new(ports, &company);
    assert_eq!(exports.start(&first).await, Ok(true));
    assert_eq!(exports.start(&new(ports, &company)).await, Ok(false));
    assert_eq!(exports.latest(&company).await, Ok(Some(first.clone())));
    assert!(is_running(ports, &company).await);
    for status in [ExportStatus::Completed, ExportStatus::Failed] {
        let running = exports.latest(&company).await.unwrap().unwrap();
        let over = Export {
            status,
            ..next(&running)
        };
        assert_eq!(exports.advance(&over).await, Ok(true));
        assert!(!is_running(ports, &company).await);
        let after = new(ports, &company);
        assert_eq!(exports.start(&after).await, Ok(true));
        assert_eq!(exports.latest(&company).await, Ok(Some(after)));
    }
    exports.forget(&company).await.unwrap();
    exports.forget(&company).await.unwrap();
    assert_eq!(exports.latest(&company).await, Ok(None));
    assert!(!is_running(ports, &company).await);
}

/// Of two who go on from the same revision one does, and nobody goes on with an export that is not there any more.
pub async fn an_export_goes_on_from_its_latest_revision(ports: &Ports) {
    let exports = &ports.exports;
    let company = ports.unique();
    let first = new(ports, &company);
    assert_eq!(exports.advance(&next(&first)).await, Ok(false), "not there yet");
    exports.start(&first).await.unwrap();
    let after = ListCursor {
        created_at_ms: 7,
        job_id: ports.fresh_id(),
    };
    let positions = [
        Position::Audit { before: None },
        Position::Audit {
            before: Some("x".to_owned()),
        },
        Position::Jobs { after: None },
        Position::Jobs { after: Some(after) },
        Position::End,
    ];
    let mut latest = first.clone();
    for position in positions {
        let mut written = next(&latest);
        written.position = position;
        written.tries += 1;
        written.parts.push(Part {
            revision: written.revision,
            bytes: 1 << 40,
            jobs: 3,
        });
        assert_eq!(exports.advance(&written).await, Ok(true));
        assert_eq!(exports.advance(&written).await, Ok(false), "a second time");
        assert_eq!(exports.latest(&company).await, Ok(Some(written.clone())));
        latest = written;
    }
    assert_eq!(exports.advance(&next(&first)).await, Ok(false), "an old revision");
    let other = Export {
        id: ports.fresh_id().to_string(),
        ..next(&latest)
    };
    assert_eq!(exports.advance(&other).await, Ok(false), "another export");
    exports.forget(&company).await.unwrap();
    assert_eq!(exports.advance(&next(&latest)).await, Ok(false));
    assert_eq!(exports.latest(&company).await, Ok(None));
}
