use docmill_core::ids::LeaseToken;
use docmill_core::job::{ChunkFailure, Lease, Slot, Stage, Status};
use docmill_core::moves::{self, Claim};
use docmill_core::time::Time;
use docmill_core::timing::Timing;

use super::*;

fn id() -> JobId {
    "019aa000-0000-7000-8000-000000000007".parse().unwrap()
}

fn claim() -> Claim {
    Claim {
        attempt: 2,
        slot: Slot::Chunk(3),
        token: LeaseToken::from_stored("ours"),
    }
}

/// The expressions with every placeholder of a key or value put back, as a person would write them.
fn plain(step: &Step) -> (String, String) {
    let Expressions {
        condition,
        update,
        names,
        values,
    } = expressions(id(), step);
    for name in names.keys() {
        assert!(
            condition.contains(name) || update.contains(name),
            "{name} is not used"
        );
    }
    for value in values.keys() {
        assert!(
            condition.contains(value) || update.contains(value),
            "{value} is not used"
        );
    }
    let put_back = |text: &str| {
        let mut text = text.to_owned();
        // Longest first: `:v1` begins `:v10`.
        let mut shown: Vec<(String, String)> = names.clone().into_iter().collect();
        shown.extend(
            values
                .iter()
                .map(|(placeholder, value)| (placeholder.clone(), show(value))),
        );
        shown.sort_by_key(|(placeholder, _)| std::cmp::Reverse(placeholder.len()));
        for (placeholder, value) in shown {
            text = text.replace(&placeholder, &value);
        }
        text
    };
    (put_back(&condition), put_back(&update))
}

fn show(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) => format!("'{text}'"),
        AttributeValue::N(number) => number.clone(),
        AttributeValue::Bool(flag) => flag.to_string(),
        AttributeValue::Ns(numbers) => format!("<<{}>>", numbers.join(" ")),
        AttributeValue::L(list) => format!("[{}]", list.iter().map(show).collect::<Vec<_>>().join(" ")),
        AttributeValue::M(map) => {
            let mut entries: Vec<String> = map
                .iter()
                .map(|(name, value)| format!("{name}={}", show(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(" "))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn a_claim() {
    let (condition, update) = plain(&moves::claim(&claim(), Time::from_ms(1_000), &Timing::default()));
    assert_eq!(
        condition,
        "attribute_exists(job_id) AND status IN ('processing') AND attempt = 2 \
         AND attribute_not_exists(cancel_requested_at) \
         AND (attribute_not_exists(leases.3) OR leases.3.until <= 1000) \
         AND (attribute_not_exists(tries.3) OR tries.3 < 3) \
         AND NOT contains(done, 3) AND attribute_not_exists(failed.3)"
    );
    assert_eq!(
        update,
        "SET quiet = true, leases.3 = {token='ours' until=61000}, tries.3 = if_not_exists(tries.3, 0) + 1"
    );
}

#[test]
fn a_chunk_that_is_done() {
    let mut usage = Usage {
        lambda_ms: 12,
        ..Usage::default()
    };
    usage.count("s3.put");
    let (condition, update) = plain(&moves::chunk_done(&claim(), 3, Time::from_ms(5), usage));
    assert_eq!(
        condition,
        "attribute_exists(job_id) AND status IN ('processing') AND attempt = 2 AND leases.3.token = 'ours'"
    );
    assert_eq!(
        update,
        "SET updated_at = 5, usage.lambda_ms = if_not_exists(usage.lambda_ms, 0) + 12, \
         usage.requests.s3.put = if_not_exists(usage.requests.s3.put, 0) + 1 \
         REMOVE quiet, leases.3 ADD version 1, done <<3>>"
    );
}

#[test]
fn a_date_goes_with_its_shard() {
    let step = Step::new(vec![], vec![Edit::DueAt(Some(Time::from_ms(60_000)))]);
    assert_eq!(plain(&step).1, "SET due_at = 60000, due_shard = 7");
    assert_eq!(
        plain(&Step::new(vec![], vec![Edit::DueAt(None)])).1,
        "REMOVE due_at"
    );
}

#[test]
fn nothing_to_change_is_still_an_update() {
    assert_eq!(
        plain(&Step::default()),
        ("attribute_exists(job_id)".to_owned(), "REMOVE nothing".to_owned())
    );
}

#[test]
fn what_no_record_meets_contradicts_itself() {
    let never = "attribute_exists(job_id) AND attribute_not_exists(job_id)";
    let tries = Guard::TriesBelow {
        slot: Slot::Merge,
        max: 0,
    };
    for guard in [Guard::StatusIn(vec![]), tries] {
        assert_eq!(plain(&Step::new(vec![guard], vec![])).0, never);
    }
}

/// DynamoDB refuses an update that names a path twice, or a path and its parent.
#[test]
fn the_last_word_on_a_path_stands() {
    let failure = ChunkFailure {
        code: "X".to_owned(),
        tries: 1,
    };
    let lease = Lease {
        token: None,
        until: Time::from_ms(9),
    };
    let stage = Stage {
        index: 1,
        count: 5,
        text: "T".to_owned(),
        from: 0,
        to: 9,
    };
    let slot = Slot::Plan;
    let edits = vec![
        Edit::Visible(Time::from_ms(1)),
        Edit::Visible(Time::from_ms(2)),
        Edit::Quiet,
        Edit::Status(Status::Queued),
        Edit::Status(Status::Failed),
        Edit::Failed(1, failure.clone()),
        Edit::ClearFailed,
        Edit::Failed(2, failure),
        Edit::CountTry(slot),
        Edit::PutLease(slot, lease.clone()),
        Edit::ClearLeases,
        Edit::PutLease(slot, lease),
        Edit::RemoveLease(slot),
        Edit::CountTry(slot),
        Edit::CountTry(slot),
        Edit::Stage(stage),
        Edit::Warn(Notice::new("OLD", "")),
        Edit::ClearWarnings,
        Edit::Warn(Notice::new("NEW", "")),
    ];
    assert_eq!(
        plain(&Step::new(vec![], edits)).1,
        "SET board = 'failed#3', quiet = true, stage = {count=5 from=0 index=1 text='T' to=9}, status = 'failed', updated_at = 2, \
         failed = {2={code='X' tries=1}}, leases = {}, tries = {plan=2}, warnings = [{code='NEW' message=''}] \
         REMOVE reported ADD version 2"
    );
}
