//! `novel`: a French text becomes a list of short sentences.
//!
//! # Layout
//! One file a group of rules, in the order in which a text meets them: [`characters`] (R2), [`paragraphs`] (R4, with
//! its lines still apart), [`hyphens`], [`joins`] and [`forms`] (R3), [`sentences`] (R5), [`words`] (R7), [`verbs`] (R8),
//! [`clauses`] and [`split`] (R6, R9), [`flags`] (R10). With a language model, [`rewrite`] (§3.2) goes over what is too
//! long. [`plan`] and [`chunks`] share a document among
//! workers, [`files`], [`result`] and [`exports`] write what came of it, [`settings`] reads what was asked,
//! [`notices`] says what went wrong.
//!
//! Page furniture (R1) is not looked for in text files: their pages are a count of characters, so a line's place at
//! the top of one means nothing, and dropping it could lose words. Of a PDF, [`furniture`] goes first, and
//! [`coverage`] keeps account of the pages that have no text; [`scans`] reads those that are pictures.

#[cfg(test)]
mod acceptance;
mod characters;
mod chunks;
mod clauses;
mod coverage;
mod estimate;
mod exports;
mod files;
mod flags;
mod forms;
mod furniture;
mod hyphens;
mod joins;
mod notices;
mod paragraphs;
mod plan;
#[cfg(test)]
mod properties;
mod result;
mod rewrite;
mod scans;
mod sentences;
mod settings;
mod split;
#[cfg(test)]
mod tests;
mod verbs;
mod words;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::codes;
use docmill_core::pipeline::{
    Accepted, Estimate, ExportOptions, FileHead, FileSize, Format, MergeRequest, Merged, Outcome, Pipeline,
    PlanRequest, Planned, Spec, StageSpec, StageTable, Work,
};
use docmill_core::problem::{FieldError, Problem};
use docmill_documents::text;
use futures::StreamExt;
use serde_json::Value;

use crate::halt::{Halt, outcome};
use crate::pdf::{self, Reading, Shown};
use chunks::{ChunkInput, ChunkOutput};
use exports::Layout;
use paragraphs::Paragraph;
use plan::{PDF_MAGIC, Read};
use result::{Gathered, Row, StoredDocument};
use settings::{Engine, Settings};

const STAGES: &[StageSpec] = &[
    StageSpec::new(0, "Queued"),
    StageSpec::new(5, "Analyzing document"),
    // Shown by the engine as soon as their number is known.
    StageSpec::new(10, "Splitting into {total} chunks"),
    StageSpec::new(15, "Processing chunks ({done}/{total})"),
    StageSpec::new(75, "Merging results"),
    StageSpec::new(90, "Saving results"),
    StageSpec::new(100, "Completed"),
];

/// Planning, from the first claim to the chunks; the engine shows the stage that follows.
const ANALYZING: Shown = Shown {
    stage: 1,
    from: 5,
    to: 9,
};

const ACCEPTS: &[Accepted] = &[
    Accepted {
        content_type: PDF_TYPE,
        extension: ".pdf",
        max_bytes: notices::MAX_PDF_BYTES,
    },
    Accepted {
        content_type: TEXT_TYPE,
        extension: ".txt",
        max_bytes: notices::MAX_TEXT_BYTES,
    },
];
const PDF_TYPE: &str = "application/pdf";
const TEXT_TYPE: &str = "text/plain";

const JSON: Format = format("json", "application/json");
const CSV: Format = format("csv", "text/csv; charset=utf-8");
const TXT: Format = format("txt", "text/plain; charset=utf-8");
const XLSX: Format = format(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
);

const fn format(name: &'static str, content_type: &'static str) -> Format {
    Format {
        name,
        content_type,
        extension: name,
        is_of_files: false,
    }
}

/// The pipeline.
#[derive(Clone, Debug)]
pub struct Novel {
    spec: Spec,
    models: bool,
}

impl Novel {
    /// The pipeline with its rules.
    pub fn new() -> Self {
        Self {
            models: false,
            spec: Spec {
                name: "novel",
                title: "French text to short sentences",
                kinds: &[],
                stages: StageTable {
                    stages: STAGES,
                    chunks: 3,
                    merging: 4,
                },
                accepts: ACCEPTS,
                max_files: 1,
                formats: &[JSON, CSV, TXT, XLSX],
                settings_schema: settings::schema(false),
                deadline: None,
                limits_starts: true,
                editable: false,
            },
        }
    }

