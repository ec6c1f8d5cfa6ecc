//! Number formats, as far as they tell what a number is: a day, a time, or a code with leading zeros.

use std::collections::HashMap;

use crate::sheets::error::{Bound, SheetError};
use crate::sheets::limits::Limits;
use crate::sheets::package::Package;
use crate::sheets::xml::{Node, attribute};

/// Excel's own most styles of a workbook, a little more than 64,000.
const MOST_STYLES: usize = 65_536;
/// Zeros of a code: longer ones are not padded.
const MOST_ZEROS: usize = 15;

/// What the numbers of a style are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Number,
    /// A code of at least so many digits: `00000`.
    Padded(u8),
    Date,
    Time,
    DateTime,
    /// Hours or minutes that go on after 24 or 60: `[h]:mm`.
    Duration,
}

/// The formats of the cells' styles, by the style's number.
#[derive(Debug, Default)]
pub(super) struct Styles(Vec<Format>);

impl Styles {
    pub(super) fn get(&self, style: usize) -> Format {
        self.0.get(style).copied().unwrap_or_default()
    }
}

pub(super) fn read(package: &mut Package<'_>, part: &str, limits: &Limits) -> Result<Styles, SheetError> {
    let mut styles = Styles::default();
    let Some(mut xml) = package.xml(part)? else {
        return Ok(styles);
    };
    let too_many = || SheetError::too_much(Bound::Cells, limits.cells.into());
    let mut own: HashMap<u32, Format> = HashMap::new();
    let mut in_cells = false;
    while let Some(node) = xml.next()? {
        match node {
            Node::Start(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(&start, "numFmtId").and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&start, "formatCode")) {
                        if own.len() >= MOST_STYLES {
                            return Err(too_many());
                        }
                        own.insert(id, of_code(&code));
                    }
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    if styles.0.len() >= MOST_STYLES {
                        return Err(too_many());
                    }
                    let id = attribute(&start, "numFmtId")
                        .and_then(|id| id.parse().ok())
                        .unwrap_or(0);
                    styles
                        .0
                        .push(own.get(&id).copied().unwrap_or_else(|| built_in(id)));
                }
                _ => {}
            },
            Node::End(end) if end.local_name().as_ref() == "cellXfs" => in_cells = false,
            _ => {}
        }
    }
    Ok(styles)
}

/// The formats that Excel has without saying so. ECMA-376-1, 18.8.30.
fn built_in(id: u32) -> Format {
    match id {
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Format::Date,
        18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Format::Time,
        22 => Format::DateTime,
        46 => Format::Duration,
        _ => Format::Number,
    }
}

/// What the first section of a format's code shows.
fn of_code(code: &str) -> Format {
    let mut signs = String::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            ';' => break,
            '"' => drop(chars.by_ref().find(|c| *c == '"')),
            '\\' | '_' | '*' => drop(chars.next()),
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                let inside = inside.to_ascii_lowercase();
                let first = inside.chars().next();
                if matches!(first, Some('h' | 'm' | 's')) && inside.chars().all(|c| Some(c) == first) {
                    return Format::Duration;
                }
            }
            c => signs.push(c.to_ascii_lowercase()),
        }
    }
    let signs = signs.trim();
    if signs == "general" {
        return Format::Number;
    }
    if signs.len() > 1 && signs.len() <= MOST_ZEROS && signs.bytes().all(|sign| sign == b'0') {
        return Format::Padded(u8::try_from(signs.len()).unwrap_or(0));
    }
    let signs = signs.replace("am/pm", "h").replace("a/p", "h");
    let has = |sign: char| signs.contains(sign);
    let time = has('h') || has('s');
    let day = has('y') || has('d') || (has('m') && !time);
    match (day, time) {
        (true, true) => Format::DateTime,
        (true, false) => Format::Date,
        (false, true) => Format::Time,
        (false, false) => Format::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_what_a_number_is() {
        for (code, format) in [
            ("General", Format::Number),
            ("0.00", Format::Number),
            ("#,##0.00\\ \"days\"", Format::Number),
            ("[Red]#,##0;[Blue]d", Format::Number),
            ("_-* #,##0.00_-", Format::Number),
            ("yyyy-mm-dd", Format::Date),
            ("[$-409]d\\-mmm\\-yy;@", Format::Date),
            ("mmm", Format::Date),
            ("hh:mm", Format::Time),
            ("h:mm AM/PM", Format::Time),
            ("mm:ss.0", Format::Time),
            ("dd/mm/yyyy hh:mm", Format::DateTime),
            ("[h]:mm", Format::Duration),
            ("[mm]:ss", Format::Duration),
            ("00000", Format::Padded(5)),
            ("0", Format::Number),
            ("\"", Format::Number),
            ("[", Format::Number),
        ] {
            assert_eq!(of_code(code), format, "{code}");
        }
    }
}
