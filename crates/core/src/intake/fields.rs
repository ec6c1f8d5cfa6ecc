//! Checks of the fields of a request that do not belong to a pipeline.

use super::Submission;
use crate::problem::{FieldError, Problem};

/// Most files in one request.
pub const MAX_FILES: usize = 100;

const MAX_LABEL_CHARS: usize = 200;
const MAX_BATCH_ID_CHARS: usize = 64;
const MAX_KEY_CHARS: usize = 200;
const MAX_NAME_CHARS: usize = 200;

/// A file name fit to be stored and shown: the last path component, without control characters, at most 200
/// characters long; `document` where nothing is left.
pub fn clean_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_direction_mark(*c))
        .collect();
    let clean = clean.trim().trim_start_matches('.').trim();
    if clean.is_empty() {
        return "document".to_owned();
    }
    let count = clean.chars().count();
    if count <= MAX_NAME_CHARS {
        return clean.to_owned();
    }
    // The end is kept: it has the extension.
    clean.chars().skip(count - MAX_NAME_CHARS).collect()
}

/// Marks that turn the direction of text can make `exe.fdp` read `pdf.exe`.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Checks label, batch id and idempotency key.
pub(super) fn check(submission: &Submission) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if submission
        .label
        .as_ref()
        .is_some_and(|label| label.chars().count() > MAX_LABEL_CHARS || label.chars().any(char::is_control))
    {
        errors.push(FieldError::new(
            "label",
            "INVALID_LABEL",
            "A label has at most 200 printable characters.",
        ));
    }
    if submission.batch_id.as_ref().is_some_and(|id| {
        id.is_empty()
            || id.len() > MAX_BATCH_ID_CHARS
            || !id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    }) {
        let detail = "A batch id has 1 to 64 letters, digits, hyphens and underscores.";
        errors.push(FieldError::new("batch_id", "INVALID_BATCH_ID", detail));
    }
    if submission.idempotency_key.as_ref().is_some_and(|key| {
        key.is_empty() || key.len() > MAX_KEY_CHARS || !key.chars().all(|c| c.is_ascii_graphic())
    }) {
        let detail = "An idempotency key has 1 to 200 visible ASCII characters.";
        errors.push(FieldError::new(
            "Idempotency-Key",
            "INVALID_IDEMPOTENCY_KEY",
            detail,
        ));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(errors))
    }
}

/// Checks the number of files against the request's limit and the pipeline's.
pub(super) fn check_count(count: usize, pipeline_max: usize) -> Result<(), Problem> {
    let max = pipeline_max.min(MAX_FILES);
    let error =
        |code: &str, detail: String| Err(Problem::invalid(vec![FieldError::new("files", code, detail)]));
    match count {
        0 => error(
            "NO_FILE",
            "The request has no file. Please send one in the field `file`.".to_owned(),
        ),
        _ if count > max && max == 1 => {
            error("TOO_MANY_FILES", "This pipeline takes one file a job.".to_owned())
        }
        _ if count > max => error(
            "TOO_MANY_FILES",
            format!("This pipeline takes at most {max} files a job."),
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_paths_and_control_characters() {
        assert_eq!(clean_file_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_file_name("C:\\Users\\moi\\roman.txt"), "roman.txt");
        assert_eq!(clean_file_name("a\0b\r\nc.txt"), "abc.txt");
        assert_eq!(clean_file_name("  .htaccess "), "htaccess");
        assert_eq!(clean_file_name("été \u{202e}txt.exe"), "été txt.exe");
        assert_eq!(clean_file_name("///"), "document");
        let long = format!("{}.txt", "é".repeat(500));
        assert_eq!(clean_file_name(&long).chars().count(), 200);
        assert!(clean_file_name(&long).ends_with(".txt"));
    }

    #[test]
    fn odd_fields_are_named() {
        let submission = Submission {
            label: Some("a\nb".into()),
            batch_id: Some("../x".into()),
            idempotency_key: Some("käse".into()),
            ..Submission::default()
        };
        let fields: Vec<String> = check(&submission)
            .unwrap_err()
            .errors
            .into_iter()
            .map(|error| error.field)
            .collect();
        assert_eq!(fields, ["label", "batch_id", "Idempotency-Key"]);
        assert!(check(&Submission::default()).is_ok());
    }
}
