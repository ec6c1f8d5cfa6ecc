//! What kind of picture a file is, by its first bytes alone.

use serde::{Deserialize, Serialize};

/// A kind of file that pictures are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// PNG; of an animated one, the still picture.
    Png,
    /// JPEG: baseline and progressive.
    Jpeg,
    /// GIF: its first frame.
    Gif,
    /// WebP: of an animated one, its first frame.
    WebP,
    /// TIFF and BigTIFF: as many pages as it has.
    Tiff,
}

impl Kind {
    /// The kind; `None` if pictures are not read from such a file. A name or a media type says nothing about it.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            _ => None,
        }
    }

    /// Its registered media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Tiff => "image/tiff",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide() {
        assert_eq!(Kind::of(b"\x89PNG\r\n\x1a\n"), Some(Kind::Png));
        assert_eq!(Kind::of(b"\xff\xd8\xff\xe0"), Some(Kind::Jpeg));
        assert_eq!(Kind::of(b"GIF89a"), Some(Kind::Gif));
        assert_eq!(Kind::of(b"RIFF\0\0\0\0WEBP"), Some(Kind::WebP));
        assert_eq!(Kind::of(b"RIFF\0\0\0\0WAVE"), None);
        assert_eq!(Kind::of(b"II*\0"), Some(Kind::Tiff));
        assert_eq!(Kind::of(b"MM\0*"), Some(Kind::Tiff));
        assert_eq!(Kind::of(b"MM\0+"), Some(Kind::Tiff));
        for other in [&b"%PDF-"[..], b"BM", b"", b"\xff\xd8", b"PK\x03\x04"] {
            assert_eq!(Kind::of(other), None);
        }
    }
}
