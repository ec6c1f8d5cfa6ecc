//! Conditional writes: [`docmill_core::ports::JobStore::apply`] answers as [`Step::apply`] does.

use std::collections::BTreeMap;

use docmill_core::job::{
    ChunkFailure, Completeness, Job, JobCredits, Lease, Notice, Phase, ResultRef, Slot, Status,
};
use docmill_core::step::{Applied, Edit, Guard, Step};
use docmill_core::usage::Usage;
use proptest::collection::vec;

use crate::make::{at, edition, reported, stage, token};
use crate::property::holds_for_all;
use crate::{Ports, arbitrary};

/// What the store has to answer to `step` on `job`.
pub(super) fn expected(job: &Job, step: &Step) -> Applied {
    match step.apply(job) {
        Some(next) => Applied::Yes(Box::new(next)),
        None => Applied::Refused(Box::new(job.clone())),
    }
}

/// Applies `step` to the stored `job` and compares; the record as it is afterwards.
pub(super) async fn agree(ports: &Ports, job: &Job, step: &Step) -> Result<Job, String> {
    let expected = expected(job, step);
    match (ports.jobs.apply(job.id, step).await, expected) {
        (Ok(Applied::Yes(actual)), Applied::Yes(wanted)) if actual == wanted => Ok(*actual),
        (Ok(Applied::Refused(actual)), Applied::Refused(wanted)) if actual == wanted => Ok(*actual),
        (actual, wanted) => Err(format!(
            "on {job:#?}\n{step:#?}\nanswered {actual:#?}\ninstead of {wanted:#?}"
        )),
    }
}

/// Each guard, on a record that meets it and on one that does not.
pub async fn every_guard_holds_and_fails(ports: &Ports) {
    for (guard, met, unmet) in guards(ports) {
        for (job, holds) in [(met, true), (unmet, false)] {
            assert_eq!(guard.holds(&job), holds, "{guard:?}");
            ports.store(&job).await;
            let step = Step::new(vec![guard.clone()], vec![Edit::Total(77)]);
            agree(ports, &job, &step).await.unwrap();
        }
    }
    let unknown = ports.job("nobody");
    let step = Step::new(vec![], vec![Edit::Visible(at(1))]);
    assert_eq!(ports.jobs.apply(unknown.id, &step).await, Ok(Applied::Unknown));
    assert_eq!(ports.jobs.finish(&unknown, &step).await, Ok(Applied::Unknown));
    assert_eq!(
        ports.jobs.get(unknown.id).await,
        Ok(None),
        "no step makes a record"
    );
}

/// Each edit, on an empty record, on a full one, and twice.
pub async fn every_edit_is_made(ports: &Ports) {
    for edit in edits() {
        for base in [ports.job("someone"), full(ports)] {
            let mut job = Job {
                id: ports.fresh_id(),
                ..base
            };
            ports.store(&job).await;
            for _ in 0..2 {
                job = agree(ports, &job, &Step::new(vec![], vec![edit.clone()]))
                    .await
                    .unwrap();
            }
            assert_eq!(ports.jobs.get(job.id).await, Ok(Some(job)));
        }
    }
    let job = ports.job("someone");
    ports.store(&job).await;
    agree(ports, &job, &Step::default()).await.unwrap();
}

/// Any record, any sequence of steps, sensible or not.
pub async fn random_steps_agree_with_core(ports: &Ports) {
    let case = (arbitrary::job(), vec(arbitrary::step(), 1..12));
    holds_for_all(ports.cases, case, async |(job, steps): (Job, Vec<Step>)| {
        let mut job = Job {
            id: ports.fresh_id(),
            ..job
        };
        ports.store(&job).await;
        for step in &steps {
            job = agree(ports, &job, step).await?;
        }
        match ports.jobs.get(job.id).await {
            Ok(Some(read)) if read == job => Ok(()),
            other => Err(format!("read {other:#?}\ninstead of {job:#?}")),
        }
    })
    .await;
}

