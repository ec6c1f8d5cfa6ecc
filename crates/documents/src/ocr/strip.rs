//! Level strips cut out of a picture at any angle.

use super::geometry::{Point, Quad};
use crate::picture::{CHANNELS, MAX_PIXELS, Raster, checked_pixels};

/// What stands in a quadrilateral, level and in its own size: the strip's left edge is the quadrilateral's first
/// side from top to bottom. What lies outside the picture repeats its edge. `None` for one without a pixel, or with
/// more than the picture has.
pub(super) fn strip(page: &Raster, quad: &Quad) -> Option<Raster> {
    let (width, height) = (quad.width().round(), quad.height().round());
    // Also false for NaN.
    if !(width >= 1.0 && height >= 1.0 && width * height <= MAX_PIXELS as f32) {
        return None;
    }
    let (columns, rows) = (width as u32, height as u32);
    let pixels = checked_pixels(columns, rows).ok()?;
    if pixels * CHANNELS > page.rgb().len().saturating_mul(2).max(1 << 20) {
        return None;
    }
    let across = quad.across().over(width);
    let down = quad.down().over(height);
    let mut rgb = Vec::with_capacity(pixels * CHANNELS);
    for row in 0..rows {
        let start = quad.origin().plus(down.times(row as f32 + 0.5));
        for column in 0..columns {
            rgb.extend(sample(page, start.plus(across.times(column as f32 + 0.5))));
        }
    }
    Raster::of_rgb(columns, rows, rgb).ok()
}

/// The colour at a point, between the four pixels around it.
fn sample(page: &Raster, at: Point) -> [u8; CHANNELS] {
    let x = (at.x - 0.5).clamp(0.0, (page.width() - 1) as f32);
    let y = (at.y - 0.5).clamp(0.0, (page.height() - 1) as f32);
    let (left, top) = (x as u32, y as u32);
    let (right, bottom) = ((left + 1).min(page.width() - 1), (top + 1).min(page.height() - 1));
    let (part_x, part_y) = (x - left as f32, y - top as f32);
    let corners = [
        page.pixel(left, top),
        page.pixel(right, top),
        page.pixel(left, bottom),
        page.pixel(right, bottom),
    ];
    std::array::from_fn(|channel| {
        let [a, b, c, d] = corners.map(|pixel| f32::from(pixel[channel]));
        let upper = a + (b - a) * part_x;
        let lower = c + (d - c) * part_x;
        (upper + (lower - upper) * part_y + 0.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checker(width: u32, height: u32) -> Raster {
        let gray: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| if (x + y) % 2 == 0 { 0 } else { 255 }))
            .collect();
        Raster::of_gray(width, height, &gray).unwrap()
    }

    #[test]
    fn a_level_strip_is_what_stands_there() {
        let picture = checker(8, 6);
        let level = strip(&picture, &Quad::level(2.0, 1.0, 6.0, 4.0)).unwrap();
        assert_eq!((level.width(), level.height()), (4, 3));
        let expected: Vec<u8> = (1..4)
            .flat_map(|y| (2..6).map(move |x| (x, y)))
            .flat_map(|(x, y)| picture.pixel(x, y))
            .collect();
        assert_eq!(level.rgb(), expected);
    }

    #[test]
    fn a_turned_strip_is_turned_back() {
        let picture = Raster::of_gray(2, 1, &[10, 200]).unwrap();
        let turned = Quad::level(0.0, 0.0, 2.0, 1.0).half_turned();
        assert_eq!(
            strip(&picture, &turned).unwrap().rgb(),
            [200, 200, 200, 10, 10, 10]
        );
    }

    #[test]
    fn what_is_no_strip_is_none() {
        let picture = checker(3, 3);
        for quad in [
            Quad::level(0.0, 0.0, 0.2, 3.0),
            Quad::level(0.0, 0.0, f32::NAN, 3.0),
            Quad::level(0.0, 0.0, 1e9, 1e9),
        ] {
            assert_eq!(strip(&picture, &quad), None);
        }
    }
}
