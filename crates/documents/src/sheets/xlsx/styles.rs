//! Number formats, as far as they tell what a number is: a day, a time, or a code with leading zeros.

use std::collections::HashMap;
use std::sync::Arc;

use crate::sheets::error::{Bound, SheetError};
use crate::sheets::limits::Limits;
use crate::sheets::package::Package;
use crate::sheets::xml::{Node, attribute};

/// Excel's own most styles of a workbook, a little more than 64,000.
const MOST_STYLES: usize = 65_536;
/// Excel's longest code has 255 characters.
const MOST_CODE_BYTES: usize = 255;
/// Zeros of a code: longer ones are not padded.
const MOST_ZEROS: usize = 15;

/// What the numbers of a style are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Number,
    /// A share: `0.00%`.
    Percent,
    /// A code of at least so many digits: `00000`.
    Padded(u8),
    Date,
    Time,
    DateTime,
    /// Hours or minutes that go on after 24 or 60: `[h]:mm`.
    Duration,
}

/// What a cell's style says of its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) format: Format,
    /// The format's code among [`Styles::codes`], from 1; 0 for none.
    pub(super) code: u8,
}

/// The cells' styles, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: Vec<Style>,
    codes: Arc<[String]>,
}

impl Styles {
    pub(super) fn get(&self, style: usize) -> Style {
        self.styles.get(style).copied().unwrap_or_default()
    }

    /// The codes of formats, which all sheets share.
    pub(super) fn codes(&self) -> Arc<[String]> {
        Arc::clone(&self.codes)
    }
}

/// Codes of formats, each once.
#[derive(Default)]
struct Codes(Vec<String>);

impl Codes {
    /// The number of a code, from 1; 0 if it says nothing, is longer than any that Excel takes, or one too many.
    fn add(&mut self, code: &str) -> u8 {
        let known = self.0.iter().position(|known| known == code);
        let at = match known {
            Some(at) => at,
            None if matches!(code, "" | "General")
                || code.len() > MOST_CODE_BYTES
                || self.0.len() >= usize::from(u8::MAX) =>
            {
                return 0;
            }
            None => {
                self.0.push(code.to_owned());
                self.0.len() - 1
            }
        };
        u8::try_from(at + 1).unwrap_or(0)
    }
}

pub(super) fn read(package: &mut Package<'_>, part: &str, limits: &Limits) -> Result<Styles, SheetError> {
    let mut styles = Styles::default();
    let Some(mut xml) = package.xml(part)? else {
        return Ok(styles);
    };
    let too_many = || SheetError::too_much(Bound::Cells, limits.cells.into());
    let mut own: HashMap<u32, Style> = HashMap::new();
    let mut codes = Codes::default();
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
                        let style = Style {
                            format: of_code(&code),
                            code: codes.add(&code),
                        };
                        own.insert(id, style);
                    }
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    if styles.styles.len() >= MOST_STYLES {
                        return Err(too_many());
                    }
                    let id = attribute(&start, "numFmtId")
                        .and_then(|id| id.parse().ok())
                        .unwrap_or(0);
                    let style = own.get(&id).copied().unwrap_or_else(|| Style {
                        format: built_in(id),
                        code: codes.add(built_in_code(id)),
                    });
                    styles.styles.push(style);
                }
                _ => {}
            },
            Node::End(end) if end.local_name().as_ref() == "cellXfs" => in_cells = false,
            _ => {}
        }
    }
    styles.codes = Arc::from(codes.0);
    Ok(styles)
}

/// The formats that Excel has without saying so. ECMA-376-1, 18.8.30.
fn built_in(id: u32) -> Format {
    match id {
        9 | 10 => Format::Percent,
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Format::Date,
        18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Format::Time,
        22 => Format::DateTime,
        46 => Format::Duration,
        _ => Format::Number,
    }
}

/// Their codes, of those that show numbers.
fn built_in_code(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        37 => "#,##0 ;(#,##0)",
        38 => "#,##0 ;[Red](#,##0)",
        39 => "#,##0.00;(#,##0.00)",
        40 => "#,##0.00;[Red](#,##0.00)",
        48 => "##0.0E+0",
        49 => "@",
        _ => "",
    }
}

/// What the first section of a format's code shows.
fn of_code(code: &str) -> Format {
    if code.len() > MOST_CODE_BYTES {
        return Format::Number;
    }
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
        (false, false) if has('%') => Format::Percent,
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
            ("0.0%", Format::Percent),
            ("[Red]-0%", Format::Percent),
            ("0\\%", Format::Number),
            ("0.00\" %\"", Format::Number),
            ("\"", Format::Number),
            ("[", Format::Number),
        ] {
            assert_eq!(of_code(code), format, "{code}");
        }
    }
}
