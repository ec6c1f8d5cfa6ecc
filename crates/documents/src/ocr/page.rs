//! A picture's text, from pixels to lines in reading order.

use super::detect;
use super::geometry::Quad;
use super::layout::{ScannedPage, ScannedWord, lay_out};
use super::lines::{self, Boxes};
use super::models::{Models, RunError};
use super::recognise::{self, Reading};
use super::turned;
use super::words;
use crate::picture::Raster;

/// Runs of text that the recogniser is less sure of on average are no text, but lines, stains and patterns.
const LEAST_SURENESS: f32 = 0.5;

/// Reads a picture of a page.
///
/// # Errors
/// [`RunError`], which no picture should be able to cause.
pub fn read_page(models: &Models, page: &Raster) -> Result<ScannedPage, RunError> {
    Ok(lay_out(read_words(models, page)?))
}

/// Reads the words of a picture, as each was found: in no order that matters, and in no lines.
///
/// # Errors
/// As [`read_page`].
pub fn read_words(models: &Models, page: &Raster) -> Result<Vec<ScannedWord>, RunError> {
    let Some(map) = detect::text_map(models, page)? else {
        return Ok(Vec::new());
    };
    let Boxes { mut along, astray } = lines::boxes(&map.regions());
    drop(map);
    if turned::is_upside_down(models, page, &along)? {
        along.iter_mut().for_each(|quad| *quad = quad.half_turned());
    }
    let mut read = Vec::new();
    for quad in along {
        read.extend(scanned(&quad, &recognise::read(models, page, &quad)?));
    }
    for quad in astray {
        let (quad, reading) = turned::read_either_way(models, page, quad)?;
        read.extend(scanned(&quad, &reading));
    }
    Ok(read)
}

/// The words of a run of text, none if it is not text.
fn scanned(quad: &Quad, reading: &Reading) -> Vec<ScannedWord> {
    if reading.sureness() < LEAST_SURENESS {
        return Vec::new();
    }
    let parts = words::words(reading).into_iter();
    let word = |part: words::Part| ScannedWord {
        text: part.text,
        corners: quad.between(part.start, part.end).corners(),
        confidence: part.sureness,
        line: 0,
    };
    parts.map(word).collect()
}
