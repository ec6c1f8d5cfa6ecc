//! The pipeline as the engine drives it.

mod pdf;
mod scans;

use std::sync::Mutex;

use docmill_core::ids::JobId;
use docmill_core::job::Notice;
use docmill_core::pipeline::Sources;
use docmill_core::pipeline::Stop;
use docmill_core::ports::FileDetail;
use docmill_core::sandbox::{NamedReader, Sandbox};
use docmill_core::view::FailedChunk;
use docmill_memory::InProcess;
use futures::executor::block_on;
use futures::stream;
use serde_json::json;

use super::*;

/// One file.
struct OneFile {
    files: [FileDetail; 1],
    bytes: Bytes,
}

impl OneFile {
    fn new(bytes: &[u8]) -> Self {
        let is_pdf = bytes.starts_with(b"%PDF-1.7");
        let (name, content_type) = match is_pdf {
            true => ("La maison.pdf", "application/pdf"),
            false => ("La maison.txt", "text/plain"),
        };
        let file = FileDetail {
            name: name.to_owned(),
            size: bytes.len() as u64,
            content_type: content_type.to_owned(),
            sha256: Some("ab".repeat(32)),
            ..FileDetail::default()
        };
        Self {
            files: [file],
            bytes: Bytes::copy_from_slice(bytes),
        }
    }
}

#[async_trait]
impl Sources for OneFile {
    fn files(&self) -> &[FileDetail] {
        &self.files
    }

    async fn read(&self, _index: usize, _limit: u64) -> Outcome<Bytes> {
        Outcome::Done(self.bytes.clone())
    }
}

/// Notes what is reported, and stops when told to.
struct Noted {
    reports: Mutex<Vec<(usize, u8)>>,
    stop: bool,
    sandbox: InProcess,
}

impl Default for Noted {
    fn default() -> Self {
        let readers = vec![
            NamedReader {
                name: "pdf-text",
                read: pdf::read_prepared,
            },
            NamedReader {
                name: "pdf-draw",
                read: scans::draw_prepared,
            },
        ];
        Self {
            reports: Mutex::default(),
            stop: false,
            sandbox: InProcess::new(readers),
        }
    }
}

#[async_trait]
impl Work for Noted {
    async fn report(&self, index: usize, percent: u8) {
        self.reports.lock().unwrap().push((index, percent));
    }

    fn checkpoint(&self) -> Result<(), Stop> {
        if self.stop { Err(Stop) } else { Ok(()) }
    }

    fn request_id(&self, call: &str) -> String {
        call.to_owned()
    }

    fn sandbox(&self) -> &dyn Sandbox {
        &self.sandbox
    }

    fn is_last_try(&self) -> bool {
        true
    }

    async fn source(&self, _index: usize, _file: &FileDetail, _limit: u64) -> Outcome<Bytes> {
        panic!("nothing is read again")
    }
}

fn done<T: std::fmt::Debug>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(value) => value,
        other => panic!("{other:?}"),
    }
}

fn plan(text: &[u8], settings: &Value) -> Outcome<Planned> {
    let novel = Novel::new();
    let settings = novel.settings(None, settings).unwrap();
    let request = PlanRequest {
        job_id: job_id(),
        kind: None,
        settings: &settings,
        sources: &OneFile::new(text),
    };
    block_on(novel.plan(request, &Noted::default()))
}

fn job_id() -> JobId {
    "01938d2e-7c00-7000-8000-000000000001".parse().unwrap()
}

/// Runs everything; chunks in `failing` count as failed, besides those that fail.
fn run(text: &[u8], settings: &Value, failing: &[u32]) -> Merged {
    let novel = Novel::new();
    let planned = done(plan(text, settings));
    let settings = novel.settings(None, settings).unwrap();
    let work = Noted::default();
    let mut outputs = Vec::new();
    let mut failed = Vec::new();
    for (chunk, planned) in (0..).zip(&planned.chunks) {
        let outcome = if failing.contains(&chunk) {
            Outcome::fail("WORKER_DIED", "It died.")
        } else {
            block_on(novel.process(planned.input.clone(), &work))
        };
        match outcome {
            Outcome::Fail(Notice { code, message }) => failed.push(FailedChunk {
                chunk,
                label: planned.label.clone(),
                code,
                message,
                attempts: 1,
            }),
            outcome => outputs.push(Ok((chunk, done(outcome)))),
        }
    }
    let request = MergeRequest {
        job_id: job_id(),
        kind: None,
        settings: &settings,
        summary: &planned.summary,
        files: &OneFile::new(text).files,
        failed,
        outputs: stream::iter(outputs).boxed(),
    };
    done(block_on(novel.merge(request, &work)))
}

