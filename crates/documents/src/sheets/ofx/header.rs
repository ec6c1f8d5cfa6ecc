//! What stands above `<OFX>`: lines of `KEY:VALUE` in version 1, XML declarations in version 2.

use std::borrow::Cow;

use encoding_rs::Encoding;

use crate::sheets::encoding::detect;
use crate::sheets::error::SheetError;

/// Bytes in which `<OFX>` or its header must begin.
const HEAD: usize = 4_096;

/// Whether there is an `<OFX>` or an OFX header at the beginning, in UTF-8 or an encoding that contains ASCII.
pub(super) fn begins_ofx(bytes: &[u8]) -> bool {
    let head = head(bytes);
    head.contains("<OFX>") || head.contains("OFXHEADER")
}

fn head(bytes: &[u8]) -> String {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    String::from_utf8_lossy(head).to_ascii_uppercase()
}

/// The characters of a file. Its form counts more than what it says: many banks say `USASCII` and write what they like.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    let (encoding, mark) = detect(bytes, declared(&head(bytes)))?;
    let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
    Ok(text)
}

/// The encoding that a header names.
fn declared(head: &str) -> Option<&'static Encoding> {
    let value = |key: &str| {
        let at = head.find(key)? + key.len();
        let value = head.get(at..)?.trim_start_matches([' ', '"', '\'']);
        let end = value.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?;
        value.get(..end)
    };
    // Version 1 names the character set apart from the encoding, as a number of Windows or of ISO. OFX 1.6, 2.2.
    let name = value("CHARSET:")
        .or_else(|| value("ENCODING="))
        .filter(|name| *name != "NONE")?;
    Encoding::for_label(name.as_bytes())
        .or_else(|| Encoding::for_label(format!("windows-{name}").as_bytes()))
        .or_else(|| Encoding::for_label(format!("iso-{name}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{ISO_8859_15, WINDOWS_1252};

    #[test]
    fn headers_of_both_versions() {
        assert_eq!(declared("ENCODING:USASCII\nCHARSET:1252\n"), Some(WINDOWS_1252));
        assert_eq!(declared("CHARSET:8859-1\r\n"), Some(WINDOWS_1252));
        assert_eq!(declared("CHARSET:ISO-8859-15\n"), Some(ISO_8859_15));
        assert_eq!(
            declared("<?XML VERSION=\"1.0\" ENCODING=\"ISO-8859-15\"?>"),
            Some(ISO_8859_15)
        );
        assert_eq!(declared("ENCODING:UNICODE\nCHARSET:NONE\n"), None);
        assert_eq!(declared("CHARSET:"), None);
    }

    #[test]
    fn letters_of_any_encoding() {
        let file = b"OFXHEADER:100\nCHARSET:1252\n\n<OFX><NAME>Caf\xe9";
        assert!(decode(file).unwrap().ends_with("Café"));
        let file = "OFXHEADER:100\nCHARSET:1252\n\n<OFX><NAME>Café".as_bytes();
        assert!(decode(file).unwrap().ends_with("Café"));
        assert_eq!(decode(b"<OFX>\0\0"), Err(SheetError::NotText));
    }
}
