//! The pipeline of the simulation: one chunk a line, whose output is the line in capitals. What a line, the plan and the
//! merge do on the way is in the script of the job.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::codes;
use docmill_core::edition::Editor;
use docmill_core::ids::JobId;
use docmill_core::model::{AnswerForm, ModelRequest, Tier};
use docmill_core::pipeline::{
    Accepted, AskError, Estimate, ExportOptions, FileHead, FileSize, Format, MergeRequest, Merged, Outcome,
    Pipeline, PlanRequest, Planned, PlannedChunk, ResultFile, Spec, StageSpec, StageTable, Work,
};
use docmill_core::ports::Clock;
use docmill_core::problem::{FieldError, Problem};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::edits;
use crate::ports::MOST_TOKENS;
use crate::scenario::{Act, Do, Script, What};
use crate::sim::Sim;

/// The only format.
const FORMATS: &[Format] = &[Format {
    name: "json",
    content_type: "application/json",
    extension: "json",
    is_of_files: false,
}];

const STAGES: &[StageSpec] = &[
    StageSpec::new(0, "Queued"),
    StageSpec::new(5, "Reading"),
    StageSpec::new(10, "Splitting into {total} lines"),
    StageSpec::new(15, "Processing lines ({done}/{total})"),
    StageSpec::new(75, "Merging"),
    StageSpec::new(90, "Saving"),
    StageSpec::new(100, "Completed"),
];

/// Has a deadline of its own, and counts its starts.
pub(crate) const QUICK: &str = "quick";

/// See the module.
pub(crate) struct Lines {
    spec: Spec,
    sim: Arc<Sim>,
}

/// Text of the document that `act` submits.
pub(crate) fn document(act: &Act, other: bool) -> String {
    let What::Submit { script, .. } = &act.what else {
        return String::new();
    };
    let word = if other { "other" } else { "line" };
    let lines = (0..script.chunks.len()).map(|n| format!("{word} {}.{n}", act.id));
    lines.collect::<Vec<_>>().join("\n")
}

/// The result of a plain run in one process, in which just these chunks failed.
pub(crate) fn result(document: &str, failed: impl Fn(u32) -> bool) -> String {
    let mut lines = Vec::new();
    let mut missing = Vec::new();
    for (n, line) in (0..).zip(document.lines()) {
        if failed(n) {
            missing.push(label(n));
        } else {
            lines.push(line.to_uppercase());
        }
    }
    json!({"lines": lines, "failed": missing}).to_string()
}

fn label(n: u32) -> String {
    format!("line {}", n + 1)
}

impl Lines {
    pub(crate) fn new(name: &'static str, deadline: Option<Duration>, sim: Arc<Sim>) -> Self {
        let spec = Spec {
            name,
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
                max_bytes: 1_000,
            }],
            max_files: 1,
            formats: FORMATS,
            settings_schema: json!({}),
            deadline,
            limits_starts: name == QUICK,
            editable: true,
        };
        Self { spec, sim }
    }

    /// What a piece of work of `job` does at this try.
    fn next(&self, job: JobId, piece: &str, steps: impl Fn(&Script) -> Option<&Vec<Do>>) -> Do {
        let mut state = self.sim.state();
        let tried = state.tries.entry((job, piece.to_owned())).or_default();
        let at = *tried;
        *tried += 1;
        let steps = state.script(job).and_then(steps);
        steps
            .and_then(|steps| steps.get(at).or(steps.last()))
            .copied()
            .unwrap_or(Do::Work(0, Duration::ZERO))
    }

    /// Carries out a step; `None` when it went well.
    async fn carry_out(&self, step: Do, n: Option<u32>, work: &dyn Work) -> Option<Outcome<()>> {
        let (calls, each) = match step {
            Do::Fail => return Some(Outcome::fail("BAD_LINE", "The line is bad.")),
            Do::Transient(after) => {
                return Some(Outcome::Retry {
                    code: "BUSY".to_owned(),
                    after,
                });
            }
            // Without the hook, whose message nobody needs.
            Do::Panic => std::panic::resume_unwind(Box::new("told to panic")),
            Do::Ask(questions) => return ask(questions, n, work).await,
            Do::Work(calls, each) => (calls, each),
            Do::Forever => (20, Duration::from_secs(20)),
        };
        for call in 0..calls {
            if work.checkpoint().is_err() {
                return Some(Outcome::Cancelled);
            }
            if let Some(n) = n {
                crate::watch::paid(&self.sim, n);
            }
            self.sim.clock.sleep(each).await;
            if let Some(n) = n {
                let percent = 16 + u8::try_from(n).unwrap_or(0) * 3 + call * 5;
                work.report(3, percent.min(74)).await;
            }
        }
        None
    }
}

