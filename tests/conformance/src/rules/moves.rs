//! Sequences of the moves that [`docmill_core::moves`] allows, and endings.

use docmill_core::job::{ChunkFailure, Completeness, Job, JobCredits, Notice, Slot};
use docmill_core::moves::{self, Claim};
use docmill_core::step::{Applied, Step};
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;
use proptest::collection::vec;
use proptest::prelude::*;

use super::steps::{agree, expected};
use crate::make::{at, edition, stage};
use crate::property::holds_for_all;
use crate::{Ports, arbitrary};

/// A move with all that any of them needs.
#[derive(Clone, Debug)]
struct Chosen {
    which: u8,
    claim: Claim,
    now_ms: i64,
    n: u32,
    percent: u8,
    usage: Usage,
    failure: ChunkFailure,
    notices: Vec<Notice>,
}

const MOVES: u8 = 26;

fn chosen() -> impl Strategy<Value = Chosen> {
    let claim = (1_u32..3, arbitrary::slot(), arbitrary::token());
    (
        0..MOVES,
        claim.prop_map(|(attempt, slot, token)| Claim { attempt, slot, token }),
        0_i64..200_000,
        0_u32..4,
        0_u8..=100,
        arbitrary::usage(),
        arbitrary::failure(),
        vec(arbitrary::notice(), 0..3),
    )
        .prop_map(
            |(which, claim, now_ms, n, percent, usage, failure, notices)| Chosen {
                which,
                claim,
                now_ms,
                n,
                percent,
                usage,
                failure,
                notices,
            },
        )
}

impl Chosen {
    fn step(&self, job: &Job) -> Step {
        let timing = Timing::default();
        let (now, n, attempt) = (at(self.now_ms), self.n, self.claim.attempt);
        let (usage, notices) = (self.usage.clone(), self.notices.clone());
        let notice = notices
            .first()
            .cloned()
            .unwrap_or_else(|| Notice::new("CODE", "A sentence."));
        let of_chunk = Claim {
            slot: Slot::Chunk(n),
            ..self.claim.clone()
        };
        match self.which {
            0 => moves::enqueue(now, &timing, stage(0), usage),
            1..=3 => moves::claim(&of_chunk, now, &timing),
            4 => moves::claim(&self.claim, now, &timing),
            5 => moves::claim_queued(
                &Claim {
                    slot: Slot::Plan,
                    ..self.claim.clone()
                },
                now,
                &timing,
                stage(1),
            ),
            6 => moves::renew(&self.claim, now, &timing),
            7 => moves::release(&self.claim, usage),
            8 => moves::back_off(&of_chunk, now, usage),
            9 => moves::report(&self.claim, now, crate::make::reported(self.percent)),
            10 => moves::planned(&self.claim, now, 4, stage(2), notices, usage),
            11 | 12 => moves::chunk_done(&of_chunk, n, now, usage),
            13 => moves::chunk_failed(&of_chunk, n, self.failure.clone(), now, usage),
            14 => moves::chunk_given_up(attempt, n, self.failure.clone(), now),
            15 => moves::begin_merge(attempt, now, stage(3), usage),
            16 => {
                let result = job.result.clone().unwrap_or_default();
                moves::complete(&self.claim, now, Completeness::Partial, result, notices, usage)
            }
            17 => moves::fail(attempt, now, notice, usage),
            18 => moves::request_cancel(now, "user"),
            19 => moves::cancelled(attempt, now),
            20 => moves::warn_deadline(attempt, now, notice),
            21 => moves::discard(attempt, now),
            22 => moves::audited(job),
            23 => moves::cool_down(&of_chunk, now, at(self.now_ms + 9), usage),
            24 => {
                let mut result = job.result.clone().unwrap_or_default();
                result.editions.push(edition(1));
                moves::edit(job, result, now)
            }
            _ => {
                let credits = JobCredits {
                    reserved: n,
                    ..JobCredits::default()
                };
                moves::retry(job, now, &timing, stage(0), credits)
            }
        }
    }
}

/// Jobs as they move in life, with moves tried at the wrong time as often as at the right one.
pub async fn random_moves_agree_with_core(ports: &Ports) {
    let case = (0_u32..3, vec(chosen(), 1..30));
    holds_for_all(ports.cases, case, async |(begun, moves): (u32, Vec<Chosen>)| {
        let mut job = match begun {
            0 => {
                let job = ports.job(&ports.unique());
                ports.store(&job).await;
                job
            }
            _ => ports.processing_job(4).await,
        };
        for chosen in &moves {
            job = agree(ports, &job, &chosen.step(&job)).await?;
        }
        Ok(())
    })
    .await;
}

/// [`docmill_core::ports::JobStore::finish`] is the same conditional write.
pub async fn a_terminal_move_agrees_with_core(ports: &Ports) {
    let case = (arbitrary::job(), 0_u8..5, arbitrary::usage());
    holds_for_all(
        ports.cases / 2,
        case,
        async |(job, which, usage): (Job, u8, Usage)| {
            let job = Job {
                id: ports.fresh_id(),
                ..job
            };
            ports.store(&job).await;
            let step = match which {
                0 | 1 => moves::fail(job.attempt, at(1), Notice::new("CODE", "A sentence."), usage),
                2 => moves::cancelled(job.attempt, at(1)),
                3 => moves::fail(9, at(1), Notice::new("CODE", "A sentence."), usage),
                _ => Step::default(),
            };
            let (actual, wanted) = (ports.jobs.finish(&job, &step).await, expected(&job, &step));
            if actual.as_ref() != Ok(&wanted) {
                return Err(format!(
                    "on {job:#?}\n{step:#?}\nanswered {actual:#?}\ninstead of {wanted:#?}"
                ));
            }
            let (Applied::Yes(now) | Applied::Refused(now)) = wanted else {
                return Ok(());
            };
            match ports.jobs.get(job.id).await {
                Ok(Some(read)) if read == *now => Ok(()),
                other => Err(format!("read {other:#?}\ninstead of {now:#?}")),
            }
        },
    )
    .await;
}
