//! A company's data: all of it can be taken along, and all of it goes when the company is deleted.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::audit::Audit;
use docmill_core::company::{Companies, Role};
use docmill_core::deletion::{Deletions, Dissolution, LATE_WRITES};
use docmill_core::export::{EXPORT_LIFE, ExportStatus, Exports};
use docmill_core::intake::{ExportView, NewInvitation, Submission};
use docmill_core::job::{Job, Status};
use docmill_core::plan;
use docmill_core::ports::{BlobStore, Clock, Fetched, JobStore, ObjectHead, PortError, PortResult};
use docmill_core::problem::Problem;
use docmill_core::running::Tenant;
use futures::executor::block_on;
use serde_json::{Value, json};
use world::companies::{COMPANY, company, operator};
use world::{Do, World};

const MINUTE: Duration = Duration::from_secs(60);

fn carol() -> Caller {
    Caller::user("carol")
}

fn code<T>(result: Result<T, Problem>) -> Result<(), String> {
    result.map(|_| ()).map_err(|problem| problem.code)
}

impl World {
    fn export(&self) -> Result<ExportView, Problem> {
        block_on(self.intake.export_company(&carol(), COMPANY))
    }

    fn exported(&self) -> Result<ExportView, Problem> {
        block_on(self.intake.company_export(&carol(), COMPANY))
    }

    /// Every file of an export, by name.
    fn files(&self, export: &ExportView) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for part in &export.parts {
            let download = self.memory.transfers.download(&part.url).unwrap();
            assert_eq!(download.bytes.len() as u64, part.bytes);
            let mut archive = zip::ZipArchive::new(Cursor::new(download.bytes)).unwrap();
            for index in 0..archive.len() {
                let mut file = archive.by_index(index).unwrap();
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                let name = file.name().unwrap().into_owned();
                assert_eq!(files.insert(name.clone(), bytes), None, "{name} twice");
            }
        }
        files
    }

    fn ended_for(&self, company: Option<&str>) -> Job {
        let job = self.submit_for("alice", company).unwrap();
        let job = self.finish(job.id);
        self.publish();
        job
    }

    fn delete_company(&self, caller: &Caller) -> Result<(), String> {
        code(block_on(self.intake.delete_company(caller, COMPANY)))
    }

    fn trail(&self, trail: &Tenant) -> Vec<&'static str> {
        let entries = block_on(self.memory.audit.page(trail, None, 1_000)).unwrap();
        entries.iter().map(|entry| entry.action.as_str()).collect()
    }

    /// What is left of the company, by name.
    fn left_of_company(&self) -> Vec<String> {
        let jobs = self.memory.jobs.all();
        let jobs = jobs
            .iter()
            .filter(|job| job.company_id.as_deref() == Some(COMPANY));
        let mut left: Vec<String> = jobs.map(|job| job.id.to_string()).collect();
        left.extend(
            self.memory
                .blobs
                .all_keys()
                .into_iter()
                .filter(|key| key.contains(COMPANY)),
        );
        block_on(async {
            let companies = &self.memory.companies;
            left.extend(
                companies
                    .company(COMPANY)
                    .await
                    .unwrap()
                    .map(|company| company.name),
            );
            let members = companies.members(COMPANY).await.unwrap();
            left.extend(members.into_iter().map(|member| member.user));
            let latest = self.memory.exports.latest(COMPANY).await.unwrap();
            left.extend(latest.map(|export| export.id));
        });
        let trail = self.trail(&Tenant::Company(COMPANY.into()));
        left.extend(trail.into_iter().map(ToOwned::to_owned));
        left
    }
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_export_has_everything_of_the_company_and_nothing_else() {
    let world = company();
    let done = world.ended_for(Some(COMPANY));
    world.edit(done.id);
    let own = world.ended_for(None);
    world.script("a", &[Do::Take(MINUTE)]);
    let open = world.submit_for("bob", Some(COMPANY)).unwrap();
    let invitation = NewInvitation {
        email: "dora@example.com".into(),
        role: Role::Member,
    };
    block_on(world.intake.invite(&carol(), COMPANY, &invitation)).unwrap();
    assert_eq!(code(world.exported()), Err("EXPORT_NOT_FOUND".into()));
    let begun = world.export().unwrap();
    assert_eq!((begun.status, begun.parts.len()), (ExportStatus::Running, 0));
    assert_eq!(code(world.export()), Err("EXPORT_RUNNING".into()));
    assert_eq!(world.sweep().exported, 1);
    let export = world.exported().unwrap();
    assert_eq!((export.status, export.jobs), (ExportStatus::Completed, 2));
    assert_eq!(export.export_id, begun.export_id);

    let files = world.files(&export);
    let company: Value = serde_json::from_slice(&files["company.json"]).unwrap();
    assert_eq!(company["name"], "Company");
    assert_eq!(company["members"].as_array().unwrap().len(), 3);
    assert_eq!(company["invitations"][0]["email"], "dora@example.com");
    let of = |job: &Job, name: &str| files.get(&format!("jobs/{}/{name}", job.id));
    let record: Value = serde_json::from_slice(of(&done, "job.json").unwrap()).unwrap();
    assert_eq!(
        (&record["status"], &record["owner"]),
        (&json!("completed"), &json!("alice"))
    );
    assert_eq!(record["files"][0]["name"], "text.txt");
    let events = lines(of(&done, "events.jsonl").unwrap());
    assert_eq!(events.last().unwrap()["status"], "completed");
    assert_eq!(of(&done, "result.json").unwrap(), world.result(&done).as_bytes());
    let edited: Value = serde_json::from_slice(of(&done, "editions/1.json").unwrap()).unwrap();
    assert_eq!(edited["lines"], json!(["A", "B", "more"]));
    assert_eq!(record["editions"][0]["author"], "alice");
    let record: Value = serde_json::from_slice(of(&open, "job.json").unwrap()).unwrap();
    assert_eq!(record["status"], "queued");
    assert_eq!(of(&open, "result.json"), None);
    assert!(
        !files.keys().any(|name| name.contains(&own.id.to_string())),
        "a job outside the company"
    );
    let trail = files
        .iter()
        .find(|(name, _)| name.starts_with("audit/"))
        .unwrap()
        .1;
    let deeds = lines(trail);
    assert!(deeds.iter().any(|entry| entry["action"] == "company_exported"));
    assert!(deeds.iter().any(|entry| entry["action"] == "job_created"));

    let again = world.export().unwrap();
    assert_ne!(again.export_id, export.export_id);
    world.sweep();
    assert_eq!(world.exported().unwrap().status, ExportStatus::Completed);
    world.clock.advance(EXPORT_LIFE);
    assert_eq!(code(world.exported()), Err("EXPORT_NOT_FOUND".into()));
}

