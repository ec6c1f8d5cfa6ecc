//! Content lines: folding and escaping (RFC 5545, sections 3.1 and 3.3.11).

/// Most octets of a line, without its end.
const LINE_OCTETS: usize = 75;

/// Content lines with their ends.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// Adds a line as it is, folded where it is long. It has no line end in it.
    pub(super) fn add(&mut self, line: &str) {
        let mut octets = 0;
        for c in line.chars() {
            // A character of several octets stays whole.
            if octets + c.len_utf8() > LINE_OCTETS {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(c);
            octets += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// Adds a property with a text.
    pub(super) fn add_text(&mut self, name: &str, text: &str) {
        self.add(&format!("{name}:{}", escaped(text)));
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// A text as the value of a property. Line ends of every kind are one, and control characters, which no text may have,
/// are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\r' => {
                chars.next_if_eq(&'\n');
                escaped.push_str("\\n");
            }
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push(c),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader makes of lines.
    fn unfolded(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap().replace("\r\n ", "")
    }

    fn unescaped(text: &str) -> String {
        let mut plain = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('n') => plain.push('\n'),
                    Some(c) => plain.push(c),
                    None => panic!("a lone backslash in {text:?}"),
                },
                ';' | ',' => panic!("{c} in {text:?}"),
                c => plain.push(c),
            }
        }
        plain
    }

    #[test]
    fn marks_are_escaped() {
        assert_eq!(escaped("Music, Year 2; choir"), "Music\\, Year 2\\; choir");
        assert_eq!(escaped("a\\b\nc\r\nd\re\0f\tg"), "a\\\\b\\nc\\nd\\nef\tg");
    }

    #[test]
    fn lines_are_as_long_as_they_may_be() {
        let mut lines = Lines::default();
        lines.add(&"a".repeat(75));
        assert_eq!(lines.0, format!("{}\r\n", "a".repeat(75)));
        let mut lines = Lines::default();
        lines.add(&format!("{}é", "a".repeat(74)));
        assert_eq!(lines.0, format!("{}\r\n é\r\n", "a".repeat(74)));
        let mut lines = Lines::default();
        lines.add(&"a".repeat(76 + 74));
        let expected = format!("{}\r\n {}\r\n a\r\n", "a".repeat(75), "a".repeat(74));
        assert_eq!(lines.0, expected);
    }

    proptest! {
        #[test]
        fn texts_come_back(text in "[ -~àé–漢😀\u{301}\n\t]{0,200}") {
            let mut lines = Lines::default();
            lines.add_text("SUMMARY", &text);
            let bytes = lines.into_bytes();
            for line in bytes.split(|byte| *byte == b'\n') {
                prop_assert!(line.len() <= LINE_OCTETS + 1, "{}", line.len());
            }
            let line = unfolded(bytes);
            let value = line.strip_prefix("SUMMARY:").and_then(|rest| rest.strip_suffix("\r\n"));
            prop_assert_eq!(unescaped(value.unwrap()), text);
        }
    }
}
