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
        let length = inside
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .unwrap_or(inside.len());
        let (name, after) = inside.split_at_checked(length)?;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        // Up to the end of the tag, or to the next one where it is missing.
        let end = after.find(['<', '>'])?;
        let attributes = after.get(..end)?;
        if !after.get(end..)?.starts_with('>')
            || !attributes.is_empty() && !attributes.starts_with([' ', '\t', '\r', '\n', '/'])
        {
            return None;
        }
        self.rest = after.get(end + 1..)?;
        Some(match close {
            true => Token::Close(name),
            false => Token::Open(name),
        })
    }
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
            let first = self.rest.chars().next().map_or(1, char::len_utf8);
            let next = self.rest.get(first..).and_then(|rest| rest.find('<'));
            return Some(Token::Text(
                self.cut(next.map_or(self.rest.len(), |at| at + first)),
            ));
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
                Text("1 "),
                Text("< 2"),
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
    }

    proptest! {
        #[test]
        fn any_text_has_tokens(text in "[<>/!?A&\\-\\[\\] é]{0,60}|(<!--|-->|<!\\[CDATA\\[|\\]\\]>|<A>|</A>|x){0,30}") {
            prop_assert!(Tokens::new(&text).count() <= text.len());
        }
    }
}
