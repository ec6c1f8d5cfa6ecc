//! A deleted job is gone with all that hangs on it, whatever dies on the way, and nothing of it comes back.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::deletion::{Deletions, Dissolution, LATE_WRITES, Repeat};
use docmill_core::ids::JobId;
use docmill_core::intake::{DeclaredFile, Intake, Submission};
use docmill_core::job::{Job, Status};
use docmill_core::plan::{output_key, prefixes};
use docmill_core::ports::{
    BlobStore, Clock, DetailStore, Details, EventLog, FailureDetail, Fetched, JobStore, ObjectHead,
    PortError, PortResult, RequestDetail,
};
use docmill_core::time::Time;
use docmill_core::view::Event;
use futures::executor::block_on;
use world::{Do, World};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    fn delete(&self, id: JobId) -> u16 {
        let deleted = block_on(self.intake.delete(&self.caller, id));
        deleted.map_or_else(|problem| problem.status, |()| 204)
    }

    /// What is left of a job, by name.
    fn left_of(&self, id: JobId) -> Vec<String> {
        let mut left: Vec<String> = self.memory.blobs.all_keys();
        left.retain(|key| prefixes(id).iter().any(|prefix| key.starts_with(prefix)));
        let record = block_on(self.memory.jobs.get(id)).unwrap();
        left.extend(record.map(|_| "record".to_owned()));
        left.extend(
            self.events(id)
                .iter()
                .map(|event| format!("event {}", event.version)),
        );
        let details = block_on(self.memory.details.details(id)).unwrap();
        left.extend((details != Details::default()).then(|| "details".to_owned()));
        left
    }

    /// A job that ended as `status`, with its events; a completed one was edited.
    fn ended(&self, status: Status) -> Job {
        let job = match status {
            Status::Completed => self.submit("a\nb"),
            Status::Failed => {
                self.script("bad", &[Do::Fail]);
                self.submit("bad")
            }
            Status::Cancelled => {
                let job = self.submit("a");
                block_on(self.intake.cancel(&self.caller, job.id)).unwrap();
                job
            }
            _ => {
                let file = DeclaredFile {
                    name: "a.txt".into(),
                    size: 5,
                    content_type: "text/plain".into(),
                    sha256: None,
                };
                let lines = Submission {
                    pipeline: "lines".into(),
                    ..Submission::default()
                };
                let announced = self.intake.announce(&self.caller, lines, vec![file]);
                let job = block_on(announced).unwrap().job;
                self.run_until(MINUTE * 60 * 25, || self.job(job.id).status.is_terminal());
                job
            }
        };
        let job = self.finish(job.id);
        assert_eq!(job.status, status);
        if status == Status::Completed {
            self.edit(job.id);
        }
        self.publish();
        self.job(job.id)
    }
}

#[test]
fn a_job_that_is_over_is_deleted_with_all_that_hangs_on_it() {
    for status in Status::TERMINAL {
        let world = World::new();
        let (job, other) = (world.ended(status), world.ended(Status::Completed));
        assert!(!world.left_of(job.id).is_empty());
        assert_eq!(world.delete(job.id), 204, "{status}");
        assert_eq!(world.left_of(job.id), [""; 0], "{status}");
        assert_eq!(world.delete(job.id), 404, "a second time");
        assert!(world.left_of(other.id).len() > 5, "another job is not touched");
        assert_eq!(world.publish().events, 0, "no event tells of it");
        world.run_until(LATE_WRITES + MINUTE * 2, || false);
        assert_eq!(world.left_of(job.id), [""; 0]);
    }
}

#[test]
fn a_job_that_is_not_over_is_not_deleted() {
    let world = World::new();
    let job = world.submit("a\nb");
    assert_eq!(world.delete(job.id), 409, "queued");
    world.script("a", &[Do::Take(Duration::from_secs(100))]);
    while world.work() {}
    assert_eq!(world.job(job.id).status, Status::Processing);
    let refused = block_on(world.intake.delete(&world.caller, job.id)).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (409, "JOB_RUNNING"));
    assert_eq!(world.finish(job.id).status, Status::Completed);
    assert_eq!(world.delete(job.id), 204);
}

/// Fails from call `from` on, as whoever died there would never have made it.
#[derive(Clone)]
struct Fuse {
    calls: Arc<AtomicUsize>,
    from: usize,
    /// Whether the call at which it dies still takes effect.
    late: bool,
}

impl Fuse {
    async fn burn<T>(&self, call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
        let at = self.calls.fetch_add(1, Ordering::Relaxed);
        if at < self.from {
            return call.await;
        }
        if at == self.from && self.late {
            call.await?;
        }
        Err(PortError::Unavailable("dead".into()))
    }
}

struct Fused<P: ?Sized> {
    port: Arc<P>,
    fuse: Fuse,
}