fn file<'m>(merged: &'m Merged, format: &str, part: u32) -> &'m [u8] {
    let file = merged
        .files
        .iter()
        .find(|file| file.format == format && file.part == part);
    &file.unwrap().bytes
}

fn document(merged: &Merged) -> Value {
    serde_json::from_slice(file(merged, "json", 1)).unwrap()
}

/// A text of `paragraphs` paragraphs, a page each.
fn long_text(paragraphs: usize) -> String {
    let line = "Le vent soufflait sur le port et la mer montait lentement vers les maisons.\n";
    (0..paragraphs)
        .map(|n| format!("{}Fin {n}.\n\n", line.repeat(40)))
        .collect()
}

#[test]
fn the_result_document_is_whole() {
    let text = "CHAPITRE I\n\nIl entra dans la cuisine et s'assit près du feu.\n\n— Oui.\n";
    let found = document(&run(text.as_bytes(), &Value::Null, &[]));
    assert_eq!(
        found,
        json!({
            "schema": "novel/1",
            "job_id": job_id().to_string(),
            "source": {"filename": "La maison.txt", "pages": 1, "sha256": "ab".repeat(32)},
            "settings": {
                "sentence_length_limit": 8, "min_sentence_length": 2, "ignore_dialogue": false,
                "preserve_formatting": true, "fix_hyphenation": true, "engine": "auto",
                "model_preference": "speed", "on_overlong": "cut", "include_headings": false,
            },
            "engine": "rules",
            "sentences": [
                {"index": 1, "text": "Il entra dans la cuisine.",
                 "original": "Il entra dans la cuisine et s'assit près du feu.", "original_index": 1, "page": 1,
                 "words": 5, "method": "rules", "flags": []},
                {"index": 2, "text": "Il s'assit près du feu.",
                 "original": "Il entra dans la cuisine et s'assit près du feu.", "original_index": 1, "page": 1,
                 "words": 5, "method": "rules", "flags": ["pronoun_copied"]},
                {"index": 3, "text": "— Oui.", "original": "— Oui.", "original_index": 2, "page": 1,
                 "words": 1, "method": "unchanged", "flags": ["dialogue"]},
            ],
            "stats": {
                "source_sentences": 2, "output_sentences": 3, "avg_words": "3.67", "max_words": 5, "fragments": 0,
                "fragment_rate_pct": "0.0", "over_limit": 0, "tokens_in": 0, "tokens_out": 0,
            },
            "failed_chunks": [],
            "warnings": [],
        })
    );
}

#[test]
fn every_format_comes_with_the_result() {
    let merged = run("Il dort. La mer monte.".as_bytes(), &Value::Null, &[]);
    assert_eq!(file(&merged, "txt", 1), "Il dort.\nLa mer monte.\n".as_bytes());
    assert_eq!(
        file(&merged, "csv", 1),
        "\u{feff}Index,Sentence\r\n1,Il dort.\r\n2,La mer monte.\r\n".as_bytes()
    );
    assert!(file(&merged, "xlsx", 1).starts_with(b"PK"));
    let novel = Novel::new();
    for made in &merged.files {
        assert!(
            novel
                .spec()
                .formats
                .iter()
                .any(|format| format.name == made.format)
        );
    }
}

