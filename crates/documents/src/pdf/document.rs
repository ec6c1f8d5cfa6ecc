//! Opening a document and reading its pages.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};
use hayro_syntax::page::Page as SyntaxPage;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use kurbo::{Affine, Rect as KurboRect};

use super::collect::Collector;
use super::content::PageContent;
use super::garbled::is_garbled;
use super::layout::{Layout, lay_out};
use super::pieces::Pieces;
use super::text::{Cap, Refusal, TextKind};

/// What a document may be to be opened.
#[derive(Clone, Copy, Debug)]
pub struct OpenLimits {
    /// Pages.
    pub max_pages: u32,
}

/// An open PDF file.
///
/// A file that is made to be slow or large can take any time and memory: its pages are all there, at more than a kilobyte
/// each, before anybody can count them. What is not trusted is opened in a process with limits. A damaged page does no harm to the others.
pub struct PdfDocument {
    pdf: Pdf,
    page_count: u32,
}

impl std::fmt::Debug for PdfDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PdfDocument")
            .field("page_count", &self.page_count)
            .finish_non_exhaustive()
    }
}

impl PdfDocument {
    /// Opens a file. One that is encrypted but asks for no password to be read is opened like any other.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn open(bytes: Vec<u8>, limits: OpenLimits) -> Result<Self, Refusal> {
        let opened = catch_unwind(|| {
            let pdf = Pdf::new(bytes).map_err(refusal)?;
            let page_count = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
            Ok((pdf, page_count))
        });
        let (pdf, page_count) = opened.unwrap_or(Err(Refusal::Damaged))?;
        match page_count {
            0 => Err(Refusal::Damaged),
            pages if pages > limits.max_pages => Err(Refusal::TooManyPages { pages }),
            _ => Ok(Self { pdf, page_count }),
        }
    }

    /// Pages, at least one.
    pub fn page_count(&self) -> u32 {
        self.page_count
    }

    /// A reader of its pages.
    pub fn reader(&self) -> PageReader<'_> {
        PageReader {
            document: self,
            cache: InterpreterCache::new(),
            settings: InterpreterSettings::default(),
        }
    }

    /// A page, counted from 1.
    pub(super) fn syntax_page(&self, number: u32) -> Option<&SyntaxPage<'_>> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.pdf.pages().get(index)
    }
}

fn refusal(error: LoadPdfError) -> Refusal {
    match error {
        LoadPdfError::Decryption(
            DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm,
        ) => Refusal::Encrypted,
        LoadPdfError::Decryption(DecryptionError::MissingIDEntry | DecryptionError::InvalidEncryption)
        | LoadPdfError::Invalid => Refusal::Damaged,
    }
}

/// Reads the pages of one document, keeping its fonts from page to page.
pub struct PageReader<'d> {
    document: &'d PdfDocument,
    cache: InterpreterCache<'d>,
    settings: InterpreterSettings,
}

impl std::fmt::Debug for PageReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageReader")
            .field("document", self.document)
            .finish_non_exhaustive()
    }
}

impl PageReader<'_> {
    /// Reads a page, counted from 1; `None` if there is none of this number. A page that cannot be read to its end
    /// comes as [`PageContent::failed`].
    pub fn page(&mut self, number: u32) -> Option<PageContent> {
        let page = self.document.syntax_page(number)?;
        let sizes = catch_unwind(AssertUnwindSafe(|| {
            (page.render_dimensions(), page.initial_transform(true))
        }));
        let Ok(((width, height), transform)) = sizes else {
            return Some(PageContent {
                number,
                failed: true,
                ..PageContent::default()
            });
        };
        let mut collector = Collector::new(f64::from(width), f64::from(height));
        let interpreted = catch_unwind(AssertUnwindSafe(|| {
            let transform = Affine::new(transform.as_coeffs());
            // The box only bounds shadings and patterns, which nobody looks at here.
            let bounds = KurboRect::new(0.0, 0.0, 1.0, 1.0);
            let settings = self.settings.clone();
            let mut context = Context::new(transform, bounds, &self.cache, page.xref(), settings);
            interpret_page(page, &mut context, &mut collector);
        }));
        if interpreted.is_err() {
            // A panic may have left a lock of the cache poisoned, which would fail every page after this one.
            self.cache = InterpreterCache::new();
        }
        let mut content =
            catch_unwind(AssertUnwindSafe(|| content(number, &mut collector))).unwrap_or(PageContent {
                number,
                failed: true,
                ..PageContent::default()
            });
        content.size = (width, height);
        content.failed |= interpreted.is_err();
        Some(content)
    }
}

fn content(number: u32, collected: &mut Collector) -> PageContent {
    let mut caps = collected.caps();
    let (pieces, kind) = match (
        collected.visible.list.is_empty(),
        collected.hidden.list.is_empty(),
    ) {
        (false, _) => (&mut collected.visible, TextKind::Visible),
        (true, false) => (&mut collected.hidden, TextKind::Hidden),
        (true, true) => (&mut collected.visible, TextKind::None),
    };
    let Pieces { list, .. } = std::mem::take(pieces);
    let Layout {
        lines, words, capped, ..
    } = lay_out(list);
    if capped {
        caps.push(Cap::Rows);
    }
    let kind = match kind {
        _ if lines.is_empty() => TextKind::None,
        _ if is_garbled(&lines, collected.glyphs_mapped, collected.glyphs_unmapped) => TextKind::Garbled,
        kind => kind,
    };
    PageContent {
        number,
        lines,
        words,
        rulings: std::mem::take(&mut collected.rulings.list),
        pictures: std::mem::take(&mut collected.pictures),
        kind,
        caps,
        ..PageContent::default()
    }
}
