//! A ZIP file in memory.

use std::io::{Cursor, Write};

use bytes::Bytes;
use serde::Serialize;
use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

use crate::ports::{PortError, PortResult};

/// A ZIP file that is being written.
pub(super) struct Archive {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    written: usize,
}

impl Archive {
    pub(super) fn new() -> Self {
        Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            written: 0,
        }
    }

    /// Bytes that went in, before compression.
    pub(super) fn written(&self) -> usize {
        self.written
    }

    /// Begins a file.
    pub(super) fn begin(&mut self, name: &str) -> PortResult<()> {
        done(self.zip.start_file(name, SimpleFileOptions::default()))
    }

    /// Writes to the file that was begun last.
    pub(super) fn write(&mut self, bytes: &[u8]) -> PortResult<()> {
        self.written += bytes.len();
        self.zip
            .write_all(bytes)
            .map_err(|error| broken(&error.to_string()))
    }

    /// A file that holds `value` as JSON.
    pub(super) fn json(&mut self, name: &str, value: &impl Serialize) -> PortResult<()> {
        self.begin(name)?;
        self.write(&json(value)?)
    }

    /// A file with a line of JSON for each of `values`.
    pub(super) fn json_lines(&mut self, name: &str, values: &[impl Serialize]) -> PortResult<()> {
        self.begin(name)?;
        for value in values {
            let mut line = json(value)?;
            line.push(b'\n');
            self.write(&line)?;
        }
        Ok(())
    }

    /// The whole file.
    pub(super) fn finish(self) -> PortResult<Bytes> {
        done(self.zip.finish()).map(|cursor| cursor.into_inner().into())
    }
}

fn json(value: &impl Serialize) -> PortResult<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| broken(&error.to_string()))
}

fn done<T>(result: ZipResult<T>) -> PortResult<T> {
    result.map_err(|error| broken(&error.to_string()))
}

fn broken(why: &str) -> PortError {
    PortError::Broken(format!("archive: {why}"))
}
