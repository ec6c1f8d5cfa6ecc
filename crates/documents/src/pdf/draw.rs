//! Drawing a page of a document, for a process that may die over it.

use std::io::{Result, Write};

use super::document::{OpenLimits, PdfDocument};
use super::render::RenderLimits;
use crate::arguments::numbers;
use crate::picture::{Raster, Rows};

/// Draws one page and writes its picture as [`Rows`]; nothing, where the document cannot be opened, has no such page or
/// the page cannot be drawn.
///
/// The arguments are the page, counted from 1, how many pages the document may have, the resolution in dots per inch and
/// how many pixels the picture may have: a larger page comes in a lower resolution.
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`](std::io::ErrorKind)); whatever `output` answers.
pub fn draw_page(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let expected = "expected: page, most pages, dots per inch, most pixels";
    let [number, max_pages, dpi, max_pixels] = numbers(arguments, expected)?;
    let limits = OpenLimits { max_pages };
    let Ok(document) = PdfDocument::open(document, limits) else {
        return Ok(());
    };
    let limits = RenderLimits {
        dpi: dpi as f32,
        max_pixels,
    };
    let drawn = document.renderer().render(number, limits).ok();
    drop(document);
    match drawn.and_then(|bitmap| Raster::of_bitmap(bitmap).ok()) {
        Some(raster) => Rows::write(&raster, output),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn arguments_are_four_numbers() {
        for arguments in [&["1", "2", "3"][..], &["1", "2", "300", "x"], &[]] {
            let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
            let error = draw_page(&arguments, Vec::new(), &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_nothing() {
        let mut output = Vec::new();
        let arguments = ["1", "10", "300", "1000"].map(str::to_owned);
        draw_page(&arguments, b"%PDF-1.4 and no more".to_vec(), &mut output).unwrap();
        assert_eq!(output, b"");
    }
}
