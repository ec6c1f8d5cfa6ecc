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

/// Whether the boxes are to be read from their other end.
pub(super) fn is_upside_down(models: &Models, page: &Raster, boxes: &[Quad]) -> Result<bool, RunError> {
    let mut samples: Vec<&Quad> = boxes.iter().collect();
    samples.sort_by(|a, b| (b.width() / b.height()).total_cmp(&(a.width() / a.height())));
    samples.truncate(SAMPLES);
    let cut: Vec<Quad> = samples
        .iter()
        .map(|quad| {
            let part = (LONGEST_SAMPLE * quad.height() / quad.width()).min(1.0);
            quad.between(0.0, part)
        })
        .collect();
    let upright = sureness(models, page, cut.iter().copied())?;
    if cut.is_empty() || upright >= SURE {
        return Ok(false);
    }
    let turned = sureness(models, page, cut.iter().map(Quad::half_turned))?;
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

fn sureness(
    models: &Models,
    page: &Raster,
    boxes: impl ExactSizeIterator<Item = Quad>,
) -> Result<f32, RunError> {
    let count = boxes.len().max(1) as f32;
    let mut sum = 0.0;
    for quad in boxes {
        sum += recognise::read(models, page, &quad)?.sureness();
    }
    Ok(sum / count)
}
