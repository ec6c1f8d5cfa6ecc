//! Files that clients bring themselves, and what users read, over ports in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::intake::{DeclaredFile, Download, ListQuery, ResultQuery, StartRequest, Submission};
use docmill_core::job::{Job, Status};
use docmill_core::plan::upload_key;
use docmill_core::ports::{BlobStore, JobFilter};
use futures::executor::block_on;
use world::World;

const TEXT: &str = "one\ntwo\nthree";

fn declared(size: usize) -> DeclaredFile {
    DeclaredFile {
        name: "dir/a.txt".into(),
        size: size as u64,
        ..DeclaredFile::default()
    }
}

impl World {
    fn announce(&self, file: DeclaredFile) -> Job {
        let submission = Submission {
            pipeline: "lines".into(),
            ..Submission::default()
        };
        block_on(self.intake.announce(&self.caller, submission, vec![file]))
            .unwrap()
            .job
    }

    fn bring(&self, job: &Job, text: &'static str) {
        let key = upload_key(job.id, 0);
        block_on(self.memory.blobs.put(&key, "text/plain", Bytes::from(text))).unwrap();
    }

    fn start(&self, job: &Job) -> Result<Job, docmill_core::problem::Problem> {
        block_on(self.intake.start(&self.caller, job.id, &StartRequest::default())).map(|done| done.job)
    }
}

#[test]
fn an_announced_file_is_brought_started_and_worked_on() {
    let world = World::new();
    let job = world.announce(declared(TEXT.len()));
    assert_eq!(job.status, Status::AwaitingUpload);
    let uploads = block_on(world.intake.uploads(&world.caller, job.id)).unwrap();
    assert_eq!(
        (
            uploads.uploads[0].method,
            uploads.uploads[0].parts.len(),
            uploads.more
        ),
        ("put", 1, false)
    );
    assert_eq!(uploads.uploads[0].name, "a.txt");
    assert_eq!(world.start(&job).unwrap_err().code, "UPLOAD_INCOMPLETE");
    world.bring(&job, TEXT);
    world.clock.advance(Duration::from_secs(2));
    let uploads = block_on(world.intake.uploads(&world.caller, job.id)).unwrap();
    assert_eq!(
        (uploads.uploads[0].uploaded.len(), uploads.uploads[0].parts.len()),
        (1, 0)
    );
    assert_eq!(world.start(&job).unwrap().status, Status::Queued);
    assert_eq!(
        world.start(&job).unwrap().version,
        2,
        "a second start changes nothing"
    );
    let done = world.finish(job.id);
    assert_eq!(
        world.result(&done),
        r#"{"failed":[],"lines":["ONE","TWO","THREE"]}"#
    );
    let problem = block_on(world.intake.uploads(&world.caller, job.id)).unwrap_err();
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (409, "NOT_AWAITING_UPLOAD")
    );
}

#[test]
fn another_size_than_announced_is_refused_at_start() {
    let world = World::new();
    let job = world.announce(declared(5));
    world.bring(&job, TEXT);
    let problem = world.start(&job).unwrap_err();
    assert_eq!(problem.errors[0].code, "SIZE_MISMATCH");
    assert_eq!(world.job(job.id).status, Status::AwaitingUpload);
}

#[test]
fn a_file_replaced_after_the_start_fails_the_job_and_so_does_a_wrong_checksum() {
    let world = World::new();
    let job = world.announce(declared(TEXT.len()));
    world.bring(&job, TEXT);
    world.start(&job).unwrap();
    world.bring(&job, "ONE\nTWO\nTHREE");
    assert_eq!(world.finish(job.id).error.unwrap().code, "SOURCE_CHANGED");

    let job = world.announce(DeclaredFile {
        sha256: Some("0".repeat(64)),
        ..declared(TEXT.len())
    });
    world.bring(&job, TEXT);
    world.start(&job).unwrap();
    assert_eq!(world.finish(job.id).error.unwrap().code, "CHECKSUM_MISMATCH");
}

#[test]
fn an_upload_that_never_comes_expires_and_cannot_be_retried() {
    let world = World::new();
    let job = world.announce(declared(5));
    world.clock.advance(Duration::from_secs(24 * 3600 + 60));
    world.sweep();
    let job = world.job(job.id);
    assert_eq!(
        (job.status, job.error.unwrap().code.as_str()),
        (Status::Expired, "UPLOAD_EXPIRED")
    );
    let problem = block_on(world.intake.retry(&world.caller, job.id)).unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (409, "NOTHING_TO_RETRY"));
}

#[test]
fn a_job_waiting_for_files_can_be_cancelled() {
    let world = World::new();
    let job = world.announce(declared(5));
    assert_eq!(
        block_on(world.intake.cancel(&world.caller, job.id))
            .unwrap()
            .job
            .status,
        Status::Cancelled
    );
    assert_eq!(world.start(&job).unwrap_err().code, "NOT_AWAITING_UPLOAD");
}

