//! ZIP containers.

use std::io::{Cursor, Write};

use docmill_documents::sheets::{Limits, xlsx};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::Alone;
use crate::{are_refused, at_best, is_within};

/// A container of parts, each made of a head, a body so many times, and a tail.
pub(crate) fn container(parts: &[(&str, &str, &str, usize, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1));
    for (name, head, body, times, tail) in parts {
        writer.start_file(*name, options).unwrap();
        writer.write_all(head.as_bytes()).unwrap();
        let piece = body.repeat((64 << 10) / body.len().max(1) + 1);
        let mut left = body.len() * times;
        while left > 0 {
            let count = left.min(piece.len());
            writer.write_all(&piece.as_bytes()[..count]).unwrap();
            left -= count;
        }
        writer.write_all(tail.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn positions(file: &[u8], sign: &[u8]) -> Vec<usize> {
    file.windows(sign.len())
        .enumerate()
        .filter_map(|(at, window)| (window == sign).then_some(at))
        .collect()
}

/// Says of every part that it expands to 100 bytes.
fn lying(mut file: Vec<u8>) -> Vec<u8> {
    // The expanded size stands 24 bytes into each entry of the directory, 22 into each local header; the writer leaves
    // no descriptors.
    for (sign, at) in [(b"PK\x01\x02", 24), (b"PK\x03\x04", 22)] {
        for start in positions(&file, sign) {
            file[start + at..start + at + 4].copy_from_slice(&100_u32.to_le_bytes());
        }
    }
    file
}

fn huge() -> Vec<u8> {
    container(&[("xl/workbook.xml", "<workbook>", " ", 65 << 20, "</workbook>")])
}

fn huge_in_comments() -> Vec<u8> {
    let comment = format!("<!--{}-->", " ".repeat(900_000));
    container(&[("xl/workbook.xml", "<workbook>", &comment, 75, "</workbook>")])
}

fn nested() -> Vec<u8> {
    let mut file = container(&[("xl/workbook.xml", "", " ", 1 << 20, "")]);
    for _ in 0..20 {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        writer.start_file("xl/workbook.xml", options).unwrap();
        writer.write_all(&file).unwrap();
        file = writer.finish().unwrap().into_inner();
    }
    file
}

/// Two entries of the directory for the bytes of one part.
fn overlapping() -> Vec<u8> {
    let mut file = container(&[
        ("xl/workbook.xml", "<workbook>", " ", 1_000, "</workbook>"),
        ("xl/styles.xml", "<styles>", " ", 1_000, "</styles>"),
    ]);
    let entries = positions(&file, b"PK\x01\x02");
    // Where the local header stands.
    file[entries[1] + 42..entries[1] + 46].copy_from_slice(&0_u32.to_le_bytes());
    file
}

/// A directory of so many entries of 47 bytes, which share one part.
fn entries(count: u32) -> Vec<u8> {
    let mut file = b"PK\x03\x04".to_vec();
    file.extend([0; 26]);
    let start = u32::try_from(file.len()).unwrap();
    let mut entry = b"PK\x01\x02".to_vec();
    entry.extend([0; 42]);
    // The length of a name, and the name.
    entry[28] = 1;
    entry.push(b'a');
    for _ in 0..count {
        file.extend_from_slice(&entry);
    }
    let size = u32::try_from(file.len()).unwrap() - start;
    file.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff");
    file.extend(size.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0; 2]);
    file
}

/// A directory that claims, in 64 bits, an entry for every 46 bytes of the file.
fn claimed() -> Vec<u8> {
    let length = 9_u64 << 20;
    let mut file = vec![b'x'; usize::try_from(length).unwrap()];
    file[..4].copy_from_slice(b"PK\x03\x04");
    file.extend(b"PK\x06\x06");
    file.extend(44_u64.to_le_bytes());
    file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [length / 46, length / 46, length, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend(b"PK\x06\x07\0\0\0\0");
    file.extend(length.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([0xff; 12]);
    file.extend([0; 2]);
    file
}

/// Ends of directories, one after the other, in the comment of the last.
fn many_ends() -> Vec<u8> {
    let mut file = vec![b'x'; 8 << 20];
    file[..4].copy_from_slice(b"PK\x03\x04");
    let mut end = b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff".to_vec();
    end.extend((8_u32 << 20).to_le_bytes());
    end.extend([0, 0, 0, 0, 0, 0]);
    for _ in 0..2_900 {
        file.extend_from_slice(&end);
    }
    file
}

#[test]
fn containers_are_refused() {
    are_refused(&[
        ("a part of 65 MB", huge, "EXPANDS_TOO_MUCH"),
        ("one that lies", || lying(huge()), "CORRUPT"),
        ("65 MB of comments", huge_in_comments, "EXPANDS_TOO_MUCH"),
        ("a container in a container", nested, "CORRUPT"),
        ("parts that overlap", overlapping, "CORRUPT"),
        ("220,000 parts", || entries(220_000), "TOO_MANY_PARTS"),
        ("a million parts", || entries(1_000_000), "FILE_TOO_LARGE"),
        ("parts that are claimed", claimed, "TOO_MANY_PARTS"),
        ("many ends of a directory", many_ends, "CORRUPT"),
    ]);
}

#[test]
fn a_million_parts_are_refused_where_the_file_may_be_large() {
    let limits = Limits {
        file_bytes: u64::MAX,
        ..Limits::default()
    };
    let alone = Alone::wait();
    let (read, used) = at_best(|| alone.measured(|| entries(1_000_000), |file| xlsx::read(&file, &limits)));
    assert_eq!(read.unwrap_err().code(), "TOO_MANY_PARTS");
    is_within("a million parts in a file of 47 MB", used);
}
