//! Writes the smaller copy of a picture as WebP, and prints what became of it.
//!
//! ```text
//! cargo run --release -p docmill-documents --example compress-picture -- photograph.jpg copy.webp
//! ```

use std::process::ExitCode;

use docmill_documents::picture::{CompressSettings, Limits, compress};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, from, to] = arguments.as_slice() else {
        eprintln!("usage: compress-picture picture copy.webp");
        return ExitCode::FAILURE;
    };
    match run(from, to) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(from: &str, to: &str) -> Result<String, Box<dyn std::error::Error>> {
    let bytes = std::fs::read(from)?;
    let copy = compress(&bytes, 1, CompressSettings::default(), &Limits::default())?;
    std::fs::write(to, copy.webp.as_ref().unwrap_or(&bytes))?;
    Ok(serde_json::to_string(&copy.head)?)
}
