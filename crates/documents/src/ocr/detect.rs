//! Where text stands: the detector's map of a page, and the regions in it.

use super::geometry::Point;
use super::models::{Models, RunError};
use crate::picture::{CHANNELS, Raster};

/// The longer side of what the detector sees, in pixels. 1,280 finds no more words on 300 dpi pages and costs three
/// quarters of a second more.
const SIDE: u32 = 960;
/// The detector halves the picture five times: sides are multiples of this.
const STEP: u32 = 32;

/// Mean and deviation of the pixels it was trained on, blue, green, red (PaddleOCR's `NormalizeImage`).
const MEAN: [f32; CHANNELS] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; CHANNELS] = [0.229, 0.224, 0.225];

/// A pixel of the map that is more sure of text than this is part of a region (PaddleOCR's `thresh`).
const TEXT: f32 = 0.3;
/// A region is text if its pixels are this sure on average (PaddleOCR's `box_thresh` for the small model).
const REGION: f32 = 0.5;
/// Regions of one page. A full page of a telephone book has some thousand.
const MAX_REGIONS: usize = 5_000;
/// A pixel that differs from the picture's first one by more than this in some colour is printed.
const PRINTED: u8 = 12;

/// What the detector says of each pixel of the picture it was shown.
#[derive(Debug)]
pub(super) struct TextMap {
    width: usize,
    height: usize,
    sureness: Vec<f32>,
    /// Pixels of the page in one of the map's, across and down.
    scale: Point,
    /// Where the map's upper left corner is, in its own pixels.
    origin: (usize, usize),
}

/// A run of text, as the detector sees it: its core, without its margins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Region {
    /// Left and right end of each of its rows, in the page's pixels: what no part of it lies outside.
    pub(super) outline: Vec<Point>,
    /// Its centre of mass.
    pub(super) centre: Point,
    /// The direction of its longer axis, a vector of length 1 to the right or down.
    pub(super) direction: Point,
    /// How much longer than wide it is, at least 1.
    pub(super) stretch: f32,
}

/// Looks for text. `None` for a picture too narrow to be seen.
pub(super) fn text_map(models: &Models, page: &Raster) -> Result<Option<TextMap>, RunError> {
    let (width, height) = seen_size(page.width(), page.height());
    let Some(seen) = page.resized(width, height) else {
        return Ok(None);
    };
    let scale = Point::new(
        page.width() as f32 / width as f32,
        page.height() as f32 / height as f32,
    );
    let Some((seen, origin)) = printed_part(&seen) else {
        return Ok(None);
    };
    let (width, height) = (seen.width() as usize, seen.height() as usize);
    let planes = planes(&seen, width, MEAN, DEVIATION);
    let output = models.detect([1, CHANNELS, height, width], planes)?;
    if output.values.len() != width * height {
        return Ok(None);
    }
    Ok(Some(TextMap {
        width,
        height,
        sureness: output.values,
        scale,
        origin,
    }))
}

/// The picture without the margins that are blank, and how much of them was cut off on the left and above: what is not
/// looked at costs nothing. `None` for a picture of one colour.
fn printed_part(seen: &Raster) -> Option<(Raster, (usize, usize))> {
    let row_bytes = seen.width() as usize * CHANNELS;
    let paper = seen.pixel(0, 0);
    let is_printed = |pixel: &[u8]| {
        let differences = pixel
            .iter()
            .zip(paper)
            .map(|(value, paper)| value.abs_diff(paper));
        differences.max().unwrap_or(0) > PRINTED
    };
    let rows = || seen.rgb().chunks_exact(row_bytes);
    let printed_rows = rows().map(|row| row.chunks_exact(CHANNELS).any(is_printed));
    let (top, height) = kept(printed_rows)?;
    let mut columns = vec![false; seen.width() as usize];
    for row in rows() {
        for (column, pixel) in columns.iter_mut().zip(row.chunks_exact(CHANNELS)) {
            *column |= is_printed(pixel);
        }
    }
    let (left, width) = kept(columns.into_iter())?;
    let part = left * CHANNELS..(left + width) * CHANNELS;
    let rgb = rows().skip(top).take(height);
    let rgb = rgb
        .filter_map(|row| row.get(part.clone()))
        .flatten()
        .copied()
        .collect();
    let part = Raster::of_rgb(width as u32, height as u32, rgb).ok()?;
    Some((part, (left, top)))
}

