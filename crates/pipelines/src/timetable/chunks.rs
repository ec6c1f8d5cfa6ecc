//! A chunk is a page; the result is made of all of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use docmill_core::job::Notice;
use docmill_core::pipeline::{ExportOptions, MergeRequest, Merged, ResultFile, Work};
use docmill_core::problem::{FieldError, Problem};
use docmill_core::time::Time;
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::exports::{self, ExportError, Variant};
use super::llm::{self, Answered, Shown};
use super::model::{EngineUsed, FoundPage, FoundTable};
use super::pages::{Page, PageSource, stage};
use super::result::{Calendar, Document};
use super::rules::{Content, Extracted, Period, extract};
use super::settings::{Engine, Settings};
use super::validate::{Complexity, Level, validated};
use super::{CSV, FULLCALENDAR, ICS, JSON, PICTURE, XLSX, broken, notices};
use crate::halt::Halt;

/// Everything that a chunk needs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ChunkInput {
    pub(super) settings: Settings,
    /// A language model may be asked.
    pub(super) asks: bool,
    pub(super) source: PageSource,
}

/// What the merge has to know of the plan.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Summary {
    /// The pages of the chunks.
    pub(super) pages: Vec<u32>,
    /// Pages that could not be read.
    pub(super) lost: Vec<u32>,
}

/// What came of a page.
#[derive(Debug, Default, Serialize, Deserialize)]
struct ChunkOutput {
    found: FoundPage,
    /// There are days, and nothing says when anything is.
    lacks_times: bool,
    /// A model was asked and gave nothing that could be used.
    rules_instead: bool,
    over_budget: bool,
    /// The smaller copy of the page, in base64.
    copy: Option<String>,
}

/// Reads a page.
pub(super) async fn process(input: &[u8], work: &dyn Work) -> Result<Bytes, Halt> {
    Halt::checkpoint(work)?;
    let input: ChunkInput = match serde_json::from_slice(input) {
        Ok(input) => input,
        Err(error) => return broken("chunk input", &error),
    };
    let settings = &input.settings;
    let mut page = input.source.read(settings, work).await?;
    work.report_part(stage::EXTRACTING, 47).await;
    let periods: Vec<Period> = settings
        .period_times
        .iter()
        .map(|period| (period.period.clone(), period.start, period.end))
        .collect();
    let extracted = |page: &Page| -> Vec<Extracted> {
        page.contents
            .iter()
            .map(|content| extract(content, &periods))
            .collect()
    };
    let mut found = extracted(&page);
    if found.iter().all(|one| one.tables.is_empty()) && page.look_closer(work).await? {
        found = extracted(&page);
    }
    let mut output = by_rules(&input.source, &page, found);
    if input.asks && is_for_model(settings, &output.found) {
        by_model(&mut output, &page, settings, work).await?;
    }
    output.copy = page.copy.as_ref().map(|copy| BASE64.encode(copy));
    match serde_json::to_vec(&output) {
        Ok(output) => Ok(output.into()),
        Err(error) => broken("chunk", &error),
    }
}

/// What the rules made of a page.
fn by_rules(source: &PageSource, page: &Page, extracted: Vec<Extracted>) -> ChunkOutput {
    let mut signals = page.signals;
    let mut output = ChunkOutput::default();
    for one in extracted {
        signals.layout |= one.is_guessed;
        signals.colour |= one.has_colours;
        signals.merged_cells |= one.has_merged_cells;
        signals.vertical_text |= one.has_vertical_text;
        output.lacks_times |= one.lacks_times;
        output.found.warnings.extend(one.warnings);
        output.found.tables.extend(one.tables);
    }
    output.found = FoundPage {
        page: source.page,
        signals,
        image: page.image.clone(),
        engine: EngineUsed::Rules,
        ..output.found
    };
    output
}

/// Whether a page is one for a model: all of them if that was asked for, else those that are not simple or that the rules
/// found nothing on.
fn is_for_model(settings: &Settings, found: &FoundPage) -> bool {
    match settings.engine {
        Engine::Rules => false,
        Engine::Llm => true,
        Engine::Auto => found.tables.is_empty() || Complexity::of(found.signals).level != Level::Simple,
    }
}

async fn by_model(
    output: &mut ChunkOutput,
    page: &Page,
    settings: &Settings,
    work: &dyn Work,
) -> Result<(), Halt> {
    // One answer is one timetable: where the rules told several apart, it could only mix them.
    if output.found.tables.len() > 1 {
        output.rules_instead = true;
        return Ok(());
    }
    let found = output.found.tables.first().cloned().unwrap_or_default();
    let shown = Shown {
        words: page
            .contents
            .iter()
            .flat_map(|content: &Content| &content.words)
            .collect(),
        confidence: page.confidence,
        copy: page.copy.clone(),
    };
    if shown.words.is_empty() && shown.copy.is_none() {
        return Ok(());
    }
    match llm::ask(&shown, &found, settings, work).await? {
        Answered::Blocks(table, warnings) => {
            output.found.engine = EngineUsed::Llm;
            output.found.tables = vec![table];
            output.found.warnings.extend(warnings);
            output.lacks_times = false;
        }
        Answered::Rules { over_budget } => {
            output.rules_instead = true;
            output.over_budget = over_budget;
        }
    }
    Ok(())
}

