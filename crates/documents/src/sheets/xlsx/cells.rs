//! The cells of a worksheet. ECMA-376-1, 18.3.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::events::BytesStart;

use super::reference;
use super::strings::{Strings, rich_text, unescaped};
use super::styles::{Format, Styles};
use super::workbook::{Entry, is_true};
use super::{dates, numbers};
use crate::sheets::error::{Damage, SheetError};
use crate::sheets::limits::{Budget, LAST_ROW};
use crate::sheets::package::Package;
use crate::sheets::sheet::{Content, Kind, Sheet, SheetBuilder};
use crate::sheets::xml::{Node, Xml, attribute, attributes};

/// What the cells of a workbook refer to.
pub(super) struct Context<'b> {
    pub(super) styles: &'b Styles,
    pub(super) strings: &'b Strings,
    pub(super) from_1904: bool,
}

/// A cell as it stands in the file, without its value or text.
struct Raw {
    column: u32,
    kind: RawKind,
    style: usize,
    formula: bool,
}

/// What a cell says its value is. ECMA-376-1, 18.18.11 (ST_CellType).
#[derive(Clone, Copy)]
enum RawKind {
    Number,
    /// The number of a shared text.
    Shared,
    Text,
    Truth,
    Error,
    Date,
}

impl RawKind {
    fn of(name: &str) -> Self {
        match name {
            "s" => Self::Shared,
            "str" | "inlineStr" => Self::Text,
            "b" => Self::Truth,
            "e" => Self::Error,
            "d" => Self::Date,
            _ => Self::Number,
        }
    }
}

const WRONG_PLACE: SheetError = SheetError::damaged(Damage::CellPlace);

pub(super) fn read(
    package: &mut Package<'_>,
    entry: Entry,
    context: &Context<'_>,
    budget: &mut Budget,
) -> Result<Sheet, SheetError> {
    let mut builder = SheetBuilder::new(entry.name, entry.hidden, budget)?;
    builder.formats(context.styles.codes());
    let Some(mut xml) = package.xml(&entry.part)? else {
        return Err(SheetError::damaged(Damage::MissingSheet));
    };
    let mut row = 0;
    let mut in_row = false;
    let mut column = 0;
    let mut text = String::new();
    while let Some(node) = xml.next()? {
        match node {
            Node::Start(start) => match start.local_name().as_ref() {
                "row" => {
                    let hidden;
                    (row, hidden) = row_start(&start, row + 1)?;
                    in_row = true;
                    column = 0;
                    builder.row(row, hidden, budget)?;
                }
                "c" if in_row => {
                    let cell = cell_start(&start, column)?;
                    column = cell.column + 1;
                    let cell = contents(&mut xml, cell, &mut text, row, budget)?;
                    match text.is_empty() {
                        // As much as one with a value.
                        true => xml.spend_element()?,
                        false => put(&mut builder, &cell, &text, context, budget)?,
                    }
                }
                "col" => hide_columns(&start, &mut builder),
                "mergeCell" => {
                    let range = attribute(&start, "ref").and_then(|range| reference::range(&range));
                    builder.merge(range.ok_or(WRONG_PLACE)?, budget)?;
                }
                _ => {}
            },
            Node::End(end) if end.local_name().as_ref() == "row" => {
                in_row = false;
                builder.drop_empty_row(budget);
            }
            _ => {}
        }
    }
    Ok(builder.finish())
}

/// Hides columns that say so.
fn hide_columns(start: &BytesStart<'_>, builder: &mut SheetBuilder) {
    let number = |name| attribute(start, name).and_then(|number| number.parse::<u32>().ok());
    let hidden = attribute(start, "hidden").is_some_and(|hidden| is_true(&hidden));
    if let (true, Some(first), Some(last)) = (hidden, number("min"), number("max"))
        && let Some(first) = first.checked_sub(1)
    {
        builder.hide_columns(first, last.saturating_sub(1));
    }
}