fn full(ports: &Ports) -> Job {
    let slots = [Slot::Plan, Slot::Chunk(0), Slot::Chunk(3), Slot::Merge];
    let lease = Lease {
        token: Some(token("a")),
        until: at(5),
    };
    Job {
        status: Status::Processing,
        phase: Phase::Chunks,
        outcome: Some(Completeness::Partial),
        total: Some(9),
        done: [0, 1, 7].into(),
        failed: [(
            3,
            ChunkFailure {
                code: "OLD".to_owned(),
                tries: 1,
            },
        )]
        .into(),
        leases: slots.map(|slot| (slot, lease.clone())).into(),
        tries: slots.map(|slot| (slot, 2)).into(),
        reported: Some(reported(40)),
        warnings: vec![Notice::new("OLD", "An older warning.")],
        error: Some(Notice::new("OLD", "An older error.")),
        result: Some(ResultRef {
            attempt: 1,
            formats: [("json".to_owned(), 1)].into(),
            editions: vec![edition(1)],
        }),
        credits: Some(JobCredits {
            reserved: 9,
            charged: Some(4),
            counted: 1,
            rate: 2,
            tokens_before: 300,
            cost_before_nano_usd: 7_000,
        }),
        usage: used(3),
        started_at: Some(at(1)),
        completed_at: Some(at(2)),
        deadline_at: Some(at(3)),
        warned_at: Some(at(4)),
        cooling_until: Some(at(6)),
        cancel_requested_at: Some(at(5)),
        cancelled_by: Some("user".to_owned()),
        due_at: Some(at(60_000)),
        quiet: true,
        ..ports.job("someone")
    }
}

fn used(n: u64) -> Usage {
    Usage {
        lambda_ms: n,
        lambda_mb_ms: n * 1024,
        requests: [("s3.put".to_owned(), n), ("dynamodb.update".to_owned(), 2 * n)].into(),
        tokens_in: n,
        tokens_out: n,
        pages_read: n,
        model_nano_usd: n,
    }
}

/// Each guard with a record that meets it and one that does not.
fn guards(ports: &Ports) -> Vec<(Guard, Job, Job)> {
    let plain = || Job {
        id: ports.fresh_id(),
        ..ports.job("someone")
    };
    let full = || Job {
        id: ports.fresh_id(),
        ..full(ports)
    };
    let slot = Slot::Chunk(3);
    let backing_off = || Job {
        leases: [(
            slot,
            Lease {
                token: None,
                until: at(5),
            },
        )]
        .into(),
        ..full()
    };
    vec![
        (Guard::StatusIn(vec![Status::Queued]), plain(), full()),
        (
            Guard::StatusIn(Status::OPEN.to_vec()),
            full(),
            Job {
                status: Status::Failed,
                ..full()
            },
        ),
        (Guard::PhaseIs(Phase::Chunks), full(), plain()),
        (
            Guard::AttemptIs(2),
            Job {
                attempt: 2,
                ..plain()
            },
            plain(),
        ),
        (Guard::CancelRequested(true), full(), plain()),
        (Guard::CancelRequested(false), plain(), full()),
        (
            Guard::ChunkOpen(4),
            full(),
            Job {
                done: [4].into(),
                ..plain()
            },
        ),
        (Guard::ChunkOpen(3), plain(), full()),
        (Guard::ChunkOpen(7), plain(), full()),
        (Guard::SlotFree { slot, now: at(4) }, plain(), full()),
        (
            Guard::SlotFree { slot, now: at(4) },
            Job {
                leases: BTreeMap::new(),
                ..full()
            },
            backing_off(),
        ),
        (
            Guard::SlotFree { slot, now: at(5) },
            full(),
            Job {
                leases: lease_until(slot, 6),
                ..full()
            },
        ),
        (
            Guard::LeaseIs {
                slot,
                token: token("a"),
            },
            full(),
            plain(),
        ),
        (
            Guard::LeaseIs {
                slot,
                token: token("a"),
            },
            full(),
            backing_off(),
        ),
        (
            Guard::LeaseIs {
                slot,
                token: token("b"),
            },
            Job {
                leases: lease_of(slot, "b"),
                ..full()
            },
            full(),
        ),
        (Guard::TriesBelow { slot, max: 1 }, plain(), full()),
        (
            Guard::TriesBelow { slot, max: 3 },
            full(),
            Job {
                tries: [(slot, 3)].into(),
                ..full()
            },
        ),
        (Guard::ReportedBelow(40), plain(), full()),
        (
            Guard::ReportedBelow(41),
            full(),
            Job {
                reported: Some(reported(41)),
                ..full()
            },
        ),
        (Guard::NotWarned, plain(), full()),
        (
            Guard::KeptAt(at(5)),
            plain(),
            Job {
                expires_at: at(5),
                ..full()
            },
        ),
        (
            Guard::VersionIs(1),
            plain(),
            Job {
                version: 2,
                ..plain()
            },
        ),
    ]
}

fn lease_until(slot: Slot, until_ms: i64) -> BTreeMap<Slot, Lease> {
    [(
        slot,
        Lease {
            token: Some(token("a")),
            until: at(until_ms),
        },
    )]
    .into()
}

