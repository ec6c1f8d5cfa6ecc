//! Cancel, retry and delete.

use super::described::price;
use super::dues::{DUE_TRIES, crowded};
use super::{Accepted, Intake};
use crate::access::{Action, Caller};
use crate::account::{price_of_retry, windows_of};
use crate::audit::Deed;
use crate::deletion::Erased;
use crate::ids::JobId;
use crate::job::{Job, Status};
use crate::moves::{self, NoRetry};
use crate::plan::{plan_key, upload_key};
use crate::problem::Problem;
use crate::step::Applied;

impl Intake {
    /// Cancels a job: from here on no claim succeeds. It ends at once when nobody works on it, else with the last
    /// lease. A second time is a no-op; a finished job is a conflict.
    pub async fn cancel(&self, caller: &Caller, id: JobId) -> Result<Accepted, Problem> {
        let granted = self.doors.job(caller, id, Action::CancelJob).await?;
        let job = granted.job();
        let step = moves::request_cancel(self.engine.clock.now(), &caller.owner);
        let job = match self.engine.apply(job.id, &step).await? {
            Applied::Yes(job) => {
                self.note_job(caller, granted.standings(), Deed::JobCancelled, &job)
                    .await;
                job
            }
            Applied::Refused(job) if job.status == Status::Cancelled => job,
            Applied::Refused(job) if job.status.is_terminal() => return Err(finished(&job)),
            Applied::Refused(job) => job,
            Applied::Unknown => return Err(Problem::job_not_found()),
        };
        let job = self.engine.advance_and_send(job, None).await?;
        let granted = granted.now(*job);
        let details = self.doors.details(&granted).await?;
        Ok(Accepted::of(&granted, details))
    }

    /// Starts the next attempt, over what is not done only.
    pub async fn retry(&self, caller: &Caller, id: JobId) -> Result<Accepted, Problem> {
        let granted = self.doors.job(caller, id, Action::RetryJob).await?;
        let job = granted.job();
        moves::may_retry(job).map_err(|reason| no_retry(reason, job))?;
        let details = self.doors.details(&granted).await?;
        self.sources_are_there(job, details.request.files.len()).await?;
        let pipeline = self.engine.pipeline(job)?;
        let stage = pipeline.spec().stages.queued();
        let now = self.engine.clock.now();
        // What stands beside the record is kept as long as the record.
        let until = now.plus(self.engine.timing.retention);
        self.engine
            .details
            .put_request(id, &details.request, until)
            .await?;
        let whole = price(pipeline, job.kind.as_deref(), &details.request);
        let credits = price_of_retry(job, whole.credits, whole.rate);
        let windows = windows_of(pipeline.spec(), false);
        let step = moves::retry(job, now, &self.engine.timing, stage, credits);
        for _ in 0..DUE_TRIES {
            // An attempt is its owner's to pay, whoever of the company asked for it.
            let account = self.account(&job.owner).await?;
            let (dues, rate) = self.dues(&account, &windows, credits.reserved)?;
            let accepted = match self.engine.enqueue(job, step.clone(), &dues).await? {
                Err(_) => continue,
                Ok(Applied::Yes(job)) => {
                    let noted = self.note_job(caller, granted.standings(), Deed::JobRetried, &job);
                    futures::join!(self.queue(&job), noted);
                    Accepted {
                        rate,
                        ..Accepted::of(&granted.now(*job), details)
                    }
                }
                // Somebody else retried it at the same moment: that attempt serves both.
                Ok(Applied::Refused(current)) if current.attempt == job.attempt + 1 => {
                    Accepted::of(&granted.now(*current), details)
                }
                Ok(Applied::Refused(current)) => return Err(no_retry(NoRetry::NotTerminal, &current)),
                Ok(Applied::Unknown) => return Err(Problem::job_not_found()),
            };
            return Ok(accepted);
        }
        Err(crowded())
    }

    /// Deletes a job that is over with all that hangs on it: events, details, uploads, chunk data and results.
    pub async fn delete(&self, caller: &Caller, id: JobId) -> Result<(), Problem> {
        let granted = self.doors.job(caller, id, Action::DeleteJob).await?;
        match self.eraser.erase(granted.job()).await? {
            Erased::Yes => {
                self.note_job(caller, granted.standings(), Deed::JobDeleted, granted.job())
                    .await;
                Ok(())
            }
            Erased::Gone => Err(Problem::job_not_found()),
            Erased::Open(job) => Err(Problem::conflict(
                "JOB_RUNNING",
                format!(
                    "The job is not over: it is {}. Please cancel it first.",
                    job.status
                ),
            )),
        }
    }

    /// A stored plan brings its own inputs; without one the uploads are needed again.
    async fn sources_are_there(&self, job: &Job, files: usize) -> Result<(), Problem> {
        if self.engine.blobs.head(&plan_key(job.id)).await?.is_some() {
            return Ok(());
        }
        for index in 0..files {
            if self
                .engine
                .blobs
                .head(&upload_key(job.id, index))
                .await?
                .is_none()
            {
                return Err(Problem::conflict(
                    "SOURCE_GONE",
                    "The uploaded files are no longer there. Please start a new job.",
                ));
            }
        }
        Ok(())
    }
}

fn finished(job: &Job) -> Problem {
    Problem::conflict("JOB_FINISHED", format!("The job is over: it is {}.", job.status))
}

fn no_retry(reason: NoRetry, job: &Job) -> Problem {
    match reason {
        NoRetry::NotTerminal => Problem::conflict(
            "JOB_RUNNING",
            format!("The job is not over: it is {}.", job.status),
        ),
        NoRetry::NothingToDo => Problem::conflict(
            "NOTHING_TO_RETRY",
            "The job is complete: there is nothing to do again.",
        ),
        NoRetry::NeverStarted => Problem::conflict(
            "NOTHING_TO_RETRY",
            "The job's files never came. Please start a new job.",
        ),
    }
}
