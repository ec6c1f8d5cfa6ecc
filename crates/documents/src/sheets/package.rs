//! ZIP containers of office files: their parts, unpacked piece by piece within the limits.

use std::io::{BufRead, BufReader, Cursor};

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::{Bound, Damage, SheetError};
use super::kind::Kind;
use super::limits::Limits;
use super::xml::{Allowance, Xml};

/// Begins each entry of a ZIP directory.
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
/// Begins a compound file, which Office used before 2007 and still wraps encrypted documents in. [MS-CFB] 2.2.
const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// A container whose parts together expand to no more than [`Limits::expanded_bytes`].
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    allowance: Allowance,
    limits: Limits,
}

impl<'a> Package<'a> {
    /// Reads the directory of a container, of which is said that it is `expected`.
    pub(super) fn open(bytes: &'a [u8], expected: Option<Kind>, limits: &Limits) -> Result<Self, SheetError> {
        limits.check_file(bytes)?;
        if is_compound(bytes) {
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
        if claimed_entries(bytes) > u64::from(limits.parts) {
            return Err(SheetError::too_much(Bound::Parts, limits.parts.into()));
        }
        let mut archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetError::damaged(Damage::Container))?;
        // Where a header cannot be read, so cannot its part.
        if archive.has_overlapping_files().is_ok_and(|overlap| overlap) {
            return Err(SheetError::damaged(Damage::SharedBytes));
        }
        let names = (0..archive.len())
            .map(|index| match archive.name_for_index(index) {
                Some(Ok(name)) => normal(&name),
                _ => String::new(),
            })
            .collect();
        Ok(Self {
            archive,
            names,
            allowance: Allowance::new(limits),
            limits: *limits,
        })
    }

    /// Whether there is a part in a folder, given in lower case.
    pub(super) fn has_folder(&self, folder: &str) -> bool {
        self.names.iter().any(|name| name.starts_with(folder))
    }

    /// The XML of a part; none if there is no such part.
    pub(super) fn xml(&mut self, name: &str) -> Result<Option<Xml<'_, impl BufRead>>, SheetError> {
        let Some(index) = self.index(name) else {
            return Ok(None);
        };
        let part = self.archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => SheetError::Encrypted,
            _ => SheetError::damaged(Damage::Part),
        })?;
        // An honest bomb is refused at once, any other when it has expanded that far.
        if part.size() > self.allowance.expanded_left() {
            return Err(SheetError::too_much(
                Bound::ExpandedBytes,
                self.limits.expanded_bytes,
            ));
        }
        Ok(Some(Xml::new(
            BufReader::new(part),
            &self.allowance,
            &self.limits,
        )))
    }

    fn index(&self, name: &str) -> Option<usize> {
        let name = normal(name);
        self.names.iter().position(|other| *other == name)
    }
}

/// The most entries that a large container's end claims: the library sets memory aside for them. The ends of others have
/// 16 bits for it. APPNOTE 6.3.10, 4.3.14 and 4.3.15.
fn claimed_entries(bytes: &[u8]) -> u64 {
    const LOCATOR: &[u8] = b"PK\x06\x07";
    const END: &[u8] = b"PK\x06\x06";
    /// Where the number stands behind the sign.
    const ENTRIES: std::ops::Range<usize> = 32..40;
    // The locator stands before the end, which has at most 22 bytes and a comment of 64 KB.
    let tail = bytes.len().saturating_sub((64 << 10) + 64);
    let has = |bytes: &[u8], sign: &[u8]| bytes.windows(4).any(|window| window == sign);
    if !has(bytes.get(tail..).unwrap_or_default(), LOCATOR) {
        return 0;
    }
    let mut most = 0;
    for (at, _) in bytes.windows(4).enumerate().filter(|(_, window)| *window == END) {
        let number = bytes.get(at + ENTRIES.start..at + ENTRIES.end);
        if let Some(number) = number.and_then(|number| number.try_into().ok()) {
            most = most.max(u64::from_le_bytes(number));
        }
    }
    most
}

/// Names of parts are equal whatever their case; some programs write `\` or a leading `/`.
/// ECMA-376-2, 6.2.2.3.
fn normal(name: &str) -> String {
    name.replace('\\', "/")
        .trim_start_matches('/')
        .to_ascii_lowercase()
}

pub(super) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(COMPOUND_FILE)
}

/// Whether a compound file wraps an encrypted document. [MS-OFFCRYPTO] 2.3.4.4.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    is_compound(bytes) && bytes.windows(name.len()).any(|window| window == name)
}
