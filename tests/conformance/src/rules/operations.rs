//! What operators see: the board, tallies, records of dead letters.

use std::time::Duration;

use docmill_core::account::price_of_retry;
use docmill_core::ids::JobId;
use docmill_core::job::{Job, JobCredits, Notice, Priority, Slot, Status};
use docmill_core::moves;
use docmill_core::operations::{
    BOARD_SHARDS, BoardEntry, BoardList, BoardQuery, Letter, LetterAbout, LetterKind, LetterState, Span,
    Tally, letter_id,
};
use docmill_core::ports::ListCursor;
use docmill_core::step::{Applied, Edit, Step};
use docmill_core::time::Time;
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;
use futures::future::join_all;

use crate::Ports;
use crate::make::{at, stage};

/// A moment whose hour and day nobody else counts in: one of a million days after the base time.
fn quiet_day(ports: &Ports) -> Time {
    let mut random = [0_u8; 4];
    ports.entropy.fill(&mut random);
    let days = u32::from_le_bytes(random) % 1_000_000;
    Span::Day
        .start_of(at(0).plus(Span::Day.length() * days))
        .plus(Duration::from_secs(3 * 3_600 + 7))
}

async fn tally(ports: &Ports, span: Span, moment: Time) -> Tally {
    let start = span.start_of(moment);
    let mut found = ports.figures.between(span, start, start).await.unwrap();
    assert!(found.len() <= 1);
    found.remove(&start).unwrap_or_default()
}

/// The jobs of `owner` on a list, by pages of `limit`. Others have jobs on it too.
async fn on_board(ports: &Ports, owner: &str, query: &BoardQuery, limit: usize) -> Vec<BoardEntry> {
    let mut entries = Vec::new();
    let mut after: Option<ListCursor> = None;
    loop {
        let page = ports.board.page(query, after, limit).await.unwrap();
        assert!(page.entries.len() <= limit);
        assert!(
            page.entries
                .is_sorted_by_key(|entry| std::cmp::Reverse((entry.created_at, entry.job_id)))
        );
        entries.extend(page.entries.into_iter().filter(|entry| entry.owner == owner));
        after = page.next;
        // The rule's own jobs are the newest: nobody else's lie so far ahead.
        if after.is_none_or(|after| after.created_at_ms < at(FAR_MS).ms()) {
            return entries;
        }
    }
}

/// Jobs of the rules here are made so much later than those of others.
const FAR_MS: i64 = 1_000_000_000_000;

fn open() -> BoardQuery {
    BoardQuery::default()
}

fn failed() -> BoardQuery {
    BoardQuery {
        list: BoardList::Failed,
        ..open()
    }
}

fn far_job(ports: &Ports, owner: &str, n: i64) -> Job {
    Job {
        created_at: at(FAR_MS + n),
        ..ports.job(owner)
    }
}

/// Open ones on one list, failed ones on the other, the rest on none; each as its record says.
pub async fn the_board_follows_a_job(ports: &Ports) {
    let owner = ports.unique();
    let pipeline = ports.unique();
    let job = Job {
        pipeline: pipeline.clone(),
        ..far_job(ports, &owner, 0)
    };
    ports.store(&job).await;
    ports
        .eventually(vec![BoardEntry::of(&job)], async || {
            on_board(ports, &owner, &open(), 100).await
        })
        .await;
    let end = moves::fail(1, at(5), Notice::new("NO_TEXT", "A sentence."), Usage::default());
    let Applied::Yes(ended) = ports.jobs.finish(&job, &end).await.unwrap() else {
        panic!("not ended");
    };
    ports
        .eventually(vec![BoardEntry::of(&ended)], async || {
            on_board(ports, &owner, &failed(), 100).await
        })
        .await;
    ports
        .eventually(vec![], async || on_board(ports, &owner, &open(), 100).await)
        .await;
    let again = moves::retry(&ended, at(6), &Timing::default(), stage(0), JobCredits::default());
    let Applied::Yes(again) = ports.jobs.apply(job.id, &again).await.unwrap() else {
        panic!("not retried");
    };
    ports
        .eventually(vec![BoardEntry::of(&again)], async || {
            on_board(ports, &owner, &open(), 100).await
        })
        .await;
    ports
        .eventually(vec![], async || on_board(ports, &owner, &failed(), 100).await)
        .await;
    let Applied::Yes(_) = ports
        .jobs
        .finish(&again, &moves::cancelled(2, at(7)).without_cancel())
        .await
        .unwrap()
    else {
        panic!("not cancelled");
    };
    for list in [open(), failed()] {
        ports
            .eventually(vec![], async || on_board(ports, &owner, &list, 100).await)
            .await;
    }
}

