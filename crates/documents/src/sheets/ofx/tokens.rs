//! Tags and texts of SGML and XML, as they come, with no more than a look at the next sign.

/// A piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `<NAME>`; its attributes, which OFX has none of, are skipped.
    Open(&'t str),
    /// `</NAME>`
    Close(&'t str),
    /// What stands between tags, with its references.
    Text(&'t str),
    /// A CDATA section, without references.
    Literal(&'t str),
}

/// The tokens of a text. Each character is looked at a few times at most: what is never closed is looked for once.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'t> {
    rest: &'t str,
    no_comment_end: bool,
    no_section_end: bool,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            no_comment_end: false,
            no_section_end: false,
        }
    }

    fn cut(&mut self, end: usize) -> &'t str {
        let (head, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        head
    }

    /// What stands before `end`, which is skipped too.
    fn until(&mut self, end: &str) -> Option<&'t str> {
        let at = self.rest.find(end)?;
        let inside = self.cut(at);
        self.cut(end.len());
        Some(inside)
    }

    /// A declaration, an instruction, a comment or a section; none if it was skipped.
    fn markup(&mut self) -> Option<Token<'t>> {
        if let Some(section) = self.rest.strip_prefix("<![CDATA[") {
            let before = std::mem::replace(&mut self.rest, section);
            if !self.no_section_end {
                if let Some(inside) = self.until("]]>") {
                    return Some(Token::Literal(inside));
                }
                self.no_section_end = true;
            }
            self.rest = before;
        } else if self.rest.starts_with("<!--") && !self.no_comment_end {
            if self.until("-->").is_some() {
                return None;
            }
            self.no_comment_end = true;
        }
        // A document type, with whatever it declares up to its first `>`, and what is broken.
        let end = self.rest.find('>').map_or(self.rest.len(), |at| at + 1);
        self.cut(end);
        None
    }

    /// A tag; none if the sign is a text's own: `A < B`.
    fn tag(&mut self) -> Option<Token<'t>> {
        let inside = self.rest.strip_prefix('<')?;
        let (close, inside) = match inside.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, inside),
        };
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let length = inside
            .bytes()
            .position(|byte| !is_name(&byte))
            .unwrap_or(inside.len());
        let (name, after) = inside.split_at_checked(length)?;
        if !name.as_bytes().first()?.is_ascii_alphabetic() {
            return None;
        }
        // Up to the end of the tag, or to the next one where it is missing.
        let end = after.bytes().position(|byte| matches!(byte, b'<' | b'>'))?;
        let is_closed = after.as_bytes().get(end) == Some(&b'>');
        let is_name_whole = match after.as_bytes().first() {
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'/') => true,
            _ => end == 0,
        };
        if !is_closed || !is_name_whole {
            return None;
        }
        self.rest = after.get(end + 1..)?;
        Some(match close {
            true => Token::Close(name),
            false => Token::Open(name),
        })
    }
}

/// Bytes up to the next sign that may begin a tag or other markup, the first character not looked at.
fn text_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = text.chars().next().map_or(1, char::len_utf8);
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'<'))
    {
        at += found;
        match bytes.get(at + 1) {
            Some(b'/' | b'!' | b'?') => return at,
            Some(letter) if letter.is_ascii_alphabetic() => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        while !self.rest.is_empty() {
            if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
                match self.markup() {
                    Some(token) => return Some(token),
                    None => continue,
                }
            }
            if let Some(tag) = self.tag() {
                return Some(tag);
            }
            return Some(Token::Text(self.cut(text_length(self.rest))));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Token::{Close, Literal, Open, Text};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_and_texts() {
        let text = "<?xml a?><!DOCTYPE x><!-- <A> --><A b=\"c\">1 < 2<![CDATA[<&]]></A><INTU.BID>3<B/>";
        let found: Vec<_> = Tokens::new(text).collect();
        assert_eq!(
            found,
            [
                Open("A"),
                Text("1 < 2"),
                Literal("<&"),
                Close("A"),
                Open("INTU.BID"),
                Text("3"),
                Open("B"),
            ]
        );
    }

    #[test]
    fn what_is_not_closed_is_skipped_or_text() {
        assert_eq!(Tokens::new("<!-- a").collect::<Vec<_>>(), []);
        assert_eq!(Tokens::new("<![CDATA[ a").collect::<Vec<_>>(), []);
        assert_eq!(Tokens::new("<A").collect::<Vec<_>>(), [Text("<A")]);
        assert_eq!(
            Tokens::new("<A <B>").collect::<Vec<_>>(),
            [Text("<A "), Open("B")]
        );
        assert_eq!(Tokens::new("<é>").collect::<Vec<_>>(), [Text("<é>")]);
        assert_eq!(
            Tokens::new("<<<>< A<1<").collect::<Vec<_>>(),
            [Text("<<<>< A<1<")]
        );
    }

    proptest! {
        #[test]
        fn any_text_has_tokens(text in "[<>/!?A&\\-\\[\\] é]{0,60}|(<!--|-->|<!\\[CDATA\\[|\\]\\]>|<A>|</A>|x){0,30}") {
            prop_assert!(Tokens::new(&text).count() <= text.len());
        }
    }
}
