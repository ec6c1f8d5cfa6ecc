//! ZIP containers of office files: their parts, unpacked piece by piece within the limits.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Cursor};

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::{Bound, SheetError};
use super::limits::Limits;
use super::xml::Xml;

/// Begins each entry of a ZIP directory.
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
/// Begins a compound file, which Office used before 2007 and still wraps encrypted documents in. [MS-CFB] 2.2.
const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// A container whose parts together expand to no more than [`Limits::expanded_bytes`].
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    expanded_left: Cell<u64>,
    limits: Limits,
}

impl<'a> Package<'a> {
    /// Reads the directory of a container, `expected` to be what is named.
    pub(super) fn open(bytes: &'a [u8], expected: &'static str, limits: &Limits) -> Result<Self, SheetError> {
        limits.check_file(bytes)?;
        if bytes.starts_with(COMPOUND_FILE) {
            return Err(match is_encrypted(bytes) {
                true => SheetError::Encrypted,
                false => SheetError::WrongKind { expected },
            });
        }
        if !bytes.starts_with(b"PK") {
            return Err(SheetError::WrongKind { expected });
        }
        // Before the directory is read: whatever count it claims, it has no more entries than that.
        let entries = bytes
            .windows(DIRECTORY_ENTRY.len())
            .filter(|window| *window == DIRECTORY_ENTRY)
            .count();
        if entries as u64 > u64::from(limits.parts) {
            return Err(SheetError::too_much(Bound::Parts, limits.parts.into()));
        }
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| SheetError::damaged("the container cannot be opened"))?;
        let names = (0..archive.len())
            .map(|index| match archive.name_for_index(index) {
                Some(Ok(name)) => normal(&name),
                _ => String::new(),
            })
            .collect();
        Ok(Self {
            archive,
            names,
            expanded_left: Cell::new(limits.expanded_bytes),
            limits: *limits,
        })
    }

    /// Whether there is a part.
    pub(super) fn has(&self, name: &str) -> bool {
        self.index(name).is_some()
    }

    /// The XML of a part; none if there is no such part.
    pub(super) fn xml(&mut self, name: &str) -> Result<Option<Xml<'_, impl BufRead>>, SheetError> {
        let Some(index) = self.index(name) else {
            return Ok(None);
        };
        let part = self.archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => SheetError::Encrypted,
            _ => SheetError::damaged("a part cannot be unpacked"),
        })?;
        // An honest bomb is refused at once, any other when it has expanded that far.
        if part.size() > self.expanded_left.get() {
            return Err(SheetError::too_much(
                Bound::ExpandedBytes,
                self.limits.expanded_bytes,
            ));
        }
        Ok(Some(Xml::new(
            BufReader::new(part),
            &self.expanded_left,
            &self.limits,
        )))
    }

    fn index(&self, name: &str) -> Option<usize> {
        let name = normal(name);
        self.names.iter().position(|other| *other == name)
    }
}

/// Names of parts are equal whatever their case; some programs write `\` or a leading `/`.
/// ECMA-376-2, 6.2.2.3.
fn normal(name: &str) -> String {
    name.replace('\\', "/")
        .trim_start_matches('/')
        .to_ascii_lowercase()
}

/// Whether a compound file wraps an encrypted document. [MS-OFFCRYPTO] 2.3.4.4.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    bytes.starts_with(COMPOUND_FILE) && bytes.windows(name.len()).any(|window| window == name)
}
