//! What people and programs see: progress on standard error, results on standard output.

pub mod summary;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::client::{Event, printable};
use crate::exit::{Exit, Failure};

/// How the progress of a job is shown.
enum Mode {
    /// A bar that moves.
    Bar(ProgressBar),
    /// A line an event.
    Lines,
    /// An event a line, as JSON, on standard output.
    Json,
}

/// Shows a command's progress.
pub struct Screen {
    mode: Mode,
    uploaded_percent: Option<u64>,
}

impl Screen {
    /// A bar where standard error is a terminal, else lines; with `json`, events for programs.
    pub fn new(json: bool) -> Self {
        let mode = if json {
            Mode::Json
        } else if std::io::stderr().is_terminal() {
            Mode::Bar(new_bar())
        } else {
            Mode::Lines
        };
        Self {
            mode,
            uploaded_percent: None,
        }
    }

    /// Whether the output is for programs.
    pub fn is_json(&self) -> bool {
        matches!(self.mode, Mode::Json)
    }

    /// A remark for people.
    pub fn say(&self, line: &str) {
        match &self.mode {
            Mode::Bar(bar) => bar.suspend(|| to_stderr(line)),
            Mode::Lines => to_stderr(line),
            Mode::Json => {}
        }
    }

    /// The next state of the job.
    pub fn event(&mut self, event: &Event) {
        match &self.mode {
            Mode::Bar(bar) => {
                bar.set_position(u64::from(event.progress_percent));
                bar.set_message(printable(&event.stage));
                if event.kind == "warning"
                    && let Some(message) = &event.message
                {
                    bar.suspend(|| to_stderr(&format!("warning: {}", printable(message))));
                }
            }
            Mode::Lines => to_stderr(&event_line(event)),
            Mode::Json => {
                if let Ok(line) = serde_json::to_string(event) {
                    // A reader that went away ends the command at the next thing that matters.
                    let _ = writeln!(std::io::stdout(), "{line}");
                }
            }
        }
    }

    /// How much of the files is there.
    pub fn upload(&mut self, bytes: u64, total: u64) {
        let percent = bytes
            .saturating_mul(100)
            .checked_div(total)
            .unwrap_or(100)
            .min(100);
        match &self.mode {
            Mode::Bar(bar) => {
                bar.set_position(percent);
                bar.set_message(format!(
                    "Uploading ({} of {})",
                    megabytes(bytes),
                    megabytes(total)
                ));
            }
            // A line every tenth is enough.
            Mode::Lines
                if self
                    .uploaded_percent
                    .is_none_or(|shown| percent / 10 > shown / 10) =>
            {
                self.uploaded_percent = Some(percent);
                to_stderr(&format!("uploaded {percent:3} % of {}", megabytes(total)));
            }
            Mode::Lines | Mode::Json => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Mode::Bar(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.finish();
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {pos:>3} %  {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Time, percent, stage, and what there is to say.
fn event_line(event: &Event) -> String {
    let stage = printable(&event.stage);
    let mut line = format!(
        "{}  {:3} %  {stage}",
        clock_time(&event.at),
        event.progress_percent
    );
    if let Some(message) = &event.message {
        line.push_str(": ");
        line.push_str(&printable(message));
    }
    line
}

/// `22:12:10` of an RFC 3339 time; anything else as it is.
fn clock_time(at: &str) -> String {
    match at.split_once('T') {
        Some((_, time)) if time.len() >= 8 => time
            .chars()
            .take(8)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect(),
        _ => printable(at),
    }
}

/// `2026-11-21 22:12:10` of an RFC 3339 time.
pub fn date_time(at: &str) -> String {
    printable(&at.chars().take(19).collect::<String>().replace('T', " "))
}

/// Megabytes with one decimal.
pub fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_add(50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// A line on standard error, which nobody may be reading.
pub fn to_stderr(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Text on standard output. That the reader went away (`docmill jobs | head`) is no failure of ours.
pub fn to_stdout(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(|error| {
            let exit = if error.kind() == std::io::ErrorKind::BrokenPipe {
                Exit::Done
            } else {
                Exit::Usage
            };
            Failure {
                exit,
                message: format!("standard output: {error}"),
            }
        })
}

/// A line on standard output.
pub fn line(text: &str) -> Result<(), Failure> {
    to_stdout(format!("{text}\n").as_bytes())
}

/// A JSON document on one line.
pub fn json(value: &Value) -> Result<(), Failure> {
    line(&value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let event = Event {
            at: "2026-11-21T22:12:10.007Z".into(),
            progress_percent: 15,
            stage: "Processing chunks (0/7)".into(),
            ..Event::default()
        };
        assert_eq!(event_line(&event), "22:12:10   15 %  Processing chunks (0/7)");
        let odd = Event {
            at: "é".into(),
            stage: "a\nb".into(),
            message: Some("c".into()),
            ..Event::default()
        };
        assert_eq!(event_line(&odd), "é    0 %  a b: c");
    }

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!(megabytes(0), "0.0 MB");
        assert_eq!(megabytes(9_449_999), "9.4 MB");
        assert_eq!(megabytes(u64::MAX).split('.').count(), 2);
        assert_eq!(date_time("2026-11-21T22:12:10.007Z"), "2026-11-21 22:12:10");
        assert_eq!(date_time("x\u{1b}"), "x ");
    }
}
