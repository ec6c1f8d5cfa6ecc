//! Shared strings, and the text of cells that have their own.

use std::borrow::Cow;
use std::io::BufRead;

use crate::sheets::error::SheetError;
use crate::sheets::limits::Budget;
use crate::sheets::package::Package;
use crate::sheets::xml::{Node, Xml};

/// The shared strings of a workbook, one after the other.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }
}

pub(super) fn read(
    package: &mut Package<'_>,
    part: &str,
    budget: &mut Budget,
) -> Result<Strings, SheetError> {
    let mut strings = Strings::default();
    let Some(mut xml) = package.xml(part)? else {
        return Ok(strings);
    };
    let most = budget.limits().cells as usize;
    let mut string = String::new();
    while let Some(node) = xml.next()? {
        let Node::Start(start) = node else { continue };
        if start.local_name().as_ref() != "si" {
            continue;
        }
        string.clear();
        rich_text(&mut xml, &mut string, 0, budget)?;
        if strings.ends.len() == most {
            return Err(SheetError::too_much(crate::sheets::Bound::Cells, most as u64));
        }
        let string = unescaped(&string);
        // What no cell shows counts as well: it is kept.
        budget.text(string.len())?;
        strings.text.push_str(&string);
        strings
            .ends
            .push(u32::try_from(strings.text.len()).unwrap_or(u32::MAX));
    }
    Ok(strings)
}

/// The runs of a text up to the end of its element, which was just begun. Guides to pronunciation (`rPh`) are none.
pub(super) fn rich_text<R: BufRead>(
    xml: &mut Xml<'_, R>,
    text: &mut String,
    row: u32,
    budget: &Budget,
) -> Result<(), SheetError> {
    let outside = xml.depth().saturating_sub(1);
    let mut run = None;
    let mut guide = None;
    loop {
        let Some(node) = xml.next()? else { return Ok(()) };
        match node {
            Node::Start(start) => match start.local_name().as_ref() {
                "t" => run = Some(()),
                "rPh" => guide = Some(()),
                _ => {}
            },
            Node::End(end) => match end.local_name().as_ref() {
                "t" => run = None,
                "rPh" => guide = None,
                _ => {}
            },
            Node::Text(part) if run.is_some() && guide.is_none() => {
                budget.check_cell(text.len() + part.len(), row)?;
                text.push_str(&part);
            }
            Node::Text(_) | Node::Other => {}
        }
        if xml.depth() <= outside {
            return Ok(());
        }
    }
}

/// Characters that XML cannot hold stand as `_x000D_`. ECMA-376-1, 22.9.2.19 (ST_Xstring). Line ends become LF.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") && !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        match escaped_character(escape) {
            Some(character) => {
                out.push(character);
                rest = escape.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = escape.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    match out.contains('\r') {
        true => out.replace("\r\n", "\n").replace('\r', "\n").into(),
        false => out.into(),
    }
}

fn escaped_character(escape: &str) -> Option<char> {
    let digits = escape.get(2..6)?;
    let whole = escape.get(6..7)? == "_" && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    whole.then(|| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_cannot_hold() {
        assert_eq!(unescaped("a_x000D__x000a_b_x0041_"), "a\nbA");
        assert_eq!(unescaped("_x005F_x0041_"), "_x0041_");
        for plain in ["_x", "_xé000_", "_x00_", "my_xyz", "_xD800_", "_x+041_"] {
            assert_eq!(unescaped(plain), plain);
        }
    }
}
