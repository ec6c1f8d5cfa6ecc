//! How a command ends.

use std::process::ExitCode;

use crate::client::ClientError;
use crate::config::ConfigError;

/// Exit codes, the same for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; a watched job is complete.
    Done = 0,
    /// The job ended without a result: failed, cancelled or expired.
    JobFailed = 1,
    /// Wrong usage or settings, or a local file could not be read or written.
    Usage = 2,
    /// The service could not be reached, failed (5xx), or did not accept the token.
    NoService = 3,
    /// The service refused the request (4xx); its sentence was printed.
    Refused = 4,
    /// The job completed, but parts of it failed.
    Partial = 5,
    /// Interrupted from the keyboard; a job of the service goes on.
    Interrupted = 130,
}

impl Exit {
    /// The help text that documents the codes.
    pub const HELP: &str = "\
Exit codes:
  0    done; a watched job is complete
  1    the job ended without a result: failed, cancelled or expired
  2    wrong usage or settings, or a local file could not be read or written
  3    the service could not be reached, failed (5xx), or did not accept the token
  4    the service refused the request (4xx)
  5    the job completed, but parts of it failed
  130  interrupted; a job of the service goes on

Settings come from flags, then from the environment (DOCMILL_URL, DOCMILL_WS_URL, DOCMILL_TOKEN), then from
.local/stack.env in this directory or the nearest one above it.";

    /// The code for a job that was followed to its end.
    pub fn of_job(status: &str, outcome: Option<&str>) -> Self {
        match (status, outcome) {
            ("completed", Some("partial")) => Self::Partial,
            ("failed" | "cancelled" | "expired", _) => Self::JobFailed,
            _ => Self::Done,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do its work: one line for people, one code for programs.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The code to exit with.
    pub exit: Exit,
    /// The line to print.
    pub message: String,
}

impl Failure {
    /// Something the caller of the command has to put right.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::Unreachable { .. }
            | ClientError::Unauthorized(_)
            | ClientError::Fault(_)
            | ClientError::Unreadable(_) => Exit::NoService,
            ClientError::Refused(_) => Exit::Refused,
            ClientError::File { .. } | ClientError::Usage(_) => Exit::Usage,
        };
        Self {
            exit,
            message: error.to_string(),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Refusal;

    #[test]
    fn jobs_end_with_their_code() {
        assert_eq!(Exit::of_job("completed", Some("complete")), Exit::Done);
        assert_eq!(Exit::of_job("completed", Some("partial")), Exit::Partial);
        for status in ["failed", "cancelled", "expired"] {
            assert_eq!(Exit::of_job(status, None), Exit::JobFailed);
        }
    }

    #[test]
    fn errors_end_with_their_code() {
        let refusal = Refusal::new(404, "There is no such job.");
        let cases = [
            (ClientError::Refused(refusal.clone()), Exit::Refused),
            (ClientError::Fault(refusal), Exit::NoService),
            (ClientError::Unauthorized("no".into()), Exit::NoService),
            (ClientError::Unreadable("no".into()), Exit::NoService),
            (ClientError::Usage("no".into()), Exit::Usage),
        ];
        for (error, exit) in cases {
            assert_eq!(Failure::from(error).exit, exit);
        }
    }

    #[test]
    fn the_help_names_every_code() {
        for code in [0_u8, 1, 2, 3, 4, 5, 130] {
            assert!(Exit::HELP.contains(&format!("\n  {code} ")), "{code}");
        }
    }
}