    /// Offers to ask a language model, where this is true.
    #[must_use]
    pub fn with_models(mut self, models: bool) -> Self {
        self.models = models;
        self.spec.settings_schema = settings::schema(models);
        self
    }
}

impl Default for Novel {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Pipeline for Novel {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn settings(&self, _kind: Option<&str>, raw: &Value) -> Result<Value, Vec<FieldError>> {
        let settings = Settings::parse(raw)?;
        if settings.engine == Engine::Llm && !self.models {
            return Err(vec![settings::engine_unavailable()]);
        }
        serde_json::to_value(settings).map_err(|error| {
            vec![FieldError::new(
                "settings",
                codes::INTERNAL_ERROR,
                error.to_string(),
            )]
        })
    }

    fn check_file(&self, head: &FileHead<'_>) -> Result<(), Problem> {
        let kind = FileKind::declared(head.name, head.content_type).ok_or_else(notices::file_type)?;
        if !head.first_bytes.is_none_or(|first| kind.begins_with(first)) {
            return Err(notices::file_type());
        }
        if head.size > kind.max_bytes() {
            return Err(notices::file_too_large(kind.max_bytes()));
        }
        if head.size == 0 {
            return Err(notices::file_empty());
        }
        Ok(())
    }

    fn estimate(&self, _kind: Option<&str>, settings: &Value, files: &[FileSize<'_>]) -> Estimate {
        // Settings that were checked can be read; were they not, planning would say so.
        let settings = Settings::parse(settings).unwrap_or_default();
        estimate::estimate(&settings, self.models, files)
    }

    fn cheaper(&self, _kind: Option<&str>, settings: &Value) -> Option<Value> {
        let mut settings = Settings::parse(settings).ok()?;
        if settings.engine != Engine::Auto || !self.models {
            return None;
        }
        settings.engine = Engine::Rules;
        serde_json::to_value(settings).ok()
    }

    async fn plan(&self, request: PlanRequest<'_>, work: &dyn Work) -> Outcome<Planned> {
        outcome(planned(&request, work).await)
    }

    async fn process(&self, input: Bytes, work: &dyn Work) -> Outcome<Bytes> {
        outcome(processed(&input, work).await)
    }

    async fn merge(&self, request: MergeRequest<'_>, work: &dyn Work) -> Outcome<Merged> {
        outcome(merged(request, work).await)
    }

    fn export(&self, format: &str, options: &ExportOptions, json: &[u8]) -> Result<Option<Bytes>, Problem> {
        if format != CSV.name && format != XLSX.name {
            return Ok(None);
        }
        if options.variant.is_some() {
            let error = FieldError::new("variant", "UNKNOWN_VARIANT", "This format has no variants.");
            return Err(Problem::invalid(vec![error]));
        }
        let document: StoredDocument = serde_json::from_slice(json).map_err(|error| {
            tracing::error!(%error, "stored result cannot be read");
            Problem::internal()
        })?;
        let rows: Vec<Row<'_>> = document.rows().collect();
        let layout = Layout {
            full: options.full,
            start_index: options.start_index,
        };
        let bytes = if format == CSV.name {
            exports::csv(&rows, layout)
        } else {
            exports::xlsx(&rows, layout, &document.source.filename)
        };
        bytes.map(|bytes| Some(bytes.into())).map_err(|error| {
            tracing::error!(%error, "export failed");
            Problem::internal()
        })
    }
}

/// The kinds of file that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    Pdf,
    Text,
}

impl FileKind {
    /// By name or media type; a PDF if either says so.
    fn declared(name: &str, content_type: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is =
            |extension: &str, kind: &str| name.ends_with(extension) || media_type.eq_ignore_ascii_case(kind);
        if is(".pdf", PDF_TYPE) {
            Some(Self::Pdf)
        } else if is(".txt", TEXT_TYPE) {
            Some(Self::Text)
        } else {
            None
        }
    }

