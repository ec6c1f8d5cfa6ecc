//! From regions to boxes: which way the page is turned, and where each run of text begins and ends.

use super::detect::Region;
use super::geometry::{Point, Quad, direction};
use super::layout::weighted_median;

/// Only regions this much longer than wide say which way lines run.
const TELLING_STRETCH: f32 = 4.0;
/// Regions this much longer than wide that run elsewhere than the page keep their own direction.
const OWN_STRETCH: f32 = 3.0;
/// How far a region's direction may differ from the page's to be a matter of its letters, in degrees.
const SAME_DEGREES: f32 = 10.0;
/// What the detector leaves out around a run of text: the share of area over perimeter (PaddleOCR's `unclip_ratio`).
const MARGIN_RATIO: f32 = 1.5;
/// Boxes narrower than this are specks, in pixels of the page.
const NARROWEST_PX: f32 = 4.0;

/// The boxes of a page's text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Boxes {
    /// In the page's direction: level once the page is straight.
    pub(super) along: Vec<Quad>,
    /// Running in other directions.
    pub(super) astray: Vec<Quad>,
}

/// Puts boxes around regions.
pub(super) fn boxes(regions: &[Region]) -> Boxes {
    let degrees = page_degrees(regions);
    let page = direction(degrees);
    let mut boxes = Boxes {
        along: Vec::with_capacity(regions.len()),
        astray: Vec::new(),
    };
    for region in regions {
        let own = region.direction.y.atan2(region.direction.x).to_degrees();
        let is_astray = region.stretch >= OWN_STRETCH && between(own, degrees).abs() > SAME_DEGREES;
        if is_astray {
            boxes.astray.extend(around(region, readable(region.direction)));
        } else {
            boxes.along.extend(around(region, page));
        }
    }
    boxes
}

/// Text beside the page's is read to the right, or from the bottom to the top.
fn readable(direction: Point) -> Point {
    let is_steep = direction.y.abs() > direction.x.abs();
    let is_backwards = if is_steep {
        direction.y > 0.0
    } else {
        direction.x < 0.0
    };
    if is_backwards {
        direction.times(-1.0)
    } else {
        direction
    }
}

/// How lines run, in degrees clockwise above −45 and up to 135, whichever end they are read from: the median of what long
/// regions say, each with the weight of its length.
fn page_degrees(regions: &[Region]) -> f32 {
    let telling = regions.iter().filter(|region| region.stretch >= TELLING_STRETCH);
    let mut said: Vec<(f32, f32)> = telling
        .map(|region| {
            let degrees = region.direction.y.atan2(region.direction.x).to_degrees();
            (degrees, region.stretch)
        })
        .collect();
    let weight = |is_counted: &dyn Fn(f32) -> bool| -> f32 {
        let counted = said.iter().filter(|(degrees, _)| is_counted(*degrees));
        counted.map(|(_, weight)| weight).sum()
    };
    let is_level = |degrees: f32| degrees.abs() <= 45.0;
    let base = if weight(&|degrees| is_level(degrees)) >= weight(&|degrees| !is_level(degrees)) {
        0.0
    } else {
        90.0
    };
    for (degrees, _) in &mut said {
        *degrees = between(*degrees, base);
    }
    said.retain(|(degrees, _)| degrees.abs() <= 45.0);
    base + weighted_median(said).unwrap_or(0.0)
}

/// The way from one line's direction to another's, in degrees: −90 up to 90, since lines have no arrow.
fn between(degrees: f32, base: f32) -> f32 {
    (degrees - base + 90.0).rem_euclid(180.0) - 90.0
}

/// The smallest box in a direction that holds a region, with the margin that the detector leaves out.
fn around(region: &Region, unit: Point) -> Option<Quad> {
    let normal = unit.turned();
    let range = |axis: Point| {
        let places = region.outline.iter().map(|point| point.dot(axis));
        places.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), place| {
            (low.min(place), high.max(place))
        })
    };
    let ((left, right), (top, bottom)) = (range(unit), range(normal));
    let (width, height) = (right - left, bottom - top);
    // Also false for NaN.
    if !(width.min(height) >= NARROWEST_PX && width.max(height) < 1e6) {
        return None;
    }
    let centre = unit
        .times((left + right) / 2.0)
        .plus(normal.times((top + bottom) / 2.0));
    let margin = MARGIN_RATIO * width * height / (2.0 * (width + height));
    Some(Quad::around(centre, unit, width, height).grown(margin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(centre: (f32, f32), degrees: f32, length: f32, width: f32) -> Region {
        let unit = direction(degrees);
        let quad = Quad::around(Point::new(centre.0, centre.1), unit, length, width);
        let corners = [
            quad.origin(),
            quad.origin().plus(quad.across()),
            quad.origin().plus(quad.down()),
            quad.origin().plus(quad.across()).plus(quad.down()),
        ];
        Region {
            outline: corners.to_vec(),
            centre: quad.centre(),
            direction: unit,
            stretch: (length / width).max(1.0),
        }
    }

    #[test]
    fn the_page_runs_as_its_long_lines_do() {
        for degrees in [-9.5, 0.0, 4.0, 85.0, 90.0, 99.0] {
            let lines: Vec<Region> = (0..9u8)
                .map(|n| region((200.0, 40.0 * f32::from(n)), degrees, 300.0, 10.0))
                .chain([region((500.0, 500.0), degrees + 47.0, 60.0, 10.0)])
                .collect();
            let boxes = boxes(&lines);
            let found = page_degrees(&lines);
            assert!((found - degrees).abs() < 0.1, "{found} for {degrees}");
            assert_eq!((boxes.along.len(), boxes.astray.len()), (9, 1));
        }
    }

    #[test]
    fn short_words_follow_the_page() {
        let lines = [
            region((200.0, 40.0), 5.0, 300.0, 10.0),
            region((200.0, 80.0), 60.0, 14.0, 12.0),
        ];
        let boxes = boxes(&lines);
        assert!(
            boxes
                .along
                .iter()
                .all(|quad| (quad.across().y / quad.across().x - 0.0875).abs() < 0.001)
        );
        assert_eq!(boxes.along.len(), 2);
    }

    #[test]
    fn margins_are_put_back() {
        let boxes = boxes(&[region((200.0, 40.0), 0.0, 300.0, 20.0)]);
        let quad = boxes.along[0];
        assert!((quad.height() - 48.1).abs() < 0.1, "{}", quad.height());
        assert!((quad.centre().x - 200.0).abs() < 0.01);
    }

    #[test]
    fn an_empty_page_is_level() {
        assert_eq!(page_degrees(&[]), 0.0);
    }
}
