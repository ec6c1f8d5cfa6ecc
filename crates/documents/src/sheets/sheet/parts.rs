//! Sheets as other processes see them: JSON of a head and of rows.

use std::borrow::Cow;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::builder::{Content, SheetBuilder};
use super::{Cell, Kind, Merge, Record, Row, Sheet};
use crate::sheets::error::SheetError;
use crate::sheets::limits::{Budget, Limits};

/// A sheet without its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetHead {
    /// [`Sheet::name`].
    pub name: String,
    /// [`Sheet::is_hidden`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// [`Sheet::merges`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<Merge>,
    /// The first and the last column of each run of hidden ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden_columns: Vec<(u32, u32)>,
    /// Codes of number formats.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub formats: Vec<String>,
}

/// A row with its cells, on its way from one process to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowParts<'s> {
    /// [`Row::number`].
    #[serde(rename = "n")]
    number: u32,
    /// [`Row::is_hidden`].
    #[serde(rename = "h", default, skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    /// In the file's order.
    #[serde(rename = "c", borrow)]
    cells: Vec<CellParts<'s>>,
}

/// A cell. Short names, since there may be a million.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CellParts<'s> {
    #[serde(rename = "c")]
    column: u32,
    #[serde(rename = "k", default, skip_serializing_if = "is_default")]
    kind: Kind,
    #[serde(rename = "t", borrow)]
    text: Cow<'s, str>,
    /// Where it differs from the text.
    #[serde(rename = "s", borrow, default, skip_serializing_if = "Option::is_none")]
    source: Option<Cow<'s, str>>,
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    formula: bool,
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    format: u8,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl SheetHead {
    pub(in crate::sheets) fn of(sheet: &Sheet) -> Self {
        Self {
            name: sheet.name.clone(),
            hidden: sheet.hidden,
            merges: sheet.merges.clone(),
            hidden_columns: sheet.hidden_columns.clone(),
            formats: sheet.formats.to_vec(),
        }
    }

    /// A sheet that has this head and no rows yet.
    pub(in crate::sheets) fn begin(self, budget: &mut Budget) -> Result<SheetBuilder, SheetError> {
        budget.text(self.name.len() + self.formats.iter().map(String::len).sum::<usize>())?;
        let mut builder = SheetBuilder::new(self.name, self.hidden, budget)?;
        for (first, last) in self.hidden_columns {
            builder.hide_columns(first, last);
        }
        for merge in self.merges {
            builder.merge(merge, budget)?;
        }
        builder.formats(Arc::from(self.formats));
        Ok(builder)
    }
}

impl<'s> RowParts<'s> {
    pub(in crate::sheets) fn of(row: &Row<'s>) -> Self {
        Self {
            number: row.number(),
            hidden: row.is_hidden(),
            cells: row
                .records()
                .map(|(record, cell)| CellParts::of(record, &cell))
                .collect(),
        }
    }

    /// Bytes of the text of its cells.
    pub(in crate::sheets) fn text_bytes(&self) -> usize {
        self.cells.iter().map(|cell| cell.text.len()).sum()
    }

    pub(in crate::sheets) fn add_to(
        &self,
        builder: &mut SheetBuilder,
        budget: &mut Budget,
    ) -> Result<(), SheetError> {
        builder.row(self.number, self.hidden, budget)?;
        for cell in &self.cells {
            let content = Content {
                kind: cell.kind,
                text: &cell.text,
                source: cell.source.as_deref().unwrap_or(&cell.text),
                is_formula: cell.formula,
                format: cell.format,
            };
            builder.cell(cell.column, &content, budget)?;
        }
        Ok(())
    }
}

impl<'s> CellParts<'s> {
    fn of(record: Record, cell: &Cell<'s>) -> Self {
        Self {
            column: cell.column,
            kind: record.kind,
            text: Cow::Borrowed(cell.text),
            source: (cell.source != cell.text).then_some(Cow::Borrowed(cell.source)),
            formula: cell.is_formula,
            format: record.format,
        }
    }
}

/// A whole sheet.
#[derive(Deserialize)]
pub(super) struct SheetParts<'s> {
    head: SheetHead,
    #[serde(borrow)]
    rows: Vec<RowParts<'s>>,
}

impl TryFrom<SheetParts<'_>> for Sheet {
    type Error = SheetError;

    fn try_from(parts: SheetParts<'_>) -> Result<Self, SheetError> {
        let mut budget = Budget::new(&Limits::default());
        let mut builder = parts.head.begin(&mut budget)?;
        for row in &parts.rows {
            row.add_to(&mut builder, &mut budget)?;
        }
        Ok(builder.finish())
    }
}

impl Serialize for Sheet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Rows<'s>(&'s Sheet);
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.rows().map(|row| RowParts::of(&row)))
            }
        }
        let mut parts = serializer.serialize_struct("Sheet", 2)?;
        parts.serialize_field("head", &SheetHead::of(self))?;
        parts.serialize_field("rows", &Rows(self))?;
        parts.end()
    }
}
