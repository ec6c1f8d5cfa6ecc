//! The rulings that a picture shows.
//!
//! A ruling is where brightness or colour changes across a long, straight way: on both sides of a drawn line, or where two
//! fills meet. Ways are followed row by row for vertical rulings, and in the turned picture for horizontal ones. Strokes of
//! letters are too short, and rows of letters have too many gaps.

use serde::{Deserialize, Serialize};

use super::model::{Area, TableRuling, TableWord, UNITS};
use crate::picture::{CHANNELS, Orientation, Raster};

/// Pixels of the picture that is searched; a larger one is made smaller first.
const MAX_PIXELS: f64 = 10_000_000.0;
/// A ruling has at least this share of the page's side.
const SHORTEST_PERCENT: u32 = 3;
/// How much a colour has to change, of 255.
const CONTRAST: i16 = 16;
/// How far a ruling may stray for its length: 0.5 degrees, and some more for jagged ends.
const TILT: f32 = 0.0125;
/// Pixels that a way may stray whatever its length.
const JAGS: u32 = 2;
/// A way may have gaps of this share of the page's side, at least and at most so many pixels.
const GAP_SHARE: u32 = 300;
const GAP_PIXELS: (u32, u32) = (2, 8);
/// Gaps of a way together, in per cent of its length.
const GAPS_PERCENT: u32 = 12;
/// Both sides of a line are this near, in pixels.
const THICKEST: i32 = 8;
/// Ways of a picture, both directions; more is a photograph or a pattern.
const MAX_WAYS: usize = 60_000;
/// Ways of this share of the page's side tell the tilt.
const TELLING_PERCENT: u32 = 15;

/// The rulings of a picture, straightened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeenRulings {
    /// The rulings, as if the page had been level.
    pub rulings: Vec<TableRuling>,
    /// How the page was tilted: pixels down for each pixel to the right.
    pub tilt: f32,
    /// Width by height of the picture.
    aspect: f32,
}

impl SeenRulings {
    /// Width by height of the picture.
    pub fn aspect(&self) -> f32 {
        self.aspect
    }

    /// Words of the same picture as if the page had been level.
    pub fn level(&self, words: &mut [TableWord]) {
        for word in words {
            let (x, y) = word.area.centre();
            let (dx, dy) = self.shift(x as f32, y as f32);
            let Area { x0, y0, x1, y1 } = word.area;
            word.area = Area::of_corners((x0 + dx, y0 + dy), (x1 + dx, y1 + dy));
        }
    }

    /// How far a place moves when the page is turned about its middle.
    fn shift(&self, x: f32, y: f32) -> (i32, i32) {
        let middle = UNITS as f32 / 2.0;
        let dx = self.tilt * (y - middle) / self.aspect;
        let dy = -self.tilt * (x - middle) * self.aspect;
        (dx.round() as i32, dy.round() as i32)
    }
}

/// Finds rulings of 1 to 6 pixels of any colour, and the edges of fills that differ; the page may be tilted by half a
/// degree. Colours have to change by 16 of 255 at least.
pub fn rulings_of(picture: &Raster) -> SeenRulings {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale = (MAX_PIXELS / (width * height)).sqrt().min(1.0);
    let small = picture.resized((width * scale) as u32, (height * scale) as u32);
    let Some(small) = small else {
        return SeenRulings::default();
    };
    let vertical = ways(&small);
    let turned = Orientation::Transposed.apply(small.clone());
    let horizontal = ways(&turned);
    drop(turned);

    let aspect = small.width() as f32 / small.height() as f32;
    let tilt = tilt(&vertical, &horizontal, small.height(), small.width());
    let mut seen = SeenRulings {
        rulings: Vec::new(),
        tilt,
        aspect,
    };
    let sides = (small.width(), small.height());
    let mut rulings = lines(&vertical, false, sides, &seen);
    rulings.extend(lines(&horizontal, true, sides, &seen));
    seen.rulings = rulings;
    seen
}

