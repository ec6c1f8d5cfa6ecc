//! Writes the records that `read_text` makes of a PDF file: `pdf-records FILE FIRST LAST MAX_PAGES`, LAST may be `-`.

use std::io::{Error, Result};

use docmill_documents::pdf::read_text;

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        return Err(Error::other("usage: pdf-records FILE FIRST LAST MAX_PAGES"));
    }
    let bytes = std::fs::read(arguments.remove(0))?;
    read_text(&arguments, bytes, &mut std::io::stdout())
}
