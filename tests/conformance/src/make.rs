//! Plain values for rules that do not care.

use std::time::Duration;

use docmill_core::account::Dues;
use docmill_core::edition::Edition;
use docmill_core::ids::{JobId, LeaseToken, hex};
use docmill_core::job::{Job, Phase, Reported, Slot, Stage, Status};
use docmill_core::moves::Claim;
use docmill_core::ports::{Created, NewJob, RequestDetail};
use docmill_core::time::Time;

use crate::{FUTURE, FUTURE_MS, Ports};

/// `ms` milliseconds after the suite's base time.
pub fn at(ms: i64) -> Time {
    Time::from_ms(FUTURE_MS + ms)
}

/// A stage.
pub fn stage(index: u32) -> Stage {
    Stage {
        index,
        count: 5,
        text: format!("Stage {index} ({{done}}/{{total}})"),
        from: 10,
        to: 90,
    }
}

/// Something reported.
pub fn reported(percent: u8) -> Reported {
    Reported {
        index: 2,
        text: "Reading".to_owned(),
        percent,
    }
}

/// An edition.
pub fn edition(n: i64) -> Edition {
    Edition {
        author: "user".to_owned(),
        at: at(n),
        digest: format!("digest {n}"),
    }
}

/// A token.
pub fn token(name: &str) -> LeaseToken {
    LeaseToken::from_stored(name)
}

/// A claim in attempt 1.
pub fn claim(slot: Slot, name: &str) -> Claim {
    Claim {
        attempt: 1,
        slot,
        token: token(name),
    }
}

impl Ports {
    /// A word that nobody else uses.
    pub fn unique(&self) -> String {
        let mut random = [0_u8; 8];
        self.entropy.fill(&mut random);
        hex(&random)
    }

    /// An id that nobody else uses.
    pub fn fresh_id(&self) -> JobId {
        JobId::generate(FUTURE, self.entropy.as_ref())
    }

    /// A queued job of `owner`, not stored.
    pub fn job(&self, owner: &str) -> Job {
        Job {
            pipeline: "novel".to_owned(),
            owner: owner.to_owned(),
            file_name: Some("text.txt".to_owned()),
            file_count: 1,
            queued_at: Some(FUTURE),
            expires_at: at(1_000_000_000),
            ..Job::blank(self.fresh_id(), FUTURE, stage(0))
        }
    }

    /// A job with `total` chunks that are being worked on, stored.
    pub async fn processing_job(&self, total: u32) -> Job {
        let job = Job {
            status: Status::Processing,
            phase: Phase::Chunks,
            total: Some(total),
            ..self.job(&self.unique())
        };
        self.store(&job).await;
        job
    }

    /// Asks until the answer is `wanted`, for what lags behind: at most five seconds.
    pub async fn eventually<T: PartialEq + std::fmt::Debug>(&self, wanted: T, ask: impl AsyncFn() -> T) {
        let mut answer = ask().await;
        for _ in 0..50 {
            if answer == wanted {
                return;
            }
            self.clock.sleep(Duration::from_millis(100)).await;
            answer = ask().await;
        }
        assert_eq!(answer, wanted);
    }

    /// Stores `job` as a new one.
    pub async fn store(&self, job: &Job) {
        let new = NewJob {
            job: job.clone(),
            request: RequestDetail::default(),
            idempotency: None,
            places: None,
            dues: Dues::default(),
        };
        assert_eq!(self.jobs.create(new).await, Ok(Created::Yes));
    }
}
