//! From a file's bytes to chunks.

use docmill_core::job::{Job, Notice};
use docmill_core::pipeline::{Planned, PlannedChunk};
use docmill_core::ports::FileDetail;
use docmill_core::problem::Problem;
use docmill_documents::{Page, text};
use serde::{Deserialize, Serialize};

use super::chunks::{self, ChunkInput};
use super::coverage::Coverage;
use super::notices;
use super::paragraphs::Paragraph;
use super::scans::{self, ScannedPages};
use super::settings::Settings;
use super::words::{FrenchCount, is_word};
use crate::pdf::PdfText;

/// What every PDF begins with, or has near its beginning.
pub(super) const PDF_MAGIC: &[u8] = b"%PDF-";

/// What the merge has to know of the plan.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) pages: u32,
    pub(super) chunk_pages: u32,
    #[serde(default)]
    pub(super) llm: bool,
    #[serde(default)]
    pub(super) scanned: bool,
    pub(super) warnings: Vec<Notice>,
}

/// A document that was read, ready to be shared out.
pub(super) struct Read {
    pages: u32,
    chunk_pages: u32,
    paragraphs: Vec<Paragraph>,
    coverage: Coverage,
    warnings: Vec<Notice>,
    /// Set where chunks read scans: then there are no paragraphs yet.
    scanned: Option<ScannedPages>,
}

impl Read {
    /// A text file's bytes.
    pub(super) fn of_text(bytes: &[u8], settings: &Settings) -> Result<Self, Notice> {
        let limit = usize::try_from(notices::MAX_TEXT_BYTES).unwrap_or(usize::MAX);
        let decoded = match text::decode(bytes, limit) {
            Ok(decoded) if !bytes.starts_with(PDF_MAGIC) => decoded,
            Ok(_) | Err(text::TextError::Binary) => return Err(as_notice(notices::file_type())),
            Err(text::TextError::TooLarge { .. }) => {
                return Err(as_notice(notices::file_too_large(notices::MAX_TEXT_BYTES)));
            }
        };
        let found = text::pages(&decoded.text);
        let pages = u32::try_from(found.len()).unwrap_or(u32::MAX).max(1);
        let mut read = Self::of_pages(&found, pages, Coverage::default(), settings)?;
        if decoded.replaced > 0 {
            read.warnings
                .push(notices::unreadable_characters(decoded.replaced));
        }
        Ok(read)
    }

    /// What was read of a PDF. `scans_of` is the file, where there is somebody who reads pictures.
    pub(super) fn of_pdf(
        text: PdfText,
        scans_of: Option<&FileDetail>,
        settings: &Settings,
    ) -> Result<Self, Notice> {
        let pages = text.pages;
        let (coverage, found) = Coverage::of(text, scans_of.is_some());
        let scans = coverage.scans();
        match scans_of {
            Some(file) if !scans.is_empty() => {
                let scanned = ScannedPages {
                    file: file.clone(),
                    pages: found,
                    scans,
                };
                Ok(Self::of_scans(scanned, pages, coverage))
            }
            _ => Self::of_pages(&found, pages, coverage, settings),
        }
    }

    /// A document with pages that are to be read by the chunks.
    fn of_scans(scanned: ScannedPages, pages: u32, coverage: Coverage) -> Self {
        let usual = chunks::chunk_pages(pages);
        let chunk_pages = match scanned.are_many() {
            true => usual.min(scans::CHUNK_PAGES).max(pages.div_ceil(Job::MAX_CHUNKS)),
            false => usual,
        };
        Self {
            pages,
            chunk_pages,
            paragraphs: Vec::new(),
            warnings: coverage.warnings(&chunks::owned_pages(pages, chunk_pages)),
            coverage,
            scanned: Some(scanned),
        }
    }

    fn of_pages(found: &[Page], pages: u32, coverage: Coverage, settings: &Settings) -> Result<Self, Notice> {
        let paragraphs = chunks::read(found, settings);
        let texts = || paragraphs.iter().map(|paragraph| paragraph.text.as_str());
        if !texts().any(is_word) {
            let all = (1, pages);
            return Err(coverage.failure(all).unwrap_or_else(|| notices::no_text(all)));
        }
        let chunk_pages = chunks::chunk_pages(pages);
        let mut warnings = coverage.warnings(&chunks::owned_pages(pages, chunk_pages));
        if FrenchCount::of(texts()).looks_foreign() {
            warnings.push(notices::not_french());
        }
        Ok(Self {
            pages,
            chunk_pages,
            paragraphs,
            coverage,
            warnings,
            scanned: None,
        })
    }

    /// The plan; `llm` where a language model is to be asked.
    pub(super) fn planned(self, settings: &Settings, llm: bool) -> Result<Planned, serde_json::Error> {
        let Self {
            pages,
            chunk_pages,
            paragraphs,
            coverage,
            warnings,
            scanned,
        } = self;
        let chunks = chunks::owned_pages(pages, chunk_pages)
            .into_iter()
            .map(|owned| {
                let missing = coverage.failure(owned);
                let paragraphs = match &missing {
                    None => chunks::in_window(&paragraphs, chunks::window(owned, pages)),
                    Some(_) => &[],
                };
                let input = serde_json::to_vec(&ChunkInput {
                    settings: settings.clone(),
                    llm,
                    owned,
                    paragraphs,
                    scanned: scanned
                        .as_ref()
                        .filter(|_| missing.is_none())
                        .map(|scanned| scanned.within(chunks::window(owned, pages))),
                    missing,
                })?;
                Ok(PlannedChunk {
                    label: format!("pages {}–{}", owned.0, owned.1),
                    input: input.into(),
                })
            })
            .collect::<Result<_, serde_json::Error>>()?;
        let summary = serde_json::to_value(Summary {
            pages,
            chunk_pages,
            llm,
            scanned: scanned.is_some(),
            warnings: warnings.clone(),
        })?;
        Ok(Planned {
            chunks,
            summary,
            warnings,
        })
    }
}

fn as_notice(problem: Problem) -> Notice {
    Notice::new(problem.code, problem.detail)
}
