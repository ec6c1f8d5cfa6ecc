//! What is being deleted.

use docmill_core::deletion::{Dissolution, Repeat};

use crate::Ports;
use crate::make::at;

/// The oldest first, none before its time, and none any more once it was made.
pub async fn a_deletion_is_made_once_more_in_its_time(ports: &Ports) {
    // Everybody's stand in one list: this rule's are older than those that others may have put there.
    let repeat = |ms: i64| Repeat {
        at: at(ms - 1_000_000_000),
        job: ports.fresh_id(),
    };
    let (late, early, same) = (repeat(20), repeat(10), repeat(10));
    let deletions = &ports.deletions;
    for one in [late, early, same, early] {
        deletions.put_repeat(one).await.unwrap();
    }
    let due = async |now| {
        let mut due = deletions.repeats(repeat(now).at, 100).await.unwrap();
        due.retain(|found| [late, early, same].contains(found));
        due
    };
    let mut first = [early, same];
    first.sort_unstable();
    assert_eq!(due(9).await, []);
    assert_eq!(due(10).await, first);
    assert_eq!(due(19).await, first);
    assert_eq!(due(20).await, [first[0], first[1], late]);
    let limited = deletions.repeats(repeat(20).at, 1).await.unwrap();
    assert_eq!(limited.len(), 1);
    for one in [early, same, same] {
        deletions.end_repeat(one).await.unwrap();
    }
    assert_eq!(due(20).await, [late]);
    deletions.end_repeat(late).await.unwrap();
    assert_eq!(due(20).await, []);
}

/// The first wish stands, until nothing is left.
pub async fn a_company_is_being_deleted_until_it_is_gone(ports: &Ports) {
    let deletions = &ports.deletions;
    let wish = |company: &str, ms: i64| Dissolution {
        company: company.to_owned(),
        by: "carol".to_owned(),
        at: at(ms),
    };
    let (one, other) = (ports.unique(), ports.unique());
    for wish in [wish(&one, 1), wish(&one, 2), wish(&other, 3)] {
        deletions.put_dissolution(&wish).await.unwrap();
    }
    let open = async || {
        let mut open = deletions.dissolutions(10_000).await.unwrap();
        open.retain(|found| [&one, &other].contains(&&found.company));
        open.sort_by_key(|found| found.at);
        open
    };
    assert_eq!(open().await, [wish(&one, 1), wish(&other, 3)]);
    assert_eq!(deletions.dissolutions(1).await.unwrap().len(), 1);
    for _ in 0..2 {
        deletions.end_dissolution(&one).await.unwrap();
    }
    assert_eq!(open().await, [wish(&other, 3)]);
    deletions.end_dissolution(&other).await.unwrap();
    assert_eq!(open().await, []);
}
