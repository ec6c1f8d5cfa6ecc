//! The little Markdown that the description uses: paragraphs, headings, numbered lists, bold, code.

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    html
}

/// One line with `code` and **bold**.
pub(super) fn inline(text: &str) -> String {
    let escaped = escape(text);
    let mut html = String::with_capacity(escaped.len());
    for (index, piece) in escaped.split('`').enumerate() {
        if index % 2 == 1 {
            html.push_str(&format!("<code>{piece}</code>"));
            continue;
        }
        for (index, piece) in piece.split("**").enumerate() {
            if index % 2 == 1 {
                html.push_str(&format!("<strong>{piece}</strong>"));
            } else {
                html.push_str(piece);
            }
        }
    }
    html
}

/// Blocks between empty lines.
pub(super) fn prose(text: &str) -> String {
    text.split("\n\n")
        .flat_map(blocks)
        .map(|block| match block {
            Block::Heading(line) => format!("<h2>{}</h2>", inline(&line)),
            Block::Paragraph(text) => format!("<p>{}</p>", inline(&text)),
            Block::List(items) => {
                let items: String = items
                    .iter()
                    .map(|item| format!("<li>{}</li>", inline(item)))
                    .collect();
                format!("<ol>{items}</ol>")
            }
        })
        .collect()
}

enum Block {
    Heading(String),
    Paragraph(String),
    List(Vec<String>),
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix("## ") {
            blocks.push(Block::Heading(heading.to_owned()));
        } else if let Some(item) = numbered(line) {
            match blocks.last_mut() {
                Some(Block::List(items)) => items.push(item.to_owned()),
                _ => blocks.push(Block::List(vec![item.to_owned()])),
            }
        } else {
            let open = match blocks.last_mut() {
                Some(Block::Paragraph(text)) => Some(text),
                Some(Block::List(items)) => items.last_mut(),
                _ => None,
            };
            match open {
                Some(text) => {
                    text.push(' ');
                    text.push_str(line);
                }
                None => blocks.push(Block::Paragraph(line.to_owned())),
            }
        }
    }
    blocks
}

/// What follows `1. ` in a line.
fn numbered(line: &str) -> Option<&str> {
    let (number, item) = line.split_once(". ")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_apart() {
        assert_eq!(
            prose("One\ntwo.\n\n## Head\n1. **A** b\n   c\n2. `<d>`\n\nLast."),
            "<p>One two.</p><h2>Head</h2><ol><li><strong>A</strong> b c</li><li><code>&lt;d&gt;</code></li></ol><p>Last.</p>"
        );
        assert_eq!(prose(""), "");
    }

    #[test]
    fn text_never_becomes_markup() {
        assert_eq!(
            inline("<b> & \"`x`\""),
            "&lt;b&gt; &amp; &quot;<code>x</code>&quot;"
        );
    }
}
