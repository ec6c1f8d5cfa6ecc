//! Files of tables: pieces of each format in any order, some of them in a frame that makes a file of them.

use std::io::{Cursor, Write};

use clap::ValueEnum;
use rand::RngExt;
use rand::rngs::StdRng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::damage::damaged;
use crate::pieces::{CONTAINER, CSV, DOCUMENT, OFX, Pieces, SHEET, STYLES};

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables of text.
    Csv,
    /// Statements of banks.
    Ofx,
    /// Workbooks.
    Xlsx,
    /// Documents.
    Docx,
    /// Containers of workbooks, whose bytes are damaged.
    Zip,
}

const WORKBOOK: &[u8] = b"<workbook><workbookPr date1904=\"1\"/><sheets><sheet name=\"S\" r:id=\"a\"/><sheet name=\"T\" state=\"hidden\" r:id=\"b\"/></sheets></workbook>";
const RELATIONS: &[u8] = b"<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"a.xml\"/><Relationship Id=\"b\" Type=\"x/worksheet\" Target=\"../xl/./b.xml\"/></Relationships>";

/// A file.
pub(crate) fn make(format: Format, random: &mut StdRng) -> Vec<u8> {
    let file = match format {
        Format::Csv => table(random),
        Format::Ofx => [&b"<OFX>"[..], &soup(OFX, 60, random)].concat(),
        Format::Xlsx => workbook(random),
        Format::Docx => document(random),
        Format::Zip => workbook(random),
    };
    let (pieces, odds) = match format {
        Format::Csv => (CSV, 0.3),
        Format::Ofx => (OFX, 0.3),
        // What is compressed is hardly ever readable afterwards.
        Format::Xlsx | Format::Docx => (CONTAINER, 0.02),
        Format::Zip => (CONTAINER, 1.0),
    };
    match random.random_bool(odds) {
        true => damaged(&file, pieces, random),
        false => file,
    }
}

/// Pieces in any order.
fn soup(pieces: Pieces, most: usize, random: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(0..=most) {
        let piece = pieces[random.random_range(0..pieces.len())];
        let times = if random.random_ratio(1, 40) {
            random.random_range(1..200)
        } else {
            1
        };
        for _ in 0..times {
            bytes.extend_from_slice(piece);
        }
    }
    bytes
}

fn table(random: &mut StdRng) -> Vec<u8> {
    let soup = soup(CSV, 80, random);
    if random.random_bool(0.5) {
        return soup;
    }
    // A table with something in it.
    let delimiter = [",", ";", "\t", "|"][random.random_range(0..4)];
    let row = ["Date", "Text", "Amount"].join(delimiter);
    let mut file = Vec::new();
    for _ in 0..random.random_range(1..8) {
        file.extend_from_slice(row.as_bytes());
        file.push(b'\n');
    }
    let at = random.random_range(0..=file.len());
    drop(file.splice(at..at, soup));
    file
}

/// Elements that are closed where they were opened, with pieces between them.
fn balanced(pieces: Pieces, names: &[&str], depth: usize, random: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Some((name, inner)) = names.split_first() else {
        return whole(pieces, random);
    };
    for _ in 0..random.random_range(0..5_usize) {
        bytes.extend_from_slice(format!("<{name}>").as_bytes());
        bytes.extend(balanced(pieces, inner, depth + 1, random));
        bytes.extend_from_slice(format!("</{}>", name.split(' ').next().unwrap_or_default()).as_bytes());
        if depth > 0 && random.random_ratio(1, 10) {
            bytes.extend(whole(pieces, random));
        }
    }
    bytes
}

/// A few pieces that leave nothing open.
fn whole(pieces: Pieces, random: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(0..3) {
        let piece = pieces[random.random_range(0..pieces.len())];
        let breaks = [&b"&#0;"[..], b"\xff", b">", b"]]>"].contains(&piece);
        let is_closed = piece.ends_with(b"/>") || piece.windows(2).any(|two| two == b"</");
        let is_element = piece.starts_with(b"<") && !piece.starts_with(b"</") && is_closed;
        let is_whole = is_element || (!piece.contains(&b'<') && !breaks);
        if is_whole {
            bytes.extend_from_slice(piece);
        }
    }
    bytes
}

fn markup(pieces: Pieces, names: &[&str], random: &mut StdRng) -> Vec<u8> {
    let bytes = match random.random_bool(0.9) {
        true => balanced(pieces, names, 0, random),
        false => soup(pieces, 60, random),
    };
    match random.random_bool(0.05) && !bytes.is_empty() {
        true => damaged(&bytes, pieces, random),
        false => bytes,
    }
}

fn wrapped(name: &str, inside: &[u8]) -> Vec<u8> {
    [
        format!("<{name}>").as_bytes(),
        inside,
        format!("</{name}>").as_bytes(),
    ]
    .concat()
}

fn workbook(random: &mut StdRng) -> Vec<u8> {
    let cells: [&[&str]; 3] = [
        &["row", "c", "v"],
        &["row", "c t=\"inlineStr\"", "is", "t"],
        &["row r=\"7\"", "c s=\"2\"", "v"],
    ];
    let sheet = |random: &mut StdRng| {
        wrapped(
            "worksheet",
            &markup(SHEET, cells[random.random_range(0..3)], random),
        )
    };
    let (a, b) = (sheet(random), sheet(random));
    let strings = wrapped("sst", &markup(SHEET, &["si", "t"], random));
    let styles = wrapped(
        "styleSheet",
        &[
            whole(STYLES, random),
            wrapped("cellXfs", &soup(STYLES, 6, random)),
        ]
        .concat(),
    );
    let mut book = WORKBOOK.to_vec();
    if random.random_ratio(1, 20) {
        book = damaged(&book, SHEET, random);
    }
    container(
        &[
            ("xl/workbook.xml", &book),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/sharedStrings.xml", &strings),
            ("xl/styles.xml", &styles),
            ("xl/a.xml", &a),
            ("xl/b.xml", &b),
        ],
        random,
    )
}

fn document(random: &mut StdRng) -> Vec<u8> {
    let body = markup(DOCUMENT, &["w:tbl", "w:tr", "w:tc", "w:p", "w:t"], random);
    let document = wrapped("w:document", &body);
    container(&[("word/document.xml", &document)], random)
}

fn container(parts: &[(&str, &[u8])], random: &mut StdRng) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let method = match random.random_bool(0.5) {
            true => CompressionMethod::Stored,
            false => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .compression_level((method == CompressionMethod::Deflated).then_some(1))
            .large_file(random.random_ratio(1, 10));
        // Writing to memory does not fail.
        let written = writer.start_file(*name, options).is_ok() && writer.write_all(bytes).is_ok();
        debug_assert!(written);
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}
