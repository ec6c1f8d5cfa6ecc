//! `timetable`: a picture, a document or a sheet of a weekly timetable becomes blocks of time and calendar files.
//!
//! # Layout
//! - [`kind`] says what a file is, [`settings`] what was asked, [`notices`] what went wrong.
//! - [`pages`] reads what stands on a page, with the [`readers`] of the sandbox; [`rules`] makes blocks of that (T1–T11),
//!   [`llm`] has a language model do it (§3.2); [`chunks`] puts these together.
//! - [`validate`] (V1–V8) and [`result`] make the document of them, [`edit`] its next edition, [`exports`] other files.
//! - [`model`]: what a timetable is made of.

#[cfg(test)]
mod acceptance_back;
mod chunks;
mod edit;
mod estimate;
mod exports;
mod kind;
mod llm;
mod model;
mod notices;
mod pages;
mod readers;
mod result;
mod rules;
mod settings;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod validate;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::codes;
use docmill_core::edition::Editor;
use docmill_core::pipeline::{
    Accepted, Estimate, ExportOptions, FileHead, FileSize, Format, MergeRequest, Merged, Outcome, Pipeline,
    PlanRequest, Planned, PlannedChunk, Spec, StageSpec, StageTable, Work,
};
use docmill_core::problem::{FieldError, Problem};
use serde_json::Value;

use crate::halt::{Halt, outcome};
use chunks::{ChunkInput, Summary};
use kind::{Described, FileKind, KINDS};
use pages::PageSource;
pub(crate) use readers::READERS;
use result::Document;
use settings::{Engine, Settings};

const STAGES: &[StageSpec] = &[
    StageSpec::new(0, "Queued"),
    StageSpec::new(5, "Loading image"),
    StageSpec::new(10, "Preprocessing"),
    StageSpec::new(20, "Running OCR"),
    StageSpec::new(30, "Analyzing structure"),
    StageSpec::new(50, "Extracting timetable"),
    StageSpec::new(60, "Analyzing with AI"),
    StageSpec::new(90, "Receiving AI response"),
    StageSpec::new(95, "Validating results"),
    StageSpec::new(100, "Complete"),
];

/// A page takes seconds: who waits longer than this is told that something is wrong.
const DEADLINE: Duration = Duration::from_secs(600);

const ACCEPTS: &[Accepted] = &[
    accepted(KINDS[0], ".png"),
    accepted(KINDS[1], ".jpg"),
    accepted(KINDS[1], ".jpeg"),
    accepted(KINDS[2], ".gif"),
    accepted(KINDS[3], ".webp"),
    accepted(KINDS[4], ".pdf"),
    accepted(KINDS[5], ".docx"),
    accepted(KINDS[6], ".xlsx"),
    accepted(KINDS[7], ".csv"),
    accepted(KINDS[8], ".tsv"),
];

const fn accepted((_, content_type, kind): Described, extension: &'static str) -> Accepted {
    Accepted {
        content_type,
        extension,
        max_bytes: kind.max_bytes(),
    }
}

const JSON: Format = format("json", "application/json", "json");
const CSV: Format = format("csv", "text/csv; charset=utf-8", "csv");
const XLSX: Format = format(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
);
const ICS: Format = format("ics", "text/calendar; charset=utf-8", "ics");
const FULLCALENDAR: Format = format("fullcalendar", "application/json", "json");
/// The smaller copies of the pages, a part each.
const PICTURE: Format = Format {
    is_of_files: true,
    ..format("webp", "image/webp", "webp")
};

const fn format(name: &'static str, content_type: &'static str, extension: &'static str) -> Format {
    Format {
        name,
        content_type,
        extension,
        is_of_files: false,
    }
}

/// The pipeline.
#[derive(Clone, Debug)]
pub struct Timetable {
    spec: Spec,
    models: bool,
}

