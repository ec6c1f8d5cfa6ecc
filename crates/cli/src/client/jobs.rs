//! The calls.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::model::{EventPage, Job, JobList, Ticket, UploadedPart, Uploads};
use super::{Client, ClientError, ClientResult};

/// A job to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewJob {
    /// Pipeline's name.
    pub pipeline: String,
    /// Its variety.
    pub kind: Option<String>,
    /// Settings by name.
    pub settings: Map<String, Value>,
    /// `high`, `normal` or `low`.
    pub priority: Option<String>,
    /// The user's own name for it.
    pub label: Option<String>,
    /// Groups jobs.
    pub batch_id: Option<String>,
    /// The company it is for, one of the caller's.
    pub company_id: Option<String>,
    /// Where the end of each attempt is posted.
    pub callback_url: Option<String>,
    /// With a key the request may be repeated: the same key and content give the same job.
    pub idempotency_key: Option<String>,
}

impl NewJob {
    /// Fields that are set, as the form has them.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let settings = (!self.settings.is_empty()).then(|| Value::Object(self.settings.clone()).to_string());
        [
            ("pipeline", Some(self.pipeline.clone())),
            ("kind", self.kind.clone()),
            ("settings", settings),
            ("priority", self.priority.clone()),
            ("label", self.label.clone()),
            ("batch_id", self.batch_id.clone()),
            ("company_id", self.company_id.clone()),
            ("callback_url", self.callback_url.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// The same as a JSON body, with the files that will be brought.
    fn body(&self, files: &[Value]) -> Value {
        let mut body: Map<String, Value> = self
            .fields()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        if !self.settings.is_empty() {
            body.insert("settings".to_owned(), Value::Object(self.settings.clone()));
        }
        body.insert("files".to_owned(), Value::Array(files.to_vec()));
        Value::Object(body)
    }
}

/// A file that goes with the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFile {
    /// Name.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// Which jobs a listing wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct JobQuery {
    pub status: Option<String>,
    pub pipeline: Option<String>,
    pub batch_id: Option<String>,
    pub company_id: Option<String>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// Which result is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct ResultQuery {
    pub format: Option<String>,
    pub part: Option<u32>,
    pub edition: Option<u32>,
    pub start_index: Option<u64>,
    pub full: bool,
    pub variant: Option<String>,
}

impl Client {
    /// Creates a job from files that go with the request: together at most 4 MB.
    pub async fn create(&self, new: &NewJob, files: &[FormFile]) -> ClientResult<Job> {
        let build = || {
            let mut form = Form::new();
            for (name, value) in new.fields() {
                form = form.text(name, value);
            }
            for file in files {
                let part = Part::stream(file.bytes.clone()).file_name(file.name.clone());
                let part = part
                    .mime_str(&file.content_type)
                    .map_err(|_| ClientError::Usage(format!("`{}` is no media type", file.content_type)))?;
                form = form.part("file", part);
            }
            Ok(self.new_job(new)?.multipart(form))
        };
        self.job_of(self.send_new(new, build).await?).await
    }

    /// Creates a job whose files are brought afterwards; `files` as the API describes them.
    pub async fn announce(&self, new: &NewJob, files: &[Value]) -> ClientResult<(Job, Uploads)> {
        let body = new.body(files);
        let response = self.send_new(new, || Ok(self.new_job(new)?.json(&body))).await?;
        let job = self.job_of(response).await?;
        let uploads = serde_json::from_value(job.raw.clone())
            .map_err(|error| ClientError::Unreadable(error.to_string()))?;
        Ok((job, uploads))
    }

    fn new_job(&self, new: &NewJob) -> ClientResult<RequestBuilder> {
        let request = self.request(Method::POST, "/v1/jobs")?;
        Ok(match &new.idempotency_key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        })
    }

    /// Without a key a repeated request could make a second job.
    async fn send_new(
        &self,
        new: &NewJob,
        build: impl Fn() -> ClientResult<RequestBuilder>,
    ) -> ClientResult<Response> {
        if new.idempotency_key.is_some() {
            self.send_again(build).await
        } else {
            self.accepted(self.send(build()?).await?).await
        }
    }

    /// What is there of the job's files, and fresh links for the rest.
    pub async fn uploads(&self, id: &str) -> ClientResult<Uploads> {
        let link = format!("{}/uploads", job_link(id));
        let build = || Ok(self.request(Method::POST, &link)?.json(&json!({})));
        self.json(self.send_again(build).await?).await
    }

