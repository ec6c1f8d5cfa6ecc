//! A pipeline whose chunks do as they are told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::codes;
use docmill_core::edition::Editor;
use docmill_core::model::{AnswerForm, ModelRequest, Tier};
use docmill_core::pipeline::{
    Accepted, AskError, Estimate, ExportOptions, FileHead, FileSize, Format, MergeRequest, Merged, Outcome,
    Pipeline, PlanRequest, Planned, PlannedChunk, ResultFile, Spec, StageSpec, StageTable, Work,
};
use docmill_core::ports::Clock;
use docmill_core::problem::{FieldError, Problem};
use docmill_memory::VirtualClock;
use futures::StreamExt;
use serde_json::{Value, json};

/// What chunk `n` does, by try (the last entry for all further ones).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Do {
    Work,
    Fail,
    Transient,
    /// A transient failure of a provider that wants to be asked again after this long.
    Busy(Duration),
    Panic,
    Take(Duration),
    /// Asks a model so many things, one after the other, and says what came of it.
    Ask(u32),
    /// Asks it the same thing so many times.
    Repeat(usize),
}

/// What each line (or `plan`, `merge`) does, try by try.
pub type Script = Arc<Mutex<BTreeMap<String, Vec<Do>>>>;

/// Splits its file into lines, one a chunk; the output of a chunk is its line in capitals.
pub struct Lines {
    spec: Spec,
    script: Script,
    clock: Arc<VirtualClock>,
}

const STAGES: &[StageSpec] = &[
    StageSpec {
        percent: 0,
        text: "Queued",
    },
    StageSpec {
        percent: 5,
        text: "Reading",
    },
    StageSpec {
        percent: 10,
        text: "Splitting into {total} lines",
    },
    StageSpec {
        percent: 15,
        text: "Processing lines ({done}/{total})",
    },
    StageSpec {
        percent: 75,
        text: "Merging",
    },
    StageSpec {
        percent: 90,
        text: "Saving",
    },
    StageSpec {
        percent: 100,
        text: "Completed",
    },
];

/// Credits of a job, of whatever length.
pub const PRICE: u32 = 7;

#[async_trait]
impl Pipeline for Lines {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn settings(&self, _kind: Option<&str>, raw: &Value) -> Result<Value, Vec<FieldError>> {
        match raw {
            Value::Null => Ok(json!({})),
            Value::Object(_) => Ok(raw.clone()),
            _ => Err(vec![FieldError::new(
                "settings",
                "INVALID_SETTINGS",
                "Settings are an object.",
            )]),
        }
    }

    fn check_file(&self, head: &FileHead<'_>) -> Result<(), Problem> {
        if head.size > 1_000_000 {
            return Err(Problem::new(
                413,
                "FILE_TOO_LARGE",
                "The file is larger than 1 MB.",
            ));
        }
        Ok(())
    }

