//! Random records and steps, over small domains, so that guards hold as often as they do not.

use std::collections::BTreeMap;

use docmill_core::edition::Edition;
use docmill_core::ids::{JobId, LeaseToken};
use docmill_core::job::{
    ChunkFailure, Completeness, Job, JobCredits, Lease, Notice, Phase, Priority, Reported, ResultRef, Slot,
    Stage, Status,
};
use docmill_core::step::{Edit, Guard, Step};
use docmill_core::time::Time;
use docmill_core::usage::Usage;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::make::at;

/// Any time out of twenty.
pub fn time() -> impl Strategy<Value = Time> {
    (0_i64..20).prop_map(|n| at(n * 1_000))
}

/// A number of a chunk.
pub fn chunk() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0_u32..4, 1 => 0_u32..500]
}

/// A slot.
pub fn slot() -> impl Strategy<Value = Slot> {
    prop_oneof![1 => Just(Slot::Plan), 3 => chunk().prop_map(Slot::Chunk), 1 => Just(Slot::Merge)]
}

/// One of three tokens.
pub fn token() -> impl Strategy<Value = LeaseToken> {
    select(vec!["a", "b", "c"]).prop_map(LeaseToken::from_stored)
}

/// A status.
pub fn status() -> impl Strategy<Value = Status> {
    select(Status::ALL.to_vec())
}

/// A phase.
pub fn phase() -> impl Strategy<Value = Phase> {
    select(vec![
        Phase::Waiting,
        Phase::Planning,
        Phase::Chunks,
        Phase::Merging,
    ])
}

/// Text as users write it; empty now and then.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{1,8}",
        1 => Just(String::new()),
        1 => "\\PC{0,12}",
    ]
}

/// Text of an attribute that an index is keyed by, which may not be empty.
pub fn name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z]{1,8}", 1 => "\\PC{1,12}"]
}

/// A lease.
pub fn lease() -> impl Strategy<Value = Lease> {
    (of(token()), time()).prop_map(|(token, until)| Lease { token, until })
}

/// A failure of a chunk.
pub fn failure() -> impl Strategy<Value = ChunkFailure> {
    (text(), 0_u32..4).prop_map(|(code, tries)| ChunkFailure { code, tries })
}

/// A stage.
pub fn stage() -> impl Strategy<Value = Stage> {
    (0_u32..6, 0_u32..6, text(), 0_u8..=100, 0_u8..=100).prop_map(|(index, count, text, from, to)| Stage {
        index,
        count,
        text,
        from,
        to,
    })
}

/// Something reported.
pub fn reported() -> impl Strategy<Value = Reported> {
    (0_u32..6, text(), percent()).prop_map(|(index, text, percent)| Reported { index, text, percent })
}

fn percent() -> impl Strategy<Value = u8> {
    select(vec![0_u8, 10, 11, 50, 99, 100])
}

/// A notice.
pub fn notice() -> impl Strategy<Value = Notice> {
    (text(), text()).prop_map(|(code, message)| Notice::new(code, message))
}

fn edition() -> impl Strategy<Value = Edition> {
    (text(), time(), text()).prop_map(|(author, at, digest)| Edition { author, at, digest })
}

/// A result.
pub fn result() -> impl Strategy<Value = ResultRef> {
    (
        1_u32..4,
        btree_map(select(vec!["json", "csv", "xlsx"]), 1_u32..3, 0..3),
        vec(edition(), 0..3),
    )
        .prop_map(|(attempt, formats, editions)| {
            let formats = formats
                .into_iter()
                .map(|(format, parts)| (format.to_owned(), parts))
                .collect();
            ResultRef {
                attempt,
                formats,
                editions,
            }
        })
}

/// Credits of an attempt.
pub fn credits() -> impl Strategy<Value = JobCredits> {
    (
        0_u32..9,
        of(0_u32..9),
        0_u32..4,
        0_u32..6,
        0_u64..9_000,
        0_u64..9_000,
    )
        .prop_map(
            |(reserved, charged, counted, rate, tokens_before, cost_before_nano_usd)| JobCredits {
                reserved,
                charged,
                counted,
                rate,
                tokens_before,
                cost_before_nano_usd,
            },
        )
}

/// Counters.
pub fn usage() -> impl Strategy<Value = Usage> {
    let counter = || prop_oneof![1 => Just(0_u64), 1 => 1_u64..1_000_000_000_000];
    let operation = select(vec!["dynamodb.update", "s3.put", "sqs.send", "status", "plan"]);
    let requests = btree_map(operation, counter(), 0..4);
    let tokens = (counter(), counter(), counter());
    (counter(), counter(), requests, tokens, counter()).prop_map(
        |(lambda_ms, lambda_mb_ms, requests, (tokens_in, tokens_out, model_nano_usd), pages_read)| Usage {
            lambda_ms,
            lambda_mb_ms,
            // A counter that stands at nothing is not written, so none is made.
            requests: requests
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(operation, count)| (operation.to_owned(), count))
                .collect(),
            tokens_in,
            tokens_out,
            pages_read,
            model_nano_usd,
        },
    )
}

/// An id.
pub fn job_id() -> impl Strategy<Value = JobId> {
    any::<[u8; 16]>().prop_map(|bytes| hex_id(bytes).parse().unwrap())
}

fn hex_id(bytes: [u8; 16]) -> String {
    let hex = docmill_core::ids::hex(&bytes);
    let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]);
    format!("{a}-{b}-7{c}-8{d}-{e}")
}