/// A row's number and whether it is hidden; without a number it is the one after the row before.
fn row_start(start: &BytesStart<'_>, next_row: u32) -> Result<(u32, bool), SheetError> {
    let (mut row, mut hidden) = (next_row, false);
    for (name, value) in attributes(start) {
        match name {
            "r" => row = value.parse().map_err(|_| WRONG_PLACE)?,
            "hidden" => hidden = is_true(&value),
            _ => {}
        }
    }
    match (1..=LAST_ROW).contains(&row) {
        true => Ok((row, hidden)),
        false => Err(WRONG_PLACE),
    }
}

/// A cell's place and kind; without a place it is the one after the cell before.
fn cell_start(start: &BytesStart<'_>, next_column: u32) -> Result<Raw, SheetError> {
    let mut cell = Raw {
        column: next_column,
        kind: RawKind::Number,
        style: 0,
        formula: false,
    };
    for (name, value) in attributes(start) {
        match name {
            "r" => cell.column = reference::cell(&value).ok_or(WRONG_PLACE)?.1,
            "t" => cell.kind = RawKind::of(&value),
            "s" => cell.style = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    Ok(cell)
}

/// Reads a cell up to its end; `text` becomes its value, or the text of a cell that has its own.
fn contents<R: BufRead>(
    xml: &mut Xml<'_, R>,
    mut cell: Raw,
    text: &mut String,
    row: u32,
    budget: &Budget,
) -> Result<Raw, SheetError> {
    let mut in_value = false;
    text.clear();
    while let Some(node) = xml.next()? {
        match node {
            Node::Start(start) => match start.local_name().as_ref() {
                "v" => in_value = true,
                "f" => cell.formula = true,
                "is" => rich_text(xml, text, row, budget)?,
                _ => {}
            },
            Node::End(end) => match end.local_name().as_ref() {
                "v" => in_value = false,
                "c" => break,
                _ => {}
            },
            Node::Text(part) if in_value => {
                budget.check_cell(text.len() + part.len(), row)?;
                text.push_str(&part);
            }
            Node::Text(_) | Node::Other => {}
        }
    }
    Ok(cell)
}

fn put(
    builder: &mut SheetBuilder,
    cell: &Raw,
    text: &str,
    context: &Context<'_>,
    budget: &mut Budget,
) -> Result<(), SheetError> {
    let source = text.trim();
    let style = context.styles.get(cell.style);
    let mut add = |kind, text: &str, source: &str| {
        let content = Content {
            kind,
            text,
            source,
            is_formula: cell.formula,
            format: match kind {
                Kind::Text | Kind::True | Kind::False | Kind::Error => 0,
                _ => style.code,
            },
        };
        builder.cell(cell.column, &content, budget)
    };
    match cell.kind {
        RawKind::Shared => {
            let string = source
                .parse()
                .ok()
                .and_then(|index| context.strings.get(index))
                .ok_or(SheetError::damaged(Damage::MissingText))?;
            match string {
                "" => Ok(()),
                string => add(Kind::Text, string, string),
            }
        }
        RawKind::Text => {
            let text = unescaped(text);
            add(Kind::Text, &text, &text)
        }
        RawKind::Truth if is_true(source) => add(Kind::True, "TRUE", source),
        RawKind::Truth => add(Kind::False, "FALSE", source),
        RawKind::Error => add(Kind::Error, source, source),
        RawKind::Date => {
            let (kind, text) = iso(source);
            add(kind, &text, source)
        }
        RawKind::Number => {
            if let Some((kind, text)) = dates::shown(source, style.format, context.from_1904) {
                return add(kind, &text, source);
            }
            let Some(number) = numbers::plain(source) else {
                return add(Kind::Text, source, source);
            };
            let share = match style.format {
                Format::Percent => numbers::hundredths(source),
                _ => None,
            };
            match share {
                Some(share) => add(Kind::Percent, &format!("{share}%"), source),
                None => add(Kind::Number, &padded(number, style.format), source),
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
fn padded(number: Cow<'_, str>, format: Format) -> Cow<'_, str> {
    match format {
        Format::Padded(digits) if number.bytes().all(|digit| digit.is_ascii_digit()) => {
            format!("{number:0>width$}", width = usize::from(digits)).into()
        }
        _ => number,
    }
}
