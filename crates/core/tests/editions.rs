//! Results that users edit: who may, what is kept, and what two of them do to each other.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::edition::MAX_EDITIONS;
use docmill_core::ids::JobId;
use docmill_core::intake::{Accepted, Download, Intake, ResultQuery};
use docmill_core::job::{Job, Status};
use docmill_core::pipeline::ExportOptions;
use docmill_core::plan::prefixes;
use docmill_core::ports::{BlobStore, Clock, Fetched, ObjectHead, PortResult};
use docmill_core::problem::Problem;
use docmill_core::running::Tenant;
use docmill_core::view::{EventType, view};
use docmill_memory::MemoryBlobs;
use futures::executor::block_on;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use world::companies::{COMPANY, company};
use world::{Do, World};

impl World {
    fn completed(&self) -> Job {
        let job = self.submit("a\nb");
        self.finish(job.id)
    }

    fn add(&self, id: JobId, line: &str, basis: Option<&str>) -> Result<Accepted, Problem> {
        self.add_as(&self.caller, id, line, basis)
    }

    fn add_as(
        &self,
        caller: &Caller,
        id: JobId,
        line: &str,
        basis: Option<&str>,
    ) -> Result<Accepted, Problem> {
        block_on(add(&self.intake, caller, id, line, basis))
    }

