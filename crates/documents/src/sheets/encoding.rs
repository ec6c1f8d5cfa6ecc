//! Bytes of a text file to characters, piece by piece.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::error::SheetError;
use crate::text;

/// Bytes looked at to recognise UTF-16 that has no mark.
const UTF16_SAMPLE: usize = 4_096;
/// Bytes of lines beyond ASCII that the letters' statistics are made of: more does not change a guess.
const GUESS_SAMPLE: usize = 64 << 10;
/// Bytes decoded at a time.
const PIECE: usize = 16 << 10;

/// The encoding of a text and how many bytes its mark has.
///
/// A byte order mark decides; then NULs at every other place (UTF-16); then the form of UTF-8, with some damage forgiven;
/// then `hint`, what the file says of itself; then the letters' statistics. Bytes from 0x80 to 0x9F are printed ones in
/// Windows-1252 and control characters in ISO 8859-1, which is therefore never answered.
///
/// # Errors
/// [`SheetError::NotText`].
pub(super) fn detect(
    bytes: &[u8],
    hint: Option<&'static Encoding>,
) -> Result<(&'static Encoding, usize), SheetError> {
    if let Some(marked) = Encoding::for_bom(bytes) {
        return Ok(marked);
    }
    if let Some(wide) = unmarked_utf16(bytes) {
        return Ok((wide, 0));
    }
    if text::is_binary(bytes) {
        return Err(SheetError::NotText);
    }
    let (letters, damaged) = text::utf8_evidence(bytes);
    if damaged == 0 || letters > damaged {
        return Ok((UTF_8, 0));
    }
    if let Some(hint) = hint.filter(|hint| hint.is_ascii_compatible() && *hint != UTF_8) {
        return Ok((hint, 0));
    }
    Ok((guess(bytes), 0))
}

/// UTF-16 of mostly ASCII: a NUL at every other place and nowhere else.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..UTF16_SAMPLE.min(bytes.len()) & !1)?;
    let units = sample.len() / 2;
    let nuls_at = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let (high, low) = (nuls_at(0), nuls_at(1));
    match (high, low) {
        (0, low) if units > 1 && low * 2 > units => Some(UTF_16LE),
        (high, 0) if units > 1 && high * 2 > units => Some(UTF_16BE),
        _ => None,
    }
}

/// The likeliest encoding of bytes that are not UTF-8, by the lines that have a byte beyond ASCII.
fn guess(bytes: &[u8]) -> &'static Encoding {
    if has_symbols_only(bytes) {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut left = GUESS_SAMPLE;
    for line in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
        if left == 0 {
            break;
        }
        if line.is_ascii() {
            continue;
        }
        let piece = line.get(..left).unwrap_or(line);
        detector.feed(piece, false);
        left -= piece.len();
    }
    detector.feed(&[], true);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    let sample = bytes.get(..GUESS_SAMPLE).unwrap_or(bytes);
    // A letter may be cut at the sample's end; what is wrong before that is wrong.
    let wrong = guessed
        .decode_without_bom_handling_and_without_replacement(sample)
        .is_none();
    if wrong && sample.len() == bytes.len() {
        WINDOWS_1252
    } else {
        guessed
    }
}

/// Whether what is not ASCII stands beside no letter: signs such as £, € and §, of which there is no telling.
fn has_symbols_only(bytes: &[u8]) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| !byte.is_ascii())
        .all(|(at, byte)| {
            // Letters of all encodings of one byte begin there.
            *byte < 0xc0
                && !is_letter(bytes.get(at + 1))
                && !is_letter(at.checked_sub(1).and_then(|before| bytes.get(before)))
        })
}

/// Reads a text as UTF-8 whose lines end with LF, the last one too.
pub(super) struct Decoding<'a> {
    rest: &'a [u8],
    decoder: Decoder,
    piece: Vec<u8>,
    given: usize,
    after_return: bool,
    finished: bool,
    last_byte: u8,
    replaced: bool,
    nul: bool,
}

impl<'a> Decoding<'a> {
    /// `bytes` without their mark.
    pub(super) fn new(bytes: &'a [u8], encoding: &'static Encoding) -> Self {
        Self {
            rest: bytes,
            decoder: encoding.new_decoder_without_bom_handling(),
            piece: Vec::new(),
            given: 0,
            after_return: false,
            finished: false,
            last_byte: b'\n',
            replaced: false,
            nul: false,
        }
    }

    /// Whether something was not of the encoding and became U+FFFD.
    pub(super) fn has_replaced(&self) -> bool {
        self.replaced
    }

