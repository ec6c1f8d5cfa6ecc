//! Runs the `novel` pipeline over files, without limits and without an engine: to see what becomes of a document.
//!
//! `cargo run --release -p docmill-pipelines --example novel -- BOOK.pdf [JSON-FILE]`

#![allow(clippy::print_stdout, reason = "an example for the command line")]

use std::error::Error;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::pipeline::{MergeRequest, Outcome, PlanRequest, Sources, Stop, Work};
use docmill_core::ports::FileDetail;
use docmill_core::sandbox::{NamedReader, Sandbox};
use docmill_core::view::FailedChunk;
use docmill_memory::InProcess;
use futures::executor::block_on;
use futures::{StreamExt, stream};
use serde_json::Value;

struct OneFile {
    files: [FileDetail; 1],
    bytes: Bytes,
}

#[async_trait]
impl Sources for OneFile {
    fn files(&self) -> &[FileDetail] {
        &self.files
    }

    async fn read(&self, _index: usize, _limit: u64) -> Outcome<Bytes> {
        Outcome::Done(self.bytes.clone())
    }
}

struct Alone(InProcess);

#[async_trait]
impl Work for Alone {
    async fn report(&self, _index: usize, _percent: u8) {}

    fn checkpoint(&self) -> Result<(), Stop> {
        Ok(())
    }

    fn sandbox(&self) -> &dyn Sandbox {
        &self.0
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let bytes: Bytes = std::fs::read(&path)?.into();
    let file = FileDetail {
        name: path,
        size: bytes.len() as u64,
        ..FileDetail::default()
    };
    let sources = OneFile { files: [file], bytes };
    let work = Alone(InProcess::new(vec![NamedReader {
        name: "pdf-text",
        read: docmill_documents::pdf::read_text,
    }]));
    let registry = docmill_pipelines::registry();
    let novel = registry.get("novel").ok_or("no such pipeline")?;
    let settings = novel
        .settings(None, &Value::Null)
        .map_err(|errors| format!("{errors:?}"))?;
    let job_id = "01938d2e-7c00-7000-8000-000000000001".parse()?;

    let began = Instant::now();
    let request = PlanRequest {
        job_id,
        kind: None,
        settings: &settings,
        sources: &sources,
    };
    let planned = done(block_on(novel.plan(request, &work)))?;
    println!("plan: {:?}, {} chunks", began.elapsed(), planned.chunks.len());
    let inputs: usize = planned.chunks.iter().map(|chunk| chunk.input.len()).sum();

    let began = Instant::now();
    let mut outputs = Vec::new();
    let mut failed = Vec::new();
    for (chunk, planned) in (0..).zip(&planned.chunks) {
        match block_on(novel.process(planned.input.clone(), &work)) {
            Outcome::Fail(notice) => failed.push(FailedChunk {
                chunk,
                label: planned.label.clone(),
                code: notice.code,
                message: notice.message,
                attempts: 1,
            }),
            outcome => outputs.push((chunk, done(outcome)?)),
        }
    }
    let size: usize = outputs.iter().map(|(_, output)| output.len()).sum();
    println!(
        "chunks: {:?}, {inputs} bytes in, {size} bytes out",
        began.elapsed()
    );

    let began = Instant::now();
    let request = MergeRequest {
        job_id,
        kind: None,
        settings: &settings,
        summary: &planned.summary,
        files: &sources.files,
        failed,
        outputs: stream::iter(outputs.into_iter().map(Ok)).boxed(),
    };
    let merged = done(block_on(novel.merge(request, &work)))?;
    println!("merge: {:?}", began.elapsed());
    for warning in planned.warnings.iter().chain(&merged.warnings) {
        println!("{}: {}", warning.code, warning.message);
    }
    let json = merged
        .files
        .iter()
        .find(|file| file.format == "json")
        .ok_or("no JSON")?;
    let document: Value = serde_json::from_slice(&json.bytes)?;
    println!("{} {}", document["stats"], document["failed_chunks"]);
    if let Some(path) = arguments.next() {
        std::fs::write(path, &json.bytes)?;
    }
    Ok(())
}

fn done<T: std::fmt::Debug>(outcome: Outcome<T>) -> Result<T, String> {
    match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Retry { code, .. } => Err(code),
        Outcome::Fail(notice) => Err(format!("{}: {}", notice.code, notice.message)),
        Outcome::Cancelled => Err("cancelled".to_owned()),
    }
}
