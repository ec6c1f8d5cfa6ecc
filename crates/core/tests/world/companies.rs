//! A company in the world.

use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::company::{Companies, Company, Invitation, Member, Role};
use docmill_core::intake::{SentFile, Submission};
use docmill_core::job::Job;
use docmill_core::problem::Problem;
use docmill_core::time::Time;
use futures::executor::block_on;

use super::World;

pub const COMPANY: &str = "019aa000-0000-7000-8000-00000000c0c0";

/// A company with alice and bob as members and carol as its admin.
pub fn company() -> World {
    let world = World::new();
    let companies = &world.memory.companies;
    block_on(async {
        let now = Time::from_ms(0);
        let company = Company {
            id: COMPANY.into(),
            name: "Company".into(),
            created_at: now,
        };
        let carol = Member {
            user: "carol".into(),
            email: Some("carol@example.com".into()),
            role: Role::Admin,
            joined_at: now,
        };
        companies.create(&company, &carol).await.unwrap();
        for user in ["alice", "bob"] {
            let email = format!("{user}@example.com");
            let invitation = Invitation {
                company_id: COMPANY.into(),
                name: "Company".into(),
                email: email.clone(),
                role: Role::Member,
                invited_by: "carol".into(),
                expires_at: Time::from_ms(i64::MAX),
            };
            companies.invite(&invitation).await.unwrap();
            companies.join(COMPANY, &email, user, now).await.unwrap();
        }
    });
    world
}

pub fn operator() -> Caller {
    Caller {
        operator: true,
        ..Caller::user("olga")
    }
}

impl World {
    pub fn leave(&self, user: &str) {
        block_on(self.memory.companies.remove(COMPANY, user)).unwrap();
    }

    pub fn submit_for(&self, user: &str, company: Option<&str>) -> Result<Job, Problem> {
        let submission = Submission {
            pipeline: "lines".into(),
            company_id: company.map(ToOwned::to_owned),
            ..Submission::default()
        };
        let file = SentFile {
            name: "text.txt".into(),
            content_type: "text/plain".into(),
            bytes: Bytes::from("a\nb"),
        };
        let accepted = block_on(self.intake.submit(&Caller::user(user), submission, vec![file]));
        accepted.map(|accepted| accepted.job)
    }
}
