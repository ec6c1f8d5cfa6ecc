//! What kind of table a file is, by its bytes; its name only decides where they leave it open.

use serde::{Deserialize, Serialize};

use super::error::SheetError;
use super::limits::Limits;
use super::package::{Package, is_compound, is_encrypted};
use super::{delimited, ofx};

/// A kind of file that tables are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// CSV or TSV: [`super::delimited`].
    Delimited,
    /// OFX or QFX: [`super::ofx`].
    Ofx,
    /// A workbook: [`super::xlsx`].
    Xlsx,
    /// A document: [`super::docx`].
    Docx,
    /// An office file that a password protects: nobody can read it.
    Encrypted,
}

impl Kind {
    /// A kind in words, with its article; all of them for none.
    pub(super) fn described(kind: Option<Self>) -> &'static str {
        match kind {
            Some(Self::Delimited) => "a table of text (CSV or TSV)",
            Some(Self::Ofx) => "an OFX or QFX statement",
            Some(Self::Xlsx) => "an Excel workbook (.xlsx)",
            Some(Self::Docx) => "a Word document (.docx)",
            Some(Self::Encrypted) => "a protected office file",
            None => "a table that can be read: CSV, TSV, OFX, QFX, Excel (.xlsx) or Word (.docx)",
        }
    }
}

/// Bytes of a text that are looked at.
const HEAD: usize = 64 << 10;

/// The kind of a file; none if no table is read from it. Office files are known by the parts they are made of, texts by
/// rows that are alike: half of them at least, with two cells or more. A text that has one column only is a table if its
/// `name` says so.
///
/// The answer is no promise that the file can be read. No more is unpacked than the names of a container.
pub fn kind(bytes: &[u8], name: &str) -> Option<Kind> {
    if bytes.starts_with(b"PK") {
        let limits = Limits {
            file_bytes: u64::MAX,
            ..Limits::default()
        };
        return office(bytes, &limits).ok()?;
    }
    if is_encrypted(bytes) {
        return Some(Kind::Encrypted);
    }
    if ofx::is_ofx(bytes) {
        return Some(Kind::Ofx);
    }
    let mut head = bytes.get(..HEAD).unwrap_or(bytes);
    if head.len() < bytes.len() {
        // To the last whole line: a cut letter would count as damage.
        let end = head
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(head.len(), |at| at + 1);
        head = head.get(..end).unwrap_or(head);
    }
    let begins = head.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    // Markup, JSON, PDF, RTF: rows that are alike by chance.
    if begins.is_none_or(|first| matches!(first, b'<' | b'{' | b'[' | b'%')) {
        return None;
    }
    let (alike, rows) = delimited::evidence(head)?;
    let name = name.to_ascii_lowercase();
    let named = [".csv", ".tsv", ".tab"].iter().any(|end| name.ends_with(end));
    (named || (alike >= 2 && alike * 2 >= rows)).then_some(Kind::Delimited)
}

/// The kind of a file that is said to be a table, by its first bytes and the folders of a container.
///
/// # Errors
/// [`SheetError`]: another kind of file, a container that cannot be opened, a password.
pub(super) fn demanded(bytes: &[u8], limits: &Limits) -> Result<Kind, SheetError> {
    const OTHERS: [&[u8]; 3] = [b"%PDF-", b"{\\rtf", b"<"];
    const WRONG: SheetError = SheetError::WrongKind { expected: None };
    limits.check_file(bytes)?;
    if bytes.starts_with(b"PK") {
        return office(bytes, limits)?.ok_or(WRONG);
    }
    if is_encrypted(bytes) {
        return Err(SheetError::Encrypted);
    }
    if ofx::is_ofx(bytes) {
        return Ok(Kind::Ofx);
    }
    let text = bytes.trim_ascii_start();
    match is_compound(bytes) || OTHERS.iter().any(|other| text.starts_with(other)) {
        true => Err(WRONG),
        false => Ok(Kind::Delimited),
    }
}

/// The kind of a container.
fn office(bytes: &[u8], limits: &Limits) -> Result<Option<Kind>, SheetError> {
    let package = Package::open(bytes, None, limits)?;
    Ok(match () {
        () if package.has_folder("xl/") => Some(Kind::Xlsx),
        () if package.has_folder("word/") => Some(Kind::Docx),
        () => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_count_before_names() {
        assert_eq!(kind(b"a,b\n1,2\n", "x.bin"), Some(Kind::Delimited));
        assert_eq!(kind(b"a\tb\n1\t2\n", ""), Some(Kind::Delimited));
        assert_eq!(
            kind(b"\xff\xfea\0;\0b\0\n\0c\0;\0d\0\n\0", ""),
            Some(Kind::Delimited)
        );
        assert_eq!(kind(b"amount\n12\n", "x.CSV"), Some(Kind::Delimited));
        assert_eq!(kind(b"Dear Sir,\nplease\nfind\n", "x.txt"), None);
        assert_eq!(kind(b"OFXHEADER:100\n<OFX>", "x.csv"), Some(Kind::Ofx));
        assert_eq!(kind(b"<html>,\n<p>,", "x.csv"), None);
        assert_eq!(kind(b"{\"a\":1,\n\"b\":2,\n}", "x.csv"), None);
        assert_eq!(kind(b"%PDF-1.7,\n%1,2\n", "x.csv"), None);
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0\0\0", "x.csv"), None);
        assert_eq!(kind(b"PK\x03\x04", "x.xlsx"), None);
        assert_eq!(kind(b"", "x.csv"), None);
    }

    #[test]
    fn old_office_files_are_encrypted_or_unknown() {
        let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        assert_eq!(kind(&old, "x.xls"), None);
        let name: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(kind(&[old, name].concat(), "x.xlsx"), Some(Kind::Encrypted));
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_kind_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300), zip in any::<bool>()) {
            let start: &[u8] = if zip { b"PK\x03\x04" } else { b"" };
            kind(&[start, &bytes[..]].concat(), "x.csv");
        }
    }
}
