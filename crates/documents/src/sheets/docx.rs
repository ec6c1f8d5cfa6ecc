//! DOCX: the tables of Word documents (ECMA-376-1, 17.4), and the text between them.

use std::io::BufRead;
use std::iter::Peekable;
use std::vec::IntoIter;

use quick_xml::events::BytesStart;
use serde::{Deserialize, Serialize};

use super::error::{Bound, SheetError};
use super::kind::Kind;
use super::limits::{Budget, Limits};
use super::package::Package;
use super::sheet::{Merge, Sheet, SheetBuilder};
use super::xml::{Node, Xml, attribute};

const EXPECTED: Option<Kind> = Some(Kind::Docx);
/// Tables inside one another: nobody lays out more, and the text of each is only passed on.
const MOST_TABLES_DEEP: usize = 8;

/// What is read of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its tables from top to bottom. A cell has the text of its paragraphs, one a line; a table inside a cell is text of
    /// that cell: one line a row, a tab between cells. The name is the table's title.
    pub tables: Vec<Sheet>,
    /// Its paragraphs outside of tables, none of them empty, and for each how many tables stand above it.
    pub paragraphs: Vec<(u32, String)>,
}

/// Reads the body of a document: what is deleted, and headers and footers, are left out.
///
/// # Errors
/// [`SheetError`]: too much of something, another kind of file, damage, a password.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, SheetError> {
    let mut package = Package::open(bytes, EXPECTED, limits)?;
    let part = main_part(&mut package)?;
    let mut budget = Budget::new(limits);
    let Some(mut xml) = package.xml(&part)? else {
        return Err(SheetError::WrongKind { expected: EXPECTED });
    };
    let mut reader = Reader {
        budget: &mut budget,
        document: Document::default(),
        tables: Vec::new(),
        paragraph: String::new(),
        outer: None,
        fresh: false,
    };
    let mut is_document = false;
    let mut in_text = false;
    while let Some(node) = xml.next()? {
        match node {
            Node::Start(start) => match start.local_name().as_ref() {
                "document" => is_document = true,
                "t" => in_text = true,
                // What programs without the newer elements show: the same once more.
                "Fallback" => skip(&mut xml)?,
                _ => reader.start(&start)?,
            },
            Node::End(end) => match end.local_name().as_ref() {
                "t" => in_text = false,
                name => reader.end(name)?,
            },
            Node::Text(text) if in_text => reader.text(&text)?,
            Node::Text(_) | Node::Other => {}
        }
    }
    match is_document {
        true => Ok(reader.document),
        false => Err(SheetError::WrongKind { expected: EXPECTED }),
    }
}

/// The name of the document's part.
fn main_part(package: &mut Package<'_>) -> Result<String, SheetError> {
    let mut part = None;
    if let Some(mut xml) = package.xml("_rels/.rels")? {
        while let Some(node) = xml.next()? {
            let Node::Start(start) = node else { continue };
            if attribute(&start, "Type").is_some_and(|kind| kind.ends_with("/officeDocument")) {
                part = attribute(&start, "Target");
            }
        }
    }
    Ok(part.unwrap_or_else(|| "word/document.xml".to_owned()))
}

/// Skips the rest of an element.
fn skip<R: BufRead>(xml: &mut Xml<'_, R>) -> Result<(), SheetError> {
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside && xml.next()?.is_some() {}
    Ok(())
}

/// The table that is being filled: the outermost one.
struct Outer {
    builder: SheetBuilder,
    row: u32,
    /// The column that the next cell begins in.
    column: u32,
    /// Cells that may go on in the next row.
    going_on: Vec<Merge>,
    /// Those of the row above, from left to right, as long as this row has not said whether they do.
    above: Peekable<IntoIter<Merge>>,
    cell: CellShape,
    text: String,
}

