//! Why a table was not read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// What there is more of than a reader accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Bytes of the file.
    FileBytes,
    /// Rows, or transactions, of all sheets.
    Rows,
    /// Columns of a row.
    Columns,
    /// Cells of all sheets that are not empty.
    Cells,
    /// Bytes of one cell, row or element.
    CellBytes,
    /// Bytes of the text of all cells.
    TextBytes,
    /// Bytes of what the file is expanded to.
    ExpandedBytes,
    /// Elements, comments and references of the parts of a container.
    Elements,
    /// Elements or tables inside one another.
    Nesting,
    /// Sheets or tables.
    Sheets,
    /// Members of a ZIP container.
    Parts,
}

/// What is broken in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// The directory of a ZIP container.
    Container,
    /// A part of a container.
    Part,
    /// Two parts share bytes of the container, which only bombs do.
    SharedBytes,
    /// Markup that is not well-formed, or not in UTF-8.
    Xml,
    /// XML that declares a document type.
    DocumentType,
    /// A cell is where a sheet has none.
    CellPlace,
    /// A sheet that a workbook names has no part.
    MissingSheet,
    /// A text that a cell refers to is not there.
    MissingText,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Container => "the container cannot be opened",
            Self::Part => "a part cannot be unpacked",
            Self::SharedBytes => "its parts overlap",
            Self::Xml => "its XML is broken",
            Self::DocumentType => "its XML declares a document type",
            Self::CellPlace => "a cell is where a sheet has none",
            Self::MissingSheet => "a sheet is missing",
            Self::MissingText => "a shared text is missing",
        })
    }
}

/// Why a table was not read. [`SheetError::code`] is for programs; the message is a sentence for the person who sent the
/// file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetError {
    /// More than allowed of something. Nothing was allocated for what is beyond.
    #[error("{}", too_much(*bound, *limit, *row))]
    TooMuch {
        /// Of what.
        bound: Bound,
        /// How much is allowed.
        limit: u64,
        /// The row it was met in, counted from 1.
        row: Option<u32>,
    },
    /// NUL bytes or many control characters.
    #[error("The file is not a text. Please export it again as CSV.")]
    NotText,
    /// A quotation mark that nothing closes: the rows after it cannot be told apart.
    #[error(
        "The quotation mark opened in line {line} is never closed. Please correct that line and upload the file again."
    )]
    UnclosedQuote {
        /// Counted from 1.
        line: u64,
    },
    /// Not what it was read as.
    #[error("This file is not {}.", Kind::described(*expected))]
    WrongKind {
        /// What was expected; none if any table would have done.
        expected: Option<Kind>,
    },
    /// The container or its contents are broken.
    #[error("The file is damaged: {what}. Please save it again in the program that made it.")]
    Damaged {
        /// What is broken.
        what: Damage,
    },
    /// A password is needed.
    #[error("The file is protected by a password. Please save it without one.")]
    Encrypted,
}

impl SheetError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMuch { bound, .. } => match bound {
                Bound::FileBytes => "FILE_TOO_LARGE",
                Bound::Rows => "TOO_MANY_ROWS",
                Bound::Columns => "TOO_MANY_COLUMNS",
                Bound::Cells => "TOO_MANY_CELLS",
                Bound::CellBytes => "CELL_TOO_LONG",
                Bound::TextBytes => "TEXT_TOO_LONG",
                Bound::ExpandedBytes => "EXPANDS_TOO_MUCH",
                Bound::Elements => "TOO_MANY_ELEMENTS",
                Bound::Nesting => "NESTED_TOO_DEEP",
                Bound::Sheets => "TOO_MANY_SHEETS",
                Bound::Parts => "TOO_MANY_PARTS",
            },
            Self::NotText => "NOT_A_TEXT",
            Self::UnclosedQuote { .. } => "QUOTE_NOT_CLOSED",
            Self::WrongKind { .. } => "FILE_TYPE",
            Self::Damaged { .. } => "CORRUPT",
            Self::Encrypted => "FILE_ENCRYPTED",
        }
    }

    pub(super) const fn too_much(bound: Bound, limit: u64) -> Self {
        Self::TooMuch {
            bound,
            limit,
            row: None,
        }
    }

    pub(super) const fn damaged(what: Damage) -> Self {
        Self::Damaged { what }
    }
}

fn too_much(bound: Bound, limit: u64, row: Option<u32>) -> String {
    let place = row.map(|row| format!(" in row {row}")).unwrap_or_default();
    match bound {
        Bound::FileBytes => format!("The file is over the limit of {limit} bytes. Please split it."),
        Bound::Rows => format!("The file has more than {limit} rows. Please split it."),
        Bound::Columns => {
            format!("There are more than {limit} columns{place}. Please remove those that are not needed.")
        }
        Bound::Cells => format!("The file has more than {limit} cells. Please split it."),
        Bound::CellBytes => format!(
            "A cell or a row{place} is longer than {limit} bytes. Please shorten it, or close a quotation mark that was left open."
        ),
        Bound::TextBytes => format!("The file has more than {limit} bytes of text. Please split it."),
        Bound::ExpandedBytes => {
            format!("The file unpacks to more than {limit} bytes. Please save only the sheet that is needed.")
        }
        Bound::Elements => {
            format!("The file has more than {limit} elements. Please save only the sheet that is needed.")
        }
        Bound::Nesting => format!(
            "The file is nested more than {limit} levels deep. Please save it again in a simpler form."
        ),
        Bound::Sheets => format!("The file has more than {limit} sheets or tables. Please split it."),
        Bound::Parts => {
            format!("The file is made of more than {limit} parts. Please save only what is needed.")
        }
    }
}