#[test]
fn a_part_that_is_closed_early_is_followed_by_others() {
    let world = company();
    let jobs: Vec<Job> = (0..60).map(|_| world.ended_for(Some(COMPANY))).collect();
    let whole = {
        world.export().unwrap();
        world.sweep();
        world.files(&world.exported().unwrap())
    };
    world.export().unwrap();
    let mut export = block_on(world.memory.exports.latest(COMPANY)).unwrap().unwrap();
    // The time is always over: a step of its own for the company, the trail, and each job.
    while export.status == ExportStatus::Running {
        let now = world.clock.now();
        export = block_on(world.sweep.exporter.further(&export, now))
            .unwrap()
            .unwrap();
    }
    let mut parts = world.files(&world.exported().unwrap());
    assert_eq!(export.parts.len(), 2 + jobs.len());
    parts.retain(|name, _| name.starts_with("jobs/"));
    let whole: BTreeMap<_, _> = whole
        .into_iter()
        .filter(|(name, _)| name.starts_with("jobs/"))
        .collect();
    assert!(parts == whole, "the same files");
}

#[test]
fn of_two_who_make_the_same_part_one_is_believed() {
    let world = company();
    world.ended_for(Some(COMPANY));
    world.export().unwrap();
    let export = block_on(world.memory.exports.latest(COMPANY)).unwrap().unwrap();
    let now = world.clock.now().plus(MINUTE);
    let exporter = &world.sweep.exporter;
    assert!(block_on(exporter.further(&export, now)).unwrap().is_some());
    assert!(block_on(exporter.further(&export, now)).unwrap().is_none());
    assert_eq!(world.exported().unwrap().parts.len(), 1);
}

/// Blobs whose writes fail as long as a count lasts.
struct Full {
    blobs: Arc<dyn BlobStore>,
    failures: AtomicUsize,
}

#[async_trait]
impl BlobStore for Full {
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead> {
        let left = self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_ok() {
            return Err(PortError::Unavailable("s3: away".into()));
        }
        self.blobs.put(key, content_type, bytes).await
    }
    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched> {
        self.blobs.get(key, etag, limit).await
    }
    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        self.blobs.get_range(key, offset, length).await
    }
    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>> {
        self.blobs.head(key).await
    }
    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>> {
        self.blobs.keys(prefix, after, limit).await
    }
    async fn delete(&self, keys: &[String]) -> PortResult<()> {
        self.blobs.delete(keys).await
    }
}

fn failing(failures: usize) -> World {
    let mut world = company();
    world.sweep.exporter.engine.blobs = Arc::new(Full {
        blobs: world.memory.blobs.clone(),
        failures: AtomicUsize::new(failures),
    });
    world
}

#[test]
fn a_part_that_fails_is_made_again() {
    let world = failing(4);
    world.ended_for(Some(COMPANY));
    world.export().unwrap();
    for _ in 0..4 {
        assert_eq!(world.sweep().errors, 1);
        assert_eq!(world.exported().unwrap().status, ExportStatus::Running);
    }
    assert_eq!(world.sweep().exported, 1);
    let export = world.exported().unwrap();
    assert_eq!(export.status, ExportStatus::Completed);
    assert_eq!(
        world.files(&export).len(),
        6,
        "company, trail and four of the job"
    );
}

