//! Reading pictures of text with the real networks: `make models` fetches them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use docmill_documents::ocr::{
    DETECTOR_FILE, Models, RECOGNISER_FILE, ScanJob, ScannedPage, ScannedWord, lay_out, read_page,
    read_picture,
};
use docmill_documents::pdf::{OpenLimits, PdfDocument, Rect, RenderLimits, Word, draw_page};
use docmill_documents::picture::{Raster, Rows};

const SAMPLE: &[u8] = include_bytes!("../../../samples/le-phare-de-kermor.pdf");
const DPI: f32 = 200.0;

/// A network's file, from the folder that `DOCMILL_MODELS` names or the one that `make models` fills.
fn file(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("DOCMILL_MODELS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/models"));
    let path = folder.join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("`make models` fetches {}: {error}", path.display()))
}

fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| Models::load(file(DETECTOR_FILE), file(RECOGNISER_FILE)).unwrap())
}

fn sample() -> PdfDocument {
    PdfDocument::open(SAMPLE.to_vec(), OpenLimits { max_pages: 1_000 }).unwrap()
}

/// A page, and the words that stand there with their places in pixels.
fn page(number: u32) -> (Raster, Vec<Word>) {
    let document = sample();
    let limits = RenderLimits {
        dpi: DPI,
        max_pixels: 10_000_000,
    };
    let bitmap = document.renderer().render(number, limits).unwrap();
    let mut words = document.reader().page(number).unwrap().words;
    for word in &mut words {
        let Rect { x0, y0, x1, y1 } = word.rect;
        let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|points| points * DPI / 72.0);
        word.rect = Rect { x0, y0, x1, y1 };
    }
    (Raster::of_bitmap(bitmap).unwrap(), words)
}

/// The upper part of a page.
fn upper_part(number: u32, share: f32) -> (Raster, Vec<Word>) {
    let (raster, mut words) = page(number);
    let (width, height) = (raster.width(), (raster.height() as f32 * share) as u32);
    let rgb = raster.rgb()[..(width * height * 3) as usize].to_vec();
    // What the edge cuts through is not asked for.
    words.retain(|word| word.rect.y1 < height as f32 - 5.0);
    (Raster::of_rgb(width, height, rgb).unwrap(), words)
}

/// The share of the words that were read, each as often as it stands there.
fn recall(words: &[Word], read: &ScannedPage) -> f32 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in &read.words {
        *left.entry(word.text.as_str()).or_default() += 1;
    }
    let found = words
        .iter()
        .filter(|word| match left.get_mut(word.text.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        });
    found.count() as f32 / words.len() as f32
}

/// Words that stand once on either side are the same: calls back with where each ought to be and its corners.
fn compare_places(words: &[Word], read: &ScannedPage, compare: impl Fn(Rect, [(f32, f32); 4])) {
    let mut compared = 0;
    for found in &read.words {
        let mut same = words.iter().filter(|word| word.text == found.text);
        let again = read.words.iter().filter(|word| word.text == found.text);
        if let (Some(word), None, 1) = (same.next(), same.next(), again.count()) {
            compare(word.rect, found.corners);
            compared += 1;
        }
    }
    assert!(compared >= 12, "{compared} words");
}

/// The picture turned clockwise about its middle, white around it.
fn turned(raster: &Raster, degrees: f32) -> Raster {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (raster.width() as f32, raster.height() as f32);
    let new_width = (width * cos.abs() + height * sin.abs()).round() as u32;
    let new_height = (width * sin.abs() + height * cos.abs()).round() as u32;
    let mut rgb = Vec::with_capacity((new_width * new_height * 3) as usize);
    for y in 0..new_height {
        for x in 0..new_width {
            let (dx, dy) = (
                x as f32 + 0.5 - new_width as f32 / 2.0,
                y as f32 + 0.5 - new_height as f32 / 2.0,
            );
            let from_x = dx * cos + dy * sin + width / 2.0;
            let from_y = dy * cos - dx * sin + height / 2.0;
            let inside = (0.0..width).contains(&from_x) && (0.0..height).contains(&from_y);
            let start = (from_y as usize * raster.width() as usize + from_x as usize) * 3;
            let pixel = raster.rgb().get(start..start + 3).filter(|_| inside);
            rgb.extend_from_slice(pixel.unwrap_or(&[255; 3]));
        }
    }
    Raster::of_rgb(new_width, new_height, rgb).unwrap()
}