/// What a cell says of its place.
#[derive(Clone, Copy, Default)]
struct CellShape {
    columns: u32,
    vertical: Vertical,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Vertical {
    #[default]
    Alone,
    Begins,
    GoesOn,
}

/// A table that is open: whether its row has a cell yet.
struct Open {
    has_cell: bool,
}

struct Reader<'b> {
    budget: &'b mut Budget,
    document: Document,
    tables: Vec<Open>,
    paragraph: String,
    outer: Option<Outer>,
    /// A cell began and has no paragraph yet.
    fresh: bool,
}

impl Reader<'_> {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), SheetError> {
        let depth = self.tables.len();
        match start.local_name().as_ref() {
            "tbl" => self.start_table()?,
            "tr" => self.start_row()?,
            "tc" => self.start_cell()?,
            "p" => self.break_line()?,
            "tab" => self.text("\t")?,
            "br" | "cr" => self.text("\n")?,
            "noBreakHyphen" => self.text("\u{2011}")?,
            "tblCaption" if depth == 1 => {
                let name = value(start).unwrap_or_default();
                self.budget.text(name.len())?;
                if let Some(outer) = &mut self.outer {
                    outer.builder.rename(name);
                }
            }
            "gridBefore" if depth == 1 => {
                if let Some(outer) = &mut self.outer {
                    outer.column = outer.column.saturating_add(count(start));
                }
            }
            "gridSpan" if depth == 1 => {
                if let Some(outer) = &mut self.outer {
                    outer.cell.columns = count(start).max(1);
                }
            }
            "vMerge" if depth == 1 => {
                if let Some(outer) = &mut self.outer {
                    outer.cell.vertical = match value(start).as_deref() {
                        Some("restart") => Vertical::Begins,
                        _ => Vertical::GoesOn,
                    };
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), SheetError> {
        match name {
            "tbl" => self.end_table(),
            "tr" if self.tables.len() == 1 => self.end_row(),
            "tc" if self.tables.len() == 1 => self.end_cell(),
            "p" if self.tables.is_empty() => self.end_paragraph(),
            _ => Ok(()),
        }
    }

    fn start_table(&mut self) -> Result<(), SheetError> {
        if self.tables.len() >= MOST_TABLES_DEEP {
            return Err(SheetError::too_much(Bound::Nesting, MOST_TABLES_DEEP as u64));
        }
        if self.tables.is_empty() {
            // A table in a text box interrupts a paragraph.
            self.end_paragraph()?;
            self.outer = Some(Outer {
                builder: SheetBuilder::new(String::new(), false, self.budget)?,
                row: 0,
                column: 0,
                going_on: Vec::new(),
                above: Vec::new().into_iter().peekable(),
                cell: CellShape::default(),
                text: String::new(),
            });
        }
        self.tables.push(Open { has_cell: false });
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), SheetError> {
        self.tables.pop();
        self.fresh = false;
        if self.tables.is_empty()
            && let Some(mut outer) = self.outer.take()
        {
            outer.end_merges(self.budget)?;
            self.document.tables.push(outer.builder.finish());
        }
        Ok(())
    }

    fn start_row(&mut self) -> Result<(), SheetError> {
        if self.tables.len() > 1 {
            self.break_line()?;
        }
        if let Some(table) = self.tables.last_mut() {
            table.has_cell = false;
        }
        if self.tables.len() == 1
            && let Some(outer) = &mut self.outer
        {
            outer.row += 1;
            outer.column = 0;
            outer.above = std::mem::take(&mut outer.going_on).into_iter().peekable();
            outer.builder.row(outer.row, false, self.budget)?;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), SheetError> {
        match &mut self.outer {
            Some(outer) => outer.end_above(self.budget),
            None => Ok(()),
        }
    }

    fn start_cell(&mut self) -> Result<(), SheetError> {
        // Nothing but damage puts a cell before the first row: a sheet has its cells in rows.
        if self.tables.len() == 1 && self.outer.as_ref().is_some_and(|outer| outer.row == 0) {
            self.start_row()?;
        }
        let is_first = match self.tables.last_mut() {
            Some(table) => !std::mem::replace(&mut table.has_cell, true),
            None => return Ok(()),
        };
        self.fresh = true;
        if self.tables.len() > 1 {
            return if is_first { Ok(()) } else { self.text("\t") };
        }
        if let Some(outer) = &mut self.outer {
            outer.text.clear();
            outer.cell = CellShape {
                columns: 1,
                vertical: Vertical::Alone,
            };
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), SheetError> {
        match &mut self.outer {
            Some(outer) => outer.end_cell(self.budget),
            None => Ok(()),
        }
    }

    fn end_paragraph(&mut self) -> Result<(), SheetError> {
        let text = self.paragraph.trim();
        if !text.is_empty() {
            self.budget.row()?;
            self.budget.text(text.len())?;
            let above = u32::try_from(self.document.tables.len()).unwrap_or(u32::MAX);
            self.document.paragraphs.push((above, text.to_owned()));
        }
        self.paragraph.clear();
        Ok(())
    }

    /// A paragraph or a row begins: on a line of its own, unless it is the first of its cell.
    fn break_line(&mut self) -> Result<(), SheetError> {
        let fresh = std::mem::take(&mut self.fresh);
        match self.buffer() {
            Some((text, _)) if !fresh && !text.is_empty() => self.text("\n"),
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), SheetError> {
        let Some((_, row)) = self.buffer() else {
            return Ok(());
        };
        let length = self.buffer().map_or(0, |(text, _)| text.len());
        self.budget.check_cell(length + text.len(), row)?;
        if let Some((buffer, _)) = self.buffer() {
            buffer.push_str(text);
        }
        Ok(())
    }

    /// What a text is added to, and the row it is in.
    fn buffer(&mut self) -> Option<(&mut String, u32)> {
        match (&mut self.outer, self.tables.first()) {
            (Some(outer), Some(table)) => table.has_cell.then_some((&mut outer.text, outer.row)),
            _ => Some((&mut self.paragraph, 0)),
        }
    }
}

impl Outer {
    fn end_cell(&mut self, budget: &mut Budget) -> Result<(), SheetError> {
        let column = self.column;
        let columns = self.cell.columns;
        budget.check_column(column, self.row)?;
        self.column = column.saturating_add(columns);
        while let Some(ended) = self.above.next_if(|merge| merge.column < column) {
            self.builder.merge(ended, budget)?;
        }
        if self.cell.vertical == Vertical::GoesOn
            && let Some(mut merge) = self.above.next_if(|merge| merge.column == column)
        {
            // Word does not show what stands in the cells that are covered.
            budget.cells(1)?;
            merge.rows += 1;
            self.going_on.push(merge);
            return Ok(());
        }
        self.builder
            .text(column, self.text.trim_matches(['\n', ' ']), budget)?;
        let merge = Merge {
            row: self.row,
            column,
            rows: 1,
            columns,
        };
        match self.cell.vertical {
            Vertical::Alone => self.builder.merge(merge, budget),
            Vertical::Begins | Vertical::GoesOn => {
                self.going_on.push(merge);
                Ok(())
            }
        }
    }

    /// The cells of rows above that this row does not go on with.
    fn end_above(&mut self, budget: &mut Budget) -> Result<(), SheetError> {
        for merge in self.above.by_ref() {
            self.builder.merge(merge, budget)?;
        }
        Ok(())
    }

    fn end_merges(&mut self, budget: &mut Budget) -> Result<(), SheetError> {
        self.end_above(budget)?;
        for merge in std::mem::take(&mut self.going_on) {
            self.builder.merge(merge, budget)?;
        }
        Ok(())
    }
}

fn value(start: &BytesStart<'_>) -> Option<String> {
    attribute(start, "val")
}

fn count(start: &BytesStart<'_>) -> u32 {
    value(start).and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