/// First and number of the rows or columns to keep: all that are printed, with blank ones around them, in whole steps.
fn kept(printed: impl ExactSizeIterator<Item = bool>) -> Option<(usize, usize)> {
    let count = printed.len();
    let (step, around) = (STEP as usize, STEP as usize / 2);
    let places = printed
        .enumerate()
        .filter_map(|(place, is_printed)| is_printed.then_some(place));
    let (first, last) = places.fold((None, 0), |(first, _), place| (first.or(Some(place)), place));
    let start = first?.saturating_sub(around);
    let length = (last + 1 + around - start).next_multiple_of(step).min(count);
    Some((start.min(count - length), length))
}

/// The size in which the detector sees a picture.
fn seen_size(width: u32, height: u32) -> (u32, u32) {
    let scale = (f64::from(SIDE) / f64::from(width.max(height).max(1))).min(1.0);
    let side = |length: u32| {
        let steps = (f64::from(length) * scale / f64::from(STEP)).round() as u32;
        steps.max(1) * STEP
    };
    (side(width), side(height))
}

/// A picture as a network wants it: a plane of blue, of green, of red, each filled up with zeros to a width.
pub(super) fn planes(
    picture: &Raster,
    width: usize,
    mean: [f32; CHANNELS],
    deviation: [f32; CHANNELS],
) -> Vec<f32> {
    let (columns, rows) = (picture.width() as usize, picture.height() as usize);
    let width = width.max(columns);
    let mut planes = vec![0.0; CHANNELS * rows * width];
    for (channel, plane) in planes.chunks_exact_mut(rows * width).enumerate() {
        let source = CHANNELS - 1 - channel;
        let (mean, deviation) = (mean[channel], deviation[channel]);
        let table: [f32; 256] = std::array::from_fn(|value| (value as f32 / 255.0 - mean) / deviation);
        let pixel_rows = picture.rgb().chunks_exact(columns * CHANNELS);
        for (row, pixels) in plane.chunks_exact_mut(width).zip(pixel_rows) {
            for (out, pixel) in row.iter_mut().zip(pixels.chunks_exact(CHANNELS)) {
                *out = table[usize::from(pixel[source])];
            }
        }
    }
    planes
}

impl TextMap {
    /// The regions, from the top.
    pub(super) fn regions(&self) -> Vec<Region> {
        let mut seen = vec![false; self.sureness.len()];
        let mut regions = Vec::new();
        for start in 0..self.sureness.len() {
            if regions.len() >= MAX_REGIONS {
                break;
            }
            if self.is_text(start) && !seen.get(start).copied().unwrap_or(true) {
                regions.extend(self.grow(start, &mut seen).region(self.scale));
            }
        }
        regions
    }

    fn is_text(&self, index: usize) -> bool {
        self.sureness.get(index).is_some_and(|sureness| *sureness > TEXT)
    }

