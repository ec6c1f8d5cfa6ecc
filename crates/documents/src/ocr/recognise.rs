//! What a run of text says: the recogniser over one level strip, and its answer as characters with places.

use super::detect::planes;
use super::geometry::Quad;
use super::models::{Models, Output, RunError};
use super::strip::strip;
use crate::picture::{CHANNELS, Raster};

/// Height of the strips that the recogniser was trained on, in pixels.
const HEIGHT: u32 = 48;
/// Strips are filled up to a multiple of this.
const STEP: usize = 32;
/// Longest strip, in pixels: 66 times as long as high. A longer one is pressed together.
const LONGEST: f32 = 3_200.0;
/// Mean and deviation of the pixels it was trained on.
const MIDDLE: [f32; CHANNELS] = [0.5; CHANNELS];

/// A character as the recogniser reads it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Symbol {
    /// One character, now and then more.
    pub(super) text: String,
    /// Its middle, as a share of the strip's width from its left end.
    pub(super) at: f32,
    /// How sure the recogniser is, up to 1.
    pub(super) sureness: f32,
}

/// A run of text that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) symbols: Vec<Symbol>,
}

impl Reading {
    /// How sure the recogniser is of its characters on average; 0 where there is none.
    pub(super) fn sureness(&self) -> f32 {
        let sum: f32 = self.symbols.iter().map(|symbol| symbol.sureness).sum();
        match self.symbols.len() {
            0 => 0.0,
            count => sum / count as f32,
        }
    }

    /// How many of the characters are letters.
    pub(super) fn letters(&self) -> usize {
        let is_letter = |symbol: &&Symbol| symbol.text.chars().any(char::is_alphabetic);
        self.symbols.iter().filter(is_letter).count()
    }
}

/// Reads what stands in a box. Nothing, where the box has no pixel.
pub(super) fn read(models: &Models, page: &Raster, quad: &Quad) -> Result<Reading, RunError> {
    let Some(level) = strip(page, quad) else {
        return Ok(Reading::default());
    };
    let wanted = (HEIGHT as f32 * quad.width() / quad.height()).ceil();
    // Never NaN: a strip has both sides.
    let width = wanted.clamp(8.0, LONGEST) as u32;
    let Some(fitted) = level.resized(width, HEIGHT) else {
        return Ok(Reading::default());
    };
    let padded = (width as usize).div_ceil(STEP) * STEP;
    let pixels = planes(&fitted, padded, MIDDLE, MIDDLE);
    let output = models.recognise([1, CHANNELS, HEIGHT as usize, padded], pixels)?;
    Ok(decode(models, &output, padded as f32 / width as f32))
}

/// Takes the likeliest character of every step; a character said twice in a row is one, unless a blank stands between
/// (connectionist temporal classification). `padding` is the padded strip's width over the strip's.
fn decode(models: &Models, output: &Output, padding: f32) -> Reading {
    let [_, steps, classes] = output.shape.as_slice() else {
        return Reading::default();
    };
    let (steps, classes) = (*steps, *classes);
    if steps == 0 || classes == 0 {
        return Reading::default();
    }
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut last = None;
    let mut run = Run::default();
    for (step, values) in output.values.chunks_exact(classes).enumerate() {
        let (best, sureness) = likeliest(values);
        let text = models.character(best);
        if Some(best) != last {
            run = Run::default();
            if let Some(text) = text {
                symbols.push(Symbol {
                    text: text.to_owned(),
                    at: 0.0,
                    sureness,
                });
            }
        }
        last = Some(best);
        if let (Some(_), Some(symbol)) = (text, symbols.last_mut()) {
            run.add(step, sureness);
            symbol.sureness = symbol.sureness.max(sureness);
            symbol.at = (run.middle() / steps as f32 * padding).min(1.0);
        }
    }
    Reading { symbols }
}

/// Steps that say the same character.
#[derive(Default)]
struct Run {
    weight: f32,
    sum: f32,
}

impl Run {
    fn add(&mut self, step: usize, sureness: f32) {
        self.weight += sureness;
        self.sum += sureness * (step as f32 + 0.5);
    }

    /// In steps from the left end.
    fn middle(&self) -> f32 {
        self.sum / self.weight.max(f32::EPSILON)
    }
}

/// The class with the largest value, and the value.
fn likeliest(values: &[f32]) -> (usize, f32) {
    // Eight at a time: the list of characters is long, and this runs for every step of every strip.
    let blocks = values.chunks(8).enumerate();
    let largest = blocks.fold((0, f32::NEG_INFINITY), |best, (index, block)| {
        let most = block.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if most > best.1 { (index, most) } else { best }
    });
    let start = largest.0 * 8;
    let place = values
        .iter()
        .skip(start)
        .position(|value| *value == largest.1)
        .unwrap_or(0);
    (start + place, largest.1.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_class_is_the_first_of_the_largest() {
        let mut values = vec![0.0; 100];
        values[37] = 0.7;
        values[38] = 0.7;
        assert_eq!(likeliest(&values), (37, 0.7));
        assert_eq!(likeliest(&[f32::NAN; 3]), (0, 0.0));
        assert_eq!(likeliest(&[]), (0, 0.0));
    }

    #[test]
    fn nothing_is_read_with_no_sureness() {
        assert_eq!(Reading::default().sureness(), 0.0);
        assert_eq!(Reading::default().letters(), 0);
    }
}
