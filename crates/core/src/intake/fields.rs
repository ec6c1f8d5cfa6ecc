//! Checks of the fields of a request that do not belong to a pipeline.

use super::Submission;
use crate::callback::{PrivateHosts, Target};
use crate::problem::{FieldError, Problem};

/// Most files in one request.
pub const MAX_FILES: usize = 100;

const MAX_LABEL_CHARS: usize = 200;
const MAX_BATCH_ID_CHARS: usize = 64;
const MAX_KEY_CHARS: usize = 200;
const MAX_NAME_CHARS: usize = 200;

/// Names that Windows keeps for devices, whatever extension they have.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// A file name fit to be stored, shown and saved under: the last path component, without control characters and without
/// marks that nobody sees, without dots and blanks at its ends, at most 200 characters long; `document` where nothing is
/// left, and never the name of a device.
pub fn clean_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_unseen_mark(*c))
        .collect();
    // A leading dot hides a file, trailing dots and blanks are dropped by Windows.
    let trim = |name: &str| {
        name.trim_matches(|c: char| c == '.' || c.is_whitespace())
            .to_owned()
    };
    let mut clean = trim(&clean);
    let count = clean.chars().count();
    if count > MAX_NAME_CHARS {
        // The end is kept: it has the extension.
        clean = trim(&clean.chars().skip(count - MAX_NAME_CHARS).collect::<String>());
    }
    if clean.is_empty() {
        "document".to_owned()
    } else if is_device(&clean) {
        format!("_{clean}")
    } else {
        clean
    }
}

/// Marks that turn the direction of text can make `exe.fdp` read `pdf.exe`; others stand for nothing that can be seen,
/// or for the end of a line. The joiners stay: Persian and emoji need them.
fn is_unseen_mark(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let numbered = port.is_some_and(|rest| {
        let mut rest = rest.chars();
        let is_number = |c: char| c.is_ascii_digit() || "¹²³".contains(c);
        rest.next().is_some_and(is_number) && rest.next().is_none()
    });
    numbered || DEVICES.contains(&stem.as_str())
}

/// Checks label, batch id, callback URL and idempotency key.
pub(super) fn check(submission: &Submission, private_hosts: &PrivateHosts) -> Result<(), Problem> {
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
    let target = submission.callback_url.as_ref();
    if let Some(Err(refused)) = target.map(|url| Target::parse(url, private_hosts)) {
        errors.push(FieldError::new(
            "callback_url",
            refused.code(),
            refused.to_string(),
        ));
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
        assert_eq!(
            clean_file_name("\u{feff}a\u{61c}\u{2028}\u{2066}b\u{e0041}.txt"),
            "ab.txt"
        );
        assert_eq!(clean_file_name("roman.txt. . "), "roman.txt");
        assert_eq!(clean_file_name("..\u{202e}.. ."), "document");
        let long = format!("{}.txt", "é".repeat(500));
        assert_eq!(clean_file_name(&long).chars().count(), 200);
        assert!(clean_file_name(&long).ends_with(".txt"));
        // What is cut off may have been in front of a dot.
        let dots = format!("a{}txt", ".".repeat(250));
        assert_eq!(clean_file_name(&dots), "txt");
    }

    #[test]
    fn names_of_devices_are_files_only_with_something_in_front() {
        for name in [
            "CON",
            "nul.txt",
            "Aux .pdf",
            "com1.csv",
            "LPT³",
            "conin$",
            "prn.tar.gz",
        ] {
            assert_eq!(clean_file_name(name), format!("_{name}"));
        }
        for name in ["Conte.txt", "com10.txt", "com.txt", "nulle.pdf", "a.con"] {
            assert_eq!(clean_file_name(name), name);
        }
    }

    #[test]
    fn odd_fields_are_named() {
        let submission = Submission {
            label: Some("a\nb".into()),
            batch_id: Some("../x".into()),
            callback_url: Some("https://10.0.0.1".into()),
            idempotency_key: Some("käse".into()),
            ..Submission::default()
        };
        let fields: Vec<String> = check(&submission, &PrivateHosts::default())
            .unwrap_err()
            .errors
            .into_iter()
            .map(|error| error.field)
            .collect();
        assert_eq!(fields, ["label", "batch_id", "callback_url", "Idempotency-Key"]);
        assert!(check(&Submission::default(), &PrivateHosts::default()).is_ok());
    }
}