    /// Everything that touches a pixel, corners included.
    fn grow(&self, start: usize, seen: &mut [bool]) -> Blob {
        let mut blob = Blob::default();
        let mut open = vec![start];
        seen[start] = true;
        while let Some(index) = open.pop() {
            let (x, y) = (index % self.width, index / self.width);
            let (left, top) = self.origin;
            blob.add(left + x, top + y, self.sureness[index]);
            for next_y in y.saturating_sub(1)..=(y + 1).min(self.height - 1) {
                for next_x in x.saturating_sub(1)..=(x + 1).min(self.width - 1) {
                    let next = next_y * self.width + next_x;
                    if !seen[next] && self.is_text(next) {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        blob
    }
}

/// Pixels that touch each other.
#[derive(Default)]
struct Blob {
    pixels: f64,
    sureness: f64,
    /// Sums of x, y, x², xy, y².
    sums: [f64; 5],
    /// Leftmost and rightmost pixel of each row.
    rows: std::collections::BTreeMap<usize, (usize, usize)>,
}

impl Blob {
    fn add(&mut self, x: usize, y: usize, sureness: f32) {
        self.pixels += 1.0;
        self.sureness += f64::from(sureness);
        let ends = self.rows.entry(y).or_insert((x, x));
        *ends = (ends.0.min(x), ends.1.max(x));
        let (x, y) = (x as f64, y as f64);
        for (sum, value) in self.sums.iter_mut().zip([x, y, x * x, x * y, y * y]) {
            *sum += value;
        }
    }

    /// What it is on the page, if it is text.
    fn region(self, scale: Point) -> Option<Region> {
        if self.sureness < f64::from(REGION) * self.pixels {
            return None;
        }
        let [x, y, xx, xy, yy] = self.sums.map(|sum| sum / self.pixels);
        let (sx, sy) = (f64::from(scale.x), f64::from(scale.y));
        let (var_x, var_y, cov) = (
            (xx - x * x) * sx * sx,
            (yy - y * y) * sy * sy,
            (xy - x * y) * sx * sy,
        );
        // The axes of the ellipse that has the blob's moments.
        let (half_sum, half_difference) = ((var_x + var_y) / 2.0, (var_x - var_y) / 2.0);
        let spread = (half_difference * half_difference + cov * cov).sqrt();
        let (long, short) = (half_sum + spread, (half_sum - spread).max(0.0));
        // The variance of one pixel, so that a row of single pixels has a width.
        let pixel = (sx * sy) / 12.0;
        let angle = 0.5 * (2.0 * cov).atan2(var_x - var_y);
        let corner = |column: usize, row: usize| Point::new(column as f32 * scale.x, row as f32 * scale.y);
        let outline = self
            .rows
            .into_iter()
            .flat_map(|(row, (left, right))| {
                [
                    corner(left, row),
                    corner(right + 1, row),
                    corner(left, row + 1),
                    corner(right + 1, row + 1),
                ]
            })
            .collect();
        Some(Region {
            outline,
            centre: Point::new(((x + 0.5) * sx) as f32, ((y + 0.5) * sy) as f32),
            direction: Point::new(angle.cos() as f32, angle.sin() as f32),
            stretch: ((long + pixel) / (short + pixel)).sqrt() as f32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with a slanted bar.
    fn bar(width: usize, height: usize, degrees: f32) -> TextMap {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let centre = Point::new(width as f32 / 2.0, height as f32 / 2.0);
        let sureness = (0..width * height)
            .map(|index| {
                let (x, y) = ((index % width) as f32 + 0.5, (index / width) as f32 + 0.5);
                let from = Point::new(x, y).minus(centre);
                let (along, beside) = (from.x * cos + from.y * sin, from.y * cos - from.x * sin);
                if along.abs() < 40.0 && beside.abs() < 4.0 {
                    0.9
                } else {
                    0.0
                }
            })
            .collect();
        TextMap {
            width,
            height,
            sureness,
            scale: Point::new(2.0, 2.0),
            origin: (0, 0),
        }
    }

    #[test]
    fn blank_margins_are_cut_off_in_whole_steps() {
        let (width, height) = (320, 128);
        let picture = |printed: &[(u32, u32)]| {
            let mut gray = vec![250; (width * height) as usize];
            for (x, y) in printed {
                gray[(y * width + x) as usize] = 100;
            }
            Raster::of_gray(width, height, &gray).unwrap()
        };
        let cut = |printed: &[(u32, u32)]| {
            let (part, origin) = printed_part(&picture(printed))?;
            let dark = part.rgb().iter().filter(|value| **value == 100).count();
            assert_eq!(dark, CHANNELS * printed.len());
            Some(((part.width(), part.height()), origin))
        };
        assert_eq!(cut(&[]), None);
        assert_eq!(cut(&[(100, 50)]), Some(((64, 64), (84, 34))));
        assert_eq!(cut(&[(319, 127)]), Some(((64, 64), (256, 64))));
        assert_eq!(cut(&[(5, 2), (310, 120)]), Some(((320, 128), (0, 0))));
    }

    #[test]
    fn regions_stand_where_the_margins_are_counted() {
        let mut map = bar(128, 128, 0.0);
        map.origin = (10, 20);
        let [region] = map.regions().try_into().unwrap();
        assert!(region.centre.minus(Point::new(148.0, 168.0)).length() < 1.0);
    }

    #[test]
    fn a_bar_is_a_region_with_its_direction() {
        for degrees in [-80.0, -10.0, 0.0, 3.0, 45.0, 89.0] {
            let regions = bar(128, 128, degrees).regions();
            let [region] = regions.as_slice() else {
                panic!("{} regions at {degrees}", regions.len());
            };
            let found = region.direction.y.atan2(region.direction.x).to_degrees();
            assert!((found - degrees).abs() < 1.0, "{found} for {degrees}");
            assert!((region.stretch - 10.0).abs() < 1.0, "{}", region.stretch);
            assert!(region.centre.minus(Point::new(128.0, 128.0)).length() < 1.0);
        }
    }

    #[test]
    fn doubtful_regions_are_none() {
        let mut map = bar(64, 64, 0.0);
        map.sureness.iter_mut().for_each(|sureness| *sureness *= 0.5);
        assert_eq!(map.regions(), []);
    }

    #[test]
    fn the_detector_sees_multiples_of_its_step() {
        assert_eq!(seen_size(2480, 3508), (672, 960));
        assert_eq!(seen_size(1, 1), (32, 32));
        assert_eq!(seen_size(1, 50_000_000), (32, 960));
        assert_eq!(seen_size(960, 100), (960, 96));
    }
}
