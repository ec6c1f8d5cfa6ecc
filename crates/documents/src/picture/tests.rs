use image::{ExtendedColorType, ImageEncoder};
use proptest::prelude::*;

use super::tiff::testing::file as tiff_file;
use super::{
    CompressSettings, Compression, Info, Kind, Limits, Orientation, PictureError, Raster, Refusal, Rows,
    compress, compress_picture, decode, decode_to_rows, probe, probe_page, read_picture_info,
};

const LIMITS: Limits = Limits {
    max_pixels: 1_000_000,
    max_side: 2_000,
    max_pages: 5,
    memory_bytes: 16 << 20,
    max_scans: 20,
};

/// A slope of colours with a grain: PNG makes little of it.
fn sample(width: u32, height: u32) -> Vec<u8> {
    let colour = |x: u32, y: u32| {
        let mixed = (x * 7_919 + y * 104_729).wrapping_mul(2_654_435_761);
        let grain = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519) >> 27;
        [x * 200 / width, y * 200 / height, 100].map(|value| (value + grain) as u8)
    };
    (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| colour(x, y)))
        .collect()
}

fn png(width: u32, height: u32, color: png::ColorType, depth: png::BitDepth, rows: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![255, 0, 0, 0, 0, 255]);
        encoder.set_trns(vec![255, 0]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(rows).unwrap();
    writer.finish().unwrap();
    bytes
}

fn rgb_png(width: u32, height: u32) -> Vec<u8> {
    png(
        width,
        height,
        png::ColorType::Rgb,
        png::BitDepth::Eight,
        &sample(width, height),
    )
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95)
        .write_image(&sample(width, height), width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// A screen of 4 × 3 with a frame of 2 × 2 at its middle: red and see-through, then an index that has no colour.
fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, 4, 3, &[255, 0, 0, 0, 255, 0]).unwrap();
    let frame = gif::Frame {
        left: 1,
        top: 1,
        width: 2,
        height: 2,
        transparent: Some(1),
        buffer: vec![0, 1, 1, 0].into(),
        ..gif::Frame::default()
    };
    encoder.write_frame(&frame).unwrap();
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    bytes
}

fn webp(width: u32, height: u32, color: image_webp::ColorType, bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file)
        .encode(bytes, width, height, color)
        .unwrap();
    file
}

fn lossy_webp(width: u32, height: u32) -> Vec<u8> {
    let settings = docmill_webp::Settings {
        quality: 90,
        method: 0,
    };
    docmill_webp::encode(width, height, &sample(width, height), settings).unwrap()
}

fn tiff() -> Vec<u8> {
    let tags: &[(u16, &[u32])] = &[
        (256, &[20]),
        (257, &[30]),
        (258, &[8, 8, 8]),
        (259, &[5]),
        (262, &[2]),
        (277, &[3]),
    ];
    let strip = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&sample(20, 30))
        .unwrap();
    tiff_file(&[(tags, &strip), (tags, &strip)])
}

/// The Exif block of an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

fn with_exif(mut jpeg: Vec<u8>, orientation: u8) -> Vec<u8> {
    let exif = exif(orientation);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let segment = [&[0xff, 0xe1][..], &length, &exif].concat();
    jpeg.splice(2..2, segment);
    jpeg
}

/// The mean difference of two pictures of one size.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

#[test]
fn every_kind_is_decoded() {
    let sample = sample(20, 30);
    for (bytes, kind, most) in [
        (rgb_png(20, 30), Kind::Png, 0.0),
        (jpeg(20, 30), Kind::Jpeg, 4.0),
        (
            webp(20, 30, image_webp::ColorType::Rgb8, &sample),
            Kind::WebP,
            0.0,
        ),
        (lossy_webp(20, 30), Kind::WebP, 12.0),
        (tiff(), Kind::Tiff, 0.0),
    ] {
        let info = probe(&bytes, &LIMITS).unwrap();
        assert_eq!((info.kind, info.width, info.height), (kind, 20, 30));
        let raster = decode(&bytes, 1, &LIMITS).unwrap();
        assert_eq!((raster.width(), raster.height()), (20, 30));
        assert!(difference(raster.rgb(), &sample) <= most, "{kind:?}");
    }
}

#[test]
fn what_is_see_through_is_on_white() {
    let rgba = [0, 0, 0, 255, 255, 0, 0, 0, 100, 0, 0, 51, 9, 9, 9, 255];
    let expected = [0, 0, 0, 255, 255, 255, 224, 204, 204, 9, 9, 9];
    let eight = png::BitDepth::Eight;
    for bytes in [
        png(2, 2, png::ColorType::Rgba, eight, &rgba),
        webp(2, 2, image_webp::ColorType::Rgba8, &rgba),
    ] {
        assert_eq!(decode(&bytes, 1, &LIMITS).unwrap().rgb(), expected);
    }
    let indexed = png(2, 1, png::ColorType::Indexed, png::BitDepth::One, &[0b0100_0000]);
    assert_eq!(
        decode(&indexed, 1, &LIMITS).unwrap().rgb(),
        [255, 0, 0, 255, 255, 255]
    );
    let deep = png(
        1,
        1,
        png::ColorType::GrayscaleAlpha,
        png::BitDepth::Sixteen,
        &[0, 0, 51, 51],
    );
    assert_eq!(decode(&deep, 1, &LIMITS).unwrap().rgb(), [204; 3]);
}

