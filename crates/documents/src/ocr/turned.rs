//! Which end of the page is up. The detector sees lines, not which way they are read: upside-down text is found as any
//! other, but the recogniser reads nonsense from it and is not sure of it.

use super::geometry::Quad;
use super::models::{Models, RunError};
use super::recognise::{self, Reading};
use crate::picture::Raster;

/// Lines that are read to find out. Long ones: a short one may be a number that reads both ways, like 69 or 1001.
const SAMPLES: usize = 3;
/// Longest sample, in heights: more characters would say the same and cost more.
const LONGEST_SAMPLE: f32 = 15.0;
/// Lines as sure as this are upright, and their other side is not looked at.
const SURE: f32 = 0.9;
/// Letters of a line that is believed: leader dots and rules read the same from both sides.
const TELLING_LETTERS: usize = 5;

/// Whether the boxes are to be read from their other end.
pub(super) fn is_upside_down(models: &Models, page: &Raster, boxes: &[Quad]) -> Result<bool, RunError> {
    let mut samples: Vec<&Quad> = boxes.iter().collect();
    samples.sort_by(|a, b| (b.width() / b.height()).total_cmp(&(a.width() / a.height())));
    samples.truncate(SAMPLES);
    let (mut upright, mut turned) = (0.0, 0.0);
    for quad in samples {
        let part = (LONGEST_SAMPLE * quad.height() / quad.width()).min(1.0);
        let sample = quad.between(0.0, part);
        let reading = recognise::read(models, page, &sample)?;
        if reading.sureness() >= SURE && reading.letters() >= TELLING_LETTERS {
            return Ok(false);
        }
        upright += reading.sureness();
        turned += recognise::read(models, page, &sample.half_turned())?.sureness();
    }
    Ok(turned > upright)
}

/// The way round in which a box that runs astray reads better, and what it says.
pub(super) fn read_either_way(
    models: &Models,
    page: &Raster,
    quad: Quad,
) -> Result<(Quad, Reading), RunError> {
    let reading = recognise::read(models, page, &quad)?;
    if reading.sureness() >= SURE {
        return Ok((quad, reading));
    }
    let turned = quad.half_turned();
    let other = recognise::read(models, page, &turned)?;
    if other.sureness() > reading.sureness() {
        Ok((turned, other))
    } else {
        Ok((quad, reading))
    }
}
