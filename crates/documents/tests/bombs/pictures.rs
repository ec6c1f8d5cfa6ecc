//! Pictures: small files of large pictures.

use std::io::Write;

use docmill_documents::picture::{Limits, decode, probe};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::support::{Alone, Used};
use crate::{Make, at_best, is_within};

/// A side that is longer than any that is read.
const LONG: u16 = 65_500;
/// Bytes that a few thousand expand to.
const EXPANDED: usize = 100 << 20;
/// Pages, frames, chunks of a file that has too many of them.
const MANY: usize = 1_000_000;

/// Asserts by which code a file's first picture is refused, or that it is read, and what that costs.
pub(crate) fn are(files: &[(&str, Make, &str)]) {
    let alone = Alone::wait();
    for (name, make, code) in files {
        let (found, used) = at_best(|| reading(&alone, *make));
        assert_eq!(found, *code, "{name}");
        is_within(name, used);
    }
}

fn reading(alone: &Alone, make: Make) -> (&'static str, Used) {
    alone.measured(make, |file| {
        let limits = Limits::default();
        let probed = probe(&file, &limits);
        match decode(&file, 1, &limits) {
            Ok(raster) => {
                let shown = probed.map(|info| info.shown_size());
                assert_eq!(shown, Ok((raster.width(), raster.height())));
                "read"
            }
            Err(error) => error.code(),
        }
    })
}

fn zeros_deflated(count: usize) -> Vec<u8> {
    let mut writer = ZlibEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 64 << 10];
    for _ in 0..count / zeros.len() {
        writer.write_all(&zeros).unwrap();
    }
    writer.finish().unwrap()
}

/// A PNG of gray pixels of 8 bits, with other chunks in front of its pixels.
fn png(width: u32, height: u32, chunks: &[(&[u8; 4], &[u8])], pixels: &[u8]) -> Vec<u8> {
    png_of(width, height, false, chunks, pixels)
}

fn png_of(
    width: u32,
    height: u32,
    is_interlaced: bool,
    chunks: &[(&[u8; 4], &[u8])],
    pixels: &[u8],
) -> Vec<u8> {
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend([8, 0, 0, 0, is_interlaced.into()]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut add = |kind: &[u8; 4], contents: &[u8]| {
        let mut sum = flate2::Crc::new();
        sum.update(kind);
        sum.update(contents);
        file.extend(u32::try_from(contents.len()).unwrap().to_be_bytes());
        file.extend(kind);
        file.extend(contents);
        file.extend(sum.sum().to_be_bytes());
    };
    add(b"IHDR", &head);
    chunks.iter().for_each(|(kind, contents)| add(kind, contents));
    add(b"IDAT", pixels);
    add(b"IEND", &[]);
    file
}

/// A PNG of 8 × 8 with a chunk whose text expands.
fn png_with(kind: &[u8; 4], head: &[u8]) -> Vec<u8> {
    let contents = [head, &zeros_deflated(EXPANDED)].concat();
    png(8, 8, &[(kind, &contents)], &zeros_deflated(64 << 10))
}

fn jpeg_segment(file: &mut Vec<u8>, marker: u8, contents: &[u8]) {
    file.extend([0xff, marker]);
    file.extend((u16::try_from(contents.len()).unwrap() + 2).to_be_bytes());
    file.extend(contents);
}

/// A gray progressive JPEG without any detail: one scan for the means, the others for one coefficient each. Its bits are
/// zeros: the shortest code of each table.
fn progressive(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    jpeg_segment(&mut file, 0xdb, &[&[0][..], &[1; 64]].concat());
    let [[h0, h1], [w0, w1]] = [height.to_be_bytes(), width.to_be_bytes()];
    jpeg_segment(&mut file, 0xc2, &[8, h0, h1, w0, w1, 1, 1, 0x11, 0]);
    // One code of one bit: no difference for the means, 16,384 blocks without anything for the others.
    let table = |class: u8, symbol: u8| [&[class, 1][..], &[0; 15], &[symbol]].concat();
    jpeg_segment(&mut file, 0xc4, &table(0x00, 0x00));
    jpeg_segment(&mut file, 0xc4, &table(0x10, 0xe0));
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    for scan in 0..scans {
        let at = u8::try_from(scan % 64).unwrap();
        jpeg_segment(&mut file, 0xda, &[1, 1, 0, at, at, 0]);
        let bits = if at == 0 {
            blocks
        } else {
            blocks.div_ceil(16_384) * 15
        };
        file.extend(vec![0; bits.div_ceil(8)]);
    }
    file.extend([0xff, 0xd9]);
    file
}

fn gif_head(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    // Two colours for all frames.
    file.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    file
}

/// A frame of four bits, one pixel.
fn gif_frame(file: &mut Vec<u8>, width: u16, height: u16) {
    file.extend([0x2c, 0, 0, 0, 0]);
    file.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    // No palette of its own; codes of 2 bits; one block: begin, index 0, end.
    file.extend([0, 2, 2, 0x44, 0x01, 0]);
}

fn gif_frames(before: &[u8]) -> Vec<u8> {
    let mut file = gif_head(1, 1);
    file.extend(before.repeat(MANY));
    for _ in 0..MANY {
        gif_frame(&mut file, 1, 1);
    }
    file.push(0x3b);
    file
}

pub(crate) fn webp(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, contents) in chunks {
        body.extend(*kind);
        body.extend(u32::try_from(contents.len()).unwrap().to_le_bytes());
        body.extend(*contents);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    let size = u32::try_from(body.len()).unwrap();
    [&b"RIFF"[..], &size.to_le_bytes(), &body].concat()
}

/// Both sides less one, 14 bits of each.
const LOSSLESS_16384: [u8; 5] = [0x2f, 0xff, 0xff, 0xff, 0x0f];
const LOSSY_16383: [u8; 10] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f];