    fn estimate(&self, _kind: Option<&str>, _settings: &Value, files: &[FileSize<'_>]) -> Estimate {
        Estimate {
            chunks: u32::try_from(files.len()).unwrap_or(u32::MAX),
            credits: PRICE,
            seconds: 1,
            ..Estimate::default()
        }
    }

    async fn plan(&self, request: PlanRequest<'_>, _work: &dyn Work) -> Outcome<Planned> {
        let bytes = match request.sources.read(0, 1_000_000).await {
            Outcome::Done(bytes) => bytes,
            Outcome::Fail(notice) => return Outcome::Fail(notice),
            other => {
                return Outcome::Retry {
                    code: format!("{other:?}"),
                    after: None,
                };
            }
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match self.next("plan") {
            Do::Fail => return Outcome::fail("UNREADABLE", "The file cannot be read."),
            Do::Transient => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: None,
                };
            }
            Do::Busy(time) => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: Some(time),
                };
            }
            Do::Panic => panic!("planned to panic"),
            Do::Take(time) => self.clock.sleep(time).await,
            Do::Work | Do::Ask(_) | Do::Repeat(_) => {}
        }
        let chunks = text.lines().enumerate().map(|(n, line)| PlannedChunk {
            label: format!("line {}", n + 1),
            input: Bytes::from(line.to_owned()),
        });
        Outcome::Done(Planned {
            chunks: chunks.collect(),
            ..Planned::default()
        })
    }

    async fn process(&self, input: Bytes, work: &dyn Work) -> Outcome<Bytes> {
        let line = String::from_utf8_lossy(&input).into_owned();
        match self.next(&line) {
            Do::Fail => return Outcome::fail("BAD_LINE", format!("The line \"{line}\" is bad.")),
            Do::Transient => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: None,
                };
            }
            Do::Busy(time) => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: Some(time),
                };
            }
            Do::Panic => panic!("told to panic"),
            Do::Take(time) => self.clock.sleep(time).await,
            Do::Ask(times) => return ask(&line, 0..times, work).await,
            Do::Repeat(times) => return ask(&line, std::iter::repeat_n(0, times), work).await,
            Do::Work => {}
        }
        if work.checkpoint().is_err() {
            return Outcome::Cancelled;
        }
        Outcome::Done(Bytes::from(line.to_uppercase()))
    }

    async fn merge(&self, mut request: MergeRequest<'_>, _work: &dyn Work) -> Outcome<Merged> {
        match self.next("merge") {
            Do::Transient => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: None,
                };
            }
            Do::Busy(time) => {
                return Outcome::Retry {
                    code: "BUSY".into(),
                    after: Some(time),
                };
            }
            Do::Take(time) => self.clock.sleep(time).await,
            _ => {}
        }
        let mut lines = Vec::new();
        while let Some(output) = request.outputs.next().await {
            match output {
                Ok((_, bytes)) => lines.push(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) => return error.into(),
            }
        }
        let failed: Vec<_> = request.failed.iter().map(|failed| failed.label.clone()).collect();
        let json = json!({"failed": failed, "lines": lines}).to_string();
        let file = |format, bytes| ResultFile {
            format,
            part: 1,
            bytes: Bytes::from(bytes),
        };
        Outcome::Done(Merged {
            files: vec![file("json", json), file("txt", lines.join("\n"))],
            ..Merged::default()
        })
    }

    /// The lines as they are, or with the variant `numbered` with their numbers.
    fn export(&self, format: &str, options: &ExportOptions, json: &[u8]) -> Result<Option<Bytes>, Problem> {
        if format != "txt" {
            return Ok(None);
        }
        let result: Value = serde_json::from_slice(json).unwrap();
        let lines = result["lines"].as_array().unwrap().iter();
        let lines = (1..).zip(lines.map(|line| line.as_str().unwrap()));
        let lines: Vec<String> = match options.variant.as_deref() {
            None => lines.map(|(_, line)| line.to_owned()).collect(),
            Some("numbered") => lines.map(|(n, line)| format!("{n} {line}")).collect(),
            Some(_) => {
                let error = FieldError::new("variant", "UNKNOWN_VARIANT", "The variant is `numbered`.");
                return Err(Problem::invalid(vec![error]));
            }
        };
        Ok(Some(lines.join("\n").into()))
    }

    /// `{"add": "…"}` puts a line behind the others.
    fn edit(&self, json: &[u8], body: &Value, by: &Editor) -> Result<Option<Bytes>, Problem> {
        let Some(line) = body["add"].as_str() else {
            let error = FieldError::new("add", "REQUIRED", "Please say what to add.");
            return Err(Problem::invalid(vec![error]));
        };
        let mut result: Value = serde_json::from_slice(json).unwrap();
        result["lines"].as_array_mut().unwrap().push(json!(line));
        result["edited"] = json!({"by": by.author, "at": by.at, "number": by.number});
        Ok(Some(result.to_string().into()))
    }
}

/// Asks about a line; the answers make the output.
async fn ask(line: &str, questions: impl Iterator<Item = u32> + Send, work: &dyn Work) -> Outcome<Bytes> {
    let mut said = Vec::new();
    for n in questions {
        let request = ModelRequest {
            tier: Tier::Speed,
            instructions: format!("question {n}"),
            data: line.to_owned(),
            pictures: Vec::new(),
            form: AnswerForm {
                name: "answer",
                schema: json!({"type": "object"}),
            },
            max_answer_tokens: 100,
        };
        match work.ask(&request).await {
            Ok(reply) => said.push(reply.value.to_string()),
            Err(AskError::Stopped) => return Outcome::Cancelled,
            Err(AskError::Resting { after }) if !work.is_last_try() => {
                return Outcome::Retry {
                    code: codes::PROVIDER_COOLDOWN.to_owned(),
                    after: Some(after),
                };
            }
            Err(error) => said.push(error.to_string()),
        }
    }
    Outcome::Done(Bytes::from(said.join(" | ")))
}

impl Lines {
    pub fn new(script: Script, clock: Arc<VirtualClock>) -> Self {
        let spec = Spec {
            name: "lines",
            title: "Lines in capitals",
            kinds: &[],
            stages: StageTable {
                stages: STAGES,
                chunks: 3,
                merging: 4,
            },
            accepts: &[Accepted {
                content_type: "text/plain",
                extension: ".txt",
                max_bytes: 1_000_000,
            }],
            max_files: 2,
            formats: &[
                Format {
                    name: "json",
                    content_type: "application/json",
                    extension: "json",
                    is_of_files: false,
                },
                Format {
                    name: "txt",
                    content_type: "text/plain",
                    extension: "txt",
                    is_of_files: false,
                },
            ],
            settings_schema: json!({}),
            deadline: None,
            limits_starts: false,
            editable: true,
        };
        Self { spec, script, clock }
    }

    fn next(&self, name: &str) -> Do {
        let mut script = self.script.lock().unwrap();
        match script.get_mut(name) {
            Some(steps) if steps.len() > 1 => steps.remove(0),
            Some(steps) => steps[0],
            None => Do::Work,
        }
    }
}
