//! What is handed on of a table by the process that reads it.

use serde::{Deserialize, Serialize};

use super::delimiter::Delimiter;
use super::error::SheetError;
use super::kind::Kind;
use super::ofx::{Answer, Statement, Transaction};
use super::sheet::{RowParts, SheetHead};

/// One line of what the reader of tables writes: JSON, ended by LF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetRecord<'r> {
    /// First, where the file could be read.
    Opened(Opened),
    /// First and last: nothing of it can be read.
    Refused(SheetError),
    /// A sheet begins.
    Sheet(SheetHead),
    /// The next rows of the sheet that began last.
    #[serde(borrow)]
    Rows(Vec<RowParts<'r>>),
    /// The next paragraphs of a document, and for each how many tables stand above it.
    Paragraphs(Vec<(u32, String)>),
    /// A statement begins; its transactions follow.
    Statement(Box<Statement>),
    /// The next transactions of the statement that began last.
    Transactions(Vec<Transaction>),
    /// What a bank answered instead of statements.
    Answers(Vec<Answer>),
    /// Last: all of it was written.
    Done,
}

/// What a file was read as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The kind of file.
    pub kind: Kind,
    /// How the text of [`Kind::Delimited`] was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextForm>,
}

/// How a table of text was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextForm {
    /// The encoding's name: `UTF-8`, `windows-1252`, ... <https://encoding.spec.whatwg.org/#names-and-labels>
    pub encoding: String,
    /// What separates the cells: the comma where there is one column.
    pub delimiter: Delimiter,
    /// Whether bytes that are not of the encoding became U+FFFD.
    pub has_replaced: bool,
}
