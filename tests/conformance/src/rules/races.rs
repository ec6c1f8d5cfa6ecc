//! Many at the same time on one record.

use docmill_core::job::{Job, Notice, Slot, Status};
use docmill_core::moves;
use docmill_core::step::Applied;
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;
use futures::future::{join, join_all};

use crate::Ports;
use crate::make::{at, claim};

/// Of claims on one slot one succeeds, and the others learn whose it is.
pub async fn one_of_many_claims_holds(ports: &Ports) {
    let job = ports.processing_job(3).await;
    let claims: Vec<_> = (0..8)
        .map(|n| claim(Slot::Chunk(1), &format!("holder {n}")))
        .collect();
    let steps: Vec<_> = claims
        .iter()
        .map(|claim| moves::claim(claim, at(0), &Timing::default()))
        .collect();
    let applied = join_all(steps.iter().map(|step| ports.jobs.apply(job.id, step))).await;
    let mut holder = None;
    let mut seen = Vec::new();
    for (claim, applied) in claims.iter().zip(applied) {
        match applied.unwrap() {
            Applied::Yes(job) => {
                assert_eq!(holder.replace(claim.token.clone()), None, "two holders");
                seen.push(token_in(&job));
            }
            Applied::Refused(job) => seen.push(token_in(&job)),
            Applied::Unknown => panic!("the job is gone"),
        }
    }
    assert!(holder.is_some());
    assert!(seen.iter().all(|token| *token == holder), "{seen:?}");
}

fn token_in(job: &Job) -> Option<docmill_core::ids::LeaseToken> {
    job.leases[&Slot::Chunk(1)].token.clone()
}

/// Chunks recorded at the same time, each twice, are all there, and each made one version.
pub async fn every_chunk_counts_once(ports: &Ports) {
    let job = ports.processing_job(20).await;
    let record = async |n: u32| {
        let claim = claim(Slot::Chunk(n), &format!("holder {n}"));
        let claimed = ports
            .jobs
            .apply(job.id, &moves::claim(&claim, at(0), &Timing::default()))
            .await
            .unwrap();
        assert!(matches!(claimed, Applied::Yes(_)));
        let usage = Usage {
            lambda_ms: 1,
            requests: [("s3.put".to_owned(), 1)].into(),
            ..Usage::default()
        };
        let done = moves::chunk_done(&claim, n, at(1), usage);
        let (one, other) = join(ports.jobs.apply(job.id, &done), ports.jobs.apply(job.id, &done)).await;
        let written = [one.unwrap(), other.unwrap()]
            .iter()
            .filter(|a| matches!(a, Applied::Yes(_)))
            .count();
        assert_eq!(written, 1);
    };
    join_all((0..20).map(record)).await;
    let after = ports.jobs.get(job.id).await.unwrap().unwrap();
    assert_eq!(after.done, (0..20).collect());
    assert_eq!(after.version, job.version + 20);
    assert_eq!((after.usage.lambda_ms, after.usage.requests["s3.put"]), (20, 20));
    assert!(after.leases.is_empty());
}

/// A job ends once.
pub async fn one_of_many_endings_holds(ports: &Ports) {
    let job = ports.processing_job(1).await;
    let steps: Vec<_> = (0..6)
        .map(|n| {
            moves::fail(
                1,
                at(1),
                Notice::new(format!("CODE_{n}"), "A sentence."),
                Usage::default(),
            )
        })
        .collect();
    let ended = join_all(steps.iter().map(|step| ports.jobs.finish(&job, step))).await;
    let after = ports.jobs.get(job.id).await.unwrap().unwrap();
    assert_eq!((after.status, after.version), (Status::Failed, job.version + 1));
    let mut written = 0;
    for applied in ended {
        match applied.unwrap() {
            Applied::Yes(job) => {
                written += 1;
                assert_eq!(*job, after);
            }
            Applied::Refused(job) => assert_eq!(*job, after),
            Applied::Unknown => panic!("the job is gone"),
        }
    }
    assert_eq!(written, 1);
}

/// A transaction and plain writes on one record wait for each other; nothing is lost and nobody gets an error.
pub async fn endings_and_steps_pass_each_other(ports: &Ports) {
    let job = ports.processing_job(9).await;
    let look = moves::look_again(Status::Processing, 1, at(60_000));
    let end = moves::fail(1, at(1), Notice::new("CODE", "A sentence."), Usage::default());
    let steps = join_all((0..6).map(|_| ports.jobs.apply(job.id, &look)));
    let endings = join_all((0..3).map(|_| ports.jobs.finish(&job, &end)));
    let (stepped, ended) = join(steps, endings).await;
    assert!(stepped.into_iter().all(|applied| applied.is_ok()));
    let written = ended
        .into_iter()
        .filter(|applied| matches!(applied, Ok(Applied::Yes(_))))
        .count();
    assert_eq!(written, 1);
    assert_eq!(
        ports.jobs.get(job.id).await.unwrap().unwrap().status,
        Status::Failed
    );
}
