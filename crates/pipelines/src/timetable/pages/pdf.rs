//! Pages of PDFs: their text with its places, or their pictures.

use bytes::Bytes;
use docmill_core::pipeline::Work;
use docmill_core::ports::FileDetail;
use docmill_core::reader::PagePicture;
use docmill_documents::pdf::PageContent;
use docmill_documents::picture::Leveling;
use docmill_documents::tables::{SeenTables, TableRuling, TableWord};

use super::{Page, PageSource, ask_reader, broken, fail, paper, picture, stage};
use crate::halt::Halt;
use crate::pdf::{CONTENT, DPI, Reading, Shown, draw, is_scan, read_text};
use crate::timetable::kind::{FileKind, MAX_PDF_PAGES};
use crate::timetable::model::Signals;
use crate::timetable::notices;
use crate::timetable::rules::Content;
use crate::timetable::settings::{Engine, Settings};

/// A page with fewer characters of text is hard to read (V8).
const FEW_CHARACTERS: u32 = 100;
/// Dots an inch in which rulings are looked for that a file has no lines for: fills that meet.
const RULINGS_DPI: u32 = 150;

/// The pages of a document.
pub(in super::super) struct Pages {
    pub(in super::super) sources: Vec<PageSource>,
    /// Pages that could not be read.
    pub(in super::super) lost: Vec<u32>,
}

/// Looks what the pages of a document are.
pub(in super::super) async fn pages(
    file: &FileDetail,
    bytes: &Bytes,
    work: &dyn Work,
) -> Result<Pages, Halt> {
    let shown = Shown {
        stage: stage::LOADING,
        from: 5,
        to: 9,
    };
    let text = match Halt::unless_done(read_text(bytes, MAX_PDF_PAGES, shown, work).await)? {
        Reading::Text(text) => text,
        Reading::Refused(refusal) => return fail(notices::refused(refusal)),
    };
    let sources = text.read.iter().map(|(number, page)| {
        let characters = page.page.lines.iter().map(|line| line.text.chars().count());
        // Hidden text is what some program read of a scan; this one reads it itself, with the places of its words.
        let is_hidden = page.kind == docmill_documents::pdf::TextKind::Hidden;
        PageSource {
            file: file.clone(),
            kind: FileKind::Pdf,
            page: *number,
            is_scan: work.reads_pictures() && (is_scan(page) || is_hidden),
            characters: u32::try_from(characters.sum::<usize>()).unwrap_or(u32::MAX),
        }
    });
    let sources: Vec<PageSource> = sources.collect();
    let lost = text.lost.keys().copied().collect();
    if sources.is_empty() {
        return fail(notices::corrupt(None));
    }
    Ok(Pages { sources, lost })
}

/// Reads a page.
pub(super) async fn read(
    source: &PageSource,
    bytes: &Bytes,
    settings: &Settings,
    work: &dyn Work,
) -> Result<Page, Halt> {
    if source.is_scan {
        return scan(source, bytes, settings, work).await;
    }
    let mut page = text(source, bytes, work).await?;
    let mut drawable = Drawable {
        document: bytes.clone(),
        page: source.page,
        drawn: None,
    };
    if settings.engine != Engine::Rules && !work.tiers().is_empty() {
        drawable.drawn = drawable.draw(work).await?;
        if let Some(picture) = &drawable.drawn {
            page.copy = picture::copy_of(picture, settings, work).await?;
        }
    }
    page.drawable = Some(drawable);
    Ok(page)
}

/// A page of text as it can be drawn.
#[derive(Clone, Debug)]
pub(super) struct Drawable {
    document: Bytes,
    page: u32,
    /// Where somebody has drawn it.
    drawn: Option<PagePicture>,
}

impl Drawable {
    async fn draw(&self, work: &dyn Work) -> Result<Option<PagePicture>, Halt> {
        draw(&self.document, self.page, MAX_PDF_PAGES, RULINGS_DPI, work).await
    }

    /// The rulings and the colours of its picture; none where it cannot be drawn.
    pub(super) async fn seen(mut self, work: &dyn Work) -> Result<SeenTables, Halt> {
        let drawn = match self.drawn.take() {
            Some(drawn) => Some(drawn),
            None => self.draw(work).await?,
        };
        match drawn {
            Some(picture) => {
                let leveling = Leveling::of_text(picture.width, picture.height, 0.0);
                paper::seen(&picture, leveling, work).await
            }
            None => Ok(SeenTables::default()),
        }
    }
}

async fn scan(
    source: &PageSource,
    bytes: &Bytes,
    settings: &Settings,
    work: &dyn Work,
) -> Result<Page, Halt> {
    let drawn = draw(bytes, source.page, MAX_PDF_PAGES, DPI, work).await?;
    let Some(picture) = drawn else {
        return fail(notices::corrupt(None));
    };
    let mut page = paper::read(&picture, work).await?;
    page.signals.low_quality |= source.characters < FEW_CHARACTERS;
    page.copy = picture::copy_of(&picture, settings, work).await?;
    Ok(page)
}

async fn text(source: &PageSource, bytes: &Bytes, work: &dyn Work) -> Result<Page, Halt> {
    work.report_part(stage::STRUCTURE, 24).await;
    let arguments = [source.page, MAX_PDF_PAGES].map(|number| number.to_string());
    let output = ask_reader(CONTENT, arguments.to_vec(), bytes.clone(), work).await?;
    let Some(output) = output.filter(|output| !output.is_empty()) else {
        return fail(notices::corrupt(None));
    };
    let read: PageContent = match serde_json::from_slice(&output) {
        Ok(read) => read,
        Err(error) => return broken("page of a PDF", &error),
    };
    let content = Content {
        words: TableWord::of_page(&read),
        rulings: TableRuling::of_page(&read),
        aspect: read.size.0 / read.size.1.max(1.0),
        ..Content::default()
    };
    Ok(Page {
        contents: vec![content],
        signals: Signals {
            low_quality: source.characters < FEW_CHARACTERS,
            ..Signals::default()
        },
        confidence: 1.0,
        ..Page::default()
    })
}
