//! A user of their own for each test.

use std::collections::BTreeSet;
use std::time::Duration;

use docmill_cli::client::{
    Client, ClientError, ClientResult, Event, FormFile, Job, NewJob, Refusal, ResultQuery,
};
use docmill_core::ids::sha256_hex;
use serde_json::{Map, Value, json};

use crate::wait;
use crate::{PlainRun, Stack, unique};

/// What the addresses of all test users end with.
const TEST_DOMAIN: &str = "@system.test";

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct User {
    /// The API as this user.
    pub client: Client,
    /// The ID token.
    pub token: String,
    /// The stack.
    pub stack: Stack,
}

/// A `novel` job with the defaults.
pub fn novel() -> NewJob {
    NewJob {
        pipeline: "novel".to_owned(),
        ..NewJob::default()
    }
}

/// A text file for the form.
pub fn text_file(text: &str) -> FormFile {
    FormFile {
        name: "roman.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: text.to_owned().into(),
    }
}

/// The refusal that a call must end in.
pub fn refusal<T: std::fmt::Debug>(result: ClientResult<T>) -> Refusal {
    match result {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// The statuses of a history, each once.
pub fn statuses(events: &[Event]) -> Vec<&str> {
    let mut statuses: Vec<&str> = events.iter().map(|event| event.status.as_str()).collect();
    statuses.dedup();
    statuses
}

/// P4: every version once, from 1 to the job's; the percentage never falls within an attempt.
pub fn assert_history(events: &[Event], job: &Job) {
    let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
    let expected: Vec<u64> = (1..=job.version).collect();
    assert_eq!(versions, expected, "{events:#?}");
    for pair in events.windows(2) {
        let new_attempt = pair[1].status == "queued";
        assert!(
            new_attempt || pair[0].progress_percent <= pair[1].progress_percent,
            "{pair:#?}"
        );
    }
    assert!(events.iter().all(|event| event.job_id == job.job_id));
    assert_eq!(
        events.last().map(|event| event.status.as_str()),
        Some(job.status.as_str())
    );
}

impl Stack {
    /// Makes a user and signs in.
    pub async fn user(&self, name: &str) -> User {
        let email = format!("{}{TEST_DOMAIN}", unique(name));
        let token = self.pool().sign_up(&email).await.id;
        User {
            client: self.client(Some(&token)),
            token,
            stack: self.clone(),
        }
    }
}

impl Stack {
    /// Makes a user who runs the installation.
    pub async fn operator(&self) -> User {
        let user = self.user("operator").await;
        let (pool, email) = (self.pool(), user.claim("email"));
        let group = json!({"UserPoolId": pool.id, "GroupName": "operators", "Username": email});
        pool.call("AdminAddUserToGroup", group).await;
        let token = pool.sign_in(&email).await.id;
        User {
            client: self.client(Some(&token)),
            token,
            ..user
        }
    }

    /// Ids (`sub`) of every test user that was ever made here.
    pub async fn test_users(&self) -> BTreeSet<String> {
        let mut request = json!({"UserPoolId": self.value("DOCMILL_USER_POOL_ID"), "Limit": 60});
        let mut users = BTreeSet::new();
        loop {
            let target = "AWSCognitoIdentityProviderService.ListUsers";
            let answer = self.aws.json("cognito-idp", target, &request).await;
            for user in answer["Users"].as_array().into_iter().flatten() {
                let attributes = user["Attributes"].as_array().cloned().unwrap_or_default();
                let attribute = |name: &str| {
                    let found = attributes.iter().find(|attribute| attribute["Name"] == name)?;
                    found["Value"].as_str().map(ToOwned::to_owned)
                };
                if attribute("email").is_some_and(|email| email.ends_with(TEST_DOMAIN)) {
                    users.insert(attribute("sub").unwrap());
                }
            }
            match answer["PaginationToken"].as_str() {
                Some(token) => request["PaginationToken"] = json!(token),
                None => return users,
            }
        }
    }
}

impl User {
    /// Uploads a text with the request.
    pub async fn submit(&self, text: &str) -> Job {
        self.submit_as(&novel(), text).await
    }

    /// Uploads a text with the request, for this job.
    pub async fn submit_as(&self, new: &NewJob, text: &str) -> Job {
        self.client.create(new, &[text_file(text)]).await.unwrap()
    }

    /// Announces a text, uploads it by its signed link, and starts the job.
    pub async fn submit_large(&self, new: &NewJob, text: &str) -> Job {
        let sha256 = sha256_hex(text.as_bytes());
        let file =
            json!({"name": "roman.txt", "size": text.len(), "content_type": "text/plain", "sha256": sha256});
        let (job, uploads) = self.client.announce(new, &[file]).await.unwrap();
        assert_eq!(job.status, "awaiting_upload");
        let part = &uploads.uploads[0].parts[0];
        self.client.put_part(part, text.to_owned().into()).await.unwrap();
        self.client.start(&job.job_id, &[]).await.unwrap()
    }

    /// The job as it is.
    pub async fn job(&self, id: &str) -> Job {
        self.client.job(id).await.unwrap()
    }

    /// The job, once it is as wanted.
    pub async fn job_when(&self, id: &str, what: &str, wanted: impl Fn(&Job) -> bool) -> Job {
        wait::until(what, async || Some(self.job(id).await).filter(|job| wanted(job))).await
    }

    /// The job, once it is over.
    pub async fn ended(&self, id: &str) -> Job {
        self.job_when(id, "the end of the job", Job::is_over).await
    }

    /// The job, which must be completed with everything in it.
    pub async fn completed(&self, id: &str) -> Job {
        let job = self.ended(id).await;
        assert_eq!(
            (job.status.as_str(), job.outcome.as_deref()),
            ("completed", Some("complete")),
            "{:#}",
            job.raw
        );
        job
    }

    /// The job's whole history, once the event list has caught up with the record.
    pub async fn history(&self, job: &Job) -> Vec<Event> {
        wait::until("the last event", async || {
            let mut events = Vec::new();
            loop {
                let after = events.last().map_or(0, |event: &Event| event.version);
                let page = self
                    .client
                    .events(&job.job_id, after, Duration::ZERO)
                    .await
                    .unwrap();
                if page.events.is_empty() {
                    break;
                }
                events.extend(page.events);
            }
            let newest = events.last().map(|event| event.version);
            Some(events).filter(|_| newest >= Some(job.version))
        })
        .await
    }

    /// A result as it is downloaded.
    pub async fn result(&self, id: &str, format: &str) -> Vec<u8> {
        let query = ResultQuery {
            format: Some(format.to_owned()),
            ..ResultQuery::default()
        };
        self.client.result_bytes(id, &query).await.unwrap().to_vec()
    }

    /// The result's JSON, as a value.
    pub async fn json(&self, id: &str) -> Value {
        serde_json::from_slice(&self.result(id, "json").await).unwrap()
    }

    /// P3: the job's result is that of a run in one process.
    pub async fn assert_result_is_that_of_a_run(&self, job: &Job, text: &str, settings: &Map<String, Value>) {
        let plain = PlainRun::of(&job.pipeline, text, settings).await;
        plain.assert_is_that_of(self, job).await;
    }

    /// Sweeps, with the job made due each time, until it is over.
    pub async fn sweep_until_over(&self, id: &str) -> Job {
        wait::until_every(
            Duration::from_millis(500),
            "the sweep to end the job",
            async || {
                let job = self.job(id).await;
                if job.is_over() {
                    return Some(job);
                }
                self.stack.make_due(id, None).await;
                self.stack.sweep().await;
                None
            },
        )
        .await
    }
}