/// Makes the result of the pages.
pub(super) async fn merge(mut request: MergeRequest<'_>, work: &dyn Work) -> Result<Merged, Halt> {
    let mut outputs: Vec<ChunkOutput> = Vec::new();
    while let Some(output) = request.outputs.next().await {
        Halt::checkpoint(work)?;
        let (_, bytes) = output?;
        match serde_json::from_slice(&bytes) {
            Ok(output) => outputs.push(output),
            Err(error) => return broken("chunk output", &error),
        }
    }
    let (settings, summary) = match (
        Settings::parse(request.settings),
        Summary::deserialize(request.summary),
    ) {
        (Ok(settings), Ok(summary)) => (settings, summary),
        (Err(errors), _) => return broken("stored settings", &errors),
        (_, Err(error)) => return broken("summary", &error),
    };
    let is_empty = |table: &FoundTable| table.blocks.is_empty();
    if outputs
        .iter()
        .flat_map(|output| &output.found.tables)
        .all(is_empty)
    {
        return Err(Halt::Fail(nothing(&outputs)));
    }
    let lacks_times = outputs
        .iter()
        .filter(|output| !output.found.tables.iter().all(is_empty))
        .all(|output| output.lacks_times);
    if lacks_times {
        return Err(Halt::Fail(notices::no_times()));
    }
    let mut warnings = Vec::new();
    let failed: Vec<u32> = request
        .failed
        .iter()
        .filter_map(|failed| summary.pages.get(failed.chunk as usize).copied())
        .collect();
    if !failed.is_empty() {
        warnings.push(notices::pages_missing(&failed));
    }
    for over_budget in [true, false] {
        let instead = |output: &&ChunkOutput| output.rules_instead && output.over_budget == over_budget;
        if outputs.iter().any(|output| instead(&output)) {
            warnings.push(notices::rules_instead(over_budget));
        }
    }
    let copies: Vec<String> = outputs
        .iter_mut()
        .filter_map(|output| output.copy.take())
        .collect();
    let image = outputs.iter().find_map(|output| output.found.image.clone());
    let pages: Vec<FoundPage> = outputs.into_iter().map(|output| output.found).collect();
    let created_at = request.job_id.created_at();
    let calendar = Calendar::new(&settings, monday_after(created_at));
    let document = Document::new(
        request.job_id.to_string(),
        created_at,
        calendar,
        image,
        validated(pages, &settings),
    );
    match files(&document, &copies) {
        Ok(files) => Ok(Merged { files, warnings }),
        Err(error) => broken("result", &error),
    }
}

/// Why there is no timetable.
fn nothing(outputs: &[ChunkOutput]) -> Notice {
    if outputs.iter().any(|output| output.rules_instead) {
        notices::extraction_failed()
    } else {
        notices::no_table()
    }
}

/// The first Monday behind a day, in UTC.
fn monday_after(time: Time) -> jiff::civil::Date {
    let day = jiff::Timestamp::from_millisecond(time.ms())
        .map(|stamp| stamp.to_zoned(jiff::tz::TimeZone::UTC).date())
        .unwrap_or_default();
    day.nth_weekday(1, jiff::civil::Weekday::Monday).unwrap_or(day)
}

fn files(document: &Document, copies: &[String]) -> Result<Vec<ResultFile>, ExportError> {
    let mut files = Vec::new();
    for format in [JSON, CSV, XLSX, ICS, FULLCALENDAR] {
        let bytes = match format.name {
            "json" => serde_json::to_vec(document)?,
            name => made(name, Variant::default(), document)?.unwrap_or_default(),
        };
        files.push(ResultFile {
            format: format.name,
            part: 1,
            bytes: bytes.into(),
        });
    }
    for (part, copy) in (1..).zip(copies) {
        files.push(ResultFile {
            format: PICTURE.name,
            part,
            bytes: BASE64.decode(copy).unwrap_or_default().into(),
        });
    }
    Ok(files)
}

/// A document in another form; `None` for one that is not made of it.
fn made(format: &str, variant: Variant, document: &Document) -> Result<Option<Vec<u8>>, ExportError> {
    Ok(Some(match format {
        "csv" => exports::csv(document)?,
        "xlsx" => exports::xlsx(document)?,
        "ics" => exports::ics(document)?,
        "fullcalendar" => exports::fullcalendar(document, variant)?,
        _ => return Ok(None),
    }))
}

/// Makes a file from the stored document.
pub(super) fn export(format: &str, options: &ExportOptions, json: &[u8]) -> Result<Option<Bytes>, Problem> {
    let variant = match (format, options.variant.as_deref()) {
        (_, None) => Variant::default(),
        ("fullcalendar", Some(name)) => name.parse().map_err(|_| unknown_variant())?,
        (_, Some(_)) => return Err(unknown_variant()),
    };
    let document: Document = serde_json::from_slice(json).map_err(|error| {
        tracing::error!(%error, "stored result cannot be read");
        Problem::internal()
    })?;
    let bytes = made(format, variant, &document).map_err(|error| {
        tracing::error!(%error, "export failed");
        Problem::internal()
    })?;
    Ok(bytes.map(Bytes::from))
}

fn unknown_variant() -> Problem {
    Problem::invalid(vec![FieldError::new(
        "variant",
        "UNKNOWN_VARIANT",
        "Only `fullcalendar` has variants: `recurring` and `explicit`.",
    )])
}
