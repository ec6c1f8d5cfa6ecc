use std::io::Write;

use super::super::{Kind, Limits, PictureError, decode, probe};
use super::testing::file;

/// Brightness of every pixel of a picture without colours.
fn grays(bytes: &[u8], page: u32) -> Vec<u8> {
    let raster = decode(bytes, page, &Limits::default()).unwrap();
    assert!(raster.is_gray());
    raster.rgb().iter().step_by(3).copied().collect()
}

const ROW: [u8; 8] = [255, 255, 0, 0, 255, 255, 255, 255];

/// Two rows of 8 pixels, of which the third and fourth are black, as a fax of some kind.
fn fax(compression: u32, strip: &[u8]) -> Vec<u8> {
    let tags: &[(u16, &[u32])] = &[
        (256, &[8]),
        (257, &[2]),
        (258, &[1]),
        (259, &[compression]),
        (262, &[0]),
    ];
    file(&[(tags, strip)])
}

#[test]
fn faxes() {
    // White 2 is 0111, black 2 is 11, white 4 is 1011.
    let rows = fax(2, &[0b0111_1110, 0b1100_0000, 0b0111_1110, 0b1100_0000]);
    // Each row after its mark, 000000000001.
    let group3 = fax(3, &[0, 0b0001_0111, 0b1110_1100, 0, 0b0000_0101, 0b1111_1011]);
    // The first row in horizontal mode, then as the one above it.
    let group4 = fax(4, &[0b0010_1111, 0b1111_1000]);
    for bytes in [rows, group3, group4] {
        assert_eq!(grays(&bytes, 1), [ROW, ROW].concat());
    }
    // Every byte the other way round.
    let reversed: Vec<u8> = [0b0010_1111_u8, 0b1111_1000].map(u8::reverse_bits).to_vec();
    let tags: &[(u16, &[u32])] = &[(256, &[8]), (257, &[2]), (259, &[4]), (262, &[0]), (266, &[2])];
    assert_eq!(grays(&file(&[(tags, &reversed)]), 1), [ROW, ROW].concat());
    assert_eq!(
        decode(&fax(4, &[]), 1, &Limits::default()).unwrap_err().code(),
        "CORRUPT"
    );
}

/// Tags of a picture of one row of brightnesses.
fn gray_tags(compression: u32, predictor: u32) -> Vec<(u16, Vec<u32>)> {
    [
        (256, 6),
        (257, 1),
        (258, 8),
        (259, compression),
        (262, 1),
        (317, predictor),
    ]
    .map(|(tag, number)| (tag, vec![number]))
    .to_vec()
}

#[test]
fn bytes_of_every_compression() {
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&[5, 5, 5, 5, 9, 9])
        .unwrap();
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    deflate.write_all(&[5, 5, 5, 5, 9, 9]).unwrap();
    let predicted = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&[5, 0, 0, 0, 4, 0])
        .unwrap();
    for (compression, predictor, strip) in [
        (1, 1, vec![5, 5, 5, 5, 9, 9]),
        (5, 1, lzw),
        (5, 2, predicted),
        (8, 1, deflate.finish().unwrap()),
        (32_773, 1, vec![0xfd, 5, 128, 1, 9, 9]),
    ] {
        let tags = gray_tags(compression, predictor);
        let tags: Vec<(u16, &[u32])> = tags
            .iter()
            .map(|(tag, numbers)| (*tag, numbers.as_slice()))
            .collect();
        assert_eq!(
            grays(&file(&[(&tags, &strip)]), 1),
            [5, 5, 5, 5, 9, 9],
            "{compression}"
        );
        let short = strip.get(..strip.len() / 2).unwrap();
        let refused = decode(&file(&[(&tags, short)]), 1, &Limits::default());
        assert_eq!(refused.unwrap_err().code(), "CORRUPT", "{compression}");
    }
}

#[test]
fn palettes_inks_and_opacity() {
    let colours: Vec<u32> = [0xff00_u32, 0, 0, 0xff00, 0, 0]
        .into_iter()
        .chain([0; 6])
        .collect();
    let palette: &[(u16, &[u32])] = &[
        (256, &[2]),
        (257, &[1]),
        (258, &[2]),
        (262, &[3]),
        (320, &colours),
    ];
    let raster = decode(&file(&[(palette, &[0b0001_0000])]), 1, &Limits::default()).unwrap();
    assert_eq!(raster.rgb(), [255, 0, 0, 0, 0, 0]);
    let inks: &[(u16, &[u32])] = &[
        (256, &[1]),
        (257, &[1]),
        (258, &[8, 8, 8, 8]),
        (262, &[5]),
        (277, &[4]),
    ];
    let raster = decode(&file(&[(inks, &[255, 0, 0, 51])]), 1, &Limits::default()).unwrap();
    assert_eq!(raster.rgb(), [0, 204, 204]);
    let opacity: &[(u16, &[u32])] = &[
        (256, &[1]),
        (257, &[1]),
        (258, &[16, 16]),
        (262, &[1]),
        (277, &[2]),
        (338, &[2]),
    ];
    // Black of a fifth.
    assert_eq!(grays(&file(&[(opacity, &[0, 0, 0, 51])]), 1), [204]);
}

#[test]
fn pages_are_counted_and_copies_are_none() {
    let small: &[(u16, &[u32])] = &[(254, &[1]), (256, &[1]), (257, &[1]), (258, &[8]), (262, &[1])];
    let page: &[(u16, &[u32])] = &[(256, &[1]), (257, &[1]), (258, &[8]), (262, &[1]), (274, &[6])];
    let bytes = file(&[(page, &[1]), (small, &[2]), (page, &[3])]);
    let info = probe(&bytes, &Limits::default()).unwrap();
    assert_eq!((info.kind, info.pages), (Kind::Tiff, 2));
    assert!(info.orientation.swaps_sides());
    assert_eq!(grays(&bytes, 2), [3]);
    let missing = decode(&bytes, 3, &Limits::default());
    assert_eq!(missing, Err(PictureError::NoSuchPage { page: 3 }));
    let few = Limits {
        max_pages: 2,
        ..Limits::default()
    };
    assert_eq!(probe(&bytes, &few), Err(PictureError::TooManyPages { limit: 2 }));
}

#[test]
fn a_circle_of_pages_is_damage() {
    let page: &[(u16, &[u32])] = &[(256, &[1]), (257, &[1]), (258, &[8]), (262, &[1])];
    let mut bytes = file(&[(page, &[1])]);
    let first: [u8; 4] = bytes[4..8].try_into().unwrap();
    let end = bytes.len() - 4;
    bytes[end..].copy_from_slice(&first);
    assert_eq!(probe(&bytes, &Limits::default()).unwrap_err().code(), "CORRUPT");
}

#[test]
fn strips_that_share_bytes_do_not_multiply_them() {
    let offsets = [8_u32; 4_000];
    let lengths = [u32::MAX; 4_000];
    let tags: &[(u16, &[u32])] = &[
        (256, &[8]),
        (257, &[4_000]),
        (259, &[5]),
        (262, &[1]),
        (278, &[1]),
        (273, &offsets),
        (279, &lengths),
    ];
    let refused = decode(&file(&[(tags, &[0x80; 1_000])]), 1, &Limits::default());
    assert_eq!(refused.unwrap_err().code(), "CORRUPT");
}
