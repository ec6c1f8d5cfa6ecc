//! Who sees what: jobs of a user, jobs of a company, and everybody else, by every door of core.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::company::Role;
use docmill_core::intake::{
    ListQuery, NewCompany, NewInvitation, NewRole, ResultQuery, SentFile, Submission,
};
use docmill_core::job::{Job, Status};
use docmill_core::problem::Problem;
use futures::FutureExt;
use futures::executor::block_on;
use serde_json::{Value, json};
use world::World;
use world::companies::{COMPANY, company, operator};

impl World {
    /// Statuses of everything that can be done with a job, in the order of the table of rights: see, events, result,
    /// uploads, start, cancel, retry, edit.
    fn tries(&self, caller: &Caller, job: &Job) -> [u16; 8] {
        let (reader, intake, id) = (self.reader(), &self.intake, job.id);
        let status = |result: Result<(), Problem>| result.map_or_else(|problem| problem.status, |()| 200);
        block_on(async {
            [
                status(reader.job(caller, id).await.map(|_| ())),
                status(reader.events(caller, id, 0, Duration::ZERO).await.map(|_| ())),
                status(
                    reader
                        .result(caller, id, &ResultQuery::default())
                        .await
                        .map(|_| ()),
                ),
                status(intake.uploads(caller, id).await.map(|_| ())),
                status(intake.start(caller, id, &Default::default()).await.map(|_| ())),
                status(intake.cancel(caller, id).await.map(|_| ())),
                status(intake.retry(caller, id).await.map(|_| ())),
                status(
                    intake
                        .edit_result(caller, id, &json!({"add": "c"}), None)
                        .await
                        .map(|_| ()),
                ),
            ]
        })
    }

    fn listed(&self, caller: &Caller, company: Option<&str>) -> Result<Vec<String>, u16> {
        let query = ListQuery {
            company_id: company.map(ToOwned::to_owned),
            ..ListQuery::default()
        };
        let list = block_on(self.reader().list(caller, &query));
        list.map(|list| list.jobs.iter().map(|job| job.job_id.to_string()).collect())
            .map_err(|problem| problem.status)
    }
}

#[test]
fn a_company_s_job_is_for_the_company_by_role() {
    let world = company();
    let job = world.submit_for("alice", Some(COMPANY)).unwrap();
    world.finish(job.id);
    let done = world.job(job.id);
    assert_eq!(
        (done.status, done.company_id.as_deref()),
        (Status::Completed, Some(COMPANY))
    );
    // 409: allowed, but the job is over.
    let tries = |user: &str| world.tries(&Caller::user(user), &job);
    assert_eq!(tries("alice"), [200, 200, 200, 409, 200, 409, 409, 200]);
    assert_eq!(tries("bob"), [200, 200, 200, 403, 403, 403, 403, 403]);
    assert_eq!(tries("carol"), [200, 200, 200, 403, 403, 409, 409, 200]);
    assert_eq!(tries("mallory"), [404; 8]);
    assert_eq!(
        world.tries(&operator(), &job),
        [200, 200, 403, 403, 403, 409, 409, 403]
    );
    for user in ["alice", "bob", "carol"] {
        let listed = world.listed(&Caller::user(user), Some(COMPANY));
        assert_eq!(listed, Ok(vec![job.id.to_string()]), "{user}");
    }
    assert_eq!(world.listed(&Caller::user("mallory"), Some(COMPANY)), Err(404));
    assert_eq!(world.listed(&Caller::user("bob"), None), Ok(vec![]));
}

#[test]
fn a_user_s_own_job_is_for_nobody_else() {
    let world = company();
    let job = world.submit_for("alice", None).unwrap();
    world.finish(job.id);
    for user in ["bob", "carol", "mallory"] {
        assert_eq!(world.tries(&Caller::user(user), &job), [404; 8], "{user}");
    }
    assert_eq!(world.listed(&Caller::user("carol"), Some(COMPANY)), Ok(vec![]));
}

#[test]
fn links_lead_only_where_one_may_go() {
    let world = company();
    let job = world.submit_for("alice", Some(COMPANY)).unwrap();
    let shown = |caller: &Caller| {
        let reader = world.reader();
        let accepted = block_on(reader.job(caller, job.id)).unwrap();
        json!(block_on(reader.show(caller, &accepted)).unwrap())["links"].clone()
    };
    assert!(shown(&Caller::user("alice"))["cancel"].is_string());
    let bob = shown(&Caller::user("bob"));
    assert!(bob["cancel"].is_null() && bob["stream"].is_string());
    let olga = shown(&operator());
    assert!(olga["cancel"].is_string() && olga["stream"].is_null());
}

#[test]
fn jobs_are_made_in_one_s_own_companies_only() {
    let world = company();
    let refused = world.submit_for("mallory", Some(COMPANY)).unwrap_err();
    assert_eq!(
        (refused.status, refused.errors[0].code.as_str()),
        (422, "COMPANY_UNKNOWN")
    );
    let operator = Submission {
        pipeline: "lines".into(),
        company_id: Some(COMPANY.into()),
        ..Submission::default()
    };
    let file = SentFile {
        name: "text.txt".into(),
        content_type: "text/plain".into(),
        bytes: Bytes::from("a"),
    };
    let refused = block_on(world.intake.submit(&self::operator(), operator, vec![file])).unwrap_err();
    assert_eq!(refused.status, 422);
    assert!(world.memory.jobs.all().is_empty());
}

