//! Text that is not what is seen: a font that does not say what its glyphs mean gives other letters, or none.

use crate::Line;

/// Whether a page's text does not stand for what is seen.
pub(super) fn is_garbled(_lines: &[Line], _mapped: u32, _unmapped: u32) -> bool {
    false
}
