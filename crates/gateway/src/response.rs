//! What API Gateway wants back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use docmill_core::ids::JobId;
use docmill_core::problem::{FieldError, Problem, Rate};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Largest body of an answer that is not made of links. Lambda gives 6 MB a call back, and base64 makes a third more of it.
pub const MAX_RESPONSE_BYTES: usize = 4 << 20;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: BTreeMap<&'static str, String>,
    body: Body,
    /// The job it is about, for the log.
    pub(crate) job_id: Option<JobId>,
    /// Why the request was refused, for the log.
    pub(crate) code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Empty,
    Text(String),
    Bytes(Bytes),
}

/// Problem details as they are sent.
#[derive(Serialize)]
struct ProblemBody<'a> {
    /// Our problems have no pages of their own: `title` says what the status says, `code` tells them apart.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
}

impl Response {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: BTreeMap::from([("cache-control", "no-store".to_owned())]),
            body: Body::Empty,
            job_id: None,
            code: None,
        }
    }

    /// A JSON answer.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_string(body).map_err(|error| {
            tracing::error!(%error, "answer not encoded");
            Problem::internal()
        })?;
        Ok(Self::text(status, "application/json", text))
    }

    /// An answer of text.
    pub fn text(status: u16, content_type: &str, text: String) -> Self {
        Self {
            body: Body::Text(text),
            ..Self::empty(status).with("content-type", content_type)
        }
    }

    /// An answer of bytes, compressed or not. They go through the gateway as base64.
    pub fn bytes(status: u16, content_type: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            body: Body::Bytes(bytes.into()),
            ..Self::empty(status).with("content-type", content_type)
        }
    }

    /// A file to be saved under `name`. 413 when it is too large to be sent like this.
    pub fn file(content_type: &str, name: &str, bytes: Bytes) -> Result<Self, Problem> {
        if bytes.len() > MAX_RESPONSE_BYTES {
            let detail = "This download is larger than 4 MB. Please take the stored file, without options.";
            return Err(Problem::new(413, "RESULT_TOO_LARGE", detail));
        }
        Ok(Self::bytes(200, content_type, bytes).with("content-disposition", attachment(name)))
    }

    /// The answer to a refused request.
    pub fn problem(problem: &Problem, request_id: &str) -> Self {
        let body = ProblemBody {
            kind: "about:blank",
            title: problem.title(),
            status: problem.status,
            code: &problem.code,
            detail: &problem.detail,
            request_id,
            errors: &problem.errors,
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = Self::text(problem.status, "application/problem+json", text);
        if let Some(after) = problem.retry_after_s {
            response = response.with("retry-after", after.to_string());
        }
        response = response.rated(problem.rate);
        response.code = Some(problem.code.clone());
        response
    }

    /// The answer with a header, which replaces an earlier one of that name.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// The answer with how full a limit is.
    pub fn rated(self, rate: Option<Rate>) -> Self {
        let Some(rate) = rate else { return self };
        self.with("ratelimit-limit", rate.limit.to_string())
            .with("ratelimit-remaining", rate.remaining.to_string())
            .with("ratelimit-reset", rate.reset_s.to_string())
    }

    /// The answer marked as being about a job, for the log.
    pub fn about(mut self, job: JobId) -> Self {
        self.job_id = Some(job);
        self
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body's bytes.
    pub fn body(&self) -> &[u8] {
        match &self.body {
            Body::Empty => &[],
            Body::Text(text) => text.as_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }
}

impl Serialize for Response {
    /// Payload format 2.0.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut headers = self.headers.clone();
        headers.insert("x-content-type-options", "nosniff".to_owned());
        let mut response = serializer.serialize_struct("Response", 4)?;
        response.serialize_field("statusCode", &self.status)?;
        response.serialize_field("headers", &headers)?;
        let (body, is_base64) = match &self.body {
            Body::Empty => (String::new(), false),
            Body::Text(text) => (text.clone(), false),
            Body::Bytes(bytes) => (STANDARD.encode(bytes), true),
        };
        response.serialize_field("body", &body)?;
        response.serialize_field("isBase64Encoded", &is_base64)?;
        response.end()
    }
}

/// `Content-Disposition` of a download: a plain name for old clients, the real one in RFC 8187's form.
fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || " -_.()".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let encoded = name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    });
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn wire(response: &Response) -> Value {
        serde_json::to_value(response).unwrap()
    }

    #[test]
    fn problems_are_rfc_9457() {
        let problem = Problem {
            retry_after_s: Some(7),
            ..Problem::invalid(vec![FieldError::new(
                "kind",
                "UNKNOWN_KIND",
                "There is no such kind.",
            )])
        };
        let response = Response::problem(&problem, "request-1");
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        assert_eq!(response.header("retry-after"), Some("7"));
        assert_eq!(
            serde_json::from_slice::<Value>(response.body()).unwrap(),
            json!({
                "type": "about:blank", "title": "Unprocessable Content", "status": 422,
                "code": "INVALID_REQUEST", "detail": "There is no such kind.", "request_id": "request-1",
                "errors": [{"field": "kind", "code": "UNKNOWN_KIND", "detail": "There is no such kind."}],
            })
        );
    }

    #[test]
    fn binary_bodies_are_base64_and_texts_are_not() {
        let json = wire(
            &Response::json(202, &json!({"a": "é"}))
                .unwrap()
                .with("location", "/v1/jobs/1"),
        );
        assert_eq!(
            json,
            json!({
                "statusCode": 202, "body": "{\"a\":\"é\"}", "isBase64Encoded": false,
                "headers": {"cache-control": "no-store", "content-type": "application/json",
                    "location": "/v1/jobs/1", "x-content-type-options": "nosniff"},
            })
        );
        let file = wire(&Response::file("text/csv", "été \"1\".csv", Bytes::from_static(b"\xff")).unwrap());
        assert_eq!(file["body"], "/w==");
        assert_eq!(file["isBase64Encoded"], true);
        assert_eq!(
            file["headers"]["content-disposition"],
            "attachment; filename=\"_t_ _1_.csv\"; filename*=UTF-8''%C3%A9t%C3%A9%20%221%22.csv"
        );
        assert_eq!(wire(&Response::empty(204))["body"], "");
        let large = Bytes::from(vec![0; MAX_RESPONSE_BYTES + 1]);
        assert_eq!(Response::file("text/csv", "x", large).unwrap_err().status, 413);
    }
}
