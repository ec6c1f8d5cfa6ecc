//! Small pictures of every kind, damaged, and what must hold for each: its limits are kept, what is decoded is as large as
//! the file says, and a copy is smaller than its original.

use clap::ValueEnum;
use docmill_documents::picture::{CompressSettings, Kind, Limits, compress, decode, probe_page};
use image::{ExtendedColorType, ImageEncoder};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::damage::damaged;

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// PNG.
    Png,
    /// Baseline JPEG.
    Jpeg,
    /// GIF of two frames.
    Gif,
    /// WebP with and without losses.
    Webp,
    /// TIFF of two pages.
    Tiff,
}

/// What pictures are made of, put where it does not belong.
const PIECES: [&[u8]; 10] = [
    b"\0\0\0\x0dIHDR",
    b"\0\0\0\0IDAT",
    b"\xff\xd9",
    b"\xff\xda\0\x08\x01\x01\0\0\x3f\0",
    b"\xff\xc2",
    b"\xff\xdd\0\x04\0\x01",
    b"\x21\xf9\x04\x01\0\0\0\0",
    b"ANMF",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
];

/// A picture, in nine of ten cases damaged.
pub(crate) fn make(format: Format, random: &mut StdRng) -> Vec<u8> {
    let (width, height): (u32, u32) = (random.random_range(1..40), random.random_range(1..40));
    let grain: u8 = random.random();
    let rgb: Vec<u8> = (0..width * height * 3)
        .map(|at: u32| (at % 251) as u8 ^ (at.wrapping_mul(2_654_435_761) >> 24) as u8 & grain)
        .collect();
    let file = whole(format, width, height, &rgb, random).unwrap_or_default();
    if random.random_ratio(1, 10) {
        return file;
    }
    damaged(&file, &PIECES, random)
}

/// `None` if an encoder refuses it, which none does.
fn whole(format: Format, width: u32, height: u32, rgb: &[u8], random: &mut StdRng) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    match format {
        Format::Png => image::codecs::png::PngEncoder::new(&mut file)
            .write_image(rgb, width, height, ExtendedColorType::Rgb8)
            .ok()?,
        Format::Jpeg => image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 80)
            .write_image(rgb, width, height, ExtendedColorType::Rgb8)
            .ok()?,
        Format::Gif => {
            let (across, down) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
            let indices: Vec<u8> = rgb.iter().step_by(3).map(|value| value % 2).collect();
            let frame = gif::Frame::from_indexed_pixels(across, down, indices, None);
            let mut encoder = gif::Encoder::new(&mut file, across, down, &[0, 0, 0, 255, 255, 255]).ok()?;
            for _ in 0..2 {
                encoder.write_frame(&frame).ok()?;
            }
        }
        Format::Webp if random.random() => image_webp::WebPEncoder::new(&mut file)
            .encode(rgb, width, height, image_webp::ColorType::Rgb8)
            .ok()?,
        Format::Webp => {
            let settings = docmill_webp::Settings {
                quality: 80,
                method: 0,
            };
            file = docmill_webp::encode(width, height, rgb, settings).ok()?;
        }
        Format::Tiff => file = tiff(width, height, rgb, random),
    }
    Some(file)
}

/// Two pages of one strip, which is said to be compressed in any of the ways that are read.
fn tiff(width: u32, height: u32, rgb: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    file.extend_from_slice(rgb);
    let mut link = 4;
    for _ in 0..2 {
        let compression = [1, 2, 3, 4, 5, 7, 8, 32_773][random.random_range(0..8)];
        let bits = if (2..=4).contains(&compression) { 1 } else { 8 };
        let tags = [
            (256, width),
            (257, height),
            (258, bits),
            (259, compression),
            (262, [0, 1, 3][random.random_range(0..3)]),
            (273, 8),
            (278, random.random_range(1..=height)),
            (279, rgb.len() as u32),
            (317, random.random_range(1..=2)),
        ];
        let start = (file.len() as u32).to_le_bytes();
        file[link..link + 4].copy_from_slice(&start);
        file.extend_from_slice(&(tags.len() as u16).to_le_bytes());
        for (tag, number) in tags {
            file.extend_from_slice(&u16::to_le_bytes(tag));
            file.extend_from_slice(&[4, 0, 1, 0, 0, 0]);
            file.extend_from_slice(&u32::to_le_bytes(number));
        }
        link = file.len();
        file.extend_from_slice(&[0; 4]);
    }
    file
}

/// How a picture was read, or what is wrong with that.
pub(crate) fn check(file: &[u8], random: &mut StdRng) -> Result<&'static str, String> {
    let limits = Limits {
        max_pixels: 200_000,
        max_side: 4_000,
        max_pages: 3,
        memory_bytes: 4 << 20,
        max_scans: 20,
    };
    let page = if Kind::of(file) == Some(Kind::Tiff) {
        random.random_range(1..=2)
    } else {
        1
    };
    let probed = probe_page(file, page, &limits);
    let raster = match decode(file, page, &limits) {
        Ok(raster) => raster,
        Err(error) => return Ok(error.code()),
    };
    let info = probed.map_err(|error| format!("decoded, but not probed: {error}"))?;
    if info.shown_size() != (raster.width(), raster.height()) {
        return Err(format!("{info:?}, but decoded as {:?}", raster.width()));
    }
    if u64::from(raster.width()) * u64::from(raster.height()) > limits.max_pixels {
        return Err("more pixels than allowed".to_owned());
    }
    let copy = compress(file, page, CompressSettings::default(), &limits);
    let copy = copy.map_err(|error| format!("decoded, but not compressed: {error}"))?;
    match copy.webp {
        Some(webp) if webp.len() >= file.len() => Err("the copy is larger".to_owned()),
        Some(webp) if Kind::of(&webp) != Some(Kind::WebP) => Err("the copy is no WebP".to_owned()),
        Some(_) => Ok("compressed"),
        None => Ok("kept"),
    }
}
