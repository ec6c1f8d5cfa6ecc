//! Credits and windows: [`docmill_core::account::Ledger`], and what the job store's transactions do to them.

use std::time::Duration;

use docmill_core::account::{
    Balance, Check, Due, Dues, Movement, Reservation, Take, Window, WindowState, share_of,
};
use docmill_core::job::{Job, JobCredits, Notice};
use docmill_core::moves;
use docmill_core::ports::{Created, NewJob, RequestDetail};
use docmill_core::running::Admission;
use docmill_core::step::{Applied, Edit, Step};
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;
use futures::future::join_all;

use crate::Ports;
use crate::make::{at, stage};

const FLOOR: i64 = -10;

fn reserve(amount: u32) -> Dues {
    Dues {
        takes: Vec::new(),
        reserve: Some(Reservation {
            amount,
            floor: FLOOR,
            now: at(1),
        }),
    }
}

fn job_of(ports: &Ports, owner: &str, reserved: u32) -> Job {
    Job {
        credits: Some(JobCredits {
            reserved,
            ..JobCredits::default()
        }),
        ..ports.job(owner)
    }
}

fn new(job: &Job, dues: Dues) -> NewJob {
    NewJob {
        job: job.clone(),
        request: RequestDetail::default(),
        idempotency: None,
        places: None,
        dues,
    }
}

fn fail(charged: u32) -> Step {
    moves::fail(1, at(2), Notice::new("CODE", "A sentence."), Usage::default()).with(Edit::Charge(charged))
}

async fn balance(ports: &Ports, user: &str) -> Balance {
    ports.ledger.account(user).await.unwrap().balance
}

fn numbers(balance: &Balance) -> [i64; 4] {
    [balance.available, balance.granted, balance.settled, balance.open]
}

async fn granted(ports: &Ports, amount: u32) -> String {
    let user = ports.unique();
    ports.ledger.grant(&user, "2100-01", amount, at(0)).await.unwrap();
    user
}

/// Whoever asks, and however many at once; never for a month that is over.
pub async fn a_month_brings_its_credits_once(ports: &Ports) {
    let user = ports.unique();
    assert_eq!(balance(ports, &user).await, Balance::default());
    let grants = (0..5).map(|_| ports.ledger.grant(&user, "2100-02", 500, at(0)));
    for grant in join_all(grants).await {
        grant.unwrap();
    }
    ports.ledger.grant(&user, "2100-01", 500, at(1)).await.unwrap();
    let once = balance(ports, &user).await;
    assert_eq!(
        (numbers(&once), once.month.as_deref()),
        ([500, 500, 0, 0], Some("2100-02"))
    );
    ports.ledger.grant(&user, "2100-03", 50, at(2)).await.unwrap();
    assert_eq!(numbers(&balance(ports, &user).await), [550, 550, 0, 0]);
    let lines = ports.ledger.lines(&user, None, 10).await.unwrap().lines;
    let months: Vec<_> = lines
        .iter()
        .map(|line| (line.movement, line.month.as_deref()))
        .collect();
    assert_eq!(
        months,
        [
            (Movement::Grant, Some("2100-03")),
            (Movement::Grant, Some("2100-02"))
        ]
    );
}

/// With the job's terminal move, however often that comes; the rest comes back.
pub async fn reserved_credits_are_settled_once(ports: &Ports) {
    let user = granted(ports, 100).await;
    let job = job_of(ports, &user, 30);
    assert_eq!(ports.jobs.create(new(&job, reserve(30))).await, Ok(Created::Yes));
    assert_eq!(
        ports.jobs.create(new(&job, reserve(30))).await,
        Ok(Created::Yes),
        "again"
    );
    assert_eq!(numbers(&balance(ports, &user).await), [70, 100, 0, 30]);
    let other =
        moves::fail(2, at(2), Notice::new("CODE", "A sentence."), Usage::default()).with(Edit::Charge(9));
    assert!(matches!(
        ports.jobs.finish(&job, &other).await,
        Ok(Applied::Refused(_))
    ));
    assert_eq!(numbers(&balance(ports, &user).await), [70, 100, 0, 30]);
    let step = fail(12);
    let ended = join_all((0..4).map(|_| ports.jobs.finish(&job, &step))).await;
    let ended: Vec<Job> = ended
        .into_iter()
        .filter_map(|end| match end.unwrap() {
            Applied::Yes(job) => Some(*job),
            _ => None,
        })
        .collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].credits.unwrap().charged, Some(12));
    assert_eq!(numbers(&balance(ports, &user).await), [88, 100, 12, 0]);
    let lines = ports.ledger.lines(&user, None, 10).await.unwrap().lines;
    let settled = lines
        .iter()
        .find(|line| line.movement == Movement::Settle)
        .unwrap();
    assert_eq!((settled.amount, settled.refunded, settled.at), (12, 18, at(2)));
    assert_eq!((settled.job_id, settled.attempt), (Some(job.id), Some(1)));
    let reserved = lines.iter().filter(|line| line.movement == Movement::Reserve);
    assert_eq!(reserved.map(|line| line.amount).collect::<Vec<_>>(), [30]);
}