/// A cancelled job asks for a cancel that came before; this one's did not.
trait WithoutCancel {
    fn without_cancel(self) -> Self;
}

impl WithoutCancel for Step {
    fn without_cancel(mut self) -> Self {
        self.guards.clear();
        self
    }
}

/// Whatever the size of the pages, and by status and pipeline. Several were made at the same moment and most stand in the
/// same partition, which has no order of its own among them.
pub async fn pages_of_the_board_join_without_gaps(ports: &Ports) {
    let (owner, pipeline) = (ports.unique(), ports.unique());
    let mut made = Vec::new();
    for n in 0..13 {
        let mut job = far_job(ports, &owner, n / 3);
        while n % 5 != 0 && !job.id.due_shard().is_multiple_of(BOARD_SHARDS) {
            job.id = ports.fresh_id();
        }
        if n % 2 == 0 {
            job.pipeline.clone_from(&pipeline);
        }
        if n % 3 == 0 {
            job.status = Status::AwaitingUpload;
        }
        ports.store(&job).await;
        made.push(job);
    }
    made.sort_by_key(|job| std::cmp::Reverse((job.created_at, job.id)));
    let ids = |jobs: Vec<&Job>| jobs.into_iter().map(|job| job.id).collect::<Vec<JobId>>();
    for limit in [1, 4, 100] {
        let listed = async |query: BoardQuery| {
            let entries = on_board(ports, &owner, &query, limit).await;
            entries.into_iter().map(|entry| entry.job_id).collect::<Vec<_>>()
        };
        ports
            .eventually(ids(made.iter().collect()), async || listed(open()).await)
            .await;
        let by_status = BoardQuery {
            status: Some(Status::AwaitingUpload),
            ..open()
        };
        let wanted = made.iter().filter(|job| job.status == Status::AwaitingUpload);
        assert_eq!(listed(by_status).await, ids(wanted.collect()));
        let by_pipeline = BoardQuery {
            pipeline: Some(pipeline.clone()),
            ..open()
        };
        let wanted = made.iter().filter(|job| job.pipeline == pipeline);
        assert_eq!(listed(by_pipeline).await, ids(wanted.collect()));
    }
    let end = moves::cancelled(1, at(5)).without_cancel();
    for job in &made {
        ports.jobs.finish(job, &end).await.unwrap();
    }
}

/// Those that are there, whole.
pub async fn records_are_read_many_at_once(ports: &Ports) {
    let one = ports.processing_job(2).await;
    let other = ports.processing_job(3).await;
    let mut ids: Vec<JobId> = (0..118).map(|_| ports.fresh_id()).collect();
    ids.extend([one.id, other.id]);
    let mut records = ports.board.records(&ids).await.unwrap();
    records.sort_by_key(|job| job.total);
    assert_eq!(records, [one, other]);
    assert_eq!(ports.board.records(&[]).await, Ok(vec![]));
}