#[test]
fn who_leaves_a_company_leaves_what_they_made_there() {
    let world = company();
    let job = world.submit_for("alice", Some(COMPANY)).unwrap();
    let own = world.submit_for("alice", None).unwrap();
    let alice = Caller::user("alice");
    let reader = world.reader();
    let token = reader.tokens.issue(job.id, "alice", world.reader().clock.now());
    let stream =
        || block_on(reader.stream(&token, job.id, 0, Duration::ZERO)).map_err(|problem| problem.status);
    assert!(stream().is_ok());
    for user in ["alice", "bob"] {
        world.connect(user, user);
        assert_eq!(
            world.say(user, json!({"action": "subscribe", "job_id": job.id}))[0]["type"],
            "snapshot"
        );
        assert_eq!(
            world.say(user, json!({"action": "subscribe", "feed": "mine"}))[0]["type"],
            "snapshot"
        );
    }
    world.leave("alice");
    world.finish(job.id);
    world.publish();
    let of_job = |frames: Vec<Value>| {
        frames
            .iter()
            .filter(|frame| frame["job_id"] == json!(job.id))
            .count()
    };
    assert!(of_job(world.frames("bob")) > 0, "who is still there hears of it");
    assert_eq!(of_job(world.frames("alice")), 0, "not by the job, nor by `mine`");
    assert_eq!(stream().map(|_| ()), Err(401));
    assert_eq!(world.tries(&alice, &job), [404; 8]);
    assert_eq!(world.listed(&alice, None), Ok(vec![own.id.to_string()]));
    let again = world.say("alice", json!({"action": "subscribe", "job_id": job.id}));
    assert_eq!(again[0]["code"], "JOB_NOT_FOUND");
    let snapshot = world.say("alice", json!({"action": "subscribe", "feed": "mine"}));
    assert_eq!(snapshot[0]["jobs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_request_that_waits_is_told_nothing_of_what_comes_after_its_caller_has_left() {
    let world = company();
    let job = world.submit_for("alice", Some(COMPANY)).unwrap();
    world.publish();
    let (reader, bob) = (world.reader(), Caller::user("bob"));
    let granted = block_on(reader.record(&bob, job.id)).unwrap();
    let mut waiting = Box::pin(reader.events(&bob, job.id, job.version, Duration::from_secs(20)));
    assert!(waiting.as_mut().now_or_never().is_none());
    world.leave("bob");
    world.finish(job.id);
    world.publish();
    world.clock.advance(Duration::from_secs(1));
    let answer = waiting.as_mut().now_or_never().unwrap();
    assert_eq!(answer.unwrap_err().status, 404);
    let doors = &reader.doors;
    assert!(block_on(doors.again(&granted)).unwrap().is_none());
    let events = block_on(doors.events(&granted, 0, 100)).unwrap();
    let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
    assert_eq!(versions, [job.version]);
}

#[test]
fn companies_are_kept_by_their_admins() {
    let world = World::new();
    let verified = |user: &str| Caller {
        email: Some(format!("{user}@example.com")),
        ..Caller::user(user)
    };
    let (carol, bob, intake) = (verified("carol"), verified("bob"), &world.intake);
    let new = |name: &str| NewCompany { name: name.into() };
    block_on(async {
        let company = intake.create_company(&carol, &new(" Müller ")).await.unwrap();
        let id = company.company_id.as_str();
        assert_eq!((company.name.as_str(), company.members.len()), ("Müller", 1));
        let invitation = |email: &str| NewInvitation {
            email: email.into(),
            role: Role::Member,
        };
        let code = |result: Result<(), Problem>| result.map_err(|problem| problem.code);
        let stranger = intake.invite(&bob, id, &invitation("bob@example.com")).await;
        assert_eq!(code(stranger.map(|_| ())), Err("COMPANY_NOT_FOUND".into()));
        let invited = intake
            .invite(&carol, id, &invitation("BOB@Example.com"))
            .await
            .unwrap();
        assert_eq!(invited.email, "bob@example.com");
        let unverified = intake.join_company(&Caller::user("bob"), id).await;
        assert_eq!(code(unverified.map(|_| ())), Err("EMAIL_NOT_VERIFIED".into()));
        let other = intake.join_company(&verified("mallory"), id).await;
        assert_eq!(code(other.map(|_| ())), Err("INVITATION_NOT_FOUND".into()));
        assert_eq!(intake.own_companies(&bob).await.unwrap().invitations.len(), 1);
        let joined = intake.join_company(&bob, id).await.unwrap();
        assert_eq!((joined.members.len(), joined.invitations), (2, None));
        let again = intake.invite(&carol, id, &invitation("bob@example.com")).await;
        assert_eq!(code(again.map(|_| ())), Err("ALREADY_MEMBER".into()));
        let admin = NewRole { role: Role::Admin };
        let risen = intake.set_role(&bob, id, "bob", admin).await;
        assert_eq!(code(risen.map(|_| ())), Err("FORBIDDEN".into()));
        assert_eq!(
            code(intake.remove_member(&bob, id, "carol").await),
            Err("FORBIDDEN".into())
        );
        assert_eq!(
            code(intake.remove_member(&carol, id, "carol").await),
            Err("LAST_ADMIN".into())
        );
        intake.set_role(&carol, id, "bob", admin).await.unwrap();
        intake.remove_member(&carol, id, "carol").await.unwrap();
        assert_eq!(
            code(intake.company(&carol, id).await.map(|_| ())),
            Err("COMPANY_NOT_FOUND".into())
        );
        for name in ["", " ", "a\u{7}", &"x".repeat(201)] {
            assert_eq!(
                intake
                    .create_company(&carol, &new(name))
                    .await
                    .unwrap_err()
                    .status,
                422
            );
        }
    });
}