prop_compose! {
    fn identity()(
        id in job_id(),
        pipeline in name(),
        kind in of(text()),
        label in of(text()),
        batch_id in of(text()),
        company_id in of(name()),
        owner in name(),
        callback_url in of(text()),
        priority in select(Priority::ALL.to_vec()),
        file_name in of(text()),
        file_count in 0_u32..100,
        created_at in time(),
        expires_at in time(),
    ) -> Job {
        Job {
            id, pipeline, kind, label, batch_id, company_id, owner, callback_url, priority, file_name, file_count,
            created_at, expires_at, status: Status::Queued, phase: Phase::Planning, outcome: None, attempt: 1, version: 1,
            total: None, done: Default::default(), failed: BTreeMap::new(), leases: BTreeMap::new(),
            tries: BTreeMap::new(), stage: crate::make::stage(0), reported: None, warnings: Vec::new(), error: None,
            result: None, credits: None, usage: Usage::default(), queued_at: None, started_at: None, completed_at: None,
            updated_at: created_at, deadline_at: None, warned_at: None, cooling_until: None,
            cancel_requested_at: None,
            cancelled_by: None, due_at: None, quiet: false,
        }
    }
}

prop_compose! {
    fn standing()(
        base in identity(),
        status in status(),
        phase in phase(),
        outcome in of(completeness()),
        attempt in 1_u32..4,
        version in 1_u64..1_000,
        total in of(0_u32..500),
        stage in stage(),
        reported in of(reported()),
        quiet in any::<bool>(),
    ) -> Job {
        Job { status, phase, outcome, attempt, version, total, stage, reported, quiet, ..base }
    }
}

prop_compose! {
    fn working()(
        base in standing(),
        done in btree_set(chunk(), 0..4),
        failed in btree_map(chunk(), failure(), 0..3),
        leases in btree_map(slot(), lease(), 0..4),
        tries in btree_map(slot(), 0_u32..5, 0..4),
        warnings in vec(notice(), 0..3),
        error in of(notice()),
        result in of(result()),
        credits in of(credits()),
        usage in usage(),
    ) -> Job {
        Job { done, failed, leases, tries, warnings, error, result, credits, usage, ..base }
    }
}

prop_compose! {
    /// Any record, possible or not.
    pub fn job()(
        base in working(),
        queued_at in of(time()),
        started_at in of(time()),
        completed_at in of(time()),
        updated_at in time(),
        deadline_at in of(time()),
        warned_at in of(time()),
        cooling_until in of(time()),
        cancel in of((time(), text())),
        due_at in of(time()),
    ) -> Job {
        let (cancel_requested_at, cancelled_by) = cancel.unzip();
        Job {
            queued_at, started_at, completed_at, updated_at, deadline_at, warned_at, cooling_until,
            cancel_requested_at,
            cancelled_by, due_at, ..base
        }
    }
}

fn completeness() -> impl Strategy<Value = Completeness> {
    select(vec![Completeness::Complete, Completeness::Partial])
}

/// Any guard.
pub fn guard() -> impl Strategy<Value = Guard> {
    prop_oneof![
        vec(status(), 0..5).prop_map(Guard::StatusIn),
        phase().prop_map(Guard::PhaseIs),
        (1_u32..4).prop_map(Guard::AttemptIs),
        any::<bool>().prop_map(Guard::CancelRequested),
        chunk().prop_map(Guard::ChunkOpen),
        (slot(), time()).prop_map(|(slot, now)| Guard::SlotFree { slot, now }),
        (slot(), token()).prop_map(|(slot, token)| Guard::LeaseIs { slot, token }),
        (slot(), 0_u32..4).prop_map(|(slot, max)| Guard::TriesBelow { slot, max }),
        percent().prop_map(Guard::ReportedBelow),
        Just(Guard::NotWarned),
        time().prop_map(Guard::KeptAt),
        (1_u64..4).prop_map(Guard::VersionIs),
    ]
}

/// Any edit.
pub fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        prop_oneof![
            time().prop_map(Edit::Visible),
            Just(Edit::Quiet),
            status().prop_map(Edit::Status),
            phase().prop_map(Edit::Phase),
            of(completeness()).prop_map(Edit::Outcome),
            (1_u32..4).prop_map(Edit::Attempt),
            (0_u32..500).prop_map(Edit::Total),
        ],
        prop_oneof![
            chunk().prop_map(Edit::Done),
            (chunk(), failure()).prop_map(|(n, failure)| Edit::Failed(n, failure)),
            Just(Edit::ClearFailed),
            (slot(), lease()).prop_map(|(slot, lease)| Edit::PutLease(slot, lease)),
            slot().prop_map(Edit::RemoveLease),
            slot().prop_map(Edit::CountTry),
            Just(Edit::ClearLeases),
        ],
        prop_oneof![
            stage().prop_map(Edit::Stage),
            reported().prop_map(Edit::Report),
            notice().prop_map(Edit::Warn),
            Just(Edit::ClearWarnings),
            of(notice()).prop_map(Edit::Error),
            result().prop_map(Edit::Result),
            usage().prop_map(Edit::AddUsage),
            credits().prop_map(Edit::Reserve),
            (0_u32..9).prop_map(Edit::Charge),
        ],
        prop_oneof![
            time().prop_map(Edit::QueuedAt),
            of(time()).prop_map(Edit::StartedAt),
            of(time()).prop_map(Edit::CompletedAt),
            of(time()).prop_map(Edit::DeadlineAt),
            of(time()).prop_map(Edit::WarnedAt),
            of(time()).prop_map(Edit::CoolingUntil),
            time().prop_map(Edit::ExpiresAt),
            of(time()).prop_map(Edit::DueAt),
            of((time(), text())).prop_map(Edit::Cancel),
        ],
    ]
}

/// Any step: guards and edits that nobody thought of together.
pub fn step() -> impl Strategy<Value = Step> {
    (vec(guard(), 0..3), vec(edit(), 0..8)).prop_map(|(guards, edits)| Step::new(guards, edits))
}