/// A tag with its type and values.
type Tag = (u16, u16, Vec<u8>);

fn longs(tag: u16, numbers: &[u32]) -> Tag {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    (tag, 4, bytes.collect())
}

fn numbers(tags: &[(u16, u32)]) -> Vec<Tag> {
    tags.iter().map(|(tag, number)| longs(*tag, &[*number])).collect()
}

/// A TIFF of one page whose strips stand at its byte 8.
fn tiff(tags: &[Tag], strips: &[u8]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    file.extend(strips);
    let mut entries = Vec::new();
    for (tag, kind, bytes) in tags {
        let count = bytes.len() / if *kind == 4 { 4 } else { 1 };
        entries.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        entries.extend(u32::try_from(count).unwrap().to_le_bytes());
        if let Ok(value) = <[u8; 4]>::try_from(bytes.as_slice()) {
            entries.extend(value);
        } else {
            entries.extend(u32::try_from(file.len()).unwrap().to_le_bytes());
            file.extend(bytes);
        }
    }
    let start = u32::try_from(file.len()).unwrap();
    file[4..8].copy_from_slice(&start.to_le_bytes());
    file.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
    file.extend(entries);
    file.extend([0; 4]);
    file
}

/// One strip of a gray picture: of one bit for faxes, of 8 otherwise.
fn strip(width: u32, height: u32, compression: u32, strip: &[u8]) -> Vec<u8> {
    let bits = if (2..=4).contains(&compression) { 1 } else { 8 };
    let length = u32::try_from(strip.len()).unwrap();
    let tags = [
        (256, width),
        (257, height),
        (258, bits),
        (259, compression),
        (262, 1),
        (273, 8),
        (279, length),
    ];
    tiff(&numbers(&tags), strip)
}