#[test]
fn a_gif_is_its_first_frame_on_its_screen() {
    let raster = decode(&gif(), 1, &LIMITS).unwrap();
    assert_eq!((raster.width(), raster.height()), (4, 3));
    let red: Vec<usize> = raster
        .rgb()
        .chunks(3)
        .enumerate()
        .filter(|(_, pixel)| pixel == &[255, 0, 0])
        .map(|(at, _)| at)
        .collect();
    assert_eq!(red, [5, 10]);
    assert_eq!(
        raster.rgb().iter().filter(|value| **value == 255).count(),
        12 * 3 - 4
    );
}

#[test]
fn pictures_come_the_right_way_up() {
    let upright = decode(&jpeg(24, 16), 1, &LIMITS).unwrap();
    for number in 1..=8 {
        let bytes = with_exif(jpeg(24, 16), number);
        let info = probe(&bytes, &LIMITS).unwrap();
        assert_eq!(u8::from(info.orientation), number);
        let raster = decode(&bytes, 1, &LIMITS).unwrap();
        assert_eq!((raster.width(), raster.height()), info.shown_size());
        assert_eq!(raster, info.orientation.apply(upright.clone()));
    }
    let none = decode(&with_exif(jpeg(24, 16), 9), 1, &LIMITS).unwrap();
    assert_eq!(none, upright);
}

#[test]
fn refusals_say_what_is_wrong() {
    let large = Limits {
        max_pixels: 599,
        ..LIMITS
    };
    let error = probe(&rgb_png(20, 30), &large).unwrap_err();
    assert_eq!(error.code(), "PICTURE_TOO_LARGE");
    assert_eq!(
        error,
        PictureError::TooManyPixels {
            width: 20,
            height: 30,
            max_pixels: 599
        }
    );
    let narrow = Limits {
        max_side: 29,
        ..LIMITS
    };
    assert_eq!(
        decode(&gif(), 2, &LIMITS),
        Err(PictureError::NoSuchPage { page: 2 })
    );
    assert_eq!(
        decode(&tiff(), 1, &narrow).unwrap_err().code(),
        "PICTURE_TOO_LARGE"
    );
    let memory = Limits {
        memory_bytes: 1_799,
        ..LIMITS
    };
    for bytes in [rgb_png(20, 30), jpeg(20, 30), lossy_webp(20, 30), tiff()] {
        assert!(matches!(
            decode(&bytes, 1, &memory),
            Err(PictureError::TooMuchMemory { needed: 1_800.., .. })
        ));
    }
    assert_eq!(decode(b"BM", 1, &LIMITS), Err(PictureError::FileType));
    let error = PictureError::TooManyPixels {
        width: 65_500,
        height: 65_500,
        max_pixels: 50_000_000,
    };
    assert_eq!(
        error.to_string(),
        "The picture has 65500 × 65500 pixels; at most 50 million are read. Please make it smaller."
    );
}

#[test]
fn what_is_cut_off_is_corrupt() {
    for bytes in [rgb_png(40, 40), jpeg(40, 40), lossy_webp(40, 40), tiff()] {
        let half = bytes.get(..bytes.len() * 3 / 4).unwrap();
        // The second page, where there are two.
        let page = if Kind::of(half) == Some(Kind::Tiff) { 2 } else { 1 };
        assert!(decode(&bytes, page, &LIMITS).is_ok());
        let error = decode(half, page, &LIMITS).unwrap_err();
        assert_eq!(error.code(), "CORRUPT", "{:?}", Kind::of(half));
    }
}

fn answer(
    reader: fn(&[String], Vec<u8>, &mut dyn std::io::Write) -> std::io::Result<()>,
    arguments: &[&str],
    document: Vec<u8>,
) -> Vec<u8> {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    let mut output = Vec::new();
    reader(&arguments, document, &mut output).unwrap();
    output
}

