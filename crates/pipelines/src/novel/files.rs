//! From the chunks' outputs to the files of the result.

use docmill_core::pipeline::{Format, MergeRequest, ResultFile};
use docmill_core::ports::FileDetail;
use serde::Deserialize;

use super::chunks::{self, Source};
use super::exports::{self, ExportError, Layout, ROWS_PER_PART};
use super::plan::Summary;
use super::result::{self, Document, MissingChunk, Row, SourceFile};
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

/// The result in all its formats.
pub(super) fn files(request: &MergeRequest<'_>, sources: &[Source]) -> Result<Vec<ResultFile>, ResultError> {
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
    let document = Document::new(
        request.job_id.to_string(),
        source,
        &settings,
        sources,
        missing.collect(),
        &summary.warnings,
    );
    let mut files = vec![ResultFile {
        format: JSON.name,
        part: 1,
        bytes: serde_json::to_vec(&document)?.into(),
    }];
    let rows: Vec<Row<'_>> = result::rows(sources).collect();
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
    Ok(files)
}

/// The rows part by part; a result without rows has one empty part.
fn parts<'r, 'a>(rows: &'r [Row<'a>]) -> impl Iterator<Item = &'r [Row<'a>]> {
    let empty = rows.is_empty().then_some(rows);
    empty.into_iter().chain(rows.chunks(ROWS_PER_PART))
}
