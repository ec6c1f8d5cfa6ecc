//! Credits and windows of time, by way of the users' doors and the engine.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::access::Caller;
use docmill_core::account::{Account, Balance, Check, Ledger, LinePage, Movement};
use docmill_core::intake::Submission;
use docmill_core::job::{Job, JobCredits, Status};
use docmill_core::ports::PortResult;
use docmill_core::problem::Problem;
use docmill_core::time::Time;
use docmill_memory::MemoryLedger;
use futures::executor::block_on;
use world::lines::PRICE;
use world::{Do, World};

impl World {
    fn balance(&self) -> Balance {
        block_on(self.memory.ledger.account("alice")).unwrap().balance
    }

    fn movements(&self) -> Vec<(Movement, u32, u32)> {
        let page = block_on(self.memory.ledger.lines("alice", None, 100)).unwrap();
        let lines = page.lines.into_iter().rev();
        lines
            .map(|line| (line.movement, line.amount, line.refunded))
            .collect()
    }

    fn send(&self, text: &str) -> Result<Job, Problem> {
        let submission = Submission {
            pipeline: "lines".into(),
            ..Submission::default()
        };
        self.submit_as(text, submission).map(|accepted| accepted.job)
    }
}

fn credits(job: &Job) -> (u32, Option<u32>) {
    let JobCredits {
        reserved, charged, ..
    } = job.credits.unwrap();
    (reserved, charged)
}

#[test]
fn a_completed_job_is_charged_what_was_reserved() {
    let mut world = World::new();
    world.intake.allowance.monthly_grant = 100;
    let job = world.submit("a\nb");
    assert_eq!(credits(&job), (PRICE, None));
    let open = world.balance();
    assert_eq!(
        (open.available, open.open),
        (i64::from(100 - PRICE), i64::from(PRICE))
    );
    let done = world.finish(job.id);
    assert_eq!(credits(&done), (PRICE, Some(PRICE)));
    let settled = world.balance();
    assert_eq!((settled.available, settled.open, settled.settled), (93, 0, 7));
    assert_eq!(
        world.movements(),
        [
            (Movement::Grant, 100, 0),
            (Movement::Reserve, 7, 0),
            (Movement::Settle, 7, 0)
        ]
    );
}

#[test]
fn what_did_not_run_comes_back() {
    let world = World::new();
    let job = world.submit("a\nb");
    block_on(world.intake.cancel(&world.caller, job.id)).unwrap();
    let cancelled = world.finish(job.id);
    assert_eq!(
        (cancelled.status, credits(&cancelled)),
        (Status::Cancelled, (PRICE, Some(0)))
    );
    assert_eq!((world.balance().open, world.balance().settled), (0, 0));
    assert_eq!(world.movements().last(), Some(&(Movement::Settle, 0, PRICE)));
}

#[test]
fn a_retry_pays_for_what_is_not_done() {
    let world = World::new();
    world.script("b", &[Do::Fail, Do::Work]);
    let partial = world.finish(world.submit("a\nb\nc\nd").id);
    assert_eq!(
        credits(&partial),
        (PRICE, Some(6)),
        "three quarters of 7, rounded up"
    );
    let retried = block_on(world.intake.retry(&world.caller, partial.id))
        .unwrap()
        .job;
    assert_eq!(credits(&retried), (2, None), "a quarter of 7, rounded up");
    let done = world.finish(partial.id);
    assert_eq!((done.attempt, credits(&done)), (2, (2, Some(2))));
    let balance = world.balance();
    assert_eq!((balance.open, balance.settled), (0, 8));
}

#[test]
fn who_has_too_little_is_told_both_numbers() {
    let mut world = World::new();
    world.intake.allowance.monthly_grant = 3;
    world.send("a").unwrap();
    let refused = world.send("b").unwrap_err();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (402, "INSUFFICIENT_CREDITS")
    );
    assert_eq!(refused.detail, "This job needs 7 credits; you have -4.");
    assert_eq!(world.memory.jobs.all().len(), 1);
}

