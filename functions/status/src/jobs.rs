//! Jobs, lists, results.

use docmill_core::intake::{Download, ListQuery, ResultQuery};
use docmill_core::pipeline::ExportOptions;
use docmill_core::ports::JobFilter;
use docmill_core::problem::{FieldError, Problem};
use docmill_core::view::{JobView, view};
use docmill_gateway::{Request, Response};

use crate::StatusApp;

impl StatusApp {
    /// One job; 304 for who has this version already.
    pub(crate) async fn job(&self, request: &Request) -> Result<Response, Problem> {
        let (caller, id) = (request.caller()?, request.job_id()?);
        let accepted = match request.header("if-none-match") {
            None => self.reader.job(&caller, id).await?,
            Some(known) => {
                let granted = self.reader.record(&caller, id).await?;
                let job = granted.job();
                if names(known, job.version) {
                    let shown = view(job, None, None, self.reader.clock.now());
                    return Ok(versioned(Response::empty(304), &shown));
                }
                self.reader.accepted(&granted).await?
            }
        };
        let shown = self.reader.show(&caller, &accepted).await?;
        Ok(versioned(Response::json(200, &shown)?, &shown))
    }

    /// The caller's jobs, newest first.
    pub(crate) async fn list(&self, request: &Request) -> Result<Response, Problem> {
        let caller = request.caller()?;
        let status = request.query("status").map(str::parse).transpose();
        let status = status.map_err(|_| {
            let detail = "The status is awaiting_upload, queued, processing, completed, failed, cancelled or \
                          expired.";
            Problem::invalid(vec![FieldError::new("status", "UNKNOWN_STATUS", detail)])
        })?;
        let limit = request.number("limit", 1..=u64::MAX)?;
        let query = ListQuery {
            company_id: request.query("company_id").map(ToOwned::to_owned),
            filter: JobFilter {
                status,
                pipeline: request.query("pipeline").map(ToOwned::to_owned),
                batch_id: request.query("batch_id").map(ToOwned::to_owned),
            },
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            cursor: request.query("cursor").map(ToOwned::to_owned),
        };
        Response::json(200, &self.reader.list(&caller, &query).await?)
    }

    /// The result: a signed link to the stored file, or what was made for this request.
    pub(crate) async fn result(&self, request: &Request) -> Result<Response, Problem> {
        let (caller, id) = (request.caller()?, request.job_id()?);
        let options = ExportOptions {
            start_index: request.number("start_index", 0..=u64::MAX)?,
            full: request.flag("full")?,
            variant: request.query("variant").map(ToOwned::to_owned),
        };
        let number = |name: &str, least: u32| {
            let number = request.number(name, u64::from(least)..=u64::from(u32::MAX))?;
            Ok::<_, Problem>(number.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
        };
        let query = ResultQuery {
            format: request.query("format"),
            part: number("part", 1)?,
            edition: number("edition", 0)?,
            options,
        };
        match self.reader.result(&caller, id, &query).await? {
            Download::Link(url) => Ok(Response::empty(303).with("location", url)),
            Download::Made {
                bytes,
                content_type,
                file_name,
            } => Response::file(content_type, &file_name, bytes),
        }
    }
}

/// Adds the headers of a job: its version, when to ask again, and that a stored answer is to be asked after.
fn versioned(response: Response, job: &JobView) -> Response {
    let response = response
        .with("etag", format!("\"{}\"", job.version))
        .with("cache-control", "private, no-cache");
    match job.poll_after_ms {
        Some(ms) => response.with("retry-after", ms.div_ceil(1000).to_string()),
        None => response,
    }
}

/// Whether `If-None-Match` names `version`; weak tags and lists are allowed there.
fn names(header: &str, version: u64) -> bool {
    let tag = format!("\"{version}\"");
    header
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_by_tags() {
        for yes in ["\"7\"", "W/\"7\"", "\"6\", \"7\"", "*"] {
            assert!(names(yes, 7), "{yes}");
        }
        for no in ["", "7", "\"77\"", "\"6\"", "\"7", "w/x"] {
            assert!(!names(no, 7), "{no}");
        }
    }
}
