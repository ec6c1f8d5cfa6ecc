//! Who did what is put down: once, after the act, and where those can read it whom it concerns.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::sync::Arc;

use async_trait::async_trait;
use docmill_core::access::Caller;
use docmill_core::audit::{Audit, Entry};
use docmill_core::company::Role;
use docmill_core::intake::{Intake, NewCompany, NewInvitation, NewRole, Submission};
use docmill_core::job::Status;
use docmill_core::ports::{PortError, PortResult};
use docmill_core::running::Tenant;
use futures::executor::block_on;
use serde_json::json;
use world::{Do, World};

fn verified(user: &str) -> Caller {
    Caller {
        email: Some(format!("{user}@example.com")),
        ..Caller::user(user)
    }
}

fn operator() -> Caller {
    Caller {
        operator: true,
        ..Caller::user("olga")
    }
}

impl World {
    /// Entries of a trail, oldest first, as `actor action as`.
    fn trail(&self, trail: &Tenant) -> Vec<String> {
        let entries = block_on(self.memory.audit.page(trail, None, 1_000)).unwrap();
        entries
            .iter()
            .rev()
            .map(|entry| {
                format!(
                    "{} {} {}",
                    entry.actor,
                    entry.action.as_str(),
                    entry.standing.as_str()
                )
            })
            .collect()
    }

    /// Time passes between two acts, so that their entries are in order.
    fn tick(&self) {
        self.clock.advance(std::time::Duration::from_millis(1));
    }

    fn company(&self) -> String {
        let new = NewCompany {
            name: "Müller".into(),
        };
        let company = block_on(self.intake.create_company(&verified("carol"), &new)).unwrap();
        self.tick();
        let invitation = NewInvitation {
            email: "alice@example.com".into(),
            role: Role::Member,
        };
        let id = company.company_id;
        block_on(self.intake.invite(&verified("carol"), &id, &invitation)).unwrap();
        self.tick();
        block_on(self.intake.join_company(&verified("alice"), &id)).unwrap();
        self.tick();
        id
    }
}

#[test]
fn what_a_user_does_to_own_jobs_stands_in_their_trail() {
    let world = World::new();
    world.script("bad", &[Do::Fail, Do::Fail, Do::Work]);
    let lines = || Submission {
        pipeline: "lines".into(),
        idempotency_key: Some("key".into()),
        ..Submission::default()
    };
    let job = world.submit_as("good\nbad", lines()).unwrap().job;
    world.tick();
    world.submit_as("good\nbad", lines()).unwrap();
    world.finish(job.id);
    block_on(world.intake.retry(&world.caller, job.id)).unwrap();
    world.tick();
    block_on(world.intake.cancel(&operator(), job.id)).unwrap();
    world.tick();
    block_on(world.intake.cancel(&world.caller, job.id)).unwrap();
    assert_eq!(world.finish(job.id).status, Status::Cancelled);
    block_on(world.intake.delete(&world.caller, job.id)).unwrap();
    assert!(block_on(world.intake.delete(&world.caller, job.id)).is_err());
    assert_eq!(
        world.trail(&Tenant::User("alice".into())),
        [
            "alice job_created owner",
            "alice job_retried owner",
            "olga job_cancelled operator",
            "alice job_deleted owner",
        ],
        "what changed nothing is not put down"
    );
    let page = block_on(world.reader().own_audit(&world.caller, None)).unwrap();
    assert_eq!(page.entries.len(), 4);
    assert_eq!(json!(page.entries[1])["as"], "operator");
    assert_eq!(json!(page.entries[0])["subject"], json!(job.id));
    assert_eq!(
        world.trail(&Tenant::User("olga".into())),
        ["olga job_cancelled operator"],
        "what an operator did as one is in their own trail too"
    );
}

#[test]
fn what_is_done_in_a_company_stands_in_the_company_s_trail() {
    let world = World::new();
    let id = world.company();
    let carol = verified("carol");
    let job = Submission {
        pipeline: "lines".into(),
        company_id: Some(id.clone()),
        ..Submission::default()
    };
    let job = world.submit_as("a", job).unwrap().job;
    world.tick();
    block_on(world.intake.cancel(&carol, job.id)).unwrap();
    world.tick();
    let admin = NewRole { role: Role::Admin };
    block_on(world.intake.set_role(&carol, &id, "alice", admin)).unwrap();
    world.tick();
    let other = NewInvitation {
        email: "bob@example.com".into(),
        role: Role::Member,
    };
    block_on(world.intake.invite(&carol, &id, &other)).unwrap();
    world.tick();
    block_on(world.intake.withdraw_invitation(&carol, &id, "Bob@example.com")).unwrap();
    world.tick();
    block_on(world.intake.remove_member(&carol, &id, "carol")).unwrap();
    let trail = Tenant::Company(id.clone());
    assert_eq!(
        world.trail(&trail),
        [
            "carol company_created admin",
            "carol invitation_made admin",
            "alice invitation_taken member",
            "alice job_created owner",
            "carol job_cancelled admin",
            "carol role_changed admin",
            "carol invitation_made admin",
            "carol invitation_withdrawn admin",
            "carol member_removed admin",
        ]
    );
    assert_eq!(world.trail(&Tenant::User("alice".into())), [""; 0]);
    let read = |caller: &Caller| {
        let page = block_on(world.reader().company_audit(caller, &id, None));
        page.map(|page| page.entries.len())
            .map_err(|problem| problem.status)
    };
    assert_eq!(read(&Caller::user("alice")), Ok(9), "an admin now");
    assert_eq!(read(&operator()), Ok(9));
    assert_eq!(read(&carol), Err(404), "who has left");
}

#[test]
fn a_trail_is_read_page_by_page() {
    let world = World::new();
    for _ in 0..120 {
        world.submit("a");
        world.tick();
    }
    let reader = world.reader();
    let (mut cursor, mut sizes) = (None, Vec::new());
    loop {
        let page = block_on(reader.own_audit(&world.caller, cursor.as_deref())).unwrap();
        sizes.push(page.entries.len());
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [50, 50, 20]);
    let odd = block_on(reader.own_audit(&world.caller, Some("audit#x"))).unwrap_err();
    assert_eq!((odd.status, odd.errors[0].code.as_str()), (422, "INVALID_CURSOR"));
}

struct Away;

#[async_trait]
impl Audit for Away {
    async fn append(&self, _: &Tenant, _: &Entry) -> PortResult<()> {
        Err(PortError::Unavailable("away".into()))
    }
    async fn page(&self, _: &Tenant, _: Option<&str>, _: usize) -> PortResult<Vec<Entry>> {
        Err(PortError::Unavailable("away".into()))
    }
}

#[test]
fn an_act_that_cannot_be_put_down_is_done_all_the_same() {
    let mut world = World::new();
    world.intake = Intake {
        audit: Arc::new(Away),
        ..world.intake
    };
    let job = world.submit("a");
    assert_eq!(world.finish(job.id).status, Status::Completed);
    block_on(world.intake.delete(&world.caller, job.id)).unwrap();
    world.company();
}
