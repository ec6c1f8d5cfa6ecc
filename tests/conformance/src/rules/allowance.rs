//! What users may use up, by way of [`Intake`]: as many requests at once as there are, exactly as many get in as may.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::access::{Caller, Doors};
use docmill_core::account::{Allowance, WindowRule};
use docmill_core::callback::PrivateHosts;
use docmill_core::deletion::Eraser;
use docmill_core::engine::Engine;
use docmill_core::intake::{Accepted, Intake, SentFile, Submission};
use docmill_core::job::Priority;
use docmill_core::message::Message;
use docmill_core::model::Providers;
use docmill_core::ports::{Clock, Meter, PortResult, WorkQueue};
use docmill_core::problem::Problem;
use docmill_core::time::Time;
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;
use futures::{StreamExt, stream};

use crate::{FUTURE, Ports};

const REQUESTS: usize = 100;
const ALLOWED: usize = 10;

/// The suite's time stands still, so that nobody else looks at its jobs.
struct Still(Arc<dyn Clock>);

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Time {
        FUTURE
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

/// Nobody works on these jobs.
struct Nowhere;

#[async_trait]
impl WorkQueue for Nowhere {
    async fn send(&self, _: Priority, _: &str, _: &[Message]) -> PortResult<()> {
        Ok(())
    }

    async fn put_back(&self, _: Priority, _: &str) -> PortResult<()> {
        Ok(())
    }
}

struct Uncounted;

impl Meter for Uncounted {
    fn take(&self) -> Usage {
        Usage::default()
    }

    fn add(&self, _usage: &Usage) {}
}

fn intake(ports: &Ports, allowance: Allowance) -> Intake {
    let clock: Arc<dyn Clock> = Arc::new(Still(ports.clock.clone()));
    let engine = Engine {
        jobs: ports.jobs.clone(),
        details: ports.details.clone(),
        blobs: ports.blobs.clone(),
        queue: Arc::new(Nowhere),
        clock: clock.clone(),
        entropy: ports.entropy.clone(),
        meter: Arc::new(Uncounted),
        sandbox: ports.sandbox.clone(),
        providers: Providers::none(),
        registry: docmill_pipelines::registry(docmill_pipelines::Offer::default()),
        timing: Timing::default(),
        memory_mb: 0,
        instance: String::new(),
    };
    Intake {
        doors: Doors::new(
            ports.jobs.clone(),
            ports.details.clone(),
            ports.events.clone(),
            ports.companies.clone(),
            clock,
        ),
        companies: ports.companies.clone(),
        ledger: ports.ledger.clone(),
        allowance,
        private_hosts: PrivateHosts::default(),
        transfers: ports.transfers.clone(),
        audit: ports.audit.clone(),
        letters: ports.letters.clone(),
        eraser: Eraser {
            engine: engine.clone(),
            events: ports.events.clone(),
            deletions: ports.deletions.clone(),
            companies: ports.companies.clone(),
            exports: ports.exports.clone(),
        },
        engine,
    }
}

/// Sends one request; again where the service was too busy to decide.
async fn submit(intake: &Intake, owner: &str) -> Result<Accepted, Problem> {
    loop {
        let submission = Submission {
            pipeline: "novel".to_owned(),
            ..Submission::default()
        };
        let file = SentFile {
            name: "text.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: Bytes::from_static("Il pleut. Elle rit.".as_bytes()),
        };
        match intake.submit(&Caller::user(owner), submission, vec![file]).await {
            Err(problem) if problem.status == 503 => {}
            decided => return decided,
        }
    }
}

async fn all_at_once(intake: &Intake, owner: &str) -> (usize, Vec<Problem>) {
    let answers: Vec<_> = stream::iter(0..REQUESTS)
        .map(|_| submit(intake, owner))
        .buffer_unordered(REQUESTS)
        .collect()
        .await;
    let refused: Vec<Problem> = answers.into_iter().filter_map(Result::err).collect();
    (REQUESTS - refused.len(), refused)
}

/// 100 requests on a limit of 10: 10 pass, and the others are told when to come again.
pub async fn as_many_start_as_may(ports: &Ports) {
    let mut allowance = Allowance {
        starts: WindowRule {
            limit: 10,
            length: Duration::from_secs(3_600),
        },
        ..Allowance::default()
    };
    allowance.uploads.limit = 1_000;
    let (intake, owner) = (intake(ports, allowance), ports.unique());
    let (passed, refused) = all_at_once(&intake, &owner).await;
    assert_eq!(passed, ALLOWED);
    for problem in refused {
        assert_eq!((problem.status, problem.code.as_str()), (429, "TOO_MANY_STARTS"));
        assert_eq!(problem.retry_after_s, Some(3_600));
        assert!(
            problem.detail.ends_with("Please try again in 60 minutes."),
            "{}",
            problem.detail
        );
    }
    let account = ports.ledger.account(&owner).await.unwrap();
    assert_eq!(account.windows[1].unwrap().used, 10);
    assert_eq!(account.balance.open, 10, "who did not get in paid nothing");
}

/// 100 requests of one credit each on nothing but the overdraft of 10: 10 pass.
pub async fn as_many_are_paid_as_can_be(ports: &Ports) {
    let mut allowance = Allowance {
        monthly_grant: 0,
        ..Allowance::default()
    };
    (allowance.uploads.limit, allowance.starts.limit) = (1_000, 1_000);
    let (intake, owner) = (intake(ports, allowance), ports.unique());
    let (passed, refused) = all_at_once(&intake, &owner).await;
    assert_eq!(passed, ALLOWED);
    for problem in refused {
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (402, "INSUFFICIENT_CREDITS")
        );
        assert_eq!(problem.detail, "This job needs 1 credits; you have -10.");
    }
    let account = ports.ledger.account(&owner).await.unwrap();
    assert_eq!((account.balance.available, account.balance.open), (-10, 10));
    assert_eq!(account.windows[1].unwrap().used, 10);
}
