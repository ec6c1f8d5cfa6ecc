//! What a client is told when a request is refused: RFC 9457 problem details.
//!
//! `code` is stable, `detail` is a sentence the user can act on. What only the log may know is never in here.

use serde::Serialize;

use crate::ports::PortError;

/// Wrong fields named in one answer: more are counted, not named.
const MAX_ERRORS: usize = 100;

/// Longest name of a field, in characters. Clients choose the names of fields that do not exist.
const MAX_FIELD_CHARS: usize = 200;

/// Longest sentence, in characters: some quote what was sent, and an answer must not grow with the request.
const MAX_DETAIL_CHARS: usize = 500;

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field, as a path: `settings.sentence_length_limit`, `files[2].size`.
    pub field: String,
    /// Stable code.
    pub code: String,
    /// A sentence the user can act on.
    pub detail: String,
}

impl FieldError {
    /// A wrong field.
    pub fn new(field: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: cut(field.into(), MAX_FIELD_CHARS),
            code: code.into(),
            detail: cut(detail.into(), MAX_DETAIL_CHARS),
        }
    }
}

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// A sentence the user can act on.
    pub detail: String,
    /// Wrong fields, if the request had such.
    pub errors: Vec<FieldError>,
    /// When to try again, in seconds.
    pub retry_after_s: Option<u64>,
    /// How full the limit is that was met.
    pub rate: Option<Rate>,
}

/// How full a limit is, for the headers `RateLimit-*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many are allowed in a window.
    pub limit: u32,
    /// So many are left in this one.
    pub remaining: u32,
    /// Seconds until the window ends.
    pub reset_s: u64,
}

impl Problem {
    /// A problem without field errors.
    pub fn new(status: u16, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            detail: cut(detail.into(), MAX_DETAIL_CHARS),
            errors: Vec::new(),
            retry_after_s: None,
            rate: None,
        }
    }

    /// 404: no such job, or none of the caller's.
    pub fn job_not_found() -> Self {
        Self::new(404, "JOB_NOT_FOUND", "There is no such job in your account.")
    }

    /// 404: no such company, or none that the caller is in.
    pub fn company_not_found() -> Self {
        Self::new(404, "COMPANY_NOT_FOUND", "You are in no such company.")
    }

    /// 403: the caller may see the thing, but not do this with it.
    pub fn forbidden() -> Self {
        Self::new(
            403,
            "FORBIDDEN",
            "You may see this, but what you asked for is for its owner or an admin of the company.",
        )
    }

    /// 403: the caller does not run the installation.
    pub fn operators_only() -> Self {
        Self::new(
            403,
            "OPERATORS_ONLY",
            "This is for those who run the installation.",
        )
    }

    /// 404: no such dead letter, or its record has gone.
    pub fn letter_not_found() -> Self {
        Self::new(
            404,
            "LETTER_NOT_FOUND",
            "There is no record of such a dead letter.",
        )
    }

    /// 422 with the wrong fields, the first hundred by name.
    pub fn invalid(mut errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            _ => format!(
                "{} fields of the request are not valid; see `errors`.",
                errors.len()
            ),
        };
        errors.truncate(MAX_ERRORS);
        Self {
            errors,
            ..Self::new(422, "INVALID_REQUEST", detail)
        }
    }

    /// 409: the job's status does not allow it.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(409, code, detail)
    }

    /// 500: a fault of ours.
    pub fn internal() -> Self {
        Self::new(
            500,
            "INTERNAL_ERROR",
            "Something went wrong on our side. Please try again.",
        )
    }

    /// 503: a service we need is overloaded or away.
    pub fn unavailable(retry_after_s: u64) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(
                503,
                "UNAVAILABLE",
                "The service is busy. Please try again in a moment.",
            )
        }
    }

    /// The reason phrase for the status.
    pub fn title(&self) -> &'static str {
        match self.status {
            400 => "Bad Request",
            401 => "Unauthorized",
            402 => "Payment Required",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            415 => "Unsupported Media Type",
            422 => "Unprocessable Content",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        }
    }
}

impl From<PortError> for Problem {
    /// The caller learns whether trying again helps; the log has the rest.
    fn from(error: PortError) -> Self {
        tracing::error!(%error, "port failed");
        match error {
            PortError::Throttled { retry_after, .. } => {
                Self::unavailable(retry_after.map_or(2, |after| after.as_secs().max(1)))
            }
            PortError::Unavailable(_) => Self::unavailable(2),
            PortError::Broken(_) => Self::internal(),
        }
    }
}

/// At most `most` characters of a text.
fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_does_not_grow_with_the_request() {
        let long = "é".repeat(1_000_000);
        let error = FieldError::new(long.clone(), "UNKNOWN_FIELD", long.clone());
        let problem = Problem::invalid(vec![error; 5_000]);
        assert_eq!(problem.errors.len(), MAX_ERRORS);
        assert!(problem.detail.starts_with("5000 fields"), "{}", problem.detail);
        assert_eq!(problem.errors[0].field.chars().count(), MAX_FIELD_CHARS + 1);
        assert_eq!(problem.errors[0].detail.chars().count(), MAX_DETAIL_CHARS + 1);
        assert!(Problem::new(422, "X", long).detail.len() < 2_000);
        assert_eq!(Problem::new(422, "X", "Please.").detail, "Please.");
    }
}
