//! PDFs, as a reader hands them on.

use std::io::{self, Write};

use docmill_documents::pdf::{PageText, Refusal, TextKind, TextRecord};
use docmill_documents::{Line, Page};

use super::*;

const MAGIC: &[u8] = b"%PDF-1.7\n";

/// What stands behind the magic of a prepared document.
#[derive(serde::Serialize, serde::Deserialize)]
enum Prepared {
    Refused(Refusal),
    /// A reader dies of a page that is none.
    Pages(Vec<Option<PageText>>),
}

/// Stands for the reader of PDFs.
pub(super) fn read_prepared(
    arguments: &[String],
    document: Vec<u8>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut write = |record: &TextRecord| writeln!(output, "{}", serde_json::to_string(record)?);
    let pages = match serde_json::from_slice(document.strip_prefix(MAGIC).unwrap())? {
        Prepared::Refused(refusal) => return write(&TextRecord::Refused(refusal)),
        Prepared::Pages(pages) => pages,
    };
    let count = u32::try_from(pages.len()).unwrap();
    assert_eq!(arguments[2], "1000");
    if count > 1_000 {
        return write(&TextRecord::Refused(Refusal::TooManyPages { pages: count }));
    }
    write(&TextRecord::Opened { pages: count })?;
    let first: usize = arguments[0].parse().unwrap();
    let last = arguments[1].parse().unwrap_or(pages.len());
    for page in pages.into_iter().take(last).skip(first - 1) {
        write(&TextRecord::Page(page.expect("a deadly page")))?;
    }
    write(&TextRecord::Done)
}

pub(super) fn prepared(pages: Vec<Option<PageText>>) -> Vec<u8> {
    [MAGIC, &serde_json::to_vec(&Prepared::Pages(pages)).unwrap()].concat()
}

pub(super) fn page(number: usize, lines: &[&str]) -> PageText {
    let line = |text: &&str| Line {
        text: (*text).to_owned(),
        reach_percent: 100,
        ..Line::default()
    };
    PageText {
        page: Page {
            number: u32::try_from(number).unwrap(),
            lines: lines.iter().map(line).collect(),
        },
        kind: if lines.is_empty() {
            TextKind::None
        } else {
            TextKind::Visible
        },
        ..PageText::default()
    }
}

pub(super) fn scan(number: usize) -> PageText {
    PageText {
        pictures: 1,
        ..page(number, &[])
    }
}

/// Words without digits, so that no two lines are taken for the same head.
pub(super) fn word(n: usize) -> String {
    n.to_string()
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'b'))
        .collect()
}

/// A book with a head and a number on every page, and a sentence over the end of each.
fn book(pages: usize) -> Vec<Option<PageText>> {
    (1..=pages)
        .map(|n| {
            let (end, begin) = (
                format!("{} du port. La nuit tombait.", word(n)),
                format!("Il vit la mer {}", word(n)),
            );
            let head = if n.is_multiple_of(2) {
                "Le vieux port"
            } else {
                "ROMAN"
            };
            Some(page(n, &[head, &end, &begin, &n.to_string()]))
        })
        .collect()
}

fn sentences(merged: &Merged) -> Vec<(String, u64)> {
    let found = document(merged);
    let rows = found["sentences"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row["original"].as_str().unwrap().to_owned(),
            row["page"].as_u64().unwrap(),
        )
    })
    .collect()
}

pub(super) fn codes(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.code.as_str()).collect()
}

fn failure(document: &[u8]) -> Notice {
    match plan(document, &Value::Null) {
        Outcome::Fail(notice) => notice,
        other => panic!("{other:?}"),
    }
}

#[test]
fn acceptance_17() {
    let planned = done(plan(&prepared(book(120)), &Value::Null));
    let labels: Vec<_> = planned.chunks.iter().map(|chunk| chunk.label.as_str()).collect();
    assert_eq!(labels, ["pages 1–40", "pages 41–80", "pages 81–120"]);
    for (chunk, (first, last)) in planned.chunks.iter().zip([(1, 42), (39, 82), (79, 120)]) {
        let input: ChunkInput<Vec<Paragraph>> = serde_json::from_slice(&chunk.input).unwrap();
        let read: Vec<u32> = input
            .paragraphs
            .iter()
            .flat_map(|paragraph| [paragraph.span().0, paragraph.span().1])
            .collect();
        assert!(read.iter().min() <= Some(&first) && read.iter().max() >= Some(&last));
    }
    // The engine shows `from` and its share of the way `to` for each chunk done.
    let stage = Novel::new().spec().stages.working();
    let percents = [1, 2, 3].map(|done| u32::from(stage.from) + u32::from(stage.to - stage.from) * done / 3);
    assert_eq!(percents, [35, 55, 75]);
}

#[test]
fn acceptance_18() {
    for (pages, chunks) in [(50, 1), (51, 2), (201, 7)] {
        let planned = done(plan(&prepared(book(pages)), &Value::Null));
        assert_eq!(planned.chunks.len(), chunks);
    }
}