/// Down to it, and no further; who has no account has nothing.
pub async fn nothing_is_reserved_below_the_floor(ports: &Ports) {
    let user = granted(ports, 5).await;
    let job = job_of(ports, &user, 16);
    assert_eq!(
        ports.jobs.create(new(&job, reserve(16))).await,
        Ok(Created::Unpaid(Due::Credits))
    );
    assert_eq!(ports.jobs.get(job.id).await, Ok(None));
    assert_eq!(ports.jobs.create(new(&job, reserve(15))).await, Ok(Created::Yes));
    assert_eq!(numbers(&balance(ports, &user).await), [-10, 5, 0, 15]);
    let next = job_of(ports, &user, 1);
    assert_eq!(
        ports.jobs.create(new(&next, reserve(1))).await,
        Ok(Created::Unpaid(Due::Credits))
    );
    let nobody = job_of(ports, &ports.unique(), 11);
    assert_eq!(
        ports.jobs.create(new(&nobody, reserve(11))).await,
        Ok(Created::Unpaid(Due::Credits))
    );
}

fn take(seen: Option<i64>, now_ms: i64) -> Dues {
    Dues {
        takes: vec![Take {
            window: Window::Starts,
            limit: 2,
            seen: seen.map(at),
            now: at(now_ms),
            until: at(now_ms + 1_000),
        }],
        reserve: None,
    }
}

/// And begins anew at its end.
pub async fn a_window_lets_in_so_many(ports: &Ports) {
    let user = ports.unique();
    let full = Ok(Created::Unpaid(Due::Window(Window::Starts)));
    let create = async |dues: Dues| ports.jobs.create(new(&ports.job(&user), dues)).await;
    let window = async || ports.ledger.account(&user).await.unwrap().windows[1];
    assert_eq!(
        create(take(Some(1_000), 0)).await,
        full,
        "none was there to be seen"
    );
    assert_eq!(create(take(None, 0)).await, Ok(Created::Yes));
    assert_eq!(create(take(None, 500)).await, full, "it has begun");
    assert_eq!(create(take(Some(1_000), 500)).await, Ok(Created::Yes));
    assert_eq!(create(take(Some(1_000), 600)).await, full);
    let state = |used, resets_at| Some(WindowState { used, resets_at });
    assert_eq!(window().await, state(2, at(1_000)));
    assert_eq!(create(take(None, 1_000)).await, Ok(Created::Yes), "it is over");
    assert_eq!(window().await, state(1, at(2_000)));
    assert_eq!(ports.ledger.account(&user).await.unwrap().windows[0], None);
}

/// However many come at once.
pub async fn a_window_lets_in_so_many_in_a_race(ports: &Ports) {
    let user = ports.unique();
    let first = ports.job(&user);
    assert_eq!(
        ports.jobs.create(new(&first, take(None, 0))).await,
        Ok(Created::Yes)
    );
    let jobs: Vec<Job> = (0..8).map(|_| ports.job(&user)).collect();
    let created = join_all(
        jobs.iter()
            .map(|job| ports.jobs.create(new(job, take(Some(1_000), 1)))),
    )
    .await;
    let let_in = created.iter().filter(|created| **created == Ok(Created::Yes));
    assert_eq!(let_in.count(), 1, "{created:?}");
    let kept = join_all(jobs.iter().map(|job| ports.jobs.get(job.id))).await;
    assert_eq!(kept.iter().filter(|job| matches!(job, Ok(Some(_)))).count(), 1);
}

/// However many reserve and settle at once.
pub async fn credits_hold_in_a_race(ports: &Ports) {
    let user = granted(ports, 20).await;
    let jobs: Vec<Job> = (0..8).map(|_| job_of(ports, &user, 10)).collect();
    let created = join_all(jobs.iter().map(|job| ports.jobs.create(new(job, reserve(10))))).await;
    let paid: Vec<&Job> = jobs
        .iter()
        .zip(&created)
        .filter(|(_, created)| **created == Ok(Created::Yes))
        .map(|(job, _)| job)
        .collect();
    assert_eq!(paid.len(), 3, "20 and down to -10: {created:?}");
    assert_eq!(numbers(&balance(ports, &user).await), [-10, 20, 0, 30]);
    let step = fail(4);
    let ended = join_all(paid.iter().map(|job| ports.jobs.finish(job, &step))).await;
    assert!(ended.iter().all(|end| matches!(end, Ok(Applied::Yes(_)))));
    assert_eq!(numbers(&balance(ports, &user).await), [8, 20, 12, 0]);
}

