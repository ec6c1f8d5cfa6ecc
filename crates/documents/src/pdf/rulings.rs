//! Horizontal and vertical lines, stroked or filled as thin rectangles.

use hayro_interpret::DrawMode;
use kurbo::{Affine, BezPath, PathEl, Point, Rect as KurboRect, Shape};

use super::content::Ruling;

/// Rulings of one page. A full page of table cells has about a thousand.
const MAX_RULINGS: usize = 20_000;
/// A filled rectangle thicker than this in points is a surface, not a line.
const THICKEST: f64 = 4.0;
/// A line is at least this many points long, and this many times as long as thick.
const SHORTEST: f64 = 2.0;
const LENGTH_OF_THICKNESS: f64 = 3.0;
/// A line is level if it strays by no more than this share of its length.
const SLOPE: f64 = 0.01;

/// The lines drawn on a page, in order.
#[derive(Debug, Default)]
pub(super) struct Rulings {
    pub(super) list: Vec<Ruling>,
    /// A limit was reached: lines are missing.
    pub(super) capped: bool,
}

impl Rulings {
    pub(super) fn add_rect(&mut self, rect: KurboRect, transform: Affine, mode: &DrawMode) {
        match mode {
            DrawMode::Fill(_) => self.add_filled(transform.transform_rect_bbox(rect), transform),
            DrawMode::Stroke(_) | DrawMode::FillAndStroke(..) => {
                self.add_path(&rect.to_path(0.1), transform, mode)
            }
            DrawMode::Invisible => {}
        }
    }

    pub(super) fn add_path(&mut self, path: &BezPath, transform: Affine, mode: &DrawMode) {
        match mode {
            DrawMode::Fill(_) => {
                for figure in figures(path) {
                    if let Some(rect) = level_rect(figure) {
                        self.add_filled(transform.transform_rect_bbox(rect), transform);
                    }
                }
            }
            DrawMode::Stroke(props) | DrawMode::FillAndStroke(_, props) => {
                let scale = transform.determinant().abs().sqrt();
                self.add_stroked(path, transform, f64::from(props.line_width) * scale);
            }
            DrawMode::Invisible => {}
        }
    }

    /// A filled rectangle in the page's coordinates.
    fn add_filled(&mut self, rect: KurboRect, transform: Affine) {
        let [a, b, c, d, ..] = transform.as_coeffs();
        let turned = (a != 0.0 || d != 0.0) && (b != 0.0 || c != 0.0);
        let (thick, long) = (rect.width().min(rect.height()), rect.width().max(rect.height()));
        if turned || thick > THICKEST || long < thick * LENGTH_OF_THICKNESS {
            return;
        }
        let middle = rect.center();
        if rect.width() >= rect.height() {
            self.add(
                Point::new(rect.x0, middle.y),
                Point::new(rect.x1, middle.y),
                thick,
            );
        } else {
            self.add(
                Point::new(middle.x, rect.y0),
                Point::new(middle.x, rect.y1),
                thick,
            );
        }
    }

    fn add_stroked(&mut self, path: &BezPath, transform: Affine, width: f64) {
        let mut start = Point::ZERO;
        let mut last = Point::ZERO;
        for element in path.elements() {
            match *element {
                PathEl::MoveTo(point) => (start, last) = (point, point),
                PathEl::LineTo(point) => {
                    self.add(transform * last, transform * point, width);
                    last = point;
                }
                PathEl::ClosePath => {
                    self.add(transform * last, transform * start, width);
                    last = start;
                }
                PathEl::QuadTo(_, point) | PathEl::CurveTo(_, _, point) => last = point,
            }
        }
    }

    fn add(&mut self, a: Point, b: Point, width: f64) {
        let (dx, dy) = ((b.x - a.x).abs(), (b.y - a.y).abs());
        let length = dx.max(dy);
        let level = dx.min(dy) <= SLOPE * length;
        // Also false for NaN.
        if !(level && length >= SHORTEST && length.is_finite() && width.is_finite()) {
            return;
        }
        if self.list.len() >= MAX_RULINGS {
            self.capped = true;
            return;
        }
        let forward = if dx >= dy { a.x <= b.x } else { a.y <= b.y };
        let (from, to) = if forward { (a, b) } else { (b, a) };
        self.list.push(Ruling {
            from: (from.x as f32, from.y as f32),
            to: (to.x as f32, to.y as f32),
            width: width as f32,
        });
    }
}

/// The path cut where a new figure begins.
fn figures(path: &BezPath) -> impl Iterator<Item = &[PathEl]> {
    path.elements()
        .chunk_by(|_, next| !matches!(next, PathEl::MoveTo(_)))
}

/// The rectangle that a figure of straight, level sides draws.
fn level_rect(figure: &[PathEl]) -> Option<KurboRect> {
    let mut points = Vec::with_capacity(5);
    for element in figure {
        match *element {
            PathEl::MoveTo(point) | PathEl::LineTo(point) if points.len() < 5 => points.push(point),
            PathEl::ClosePath => {}
            _ => return None,
        }
    }
    let [a, b, c, d, rest @ ..] = points.as_slice() else {
        return None;
    };
    let closed = rest.first().is_none_or(|last| last == a);
    let across = a.y == b.y && b.x == c.x && c.y == d.y && d.x == a.x;
    let down = a.x == b.x && b.y == c.y && c.x == d.x && d.y == a.y;
    (closed && (across || down)).then(|| KurboRect::from_points(*a, *c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hayro_interpret::{FillRule, StrokeProps};

    const FILL: DrawMode = DrawMode::Fill(FillRule::NonZero);

    fn flipped() -> Affine {
        Affine::new([1.0, 0.0, 0.0, -1.0, 0.0, 800.0])
    }

    #[test]
    fn a_thin_rectangle_is_a_line_and_a_box_is_not() {
        let mut rulings = Rulings::default();
        rulings.add_rect(KurboRect::new(10.0, 100.0, 200.0, 101.0), flipped(), &FILL);
        rulings.add_rect(KurboRect::new(10.0, 100.0, 200.0, 150.0), flipped(), &FILL);
        rulings.add_path(
            &KurboRect::new(5.0, 10.0, 5.5, 90.0).to_path(0.1),
            flipped(),
            &FILL,
        );
        assert_eq!(rulings.list.len(), 2);
        assert_eq!(rulings.list[0].from, (10.0, 699.5));
        assert_eq!(rulings.list[0].to, (200.0, 699.5));
        assert_eq!(rulings.list[0].width, 1.0);
        assert!(!rulings.list[1].is_horizontal());
    }

    #[test]
    fn strokes_give_their_level_sides() {
        let mut rulings = Rulings::default();
        let stroke = DrawMode::Stroke(StrokeProps::default());
        rulings.add_rect(
            KurboRect::new(10.0, 10.0, 60.0, 40.0),
            Affine::scale(2.0),
            &stroke,
        );
        let mut oblique = BezPath::new();
        oblique.move_to((0.0, 0.0));
        oblique.line_to((50.0, 50.0));
        rulings.add_path(&oblique, Affine::IDENTITY, &stroke);
        assert_eq!(rulings.list.len(), 4);
        assert!(rulings.list.iter().all(|ruling| ruling.width == 2.0));
    }

    #[test]
    fn a_limit_is_reported() {
        let mut rulings = Rulings::default();
        for _ in 0..=MAX_RULINGS {
            rulings.add_rect(KurboRect::new(0.0, 0.0, 100.0, 1.0), Affine::IDENTITY, &FILL);
        }
        assert!(rulings.capped);
        assert_eq!(rulings.list.len(), MAX_RULINGS);
    }
}