#[test]
fn a_part_that_always_fails_ends_the_export_and_another_may_begin() {
    let world = failing(5);
    world.export().unwrap();
    for _ in 0..6 {
        world.sweep();
    }
    assert_eq!(world.exported().unwrap().status, ExportStatus::Failed);
    assert_eq!(world.sweep().errors, 0, "nothing more is tried");
    world.export().unwrap();
    world.sweep();
    assert_eq!(world.exported().unwrap().status, ExportStatus::Completed);
}

#[test]
fn who_may_take_a_company_s_data_along_or_delete_it() {
    let world = company();
    let bob = Caller::user("bob");
    let mallory = Caller::user("mallory");
    let export = |caller: &Caller| code(block_on(world.intake.export_company(caller, COMPANY)));
    let exported = |caller: &Caller| code(block_on(world.intake.company_export(caller, COMPANY)));
    assert_eq!(export(&carol()), Ok(()));
    for (caller, refused) in [
        (&bob, "FORBIDDEN"),
        (&operator(), "FORBIDDEN"),
        (&mallory, "COMPANY_NOT_FOUND"),
    ] {
        assert_eq!(export(caller), Err(refused.into()));
        assert_eq!(exported(caller), Err(refused.into()));
    }
    assert_eq!(world.delete_company(&bob), Err("FORBIDDEN".into()));
    assert_eq!(world.delete_company(&mallory), Err("COMPANY_NOT_FOUND".into()));
    assert_eq!(world.delete_company(&operator()), Ok(()));
    assert_eq!(world.delete_company(&operator()), Err("COMPANY_NOT_FOUND".into()));
    assert_eq!(
        world.trail(&Tenant::User("olga".into())),
        ["company_deleted"],
        "an operator's act stands in the operator's trail"
    );
}

#[test]
fn a_deleted_company_is_gone_by_every_door_at_once_and_for_good_later() {
    let world = company();
    let done = world.ended_for(Some(COMPANY));
    let own = world.ended_for(None);
    world.export().unwrap();
    world.sweep();
    world.script("a", &[Do::Take(MINUTE * 3)]);
    let running = world.submit_for("bob", Some(COMPANY)).unwrap();
    while world.work() {}
    assert_eq!(world.job(running.id).status, Status::Processing);
    assert_eq!(world.delete_company(&carol()), Ok(()));

    for user in ["alice", "bob", "carol"] {
        let caller = Caller::user(user);
        let reader = world.reader();
        let seen = block_on(reader.job(&caller, done.id)).map(|_| ());
        assert_eq!(seen.unwrap_err().status, 404, "{user}");
        let company = block_on(world.intake.company(&caller, COMPANY));
        assert_eq!(code(company), Err("COMPANY_NOT_FOUND".into()), "{user}");
        let companies = block_on(world.intake.own_companies(&caller)).unwrap();
        assert_eq!(companies.companies.len(), 0, "{user}");
    }
    let new = Submission {
        pipeline: "lines".into(),
        company_id: Some(COMPANY.into()),
        ..Submission::default()
    };
    assert_eq!(world.submit_as("a", new).unwrap_err().status, 422);

    let gone = || world.left_of_company().is_empty();
    assert!(
        !world.run_until(LATE_WRITES - MINUTE, gone),
        "late writers may be alive"
    );
    assert!(world.run_until(MINUTE * 5, gone), "{:?}", world.left_of_company());
    let keys = world.memory.blobs.all_keys();
    for job in [&done, &running] {
        let of_job = |key: &&String| {
            plan::prefixes(job.id)
                .iter()
                .any(|prefix| key.starts_with(prefix))
        };
        assert_eq!(keys.iter().find(of_job), None);
        assert_eq!(world.events(job.id), []);
    }
    assert_eq!(world.trail(&Tenant::User("carol".into())), ["company_deleted"]);
    assert_eq!(
        world.job(own.id).status,
        Status::Completed,
        "another's is not touched"
    );
    assert_eq!(world.result(&own), r#"{"failed":[],"lines":["A","B"]}"#);
    assert_eq!(
        block_on(world.memory.jobs.running(&Tenant::Company(COMPANY.into())))
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn whoever_dies_after_the_wish_was_put_down_leaves_it_to_sweep() {
    let world = company();
    let dissolution = Dissolution {
        company: COMPANY.into(),
        by: "carol".into(),
        at: world.clock.now(),
    };
    block_on(world.memory.deletions.put_dissolution(&dissolution)).unwrap();
    // Let in before anybody was let out.
    let late = world.submit_for("alice", Some(COMPANY)).unwrap();
    let gone = || world.left_of_company().is_empty();
    assert!(
        world.run_until(LATE_WRITES + MINUTE * 5, gone),
        "{:?}",
        world.left_of_company()
    );
    assert_eq!(world.events(late.id), []);
    assert_eq!(block_on(world.memory.deletions.dissolutions(10)).unwrap(), []);
    assert_eq!(world.sweep().errors, 0);
}