/// For its own attempt, in the transaction of the retry, and nothing when that is refused.
pub async fn a_retry_pays_again(ports: &Ports) {
    let user = granted(ports, 50).await;
    let job = job_of(ports, &user, 20);
    ports.jobs.create(new(&job, reserve(20))).await.unwrap();
    let Ok(Applied::Yes(ended)) = ports.jobs.finish(&job, &fail(5)).await else {
        panic!("not ended");
    };
    let credits = JobCredits {
        reserved: 8,
        charged: None,
        counted: 2,
        ..JobCredits::default()
    };
    let step = moves::retry(&ended, at(3), &Timing::default(), stage(0), credits);
    let poor = Dues {
        reserve: Some(Reservation {
            amount: 60,
            floor: FLOOR,
            now: at(3),
        }),
        takes: Vec::new(),
    };
    let unpaid = ports.jobs.admit(&ended, &step, None, &poor).await;
    assert_eq!(unpaid, Ok(Admission::Unpaid(Due::Credits)));
    let again = ports.jobs.admit(&ended, &step, None, &reserve(8)).await;
    let Ok(Admission::Applied(Applied::Yes(retried))) = again else {
        panic!("not retried: {again:?}");
    };
    assert_eq!((retried.attempt, retried.credits), (2, Some(credits)));
    let refused = ports.jobs.admit(&ended, &step, None, &reserve(8)).await;
    assert!(matches!(refused, Ok(Admission::Applied(Applied::Refused(_)))));
    assert_eq!(numbers(&balance(ports, &user).await), [37, 50, 5, 8]);
    let lines = ports.ledger.lines(&user, None, 1).await.unwrap().lines;
    assert_eq!(
        (lines[0].movement, lines[0].attempt),
        (Movement::Reserve, Some(2))
    );
}

/// Neither credits nor a place in a window, where the other cannot be had.
pub async fn a_refused_creation_costs_nothing(ports: &Ports) {
    let user = granted(ports, 5).await;
    let both = Dues {
        reserve: reserve(100).reserve,
        ..take(None, 0)
    };
    let refused = ports.jobs.create(new(&ports.job(&user), both)).await;
    assert_eq!(refused, Ok(Created::Unpaid(Due::Credits)));
    let account = ports.ledger.account(&user).await.unwrap();
    assert_eq!(
        (account.windows, numbers(&account.balance)),
        ([None, None], [5, 5, 0, 0])
    );
}

/// Each line once, the newest job first.
pub async fn a_ledger_is_read_by_pages(ports: &Ports) {
    let user = granted(ports, 100).await;
    for _ in 0..3 {
        let job = job_of(ports, &user, 1);
        ports.jobs.create(new(&job, reserve(1))).await.unwrap();
        ports.jobs.finish(&job, &fail(1)).await.unwrap();
        ports.clock.sleep(Duration::from_millis(1)).await;
    }
    let all = ports.ledger.lines(&user, None, 100).await.unwrap();
    assert_eq!((all.lines.len(), all.next), (7, None));
    let (mut paged, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = ports.ledger.lines(&user, after.as_deref(), 2).await.unwrap();
        assert!(page.lines.len() <= 2);
        paged.extend(page.lines);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, all.lines);
    let other = ports.ledger.lines(&ports.unique(), None, 10).await.unwrap();
    assert_eq!(other.lines, []);
}

/// By their share.
pub async fn users_and_checks_are_found(ports: &Ports) {
    let user = granted(ports, 1).await;
    let users = ports.ledger.users(share_of(&user), 100_000).await.unwrap();
    assert!(users.contains(&user));
    let other = ports
        .ledger
        .users((share_of(&user) + 1) % 60, 100_000)
        .await
        .unwrap();
    assert!(!other.contains(&user));
    let check = Check {
        at: at(5),
        users: 3,
        granted: 4,
        wrong: vec![user.clone()],
        ..Check::default()
    };
    ports.ledger.keep_check(7, &check).await.unwrap();
    ports.ledger.keep_check(7, &check).await.unwrap();
    let checks = ports.ledger.checks().await.unwrap();
    assert_eq!(checks.iter().filter(|kept| **kept == check).count(), 1);
}
