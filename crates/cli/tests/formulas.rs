//! No export of any pipeline has a cell that a spreadsheet takes for a formula. Pipelines come from the registry: a new one
//! is tested as soon as it is registered, and fails here as long as no document of this file reaches its exports.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Cursor, Read};
use std::sync::Arc;

use docmill_cli::local::{self, Ended, LocalJob};
use docmill_core::intake::SentFile;
use docmill_core::pipeline::{ExportOptions, Format, Spec};
use docmill_memory::InProcess;
use unicode_normalization::UnicodeNormalization;

#[allow(dead_code, reason = "the tests of the reader write more kinds of pages")]
#[path = "../../documents/tests/pdf_writer/mod.rs"]
mod writer;

/// Stands in every dangerous text: where it is found, what was in front of it has arrived.
const MARK: &str = "DANGER";

/// What programs take for the beginning of a formula, or may after trimming or folding.
const BEGINNINGS: [&str; 16] = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    " =",
    "\u{a0}=",
    "\u{3000}+",
    "\u{200b}=",
    "\u{feff}@",
    "\u{202f}-",
    "\u{ff1d}",
    "\u{ff0b}",
    "\u{ff0d}",
    "\u{ff20}",
];

/// Hostile documents of a media type; none where this file does not know the type.
fn documents(content_type: &str) -> Vec<Vec<u8>> {
    let sentence = |begin: &str| format!("{begin}{MARK} le chat dort dans la maison.");
    match content_type {
        "text/plain" => {
            let text: String = BEGINNINGS.map(|begin| sentence(begin) + "\n\n").concat();
            vec![text.into_bytes()]
        }
        "text/csv" => {
            let rows: String = BEGINNINGS
                .map(|begin| format!("2026-01-02,\"{}\",-12.50\r\n", sentence(begin)))
                .concat();
            vec![format!("Date,Description,Amount\r\n{rows}").into_bytes()]
        }
        "application/pdf" => {
            let lines: String = ["=", "+", "-", "@"]
                .map(|begin| format!("({}) Tj T* T* T* ", sentence(begin)))
                .concat();
            let content = format!("BT /F1 11 Tf 14 TL 56 720 Td {lines} ET");
            vec![writer::pdf(&[writer::PageSource::new(content)])]
        }
        _ => Vec::new(),
    }
}

/// A cell that some program would calculate. Plain numbers are none: amounts may be negative.
fn is_formula(cell: &str) -> bool {
    if cell.parse::<f64>().is_ok() {
        return false;
    }
    let folded: String = cell.nfkc().collect();
    let seen = folded.trim_start_matches(|c: char| {
        c.is_whitespace() || c.is_control() || ('\u{200b}'..='\u{202f}').contains(&c) || c == '\u{feff}'
    });
    seen.starts_with(['=', '+', '-', '@']) || cell.starts_with(['\t', '\r', '\n'])
}

/// Whether the mark has arrived in a table, which has no formula.
fn checked_csv(bytes: &[u8], delimiter: u8, what: &str) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut arrived = false;
    for record in reader.records() {
        for cell in record.unwrap().iter() {
            assert!(!is_formula(cell), "{what}: {cell:?}");
            arrived |= cell.starts_with('\'') && cell.contains(MARK);
        }
    }
    arrived
}

/// The same of a workbook. There a text is a text whatever it begins with, as long as it is stored as one.
fn checked_xlsx(bytes: &[u8], what: &str) -> bool {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut arrived = false;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        for outside in ["externalLinks", "vbaProject", "connections.xml", "embeddings"] {
            assert!(!name.contains(outside), "{what}: {name}");
        }
        for element in ["<f>", "<f ", "<hyperlink", "TargetMode=\"External\"", "<ddeLink"] {
            assert!(!text.contains(element), "{what}: {element} in {name}");
        }
        arrived |= text.contains(MARK);
    }
    arrived
}

/// Whether the mark has arrived in this format; `None` for a format that no spreadsheet opens.
async fn checked(ended: &Ended, format: &Format, what: &str) -> Option<bool> {
    let mut arrived = false;
    let options = [
        ExportOptions::default(),
        ExportOptions {
            full: true,
            ..ExportOptions::default()
        },
        ExportOptions {
            start_index: Some(7),
            full: true,
            ..ExportOptions::default()
        },
    ];
    for options in options {
        let made = ended.result(Some(format.name), 1, &options).await;
        let bytes = match made {
            Ok(bytes) => bytes,
            // Not every format has options.
            Err(_) if !options.is_plain() => continue,
            Err(failure) => panic!("{what}: {failure:?}"),
        };
        arrived |= match format.extension {
            "csv" => checked_csv(&bytes, b',', what),
            "tsv" => checked_csv(&bytes, b'\t', what),
            "xlsx" => checked_xlsx(&bytes, what),
            "json" | "txt" | "ics" => return None,
            other => panic!("{what}: say here what opens `.{other}`, and what that takes for a formula"),
        };
    }
    Some(arrived)
}

/// Runs one hostile document, should the pipeline take it.
async fn run(
    spec: &Spec,
    kind: Option<&str>,
    content_type: &str,
    extension: &str,
    bytes: Vec<u8>,
) -> Option<Ended> {
    let job = LocalJob {
        pipeline: spec.name.to_owned(),
        kind: kind.map(ToOwned::to_owned),
        files: vec![SentFile {
            name: format!("={MARK}{extension}"),
            content_type: content_type.to_owned(),
            bytes: bytes.into(),
        }],
        ..LocalJob::default()
    };
    let sandbox = Arc::new(InProcess::new(docmill_pipelines::readers()));
    local::run(job, sandbox, &mut |_| {}).await.ok()
}

#[tokio::test]
async fn no_export_of_any_pipeline_has_a_formula() {
    let registry = docmill_pipelines::registry(docmill_pipelines::Offer::default());
    for pipeline in registry.all() {
        let spec = pipeline.spec();
        let kinds: Vec<Option<&str>> = match spec.kinds {
            [] => vec![None],
            kinds => kinds.iter().copied().map(Some).collect(),
        };
        for format in spec.formats.iter().filter(|format| !format.is_of_files) {
            let (mut reached, mut opened) = (0, true);
            for kind in &kinds {
                for accepted in spec.accepts {
                    for bytes in documents(accepted.content_type) {
                        let what = format!(
                            "{} {kind:?} {} as {}",
                            spec.name, accepted.content_type, format.name
                        );
                        let ran = run(spec, *kind, accepted.content_type, accepted.extension, bytes).await;
                        let Some(ended) =
                            ran.filter(|ended| ended.job.formats.iter().any(|name| name == format.name))
                        else {
                            continue;
                        };
                        match checked(&ended, format, &what).await {
                            Some(arrived) => reached += u32::from(arrived),
                            None => opened = false,
                        }
                    }
                }
            }
            assert!(
                !opened || reached > 0,
                "no document of this file reaches {} of {}: add one",
                format.name,
                spec.name
            );
        }
    }
}

#[test]
fn formulas_are_known() {
    for begin in BEGINNINGS {
        assert!(is_formula(&format!("{begin}{MARK}")), "{begin:?}");
        assert!(!is_formula(&format!("'{begin}{MARK}")), "{begin:?}");
    }
    for harmless in ["", "-12.50", "+3", "1.5", "— Oui.", "Oui = non", "2026-01-02"] {
        assert!(!is_formula(harmless), "{harmless}");
    }
}