#[async_trait]
impl BlobStore for Fused<dyn BlobStore> {
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead> {
        self.port.put(key, content_type, bytes).await
    }
    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched> {
        self.port.get(key, etag, limit).await
    }
    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        self.port.get_range(key, offset, length).await
    }
    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>> {
        self.port.head(key).await
    }
    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>> {
        self.fuse.burn(self.port.keys(prefix, after, limit)).await
    }
    async fn delete(&self, keys: &[String]) -> PortResult<()> {
        self.fuse.burn(self.port.delete(keys)).await
    }
}

#[async_trait]
impl EventLog for Fused<dyn EventLog> {
    async fn append(&self, event: &Event, expires_at: Time) -> PortResult<()> {
        self.port.append(event, expires_at).await
    }
    async fn after(&self, id: JobId, after: u64, limit: usize) -> PortResult<Vec<Event>> {
        self.port.after(id, after, limit).await
    }
    async fn forget(&self, id: JobId) -> PortResult<()> {
        self.fuse.burn(self.port.forget(id)).await
    }
}

#[async_trait]
impl DetailStore for Fused<dyn DetailStore> {
    async fn details(&self, id: JobId) -> PortResult<Details> {
        self.port.details(id).await
    }
    async fn put_request(&self, id: JobId, request: &RequestDetail, expires_at: Time) -> PortResult<()> {
        self.port.put_request(id, request, expires_at).await
    }
    async fn forget(&self, id: JobId) -> PortResult<()> {
        self.fuse.burn(self.port.forget(id)).await
    }
    async fn put_failure(
        &self,
        id: JobId,
        n: u32,
        detail: &FailureDetail,
        expires_at: Time,
    ) -> PortResult<()> {
        self.port.put_failure(id, n, detail, expires_at).await
    }
}

#[async_trait]
impl Deletions for Fused<dyn Deletions> {
    async fn put_repeat(&self, repeat: Repeat) -> PortResult<()> {
        self.fuse.burn(self.port.put_repeat(repeat)).await
    }
    async fn repeats(&self, now: Time, limit: usize) -> PortResult<Vec<Repeat>> {
        self.port.repeats(now, limit).await
    }
    async fn end_repeat(&self, repeat: Repeat) -> PortResult<()> {
        self.port.end_repeat(repeat).await
    }
    async fn put_dissolution(&self, dissolution: &Dissolution) -> PortResult<()> {
        self.port.put_dissolution(dissolution).await
    }
    async fn dissolutions(&self, limit: usize) -> PortResult<Vec<Dissolution>> {
        self.port.dissolutions(limit).await
    }
    async fn end_dissolution(&self, company: &str) -> PortResult<()> {
        self.port.end_dissolution(company).await
    }
}

/// The users' side of the same installation, in a process that will die.
fn dying(world: &World, fuse: &Fuse) -> Intake {
    let mut intake = world.intake.clone();
    let memory = &world.memory;
    let eraser = &mut intake.eraser;
    eraser.engine.blobs = Arc::new(Fused::<dyn BlobStore> {
        port: memory.blobs.clone(),
        fuse: fuse.clone(),
    });
    eraser.engine.details = Arc::new(Fused::<dyn DetailStore> {
        port: memory.details.clone(),
        fuse: fuse.clone(),
    });
    eraser.events = Arc::new(Fused::<dyn EventLog> {
        port: memory.events.clone(),
        fuse: fuse.clone(),
    });
    eraser.deletions = Arc::new(Fused::<dyn Deletions> {
        port: memory.deletions.clone(),
        fuse: fuse.clone(),
    });
    intake
}

#[test]
fn whoever_dies_in_the_middle_of_a_deletion_leaves_it_to_sweep() {
    let mut steps = 0;
    for from in 0.. {
        let mut died = false;
        for late in [false, true] {
            let world = World::new();
            let job = world.ended(Status::Completed);
            let fuse = Fuse {
                calls: Arc::default(),
                from,
                late,
            };
            let deleted = block_on(dying(&world, &fuse).delete(&world.caller, job.id));
            if deleted.is_ok() {
                continue;
            }
            died = true;
            if block_on(world.memory.jobs.get(job.id))
                .unwrap()
                .unwrap()
                .expires_at
                > world.clock.now()
            {
                // Not discarded yet: the user was told that it failed, and the job is whole.
                assert!(from == 0, "{from} {late}");
                world.run_until(LATE_WRITES + MINUTE * 2, || false);
                assert!(world.left_of(job.id).len() > 5);
                continue;
            }
            assert_eq!(world.delete(job.id), 404, "no door shows it from then on");
            world.run_until(MINUTE * 2, || false);
            assert_eq!(world.left_of(job.id), [""; 0], "{from} {late}");
        }
        if !died {
            steps = from;
            break;
        }
    }
    assert!(steps >= 8, "every step was died at: {steps}");
}