#[test]
fn more_rows_than_a_file_holds_come_in_parts() {
    let merged = run("Il dort.\n\n".repeat(10_001).as_bytes(), &Value::Null, &[]);
    let second = std::str::from_utf8(file(&merged, "csv", 2)).unwrap();
    assert_eq!(second, "\u{feff}Index,Sentence\r\n10001,Il dort.\r\n");
    assert_eq!(
        merged.files.iter().filter(|file| file.format == "json").count(),
        1
    );
    assert_eq!(
        merged.files.iter().filter(|file| file.format == "xlsx").count(),
        2
    );
}

#[test]
fn a_text_without_sentences_has_an_empty_result() {
    let merged = run("CHAPITRE PREMIER\n".as_bytes(), &Value::Null, &[]);
    assert_eq!(document(&merged)["sentences"], json!([]));
    assert_eq!(file(&merged, "csv", 1), "\u{feff}Index,Sentence\r\n".as_bytes());
}

#[test]
fn a_long_text_is_shared_out_and_the_parts_fit() {
    let text = long_text(120);
    let planned = done(plan(text.as_bytes(), &Value::Null));
    let labels: Vec<_> = planned.chunks.iter().map(|chunk| chunk.label.as_str()).collect();
    assert_eq!(labels, ["pages 1–40", "pages 41–80", "pages 81–120"]);
    let merged = run(text.as_bytes(), &Value::Null, &[]);
    let found = document(&merged);
    assert_eq!(found["stats"]["source_sentences"], 120 * 41);
    assert_eq!(
        found["sentences"].as_array().unwrap().last().unwrap()["page"],
        120
    );
    assert_eq!(merged, run(text.as_bytes(), &Value::Null, &[]));
}

#[test]
fn a_failed_chunk_is_named_with_its_pages() {
    let text = long_text(120);
    let merged = run(text.as_bytes(), &Value::Null, &[1]);
    let found = document(&merged);
    assert_eq!(
        found["failed_chunks"],
        json!([{"chunk": 1, "pages": [41, 80], "error_code": "WORKER_DIED", "message": "It died."}])
    );
    assert_eq!(found["stats"]["source_sentences"], 80 * 41);
    let warning = Notice::new(
        "PARTS_MISSING",
        "Parts are missing from this result: pages 41–80 could not be processed.",
    );
    assert_eq!(found["warnings"], json!([warning]));
    assert_eq!(merged.warnings, [warning]);
}

#[test]
fn a_foreign_or_damaged_text_is_warned_of() {
    let english = "The quick brown fox jumps over the lazy dog near that big river every single day.";
    let planned = done(plan(english.as_bytes(), &Value::Null));
    let expected = Notice::new(
        "NOT_FRENCH",
        "This text does not look French; results may be poor.",
    );
    assert_eq!(planned.warnings, [expected]);
    assert_eq!(
        document(&run(english.as_bytes(), &Value::Null, &[]))["warnings"][0]["code"],
        "NOT_FRENCH"
    );
    let damaged = [b"\xc3\x89t\xc3\xa9 \xc3", "Il était là et il dort.".as_bytes()].concat();
    assert_eq!(
        done(plan(&damaged, &Value::Null)).warnings[0].code,
        "UNREADABLE_CHARACTERS"
    );
}

#[test]
fn what_is_no_text_fails_the_job() {
    let failed = |text: &[u8]| match plan(text, &Value::Null) {
        Outcome::Fail(notice) => (notice.code, notice.message),
        other => panic!("{other:?}"),
    };
    let no_text = "Pages 1–1 contain no readable text (they may be scans).";
    assert_eq!(failed(b"\n * * * \n"), ("NO_TEXT".to_owned(), no_text.to_owned()));
    assert_eq!(failed(b"ab\0").0, "FILE_TYPE");
    assert_eq!(failed(b"%PDF-1.4 un deux").0, "FILE_TYPE");
}

#[test]
fn a_stop_is_obeyed() {
    let novel = Novel::new();
    let stopped = Noted {
        stop: true,
        ..Noted::default()
    };
    assert_eq!(
        block_on(novel.process(Bytes::new(), &stopped)),
        Outcome::Cancelled
    );
    let undecodable = block_on(novel.process(Bytes::from_static(b"?"), &Noted::default()));
    assert!(matches!(undecodable, Outcome::Fail(notice) if notice.code == "INTERNAL_ERROR"));
}

