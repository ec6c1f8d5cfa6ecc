//! The cells of a worksheet. ECMA-376-1, 18.3.

use std::io::BufRead;

use quick_xml::events::BytesStart;

use super::reference;
use super::strings::{Strings, rich_text, unescaped};
use super::styles::{Format, Styles};
use super::workbook::{Entry, is_true};
use super::{dates, numbers};
use crate::sheets::error::SheetError;
use crate::sheets::limits::{Budget, LAST_ROW};
use crate::sheets::package::Package;
use crate::sheets::sheet::{Kind, Sheet, SheetBuilder};
use crate::sheets::xml::{Node, Xml, attribute};

/// What the cells of a workbook refer to.
pub(super) struct Context<'b> {
    pub(super) styles: &'b Styles,
    pub(super) strings: &'b Strings,
    pub(super) from_1904: bool,
}

/// A cell as it stands in the file.
struct Raw {
    column: u32,
    kind: String,
    style: usize,
    formula: bool,
    /// The value, or the text of a cell that has its own.
    text: String,
}

const WRONG_PLACE: SheetError = SheetError::damaged("a cell is where a sheet has none");

pub(super) fn read(
    package: &mut Package<'_>,
    entry: Entry,
    context: &Context<'_>,
    budget: &mut Budget,
) -> Result<Sheet, SheetError> {
    let mut builder = SheetBuilder::new(entry.name, entry.hidden, budget)?;
    let Some(mut xml) = package.xml(&entry.part)? else {
        return Err(SheetError::damaged("a sheet is missing"));
    };
    let mut row = 0;
    let mut column = 0;
    while let Some(node) = xml.next()? {
        match node {
            Node::Start(start) => match start.local_name().as_ref() {
                "row" => {
                    row = match attribute(&start, "r") {
                        Some(number) => number.parse().map_err(|_| WRONG_PLACE)?,
                        None => row + 1,
                    };
                    if !(1..=LAST_ROW).contains(&row) {
                        return Err(WRONG_PLACE);
                    }
                    column = 0;
                    let hidden = attribute(&start, "hidden").is_some_and(|hidden| is_true(&hidden));
                    builder.row(row, hidden, budget)?;
                }
                "c" if row > 0 => {
                    let cell = cell_start(&start, column)?;
                    column = cell.column + 1;
                    let cell = contents(&mut xml, cell, row, budget)?;
                    if !cell.text.is_empty() {
                        put(&mut builder, &cell, context, budget)?;
                    }
                }
                "mergeCell" => {
                    let range = attribute(&start, "ref").and_then(|range| reference::range(&range));
                    builder.merge(range.ok_or(WRONG_PLACE)?, budget)?;
                }
                _ => {}
            },
            Node::End(end) if end.local_name().as_ref() == "row" => {
                // Rows that only have a height cost nothing.
                if builder.drop_empty_row() {
                    budget.row_back();
                }
            }
            _ => {}
        }
    }
    Ok(builder.finish())
}

/// A cell's place and kind; without a place it is the one after the cell before.
fn cell_start(start: &BytesStart<'_>, next_column: u32) -> Result<Raw, SheetError> {
    let column = match attribute(start, "r") {
        Some(place) => reference::cell(&place).ok_or(WRONG_PLACE)?.1,
        None => next_column,
    };
    Ok(Raw {
        column,
        kind: attribute(start, "t").unwrap_or_default(),
        style: attribute(start, "s")
            .and_then(|style| style.parse().ok())
            .unwrap_or(0),
        formula: false,
        text: String::new(),
    })
}

/// Reads a cell up to its end.
fn contents<R: BufRead>(
    xml: &mut Xml<'_, R>,
    mut cell: Raw,
    row: u32,
    budget: &Budget,
) -> Result<Raw, SheetError> {
    let mut in_value = false;
    while let Some(node) = xml.next()? {
        match node {
            Node::Start(start) => match start.local_name().as_ref() {
                "v" => in_value = true,
                "f" => cell.formula = true,
                "is" => rich_text(xml, &mut cell.text, row, budget)?,
                _ => {}
            },
            Node::End(end) => match end.local_name().as_ref() {
                "v" => in_value = false,
                "c" => break,
                _ => {}
            },
            Node::Text(text) if in_value => {
                budget.check_cell(cell.text.len() + text.len(), row)?;
                cell.text.push_str(&text);
            }
            Node::Text(_) | Node::Other => {}
        }
    }
    Ok(cell)
}

fn put(
    builder: &mut SheetBuilder,
    cell: &Raw,
    context: &Context<'_>,
    budget: &mut Budget,
) -> Result<(), SheetError> {
    let source = cell.text.trim();
    let mut add =
        |kind, text: &str, source: &str| builder.cell(cell.column, kind, text, source, cell.formula, budget);
    match cell.kind.as_str() {
        "s" => {
            let string = source
                .parse()
                .ok()
                .and_then(|index| context.strings.get(index))
                .ok_or(SheetError::damaged("a shared text is missing"))?;
            match string {
                "" => Ok(()),
                string => add(Kind::Text, string, string),
            }
        }
        "str" | "inlineStr" => {
            let text = unescaped(&cell.text);
            add(Kind::Text, &text, &text)
        }
        "b" if is_true(source) => add(Kind::True, "TRUE", source),
        "b" => add(Kind::False, "FALSE", source),
        "e" => add(Kind::Error, source, source),
        "d" => {
            let (kind, text) = iso(source);
            add(kind, &text, source)
        }
        _ => {
            let format = context.styles.get(cell.style);
            if let Some((kind, text)) = dates::shown(source, format, context.from_1904) {
                return add(kind, &text, source);
            }
            match numbers::plain(source) {
                Some(number) => add(Kind::Number, &padded(number, format), source),
                None => add(Kind::Text, source, source),
            }
        }
    }
}

/// A cell of the strict standard that holds a date as text.
fn iso(source: &str) -> (Kind, String) {
    let text = source.strip_suffix('Z').unwrap_or(source);
    match text.split_once('T') {
        Some((day, "00:00:00" | "00:00:00.000")) => (Kind::Date, day.to_owned()),
        Some(_) => (Kind::DateTime, text.to_owned()),
        None if text.contains(':') => (Kind::Time, text.to_owned()),
        None => (Kind::Date, text.to_owned()),
    }
}

/// A code with its leading zeros: `01234`.
fn padded(number: String, format: Format) -> String {
    match format {
        Format::Padded(digits) if number.bytes().all(|digit| digit.is_ascii_digit()) => {
            format!("{number:0>width$}", width = usize::from(digits))
        }
        _ => number,
    }
}