    /// Whether a file that begins like this can be one.
    fn begins_with(self, first: &[u8]) -> bool {
        match self {
            // Some writers put a few bytes in front; readers look further too.
            Self::Pdf => first.windows(PDF_MAGIC.len()).any(|bytes| bytes == PDF_MAGIC),
            Self::Text => !first.starts_with(PDF_MAGIC) && !text::is_binary(first),
        }
    }

    fn max_bytes(self) -> u64 {
        match self {
            Self::Pdf => notices::MAX_PDF_BYTES,
            Self::Text => notices::MAX_TEXT_BYTES,
        }
    }
}

async fn planned(request: &PlanRequest<'_>, work: &dyn Work) -> Result<Planned, Halt> {
    let settings = match Settings::parse(request.settings) {
        Ok(settings) => settings,
        Err(errors) => return broken("stored settings", &errors),
    };
    Halt::checkpoint(work)?;
    let file = request.sources.files().first();
    let kind = file
        .and_then(|file| FileKind::declared(&file.name, &file.content_type))
        .unwrap_or(FileKind::Text);
    let bytes = Halt::unless_done(request.sources.read(0, kind.max_bytes()).await)?;
    let read = match kind {
        FileKind::Text => Read::of_text(&bytes, &settings),
        FileKind::Pdf => {
            let scans_of = file.filter(|_| work.reads_pictures());
            let reading = pdf::read_text(&bytes, notices::MAX_PDF_PAGES, ANALYZING, work).await;
            match Halt::unless_done(reading)? {
                Reading::Text(text) => Read::of_pdf(text, scans_of, &settings),
                Reading::Refused(refusal) => Err(notices::refused(refusal)),
            }
        }
    };
    let llm = match settings.engine {
        Engine::Rules => false,
        Engine::Llm => true,
        Engine::Auto => !work.tiers().is_empty(),
    };
    let planned = read.map_err(Halt::Fail)?.planned(&settings, llm);
    planned.or_else(|error| broken("plan", &error))
}

async fn processed(input: &[u8], work: &dyn Work) -> Result<Bytes, Halt> {
    Halt::checkpoint(work)?;
    let mut input: ChunkInput<Vec<Paragraph>> = match serde_json::from_slice(input) {
        Ok(input) => input,
        Err(error) => return broken("chunk input", &error),
    };
    if let Some(notice) = input.missing {
        return Err(Halt::Fail(notice));
    }
    let mut output = ChunkOutput::default();
    let scanned = input.scanned.take();
    let is_scanned = scanned.is_some();
    if let Some(scanned) = scanned {
        let (pages, seen) = scanned.read(work).await?;
        input.paragraphs = chunks::read(&pages, &input.settings);
        output.seen = seen.within(input.owned);
    }
    output.sources = chunks::process(&input);
    if is_scanned && output.sources.is_empty() {
        return Err(Halt::Fail(notices::no_text(input.owned)));
    }
    if input.llm {
        let asked = chunks::too_long(&output.sources, &input.settings);
        let rewritten = rewrite::rewrite(&mut output.sources, &asked, &input.settings, work).await;
        output.rewritten = Some(Halt::unless_done(rewritten)?);
    }
    match serde_json::to_vec(&output) {
        Ok(output) => Ok(output.into()),
        Err(error) => broken("chunk", &error),
    }
}

async fn merged(mut request: MergeRequest<'_>, work: &dyn Work) -> Result<Merged, Halt> {
    let mut gathered = Gathered::default();
    while let Some(output) = request.outputs.next().await {
        Halt::checkpoint(work)?;
        let (_, bytes) = output?;
        match serde_json::from_slice::<ChunkOutput>(&bytes) {
            Ok(output) => gathered.add(output),
            Err(error) => return broken("chunk output", &error),
        }
    }
    result::shorten_originals(&mut gathered.sources);
    files::merged(&request, &gathered).or_else(|error| broken("result", &error))
}

/// A fault of ours: trying again would not help.
fn broken<T>(what: &str, error: &dyn std::fmt::Debug) -> Result<T, Halt> {
    tracing::error!(?error, what, "novel cannot go on");
    Err(Halt::of_fault())
}
