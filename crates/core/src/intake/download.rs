//! Fetching a result.

use bytes::Bytes;

use super::Reader;
use crate::access::{Action, Caller};
use crate::ids::JobId;
use crate::job::{Job, ResultRef};
use crate::pipeline::{ExportOptions, Format, Pipeline};
use crate::plan::result_key;
use crate::ports::Fetched;
use crate::problem::{FieldError, Problem};
use crate::timing::RESULT_LINK_LIFE;

/// The result that is read to make an export of it.
const MAX_EXPORT_SOURCE_BYTES: u64 = 128 << 20;

/// Which result is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultQuery<'a> {
    /// Format; the pipeline's first one unless given.
    pub format: Option<&'a str>,
    /// Part of it, from 1; the first unless given.
    pub part: Option<u32>,
    /// Edition, the worker's with 0; the newest unless given.
    pub edition: Option<u32>,
    /// How it is to be made.
    pub options: ExportOptions,
}

/// How a result is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Download {
    /// From here.
    Link(String),
    /// It was made for this request.
    Made {
        /// The bytes.
        bytes: Bytes,
        /// Media type.
        content_type: &'static str,
        /// Name to save it under.
        file_name: String,
    },
}

impl Reader {
    /// Where to fetch the result of the caller's job.
    pub async fn result(
        &self,
        caller: &Caller,
        id: JobId,
        query: &ResultQuery<'_>,
    ) -> Result<Download, Problem> {
        let granted = self.doors.job(caller, id, Action::FetchResult).await?;
        let job = granted.job();
        let pipeline = self.registry.get(&job.pipeline).ok_or_else(Problem::internal)?;
        let spec = pipeline.spec();
        let format = match query.format {
            None => spec.formats.first(),
            Some(name) => spec.formats.iter().find(|format| format.name == name),
        };
        let format = format.ok_or_else(|| unknown_format(spec.formats))?;
        let Some(result) = &job.result else {
            return Err(no_result(job));
        };
        let Some(parts) = result.formats.get(format.name) else {
            return Err(unknown_format(spec.formats));
        };
        let edition = query.edition.unwrap_or_else(|| result.newest());
        let source = result.json_key(id, edition).ok_or_else(|| no_edition(result))?;
        let is_plain = query.options.is_plain();
        // Of an edition only the JSON is stored.
        let is_workers = edition == 0 || format.is_of_files;
        let (stored, parts) = match is_workers {
            true => (is_plain, *parts),
            false => (is_plain && format.name == "json", 1),
        };
        let part = query.part.unwrap_or(1);
        if part == 0 || (part > parts && is_plain) {
            let detail = format!("This result has {parts} part(s) in that format.");
            return Err(Problem::new(404, "NO_SUCH_PART", detail));
        }
        if !stored {
            return self.made(job, pipeline, format, &source, &query.options).await;
        }
        let key = match is_workers {
            true => result_key(id, result.attempt, format.name, part),
            false => source,
        };
        let file_name = format.file_name(&file_stem(job), part);
        let url = self
            .transfers
            .sign_get(&key, &file_name, format.content_type, RESULT_LINK_LIFE)
            .await?;
        Ok(Download::Link(url))
    }

    /// What the pipeline makes of a result's JSON.
    async fn made(
        &self,
        job: &Job,
        pipeline: &dyn Pipeline,
        format: &Format,
        source: &str,
        options: &ExportOptions,
    ) -> Result<Download, Problem> {
        let Fetched::Found(json) = self.blobs.get(source, None, MAX_EXPORT_SOURCE_BYTES).await? else {
            return Err(result_gone());
        };
        let bytes = pipeline.export(format.name, options, &json)?.ok_or_else(|| {
            Problem::invalid(vec![FieldError::new(
                "format",
                "NO_SUCH_EXPORT",
                "This format has no such options.",
            )])
        })?;
        Ok(Download::Made {
            bytes,
            content_type: format.content_type,
            file_name: format.file_name(&file_stem(job), 1),
        })
    }
}

pub(super) fn no_result(job: &Job) -> Problem {
    if job.status.is_terminal() {
        Problem::conflict(
            "NO_RESULT",
            format!("The job has no result: it is {}.", job.status),
        )
    } else {
        Problem::conflict(
            "NOT_FINISHED",
            "The job is not finished yet. Its result will be here then.",
        )
    }
}

pub(super) fn result_gone() -> Problem {
    Problem::conflict("RESULT_GONE", "The result is no longer kept.")
}

fn no_edition(result: &ResultRef) -> Problem {
    let detail = format!("The newest edition of this result is {}.", result.newest());
    Problem::new(404, "NO_SUCH_EDITION", detail)
}

fn unknown_format(formats: &[Format]) -> Problem {
    let names: Vec<&str> = formats.iter().map(|format| format.name).collect();
    let detail = format!("The format must be one of: {}.", names.join(", "));
    Problem::invalid(vec![FieldError::new("format", "UNKNOWN_FORMAT", detail)])
}

/// The label, or the first file's name without its extension.
fn file_stem(job: &Job) -> String {
    let name = job
        .label
        .as_deref()
        .or(job.file_name.as_deref())
        .unwrap_or("result");
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if job.label.is_none() && !stem.is_empty() => stem,
        _ => name,
    };
    super::clean_file_name(stem)
}