fn lease_of(slot: Slot, name: &str) -> BTreeMap<Slot, Lease> {
    [(
        slot,
        Lease {
            token: Some(token(name)),
            until: at(5),
        },
    )]
    .into()
}

/// Each edit; [`every_kind`] does not compile when one is new.
fn edits() -> Vec<Edit> {
    let slot = Slot::Chunk(3);
    let failure = ChunkFailure {
        code: "NO_TEXT".to_owned(),
        tries: 3,
    };
    let notice = || Notice::new("CODE", "A sentence.");
    let edits = vec![
        Edit::Visible(at(9)),
        Edit::Quiet,
        Edit::Status(Status::Completed),
        Edit::Phase(Phase::Merging),
        Edit::Outcome(Some(Completeness::Complete)),
        Edit::Outcome(None),
        Edit::Attempt(2),
        Edit::Total(12),
        Edit::Done(4),
        Edit::Done(7),
        Edit::Failed(3, failure.clone()),
        Edit::Failed(5, failure),
        Edit::ClearFailed,
        Edit::PutLease(
            slot,
            Lease {
                token: Some(token("b")),
                until: at(8),
            },
        ),
        Edit::PutLease(
            slot,
            Lease {
                token: None,
                until: at(8),
            },
        ),
        Edit::RemoveLease(slot),
        Edit::RemoveLease(Slot::Chunk(499)),
        Edit::CountTry(slot),
        Edit::ClearLeases,
        Edit::Stage(stage(3)),
        Edit::Report(reported(66)),
        Edit::Warn(notice()),
        Edit::ClearWarnings,
        Edit::Error(Some(notice())),
        Edit::Error(None),
        Edit::Result(ResultRef {
            attempt: 2,
            formats: [("csv".to_owned(), 2)].into(),
            editions: vec![edition(1), edition(2)],
        }),
        Edit::Reserve(JobCredits {
            reserved: 7,
            charged: None,
            counted: 2,
            rate: 3,
            tokens_before: 5,
            cost_before_nano_usd: 6,
        }),
        Edit::Charge(5),
        Edit::AddUsage(used(5)),
        Edit::AddUsage(Usage::default()),
        Edit::QueuedAt(at(9)),
        Edit::StartedAt(Some(at(9))),
        Edit::StartedAt(None),
        Edit::CompletedAt(Some(at(9))),
        Edit::CompletedAt(None),
        Edit::DeadlineAt(Some(at(9))),
        Edit::DeadlineAt(None),
        Edit::WarnedAt(Some(at(9))),
        Edit::WarnedAt(None),
        Edit::CoolingUntil(Some(at(9))),
        Edit::CoolingUntil(None),
        Edit::ExpiresAt(at(9)),
        Edit::DueAt(Some(at(9))),
        Edit::DueAt(None),
        Edit::Cancel(Some((at(9), "operator".to_owned()))),
        Edit::Cancel(None),
    ];
    edits.iter().for_each(every_kind);
    edits
}

/// Does not compile when core has a new edit or guard that the lists above lack.
fn every_kind(edit: &Edit) {
    use Edit as E;
    use Guard as G;
    let _guard = |guard: Guard| match guard {
        G::StatusIn(_) | G::PhaseIs(_) | G::AttemptIs(_) | G::CancelRequested(_) | G::ChunkOpen(_) => (),
        G::SlotFree { .. } | G::LeaseIs { .. } | G::TriesBelow { .. } => (),
        G::ReportedBelow(_) | G::NotWarned | G::KeptAt(_) | G::VersionIs(_) => (),
    };
    match edit {
        E::Visible(_) | E::Quiet | E::Status(_) | E::Phase(_) | E::Outcome(_) | E::Attempt(_) => (),
        E::Total(_) | E::Done(_) | E::Failed(..) | E::ClearFailed | E::PutLease(..) | E::RemoveLease(_) => (),
        E::CountTry(_) | E::ClearLeases | E::Stage(_) | E::Report(_) | E::Warn(_) | E::ClearWarnings => (),
        E::Error(_) | E::Result(_) | E::AddUsage(_) | E::QueuedAt(_) | E::StartedAt(_) => (),
        E::CompletedAt(_) | E::DeadlineAt(_) | E::WarnedAt(_) | E::ExpiresAt(_) | E::DueAt(_) => (),
        E::Cancel(_) | E::Reserve(_) | E::Charge(_) | E::CoolingUntil(_) => (),
    }
}
