//! Editing a result.

use bytes::Bytes;
use serde_json::Value;

use super::download::{no_result, result_gone};
use super::{Accepted, Intake};
use crate::access::{Action, Caller, Granted};
use crate::audit::Deed;
use crate::edition::{Basis, Edition, Editor, MAX_EDITED_BYTES, MAX_EDITIONS};
use crate::ids::JobId;
use crate::job::{Job, ResultRef, Status};
use crate::moves;
use crate::pipeline::Pipeline;
use crate::ports::Fetched;
use crate::problem::Problem;
use crate::step::Applied;

/// How often an edit is made anew because somebody else's came first.
const TRIES: usize = 5;

impl Intake {
    /// Makes the next edition of the caller's job's result. With `basis` only if that is still the newest; without, what
    /// others make at the same moment stands before this edit and not behind it.
    pub async fn edit_result(
        &self,
        caller: &Caller,
        id: JobId,
        body: &Value,
        basis: Option<Basis>,
    ) -> Result<Accepted, Problem> {
        for _ in 0..TRIES {
            let granted = self.doors.job(caller, id, Action::EditResult).await?;
            let (pipeline, result) = self.editable(granted.job())?;
            may_follow(result, basis)?;
            let editor = Editor {
                author: caller.owner.clone(),
                at: self.engine.clock.now(),
                number: result.newest() + 1,
            };
            let json = self.newest_json(id, result).await?;
            let edited = pipeline.edit(&json, body, &editor)?.ok_or_else(not_editable)?;
            if let Some(job) = self.store_edition(&granted, &editor, edited).await? {
                self.note_job(caller, granted.standings(), Deed::ResultEdited, &job)
                    .await;
                let granted = granted.now(*job);
                let details = self.doors.details(&granted).await?;
                return Ok(Accepted::of(&granted, details));
            }
        }
        tracing::warn!(job = %id, "an edit lost to others every time");
        Err(Problem::unavailable(1))
    }

    /// The result of a job, where it can be edited, and the pipeline that knows how.
    fn editable<'a>(&'a self, job: &'a Job) -> Result<(&'a dyn Pipeline, &'a ResultRef), Problem> {
        let pipeline = self.engine.pipeline(job)?;
        if job.status.is_terminal() && job.status != Status::Completed {
            let detail = format!("The job is {}: it has no result that can be edited.", job.status);
            return Err(Problem::conflict("NO_RESULT", detail));
        }
        let result = job.result.as_ref().filter(|_| job.status == Status::Completed);
        let result = result.ok_or_else(|| no_result(job))?;
        // An edition is one file: a result whose JSON comes in parts has none.
        if !pipeline.spec().editable || result.formats.get("json") != Some(&1) {
            return Err(not_editable());
        }
        Ok((pipeline, result))
    }

    async fn newest_json(&self, id: JobId, result: &ResultRef) -> Result<Bytes, Problem> {
        let key = result
            .json_key(id, result.newest())
            .ok_or_else(Problem::internal)?;
        match self.engine.blobs.get(&key, None, MAX_EDITED_BYTES).await? {
            Fetched::Found(json) => Ok(json),
            Fetched::TooLarge => Err(too_large()),
            Fetched::Missing | Fetched::Changed => Err(result_gone()),
        }
    }

    /// Stores the file, then names it in the record; the record then, or `None` where somebody else's write came first.
    /// The file that no record names goes with the job.
    async fn store_edition(
        &self,
        granted: &Granted,
        editor: &Editor,
        json: Bytes,
    ) -> Result<Option<Box<Job>>, Problem> {
        if json.len() as u64 > MAX_EDITED_BYTES {
            return Err(too_large());
        }
        let job = granted.job();
        let mut next = job.result.clone().unwrap_or_default();
        next.editions.push(Edition::new(editor, &json));
        let key = next
            .json_key(job.id, editor.number)
            .ok_or_else(Problem::internal)?;
        self.engine.blobs.put(&key, "application/json", json).await?;
        let step = moves::edit(job, next.clone(), editor.at);
        match self.engine.apply(job.id, &step).await? {
            Applied::Yes(job) => Ok(Some(job)),
            // A write whose answer was lost is sent once more, and then finds itself there.
            Applied::Refused(current) if has_newest_of(&current, &next) => Ok(Some(current)),
            Applied::Refused(_) => Ok(None),
            Applied::Unknown => Err(Problem::job_not_found()),
        }
    }
}

/// Whether the record has the newest edition of `next`, whatever came after it.
fn has_newest_of(job: &Job, next: &ResultRef) -> bool {
    job.result
        .as_ref()
        .is_some_and(|result| result.attempt == next.attempt && result.editions.starts_with(&next.editions))
}

/// Whether the result may have one more edition, made by somebody who had `basis` in front of them.
fn may_follow(result: &ResultRef, basis: Option<Basis>) -> Result<(), Problem> {
    if basis.is_some_and(|basis| !basis.is_newest_of(result)) {
        let detail = format!(
            "The result was edited since: the newest edition is {}. Please load it and edit that.",
            result.basis()
        );
        return Err(Problem::new(412, "EDITED_MEANWHILE", detail));
    }
    if result.editions.len() >= MAX_EDITIONS {
        return Err(Problem::conflict(
            "TOO_MANY_EDITIONS",
            format!("The result has {MAX_EDITIONS} editions, which is the most it can have."),
        ));
    }
    Ok(())
}

fn not_editable() -> Problem {
    Problem::conflict("NOT_EDITABLE", "Results of this kind cannot be edited.")
}

fn too_large() -> Problem {
    Problem::new(
        413,
        "RESULT_TOO_LARGE",
        format!(
            "Results of more than {} MB cannot be edited.",
            MAX_EDITED_BYTES >> 20
        ),
    )
}