/// Tiles that share their bytes, so far as they may.
fn tiles(page: (u32, u32), tile: (u32, u32), compression: u32, tables: &[u8], packed: &[u8]) -> Vec<u8> {
    let count = (page.0.div_ceil(tile.0) * page.1.div_ceil(tile.1)) as usize;
    let length = u32::try_from(packed.len()).unwrap();
    let mut tags = numbers(&[
        (256, page.0),
        (257, page.1),
        (258, 8),
        (259, compression),
        (262, 1),
        (322, tile.0),
        (323, tile.1),
    ]);
    tags.push(longs(324, &vec![8; count]));
    tags.push(longs(325, &vec![length; count]));
    if !tables.is_empty() {
        tags.push((347, 7, tables.to_vec()));
    }
    // What stands behind them lets them be shared.
    tiff(&tags, &[packed, &vec![0; packed.len() * count / 2]].concat())
}

/// Pages of one tag each, the last of which leads to `last`.
fn tiff_pages(count: usize, last: u32) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for page in 0..count {
        file.extend([1, 0, 0, 1, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        let next = u32::try_from(file.len()).unwrap() + 4;
        let next = if page + 1 < count { next } else { last };
        file.extend(next.to_le_bytes());
    }
    file
}

fn lzw_zeros(count: usize) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&vec![0; count])
        .unwrap()
}

#[test]
fn pictures_that_claim_to_be_large_are_refused() {
    let code = "PICTURE_TOO_LARGE";
    are(&[
        ("PNG", || png(LONG.into(), LONG.into(), &[], &[]), code),
        (
            "PNG of 31 bits",
            || png(i32::MAX as u32, i32::MAX as u32, &[], &[]),
            code,
        ),
        ("PNG of one row", || png(50_000_000, 1, &[], &[]), code),
        ("JPEG", || progressive(LONG, LONG, 0), code),
        ("JPEG of one column", || progressive(1, LONG, 0), code),
        ("GIF", || gif_head(LONG, LONG), code),
        (
            "frame of a GIF",
            || {
                let mut file = gif_head(8, 8);
                gif_frame(&mut file, LONG, LONG);
                file
            },
            code,
        ),
        ("lossy WebP", || webp(&[(b"VP8 ", &LOSSY_16383)]), code),
        ("lossless WebP", || webp(&[(b"VP8L", &LOSSLESS_16384)]), code),
        (
            "canvas of a WebP",
            || webp(&[(b"VP8X", &[0, 0, 0, 0, 255, 255, 255, 255, 255, 255])]),
            code,
        ),
        (
            "WebP on a small canvas",
            || webp(&[(b"VP8X", &[0; 10]), (b"VP8L", &LOSSLESS_16384)]),
            code,
        ),
        ("TIFF", || strip(LONG.into(), LONG.into(), 5, &[]), code),
        ("TIFF of 32 bits", || strip(u32::MAX, u32::MAX, 1, &[]), code),
        (
            "tiles of a TIFF",
            || tiles((8, 8), (u32::MAX, u32::MAX), 5, &[], &[]),
            "CORRUPT",
        ),
        (
            "long tiles",
            || tiles((30_000, 1), (16, 600_000), 5, &[], &lzw_zeros(9_600_000)),
            "CORRUPT",
        ),
        (
            "large JPEGs in small tiles",
            || tiles((8, 8_000), (8, 8), 7, &[], &progressive(8, 30_000, 1)),
            "CORRUPT",
        ),
    ]);
}

#[test]
fn what_expands_behind_a_picture_is_not_looked_at() {
    are(&[
        ("text of a PNG", || png_with(b"zTXt", b"a\0\0"), "read"),
        (
            "international text of a PNG",
            || png_with(b"iTXt", b"a\0\x01\0\0\0"),
            "read",
        ),
        ("colour profile of a PNG", || png_with(b"iCCP", b"a\0\0"), "read"),
        (
            "rows behind the last one",
            || png(8, 8, &[], &zeros_deflated(EXPANDED)),
            "read",
        ),
        ("LZW", || strip(8, 8, 5, &lzw_zeros(EXPANDED / 4)), "read"),
        ("Deflate", || strip(8, 8, 8, &zeros_deflated(EXPANDED)), "read"),
        (
            "PackBits",
            || strip(8, 8, 32_773, &[0x81, 0].repeat(MANY)),
            "read",
        ),
        // Each bit is a row as the one above.
        ("Group 4", || strip(8, 8, 4, &[0xff; MANY]), "read"),
        // White 8 is 10011.
        (
            "Group 3",
            || strip(8, 8, 3, &[0x9c, 0xe7, 0x39, 0xce, 0x73].repeat(MANY)),
            "read",
        ),
        ("Huffman", || strip(8, 8, 2, &[0x98; MANY]), "read"),
    ]);
}

