//! R2: characters. Every line goes through here before anything looks at it.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The soft hyphen: where a word may be broken, visible only at a line end.
pub(super) const SOFT_HYPHEN: char = '\u{ad}';
/// What some old encodings show for [`SOFT_HYPHEN`].
pub(super) const NOT_SIGN: char = '¬';

/// Cleans a line: NFC, ligatures of letters that are only typography expanded, three and more dots as `…`,
/// every run of white space (NBSP and thin spaces included) as one space, typographic hyphens as `-`, invisible
/// and control characters away. Apostrophes stay as they are. Soft hyphens stay at the line's end, where
/// hyphenation is decided, and vanish elsewhere.
pub(super) fn clean(line: &str) -> String {
    if is_clean(line) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len());
    match is_nfc_quick(line.chars()) {
        IsNormalized::Yes => line.chars().for_each(|c| push(&mut out, c)),
        _ => line.nfc().for_each(|c| push(&mut out, c)),
    }
    out.truncate(out.trim_end().len());
    let ends_soft = out.ends_with(SOFT_HYPHEN);
    if out.contains(SOFT_HYPHEN) {
        out.retain(|c| c != SOFT_HYPHEN);
    }
    if out.contains("...") {
        out = with_ellipses(&out);
    }
    if ends_soft {
        out.push(SOFT_HYPHEN);
    }
    out
}

/// Whether nothing needs cleaning: true of most lines.
fn is_clean(line: &str) -> bool {
    let plain = |c: char| matches!(c, ' '..='~' | 'À'..='ÿ' | '«' | '»' | 'œ' | 'Œ' | '’' | '“' | '”' | '–' | '—' | '…' | '°');
    line.chars().all(plain)
        && !line.starts_with(' ')
        && !line.ends_with(' ')
        && !line.contains("  ")
        && !line.contains("...")
}

fn push(out: &mut String, c: char) {
    match c {
        '\u{fb00}' => out.push_str("ff"),
        '\u{fb01}' => out.push_str("fi"),
        '\u{fb02}' => out.push_str("fl"),
        '\u{fb03}' => out.push_str("ffi"),
        '\u{fb04}' => out.push_str("ffl"),
        '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
        '\u{2010}' | '\u{2011}' => out.push('-'),
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
        c if c.is_whitespace() => {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        }
        c if c.is_control() => {}
        c => out.push(c),
    }
}

fn with_ellipses(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("...") {
        let (before, dots) = rest.split_at(at);
        out.push_str(before);
        out.push('…');
        rest = dots.trim_start_matches('.');
    }
    out.push_str(rest);
    out
}

/// Whether `c` opens a quotation. The straight quote does both.
pub(super) fn opens_quote(c: char) -> bool {
    matches!(c, '«' | '“' | '„' | '"')
}

/// Whether `c` is a dash as dialogue uses it.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '—' | '–' | '―')
}

/// Whether `c` ends a sentence.
pub(super) fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…')
}

/// Whether `c` may follow an end mark and still belong to it.
pub(super) fn closes(c: char) -> bool {
    matches!(c, '»' | '”' | '"' | ')' | ']' | '’' | '\'')
}

/// Whether a paragraph beginning like this is speech: a dash, two hyphens, or a hyphen and a space.
pub(super) fn begins_with_dash(text: &str) -> bool {
    text.starts_with(is_dash) || text.starts_with("--") || text.starts_with("- ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_composed_and_ligatures_expanded() {
        assert_eq!(
            clean("e\u{301}te\u{301} \u{fb01}n e\u{fb00}et \u{fb03} cœur"),
            "été fin effet ffi cœur"
        );
    }

    #[test]
    fn spaces_are_spaces() {
        assert_eq!(
            clean("Où\u{a0}est-il\u{202f}?\t Là\u{2009}!\u{3000}"),
            "Où est-il ? Là !"
        );
        assert_eq!(clean("\u{feff} a\u{200b}b "), "ab");
    }

    #[test]
    fn dots_become_an_ellipsis() {
        assert_eq!(clean("Oui... non..... a..b"), "Oui… non… a..b");
    }

    #[test]
    fn apostrophes_stay_as_found() {
        assert_eq!(clean("l'eau et l’air"), "l'eau et l’air");
    }

    #[test]
    fn soft_hyphens_stay_only_where_they_show() {
        assert_eq!(clean("par\u{ad}ti \u{ad}ra"), "parti ra");
        assert_eq!(clean("par\u{ad}ti\u{ad} "), "parti\u{ad}");
        assert_eq!(clean("peut\u{2010}être"), "peut-être");
    }

    #[test]
    fn control_characters_go() {
        assert_eq!(clean("a\u{1a}b\u{7f}c"), "abc");
    }
}
