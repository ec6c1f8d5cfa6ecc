//! Reads pictures and pages of PDF files as scans are read.
//!
//! usage: ocr-text MODELS FILE[#PAGE] [words]
//!
//! Writes the lines, or with `words` one word a line: left, top, right and bottom edge in pixels, confidence, text. What it
//! cost stands on stderr.

use std::io::{Error, Result};
use std::path::Path;

use docmill_documents::ocr::{DETECTOR_FILE, Models, RECOGNISER_FILE, read_page};
use docmill_documents::pdf::{OpenLimits, PdfDocument, RenderLimits};
use docmill_documents::picture::Raster;

/// Resolution in which pages are drawn: as scans are made.
const DPI: f32 = 300.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, file, options @ ..] = arguments.as_slice() else {
        return Err(Error::other("usage: ocr-text MODELS FILE[#PAGE] [words]"));
    };
    let folder = Path::new(folder);
    let models = Models::load(
        std::fs::read(folder.join(DETECTOR_FILE))?,
        std::fs::read(folder.join(RECOGNISER_FILE))?,
    )
    .map_err(Error::other)?;
    let loaded = cpu_ms();
    let raster = picture(file)?;
    let drawn = cpu_ms();
    let page = read_page(&models, &raster).map_err(Error::other)?;
    if options.iter().any(|option| option == "words") {
        for word in &page.words {
            let rect = word.rect();
            println!(
                "{:.1} {:.1} {:.1} {:.1} {:.3} {}",
                rect.x0, rect.y0, rect.x1, rect.y1, word.confidence, word.text
            );
        }
    } else {
        for line in &page.lines {
            println!("{}", line.text);
        }
    }
    eprintln!(
        "{file}: {}x{}, turned {}, tilted {:.1}, {} words, confidence {:.3}; CPU ms: load {loaded}, picture {}, read {}; peak {} MB",
        raster.width(),
        raster.height(),
        page.turn_degrees,
        page.tilt_degrees,
        page.words.len(),
        page.confidence,
        drawn - loaded,
        cpu_ms() - drawn,
        peak_mb(),
    );
    Ok(())
}

/// A page of a PDF, or a picture.
fn picture(file: &str) -> Result<Raster> {
    let (path, page) = file.rsplit_once('#').unwrap_or((file, "1"));
    if !path.ends_with(".pdf") {
        let decoded = image::open(path).map_err(Error::other)?.into_rgb8();
        let raster = Raster::of_rgb(decoded.width(), decoded.height(), decoded.into_raw());
        return raster.map_err(Error::other);
    }
    let number = page.parse().map_err(Error::other)?;
    let limits = OpenLimits { max_pages: 100_000 };
    let document = PdfDocument::open(std::fs::read(path)?, limits)
        .map_err(|refusal| Error::other(format!("{refusal:?}")))?;
    let limits = RenderLimits {
        dpi: DPI,
        max_pixels: 50_000_000,
    };
    let bitmap = document.renderer().render(number, limits).map_err(Error::other)?;
    Raster::of_bitmap(bitmap).map_err(Error::other)
}

/// Processor time of this process so far.
fn cpu_ms() -> u64 {
    // Fields 14 and 15 count in hundredths of a second; the second field may hold spaces, but ends with a bracket.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split(' ');
    let ticks: u64 = fields
        .skip(12)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks * 10
}

/// Largest resident memory of this process so far.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