#[test]
fn planning_leaves_the_stages_to_the_engine() {
    let novel = Novel::new();
    let settings = novel.settings(None, &Value::Null).unwrap();
    let work = Noted::default();
    let request = PlanRequest {
        job_id: job_id(),
        kind: None,
        settings: &settings,
        sources: &OneFile::new(b"Il dort."),
    };
    done(block_on(novel.plan(request, &work)));
    assert!(
        work.reports.lock().unwrap().is_empty(),
        "the engine shows the stages"
    );
}

#[test]
fn files_are_checked_before_they_are_read() {
    let novel = Novel::new();
    let check = |name, content_type, size, first_bytes: Option<&[u8]>| {
        let head = FileHead {
            name,
            content_type,
            size,
            first_bytes,
        };
        novel
            .check_file(&head)
            .map_err(|problem| (problem.status, problem.detail))
    };
    assert_eq!(check("a.TXT", "application/octet-stream", 9, None), Ok(()));
    assert_eq!(
        check("notes", "text/plain; charset=utf-8", 9, Some("Été".as_bytes())),
        Ok(())
    );
    let not_a_text = "This is not a PDF or text file. Please upload a .pdf or .txt.".to_owned();
    assert_eq!(
        check("a.png", "image/png", 9, None),
        Err((415, not_a_text.clone()))
    );
    assert_eq!(
        check("a.txt", "text/plain", 9, Some(b"\x89PNG\0")),
        Err((415, not_a_text.clone()))
    );
    assert_eq!(
        check("a.txt", "text/plain", 9, Some(b"%PDF-1.7")),
        Err((415, not_a_text.clone()))
    );
    let pdf = b"\n%PDF-1.7\n%\xe2\xe3\xcf\xd3";
    assert_eq!(check("a.PDF", "application/octet-stream", 9, Some(pdf)), Ok(()));
    assert_eq!(check("roman", "Application/PDF; x=y", 9, Some(pdf)), Ok(()));
    assert_eq!(
        check("a.pdf", "application/pdf", notices::MAX_PDF_BYTES, None),
        Ok(())
    );
    assert_eq!(
        check("a.pdf", "application/pdf", notices::MAX_PDF_BYTES + 1, None),
        Err((413, "The file is larger than 50 MB.".to_owned()))
    );
    assert_eq!(
        check("a.pdf", "application/pdf", 9, Some(b"Il dort.")),
        Err((415, not_a_text))
    );
    let large = check("a.txt", "text/plain", notices::MAX_TEXT_BYTES + 1, None).unwrap_err();
    assert_eq!(large, (413, "The file is larger than 10 MB.".to_owned()));
    assert_eq!(check("a.txt", "text/plain", 0, None).unwrap_err().0, 422);
}

#[test]
fn exports_are_made_from_the_result() {
    let merged = run("Il dort. La mer monte.".as_bytes(), &Value::Null, &[]);
    let json = file(&merged, "json", 1);
    let novel = Novel::new();
    let export = |format: &str, start_index, full| {
        let options = ExportOptions {
            start_index,
            full,
            ..ExportOptions::default()
        };
        novel.export(format, &options, json).unwrap()
    };
    assert_eq!(
        export("csv", Some(7), false).unwrap(),
        "7,Il dort.\r\n8,La mer monte.\r\n".as_bytes()
    );
    let full = export("csv", None, true).unwrap();
    assert!(full.starts_with(
        "\u{feff}Index,Sentence,Original,Page,Words,Flags\r\n1,Il dort.,Il dort.,1,2,\r\n".as_bytes()
    ));
    assert!(export("xlsx", None, true).unwrap().starts_with(b"PK"));
    assert_eq!(export("txt", None, true), None);
    let other = ExportOptions {
        variant: Some("rhymed".into()),
        ..ExportOptions::default()
    };
    let refused = novel.export("csv", &other, json).unwrap_err();
    assert_eq!(refused.errors[0].code, "UNKNOWN_VARIANT");
    assert_eq!(
        novel
            .export("csv", &ExportOptions::default(), b"{")
            .unwrap_err()
            .status,
        500
    );
}
