//! A picture's text, from pixels to lines in reading order.

use super::detect;
use super::geometry::Quad;
use super::lines::{self, Boxes};
use super::models::{Models, RunError};
use super::recognise::{self, Reading};
use super::straight::Straight;
use super::turned;
use super::words;
use crate::Line;
use crate::pdf::{SeenLayout, SeenWord, Word, lay_out_seen};
use crate::picture::Raster;

/// Points in an inch.
const POINTS_PER_INCH: f32 = 72.0;
/// Runs of text that the recogniser is less sure of on average are no text, but lines, stains and patterns.
const LEAST_SURENESS: f32 = 0.5;
/// Height of the em as a share of a box's: measured on pages rendered from PDFs of 8 to 24 points.
const EM: f32 = 0.75;
/// Where the baseline is, as a share of a box's height from its top.
const BASELINE: f32 = 0.72;

/// What was read of a picture. Lengths are points of the straightened page: lines level, the right way up, the origin at
/// the top left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScannedPage {
    /// Width and height.
    pub size: (f32, f32),
    /// By how much the picture has to be turned counterclockwise to be straight, in degrees below 360.
    pub turned_degrees: f32,
    /// Lines in reading order, column by column.
    pub lines: Vec<Line>,
    /// The words of the lines, in the same order.
    pub words: Vec<ScannedWord>,
}

/// A word that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScannedWord {
    /// Its characters, its place, its line.
    pub word: Word,
    /// How sure the recogniser is of its characters on average, in percent.
    pub sure_percent: u8,
}

/// Reads a picture of `dpi` pixels in an inch (72 where that is unknown: a point is a pixel then).
///
/// # Errors
/// [`RunError`], which no picture should be able to cause.
pub fn read_page(models: &Models, page: &Raster, dpi: f32) -> Result<ScannedPage, RunError> {
    let Some(map) = detect::text_map(models, page)? else {
        return Ok(ScannedPage::default());
    };
    let Boxes {
        mut along,
        astray,
        mut degrees,
    } = lines::boxes(&map.regions());
    drop(map);
    if turned::is_upside_down(models, page, &along)? {
        along.iter_mut().for_each(|quad| *quad = quad.half_turned());
        degrees += 180.0;
    }
    let mut runs = Vec::with_capacity(along.len() + astray.len());
    for quad in along {
        runs.push((quad, recognise::read(models, page, &quad)?));
    }
    for quad in astray {
        runs.push(turned::read_either_way(models, page, quad)?);
    }
    runs.retain(|(_, reading)| reading.sureness() >= LEAST_SURENESS);
    let scale = if dpi > 0.0 { POINTS_PER_INCH / dpi } else { 1.0 };
    let straight = Straight::new(page.width(), page.height(), degrees, scale);
    Ok(laid_out(&runs, &straight, degrees))
}

fn laid_out(runs: &[(Quad, Reading)], straight: &Straight, degrees: f32) -> ScannedPage {
    let mut seen: Vec<(SeenWord, f32)> = Vec::new();
    for (quad, reading) in runs {
        for part in words::words(reading) {
            let (start, end) = straight.level(&quad.between(part.start, part.end), BASELINE);
            let word = SeenWord {
                text: part.text,
                start: (f64::from(start.x), f64::from(start.y)),
                end: (f64::from(end.x), f64::from(end.y)),
                size: f64::from(straight.length(EM * quad.height())),
            };
            seen.push((word, part.sureness));
        }
    }
    seen.sort_by(|(a, _), (b, _)| {
        (a.start.1, a.start.0)
            .partial_cmp(&(b.start.1, b.start.0))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let (words, sureness): (Vec<SeenWord>, Vec<f32>) = seen.into_iter().unzip();
    let SeenLayout { lines, words } = lay_out_seen(words);
    let words = words.into_iter().map(|(word, index)| ScannedWord {
        word,
        sure_percent: (sureness.get(index).copied().unwrap_or(0.0) * 100.0).round() as u8,
    });
    ScannedPage {
        size: straight.size(),
        turned_degrees: degrees.rem_euclid(360.0),
        lines,
        words: words.collect(),
    }
}