/// A change of colour followed from row to row.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    start_x: u32,
    start_y: u32,
    x: u32,
    /// The last row with a change.
    y: u32,
    /// Rows with a change; 0 is no way at all.
    seen: u32,
}

impl Way {
    fn length(&self) -> u32 {
        self.y + 1 - self.start_y
    }
}

/// The long ways from top to bottom.
fn ways(picture: &Raster) -> Vec<Way> {
    let (width, height) = (picture.width() as usize, picture.height());
    let shortest = (height * SHORTEST_PERCENT / 100).max(2);
    let gap = (height / GAP_SHARE).clamp(GAP_PIXELS.0, GAP_PIXELS.1);
    let mut found = Vec::new();
    // Changes to darker and to lighter are different ways.
    let mut before = [vec![Way::default(); width], vec![Way::default(); width]];
    let mut after = before.clone();
    for (y, row) in (0..).zip(picture.rgb().chunks_exact(width * CHANNELS)) {
        let changes = changes(row);
        for (kind, (before, after)) in before.iter_mut().zip(&mut after).enumerate() {
            follow(before, after, &changes, kind == 0, y, gap);
            for (old, kept) in before.iter().zip(0..width) {
                let is_lost = old.seen > 0 && !goes_on(old, after, kept);
                if is_lost && is_long(old, shortest) && found.len() < MAX_WAYS {
                    found.push(*old);
                }
            }
            std::mem::swap(before, after);
        }
    }
    for way in before.iter().flatten() {
        if way.seen > 0 && is_long(way, shortest) && found.len() < MAX_WAYS {
            found.push(*way);
        }
    }
    found
}

fn is_long(way: &Way, shortest: u32) -> bool {
    way.length() >= shortest && (way.length() - way.seen) * 100 <= way.length() * GAPS_PERCENT
}

/// Whether a way has one of its own beginning at the next row's same place or beside it.
fn goes_on(way: &Way, after: &[Way], x: usize) -> bool {
    let near = after
        .get(x.saturating_sub(1)..(x + 2).min(after.len()))
        .unwrap_or_default();
    near.iter()
        .any(|next| next.seen >= way.seen && (next.start_x, next.start_y) == (way.start_x, way.start_y))
}

/// For each pixel of a row how its neighbours differ: the largest difference of a colour, below 0 where it gets darker.
fn changes(row: &[u8]) -> Vec<i16> {
    let (pixels, _) = row.as_chunks::<CHANNELS>();
    let mut changes = vec![0; pixels.len()];
    for (change, triple) in changes.iter_mut().skip(1).zip(pixels.windows(3)) {
        let [left, _, right] = triple else { continue };
        let mut most = 0_i16;
        for (left, right) in left.iter().zip(right) {
            let difference = i16::from(*right) - i16::from(*left);
            if difference.abs() > most.abs() {
                most = difference;
            }
        }
        *change = most;
    }
    changes
}

/// Takes all ways one row further.
fn follow(before: &[Way], after: &mut [Way], changes: &[i16], is_darker: bool, y: u32, gap: u32) {
    for (x, (target, change)) in after.iter_mut().zip(changes).enumerate() {
        let is_change = if is_darker {
            *change <= -CONTRAST
        } else {
            *change >= CONTRAST
        };
        if !is_change {
            // Over a gap straight on only.
            let old = before.get(x).copied().unwrap_or_default();
            *target = if old.seen > 0 && y - old.y <= gap {
                old
            } else {
                Way::default()
            };
            continue;
        }
        let column = x as u32;
        let near = before
            .get(x.saturating_sub(1)..(x + 2).min(before.len()))
            .unwrap_or_default();
        let best = near
            .iter()
            .filter(|way| way.seen > 0 && strays_little(way, column, y))
            .max_by_key(|way| way.seen);
        *target = match best {
            Some(way) => Way {
                x: column,
                y,
                seen: way.seen + 1,
                ..*way
            },
            None => Way {
                start_x: column,
                start_y: y,
                x: column,
                y,
                seen: 1,
            },
        };
    }
}

