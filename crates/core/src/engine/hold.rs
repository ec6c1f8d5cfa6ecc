//! Holding a slot while a pipeline works on it: renewals, the time limit, panics.

use std::any::Any;
use std::collections::BTreeSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::{Either, select};
use futures::lock::Mutex as Turns;

use super::Engine;
use super::planning::read_source;
use super::usage::Account;
use crate::codes;
use crate::ids::{JobId, request_id};
use crate::job::{Job, Reported};
use crate::model::{ModelReply, ModelRequest, Tier};
use crate::moves::{self, Claim};
use crate::pipeline::{AskError, Outcome, ReadError, StageTable, Stop, Work};
use crate::ports::{FileDetail, PortResult};
use crate::reader::{PagePicture, ReadPage};
use crate::running::Tenant;
use crate::sandbox::Sandbox;
use crate::step::Applied;
use crate::time::Time;
use crate::timing::{MAX_TRIES, back_off};

/// Reports closer together than this are dropped.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// How held work ended.
pub(super) enum Ended<T> {
    /// The pipeline answered.
    Outcome(Outcome<T>),
    /// The lease could not be renewed: the work was dropped, and what it would have answered is worth nothing.
    Lost,
}

/// A slot in our hands.
pub(super) struct Held<'a> {
    pub(super) engine: &'a Engine,
    pub(super) id: JobId,
    pub(super) claim: Claim,
    /// Which claim on the slot this is, from 1.
    pub(super) tries: u32,
    stages: StageTable,
    total: Option<u32>,
    /// Chunks that were done or failed when this one was claimed.
    processed: u32,
    stopped: AtomicBool,
    until_ms: AtomicI64,
    /// Whose turn it is to renew: a renewal that came after the next one would shorten the lease behind its holder's back.
    renewing: Turns<()>,
    reported_ms: AtomicI64,
    began: Time,
    /// Whose budget pays for language models.
    pub(super) answering: Tenant,
    /// Ids of the calls that were answered in this try.
    answered: Mutex<BTreeSet<String>>,
}

impl<'a> Held<'a> {
    pub(super) fn new(engine: &'a Engine, job: &Job, claim: Claim, stages: StageTable) -> Self {
        let until = job.leases.get(&claim.slot).map_or(0, |lease| lease.until.ms());
        Self {
            engine,
            id: job.id,
            tries: job.tries_of(claim.slot),
            claim,
            stages,
            total: job.total,
            processed: job.processed(),
            stopped: AtomicBool::new(false),
            until_ms: AtomicI64::new(until),
            renewing: Turns::new(()),
            reported_ms: AtomicI64::new(i64::MIN / 2),
            began: engine.clock.now(),
            answering: Tenant::answering_for(job),
            answered: Mutex::default(),
        }
    }

    /// Whether this was the last try.
    pub(super) fn tries_are_spent(&self) -> bool {
        self.tries >= MAX_TRIES
    }

    /// Runs `work` while renewing the lease, for at most the work limit. A panic counts as a transient failure:
    /// it must cost a try, not the process.
    pub(super) async fn run<T>(&self, work: impl Future<Output = Outcome<T>>) -> Ended<T> {
        let work = pin!(AssertUnwindSafe(work).catch_unwind());
        let guard = pin!(self.guard());
        match select(work, guard).await {
            Either::Left((Ok(outcome), _)) => Ended::Outcome(outcome),
            Either::Left((Err(panic), _)) => {
                tracing::error!(job = %self.id, slot = %self.claim.slot, panic = panic_text(&*panic), "panic");
                Ended::Outcome(Outcome::Retry {
                    code: codes::INTERNAL_ERROR.to_owned(),
                    after: None,
                })
            }
            Either::Right((Guarded::TimeIsUp, _)) => Ended::Outcome(Outcome::Retry {
                code: codes::CHUNK_TIMEOUT.to_owned(),
                after: None,
            }),
            Either::Right((Guarded::LeaseLost, _)) => Ended::Lost,
        }
    }

    /// Renews until the lease is lost or the time is up.
    async fn guard(&self) -> Guarded {
        let timing = &self.engine.timing;
        let started = self.engine.clock.now();
        loop {
            let left = timing
                .work_limit
                .saturating_sub(self.engine.clock.now().since(started));
            self.engine.clock.sleep(timing.renew.min(left)).await;
            let now = self.engine.clock.now();
            if now.since(started) >= timing.work_limit {
                self.stopped.store(true, Ordering::Relaxed);
                return Guarded::TimeIsUp;
            }
            match self.renew().await {
                Ok(true) => {}
                Ok(false) => return self.lose(),
                Err(error) => {
                    tracing::warn!(job = %self.id, %error, "renewal failed");
                    if self.is_over(self.engine.clock.now()) {
                        return self.lose();
                    }
                }
            }
        }
    }

    /// Renews the lease; whether it is still ours.
    pub(super) async fn renew(&self) -> PortResult<bool> {
        let _turn = self.renewing.lock().await;
        let (now, timing) = (self.engine.clock.now(), &self.engine.timing);
        let step = moves::renew(&self.claim, now, timing);
        let is_ours = matches!(self.engine.apply(self.id, &step).await?, Applied::Yes(_));
        if is_ours {
            let until = now.plus(timing.lease);
            self.until_ms.fetch_max(until.ms(), Ordering::Relaxed);
        }
        Ok(is_ours)
    }