    /// Whether there was a NUL, which no text has.
    pub(super) fn has_nul(&self) -> bool {
        self.nul
    }

    /// The next piece of text; an empty one at the end.
    fn refill(&mut self) {
        self.given = 0;
        while !self.finished {
            self.piece.resize(PIECE, 0);
            let (result, read, written, replaced) =
                self.decoder.decode_to_utf8(self.rest, &mut self.piece, true);
            self.rest = self.rest.get(read..).unwrap_or_default();
            self.piece.truncate(written);
            self.replaced |= replaced;
            self.finished = matches!(result, CoderResult::InputEmpty);
            let mut after_return = self.after_return;
            let mut nul = false;
            self.piece.retain_mut(|byte| {
                let feed_of_return = after_return && *byte == b'\n';
                after_return = *byte == b'\r';
                nul |= *byte == 0;
                if after_return {
                    *byte = b'\n';
                }
                !feed_of_return
            });
            self.after_return = after_return;
            self.nul |= nul;
            self.last_byte = self.piece.last().copied().unwrap_or(self.last_byte);
            if self.finished && self.last_byte != b'\n' {
                self.piece.push(b'\n');
            }
            if !self.piece.is_empty() {
                return;
            }
        }
        self.piece.clear();
    }
}

impl Read for Decoding<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given == self.piece.len() {
            self.refill();
        }
        let ready = self.piece.get(self.given..).unwrap_or_default();
        let count = ready.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8], encoding: &'static Encoding) -> String {
        let mut text = String::new();
        Decoding::new(bytes, encoding).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn marks_decide() {
        assert_eq!(detect(b"\xef\xbb\xbfa", None), Ok((UTF_8, 3)));
        assert_eq!(detect(b"\xff\xfea\0", None), Ok((UTF_16LE, 2)));
        assert_eq!(detect(b"\xfe\xff\0a", None), Ok((UTF_16BE, 2)));
    }

    #[test]
    fn utf16_is_known_without_a_mark() {
        assert_eq!(detect(b"a\0;\0b\0\n\0", None), Ok((UTF_16LE, 0)));
        assert_eq!(detect(b"\0a\0;\0b\0\n", None), Ok((UTF_16BE, 0)));
        assert_eq!(detect(b"\0\0\0\0", None), Err(SheetError::NotText));
    }

    #[test]
    fn letters_tell_the_encoding() {
        assert_eq!(detect("Été;1\n".as_bytes(), None), Ok((UTF_8, 0)));
        for (encoding, text) in [
            (WINDOWS_1252, "Auftraggeber/Empfänger;Währung\n"),
            (WINDOWS_1252, "Libellé;Débit;Crédit\nPrélèvement société\n"),
            (WINDOWS_1252, "Date,Paid out £,Balance £\n1,£2.00,§ 3\n"),
            (WINDOWS_1252, "Datum;Betrag €\n"),
            (
                encoding_rs::WINDOWS_1251,
                "Дата;Сумма;Описание операции по счёту;Остаток\n",
            ),
            (
                encoding_rs::ISO_8859_2,
                "Data księgowania;Treść operacji;Wartość;Źródło;Żądana płatność\n",
            ),
            (
                encoding_rs::SHIFT_JIS,
                "日付,摘要,お支払金額,お預り金額,差引残高\n",
            ),
        ] {
            let (bytes, _, wrong) = encoding.encode(text);
            assert!(!wrong);
            assert_eq!(detect(&bytes, None), Ok((encoding, 0)), "{text}");
        }
    }

    #[test]
    fn what_a_file_says_counts_after_its_form() {
        assert_eq!(detect("é".as_bytes(), Some(WINDOWS_1252)), Ok((UTF_8, 0)));
        let hint = Some(encoding_rs::ISO_8859_15);
        assert_eq!(detect(b"\xe9 \xa4", hint), Ok((encoding_rs::ISO_8859_15, 0)));
    }

    #[test]
    fn lines_end_with_a_line_feed() {
        assert_eq!(read_all(b"a\r\nb\rc\n\rd", UTF_8), "a\nb\nc\n\nd\n");
        assert_eq!(read_all(b"", UTF_8), "");
        // A pair of CR and LF on the border of two pieces.
        let mut text = vec![b'x'; PIECE - 1];
        text.extend(b"\r\ny\r\n");
        for pad in 0..8 {
            let padded = [&vec![b'x'; pad][..], &text].concat();
            let expected = format!("{}\ny\n", "x".repeat(PIECE - 1 + pad));
            assert_eq!(read_all(&padded, UTF_8), expected);
        }
    }
}
