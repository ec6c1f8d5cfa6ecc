//! Reading pictures of text with the real networks: `make models` fetches them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use docmill_documents::ocr::{DETECTOR_FILE, Models, RECOGNISER_FILE, ScannedPage, read_page};
use docmill_documents::pdf::{OpenLimits, PdfDocument, RenderLimits, TextRecord};
use docmill_documents::picture::Raster;

const SAMPLE: &[u8] = include_bytes!("../../../samples/le-phare-de-kermor.pdf");
const DPI: f32 = 200.0;

/// The folder with the networks. Without one these tests say so and pass, except where somebody named a folder, and in
/// CI.
fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("DOCMILL_MODELS").map(PathBuf::from);
    let required = named.is_some() || std::env::var("CI").is_ok_and(|value| value == "true");
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/models"));
    let is_there = folder.join(DETECTOR_FILE).is_file() && folder.join(RECOGNISER_FILE).is_file();
    assert!(
        is_there || !required,
        "no models in {}: `make models` fetches them",
        folder.display()
    );
    if !is_there {
        eprintln!(
            "SKIPPED: no models in {}: `make models` fetches them",
            folder.display()
        );
    }
    is_there.then_some(folder)
}

fn files() -> Option<(Vec<u8>, Vec<u8>)> {
    let folder = folder()?;
    let read = |name| std::fs::read(folder.join(name)).unwrap();
    Some((read(DETECTOR_FILE), read(RECOGNISER_FILE)))
}

fn models() -> Option<&'static Models> {
    static MODELS: OnceLock<Option<Models>> = OnceLock::new();
    let models = MODELS.get_or_init(|| {
        let (detector, recogniser) = files()?;
        Some(Models::load(detector, recogniser).unwrap())
    });
    models.as_ref()
}

fn sample() -> PdfDocument {
    PdfDocument::open(SAMPLE.to_vec(), OpenLimits { max_pages: 1_000 }).unwrap()
}

/// The upper part of a page of the sample, and the words that stand there.
fn upper_part(number: u32, share: f32) -> (Raster, Vec<String>) {
    let document = sample();
    let limits = RenderLimits {
        dpi: DPI,
        max_pixels: 10_000_000,
    };
    let bitmap = document.renderer().render(number, limits).unwrap();
    let height = (bitmap.height as f32 * share) as u32;
    let mut rgb = bitmap.rgb;
    rgb.truncate((bitmap.width * height * 3) as usize);
    let page = document.reader().page(number).unwrap();
    let bottom = height as f32 / DPI * 72.0;
    // What the edge cuts through is not asked for.
    let words = page.words.into_iter().filter(|word| word.rect.y1 < bottom - 2.0);
    let words = words.map(|word| word.text).collect();
    (Raster::of_rgb(bitmap.width, height, rgb).unwrap(), words)
}

/// The share of the words that were read, each as often as it stands there.
fn recall(words: &[String], read: &ScannedPage) -> f32 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in &read.words {
        *left.entry(word.word.text.as_str()).or_default() += 1;
    }
    let found = words.iter().filter(|word| match left.get_mut(word.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    });
    found.count() as f32 / words.len() as f32
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
fn a_page_is_read_and_its_places_are_those_of_the_pdf() {
    let Some(models) = models() else { return };
    let (raster, words) = upper_part(2, 0.5);
    let read = read_page(models, &raster, DPI).unwrap();
    assert!(recall(&words, &read) >= 0.97, "{:?}\n{words:?}", read.lines);
    let page = sample().reader().page(2).unwrap();
    let mut compared = 0;
    for word in &read.words {
        // A word that stands once on either side is the same word.
        let is_same = |other: &&docmill_documents::pdf::Word| other.text == word.word.text;
        let mut same = page.words.iter().filter(is_same);
        let (Some(expected), None) = (same.next(), same.next()) else {
            continue;
        };
        let (a, b) = (word.word.rect, expected.rect);
        let (dx, dy) = (a.x0 - b.x0, (a.y0 + a.y1 - b.y0 - b.y1) / 2.0);
        assert!(
            dx.abs() < 8.0 && dy.abs() < 4.0,
            "{}: {a:?} for {b:?}",
            expected.text
        );
        compared += 1;
    }
    assert!(compared > 20);
}

#[test]
fn tilted_and_turned_pages_are_read() {
    let Some(models) = models() else { return };
    let (raster, words) = upper_part(2, 0.25);
    for degrees in [7.0, -10.0, 90.0, 180.0, 273.0] {
        let read = read_page(models, &turned(&raster, degrees), DPI).unwrap();
        let found = recall(&words, &read);
        assert!(found >= 0.9, "{found} at {degrees}: {:?}", read.lines);
        let off = (read.turned_degrees - degrees + 180.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 1.0, "{} for {degrees}", read.turned_degrees);
    }
}

#[test]
fn no_picture_is_a_panic() {
    let Some(models) = models() else { return };
    // The same noise every time.
    let mut state = 1u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for (width, height) in [(1, 1), (2, 1), (1, 700), (3_000, 1), (33, 31), (300, 200)] {
        let count = (width * height) as usize;
        let pictures = [
            vec![0; count],
            vec![255; count],
            (0..count).map(|_| noise()).collect(),
            (0..count)
                .map(|index| if index % 9 < 3 { 0 } else { 255 })
                .collect(),
        ];
        for gray in pictures {
            let raster = Raster::of_gray(width, height, &gray).unwrap();
            for dpi in [300.0, 0.0, f32::NAN] {
                let read = read_page(models, &raster, dpi).unwrap();
                assert!(read.words.iter().all(|word| !word.word.text.is_empty()));
            }
        }
    }
}

#[test]
fn the_reader_of_scans_writes_what_it_sees() {
    use docmill_documents::pdf::{ScanJob, TextKind, read_scans};
    let Some((detector, recogniser)) = files() else {
        return;
    };
    let mut job = ScanJob::pack(&detector, &recogniser);
    job.extend_from_slice(SAMPLE);
    let mut output = Vec::new();
    let arguments = ["1000", "1", "9999"].map(str::to_owned);
    read_scans(&arguments, job, &mut output).unwrap();
    let records: Vec<TextRecord> = output
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let [
        TextRecord::Opened { .. },
        TextRecord::Page(page),
        TextRecord::Done,
    ] = records.as_slice()
    else {
        panic!("{records:?}");
    };
    assert_eq!((page.page.number, page.kind), (1, TextKind::Hidden));
    let text: Vec<&str> = page.page.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(text.join(" ").to_lowercase().contains("phare"), "{text:?}");
}
