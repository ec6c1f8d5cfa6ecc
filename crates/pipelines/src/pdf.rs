//! The text of a PDF, read outside the process: what is asked of the readers, and what is done when one dies.
//!
//! A reader writes page after page, so what it wrote before its end is kept. The page it died on is passed over, and
//! a fresh reader goes on behind it. Pages that were passed over by a reader which had read others before, and pages
//! that a reader gave up (near its limit on memory single pages fail), are read once more by a fresh one. All of that
//! within [`MAX_READERS`] and [`LAST_START`]; whatever is not read then is lost, and named.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use docmill_core::pipeline::{Outcome, Stop, Work};
use docmill_core::sandbox::{SandboxAnswer, SandboxEnd, SandboxTask};
use docmill_documents::pdf::{PageText, Refusal, TextRecord};

mod scans;

pub(crate) use scans::{DPI, DRAWER, draw, is_scan, read, read_scan, scanned};

/// Name of the reader.
pub(crate) const READER: &str = "pdf-text";
/// Name of the reader of one page with its places.
pub(crate) const CONTENT: &str = "pdf-content";

/// Most readers for one document: a document that kills more is not worth the time of the others that wait.
const MAX_READERS: usize = 4;
/// No reader is started later than this: with the time that one may take, a document is read in about a minute.
const LAST_START: Duration = Duration::from_secs(30);
/// Pages to be read again are asked for in one go if no more than this many others lie between them.
const JOINED_GAP: u32 = 8;

/// What came of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Some of its pages, or all.
    Text(PdfText),
    /// Nothing of it can be read.
    Refused(Refusal),
}

/// The text of a document. Every page is either among the read or among the lost ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PdfText {
    /// Pages of the document, at least 1.
    pub(crate) pages: u32,
    /// The pages that were read, by number; [failed](PageText::failed) ones among them.
    pub(crate) read: BTreeMap<u32, PageText>,
    /// The pages of which there is nothing, and why.
    pub(crate) lost: BTreeMap<u32, Loss>,
}

/// Why there is nothing of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// A reader ended on it.
    Died(SandboxEnd),
    /// A reader went on behind it without a word.
    PassedOver,
    /// It was not reached within the limits on readers and time.
    NotReached,
}

/// Where progress is shown: a stage of the pipeline's table, and the percentages from its start to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Position in the stage table.
    pub(crate) stage: usize,
    /// At its start.
    pub(crate) from: u8,
    /// At its end.
    pub(crate) to: u8,
}

impl Shown {
    fn percent(self, part: usize, whole: u32) -> u8 {
        let span = u64::from(self.to.saturating_sub(self.from));
        let done = span.saturating_mul(part as u64) / u64::from(whole.max(1));
        self.from
            .saturating_add(u8::try_from(done.min(span)).unwrap_or(0))
    }
}

/// Reads the text of a document of at most `max_pages`.
///
/// Fails over no document; `Retry` says that no reader could be run.
pub(crate) async fn read_text(
    document: &Bytes,
    max_pages: u32,
    shown: Shown,
    work: &dyn Work,
) -> Outcome<Reading> {
    let began = Instant::now();
    read_within(document, max_pages, shown, work, || began.elapsed()).await
}

async fn read_within(
    document: &Bytes,
    max_pages: u32,
    shown: Shown,
    work: &dyn Work,
    elapsed: impl Fn() -> Duration + Send + Sync,
) -> Outcome<Reading> {
    let mut progress = Progress::default();
    for reader in 0..MAX_READERS {
        let Some(wanted) = progress.next() else { break };
        if work.checkpoint() == Err(Stop) {
            return Outcome::Cancelled;
        }
        if reader > 0 && elapsed() > LAST_START {
            break;
        }
        let task = SandboxTask {
            reader: READER,
            arguments: wanted.arguments(max_pages),
            document: document.clone(),
        };
        let answer = match work.sandbox().read(task).await {
            Ok(answer) => answer,
            Err(error) => return error.into(),
        };
        let found = Found::of(&answer, wanted, max_pages, progress.text.pages);
        if let Some(refusal) = found.refusal.filter(|_| progress.text.pages == 0) {
            return Outcome::Done(Reading::Refused(refusal));
        }
        tracing::info!(reader, ?wanted, pages = found.texts.len(), end = ?found.end, "a reader ended");
        progress.add(wanted, found);
        let text = &progress.text;
        work.report(shown.stage, shown.percent(text.read.len(), text.pages))
            .await;
    }
    Outcome::Done(progress.finish())
}

/// Pages that a reader is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    first: u32,
    /// The document's last page where there is none.
    last: Option<u32>,
    /// They are asked for again.
    again: bool,
}

impl Wanted {
    fn arguments(self, max_pages: u32) -> Vec<String> {
        let last = self.last.map_or_else(|| "-".to_owned(), |last| last.to_string());
        vec![self.first.to_string(), last, max_pages.to_string()]
    }
}

/// How far the reading has come.
#[derive(Default)]
struct Progress {
    text: PdfText,
    /// The page behind all that were asked for; 0 before the first reader.
    next: u32,
    /// Pages to be read once more, in order.
    again: Vec<u32>,
}