    /// What a download brings.
    fn fetched(&self, id: JobId, query: &ResultQuery<'_>) -> Result<String, Problem> {
        let download = block_on(self.reader().result(&self.caller, id, query))?;
        let bytes = match download {
            Download::Link(url) => self.memory.transfers.download(&url).unwrap().bytes,
            Download::Made { bytes, .. } => bytes,
        };
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn lines_of(&self, id: JobId, edition: Option<u32>) -> Result<Value, Problem> {
        let query = ResultQuery {
            edition,
            ..ResultQuery::default()
        };
        let json = self.fetched(id, &query)?;
        Ok(serde_json::from_str::<Value>(&json).unwrap()["lines"].clone())
    }
}

async fn add(
    intake: &Intake,
    caller: &Caller,
    id: JobId,
    line: &str,
    basis: Option<&str>,
) -> Result<Accepted, Problem> {
    let basis = basis.map(|basis| basis.parse().unwrap());
    intake
        .edit_result(caller, id, &json!({ "add": line }), basis)
        .await
}

fn code<T>(result: Result<T, Problem>) -> (u16, String) {
    let problem = result.err().unwrap();
    (problem.status, problem.code)
}

#[test]
fn exports_use_the_newest_edition_and_older_ones_stay() {
    let world = World::new();
    let job = world.completed();
    for line in ["C", "D"] {
        world.clock.advance(Duration::from_secs(60));
        world.add(job.id, line, None).unwrap();
    }
    assert_eq!(world.lines_of(job.id, None).unwrap(), json!(["A", "B", "C", "D"]));
    assert_eq!(world.lines_of(job.id, Some(0)).unwrap(), json!(["A", "B"]));
    assert_eq!(world.lines_of(job.id, Some(1)).unwrap(), json!(["A", "B", "C"]));
    assert_eq!(
        code(world.lines_of(job.id, Some(3))),
        (404, "NO_SUCH_EDITION".into())
    );
    let text = |edition, variant: Option<&str>| {
        let options = ExportOptions {
            variant: variant.map(ToOwned::to_owned),
            ..ExportOptions::default()
        };
        let query = ResultQuery {
            format: Some("txt"),
            edition,
            options,
            ..ResultQuery::default()
        };
        world.fetched(job.id, &query)
    };
    assert_eq!(text(None, None).unwrap(), "A\nB\nC\nD");
    assert_eq!(text(Some(1), Some("numbered")).unwrap(), "1 A\n2 B\n3 C");
    assert_eq!(text(Some(0), None).unwrap(), "A\nB");
    assert_eq!(code(text(None, Some("rhymed"))), (422, "INVALID_REQUEST".into()));
    let second = ResultQuery {
        part: Some(2),
        ..ResultQuery::default()
    };
    assert_eq!(code(world.fetched(job.id, &second)), (404, "NO_SUCH_PART".into()));
}

#[test]
fn author_and_time_of_each_edition_are_kept_and_told() {
    let world = company();
    let job = world.submit_for("alice", Some(COMPANY)).unwrap();
    let before = world.finish(job.id);
    world.publish();
    world.clock.advance(Duration::from_secs(60));
    let first = world.clock.now();
    world.add(job.id, "C", None).unwrap();
    world.clock.advance(Duration::from_secs(60));
    let edited = world.add_as(&Caller::user("carol"), job.id, "D", None).unwrap();
    assert_eq!(
        (edited.job.status, edited.job.version),
        (Status::Completed, before.version + 2)
    );
    assert_eq!(edited.job.completed_at, before.completed_at);
    let details = edited.details.clone();
    let shown = json!(view(&edited.job, Some(&details), None, world.clock.now()));
    assert_eq!(shown["edition"], 2);
    assert_eq!(
        shown["editions"],
        json!([
            {"number": 1, "author": "alice", "at": first},
            {"number": 2, "author": "carol", "at": world.clock.now()},
        ])
    );
    let listed = json!(view(&edited.job, None, None, world.clock.now()));
    assert!(listed.get("edition").is_none() && listed.get("editions").is_none());
    let query = ResultQuery::default();
    let result: Value = serde_json::from_str(&world.fetched(job.id, &query).unwrap()).unwrap();
    assert_eq!(
        result["edited"],
        json!({"by": "carol", "at": world.clock.now(), "number": 2})
    );
    // Watchers hear of each, and the end of the job is not told again.
    assert_eq!(world.publish().callbacks, 0);
    let events = world.events(job.id);
    let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
    assert_eq!(versions, (1..=edited.job.version).collect::<Vec<_>>());
    let trail = Tenant::Company(COMPANY.into());
    let reader = world.reader();
    let entries = block_on(reader.audit.page(&trail, None, 10)).unwrap();
    let deeds: Vec<Value> = entries
        .iter()
        .map(|entry| json!([entry.actor, entry.action, entry.standing]))
        .collect();
    assert!(deeds.contains(&json!(["alice", "result_edited", "owner"])));
    assert!(deeds.contains(&json!(["carol", "result_edited", "admin"])));
}

#[test]
fn only_a_completed_job_has_a_result_that_can_be_edited() {
    let world = World::new();
    world.script("bad", &[Do::Fail, Do::Take(Duration::from_secs(30))]);
    let job = world.submit("good\nbad");
    assert_eq!(code(world.add(job.id, "x", None)), (409, "NOT_FINISHED".into()));
    assert_eq!(world.finish(job.id).status, Status::Completed);
    world.add(job.id, "mine", None).unwrap();
    block_on(world.intake.retry(&world.caller, job.id)).unwrap();
    while world.work() {}
    assert_eq!(code(world.add(job.id, "x", None)), (409, "NOT_FINISHED".into()));
    assert_eq!(
        world.lines_of(job.id, None).unwrap(),
        json!(["GOOD", "mine"]),
        "the last result, with its editions, until the next is there"
    );
    world.finish(job.id);
    assert_eq!(world.lines_of(job.id, None).unwrap(), json!(["GOOD", "BAD"]));
    assert_eq!(
        code(world.add(job.id, "x", Some("1.0"))),
        (412, "EDITED_MEANWHILE".into()),
        "the number is the same, the attempt is not"
    );
    world.add(job.id, "x", Some("2.0")).unwrap();
    let failed = world.submit("bad");
    world.script("bad", &[Do::Fail]);
    assert_eq!(world.finish(failed.id).status, Status::Failed);
    assert_eq!(code(world.add(failed.id, "x", None)), (409, "NO_RESULT".into()));
}

#[test]
fn an_edit_that_makes_no_sense_leaves_everything_as_it_was() {
    let world = World::new();
    let job = world.completed();
    let keys = world.memory.blobs.all_keys();
    let body = json!({"remove": 1});
    let refused = block_on(world.intake.edit_result(&world.caller, job.id, &body, None));
    assert_eq!(code(refused), (422, "INVALID_REQUEST".into()));
    let large = "x".repeat(9 << 20);
    assert_eq!(
        code(world.add(job.id, &large, None)),
        (413, "RESULT_TOO_LARGE".into())
    );
    assert_eq!(
        code(world.add(job.id, "x", Some("1"))),
        (412, "EDITED_MEANWHILE".into()),
        "an edition that never was"
    );
    assert_eq!(world.job(job.id), job);
    assert_eq!(world.memory.blobs.all_keys(), keys);
    let stranger = Caller::user("mallory");
    assert_eq!(
        code(world.add_as(&stranger, job.id, "x", None)),
        (404, "JOB_NOT_FOUND".into())
    );
    world.memory.blobs.remove(&format!("results/{}/1/json-1", job.id));
    assert_eq!(code(world.add(job.id, "x", None)), (409, "RESULT_GONE".into()));
}

#[test]
fn a_result_has_so_many_editions_and_no_more() {
    let world = World::new();
    let job = world.completed();
    for n in 0..MAX_EDITIONS {
        world.add(job.id, &n.to_string(), None).unwrap();
    }
    let full = world.add(job.id, "one more", None);
    assert_eq!(code(full), (409, "TOO_MANY_EDITIONS".into()));
    let lines = world.lines_of(job.id, None).unwrap();
    assert_eq!(lines.as_array().map(Vec::len), Some(2 + MAX_EDITIONS));
}

/// Lets somebody else do something just before the first file of an edition is written.
struct Meddling {
    inner: Arc<MemoryBlobs>,
    first: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl Meddling {
    fn intake(world: &World, first: impl Future<Output = ()> + Send + 'static) -> Intake {
        let mut intake = world.intake.clone();
        intake.engine.blobs = Arc::new(Self {
            inner: world.memory.blobs.clone(),
            first: Mutex::new(Some(Box::pin(first))),
        });
        intake
    }
}

#[async_trait]
impl BlobStore for Meddling {
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead> {
        let first = self.first.lock().unwrap().take();
        if let Some(first) = first {
            first.await;
        }
        self.inner.put(key, content_type, bytes).await
    }

    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched> {
        self.inner.get(key, etag, limit).await
    }

    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        self.inner.get_range(key, offset, length).await
    }

    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>> {
        self.inner.head(key).await
    }

    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>> {
        self.inner.keys(prefix, after, limit).await
    }