#[test]
fn pictures_that_are_less_than_they_claim_are_refused() {
    are(&[
        (
            "PNG",
            || png(4_000, 4_000, &[], &zeros_deflated(1 << 20)),
            "CORRUPT",
        ),
        ("LZW", || strip(4_000, 4_000, 5, &lzw_zeros(1 << 20)), "CORRUPT"),
        (
            "Deflate",
            || strip(4_000, 3_000, 8, &zeros_deflated(1 << 20)),
            "CORRUPT",
        ),
        (
            "PackBits",
            || strip(3_000, 4_000, 32_773, &[0x80; MANY]),
            "CORRUPT",
        ),
        (
            "codes of a fax that mean little",
            || strip(4_000, 4_000, 3, &[0x55; MANY]),
            "read",
        ),
        (
            "zeros for a fax",
            || strip(4_000, 4_000, 3, &[0; MANY]),
            "CORRUPT",
        ),
    ]);
}

#[test]
fn pictures_of_many_parts_are_refused_or_their_first_part_is_read() {
    are(&[
        ("frames", || gif_frames(&[]), "read"),
        ("comments", || gif_frames(&[0x21, 0xfe, 1, b'a', 0]), "read"),
        (
            "chunks",
            || {
                let chunks = vec![(b"eXIf", &b"II*\0\x08\0\0\0"[..]); MANY / 10];
                png(8, 8, &chunks, &zeros_deflated(64 << 10))
            },
            "read",
        ),
        ("pages", || tiff_pages(MANY, 0), "TOO_MANY_PAGES"),
        ("pages in a circle", || tiff_pages(50, 8), "CORRUPT"),
        ("a page behind itself", || tiff_pages(1, 8), "CORRUPT"),
        (
            "layers of a small picture",
            || progressive(8, 8, 10_000),
            "PICTURE_TOO_COMPLEX",
        ),
        (
            "layers of a large picture",
            || progressive(7_000, 7_000, 20),
            "PICTURE_TOO_COMPLEX",
        ),
        (
            "as many layers as there may be",
            || progressive(1_000, 1_000, 64),
            "read",
        ),
        (
            "layers of tiles",
            || tiles((4_000, 4_000), (160, 4_000), 7, &[], &progressive(160, 4_000, 64)),
            "PICTURE_TOO_COMPLEX",
        ),
        (
            "tables of tiles",
            || {
                let tables = [&[0xff, 0xd8][..], &[0xff, 0xfe, 0xff, 0xfe, 0].repeat(20_000)].concat();
                tiles((8, 8_000), (8, 8), 7, &tables, &progressive(8, 8, 1))
            },
            "CORRUPT",
        ),
        (
            "tiles without an end",
            || tiles((700, 700), (1, 1), 5, &[], &[]),
            "CORRUPT",
        ),
    ]);
}

#[test]
fn an_interlaced_picture_ends_with_its_last_row() {
    let zeros = zeros_deflated(EXPANDED / 10);
    for (width, height) in (1..=9).flat_map(|width| (1..=9).map(move |height| (width, height))) {
        let file = png_of(width, height, true, &[], &zeros);
        let raster = decode(&file, 1, &Limits::default()).unwrap();
        assert!(raster.rgb().iter().all(|value| *value == 0), "{width} × {height}");
    }
    are(&[(
        "rows behind the last one of an interlaced picture",
        || png_of(8, 8, true, &[], &zeros_deflated(EXPANDED)),
        "read",
    )]);
}
