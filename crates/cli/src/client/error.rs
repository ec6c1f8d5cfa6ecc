//! What can go wrong between a client and the service, each in one clear line.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

/// A call that brought nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// No answer came.
    #[error("{base} cannot be reached: {reason}")]
    Unreachable {
        /// The service's base URL.
        base: String,
        /// Why.
        reason: String,
    },
    /// The token is missing, over, or not for this service.
    #[error("{0}")]
    Unauthorized(String),
    /// 4xx: the service's own sentence.
    #[error("{0}")]
    Refused(Refusal),
    /// 5xx.
    #[error("the service failed: {0}")]
    Fault(Refusal),
    /// An answer that is not what the API describes.
    #[error("the service's answer cannot be read: {0}")]
    Unreadable(String),
    /// A local file.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
}

impl ClientError {
    /// Whether the same call may succeed a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Fault(_) | Self::Unreadable(_) => true,
            Self::Refused(refusal) => refusal.status == 429,
            Self::Unauthorized(_) | Self::File { .. } | Self::Usage(_) => false,
        }
    }

    /// The refusal, where it was one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::Fault(refusal) => Some(refusal),
            _ => None,
        }
    }

    pub(crate) fn file(path: &std::path::Path, reason: impl ToString) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

/// A wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FieldProblem {
    /// The field, as a path.
    pub field: String,
    /// Stable code.
    #[serde(default)]
    pub code: String,
    /// The sentence.
    #[serde(default)]
    pub detail: String,
}

/// An answer of 400 or more, whichever part of the service gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Stable code, where the service itself answered.
    pub code: Option<String>,
    /// The sentence.
    pub detail: String,
    /// Wrong fields.
    pub errors: Vec<FieldProblem>,
    /// For whoever reads the service's log.
    pub request_id: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with nothing but its sentence.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: None,
            detail: detail.into(),
            errors: Vec::new(),
            request_id: None,
            retry_after: None,
        }
    }

    /// Reads problem details, the gateway's own `{"message"}`, S3's XML, or whatever else came.
    pub fn read(status: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let mut refusal = match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(object)) => {
                let text = |name: &str| object.get(name).and_then(Value::as_str).map(printable);
                let errors = object
                    .get("errors")
                    .and_then(|errors| serde_json::from_value(errors.clone()).ok())
                    .unwrap_or_default();
                let detail = text("detail")
                    .or_else(|| text("message"))
                    .or_else(|| text("Message"))
                    .or_else(|| text("title"));
                Self {
                    code: text("code"),
                    errors,
                    request_id: text("request_id"),
                    ..Self::new(status, detail.unwrap_or_default())
                }
            }
            _ => Self::new(status, sentence_of_text(&String::from_utf8_lossy(body))),
        };
        if refusal.detail.is_empty() {
            refusal.detail = format!("The service answered {status}.");
        }
        refusal.retry_after = retry_after;
        refusal
    }

    /// Whether the service gave this code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)?;
        // One wrong field is in the detail already.
        for error in self.errors.iter().filter(|_| self.errors.len() > 1) {
            write!(f, " {}: {}", printable(&error.field), printable(&error.detail))?;
        }
        match &self.code {
            Some(code) => write!(f, " ({code})")?,
            None => write!(f, " (HTTP {})", self.status)?,
        }
        match &self.request_id {
            Some(id) if self.status >= 500 => write!(f, " [request {id}]"),
            _ => Ok(()),
        }
    }
}

/// The `<Message>` of an S3 error, or the first line of whatever came.
fn sentence_of_text(text: &str) -> String {
    let message = text
        .split_once("<Message>")
        .and_then(|(_, rest)| rest.split_once("</Message>"))
        .map(|(message, _)| message);
    let line = message.unwrap_or_else(|| text.lines().find(|line| !line.trim().is_empty()).unwrap_or(""));
    printable(line.trim())
}

/// What a service says, made fit for a terminal: no control characters, at most 300 of the others.
pub fn printable(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut shown: String = text.chars().take(MAX_CHARS).map(clean).collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// The line for a refused token: what is wrong with it, as far as that can be seen here, and how to get another.
pub fn token_refused(token: Option<&str>, now_s: i64) -> String {
    let what = match token {
        None => "no token is set".to_owned(),
        Some(token) => {
            match expiry_s(token).and_then(|end| jiff::Timestamp::from_second(end).ok().map(|at| (end, at))) {
                Some((end, at)) if end <= now_s => format!("the token expired at {at}"),
                _ => "the service did not accept the token".to_owned(),
            }
        }
    };
    format!(
        "{what}: for the local stack, `make user EMAIL=you@example.test` prints a new one (set DOCMILL_TOKEN); \
         elsewhere sign in again and use the new ID token"
    )
}

/// `exp` of a JWT, unverified: only to say what may be wrong.
fn expiry_s(token: &str) -> Option<i64> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok()?.get("exp")?.as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_details_become_one_line() {
        let body = br#"{"type":"about:blank","title":"Unprocessable Content","status":422,"code":"INVALID_REQUEST",
            "detail":"2 fields of the request are not valid; see `errors`.","request_id":"r-1",
            "errors":[{"field":"label","code":"A","detail":"Too long."},{"field":"kind","code":"B","detail":"Unknown."}]}"#;
        let refusal = Refusal::read(422, body, None);
        assert!(refusal.is("INVALID_REQUEST"));
        assert_eq!(
            refusal.to_string(),
            "2 fields of the request are not valid; see `errors`. label: Too long. kind: Unknown. (INVALID_REQUEST)"
        );
    }

    #[test]
    fn the_gateways_own_words_and_anything_else_become_one_line() {
        let cases: [(&[u8], &str); 6] = [
            (br#"{"message":"Not Found"}"#, "Not Found (HTTP 404)"),
            (br#"{"message":null}"#, "The service answered 404. (HTTP 404)"),
            (b"", "The service answered 404. (HTTP 404)"),
            (b"<html>\nbad", "<html> (HTTP 404)"),
            (
                b"<?xml?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
                "Request has expired (HTTP 404)",
            ),
            (
                br#"{"errors":5,"detail":7}"#,
                "The service answered 404. (HTTP 404)",
            ),
        ];
        for (body, line) in cases {
            assert_eq!(Refusal::read(404, body, None).to_string(), line);
        }
    }

    #[test]
    fn nothing_that_a_service_says_moves_the_cursor() {
        let refusal = Refusal::read(
            500,
            b"{\"detail\":\"a\\u001b[2Jb\\nc\",\"request_id\":\"x\"}",
            None,
        );
        assert_eq!(refusal.to_string(), "a [2Jb c (HTTP 500) [request x]");
        assert_eq!(printable(&"é".repeat(5_000)).chars().count(), 301);
    }

    #[test]
    fn an_expired_token_is_named_as_such() {
        let token = format!("x.{}.y", URL_SAFE_NO_PAD.encode(r#"{"exp":1000}"#));
        assert!(token_refused(Some(&token), 2_000).contains("expired at 1970-01-01T00:16:40Z"));
        assert!(token_refused(Some(&token), 500).contains("did not accept"));
        assert!(token_refused(None, 500).contains("no token is set"));
        for odd in ["", "a.b", "a.!.c", "..", "x.e30.y"] {
            assert!(token_refused(Some(odd), 0).contains("make user"));
        }
    }
}
