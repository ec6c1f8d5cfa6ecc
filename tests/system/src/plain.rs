//! What a run in one process makes of a text: what every other run is held against.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use docmill_cli::client::{Event, Job};
use docmill_cli::local::{self, LocalJob};
use docmill_core::intake::SentFile;
use docmill_core::pipeline::ExportOptions;
use docmill_core::sandbox::NoSandbox;
use serde_json::{Map, Value};

use crate::{User, text_file, wait};

/// A run in one process, ended.
#[derive(Clone, Debug)]
pub struct PlainRun {
    job: Job,
    results: BTreeMap<String, Bytes>,
}

impl PlainRun {
    /// Runs `pipeline` over a text here, with every format of its result. A text is read without a sandbox.
    pub async fn of(pipeline: &str, text: &str, settings: &Map<String, Value>) -> Self {
        let file = text_file(text);
        let run = LocalJob {
            pipeline: pipeline.to_owned(),
            kind: None,
            settings: settings.clone(),
            files: vec![SentFile {
                name: file.name,
                content_type: file.content_type,
                bytes: file.bytes,
            }],
        };
        let mut ignore = |_: &Event| {};
        let ran = local::run(run, Arc::new(NoSandbox), &mut ignore);
        let ended = wait::within("a run in this process", ran).await.unwrap();
        let mut results = BTreeMap::new();
        for format in &ended.job.formats {
            let result = ended.result(Some(format), 1, &ExportOptions::default()).await;
            results.insert(format.clone(), result.unwrap());
        }
        Self {
            job: ended.job,
            results,
        }
    }

    /// Chunks of its plan.
    pub fn chunks(&self) -> u32 {
        self.job.total_chunks.unwrap()
    }

    /// P3: every format of the job's result is, byte for byte, that of this run; the job's id, which stands in the
    /// JSON, blanked.
    pub async fn assert_is_that_of(&self, user: &User, job: &Job) {
        assert_eq!(self.job.total_chunks, job.total_chunks);
        assert_eq!(self.job.formats, job.formats);
        for (format, here) in &self.results {
            let there = user.result(&job.job_id, format).await;
            let same = if format == "json" {
                blanked(here, &self.job.job_id) == blanked(&there, &job.job_id)
            } else {
                *here == there
            };
            assert!(same, "{format} of {} differs from a plain run", job.job_id);
        }
    }
}

fn blanked(json: &[u8], id: &str) -> String {
    String::from_utf8(json.to_vec()).unwrap().replace(id, "")
}