    /// The call of this id was answered.
    pub(super) fn was_answered(&self, id: &str) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.insert(id.to_owned());
    }

    /// Whether the answer to the call of this id may be kept: an earlier try may have kept any, this one knows.
    pub(super) fn may_have_kept(&self, id: &str) -> bool {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        self.tries > 1 || self.claim.attempt > 1 || answered.contains(id)
    }

    /// From here on [`Work::checkpoint`] says stop.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// What is left of the work limit.
    pub(super) fn time_left(&self) -> Duration {
        let spent = self.engine.clock.now().since(self.began);
        self.engine.timing.work_limit.saturating_sub(spent)
    }

    fn lose(&self) -> Guarded {
        self.stop();
        Guarded::LeaseLost
    }

    fn is_over(&self, now: Time) -> bool {
        now.ms() >= self.until_ms.load(Ordering::Relaxed)
    }

    /// Shows a stage with its text made by `total`; the engine's own reports are not rate-limited.
    pub(super) async fn show(&self, index: usize, percent: u8, total: Option<u32>) -> PortResult<()> {
        let Some(stage) = self.stages.stages.get(index) else {
            return Ok(());
        };
        let total = total.or(self.total).unwrap_or(0).to_string();
        let reported = Reported {
            index: u32::try_from(index).unwrap_or(0),
            text: stage.text.replace("{total}", &total),
            percent: percent.min(99),
        };
        let now = self.engine.clock.now();
        self.engine
            .apply(self.id, &moves::report(&self.claim, now, reported))
            .await
            .map(|_| ())
    }

    /// Lets the slot rest after a transient failure with this code; how long.
    pub(super) async fn rest(
        &self,
        code: &str,
        after: Option<Duration>,
        account: &Account<'_>,
    ) -> PortResult<Duration> {
        let delay = after.unwrap_or_else(|| back_off(self.tries, self.engine.jitter()));
        let now = self.engine.clock.now();
        let until = now.plus(delay);
        let usage = account.up_to("dynamodb.update");
        let step = if code == codes::PROVIDER_COOLDOWN {
            moves::cool_down(&self.claim, now, until, usage)
        } else {
            moves::back_off(&self.claim, until, usage)
        };
        self.engine.apply(self.id, &step).await?;
        account.recorded();
        Ok(delay + Duration::from_millis(100))
    }

    /// Gives the slot back because the job is being cancelled; the record as it stands then.
    pub(super) async fn release(&self, account: &Account<'_>) -> PortResult<Option<Box<Job>>> {
        let step = moves::release(&self.claim, account.up_to("dynamodb.update"));
        let applied = self.engine.apply(self.id, &step).await?;
        account.recorded();
        Ok(match applied {
            Applied::Yes(job) | Applied::Refused(job) => Some(job),
            Applied::Unknown => None,
        })
    }
}

enum Guarded {
    TimeIsUp,
    LeaseLost,
}

#[async_trait]
impl Work for Held<'_> {
    async fn report(&self, index: usize, percent: u8) {
        let now = self.engine.clock.now();
        let last = Time::from_ms(self.reported_ms.load(Ordering::Relaxed));
        if now.since(last) < REPORT_INTERVAL || self.checkpoint().is_err() {
            return;
        }
        self.reported_ms.store(now.ms(), Ordering::Relaxed);
        if let Err(error) = self.show(index, percent, None).await {
            tracing::warn!(job = %self.id, %error, "report not written");
        }
    }

    async fn report_part(&self, index: usize, part: u8) {
        let chunks = self.stages.working();
        let span = u64::from(chunks.to.saturating_sub(chunks.from));
        let whole = u64::from(self.total.unwrap_or(1).max(1)) * 100;
        let done = u64::from(self.processed) * 100 + u64::from(part.min(100));
        let percent = u8::try_from(span * done.min(whole) / whole).unwrap_or(0);
        self.report(index, chunks.from.saturating_add(percent)).await;
    }

    fn checkpoint(&self) -> Result<(), Stop> {
        if self.stopped.load(Ordering::Relaxed) || self.is_over(self.engine.clock.now()) {
            return Err(Stop);
        }
        Ok(())
    }

    fn request_id(&self, call: &str) -> String {
        request_id(self.id, self.claim.slot, call)
    }

    fn sandbox(&self) -> &dyn Sandbox {
        &*self.engine.sandbox
    }

    fn is_last_try(&self) -> bool {
        self.tries_are_spent()
    }

    async fn source(&self, index: usize, file: &FileDetail, limit: u64) -> Outcome<Bytes> {
        read_source(self.engine.blobs.as_ref(), self.id, index, file, limit).await
    }

    fn tiers(&self) -> &[Tier] {
        self.engine.providers.model.tiers()
    }

    async fn ask(&self, request: &ModelRequest) -> Result<ModelReply, AskError> {
        self.ask_model(request).await
    }

    fn reads_pictures(&self) -> bool {
        self.engine.providers.reader.is_installed()
    }

    async fn read_picture(&self, page: &PagePicture) -> Result<ReadPage, ReadError> {
        self.read_page(page).await
    }
}

/// The message of a panic, if it is a fixed text. A formatted one may quote the document, which stays out of the log.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().unwrap_or("not shown")
}