fn strays_little(way: &Way, x: u32, y: u32) -> bool {
    x.abs_diff(way.start_x) <= JAGS + ((y - way.start_y) as f32 * TILT) as u32
}

/// The tilt that the longest ways have: pixels down for each to the right. The middle one of all.
fn tilt(vertical: &[Way], horizontal: &[Way], height: u32, width: u32) -> f32 {
    let telling = |ways: &[Way], side: u32, sign: f32| -> Vec<f32> {
        ways.iter()
            .filter(|way| way.length() >= side * TELLING_PERCENT / 100)
            .map(|way| sign * (way.x as f32 - way.start_x as f32) / way.length() as f32)
            .collect()
    };
    let mut slopes = telling(horizontal, width, 1.0);
    slopes.extend(telling(vertical, height, -1.0));
    slopes.sort_by(f32::total_cmp);
    slopes.get(slopes.len() / 2).copied().unwrap_or(0.0)
}

/// Ways of one direction as rulings of a level page; the two sides of a line are one.
fn lines(
    ways: &[Way],
    is_horizontal: bool,
    (width, height): (u32, u32),
    seen: &SeenRulings,
) -> Vec<TableRuling> {
    let (across, along) = if is_horizontal {
        (height, width)
    } else {
        (width, height)
    };
    let unit = |pixel: f32, side: u32| pixel * UNITS as f32 / side as f32;
    let mut level: Vec<(i32, i32, i32)> = ways
        .iter()
        .map(|way| {
            // A change is seen on either side of where it is: half a pixel is what remains.
            let at = unit((way.start_x + way.x) as f32 / 2.0 + 0.5, across);
            let middle = unit((way.start_y + way.y) as f32 / 2.0, along);
            let (x, y) = if is_horizontal { (middle, at) } else { (at, middle) };
            let (dx, dy) = seen.shift(x, y);
            let (d_at, d_along) = if is_horizontal { (dy, dx) } else { (dx, dy) };
            (
                at.round() as i32 + d_at,
                unit(way.start_y as f32, along).round() as i32 + d_along,
                unit((way.y + 1) as f32, along).round() as i32 + d_along,
            )
        })
        .collect();
    level.sort_unstable();
    let thickest = (THICKEST * UNITS / across.max(1) as i32).max(1);
    // A thick line ends at the side of the one it meets, not at its middle.
    let reach = THICKEST / 2 * UNITS / along.max(1) as i32;
    let mut rulings = Vec::new();
    let mut rest = level.as_slice();
    while let Some((first, ..)) = rest.first().copied() {
        let count = rest.partition_point(|(at, ..)| at - first <= thickest);
        let (cluster, others) = rest.split_at(count);
        rest = others;
        let mut spans: Vec<(i32, i32, i32)> =
            cluster.iter().map(|(at, from, to)| (*from, *to, *at)).collect();
        spans.sort_unstable();
        for span in overlapping(&spans, thickest) {
            let ats = || span.iter().map(|(.., at)| *at);
            let (Some(least), Some(most)) = (ats().min(), ats().max()) else {
                continue;
            };
            rulings.push(TableRuling {
                is_horizontal,
                at: i32::midpoint(least, most).clamp(0, UNITS),
                from: (span.iter().map(|span| span.0).min().unwrap_or(0) - reach).clamp(0, UNITS),
                to: (span.iter().map(|span| span.1).max().unwrap_or(0) + reach).clamp(0, UNITS),
            });
        }
    }
    rulings
}

/// Spans, sorted by their start, in groups of those that overlap or nearly do.
fn overlapping(spans: &[(i32, i32, i32)], gap: i32) -> Vec<&[(i32, i32, i32)]> {
    let mut groups = Vec::new();
    let (mut start, mut end) = (0, i32::MIN);
    for (index, (from, to, _)) in spans.iter().enumerate() {
        if index > start && *from > end.saturating_add(gap) {
            groups.extend(spans.get(start..index));
            start = index;
        }
        end = end.max(*to);
    }
    groups.extend(spans.get(start..).filter(|rest| !rest.is_empty()));
    groups
}