#[test]
fn a_retry_and_a_deletion_at_the_same_moment_are_told_apart() {
    // The deletion reads the job, then the retry wins.
    let world = World::new();
    world.script("bad", &[Do::Fail]);
    let read = world.finish(world.submit("good\nbad").id);
    block_on(world.intake.retry(&world.caller, read.id)).unwrap();
    let erased = block_on(world.intake.eraser.erase(&read)).unwrap();
    assert!(matches!(erased, docmill_core::deletion::Erased::Open(job) if job.attempt == 2));
    assert_eq!(world.finish(read.id).status, Status::Completed);
    world.run_until(LATE_WRITES + MINUTE * 2, || false);
    assert!(world.left_of(read.id).len() > 3, "the deletion was given up");

    // The deletion wins: the retry's step is refused, even on a machine whose clock is behind.
    let behind = world.clock.now().minus(Duration::from_secs(30));
    let read = world.job(read.id);
    let retry = docmill_core::moves::retry(
        &read,
        behind,
        &world.intake.engine.timing,
        read.stage.clone(),
        Default::default(),
    );
    let discard = docmill_core::moves::discard(read.attempt, world.clock.now());
    let discarded = discard.apply(&read).unwrap();
    assert_eq!(retry.apply(&discarded), None);
    assert_eq!(discard.apply(&discarded), None, "nor is it deleted twice");
    let late = docmill_core::moves::audited(&read);
    assert_eq!(late.apply(&discarded), None, "it stays due");
}

#[test]
fn what_is_written_late_is_deleted_as_well() {
    let world = World::new();
    let job = world.ended(Status::Completed);
    let request = block_on(world.memory.details.details(job.id)).unwrap().request;
    assert_eq!(world.delete(job.id), 204);
    // A worker that lost its lease, and a retry that had read the job.
    let output = output_key(job.id, 0);
    let put = world
        .memory
        .blobs
        .put(&output, "text/plain", Bytes::from_static(b"x"));
    block_on(put).unwrap();
    let until = world.clock.now().plus(MINUTE);
    block_on(world.memory.details.put_request(job.id, &request, until)).unwrap();
    assert!(!world.left_of(job.id).is_empty());
    world.run_until(LATE_WRITES + MINUTE * 2, || false);
    assert_eq!(world.left_of(job.id), [""; 0]);
}

#[test]
fn events_do_not_come_back_however_late_the_stream_is() {
    let world = World::new();
    let (job, other) = (world.submit("a\nb\nc"), world.submit("d"));
    for id in [job.id, other.id] {
        assert_eq!(world.finish(id).status, Status::Completed);
    }
    let changes = world.memory.jobs.take_changes();
    assert_eq!(world.delete(job.id), 204);
    for part in changes.chunks(3) {
        let published = block_on(world.publisher.publish(part));
        assert_eq!(published.failed_from, None);
    }
    assert_eq!(world.left_of(job.id), [""; 0]);
    assert!(!world.events(other.id).is_empty());
    let again = block_on(world.publisher.publish(&changes));
    assert_eq!(again.failed_from, None);
    assert_eq!(
        world.left_of(job.id),
        [""; 0],
        "nor with a batch that comes again"
    );
}

#[test]
fn a_sweep_that_fills_gaps_does_not_bring_events_back() {
    let world = World::new();
    let job = world.submit("a");
    world.finish(job.id);
    world.memory.jobs.take_changes();
    // The events were lost; the deletion comes while sweep writes what is missing.
    let events = Arc::new(DeletedWhileFilled {
        world: world.intake.clone(),
        caller: world.caller.clone(),
        port: world.memory.events.clone(),
        job: job.id,
    });
    let mut sweep = world.sweep.clone();
    sweep.events = events;
    world.clock.advance(Duration::from_secs(26 * 3600));
    block_on(sweep.run(Duration::ZERO));
    assert_eq!(world.left_of(job.id), [""; 0]);
}

struct DeletedWhileFilled {
    world: Intake,
    caller: docmill_core::access::Caller,
    port: Arc<dyn EventLog>,
    job: JobId,
}

#[async_trait]
impl EventLog for DeletedWhileFilled {
    async fn append(&self, event: &Event, expires_at: Time) -> PortResult<()> {
        // The first to come deletes it; for the others it is not there any more.
        let _ = self.world.delete(&self.caller, self.job).await;
        self.port.append(event, expires_at).await
    }
    async fn after(&self, id: JobId, after: u64, limit: usize) -> PortResult<Vec<Event>> {
        self.port.after(id, after, limit).await
    }
    async fn forget(&self, id: JobId) -> PortResult<()> {
        self.port.forget(id).await
    }
}