/// What an end says, and no end that was refused: an attempt counts once in its hour and its day.
pub async fn an_end_is_counted_once(ports: &Ports) {
    let now = quiet_day(ports);
    let mut job = ports.processing_job(4).await;
    let credits = JobCredits {
        reserved: 4,
        ..JobCredits::default()
    };
    let begun = Step::new(
        vec![],
        vec![
            Edit::Reserve(credits),
            Edit::ExpiresAt(now.plus(Span::Day.length())),
            Edit::StartedAt(Some(now.minus(Duration::from_secs(9)))),
            Edit::QueuedAt(now.minus(Duration::from_secs(12))),
            Edit::Done(0),
            Edit::Done(1),
            Edit::Failed(
                2,
                docmill_core::job::ChunkFailure {
                    code: "NO_TEXT".to_owned(),
                    tries: 1,
                },
            ),
        ],
    );
    if let Applied::Yes(now) = ports.jobs.apply(job.id, &begun).await.unwrap() {
        job = *now;
    }
    let usage = Usage {
        tokens_in: 70,
        tokens_out: 7,
        model_nano_usd: 1_234,
        ..Usage::default()
    };
    let end = moves::fail(1, now, Notice::new("DEADLINE_EXCEEDED", "A sentence."), usage);
    let Applied::Yes(ended) = ports.jobs.finish(&job, &end).await.unwrap() else {
        panic!("not ended");
    };
    let wanted = Tally::of(&ended);
    assert_eq!(
        (wanted.failed, wanted.chunks, wanted.tokens, wanted.cost_nano_usd),
        (1, 2, 77, 1_234)
    );
    for _ in 0..2 {
        assert!(matches!(
            ports.jobs.finish(&job, &end).await,
            Ok(Applied::Refused(_))
        ));
    }
    for span in Span::ALL {
        assert_eq!(tally(ports, span, now).await, wanted, "{span:?}");
    }
    // The next attempt counts for itself.
    let credits = price_of_retry(&ended, 4, 0);
    let again = moves::retry(&ended, now, &Timing::default(), stage(0), credits);
    let Applied::Yes(again) = ports.jobs.apply(job.id, &again).await.unwrap() else {
        panic!("not retried");
    };
    let end = moves::fail(
        2,
        now,
        Notice::new("DEADLINE_EXCEEDED", "A sentence."),
        Usage::default(),
    );
    ports.jobs.finish(&again, &end).await.unwrap();
    let both = tally(ports, Span::Hour, now).await;
    assert_eq!(
        (both.failed, both.chunks, both.tokens, both.cost_nano_usd),
        (2, 2, 77, 1_234)
    );
    assert_eq!(both.job_failures["DEADLINE_EXCEEDED"], 2);
}

/// Ends of the same moment, all at once.
pub async fn ends_are_counted_in_a_race(ports: &Ports) {
    let now = quiet_day(ports);
    let mut jobs = Vec::new();
    for _ in 0..12 {
        jobs.push(ports.processing_job(1).await);
    }
    let end = moves::fail(1, now, Notice::new("NO_TEXT", "A sentence."), Usage::default());
    // Each twice: one of the two is refused.
    let ends = jobs.iter().chain(&jobs).map(|job| ports.jobs.finish(job, &end));
    let written = join_all(ends)
        .await
        .into_iter()
        .filter(|end| matches!(end, Ok(Applied::Yes(_))));
    assert_eq!(written.count(), 12);
    for span in Span::ALL {
        let counted = tally(ports, span, now).await;
        assert_eq!(
            (counted.failed, counted.job_failures["NO_TEXT"]),
            (12, 12),
            "{span:?}"
        );
    }
}

/// From the first to the last asked for, both included, and those in which nothing ended left out.
pub async fn tallies_stand_under_their_time(ports: &Ports) {
    let now = quiet_day(ports);
    for hours in [0, 2, 3] {
        let job = ports.processing_job(1).await;
        let then = now.plus(Span::Hour.length() * hours);
        let end = moves::fail(1, then, Notice::new("NO_TEXT", "A sentence."), Usage::default());
        ports.jobs.finish(&job, &end).await.unwrap();
    }
    let first = Span::Hour.start_of(now);
    let hour = |n: u32| first.plus(Span::Hour.length() * n);
    let between = async |from, until| {
        let found = ports.figures.between(Span::Hour, from, until).await.unwrap();
        found.into_keys().collect::<Vec<Time>>()
    };
    assert_eq!(between(hour(0), hour(3)).await, [hour(0), hour(2), hour(3)]);
    assert_eq!(between(hour(1), hour(2)).await, [hour(2)]);
    assert_eq!(between(hour(2), hour(1)).await, []);
}

