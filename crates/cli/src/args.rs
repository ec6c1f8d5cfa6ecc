//! The words of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use docmill_core::edition::Basis;
use serde_json::{Map, Value};

use crate::client::Via;
use crate::config::Overrides;
use crate::exit::Exit;

/// Turns documents into structured results: hands them to a Docmill service and follows them, or works on them here.
#[derive(Debug, Parser)]
#[command(name = "docmill", version, after_help = Exit::HELP, max_term_width = 110)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Service and output")]
pub struct Global {
    /// Base URL of the service.
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// URL of the WebSocket, if not the one the service names.
    #[arg(long, global = true, value_name = "URL")]
    pub ws_url: Option<String>,
    /// ID token. Other users of this machine can see flags: DOCMILL_TOKEN is better.
    #[arg(long, global = true)]
    pub token: Option<String>,
    /// Output for programs: one JSON document a line.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// The flags that override settings.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            url: self.url.clone(),
            ws_url: self.ws_url.clone(),
            token: self.token.clone(),
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a job of one or more files.
    Submit(Submit),
    /// Follow a job to its end.
    Watch(Watch),
    /// List jobs, newest first.
    Jobs(Jobs),
    /// Show a job.
    Show(One),
    /// Cancel a job.
    Cancel(One),
    /// Do again what failed in a job.
    Retry(Retry),
    /// Delete a job that is over, with its files and results.
    Delete(Delete),
    /// Download a job's result.
    Result(Download),
    /// Edit a job's result: makes its next edition.
    Edit(Edit),
    /// Work on a file here, in this process, without any service.
    Run(Run),
    /// Check the settings, the service and the token, with a small job.
    Doctor,
    /// Print a script that completes this command line in a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// The job.
    #[arg(value_name = "JOB_ID")]
    pub id: String,
    /// Yes, delete it: nothing of it can be brought back.
    #[arg(long, required = true)]
    pub yes: bool,
}

/// `submit`.
#[derive(Debug, Args)]
pub struct Submit {
    /// Files of the job.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to do with them; `docmill` knows those that the service lists at /v1/pipelines.
    #[arg(long, default_value = "novel")]
    pub pipeline: String,
    /// Variety of the pipeline.
    #[arg(long)]
    pub kind: Option<String>,
    /// A setting of the pipeline; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub settings: Vec<(String, Value)>,
    /// Your own name for the job.
    #[arg(long)]
    pub label: Option<String>,
    /// How urgent it is.
    #[arg(long)]
    pub priority: Option<Priority>,
    /// Groups jobs.
    #[arg(long)]
    pub batch_id: Option<String>,
    /// The company the job is for: its members see it too.
    #[arg(long, value_name = "COMPANY_ID")]
    pub company: Option<String>,
    /// Where the end of the job is posted to.
    #[arg(long, value_name = "URL")]
    pub callback_url: Option<String>,
    /// The same key and content give the same job for a day. Without one, a fresh key is made.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// Go on with the interrupted upload of this job.
    #[arg(long, value_name = "JOB_ID", conflicts_with_all = ["settings", "label", "priority", "batch_id", "company", "callback_url", "idempotency_key", "kind"])]
    pub resume: Option<String>,
    /// Follow the job to its end.
    #[arg(long)]
    pub watch: bool,
    /// How to follow it; WebSocket, with the others as fall-backs, unless this is given.
    #[arg(long, requires = "watch")]
    pub via: Option<Via>,
}

/// `watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// The job.
    #[arg(value_name = "JOB_ID")]
    pub id: String,
    /// How to follow it; WebSocket, with the others as fall-backs, unless this is given.
    #[arg(long)]
    pub via: Option<Via>,
}

