//! From a file's bytes to chunks.

use docmill_core::job::Notice;
use docmill_core::pipeline::{Planned, PlannedChunk};
use docmill_core::problem::Problem;
use docmill_documents::text;
use serde::{Deserialize, Serialize};

use super::chunks::{self, ChunkInput};
use super::notices;
use super::paragraphs::Paragraph;
use super::settings::Settings;
use super::words::{FrenchCount, is_word};

/// What every PDF begins with.
pub(super) const PDF_MAGIC: &[u8] = b"%PDF-";

/// What the merge has to know of the plan.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) pages: u32,
    pub(super) chunk_pages: u32,
    pub(super) warnings: Vec<Notice>,
}

/// A document that was read, ready to be shared out.
pub(super) struct Read {
    pages: u32,
    paragraphs: Vec<Paragraph>,
    warnings: Vec<Notice>,
}

impl Read {
    pub(super) fn of(bytes: &[u8], settings: &Settings) -> Result<Self, Notice> {
        let limit = usize::try_from(notices::MAX_TEXT_BYTES).unwrap_or(usize::MAX);
        let decoded = match text::decode(bytes, limit) {
            Ok(decoded) if !bytes.starts_with(PDF_MAGIC) => decoded,
            Ok(_) => return Err(as_notice(notices::pdf_not_read())),
            Err(text::TextError::TooLarge { .. }) => return Err(as_notice(notices::file_too_large())),
            Err(text::TextError::Binary) => return Err(as_notice(notices::file_type())),
        };
        let found = text::pages(&decoded.text);
        let pages = u32::try_from(found.len()).unwrap_or(u32::MAX).max(1);
        let paragraphs = chunks::read(&found, settings);
        let texts = || paragraphs.iter().map(|paragraph| paragraph.text.as_str());
        if !texts().any(is_word) {
            return Err(notices::no_text((1, pages)));
        }
        let mut warnings = Vec::new();
        if FrenchCount::of(texts()).looks_foreign() {
            warnings.push(notices::not_french());
        }
        if decoded.replaced > 0 {
            warnings.push(notices::unreadable_characters(decoded.replaced));
        }
        Ok(Self {
            pages,
            paragraphs,
            warnings,
        })
    }

    pub(super) fn planned(self, settings: &Settings) -> Result<Planned, serde_json::Error> {
        let Self {
            pages,
            paragraphs,
            warnings,
        } = self;
        let chunk_pages = chunks::chunk_pages(pages);
        let chunks = chunks::owned_pages(pages, chunk_pages)
            .into_iter()
            .map(|owned| {
                let paragraphs = chunks::in_window(&paragraphs, chunks::window(owned, pages));
                let input = serde_json::to_vec(&ChunkInput {
                    settings: settings.clone(),
                    owned,
                    paragraphs,
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
