//! Kinds of files that hold timetables, by their bytes and not by their names (§1).

use docmill_documents::picture::Kind as PictureKind;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest PDF, in bytes.
const MAX_PDF_BYTES: u64 = 50 << 20;
/// The largest file of another kind, in bytes.
const MAX_OTHER_BYTES: u64 = 10 << 20;
/// Most pages of a PDF.
pub(super) const MAX_PDF_PAGES: u32 = 20;

/// What every PDF begins with, or has near its beginning.
const PDF_MAGIC: &[u8] = b"%PDF-";
/// What a ZIP container begins with.
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// One page.
    Picture(PictureKind),
    Pdf,
    /// DOCX.
    Document,
    /// XLSX.
    Workbook,
    /// CSV, TSV.
    Table,
}

impl FileKind {
    /// What a file is by its first bytes; where these are only those of a container or of a text, by its name or its media
    /// type.
    pub(super) fn of(name: &str, content_type: &str, first: &[u8]) -> Option<Self> {
        if let Some(kind) = PictureKind::of(first) {
            return (kind != PictureKind::Tiff).then_some(Self::Picture(kind));
        }
        if first.windows(PDF_MAGIC.len()).any(|bytes| bytes == PDF_MAGIC) {
            return Some(Self::Pdf);
        }
        let declared = Self::declared(name, content_type)?;
        let fits = match declared {
            Self::Picture(_) | Self::Pdf => false,
            Self::Document | Self::Workbook => first.starts_with(ZIP_MAGIC),
            Self::Table => !first.starts_with(ZIP_MAGIC) && !docmill_documents::text::is_binary(first),
        };
        fits.then_some(declared)
    }

    /// What a file is said to be.
    pub(super) fn declared(name: &str, content_type: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let media_type = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        KINDS
            .iter()
            .find(|(extensions, _, _)| extensions.iter().any(|extension| name.ends_with(extension)))
            .or_else(|| KINDS.iter().find(|(_, other, _)| *other == media_type))
            .map(|(_, _, kind)| *kind)
    }

    /// The largest file of the kind, in bytes.
    pub(super) const fn max_bytes(self) -> u64 {
        match self {
            Self::Pdf => MAX_PDF_BYTES,
            _ => MAX_OTHER_BYTES,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Picture(PictureKind::Png) => "png",
            Self::Picture(PictureKind::Jpeg) => "jpeg",
            Self::Picture(PictureKind::Gif) => "gif",
            Self::Picture(PictureKind::WebP | PictureKind::Tiff) => "webp",
            Self::Pdf => "pdf",
            Self::Document => "docx",
            Self::Workbook => "xlsx",
            Self::Table => "csv",
        }
    }
}

/// Extensions, media type, kind.
pub(super) type Described = (&'static [&'static str], &'static str, FileKind);

/// All kinds.
pub(super) const KINDS: [Described; 9] = [
    (&[".png"], "image/png", FileKind::Picture(PictureKind::Png)),
    (
        &[".jpg", ".jpeg"],
        "image/jpeg",
        FileKind::Picture(PictureKind::Jpeg),
    ),
    (&[".gif"], "image/gif", FileKind::Picture(PictureKind::Gif)),
    (&[".webp"], "image/webp", FileKind::Picture(PictureKind::WebP)),
    (&[".pdf"], "application/pdf", FileKind::Pdf),
    (
        &[".docx"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        FileKind::Document,
    ),
    (
        &[".xlsx"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        FileKind::Workbook,
    ),
    (&[".csv"], "text/csv", FileKind::Table),
    (&[".tsv"], "text/tab-separated-values", FileKind::Table),
];

impl Serialize for FileKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for FileKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let found = KINDS
            .iter()
            .map(|(_, _, kind)| *kind)
            .find(|kind| kind.word() == word);
        found.ok_or_else(|| serde::de::Error::custom("no kind of file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_before_names() {
        let png = b"\x89PNG\r\n\x1a\nrest";
        let of = FileKind::of;
        assert_eq!(
            of("a.pdf", "application/pdf", png),
            Some(FileKind::Picture(PictureKind::Png))
        );
        assert_eq!(of("a.png", "image/png", b"\n%PDF-1.7"), Some(FileKind::Pdf));
        assert_eq!(of("a.docx", "", b"PK\x03\x04..."), Some(FileKind::Document));
        assert_eq!(of("a.xlsx", "", b"PK\x03\x04..."), Some(FileKind::Workbook));
        assert_eq!(of("A.CSV", "", b"Day,Start\n"), Some(FileKind::Table));
        assert_eq!(
            of("a", "text/csv; charset=utf-8", b"Day;Start\n"),
            Some(FileKind::Table)
        );
        for (name, first) in [
            ("a.png", &b"not a picture"[..]),
            ("a.csv", b"PK\x03\x04"),
            ("a.docx", b"text"),
            ("a.tiff", b"II*\0"),
            ("a.exe", b"MZ\0\0"),
            ("a.csv", b"\0\0\0\0"),
        ] {
            assert_eq!(of(name, "", first), None, "{name}");
        }
    }

    #[test]
    fn kinds_are_words_in_json() {
        for (_, _, kind) in KINDS {
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<FileKind>(&text).unwrap(), kind);
        }
    }
}
