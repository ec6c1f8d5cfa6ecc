//! Listens to the interpretation of a page and notes what is drawn, instead of drawing it.

use hayro_cmap::BfString;
use hayro_interpret::font::{Glyph, GlyphRun, PositionedGlyph};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};
use kurbo::{Affine, BezPath, Point, Rect as KurboRect};

use super::content::{Picture, Rect};
use super::frame::Frame;
use super::pieces::{Pieces, Place};
use super::rulings::Rulings;
use super::text::Cap;

/// Pictures of one page. Scans that are cut into strips have some hundreds.
const MAX_PICTURES: usize = 5_000;
/// Things drawn on one page: glyphs, paths, clips, groups. Maps have some hundred thousand; forms that draw each other
/// twice have more than anybody can wait for.
const MAX_OPERATIONS: usize = 4_000_000;

/// Units of a glyph's own coordinates in an em.
const GLYPH_UNITS: f64 = 1_000.0;
/// Width of a glyph that does not say how wide it is.
const UNKNOWN_ADVANCE: f32 = 500.0;
/// Text smaller than this in points is not text, nor is larger than the other.
const SMALLEST_EM: f64 = 0.1;
const LARGEST_EM: f64 = 1e5;

/// Thrown to stop the interpretation of a page that never comes to its end.
#[derive(Debug)]
pub(super) struct TooMuchWork;

/// What was drawn so far.
#[derive(Debug, Default)]
pub(super) struct Collector {
    /// Width and height of the page as shown; text outside is not collected.
    pub(super) page_size: (f64, f64),
    /// Text that is seen.
    pub(super) visible: Pieces,
    /// Text in render mode 3, and text that only clips.
    pub(super) hidden: Pieces,
    pub(super) rulings: Rulings,
    pub(super) pictures: Vec<Picture>,
    /// Glyphs that a font gives a meaning, and glyphs that it does not.
    pub(super) glyphs_mapped: u32,
    pub(super) glyphs_unmapped: u32,
    pictures_capped: bool,
    operations: usize,
    /// Where the run begins that was filled last: a run that is filled and stroked comes twice.
    filled: Option<(Point, u32)>,
}

impl Collector {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self {
            page_size: (width, height),
            ..Self::default()
        }
    }

    /// The limits that were reached.
    pub(super) fn caps(&self) -> Vec<Cap> {
        let reached = [
            (self.visible.capped || self.hidden.capped, Cap::Glyphs),
            (self.rulings.capped, Cap::Rulings),
            (self.pictures_capped, Cap::Pictures),
        ];
        reached
            .into_iter()
            .filter_map(|(hit, cap)| hit.then_some(cap))
            .collect()
    }

    /// Counts work. The interpreter cannot be asked to stop, so it is unwound.
    fn count(&mut self) {
        self.operations += 1;
        if self.operations > MAX_OPERATIONS {
            std::panic::resume_unwind(Box::new(TooMuchWork));
        }
    }

    fn glyph(&mut self, glyph: &PositionedGlyph<'_>, transform: Affine, invisible: bool) {
        let Some(place) = self.place(glyph, transform) else {
            return;
        };
        let pieces = if invisible {
            &mut self.hidden
        } else {
            &mut self.visible
        };
        let mut buffer = [0; 4];
        let unicode = glyph.as_unicode();
        let text = match &unicode {
            Some(BfString::Char(c)) if is_meaning(*c) => Some(&*c.encode_utf8(&mut buffer)),
            Some(BfString::String(text)) if !text.is_empty() && text.chars().all(is_meaning) => {
                Some(text.as_str())
            }
            _ => None,
        };
        if let Some(text) = text {
            self.glyphs_mapped = self.glyphs_mapped.saturating_add(1);
            pieces.add(text, place);
            return;
        }
        self.glyphs_unmapped = self.glyphs_unmapped.saturating_add(1);
        // Fonts made by old programs often keep the code of the letter, whatever they leave out.
        if let Some(c) = char::from_u32(glyph.char_code()).filter(char::is_ascii_graphic) {
            pieces.add(c.encode_utf8(&mut buffer), place);
        }
    }

    fn place(&self, glyph: &PositionedGlyph<'_>, transform: Affine) -> Option<Place> {
        let transform = transform * glyph.transform();
        let origin = transform * Point::ZERO;
        let advance = match &**glyph {
            Glyph::Outline(outline) => outline.advance_width(),
            Glyph::Type3(drawn) => drawn.advance_width(),
        };
        let end = transform * Point::new(f64::from(advance.unwrap_or(UNKNOWN_ADVANCE)), 0.0);
        let size = (transform * Point::new(0.0, GLYPH_UNITS) - origin).hypot();
        let (width, height) = self.page_size;
        let shown = |point: Point| {
            (-size..=width + size).contains(&point.x) && (-size..=height + size).contains(&point.y)
        };
        // Also false for NaN.
        let sane = size > SMALLEST_EM && size < LARGEST_EM && end.x.is_finite() && end.y.is_finite();
        if !sane || !shown(origin) && !shown(end) {
            return None;
        }
        let direction = transform * Point::new(1.0, 0.0) - origin;
        let frame = Frame::along(direction.x, direction.y);
        let (start_x, y) = frame.enter((origin.x, origin.y));
        let (end_x, _) = frame.enter((end.x, end.y));
        Some(Place {
            frame,
            x0: start_x.min(end_x),
            x1: start_x.max(end_x),
            y,
            size,
        })
    }
}

/// Whether a font that names this character says something by it.
fn is_meaning(c: char) -> bool {
    c != '\u{fffd}' && (c.is_whitespace() || !c.is_control())
}

impl<'a> Device<'a> for Collector {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.count();
        self.rulings.add_path(path, props.transform, mode);
    }

    fn draw_rect(&mut self, rect: &KurboRect, props: DrawProps<'a>, mode: &DrawMode) {
        self.count();
        self.rulings.add_rect(*rect, props.transform, mode);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.count();
    }

    fn push_clip_rect(&mut self, _: &KurboRect) {
        self.count();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.count();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.count();
        let start = run.glyphs().first().map(|glyph| {
            let origin = props.transform * glyph.transform() * Point::ZERO;
            (origin, glyph.char_code())
        });
        match mode {
            DrawMode::Stroke(_) if start == self.filled => return,
            DrawMode::Fill(_) => self.filled = start,
            _ => {}
        }
        let invisible = matches!(mode, DrawMode::Invisible);
        for glyph in run.glyphs() {
            self.count();
            self.glyph(glyph, props.transform, invisible);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.count();
        if self.pictures.len() >= MAX_PICTURES {
            self.pictures_capped = true;
            return;
        }
        let (width_px, height_px) = (image.width(), image.height());
        let pixels = KurboRect::new(0.0, 0.0, f64::from(width_px), f64::from(height_px));
        let shown = props.transform.transform_rect_bbox(pixels);
        if shown.is_finite() {
            self.pictures.push(Picture {
                rect: Rect::of_corners((shown.x0, shown.y0), (shown.x1, shown.y1)),
                width_px,
                height_px,
            });
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
