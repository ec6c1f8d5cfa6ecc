//! Characters: what becomes of the code points a font names.

use std::borrow::Cow;

use unicode_normalization::char::compose;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Marks a place where a word may be hyphenated; printed only where it was.
pub(super) const SOFT_HYPHEN: char = '\u{ad}';

/// The combining form of an accent that old fonts print as a glyph of its own, over or under the letter.
fn combining(accent: char) -> Option<char> {
    Some(match accent {
        '`' | '\u{2cb}' => '\u{300}',
        '\u{b4}' | '\u{2ca}' => '\u{301}',
        '^' | '\u{2c6}' => '\u{302}',
        '~' | '\u{2dc}' => '\u{303}',
        '\u{af}' => '\u{304}',
        '\u{2d8}' => '\u{306}',
        '\u{2d9}' => '\u{307}',
        '\u{a8}' => '\u{308}',
        '\u{b0}' | '\u{2da}' => '\u{30a}',
        '\u{2dd}' => '\u{30b}',
        '\u{2c7}' => '\u{30c}',
        '\u{b8}' => '\u{327}',
        '\u{2db}' => '\u{328}',
        _ => return None,
    })
}

/// Whether the character is an accent printed on its own.
pub(super) fn is_spacing_accent(c: char) -> bool {
    combining(c).is_some()
}

/// The letter with an accent that is printed over it. Which of the two was drawn first does not matter.
pub(super) fn accented(a: char, b: char) -> Option<char> {
    let with_dot = |c| match c {
        '\u{131}' => 'i',
        '\u{237}' => 'j',
        c => c,
    };
    combining(a)
        .and_then(|mark| compose(with_dot(b), mark))
        .or_else(|| combining(b).and_then(|mark| compose(with_dot(a), mark)))
}

/// Whether a glyph's text only separates words.
pub(super) fn is_space(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || matches!(c, '\u{a0}' | '\u{202f}' | '\u{2007}'))
}

/// Appends a glyph's text: ligatures as their letters, a combining mark joined to its letter, nothing for what has no
/// shape. A soft hyphen stays, since only the finished line tells whether it stands at its end.
pub(super) fn append(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\u{fb00}'..='\u{fb06}' => out.extend(std::iter::once(c).nfkc()),
            '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_control() => {}
            '\u{300}'..='\u{36f}' => match out.pop() {
                Some(letter) => match compose(letter, c) {
                    Some(both) => out.push(both),
                    None => out.extend([letter, c]),
                },
                None => out.push(c),
            },
            c => out.push(c),
        }
    }
}

/// Canonical composition, without work for the common case.
pub(super) fn to_nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(texts: &[&str]) -> String {
        let mut out = String::new();
        for text in texts {
            append(&mut out, text);
        }
        out
    }

    #[test]
    fn ligatures_become_letters() {
        assert_eq!(appended(&["e", "\u{fb00}", "et", "\u{fb01}"]), "effetfi");
    }

    #[test]
    fn combining_marks_join_their_letter() {
        assert_eq!(appended(&["e", "\u{301}"]), "é");
        assert_eq!(appended(&["\u{301}"]), "\u{301}");
    }

    #[test]
    fn soft_hyphens_stay_and_shapeless_characters_go() {
        assert_eq!(appended(&["a", "\u{ad}", "\u{200b}", "\u{1}", "b"]), "a\u{ad}b");
    }

    #[test]
    fn accents_in_either_order() {
        assert_eq!(accented('^', 'e'), Some('ê'));
        assert_eq!(accented('c', '\u{b8}'), Some('ç'));
        assert_eq!(accented('\u{a8}', '\u{131}'), Some('ï'));
        assert_eq!(accented('a', 'b'), None);
    }

    #[test]
    fn spaces_of_every_width() {
        assert!(is_space("\u{a0}") && is_space("\u{202f}") && is_space(" "));
        assert!(!is_space("a b"));
    }
}