#[test]
fn a_page_is_read_and_its_words_stand_where_the_pdf_has_them() {
    let (raster, words) = upper_part(6, 0.5);
    let read = read_page(models(), &raster).unwrap();
    assert!(recall(&words, &read) >= 0.97, "{:?}\n{words:?}", read.lines);
    assert_eq!(read.turn_degrees, 0);
    assert!(read.tilt_degrees.abs() < 0.5 && read.confidence > 0.9);
    compare_places(&words, &read, |expected, corners| {
        let [(x0, y0), _, (x1, y1), _] = corners;
        let off = [
            x0 - expected.x0,
            x1 - expected.x1,
            (y0 + y1 - expected.y0 - expected.y1) / 2.0,
        ];
        // An em has 28 pixels.
        let is_near = off.iter().all(|pixels| pixels.abs() < 12.0);
        assert!(is_near, "{off:?}: {corners:?} for {expected:?}");
    });
    // Words that the layout knows are those of its lines.
    let of_lines: Vec<&str> = read.lines.iter().flat_map(|line| line.text.split(' ')).collect();
    let of_words: Vec<&str> = read.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(of_lines, of_words);
}

#[test]
fn tilted_and_turned_pages_are_read() {
    let (raster, words) = upper_part(6, 0.25);
    let middle = (raster.width() as f32 / 2.0, raster.height() as f32 / 2.0);
    for degrees in [3.0, -10.0, 10.0, 90.0, 180.0, 273.0] {
        let picture = turned(&raster, degrees);
        let read = read_page(models(), &picture).unwrap();
        let found = recall(&words, &read);
        assert!(found >= 0.9, "{found} at {degrees}: {:?}", read.lines);
        let said = f32::from(read.turn_degrees) + read.tilt_degrees;
        let off = (said - degrees + 180.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 1.0, "{said} for {degrees}");
        let (sin, cos) = degrees.to_radians().sin_cos();
        compare_places(&words, &read, |expected, corners| {
            let (dx, dy) = (
                (expected.x0 + expected.x1) / 2.0 - middle.0,
                (expected.y0 + expected.y1) / 2.0 - middle.1,
            );
            let x = dx * cos - dy * sin + picture.width() as f32 / 2.0;
            let y = dx * sin + dy * cos + picture.height() as f32 / 2.0;
            let [(x0, y0), _, (x1, y1), _] = corners;
            let off = ((x0 + x1) / 2.0 - x).hypot((y0 + y1) / 2.0 - y);
            assert!(off < 14.0, "{off} at {degrees}: {corners:?} for {x}, {y}");
        });
    }
}

/// The same noise every time.
fn noise() -> impl FnMut() -> u8 {
    let mut state = 1u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }
}

#[test]
fn a_noisy_page_is_read() {
    let (raster, words) = upper_part(6, 0.25);
    let mut noise = noise();
    let gray: Vec<u8> = raster
        .rgb()
        .chunks_exact(3)
        .map(|pixel| (40 + pixel[0] / 2).saturating_add(noise() / 3))
        .collect();
    let noisy = Raster::of_gray(raster.width(), raster.height(), &gray).unwrap();
    let read = read_page(models(), &noisy).unwrap();
    let found = recall(&words, &read);
    assert!(found >= 0.9, "{found}: {:?}", read.lines);
}

#[test]
fn no_text_is_no_words() {
    for value in [0, 128, 255] {
        let blank = Raster::of_gray(300, 200, &[value; 60_000]).unwrap();
        assert_eq!(read_page(models(), &blank).unwrap(), ScannedPage::default());
    }
}

#[test]
fn no_picture_is_a_panic() {
    let mut noise = noise();
    for (width, height) in [(1, 1), (2, 1), (1, 700), (3_000, 1), (33, 31), (300, 200)] {
        let count = (width * height) as usize;
        let pictures: [Vec<u8>; 2] = [
            (0..count).map(|_| noise()).collect(),
            (0..count)
                .map(|index| if index % 9 < 3 { 0 } else { 255 })
                .collect(),
        ];
        for gray in pictures {
            let raster = Raster::of_gray(width, height, &gray).unwrap();
            let read = read_page(models(), &raster).unwrap();
            assert!(read.words.iter().all(|word| !word.text.is_empty()));
        }
    }
}

fn job(document: &[u8]) -> Vec<u8> {
    let packed = ScanJob::pack(&file(DETECTOR_FILE), &file(RECOGNISER_FILE));
    [&packed, document].concat()
}

#[test]
fn a_page_is_drawn_in_one_process_and_read_in_another() {
    let mut rows = Vec::new();
    let arguments = ["1", "1000", "200", "300000"].map(str::to_owned);
    draw_page(&arguments, SAMPLE.to_vec(), &mut rows).unwrap();
    let drawn = Rows::parse(rows.clone()).unwrap();
    assert_eq!(drawn.channels(), 1);
    assert!((250_000..=300_000).contains(&(drawn.width() * drawn.height())));
    let mut output = Vec::new();
    read_picture(&[], job(&rows), &mut output).unwrap();
    assert_eq!(output.iter().filter(|byte| **byte == b'\n').count(), 1);
    let read: Vec<ScannedWord> = serde_json::from_slice(&output).unwrap();
    let text: Vec<String> = lay_out(read).lines.into_iter().map(|line| line.text).collect();
    assert!(text.join(" ").to_lowercase().contains("phare"), "{text:?}");
}