/// Asks a language model, whose answers nobody needs; `None` when that went well.
async fn ask(questions: u8, n: Option<u32>, work: &dyn Work) -> Option<Outcome<()>> {
    for question in 0..questions {
        let request = ModelRequest {
            tier: Tier::Speed,
            instructions: format!(
                "Tell anything, number {}, of what follows, in a JSON object.",
                question % 2
            ),
            data: n.map_or_else(|| "the whole".to_owned(), |n| format!("chunk {n}")),
            pictures: Vec::new(),
            form: AnswerForm {
                name: "anything",
                schema: json!({"type": "object"}),
            },
            max_answer_tokens: MOST_TOKENS,
        };
        match work.ask(&request).await {
            Err(AskError::Stopped) => return Some(Outcome::Cancelled),
            Err(AskError::Resting { after }) if !work.is_last_try() => {
                return Some(Outcome::Retry {
                    code: codes::PROVIDER_COOLDOWN.to_owned(),
                    after: Some(after),
                });
            }
            // Without an answer the output is the same.
            _ => {}
        }
    }
    None
}

/// Credits of a job, of whatever length.
pub(crate) const PRICE: u32 = 7;

#[async_trait]
impl Pipeline for Lines {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn settings(&self, _kind: Option<&str>, _raw: &Value) -> Result<Value, Vec<FieldError>> {
        Ok(Value::Null)
    }

    fn check_file(&self, _head: &FileHead<'_>) -> Result<(), Problem> {
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

    async fn plan(&self, request: PlanRequest<'_>, work: &dyn Work) -> Outcome<Planned> {
        let bytes = match request.sources.read(0, 1_000).await {
            Outcome::Done(bytes) => bytes,
            Outcome::Fail(notice) => return Outcome::Fail(notice),
            Outcome::Retry { code, after } => return Outcome::Retry { code, after },
            Outcome::Cancelled => return Outcome::Cancelled,
        };
        let step = self.next(request.job_id, "plan", |script| Some(&script.plan));
        match self.carry_out(step, None, work).await {
            Some(Outcome::Fail(notice)) => return Outcome::Fail(notice),
            Some(Outcome::Retry { code, after }) => return Outcome::Retry { code, after },
            Some(_) => return Outcome::Cancelled,
            None => {}
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let chunks = (0..).zip(text.lines()).map(|(n, line)| PlannedChunk {
            label: label(n),
            input: Bytes::from(line.to_owned()),
        });
        Outcome::Done(Planned {
            chunks: chunks.collect(),
            ..Planned::default()
        })
    }

    async fn process(&self, input: Bytes, work: &dyn Work) -> Outcome<Bytes> {
        let line = String::from_utf8_lossy(&input).into_owned();
        let n: Option<u32> = line.rsplit('.').next().and_then(|n| n.parse().ok());
        let job = self
            .sim
            .state()
            .card()
            .message
            .as_ref()
            .map(docmill_core::message::Message::job);
        let (Some(n), Some(job)) = (n, job) else {
            return Outcome::fail("BAD_LINE", "The line has no number.");
        };
        let step = self.next(job, &line, |script| script.chunks.get(n as usize));
        match self.carry_out(step, Some(n), work).await {
            Some(Outcome::Fail(notice)) => Outcome::Fail(notice),
            Some(Outcome::Retry { code, after }) => Outcome::Retry { code, after },
            Some(_) => Outcome::Cancelled,
            None => Outcome::Done(Bytes::from(line.to_uppercase())),
        }
    }

    async fn merge(&self, mut request: MergeRequest<'_>, work: &dyn Work) -> Outcome<Merged> {
        let step = self.next(request.job_id, "merge", |script| Some(&script.merge));
        match self.carry_out(step, None, work).await {
            Some(Outcome::Fail(notice)) => return Outcome::Fail(notice),
            Some(Outcome::Retry { code, after }) => return Outcome::Retry { code, after },
            Some(_) => return Outcome::Cancelled,
            None => {}
        }
        let mut lines = Vec::new();
        while let Some(output) = request.outputs.next().await {
            match output {
                Ok((_, bytes)) => lines.push(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) => return error.into(),
            }
        }
        let failed: Vec<_> = request.failed.iter().map(|failed| failed.label.clone()).collect();
        Outcome::Done(Merged {
            files: vec![ResultFile {
                format: FORMATS[0].name,
                part: 1,
                bytes: Bytes::from(json!({"lines": lines, "failed": failed}).to_string()),
            }],
            ..Merged::default()
        })
    }

    fn export(&self, _: &str, _: &ExportOptions, _: &[u8]) -> Result<Option<Bytes>, Problem> {
        Ok(None)
    }

    fn edit(&self, json: &[u8], body: &Value, _by: &Editor) -> Result<Option<Bytes>, Problem> {
        Ok(edits::edited(json, body).map(|result| result.to_string().into()))
    }
}
