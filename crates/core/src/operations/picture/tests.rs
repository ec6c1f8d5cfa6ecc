use std::time::Duration;

use super::*;
use crate::job::{Lease, Priority, Stage};
use crate::operations::BoardPage;

/// 2026-11-02, a little after one.
const NOW: Time = Time::from_ms(1_793_581_500_000);

fn before(seconds: u64) -> Time {
    NOW.minus(Duration::from_secs(seconds))
}

fn job(status: Status, phase: Phase, age_seconds: u64) -> Job {
    let stage = Stage {
        index: 0,
        count: 0,
        text: String::new(),
        from: 0,
        to: 0,
    };
    let made = before(age_seconds);
    Job {
        status,
        phase,
        pipeline: "novel".to_owned(),
        queued_at: Some(made),
        ..Job::blank(JobId::first_of(made), made, stage)
    }
}

fn reading(jobs: &[Job]) -> Reading {
    let processing = jobs.iter().filter(|job| job.status == Status::Processing);
    Reading {
        open: BoardPage {
            entries: jobs.iter().map(BoardEntry::of).collect(),
            next: None,
        },
        records: processing.cloned().collect(),
        depths: QueueName::ALL
            .map(|queue| QueueDepth {
                queue,
                waiting: 0,
                in_flight: 0,
                delayed: 0,
                dead_letters: 0,
            })
            .into(),
        ..Reading::default()
    }
}

fn picture(reading: &Reading) -> Operations {
    Operations::of(reading, Accounting::default(), NOW)
}

#[test]
fn a_queue_is_as_old_as_who_waits_longest_for_its_workers() {
    let mut held = job(Status::Processing, Phase::Chunks, 5_000);
    held.leases.insert(
        Slot::Chunk(0),
        Lease {
            token: Some(LeaseToken::from_stored("abc.def")),
            until: NOW.plus(Duration::from_secs(30)),
        },
    );
    let mut low = job(Status::Processing, Phase::Chunks, 900);
    low.priority = Priority::Low;
    low.updated_at = before(40);
    let no_message = job(Status::Queued, Phase::Waiting, 9_000);
    let shown = picture(&reading(&[
        job(Status::Queued, Phase::Planning, 70),
        held,
        low,
        no_message,
    ]));
    let oldest: Vec<Option<u64>> = shown.queues.iter().map(|queue| queue.oldest_seconds).collect();
    assert_eq!(oldest, [None, Some(70), Some(40), None]);
}

#[test]
fn claimed_slots_name_their_worker_and_what_is_left_of_the_lease() {
    let mut one = job(Status::Processing, Phase::Chunks, 100);
    for n in 0..250 {
        let lease = Lease {
            token: (n != 1).then(|| LeaseToken::from_stored("0123abcd.ffff")),
            until: NOW
                .plus(Duration::from_secs(u64::from(n)))
                .minus(Duration::from_millis(500)),
        };
        one.leases.insert(Slot::Chunk(n), lease);
        one.tries.insert(Slot::Chunk(n), 2);
    }
    let running = picture(&reading(&[one])).running;
    assert_eq!(
        (running.slots.len(), running.total, running.complete),
        (200, 250, true)
    );
    let [first, second, ..] = &running.slots[..] else {
        panic!()
    };
    assert_eq!((first.chunk, first.lease_seconds), (Some(0), -0.5));
    assert_eq!((first.worker.as_deref(), first.tries), (Some("0123abcd"), 2));
    assert_eq!((second.chunk, &second.worker), (Some(1), &None), "it only rests");
}

#[test]
fn open_jobs_are_counted_by_status_and_pipeline() {
    let mut other = job(Status::Queued, Phase::Planning, 1);
    other.pipeline = "timetable".to_owned();
    let jobs = [
        job(Status::Queued, Phase::Planning, 1),
        job(Status::Processing, Phase::Chunks, 1),
        other,
    ];
    let open = picture(&reading(&jobs)).open;
    assert_eq!(
        open.by_status,
        [("awaiting_upload", 0), ("processing", 1), ("queued", 2)].into()
    );
    assert_eq!(
        open.by_pipeline["novel"],
        [("processing", 1), ("queued", 1)].into()
    );
    assert_eq!(open.by_pipeline["timetable"], [("queued", 1)].into());
}

#[test]
fn figures_stop_where_their_time_does() {
    let tally = |code: &str, nano| Tally {
        failed: 1,
        cost_nano_usd: nano,
        job_failures: [(code.to_owned(), 1)].into(),
        ..Tally::default()
    };
    let mut reading = reading(&[]);
    let hour = Span::Hour.start_of(NOW);
    for hours in [0, 23, 24, 47] {
        reading.hours.insert(
            hour.minus(Span::Hour.length() * hours),
            tally(&format!("H{hours}"), 1_000),
        );
    }
    let day = Span::Day.start_of(NOW);
    for days in [0, 1, 2, 29] {
        reading.days.insert(
            day.minus(Span::Day.length() * days),
            tally(&format!("D{days}"), 1_000),
        );
    }
    let shown = picture(&reading);
    let codes = |failures: &[FailureFigures]| failures.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(&shown.failures.last_24_hours), ["H0", "H23"]);
    assert_eq!(codes(&shown.failures.last_30_days), ["D0", "D1", "D2", "D29"]);
    assert_eq!(shown.hours.len(), 48);
    assert_eq!(shown.hours.iter().map(|hour| hour.failed).sum::<u64>(), 4);
    assert_eq!((shown.hours[0].failed, shown.hours[47].hour), (1, hour));
    // The second of the month.
    assert_eq!(
        (shown.cost.today_usd.as_str(), shown.cost.month_usd.as_str()),
        ("0.000001", "0.000002")
    );
}

#[test]
fn every_group_of_figures_has_its_source() {
    let shown = serde_json::to_value(picture(&reading(&[]))).unwrap();
    let groups = shown
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| !["at", "sources"].contains(&key.as_str()));
    for group in groups {
        assert!(shown["sources"][group].is_string(), "{group}");
    }
    assert_eq!(shown["sources"].as_object().unwrap().len(), SOURCES.len());
}

#[test]
fn a_row_offers_what_may_be_done() {
    let acts = |job: &Job| JobRow::of(BoardEntry::of(job)).acts;
    assert_eq!(
        acts(&job(Status::Queued, Phase::Planning, 1)),
        [Act::Cancel, Act::Requeue]
    );
    assert_eq!(acts(&job(Status::Failed, Phase::Planning, 1)), [Act::Retry]);
    let mut cancelling = job(Status::Processing, Phase::Chunks, 1);
    cancelling.cancel_requested_at = Some(NOW);
    assert_eq!(acts(&cancelling), [Act::Requeue]);
    let never_came = Job {
        queued_at: None,
        ..job(Status::Failed, Phase::Planning, 1)
    };
    assert_eq!(acts(&never_came), []);
}
