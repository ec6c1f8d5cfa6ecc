//! PDF files that tests write for themselves.

use docmill_cli::client::FormFile;

#[allow(dead_code, reason = "the tests of the reader write more kinds of pages")]
#[path = "../../../crates/documents/tests/pdf_writer/mod.rs"]
mod writer;

use writer::PageSource;

/// What a page shows.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Lines of text, one below the other.
    Lines(&'a [&'a str]),
    /// A picture over the whole page, as a scanner makes it, with nothing to be read on it.
    Scan,
    /// A picture of pixels of brightness, row by row from the top.
    Picture {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// A byte each.
        gray: &'a [u8],
    },
}

/// A PDF of these pages, uncompressed, in Helvetica. Lines are ASCII without parentheses and backslashes.
pub fn pdf(pages: &[Shown<'_>]) -> FormFile {
    let pages: Vec<PageSource> = pages.iter().map(page).collect();
    pdf_file(writer::pdf(&pages))
}

fn page(shown: &Shown<'_>) -> PageSource {
    const SCAN: &str = "q 595 0 0 842 0 0 cm BI /W 8 /H 8 /CS /G /BPC 1 ID UUUUUUUU EI Q";
    PageSource::new(match shown {
        Shown::Lines(lines) => {
            let shown: Vec<String> = lines.iter().map(|line| format!("({line}) Tj T*")).collect();
            format!("BT /F1 11 Tf 14 TL 56 720 Td {} ET", shown.join(" "))
        }
        Shown::Scan => SCAN.to_owned(),
        Shown::Picture { width, height, gray } => {
            let hex = docmill_core::ids::hex(gray);
            format!("q 595 0 0 842 0 0 cm BI /W {width} /H {height} /CS /G /BPC 8 /F /AHx ID {hex}> EI Q")
        }
    })
}

/// These bytes as a PDF for the form.
pub fn pdf_file(bytes: Vec<u8>) -> FormFile {
    FormFile {
        name: "roman.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: bytes.into(),
    }
}