impl Timetable {
    /// The pipeline with its rules.
    pub fn new() -> Self {
        Self {
            models: false,
            spec: Spec {
                name: "timetable",
                title: "Timetable to blocks and calendars",
                kinds: &[],
                stages: StageTable {
                    stages: STAGES,
                    chunks: pages::stage::PREPROCESSING,
                    merging: pages::stage::VALIDATING,
                },
                accepts: ACCEPTS,
                max_files: 1,
                formats: &[JSON, CSV, XLSX, ICS, FULLCALENDAR, PICTURE],
                settings_schema: settings::schema(false),
                deadline: Some(DEADLINE),
                limits_starts: false,
                editable: true,
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

impl Default for Timetable {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Pipeline for Timetable {
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
        let kind = match head.first_bytes {
            Some([]) => return Err(notices::file_empty()),
            Some(first) => FileKind::of(head.name, head.content_type, first),
            None => FileKind::declared(head.name, head.content_type),
        };
        let kind = kind.ok_or_else(notices::file_type)?;
        if head.size > kind.max_bytes() {
            return Err(notices::file_too_large(head.size, kind.max_bytes()));
        }
        match head.size {
            0 => Err(notices::file_empty()),
            _ => Ok(()),
        }
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
        outcome(chunks::process(&input, work).await)
    }

    async fn merge(&self, request: MergeRequest<'_>, work: &dyn Work) -> Outcome<Merged> {
        outcome(chunks::merge(request, work).await)
    }

    fn export(&self, format: &str, options: &ExportOptions, json: &[u8]) -> Result<Option<Bytes>, Problem> {
        chunks::export(format, options, json)
    }

    fn edit(&self, json: &[u8], body: &Value, by: &Editor) -> Result<Option<Bytes>, Problem> {
        let broken = |error: serde_json::Error| {
            tracing::error!(%error, "a result cannot be edited");
            Problem::internal()
        };
        let document: Document = serde_json::from_slice(json).map_err(broken)?;
        let edited = edit::edited(document, body, by).map_err(Problem::invalid)?;
        let json = serde_json::to_vec(&edited).map_err(broken)?;
        Ok(Some(json.into()))
    }
}

/// A chunk for each page.
async fn planned(request: &PlanRequest<'_>, work: &dyn Work) -> Result<Planned, Halt> {
    Halt::checkpoint(work)?;
    let settings = match Settings::parse(request.settings) {
        Ok(settings) => settings,
        Err(errors) => return broken("stored settings", &errors),
    };
    let Some(file) = request.sources.files().first() else {
        return broken("files", &"there is none");
    };
    let most = FileKind::Pdf.max_bytes();
    let bytes = Halt::unless_done(request.sources.read(0, most).await)?;
    let first = bytes.get(..4096).unwrap_or(&bytes);
    let Some(kind) = FileKind::of(&file.name, &file.content_type, first) else {
        let problem = notices::file_type();
        return Err(Halt::Fail(docmill_core::job::Notice::new(
            problem.code,
            problem.detail,
        )));
    };
    let found = match kind {
        FileKind::Pdf => pages::pages(file, &bytes, work).await?,
        _ => pages::Pages {
            sources: vec![PageSource {
                file: file.clone(),
                kind,
                page: 1,
                is_scan: false,
                characters: 0,
            }],
            lost: Vec::new(),
        },
    };
    let asks = match settings.engine {
        Engine::Rules => false,
        Engine::Llm | Engine::Auto => !work.tiers().is_empty(),
    };
    let chunks = found.sources.iter().map(|source| {
        let input = serde_json::to_vec(&ChunkInput {
            settings: settings.clone(),
            asks,
            source: source.clone(),
        })?;
        Ok(PlannedChunk {
            label: format!("page {}", source.page),
            input: input.into(),
        })
    });
    let chunks: Result<Vec<PlannedChunk>, serde_json::Error> = chunks.collect();
    let summary = serde_json::to_value(Summary {
        pages: found.sources.iter().map(|source| source.page).collect(),
        lost: found.lost.clone(),
    });
    let warnings = match found.lost.as_slice() {
        [] => Vec::new(),
        lost => vec![notices::pages_missing(lost)],
    };
    match (chunks, summary) {
        (Ok(chunks), Ok(summary)) => Ok(Planned {
            chunks,
            summary,
            warnings,
        }),
        (Err(error), _) | (_, Err(error)) => broken("plan", &error),
    }
}

/// A fault of ours: trying again would not help.
fn broken<T>(what: &str, error: &dyn std::fmt::Debug) -> Result<T, Halt> {
    tracing::error!(?error, what, "timetable cannot go on");
    Err(Halt::of_fault())
}
