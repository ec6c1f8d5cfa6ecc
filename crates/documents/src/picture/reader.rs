//! Reading pictures that nobody trusts, for a process that may die over them.
//!
//! Each function answers with one line of JSON, and what it speaks of behind it. A refusal is such a line too:
//! [`Refusal`].

use std::io::{Result, Write};

use serde::{Deserialize, Serialize};

use super::compress::{CompressSettings, compress, fit_pixels, small};
use super::decode::{Info, decode, probe};
use super::error::PictureError;
use super::limits::Limits;
use super::rows::Rows;
use crate::arguments::{invalid, numbers};

/// A picture was not read: the line `{"code":"CORRUPT","message":"…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// [`PictureError::code`].
    pub code: String,
    /// A sentence for the person who sent the file.
    pub message: String,
}

impl From<PictureError> for Refusal {
    fn from(error: PictureError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
        }
    }
}

impl Refusal {
    /// The refusal that a reader answered; `None` for any other answer.
    pub fn of_answer(answer: &[u8]) -> Option<Self> {
        let line = answer.split(|byte| *byte == b'\n').next()?;
        serde_json::from_slice(line).ok()
    }

    fn write(error: PictureError, output: &mut dyn Write) -> Result<()> {
        write_line(&Self::from(error), output)
    }
}

/// Writes what a file says of itself: [`Info`], or a [`Refusal`]. Nothing is decoded. There are no arguments.
///
/// # Errors
/// Whatever `output` answers.
pub fn read_picture_info(_: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    match probe(&document, &Limits::default()) {
        Ok(info) => write_line::<Info>(&info, output),
        Err(error) => Refusal::write(error, output),
    }
}

/// Writes the [`Rows`] of a page, or a [`Refusal`]. The arguments are the page, counted from 1, and the most pixels of the
/// answer: a larger picture comes smaller.
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`](std::io::ErrorKind)); whatever `output` answers.
pub fn decode_to_rows(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let [page, max_pixels] = numbers(arguments, "expected: page, most pixels")?;
    match decode(&document, page, &Limits::default()) {
        Ok(raster) => {
            drop(document);
            match fit_pixels(raster, max_pixels.into()) {
                Some(raster) => Rows::write(&raster, output),
                None => Refusal::write(PictureError::corrupt("it is too narrow"), output),
            }
        }
        Err(error) => Refusal::write(error, output),
    }
}

/// Writes a [`Compression`](super::Compression) and the WebP file behind it, nothing behind it where the original is to be
/// used; or a [`Refusal`]. The arguments are the page, counted from 1, the pixels of the longest side and the quality:
/// [`CompressSettings`].
///
/// # Errors
/// Arguments that say something else ([`ErrorKind::InvalidInput`](std::io::ErrorKind)); whatever `output` answers.
pub fn compress_picture(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let [page, max_side, quality] = numbers(arguments, "expected: page, longest side, quality")?;
    match compress(&document, page, settings(max_side, quality), &Limits::default()) {
        Ok(compressed) => {
            write_line(&compressed.head, output)?;
            output.write_all(&compressed.webp.unwrap_or_default())?;
            output.flush()
        }
        Err(error) => Refusal::write(error, output),
    }
}

/// Writes the smaller copy of [`Rows`], a page that was drawn, as a WebP file; nothing where there is no such file. The
/// arguments are the pixels of the longest side and the quality.
///
/// # Errors
/// Arguments or rows that are none ([`ErrorKind::InvalidInput`](std::io::ErrorKind)); whatever `output` answers.
pub fn compress_rows(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    let [max_side, quality] = numbers(arguments, "expected: longest side, quality")?;
    let rows = Rows::parse(document).and_then(Rows::into_raster);
    let raster = rows.map_err(|_| invalid("expected: rows of a picture"))?;
    if let Some((_, _, file)) = small(raster, settings(max_side, quality)) {
        output.write_all(&file)?;
    }
    output.flush()
}

fn settings(max_side: u32, quality: u32) -> CompressSettings {
    CompressSettings {
        max_side,
        quality: u8::try_from(quality).unwrap_or(u8::MAX),
    }
}

fn write_line<T: Serialize>(value: &T, output: &mut dyn Write) -> Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}