#[test]
fn readers_answer_with_a_line_and_what_it_speaks_of() {
    let info: Info = serde_json::from_slice(&answer(read_picture_info, &[], tiff())).unwrap();
    assert_eq!(
        (info.kind, info.pages, info.orientation),
        (Kind::Tiff, 2, Orientation::Upright)
    );

    let rows = Rows::parse(answer(decode_to_rows, &["1", "1000000"], rgb_png(20, 30))).unwrap();
    assert_eq!(
        rows.into_raster().unwrap(),
        decode(&rgb_png(20, 30), 1, &LIMITS).unwrap()
    );
    let fewer = Rows::parse(answer(decode_to_rows, &["1", "150"], rgb_png(20, 30))).unwrap();
    assert_eq!((fewer.width(), fewer.height()), (10, 15));

    let output = answer(compress_picture, &["1", "512", "85"], rgb_png(1_024, 300));
    let end = output.iter().position(|byte| *byte == b'\n').unwrap();
    let head: Compression = serde_json::from_slice(&output[..end]).unwrap();
    assert_eq!((head.width, head.height), (512, 150));
    assert_eq!(head.compressed_size as usize, output.len() - end - 1);
    assert_eq!(Kind::of(&output[end + 1..]), Some(Kind::WebP));

    for (reader, arguments) in [
        (
            decode_to_rows as fn(&[String], Vec<u8>, &mut dyn std::io::Write) -> _,
            vec!["1", "9"],
        ),
        (compress_picture, vec!["1", "512", "85"]),
        (read_picture_info, vec![]),
    ] {
        let refusal = Refusal::of_answer(&answer(reader, &arguments, b"%PDF-".to_vec())).unwrap();
        assert_eq!(refusal.code, "FILE_TYPE");
    }
    assert!(Refusal::of_answer(&output).is_none());
    for reader in [decode_to_rows, compress_picture] {
        let error = reader(&["x".to_owned()], Vec::new(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[test]
fn a_copy_is_used_only_if_it_is_smaller() {
    let settings = CompressSettings::default();
    let copied = compress(&rgb_png(1_500, 600), 1, settings, &LIMITS).unwrap();
    assert_eq!((copied.head.width, copied.head.height), (1_500, 600));
    assert!(!copied.head.is_original);
    // One bit for each dot: WebP needs more.
    let mut bits = sample(171, 1);
    bits.truncate(8 * 64);
    let dots = png(64, 64, png::ColorType::Grayscale, png::BitDepth::One, &bits);
    let kept = compress(&dots, 1, settings, &LIMITS).unwrap();
    assert!(kept.webp.is_none() && kept.head.is_original);
    assert_eq!(kept.head.compressed_size, dots.len() as u64);
    assert_eq!(kept.head.compression_ratio, "0.0");
    assert_eq!((kept.head.width, kept.head.height), (64, 64));
}

#[test]
fn copies_are_near_to_the_picture() {
    let bytes = rgb_png(1_200, 800);
    let settings = CompressSettings {
        max_side: 600,
        quality: 95,
    };
    let copy = compress(&bytes, 1, settings, &LIMITS).unwrap();
    let copy = decode(&copy.webp.unwrap(), 1, &LIMITS).unwrap();
    let expected = decode(&bytes, 1, &LIMITS).unwrap().resized(600, 400).unwrap();
    assert!(difference(copy.rgb(), expected.rgb()) < 12.0);
}

/// A file with some bytes changed, cut or doubled.
fn damaged(mut bytes: Vec<u8>, damages: &[(u8, u16, u8)]) -> Vec<u8> {
    for (kind, at, value) in damages {
        let length = bytes.len().max(1);
        let at = usize::from(*at) % length;
        match kind % 4 {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = *value),
            1 => bytes
                .iter_mut()
                .skip(at % 64)
                .take(1)
                .for_each(|byte| *byte = *value),
            2 => bytes.truncate(at.max(16)),
            _ => {
                let end = (at + usize::from(*value)).min(bytes.len());
                let copy = bytes.get(at.min(end)..end).unwrap_or_default().to_vec();
                drop(bytes.splice(at.min(end)..at.min(end), copy));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_files_are_decoded_within_the_limits_or_refused(
        damages in proptest::collection::vec(any::<(u8, u16, u8)>(), 1..6),
        page in 1_u32..3,
    ) {
        for whole in [rgb_png(20, 30), jpeg(20, 30), gif(), lossy_webp(20, 30), tiff(),
            webp(20, 30, image_webp::ColorType::Rgb8, &sample(20, 30)), with_exif(jpeg(9, 40), 6)] {
            let bytes = damaged(whole, &damages);
            let info = probe_page(&bytes, page, &LIMITS);
            match decode(&bytes, page, &LIMITS) {
                Ok(raster) => {
                    prop_assert!(info.is_ok());
                    prop_assert!(u64::from(raster.width()) * u64::from(raster.height()) <= LIMITS.max_pixels);
                }
                Err(error) => prop_assert!(!error.code().is_empty() && !error.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn any_bytes_behind_a_signature_are_refused_or_decoded(kind in 0_usize..5, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let start: &[u8] = [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"II*\0\x08\0\0\0"][kind];
        if let Ok(raster) = decode(&[start, &bytes].concat(), 1, &LIMITS) {
            prop_assert!(raster.width() > 0);
        }
    }

    #[test]
    fn rasters_that_fit_are_left_alone(width in 1_u32..40, height in 1_u32..40) {
        let raster = Raster::of_rgb(width, height, sample(width, height)).unwrap();
        let bytes = rgb_png(width, height);
        prop_assert_eq!(decode(&bytes, 1, &LIMITS).unwrap(), raster);
    }
}
