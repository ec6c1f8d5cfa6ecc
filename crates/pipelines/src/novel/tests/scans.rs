//! Pages that are pictures, with and without somebody who reads them.

use std::io::{self, Write};

use async_trait::async_trait;
use docmill_core::pipeline::ReadError;
use docmill_core::reader::{PagePicture, ReadFailure, ReadPage, ReadWord};
use docmill_documents::picture::{Raster, Rows};

use super::pdf::{codes, page, prepared, scan, word};
use super::*;

/// Stands for the drawer: a picture as wide as the page's number. It dies of page 5.
pub(super) fn draw_prepared(
    arguments: &[String],
    document: Vec<u8>,
    output: &mut dyn Write,
) -> io::Result<()> {
    assert!(document.starts_with(b"%PDF-"));
    assert_eq!(arguments[1..], ["1000", "300", "10000000"]);
    let number: u32 = arguments[0].parse().unwrap();
    assert_ne!(number, 5, "a deadly page");
    let raster = Raster::of_gray(number, 1, &vec![255; number as usize]).unwrap();
    Rows::write(&raster, output)
}

/// Sees a sentence on every page, and nothing on page 6; keeps the file that it is asked for.
struct Seeing {
    noted: Noted,
    document: Bytes,
    failure: Option<ReadFailure>,
}

impl Seeing {
    fn new(document: &[u8]) -> Self {
        Self {
            noted: Noted::default(),
            document: Bytes::from(document.to_vec()),
            failure: None,
        }
    }
}

#[async_trait]
impl Work for Seeing {
    async fn report(&self, index: usize, percent: u8) {
        self.noted.report(index, percent).await;
    }

    fn checkpoint(&self) -> Result<(), Stop> {
        self.noted.checkpoint()
    }

    fn request_id(&self, call: &str) -> String {
        call.to_owned()
    }

    fn sandbox(&self) -> &dyn Sandbox {
        self.noted.sandbox()
    }

    fn is_last_try(&self) -> bool {
        true
    }

    async fn source(&self, index: usize, file: &FileDetail, limit: u64) -> Outcome<Bytes> {
        assert_eq!((index, file.name.as_str()), (0, "La maison.pdf"));
        assert!(limit >= self.document.len() as u64);
        Outcome::Done(self.document.clone())
    }

    fn reads_pictures(&self) -> bool {
        true
    }

    async fn read_picture(&self, page: &PagePicture) -> Result<ReadPage, ReadError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone().into());
        }
        let text = match page.width {
            6 => String::new(),
            number => format!("La mer est calme devant le {}.", word(number as usize)),
        };
        let words = text.split_whitespace().enumerate().map(|(n, word)| {
            let (left, right) = (n as f32 * 100.0, n as f32 * 100.0 + 80.0);
            ReadWord {
                text: word.to_owned(),
                corners: [(left, 50.0), (right, 50.0), (right, 70.0), (left, 70.0)],
                confidence: 0.9,
            }
        });
        Ok(ReadPage {
            words: words.collect(),
        })
    }
}

/// Nine pages, all but the second of them scans.
fn document() -> Vec<u8> {
    let pages = (1..=9).map(|n| {
        Some(if n == 2 {
            page(n, &["Il dort dans la maison."])
        } else {
            scan(n)
        })
    });
    prepared(pages.collect())
}

fn planned(document: &[u8], work: &dyn Work) -> Outcome<Planned> {
    let novel = Novel::new();
    let settings = novel.settings(None, &Value::Null).unwrap();
    let source = OneFile::new(document);
    let request = PlanRequest {
        job_id: job_id(),
        kind: None,
        settings: &settings,
        sources: &source,
    };
    block_on(novel.plan(request, work))
}

fn messages(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.message.as_str()).collect()
}

#[test]
fn scanned_pages_are_read_by_their_chunk_and_said_to_be() {
    let document = document();
    let work = Seeing::new(&document);
    let planned = done(planned(&document, &work));
    assert_eq!(
        messages(&planned.warnings),
        ["Pages 1, 3–9 are scans with the text that a program read from them; it may have mistakes."]
    );
    let output = block_on(Novel::new().process(planned.chunks[0].input.clone(), &work));
    let output: ChunkOutput = serde_json::from_slice(&done(output)).unwrap();
    let read: Vec<(u32, &str)> = output
        .sources
        .iter()
        .map(|source| (source.page, source.original.as_str()))
        .collect();
    let seen = |n: usize| format!("La mer est calme devant le {}.", word(n));
    assert_eq!(read[..2], [(1, seen(1).as_str()), (2, "Il dort dans la maison.")]);
    assert_eq!(read.last(), Some(&(9, seen(9).as_str())));
    assert_eq!(read.len(), 7, "all but the fifth and the sixth");
    assert_eq!(output.lost, [5]);
}

#[test]
fn many_scans_make_small_chunks() {
    let document = prepared((1..=30).map(|n| Some(scan(n))).collect());
    let work = Seeing::new(&document);
    let planned = done(planned(&document, &work));
    let labels: Vec<&str> = planned.chunks.iter().map(|chunk| chunk.label.as_str()).collect();
    assert_eq!(labels, ["pages 1–8", "pages 9–16", "pages 17–24", "pages 25–30"]);
    let input: ChunkInput<Vec<Paragraph>> = serde_json::from_slice(&planned.chunks[1].input).unwrap();
    let scans: Vec<u32> = input.scanned.unwrap().scans.into_iter().collect();
    assert_eq!(
        scans,
        (7..=18).collect::<Vec<_>>(),
        "with two pages on either side"
    );
}

#[test]
fn pages_on_which_nothing_can_be_read_fail_their_chunk() {
    let document = prepared(vec![Some(scan(1))]);
    let work = Seeing::new(&document);
    let mut planned = done(planned(&document, &work));
    let mut input: Value = serde_json::from_slice(&planned.chunks.remove(0).input).unwrap();
    // The sixth page of a document, alone.
    input["scanned"]["scans"] = json!([6]);
    let input = Bytes::from(input.to_string());
    match block_on(Novel::new().process(input, &work)) {
        Outcome::Fail(notice) => assert_eq!(notice.code, "NO_TEXT"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reader_that_is_away_is_tried_again() {
    let document = document();
    let work = Seeing {
        failure: Some(ReadFailure::Unavailable("away".to_owned())),
        ..Seeing::new(&document)
    };
    let planned = done(planned(&document, &work));
    let output = block_on(Novel::new().process(planned.chunks[0].input.clone(), &work));
    assert!(matches!(output, Outcome::Retry { code, .. } if code == "READER_UNAVAILABLE"));
}

#[test]
fn without_a_reader_scans_are_named_as_before() {
    let document = document();
    let planned = done(planned(&document, &Noted::default()));
    assert_eq!(codes(&planned.warnings), ["NO_TEXT"]);
    let input: ChunkInput<Vec<Paragraph>> = serde_json::from_slice(&planned.chunks[0].input).unwrap();
    assert_eq!(input.scanned, None);
}
