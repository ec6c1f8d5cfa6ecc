//! `docmill run`.

use std::sync::Arc;

use docmill_core::intake::SentFile;
use docmill_core::pipeline::ExportOptions;
use docmill_sandbox::ChildProcess;

use super::result::{Sink, Target};
use crate::args::{Run, settings_of};
use crate::client::Event;
use crate::display::{self, Screen, summary};
use crate::exit::{Exit, Failure};
use crate::local::{self, Ended, LocalJob};

/// Works on files here: in this process, and in one of its own for each document that has to be read.
pub(super) async fn run(arguments: &Run, json: bool) -> Result<Exit, Failure> {
    let mut screen = Screen::new(json);
    let mut files = Vec::with_capacity(arguments.files.len());
    for file in super::local_files(&arguments.files).await? {
        files.push(SentFile {
            bytes: file.read().await?,
            name: file.name,
            content_type: file.content_type,
        });
    }
    let job = LocalJob {
        pipeline: arguments.pipeline.clone(),
        kind: arguments.kind.clone(),
        settings: settings_of(&arguments.settings),
        files,
    };
    let sandbox = Arc::new(ChildProcess::default());
    let ended = local::run(job, sandbox, &mut |event: &Event| screen.event(event)).await?;
    screen.finish();
    let exit = Exit::of_job(&ended.job.status, ended.job.outcome.as_deref());
    if ended.job.status == "completed" && (arguments.form.output.is_some() || arguments.form.format.is_some())
    {
        write(arguments, &ended).await?;
        if !json {
            display::to_stderr(summary::notes(&ended.job).trim_end());
        }
        return Ok(exit);
    }
    report(&ended, json).await?;
    Ok(exit)
}

async fn write(arguments: &Run, ended: &Ended) -> Result<(), Failure> {
    let form = &arguments.form;
    let target = Target::of(form)?;
    let options = ExportOptions {
        start_index: form.start_index,
        full: form.full,
        variant: form.variant.clone(),
    };
    let bytes = ended
        .result(form.format.as_deref(), form.part.unwrap_or(1), &options)
        .await?;
    let mut sink = Sink::open(&target).await?;
    sink.write(&bytes).await?;
    sink.finish().await?;
    let next = form.part.unwrap_or(1).saturating_add(1);
    if form.is_stored() && ended.result(form.format.as_deref(), next, &options).await.is_ok() {
        display::to_stderr(&super::result::more(form));
    }
    Ok(())
}

async fn report(ended: &Ended, json: bool) -> Result<(), Failure> {
    if json {
        return display::json(&ended.job.raw);
    }
    let mut text = String::from("\n");
    if ended.job.status == "completed" {
        let bytes = ended.result(Some("json"), 1, &ExportOptions::default()).await?;
        let result = serde_json::from_slice(&bytes).unwrap_or_default();
        text.push_str(&summary::sentences(&result).unwrap_or_default());
        let seconds = ended.job.processing_time_seconds.unwrap_or_default();
        let chunks = summary::counted(ended.job.total_chunks.unwrap_or_default().into(), "chunk");
        text.push_str(&format!("{chunks}, {seconds:.1} s.\n"));
        text.push_str(&summary::notes(&ended.job));
        let formats = ended.job.formats.join(", ");
        text.push_str(&format!(
            "\nThe whole result: --output FILE, with --format {formats}.\n"
        ));
    } else {
        text.push_str(&format!(
            "The job is {}.\n{}",
            ended.job.status,
            summary::notes(&ended.job)
        ));
    }
    display::to_stdout(text.as_bytes())
}