    async fn delete(&self, keys: &[String]) -> PortResult<()> {
        self.inner.delete(keys).await
    }
}

#[test]
fn an_edit_made_at_the_same_moment_stands_before_the_slower_one() {
    let world = World::new();
    let job = world.completed();
    let (quick, caller, id) = (world.intake.clone(), world.caller.clone(), job.id);
    let intake = Meddling::intake(&world, async move {
        add(&quick, &caller, id, "quick", None).await.unwrap();
    });
    let slow = block_on(add(&intake, &world.caller, id, "slow", None)).unwrap();
    assert_eq!(slow.job.result.unwrap().newest(), 2);
    assert_eq!(
        world.lines_of(id, None).unwrap(),
        json!(["A", "B", "quick", "slow"])
    );
    assert_eq!(
        world.lines_of(id, Some(1)).unwrap(),
        json!(["A", "B", "quick"]),
        "the slower one's file did not take its place"
    );
}

#[test]
fn who_says_what_they_edit_is_told_that_it_is_not_the_newest() {
    let world = World::new();
    let job = world.completed();
    let (quick, caller, id) = (world.intake.clone(), world.caller.clone(), job.id);
    let intake = Meddling::intake(&world, async move {
        add(&quick, &caller, id, "quick", Some("1.0")).await.unwrap();
    });
    let slow = block_on(add(&intake, &world.caller, id, "slow", Some("1.0")));
    assert_eq!(code(slow), (412, "EDITED_MEANWHILE".into()));
    assert_eq!(world.lines_of(id, None).unwrap(), json!(["A", "B", "quick"]));
    world.add(id, "slow", Some("1.1")).unwrap();
    assert_eq!(
        world.lines_of(id, None).unwrap(),
        json!(["A", "B", "quick", "slow"])
    );
}

#[test]
fn no_acknowledged_edit_is_lost_however_many_edit_at_once() {
    let world = World::new();
    let job = world.completed();
    let editors = 6;
    let each = 10;
    let acknowledged: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..editors)
            .map(|editor| {
                let (intake, caller) = (world.intake.clone(), world.caller.clone());
                scope.spawn(move || {
                    let lines = (0..each).map(|n| format!("{editor}.{n}"));
                    lines
                        .filter(|line| match block_on(add(&intake, &caller, job.id, line, None)) {
                            Ok(_) => true,
                            // Others came first every time: nothing of it may be there.
                            Err(problem) => {
                                assert_eq!(problem.status, 503);
                                false
                            }
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(acknowledged.len() >= each);
    let lines = world.lines_of(job.id, None).unwrap();
    let kept: Vec<&str> = lines.as_array().unwrap()[2..]
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let expected: BTreeSet<&str> = acknowledged.iter().map(String::as_str).collect();
    assert_eq!(kept.len(), acknowledged.len(), "each once");
    assert_eq!(kept.iter().copied().collect::<BTreeSet<_>>(), expected);
    let newest = world.job(job.id).result.unwrap().newest();
    assert_eq!(newest as usize, acknowledged.len());
    for n in 0..=newest {
        let lines = world.lines_of(job.id, Some(n)).unwrap();
        assert_eq!(lines.as_array().unwrap()[2..], kept[..n as usize], "edition {n}");
    }
}

#[test]
fn a_job_deleted_while_it_is_edited_stays_deleted() {
    let world = World::new();
    let job = world.completed();
    let (other, caller, id) = (world.intake.clone(), world.caller.clone(), job.id);
    let intake = Meddling::intake(&world, async move {
        other.delete(&caller, id).await.unwrap();
    });
    let edited = block_on(add(&intake, &world.caller, id, "late", None));
    assert_eq!(code(edited), (404, "JOB_NOT_FOUND".into()));
    let left = |world: &World| {
        let keys = world.memory.blobs.all_keys();
        let of_job = |key: &&String| prefixes(id).iter().any(|prefix| key.starts_with(prefix));
        keys.iter().filter(of_job).count()
    };
    assert_eq!(left(&world), 1, "written after the deletion");
    world.run_until(Duration::from_secs(12 * 60), || false);
    assert_eq!(left(&world), 0);
}

#[test]
fn the_event_of_an_edit_that_the_stream_lost_is_filled_in() {
    let world = World::new();
    let job = world.completed();
    world.publish();
    world.run_until(Duration::from_secs(26 * 3600), || false);
    world.add(job.id, "C", None).unwrap();
    world.memory.jobs.take_changes();
    let read = world.job(job.id);
    assert_eq!(world.events(job.id).len() as u64, read.version - 1);
    world.run_until(Duration::from_secs(26 * 3600), || false);
    let events = world.events(job.id);
    assert_eq!(events.len() as u64, read.version);
    assert_eq!(events.last().unwrap().kind, EventType::Status);
    // A check of the list that began before the edit does not put the next one off.
    let begun = docmill_core::moves::audited(&job);
    assert_eq!(begun.apply(&read), None);
}