    /// Ends the upload: completes files in parts, checks all of them, queues the job.
    pub async fn start(&self, id: &str, files: &[(usize, Vec<UploadedPart>)]) -> ClientResult<Job> {
        let link = format!("{}/start", job_link(id));
        let files: Vec<Value> = files
            .iter()
            .map(|(file, parts)| {
                let parts: Vec<Value> = parts
                    .iter()
                    .map(|part| json!({"number": part.number, "etag": part.etag}))
                    .collect();
                json!({"file": file, "parts": parts})
            })
            .collect();
        let body = json!({"files": files});
        let build = || Ok(self.request(Method::POST, &link)?.json(&body));
        self.job_of(self.send_again(build).await?).await
    }

    /// The job.
    pub async fn job(&self, id: &str) -> ClientResult<Job> {
        let build = || self.request(Method::GET, &job_link(id));
        self.job_of(self.send_again(build).await?).await
    }

    /// The job and its ETag, unless it still is the one with the ETag `known`.
    pub async fn job_if_changed(
        &self,
        id: &str,
        known: Option<&str>,
    ) -> ClientResult<Option<(Job, Option<String>)>> {
        let mut request = self.request(Method::GET, &job_link(id))?;
        if let Some(known) = known {
            request = request.header(IF_NONE_MATCH, known);
        }
        let response = self.accepted(self.send(request).await?).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let etag = response.headers().get(ETAG);
        let etag = etag.and_then(|etag| Some(etag.to_str().ok()?.to_owned()));
        Ok(Some((self.job_of(response).await?, etag)))
    }

    /// The caller's jobs, newest first.
    pub async fn jobs(&self, query: &JobQuery) -> ClientResult<JobList> {
        let limit = query.limit.map(|limit| limit.to_string());
        let pairs = [
            ("status", &query.status),
            ("pipeline", &query.pipeline),
            ("batch_id", &query.batch_id),
            ("company_id", &query.company_id),
            ("limit", &limit),
            ("cursor", &query.cursor),
        ];
        let link = with_query(
            "/v1/jobs",
            pairs.iter().filter_map(|(k, v)| Some((*k, v.as_deref()?))),
        );
        let response = self.send_again(|| self.request(Method::GET, &link)).await?;
        let answer: Value = self.json(response).await?;
        let jobs = answer
            .get("jobs")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let next = answer.get("next_cursor").and_then(Value::as_str);
        Ok(JobList {
            jobs: jobs.into_iter().map(job_from).collect::<ClientResult<_>>()?,
            next_cursor: next.map(ToOwned::to_owned),
        })
    }

    /// Events with a version above `after`; the service waits up to `wait` for the first.
    pub async fn events(&self, id: &str, after: u64, wait: Duration) -> ClientResult<EventPage> {
        let (after, wait_s) = (after.to_string(), wait.as_secs().to_string());
        let pairs = [("after", after.as_str()), ("wait", wait_s.as_str())];
        let link = with_query(&format!("{}/events", job_link(id)), pairs.into_iter());
        self.json(self.send_again(|| self.request(Method::GET, &link)).await?)
            .await
    }

    /// Cancels the job. Twice is a no-op.
    pub async fn cancel(&self, id: &str) -> ClientResult<Job> {
        let link = format!("{}/cancel", job_link(id));
        self.job_of(self.send_again(|| self.request(Method::POST, &link)).await?)
            .await
    }

    /// Starts the next attempt. Not repeated: a second one would be refused.
    pub async fn retry(&self, id: &str) -> ClientResult<Job> {
        let request = self.request(Method::POST, &format!("{}/retry", job_link(id)))?;
        let response = self.accepted(self.send(request).await?).await?;
        self.job_of(response).await
    }

    /// Makes the next edition of the job's result, with `basis` only if that is still the newest. Not repeated: a second time
    /// it would make one more.
    pub async fn edit(&self, id: &str, body: &Value, basis: Option<&str>) -> ClientResult<Job> {
        let mut request = self
            .request(Method::PATCH, &format!("{}/result", job_link(id)))?
            .json(body);
        if let Some(basis) = basis {
            request = request.header(IF_MATCH, format!("\"{basis}\""));
        }
        let response = self.accepted(self.send(request).await?).await?;
        self.job_of(response).await
    }

    /// Deletes a job that is over. Not repeated: a second time it would not be found.
    pub async fn delete(&self, id: &str) -> ClientResult<()> {
        let request = self.request(Method::DELETE, &job_link(id))?;
        self.accepted(self.send(request).await?).await.map(|_| ())
    }

    /// The result, as a response whose body is still to be read.
    pub async fn result(&self, id: &str, query: &ResultQuery) -> ClientResult<Response> {
        let response = self.result_link(id, query).await?;
        self.followed(response).await
    }