#[test]
fn a_book_is_read_over_its_pages() {
    let document = prepared(book(60));
    let merged = run(&document, &Value::Null, &[]);
    let found = sentences(&merged);
    assert_eq!(found.len(), 1 + 60 + 60);
    assert_eq!(found[0], (format!("{} du port.", word(1)), 1));
    for n in 1..60 {
        assert_eq!(found[2 * n - 1], ("La nuit tombait.".to_owned(), n as u64));
        let over = format!("Il vit la mer {} {} du port.", word(n), word(n + 1));
        assert_eq!(found[2 * n], (over, n as u64));
    }
    assert!(merged.warnings.is_empty());
    assert_eq!(super::document(&merged)["source"]["pages"], 60);
    assert_eq!(merged, run(&document, &Value::Null, &[]));
}

#[test]
fn planning_shows_how_far_it_is() {
    let novel = Novel::new();
    let settings = novel.settings(None, &Value::Null).unwrap();
    let work = Noted::default();
    let document = prepared(book(3));
    let request = PlanRequest {
        job_id: job_id(),
        kind: None,
        settings: &settings,
        sources: &OneFile::new(&document),
    };
    done(block_on(novel.plan(request, &work)));
    assert_eq!(*work.reports.lock().unwrap(), [(1, 9)]);
}

#[test]
fn what_cannot_be_opened_fails_the_job() {
    let refused =
        |refusal| failure(&[MAGIC, &serde_json::to_vec(&Prepared::Refused(refusal)).unwrap()].concat());
    for (notice, code, message) in [
        (
            refused(Refusal::Damaged),
            "INVALID_PDF",
            "We could not open this PDF. It may be damaged.",
        ),
        (
            refused(Refusal::Encrypted),
            "PDF_ENCRYPTED",
            "This PDF is password-protected. Remove the password and try again.",
        ),
        (
            failure(&prepared(book(1_001))),
            "TOO_MANY_PAGES",
            "This PDF has 1001 pages; the limit is 1000.",
        ),
    ] {
        assert_eq!((notice.code.as_str(), notice.message.as_str()), (code, message));
    }
}

#[test]
fn a_document_without_text_fails() {
    let message = "Pages 1–3 contain no readable text (they may be scans).";
    let expected = Notice::new("NO_TEXT", message);
    assert_eq!(
        failure(&prepared((1..=3).map(|n| Some(scan(n))).collect())),
        expected
    );
    assert_eq!(
        failure(&prepared((1..=3).map(|n| Some(page(n, &[]))).collect())),
        expected
    );
}

#[test]
fn a_chunk_without_text_fails_alone() {
    let mut pages = book(120);
    for n in 41..=80 {
        pages[n - 1] = Some(if n == 50 { page(n, &[]) } else { scan(n) });
    }
    let document = prepared(pages);
    let merged = run(&document, &Value::Null, &[]);
    let found = super::document(&merged);
    assert_eq!(
        found["failed_chunks"],
        json!([{"chunk": 1, "pages": [41, 80], "error_code": "NO_TEXT",
                "message": "Pages 41–80 contain no readable text (they may be scans)."}])
    );
    assert_eq!(codes(&merged.warnings), ["PARTS_MISSING"]);
    assert_eq!(done(plan(&document, &Value::Null)).warnings, []);
    assert!(
        sentences(&merged)
            .iter()
            .all(|(_, page)| !(41..=80).contains(page))
    );
    // Nothing is made up of what stands before and behind.
    assert!(sentences(&merged).contains(&(format!("Il vit la mer {}", word(40)), 40)));
}

#[test]
fn pages_without_text_among_others_are_named() {
    let mut pages = book(20);
    for n in [3, 4, 5, 9] {
        pages[n - 1] = Some(scan(n));
    }
    pages[10] = Some(page(11, &[]));
    let merged = run(&prepared(pages), &Value::Null, &[]);
    let found = super::document(&merged);
    assert_eq!(
        found["warnings"],
        json!([{"code": "NO_TEXT", "message": "Pages 3–5, 9 contain no readable text (they may be scans)."}])
    );
    // A sentence runs over a blank page.
    assert!(sentences(&merged).contains(&(format!("Il vit la mer {} {} du port.", word(10), word(12)), 10)));
}

#[test]
fn a_page_that_kills_its_reader_is_lost_alone() {
    let mut pages = book(9);
    pages[6] = None;
    let merged = run(&prepared(pages), &Value::Null, &[]);
    assert_eq!(
        super::document(&merged)["warnings"],
        json!([{"code": "PAGES_LOST", "message": "Page 7 could not be read, or not to its end; text is missing."}])
    );
    assert_eq!(sentences(&merged).iter().map(|(_, page)| *page).max(), Some(9));
}

#[test]
fn foreign_text_and_hidden_text_are_warned_of() {
    let english = "The quick brown fox jumps over the lazy dog near that big river every single day.";
    let hidden = PageText {
        kind: TextKind::Hidden,
        ..page(1, &[english])
    };
    let planned = done(plan(&prepared(vec![Some(hidden)]), &Value::Null));
    assert_eq!(codes(&planned.warnings), ["SCAN_TEXT", "NOT_FRENCH"]);
}