impl Progress {
    fn next(&mut self) -> Option<Wanted> {
        if self.next == 0 {
            return Some(Wanted {
                first: 1,
                last: None,
                again: false,
            });
        }
        if self.text.pages == 0 {
            return None;
        }
        if self.next <= self.text.pages {
            return Some(Wanted {
                first: self.next,
                last: None,
                again: false,
            });
        }
        let first = *self.again.first()?;
        let run = self
            .again
            .windows(2)
            .take_while(|pair| pair[1] - pair[0] <= JOINED_GAP + 1);
        let last = run.last().map_or(first, |pair| pair[1]);
        self.again.retain(|page| *page > last);
        Some(Wanted {
            first,
            last: Some(last),
            again: true,
        })
    }

    fn add(&mut self, wanted: Wanted, found: Found) {
        if self.text.pages == 0 {
            self.text.pages = found.pages;
        }
        let end = wanted.last.unwrap_or(self.text.pages).min(self.text.pages);
        let read_before = !found.texts.is_empty();
        let reached = found
            .texts
            .last()
            .map_or(wanted.first, |text| text.page.number + 1);
        for text in found.texts {
            self.add_page(text, wanted.again);
        }
        let passed_over = match found.end {
            SandboxEnd::Finished => end.saturating_add(1),
            _ => reached,
        };
        for page in wanted.first..passed_over {
            self.lose(page, Loss::PassedOver);
        }
        if found.end != SandboxEnd::Finished && reached <= end {
            self.lose(reached, Loss::Died(found.end));
            // It may have died of what the pages before it had cost.
            if read_before && !wanted.again {
                self.again.push(reached);
            }
        }
        if !wanted.again {
            self.next = passed_over.saturating_add(1);
        }
        self.again.sort_unstable();
    }

    fn add_page(&mut self, text: PageText, again: bool) {
        let page = text.page.number;
        if text.failed && !again {
            self.again.push(page);
        }
        let is_better = self
            .text
            .read
            .get(&page)
            .is_none_or(|old| old.failed && !text.failed);
        if is_better {
            self.text.lost.remove(&page);
            self.text.read.insert(page, text);
        }
    }

    fn lose(&mut self, page: u32, loss: Loss) {
        if !self.text.read.contains_key(&page) {
            self.text.lost.insert(page, loss);
        }
    }

    fn finish(mut self) -> Reading {
        if self.text.pages == 0 {
            return Reading::Refused(Refusal::Damaged);
        }
        for page in self.next..=self.text.pages {
            self.lose(page, Loss::NotReached);
        }
        Reading::Text(self.text)
    }
}

/// What a reader wrote, as far as it makes sense.
struct Found {
    /// Pages of the document; 0 where it does not say.
    pages: u32,
    refusal: Option<Refusal>,
    /// With rising numbers.
    texts: Vec<PageText>,
    /// `Finished` only if it also says so itself.
    end: SandboxEnd,
}

impl Found {
    /// Takes no word for granted: a document may have talked the reader into anything. `known` are the document's
    /// pages as an earlier reader counted them, or 0.
    fn of(answer: &SandboxAnswer, wanted: Wanted, max_pages: u32, known: u32) -> Self {
        let mut found = Self {
            pages: 0,
            refusal: None,
            texts: Vec::new(),
            end: match answer.end {
                SandboxEnd::Finished => SandboxEnd::Crashed,
                end => end,
            },
        };
        // What stands behind the last LF was cut off.
        let lines = answer.output.split_inclusive(|byte| *byte == b'\n');
        for line in lines.filter(|line| line.ends_with(b"\n")) {
            let Ok(record) = serde_json::from_slice::<TextRecord>(line) else {
                tracing::warn!(bytes = line.len(), "a reader wrote what is no record");
                break;
            };
            match record {
                TextRecord::Opened { pages: 0 } => found.refusal = Some(Refusal::Damaged),
                TextRecord::Opened { pages } if pages > max_pages => {
                    found.refusal = Some(Refusal::TooManyPages { pages });
                }
                TextRecord::Opened { pages } if found.pages == 0 && (known == 0 || known == pages) => {
                    found.pages = pages;
                    continue;
                }
                TextRecord::Refused(refusal) => found.refusal = Some(refusal),
                TextRecord::Page(text) if found.expects(&text, wanted) => {
                    found.texts.push(text);
                    continue;
                }
                TextRecord::Done if found.pages > 0 && answer.end == SandboxEnd::Finished => {
                    found.end = SandboxEnd::Finished;
                }
                TextRecord::Opened { .. } | TextRecord::Page(_) | TextRecord::Done => {
                    tracing::warn!("a reader wrote records that make no sense");
                }
            }
            break;
        }
        // Pages that were read are kept, whatever was said behind them.
        found.refusal = found.refusal.filter(|_| found.texts.is_empty());
        found
    }

    fn expects(&self, text: &PageText, wanted: Wanted) -> bool {
        let number = text.page.number;
        let least = self
            .texts
            .last()
            .map_or(wanted.first, |last| last.page.number + 1);
        let most = wanted.last.unwrap_or(self.pages).min(self.pages);
        (least..=most).contains(&number)
    }
}

#[cfg(test)]
mod tests;