    /// Whether the result has a part after `query`'s: a format with a row limit comes in several.
    pub async fn has_more(&self, id: &str, query: &ResultQuery) -> bool {
        let next = ResultQuery {
            part: Some(query.part.unwrap_or(1) + 1),
            ..query.clone()
        };
        self.result_link(id, &next).await.is_ok()
    }

    async fn result_link(&self, id: &str, query: &ResultQuery) -> ClientResult<Response> {
        let part = query.part.map(|part| part.to_string());
        let start_index = query.start_index.map(|index| index.to_string());
        let edition = query.edition.map(|edition| edition.to_string());
        let full = query.full.then(|| "1".to_owned());
        let pairs = [
            ("format", &query.format),
            ("part", &part),
            ("edition", &edition),
            ("start_index", &start_index),
            ("full", &full),
            ("variant", &query.variant),
        ];
        let pairs = pairs.iter().filter_map(|(k, v)| Some((*k, v.as_deref()?)));
        let link = with_query(&format!("{}/result", job_link(id)), pairs);
        self.send_again(|| self.request(Method::GET, &link)).await
    }

    /// The result, read into memory.
    pub async fn result_bytes(&self, id: &str, query: &ResultQuery) -> ClientResult<Bytes> {
        let response = self.result(id, query).await?;
        self.body(response, super::MAX_ANSWER_BYTES).await
    }

    /// A one-use ticket for the WebSocket.
    pub async fn ticket(&self) -> ClientResult<Ticket> {
        let build = || self.request(Method::POST, "/v1/live/ticket");
        self.json(self.send_again(build).await?).await
    }

    /// Any readable document of the API: `/v1/health`, `/v1/config`, `/v1/pipelines`.
    pub async fn get(&self, link: &str) -> ClientResult<Value> {
        self.json(self.send_again(|| self.request(Method::GET, link)).await?)
            .await
    }

    async fn job_of(&self, response: Response) -> ClientResult<Job> {
        let is_json = response
            .headers()
            .get(CONTENT_TYPE)
            .is_none_or(|value| value.to_str().is_ok_and(|text| text.contains("json")));
        if !is_json {
            return Err(ClientError::Unreadable(format!(
                "{} is not the address of a Docmill API",
                self.base()
            )));
        }
        job_from(self.json(response).await?)
    }
}

fn job_from(raw: Value) -> ClientResult<Job> {
    let mut job: Job =
        serde_json::from_value(raw.clone()).map_err(|error| ClientError::Unreadable(error.to_string()))?;
    if job.job_id.is_empty() || job.status.is_empty() {
        return Err(ClientError::Unreadable("it is no job".to_owned()));
    }
    job.raw = raw;
    Ok(job)
}

/// The job's path. Whatever is given as an id stays one segment of it.
pub(crate) fn job_link(id: &str) -> String {
    format!("/v1/jobs/{}", escaped(id))
}

fn with_query<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

/// Percent-encodes all but unreserved characters (RFC 3986).
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
            // A dot alone would be a step in the path.
            b'.' if text.len() > 2 => ".".to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment_of_the_path() {
        assert_eq!(job_link("019aa000-0000-7000"), "/v1/jobs/019aa000-0000-7000");
        assert_eq!(job_link("../../x?y#z"), "/v1/jobs/..%2F..%2Fx%3Fy%23z");
        assert_eq!(job_link(".."), "/v1/jobs/%2E%2E");
    }

    #[test]
    fn a_query_has_only_what_is_set() {
        assert_eq!(with_query("/v1/jobs", [].into_iter()), "/v1/jobs");
        let pairs = [("status", "queued"), ("cursor", "a=b&c")];
        assert_eq!(
            with_query("/v1/jobs", pairs.into_iter()),
            "/v1/jobs?status=queued&cursor=a%3Db%26c"
        );
    }

    #[test]
    fn a_body_has_only_what_is_set() {
        let mut new = NewJob {
            pipeline: "novel".into(),
            label: Some("x".into()),
            ..NewJob::default()
        };
        assert_eq!(
            new.body(&[]),
            json!({"pipeline": "novel", "label": "x", "files": []})
        );
        new.settings.insert("sentence_length_limit".into(), json!(9));
        assert_eq!(new.body(&[])["settings"], json!({"sentence_length_limit": 9}));
    }

    #[test]
    fn what_is_no_job_is_an_error() {
        for nonsense in [json!({}), json!([]), json!("x"), json!({"job_id": "x"})] {
            assert!(matches!(job_from(nonsense), Err(ClientError::Unreadable(_))));
        }
    }
}
