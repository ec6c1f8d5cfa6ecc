//! What a process that reads pictures is given: it has no files, so the networks come along.

use std::io::{Error, ErrorKind, Result, Write};

use super::models::Models;
use super::page::read_words;
use crate::picture::Rows;

/// Bytes of a length in front of a [`ScanJob`].
const LENGTH: usize = 8;

/// A document with the networks that are to read it.
#[derive(Debug)]
pub struct ScanJob {
    /// Contents of the detector's file.
    pub detector: Vec<u8>,
    /// Contents of the recogniser's file.
    pub recogniser: Vec<u8>,
    /// A picture's [`Rows`], or whatever else a reader expects.
    pub document: Vec<u8>,
}

impl ScanJob {
    /// All of it in one piece, the document last, so that what stands before it can be kept for the next one.
    pub fn pack(detector: &[u8], recogniser: &[u8]) -> Vec<u8> {
        let lengths = [detector.len() as u64, recogniser.len() as u64].map(u64::to_le_bytes);
        [lengths.concat().as_slice(), detector, recogniser].concat()
    }

    /// Takes apart what [`pack`](Self::pack) made, a document behind it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`].
    pub fn unpack(mut packed: Vec<u8>) -> Result<Self> {
        let invalid = || Error::new(ErrorKind::InvalidData, "networks and a document were expected");
        let length = |at: usize| {
            let bytes = packed.get(at * LENGTH..(at + 1) * LENGTH)?.try_into().ok()?;
            usize::try_from(u64::from_le_bytes(bytes)).ok()
        };
        let (detector, recogniser) = length(0).zip(length(1)).ok_or_else(invalid)?;
        let middle = detector.checked_add(2 * LENGTH).ok_or_else(invalid)?;
        let end = recogniser.checked_add(middle).ok_or_else(invalid)?;
        if end > packed.len() {
            return Err(invalid());
        }
        // From the back, so that each part is copied once and nothing twice.
        let document = packed.split_off(end);
        let recogniser = packed.split_off(middle);
        let detector = packed.split_off(2 * LENGTH);
        Ok(Self {
            detector,
            recogniser,
            document,
        })
    }
}

/// Reads one picture, for a process that may die over it, and writes what it read: a list of
/// [`ScannedWord`](super::ScannedWord)s as one line of JSON. They are in no lines yet: what lies close together in a table is
/// no line of a page.
///
/// There are no arguments; the document is a [`ScanJob`] of a picture's [`Rows`].
///
/// # Errors
/// A job, networks or a picture that are none ([`ErrorKind::InvalidData`]); whatever `output` answers.
pub fn read_picture(_arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> Result<()> {
    fn invalid<E: Into<Box<dyn std::error::Error + Send + Sync>>>(error: E) -> Error {
        Error::new(ErrorKind::InvalidData, error)
    }
    let job = ScanJob::unpack(document)?;
    let picture = Rows::parse(job.document).and_then(Rows::into_raster);
    let picture = picture.map_err(invalid)?;
    let models = Models::load(job.detector, job.recogniser).map_err(invalid)?;
    let words = read_words(&models, &picture).map_err(Error::other)?;
    let mut line = serde_json::to_vec(&words)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Raster;

    #[test]
    fn what_is_packed_comes_apart() {
        let mut packed = ScanJob::pack(b"detector", b"");
        packed.extend(b"%PDF-");
        let job = ScanJob::unpack(packed).unwrap();
        assert_eq!(job.detector, b"detector");
        assert_eq!(job.recogniser, b"");
        assert_eq!(job.document, b"%PDF-");
    }

    #[test]
    fn what_was_not_packed_is_refused() {
        for bytes in [&b""[..], b"short", &[0xff; 40], &[1; 16]] {
            let error = ScanJob::unpack(bytes.to_vec()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
    }

    #[test]
    fn neither_a_picture_nor_networks_are_made_up() {
        let mut rows = Vec::new();
        Rows::write(&Raster::of_gray(1, 1, &[0]).unwrap(), &mut rows).unwrap();
        for document in [&b"no rows"[..], &rows] {
            let job = [&ScanJob::pack(b"detector", b"recogniser"), document].concat();
            let mut output = Vec::new();
            let error = read_picture(&[], job, &mut output).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            assert!(output.is_empty());
        }
    }
}