#[test]
fn odd_announcements_are_refused() {
    let world = World::new();
    let announce = |pipeline: &str, files: Vec<DeclaredFile>| {
        let submission = Submission {
            pipeline: pipeline.into(),
            ..Submission::default()
        };
        block_on(world.intake.announce(&world.caller, submission, files)).unwrap_err()
    };
    assert_eq!(
        announce("nothing", vec![declared(5)]).errors[0].code,
        "UNKNOWN_PIPELINE"
    );
    assert_eq!(announce("lines", vec![]).errors[0].code, "NO_FILE");
    assert_eq!(
        announce("lines", vec![declared(5), declared(5), declared(5)]).errors[0].code,
        "TOO_MANY_FILES"
    );
    assert_eq!(announce("lines", vec![declared(2_000_000)]).status, 413);
    let odd = DeclaredFile {
        sha256: Some("xyz".into()),
        ..declared(5)
    };
    assert_eq!(announce("lines", vec![odd]).errors[0].code, "INVALID_SHA256");
}

#[test]
fn lists_are_the_callers_own_newest_first_and_paged() {
    let world = World::new();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.submit("a").id);
        world.clock.advance(Duration::from_millis(10));
    }
    ids.reverse();
    let reader = world.reader();
    let page = |cursor| {
        let query = ListQuery {
            limit: Some(2),
            cursor,
            ..ListQuery::default()
        };
        block_on(reader.list(&world.caller, &query)).unwrap()
    };
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let answer = page(cursor);
        seen.extend(answer.jobs.iter().map(|job| job.job_id));
        cursor = answer.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids);
    let stranger = Caller::user("mallory");
    assert!(
        block_on(reader.list(&stranger, &ListQuery::default()))
            .unwrap()
            .jobs
            .is_empty()
    );
    let filter = JobFilter {
        status: Some(Status::Completed),
        ..JobFilter::default()
    };
    let query = ListQuery {
        filter,
        ..ListQuery::default()
    };
    assert!(
        block_on(reader.list(&world.caller, &query))
            .unwrap()
            .jobs
            .is_empty()
    );
    let query = ListQuery {
        cursor: Some("nonsense".into()),
        ..ListQuery::default()
    };
    assert_eq!(
        block_on(reader.list(&world.caller, &query)).unwrap_err().errors[0].code,
        "INVALID_CURSOR"
    );
}

#[test]
fn events_wait_for_the_first_newer_one_and_say_when_there_will_be_none() {
    let world = World::new();
    let job = world.submit("a\nb");
    world.publish();
    let reader = world.reader();
    let page = block_on(reader.events(&world.caller, job.id, 0, Duration::ZERO)).unwrap();
    assert_eq!((page.events.len(), page.next_after, page.ended), (1, 1, false));
    let done = world.finish(job.id);
    world.publish();
    let page = block_on(reader.events(&world.caller, job.id, 1, Duration::from_secs(20))).unwrap();
    assert_eq!((page.next_after, page.ended), (done.version, true));
    let page = block_on(reader.events(&world.caller, job.id, done.version, Duration::from_secs(20))).unwrap();
    assert_eq!((page.events.len(), page.ended), (0, true));

    let token = reader
        .tokens
        .issue(job.id, "alice", docmill_core::ports::Clock::now(&*world.clock));
    assert!(
        block_on(reader.stream(&token, job.id, 0, Duration::ZERO))
            .unwrap()
            .ended
    );
    let problem = block_on(reader.stream("1.2", job.id, 0, Duration::ZERO)).unwrap_err();
    assert_eq!(problem.status, 401);
}

#[test]
fn results_are_linked_by_format_and_only_when_there_are_any() {
    let world = World::new();
    let job = world.submit("a\nb");
    let reader = world.reader();
    let result = |format, part| {
        let query = ResultQuery {
            format,
            part: Some(part),
            ..ResultQuery::default()
        };
        block_on(reader.result(&world.caller, job.id, &query))
    };
    assert_eq!(result(None, 1).unwrap_err().code, "NOT_FINISHED");
    world.finish(job.id);
    assert!(matches!(result(Some("txt"), 1).unwrap(), Download::Link(_)));
    assert_eq!(
        result(Some("docx"), 1).unwrap_err().errors[0].code,
        "UNKNOWN_FORMAT"
    );
    assert_eq!(result(None, 2).unwrap_err().code, "NO_SUCH_PART");
    let stranger = Caller::user("mallory");
    assert_eq!(
        block_on(reader.result(&stranger, job.id, &ResultQuery::default()))
            .unwrap_err()
            .status,
        404
    );
}
