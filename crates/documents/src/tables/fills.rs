//! The colours of cells.

use super::model::{Cell, Tables, UNITS};
use crate::picture::Raster;

/// Places that are looked at along each side of a cell.
const SAMPLES: u32 = 16;
/// A colour that is nearer to white than this is none, of 255.
const NEAR_WHITE: u8 = 12;
/// Colours that differ by less than this count as one.
const STEP: u8 = 16;
/// Share of the places that have to have one colour, in per cent.
const COMMON_PERCENT: usize = 50;

/// Gives each cell its colour: what most of it has, if that is not white. The picture is that of the whole page.
pub fn add_fills(tables: &mut Tables, picture: &Raster) {
    for cell in tables.grids.iter_mut().flat_map(|grid| &mut grid.cells) {
        cell.fill = fill(cell, picture);
    }
}

fn fill(cell: &Cell, picture: &Raster) -> Option<[u8; 3]> {
    let mut colours = Vec::with_capacity((SAMPLES * SAMPLES) as usize);
    for down in 0..SAMPLES {
        for across in 0..SAMPLES {
            let x = place(cell.area.x0, cell.area.x1, across, picture.width());
            let y = place(cell.area.y0, cell.area.y1, down, picture.height());
            colours.push(picture.pixel(x, y));
        }
    }
    let step = |colour: &[u8; 3]| colour.map(|value| value / STEP);
    colours.sort_by_key(step);
    let common = colours
        .chunk_by(|a, b| step(a) == step(b))
        .max_by_key(|group| group.len())?;
    if common.len() * 100 < colours.len() * COMMON_PERCENT {
        return None;
    }
    let colour = *common.get(common.len() / 2)?;
    colour
        .iter()
        .any(|value| *value < u8::MAX - NEAR_WHITE)
        .then_some(colour)
}

/// The pixel of one of the places between two edges, away from both.
fn place(from: i32, to: i32, index: u32, side: u32) -> u32 {
    let share = (index as f32 + 2.0) / (SAMPLES as f32 + 3.0);
    let unit = from as f32 + (to - from) as f32 * share;
    ((unit / UNITS as f32 * side as f32) as u32).min(side.saturating_sub(1))
}