fn letter(ports: &Ports, n: i64, about: bool) -> Letter {
    let dead = docmill_core::ports::DeadLetter {
        id: ports.unique(),
        body: String::new(),
        receipt: String::new(),
        priority: Priority::Low,
        sent_at: at(FAR_MS + n),
        receives: 10,
    };
    let about = about.then(|| LetterAbout {
        job: ports.fresh_id(),
        attempt: 2,
        slot: [Slot::Plan, Slot::Merge, Slot::Chunk(7)][usize::try_from(n % 3).unwrap()],
    });
    Letter {
        id: letter_id(&dead),
        priority: dead.priority,
        kind: if about.is_some() {
            LetterKind::GivenUp
        } else {
            LetterKind::Undecodable
        },
        state: LetterState::Open,
        parked: about.is_none().then(|| format!("parked/{n}")),
        about,
        receives: dead.receives,
        bytes: 77,
        sent_at: dead.sent_at,
        given_up_at: at(FAR_MS + n + 9),
        settled: None,
    }
}

/// The first record of a letter stands, and it is settled once.
pub async fn a_letter_is_kept_and_settled_once(ports: &Ports) {
    for about in [true, false] {
        let letter = letter(ports, 5, about);
        assert_eq!(ports.letters.get(&letter.id).await, Ok(None));
        assert_eq!(
            ports
                .letters
                .settle(&letter.id, LetterState::Redriven, at(1), "op")
                .await,
            Ok(None)
        );
        ports.letters.keep(&letter).await.unwrap();
        let later = Letter {
            state: LetterState::Stale,
            ..letter.clone()
        };
        ports.letters.keep(&later).await.unwrap();
        assert_eq!(ports.letters.get(&letter.id).await, Ok(Some(letter.clone())));
        let settled = Letter {
            state: LetterState::Redriven,
            settled: Some((at(FAR_MS + 20), "op".to_owned())),
            ..letter.clone()
        };
        let settle = async |state, ms, by| ports.letters.settle(&letter.id, state, at(ms), by).await.unwrap();
        assert_eq!(
            settle(LetterState::Redriven, FAR_MS + 20, "op").await,
            Some(settled.clone())
        );
        assert_eq!(
            settle(LetterState::Discarded, FAR_MS + 30, "other").await,
            Some(settled.clone())
        );
        assert_eq!(ports.letters.get(&letter.id).await, Ok(Some(settled)));
    }
}

/// Newest first, whatever the size of the pages; open ones apart from the others, and counted.
pub async fn letters_are_listed_and_counted(ports: &Ports) {
    let before = ports.letters.open().await.unwrap();
    let mut open = Vec::new();
    let mut settled = Vec::new();
    for n in 0..9 {
        let mut letter = letter(ports, 1_000 + n, n % 2 == 0);
        if n % 3 == 0 {
            letter.state = LetterState::Stale;
        }
        ports.letters.keep(&letter).await.unwrap();
        let list = if n % 3 == 0 { &mut settled } else { &mut open };
        list.insert(0, letter);
    }
    for (is_open, wanted) in [(true, &open), (false, &settled)] {
        for limit in [1, 4, 100] {
            let mut read: Vec<Letter> = Vec::new();
            let mut last: Option<String> = None;
            loop {
                let page = ports.letters.page(is_open, last.as_deref(), limit).await.unwrap();
                assert!(page.len() <= limit && page.is_sorted_by(|one, other| one.id > other.id));
                last = page.last().map(|letter| letter.id.clone());
                read.extend(page);
                // Older ones are of others, as are some in between.
                if last
                    .as_ref()
                    .is_none_or(|last| wanted.iter().all(|letter| letter.id >= *last))
                {
                    break;
                }
            }
            read.retain(|letter| wanted.iter().any(|own| own.id == letter.id));
            assert_eq!(read, *wanted, "{is_open} {limit}");
        }
    }
    let after = ports.letters.open().await.unwrap();
    assert_eq!(
        (after.open - before.open, after.complete),
        (open.len() as u64, true)
    );
    for letter in &open {
        ports
            .letters
            .settle(&letter.id, LetterState::Discarded, at(1), "op")
            .await
            .unwrap();
    }
    assert_eq!(ports.letters.open().await, Ok(before));
}