#[test]
fn each_month_brings_new_credits_once() {
    let mut world = World::new();
    world.intake.allowance.monthly_grant = 10;
    world.finish(world.send("a").unwrap().id);
    world.finish(world.send("a").unwrap().id);
    assert_eq!((world.balance().granted, world.balance().available), (10, -4));
    world.clock.advance(Duration::from_secs(32 * 24 * 60 * 60));
    world.send("a").unwrap();
    let balance = world.balance();
    assert_eq!((balance.granted, balance.available, balance.open), (20, -1, 7));
}

#[test]
fn a_full_window_says_when_to_come_again() {
    let mut world = World::new();
    world.intake.allowance.uploads.limit = 2;
    for left in [1, 0] {
        let submission = Submission {
            pipeline: "lines".into(),
            ..Submission::default()
        };
        let rate = world.submit_as("a", submission).unwrap().rate.unwrap();
        assert_eq!((rate.limit, rate.remaining, rate.reset_s), (2, left, 15 * 60));
    }
    world.clock.advance(Duration::from_secs(3 * 60 + 1));
    let refused = world.send("a").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (429, "TOO_MANY_UPLOADS"));
    assert_eq!(
        refused.detail,
        "You have uploaded 2 times in 15 minutes, which is the most. Please try again in 12 minutes."
    );
    assert_eq!(refused.retry_after_s, Some(719));
    world.clock.advance(Duration::from_secs(719));
    world.send("a").unwrap();
}

#[test]
fn a_repeated_request_pays_once() {
    let mut world = World::new();
    world.intake.allowance.uploads.limit = 1;
    let submission = Submission {
        pipeline: "lines".into(),
        idempotency_key: Some("key".into()),
        ..Submission::default()
    };
    let first = world.submit_as("a", submission.clone()).unwrap().job;
    let again = world.submit_as("a", submission).unwrap().job;
    assert_eq!(first.id, again.id);
    assert_eq!(world.balance().open, i64::from(PRICE));
}

/// A ledger whose balances somebody has written to.
struct Tampered(Arc<MemoryLedger>);

#[async_trait]
impl Ledger for Tampered {
    async fn account(&self, user: &str) -> PortResult<Account> {
        let mut account = self.0.account(user).await?;
        account.balance.available += 100;
        Ok(account)
    }

    async fn grant(&self, user: &str, month: &str, amount: u32, now: Time) -> PortResult<()> {
        self.0.grant(user, month, amount, now).await
    }

    async fn lines(&self, user: &str, after: Option<&str>, limit: usize) -> PortResult<LinePage> {
        self.0.lines(user, after, limit).await
    }

    async fn users(&self, share: u8, limit: usize) -> PortResult<Vec<String>> {
        self.0.users(share, limit).await
    }

    async fn keep_check(&self, share: u8, check: &Check) -> PortResult<()> {
        self.0.keep_check(share, check).await
    }

    async fn checks(&self) -> PortResult<Vec<Check>> {
        self.0.checks().await
    }
}

#[test]
fn the_check_finds_a_balance_that_is_wrong() {
    let mut world = World::new();
    world.finish(world.submit("a\nb").id);
    world.submit("c");
    let hour = |world: &World| {
        let mut wrong = 0;
        for _ in 0..60 {
            wrong += world.sweep().wrong_balances;
            world.clock.advance(Duration::from_secs(60));
        }
        wrong
    };
    assert_eq!(hour(&world), 0);
    let checks = block_on(world.memory.ledger.checks()).unwrap();
    assert_eq!(
        (checks.len(), checks.iter().map(|check| check.users).sum::<u64>()),
        (60, 1)
    );
    world.sweep.ledger = Arc::new(Tampered(world.memory.ledger.clone()));
    assert_eq!(hour(&world), 1);
    let wrong = block_on(world.memory.ledger.checks()).unwrap();
    assert!(wrong.iter().any(|check| check.wrong == ["alice"]));
}

#[test]
fn others_pay_for_themselves() {
    let mut world = World::new();
    world.intake.allowance.monthly_grant = 0;
    world.send("a").unwrap();
    world.send("a").unwrap_err();
    world.caller = Caller::user("bob");
    world.send("a").unwrap();
}
