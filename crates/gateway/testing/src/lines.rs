//! A pipeline whose chunks are the lines of a text.

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::edition::Editor;
use docmill_core::pipeline::{
    Accepted, Estimate, ExportOptions, FileHead, FileSize, Format, MergeRequest, Merged, Outcome, Pipeline,
    PlanRequest, Planned, PlannedChunk, ResultFile, Spec, StageSpec, StageTable, Work,
};
use docmill_core::problem::{FieldError, Problem};
use futures::TryStreamExt;
use serde_json::{Value, json};

const MAX_BYTES: u64 = 64 << 20;

/// The result is the lines in capitals. A line `fail` fails, `panic` panics, `busy` is worth another try.
pub struct Lines {
    spec: Spec,
}

impl Default for Lines {
    fn default() -> Self {
        const STAGES: &[StageSpec] = &[
            StageSpec::new(0, "Queued"),
            StageSpec::new(5, "Reading"),
            StageSpec::new(15, "Working ({done}/{total})"),
            StageSpec::new(75, "Writing"),
            StageSpec::new(100, "Completed"),
        ];
        const FORMATS: &[Format] = &[format("json", "application/json"), format("csv", "text/csv")];
        Self {
            spec: Spec {
                name: "lines",
                title: "Lines in capitals",
                kinds: &[],
                stages: StageTable {
                    stages: STAGES,
                    chunks: 2,
                    merging: 3,
                },
                accepts: &[Accepted {
                    content_type: "text/plain",
                    extension: ".txt",
                    max_bytes: MAX_BYTES,
                }],
                max_files: 100,
                formats: FORMATS,
                settings_schema: json!({"type": "object", "properties": {"upper": {"type": "boolean"}}}),
                deadline: None,
                limits_starts: false,
                editable: true,
            },
        }
    }
}

const fn format(name: &'static str, content_type: &'static str) -> Format {
    Format {
        name,
        content_type,
        extension: name,
        is_of_files: false,
    }
}

#[async_trait]
impl Pipeline for Lines {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn settings(&self, _kind: Option<&str>, raw: &Value) -> Result<Value, Vec<FieldError>> {
        match raw {
            Value::Null => Ok(json!({"upper": true})),
            Value::Object(map) if map.keys().all(|key| key == "upper") => Ok(raw.clone()),
            _ => Err(vec![FieldError::new(
                "settings",
                "UNKNOWN_SETTING",
                "Only `upper` is known.",
            )]),
        }
    }

    fn check_file(&self, head: &FileHead<'_>) -> Result<(), Problem> {
        let binary = head.first_bytes.is_some_and(|bytes| bytes.contains(&0));
        if binary || !head.name.ends_with(".txt") {
            return Err(Problem::new(415, "FILE_TYPE", "This is not a text file."));
        }
        if head.size > MAX_BYTES {
            return Err(Problem::new(
                413,
                "FILE_TOO_LARGE",
                "The file is larger than 64 MB.",
            ));
        }
        Ok(())
    }

    fn estimate(&self, _kind: Option<&str>, _settings: &Value, files: &[FileSize<'_>]) -> Estimate {
        Estimate {
            chunks: u32::try_from(files.len()).unwrap_or(u32::MAX),
            credits: 1,
            seconds: 1,
            ..Estimate::default()
        }
    }

    async fn plan(&self, request: PlanRequest<'_>, _work: &dyn Work) -> Outcome<Planned> {
        let bytes = match request.sources.read(0, MAX_BYTES).await {
            Outcome::Done(bytes) => bytes,
            _ => return Outcome::fail("UNREADABLE", "The file could not be read."),
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let chunks = text.lines().enumerate().map(|(n, line)| PlannedChunk {
            label: format!("line {}", n + 1),
            input: line.to_owned().into(),
        });
        Outcome::Done(Planned {
            chunks: chunks.collect(),
            ..Planned::default()
        })
    }

    async fn process(&self, input: Bytes, _work: &dyn Work) -> Outcome<Bytes> {
        match String::from_utf8_lossy(&input).as_ref() {
            "fail" => Outcome::fail("BAD_LINE", "This line is bad."),
            "panic" => panic!("told to"),
            "busy" => Outcome::Retry {
                code: "BUSY".to_owned(),
                after: None,
            },
            line => Outcome::Done(line.to_uppercase().into()),
        }
    }

    async fn merge(&self, request: MergeRequest<'_>, _work: &dyn Work) -> Outcome<Merged> {
        let outputs: Vec<(u32, Bytes)> = match request.outputs.try_collect().await {
            Ok(outputs) => outputs,
            Err(error) => return error.into(),
        };
        let lines: Vec<String> = outputs
            .iter()
            .map(|(_, output)| String::from_utf8_lossy(output).into_owned())
            .collect();
        let file = |format, text: String| ResultFile {
            format,
            part: 1,
            bytes: text.into(),
        };
        Outcome::Done(Merged {
            files: vec![
                file("json", json!({"lines": lines}).to_string()),
                file("csv", lines.join("\r\n")),
            ],
            warnings: Vec::new(),
        })
    }

    fn export(&self, format: &str, options: &ExportOptions, json: &[u8]) -> Result<Option<Bytes>, Problem> {
        if format != "csv" {
            return Ok(None);
        }
        let result: Value = serde_json::from_slice(json).map_err(|_| Problem::internal())?;
        let lines = result["lines"].as_array().into_iter().flatten();
        let first = options.start_index.unwrap_or(1);
        let rows = (first..).zip(lines).map(|(n, line)| format!("{n},{line}\r\n"));
        Ok(Some(rows.collect::<String>().into()))
    }

    /// `{"lines": […]}` puts these in the place of the others.
    fn edit(&self, json: &[u8], body: &Value, by: &Editor) -> Result<Option<Bytes>, Problem> {
        if !body["lines"].is_array() {
            let error = FieldError::new("lines", "REQUIRED", "`lines` is a list.");
            return Err(Problem::invalid(vec![error]));
        }
        let mut result: Value = serde_json::from_slice(json).map_err(|_| Problem::internal())?;
        result["lines"] = body["lines"].clone();
        result["edition"] = json!(by.number);
        Ok(Some(result.to_string().into()))
    }
}
