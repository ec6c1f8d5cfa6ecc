//! The command `docmill`, as it was built beside the tests.

use docmill_cli::display::to_stderr;
use tokio::process::Command;

use crate::{Stack, wait};

/// What a command printed, and how it ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Stack {
    /// Runs the command with this token. `None`, with a line that says so, where it was not built: `cargo test` builds
    /// it for the whole workspace, and not for this package alone.
    pub async fn docmill(&self, token: &str, arguments: &[&str]) -> Option<Ran> {
        let tests = std::env::current_exe().unwrap();
        let path = tests.parent().unwrap().parent().unwrap().join("docmill");
        if !path.is_file() {
            assert!(!crate::stack::is_required(), "{} is missing", path.display());
            to_stderr("skipped: no docmill command (cargo build --package docmill-cli)");
            return None;
        }
        let mut command = Command::new(path);
        command
            .args(arguments)
            .env("DOCMILL_URL", self.value("DOCMILL_URL"))
            .env("DOCMILL_TOKEN", token)
            .env_remove("DOCMILL_WS_URL")
            .kill_on_drop(true);
        let output = wait::within("the command", command.output()).await.unwrap();
        Some(Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        })
    }
}
