//! A pipeline whose chunks do nothing.

use async_trait::async_trait;
use bytes::Bytes;
use docmill_cli::client::{FormFile, NewJob};
use docmill_core::pipeline::{
    Accepted, Estimate, ExportOptions, FileHead, FileSize, Format, MergeRequest, Merged, Outcome, Pipeline,
    PlanRequest, Planned, PlannedChunk, ResultFile, Spec, StageSpec, StageTable, Work,
};
use docmill_core::problem::{FieldError, Problem};
use futures::TryStreamExt;
use serde_json::{Value, json};

const STAGES: &[StageSpec] = &[
    StageSpec {
        percent: 0,
        text: "Queued",
    },
    StageSpec {
        percent: 5,
        text: "Planning",
    },
    StageSpec {
        percent: 15,
        text: "Processing chunks ({done}/{total})",
    },
    StageSpec {
        percent: 75,
        text: "Merging",
    },
    StageSpec {
        percent: 100,
        text: "Completed",
    },
];

const MAX_BYTES: u64 = 4 << 20;

/// The file of a job of `chunks` chunks that carry `carried` between them.
pub fn file(chunks: u32, carried: &[u8]) -> FormFile {
    FormFile {
        name: "chunks.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: Bytes::from([format!("{chunks}\n").as_bytes(), carried].concat()),
    }
}

/// A job of `chunks` chunks with a little for each: one that carries nothing need not read its input.
pub fn job(chunks: u32) -> (NewJob, FormFile) {
    let new = NewJob {
        pipeline: "empty".to_owned(),
        ..NewJob::default()
    };
    (new, file(chunks, &vec![b'x'; 100 * chunks as usize]))
}

/// The first line of its file is the number of chunks, in digits; what follows is cut into that many parts, one a chunk.
pub struct Empty {
    spec: Spec,
}

impl Default for Empty {
    fn default() -> Self {
        Self {
            spec: Spec {
                name: "empty",
                title: "Chunks that do nothing",
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
                max_files: 1,
                formats: &[Format {
                    name: "json",
                    content_type: "application/json",
                    extension: "json",
                    is_of_files: false,
                }],
                settings_schema: json!({"type": "object", "additionalProperties": false}),
                deadline: None,
                limits_starts: false,
                editable: false,
            },
        }
    }
}

#[async_trait]
impl Pipeline for Empty {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn settings(&self, _kind: Option<&str>, _raw: &Value) -> Result<Value, Vec<FieldError>> {
        Ok(json!({}))
    }

    fn check_file(&self, head: &FileHead<'_>) -> Result<(), Problem> {
        if head.size > MAX_BYTES {
            return Err(Problem::new(413, "FILE_TOO_LARGE", "The file may have 4 MB."));
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
            Outcome::Retry { code, after } => return Outcome::Retry { code, after },
            Outcome::Fail(notice) => return Outcome::Fail(notice),
            Outcome::Cancelled => return Outcome::Cancelled,
        };
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(bytes.len());
        let count = std::str::from_utf8(&bytes[..end])
            .ok()
            .and_then(|text| text.trim().parse::<usize>().ok());
        let Some(count @ 1..=500) = count else {
            return Outcome::fail("NOT_A_NUMBER", "The first line must be a number from 1 to 500.");
        };
        let carried = bytes.slice((end + 1).min(bytes.len())..);
        let cut = |n: usize| carried.len() * n / count;
        let chunk = |n| PlannedChunk {
            label: format!("chunk {n}"),
            input: carried.slice(cut(n)..cut(n + 1)),
        };
        Outcome::Done(Planned {
            chunks: (0..count).map(chunk).collect(),
            ..Planned::default()
        })
    }

    async fn process(&self, _input: Bytes, _work: &dyn Work) -> Outcome<Bytes> {
        Outcome::Done(Bytes::from_static(b"{}"))
    }

    async fn merge(&self, request: MergeRequest<'_>, _work: &dyn Work) -> Outcome<Merged> {
        match request
            .outputs
            .try_fold(0_u32, |count, _| async move { Ok(count + 1) })
            .await
        {
            Ok(merged) => {
                let bytes = Bytes::from(json!({ "merged": merged }).to_string());
                Outcome::Done(Merged {
                    files: vec![ResultFile {
                        format: "json",
                        part: 1,
                        bytes,
                    }],
                    ..Merged::default()
                })
            }
            Err(error) => error.into(),
        }
    }

    fn export(&self, _: &str, _: &ExportOptions, _: &[u8]) -> Result<Option<Bytes>, Problem> {
        Ok(None)
    }
}