/// `jobs`.
#[derive(Debug, Args)]
pub struct Jobs {
    /// Only jobs in this status.
    #[arg(long)]
    pub status: Option<String>,
    /// Only jobs of this pipeline.
    #[arg(long)]
    pub pipeline: Option<String>,
    /// Only jobs of this batch.
    #[arg(long)]
    pub batch_id: Option<String>,
    /// Jobs of this company, whoever in it made them, in place of your own.
    #[arg(long, value_name = "COMPANY_ID")]
    pub company: Option<String>,
    /// At most this many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

/// A command on one job.
#[derive(Debug, Args)]
pub struct One {
    /// The job.
    #[arg(value_name = "JOB_ID")]
    pub id: String,
}

/// `retry`.
#[derive(Debug, Args)]
pub struct Retry {
    /// The job.
    #[arg(value_name = "JOB_ID")]
    pub id: String,
    /// Follow the job to its end.
    #[arg(long)]
    pub watch: bool,
    /// How to follow it; WebSocket, with the others as fall-backs, unless this is given.
    #[arg(long, requires = "watch")]
    pub via: Option<Via>,
}

/// Where a result goes and in what form.
#[derive(Clone, Debug, Default, Args)]
pub struct Form {
    /// Format; the pipeline's first one unless given.
    #[arg(long)]
    pub format: Option<String>,
    /// File to write; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// All columns, where the format has fewer.
    #[arg(long)]
    pub full: bool,
    /// Number rows from here and leave the header out, to append to an earlier download.
    #[arg(long, value_name = "N")]
    pub start_index: Option<u64>,
    /// Part of a result in several.
    #[arg(long, value_name = "N")]
    pub part: Option<u32>,
    /// A form of the format, where it has several.
    #[arg(long)]
    pub variant: Option<String>,
}

impl Form {
    /// Whether the result is wanted as it is stored, and not made anew by options.
    pub fn is_stored(&self) -> bool {
        !self.full && self.start_index.is_none() && self.variant.is_none()
    }
}

/// `result`.
#[derive(Debug, Args)]
pub struct Download {
    /// The job.
    #[arg(value_name = "JOB_ID")]
    pub id: String,
    /// What somebody made of the result, by its number; 0 is what the worker made. The newest unless given.
    #[arg(long, value_name = "N")]
    pub edition: Option<u32>,
    /// Where it goes and in what form.
    #[command(flatten)]
    pub form: Form,
}

/// `edit`.
#[derive(Debug, Args)]
pub struct Edit {
    /// The job.
    #[arg(value_name = "JOB_ID")]
    pub id: String,
    /// JSON file with the edit, as the pipeline of the job takes it; `-` for standard input.
    pub file: PathBuf,
    /// Only if this is still the newest edition: `3`, or `2.3` for the third of the second attempt's result.
    #[arg(long, value_name = "N", value_parser = basis)]
    pub if_edition: Option<Basis>,
}

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// What to do with the files.
    pub pipeline: String,
    /// Files of the job.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Variety of the pipeline.
    #[arg(long)]
    pub kind: Option<String>,
    /// A setting of the pipeline; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub settings: Vec<(String, Value)>,
    /// Where the result goes and in what form; without either, its first lines are shown.
    #[command(flatten)]
    pub form: Form,
}

/// Which queue carries a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Priority {
    /// Someone is waiting in front of the screen.
    High,
    /// The default.
    Normal,
    /// Bulk work that may wait.
    Low,
}

impl Priority {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// An edition as `If-Match` names it.
fn basis(text: &str) -> Result<Basis, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no edition: it is a number, or `attempt.number`"))
}

/// `name=value`: numbers, `true`, `false` and other JSON as what they are, everything else as text.
fn setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or_else(|| format!("`{text}` is not NAME=VALUE"))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.trim().to_owned(), value))
}

/// Settings as an object; of one given twice the last counts.
pub fn settings_of(pairs: &[(String, Value)]) -> Map<String, Value> {
    pairs.iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use serde_json::json;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("docmill").chain(line.split(' ')))
    }

    #[test]
    fn the_words_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_submission_is_read() {
        let line = "submit a.txt b.txt --set sentence_length_limit=9 --set engine=rules --set on=true \
                    --priority high --watch --via sse --url http://x";
        let cli = parse(&line.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap();
        assert_eq!(cli.global.overrides().url.as_deref(), Some("http://x"));
        let Command::Submit(submit) = cli.command else {
            panic!()
        };
        assert_eq!(submit.files.len(), 2);
        assert_eq!(submit.pipeline, "novel");
        assert_eq!(submit.via, Some(Via::Sse));
        assert_eq!(submit.priority.map(Priority::as_str), Some("high"));
        let settings = Value::Object(settings_of(&submit.settings));
        assert_eq!(
            settings,
            json!({"sentence_length_limit": 9, "engine": "rules", "on": true})
        );
    }

    #[test]
    fn a_run_is_read() {
        let Command::Run(run) = parse("run novel t.txt --format csv --full --output -")
            .unwrap()
            .command
        else {
            panic!()
        };
        assert_eq!((run.pipeline.as_str(), run.form.full), ("novel", true));
        assert_eq!(run.form.output, Some("-".into()));
    }

    #[test]
    fn wrong_usage_ends_with_two() {
        for line in [
            "submit",
            "submit a.txt --via ws",
            "submit a.txt --set novalue",
            "submit a.txt --set =1",
            "submit a.txt --resume x --label y",
            "submit a.txt --priority urgent",
            "jobs --limit 0",
            "result",
            "watch x --via pigeon",
            "edit x",
            "edit x e.json --if-edition newest",
            "result x --edition -1",
            "unknown",
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), Exit::Usage as i32, "{line}");
        }
    }

    #[test]
    fn the_help_has_the_exit_codes() {
        assert!(
            Cli::command()
                .render_long_help()
                .to_string()
                .contains("completed, but parts of it failed")
        );
    }
}
