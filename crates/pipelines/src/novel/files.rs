//! From the chunks' outputs to the files of the result.

use docmill_core::pipeline::{Format, MergeRequest, Merged, ResultFile};
use docmill_core::ports::FileDetail;
use serde::Deserialize;

use super::chunks::{self, PageRange};
use super::exports::{self, ExportError, Layout, ROWS_PER_PART};
use super::notices;
use super::plan::Summary;
use super::result::{self, Document, Gathered, MissingChunk, Row, SourceFile};
use super::settings::Settings;
use super::{CSV, JSON, TXT, XLSX};

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResultError {
    #[error("reading or writing JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// The result in all its formats, and what the user should know of how it was merged.
pub(super) fn merged(request: &MergeRequest<'_>, gathered: &Gathered) -> Result<Merged, ResultError> {
    let settings = Settings::deserialize(request.settings)?;
    let summary = Summary::deserialize(request.summary)?;
    let none = FileDetail::default();
    let file = request.files.first().unwrap_or(&none);
    let source = SourceFile {
        filename: file.name.clone(),
        pages: summary.pages,
        sha256: file.sha256.clone(),
    };
    let owned = chunks::owned_pages(summary.pages, summary.chunk_pages);
    let missing = request.failed.iter().map(|failed| MissingChunk {
        chunk: failed.chunk,
        pages: owned.get(failed.chunk as usize).copied().unwrap_or_default(),
        error_code: failed.code.clone(),
        message: failed.message.clone(),
    });
    let missing: Vec<MissingChunk> = missing.collect();
    let runs: Vec<PageRange> = missing.iter().map(|missing| missing.pages).collect();
    let mut warnings = match runs.as_slice() {
        [] => Vec::new(),
        runs => vec![notices::parts_missing(runs)],
    };
    warnings.extend(gathered.warnings(summary.scanned));
    let all_warnings = [summary.warnings.as_slice(), &warnings].concat();
    let document = Document::new(
        request.job_id.to_string(),
        source,
        &settings,
        summary.llm,
        gathered,
        missing,
        &all_warnings,
    );
    let mut files = vec![ResultFile {
        format: JSON.name,
        part: 1,
        bytes: serde_json::to_vec(&document)?.into(),
    }];
    let rows: Vec<Row<'_>> = result::rows(&gathered.sources).collect();
    for (part, rows) in (1..).zip(parts(&rows)) {
        let mut add = |format: Format, bytes: Vec<u8>| {
            files.push(ResultFile {
                format: format.name,
                part,
                bytes: bytes.into(),
            });
        };
        add(CSV, exports::csv(rows, Layout::default())?);
        add(TXT, exports::txt(rows));
        add(XLSX, exports::xlsx(rows, Layout::default(), &file.name)?);
    }
    Ok(Merged { files, warnings })
}

/// The rows part by part; a result without rows has one empty part.
fn parts<'r, 'a>(rows: &'r [Row<'a>]) -> impl Iterator<Item = &'r [Row<'a>]> {
    let empty = rows.is_empty().then_some(rows);
    empty.into_iter().chain(rows.chunks(ROWS_PER_PART))
}
