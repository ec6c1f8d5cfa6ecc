//! The port that reads pictures of text.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A page as pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePicture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes of a pixel: 1 (brightness) or 3 (red, green, blue).
    pub channels: u8,
    /// Pixels an inch, times a thousand; 0 where nobody knows.
    pub milli_dpi: u32,
    /// Rows from the top, without gaps.
    pub rows: Bytes,
}

/// A word that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadWord {
    /// Its characters, no white space.
    pub text: String,
    /// The corners of its box in pixels of the picture, from its upper left corner: the word's own upper left corner, upper
    /// right, lower right, lower left, however the word is turned.
    pub corners: [(f32, f32); 4],
    /// How sure the reader is, from 0 to 1.
    pub confidence: f32,
}

/// What stands on a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadPage {
    /// In no order that matters.
    pub words: Vec<ReadWord>,
}

/// A field of a receipt or an invoice, as a service that knows such papers found it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpenseField {
    /// The service's word for what it is: `TOTAL`, `VENDOR_NAME`, `PRICE`.
    pub kind: String,
    /// The label on the paper, where there is one.
    pub label: Option<String>,
    /// What stands there.
    pub value: String,
    /// How sure the service is, in percent.
    pub confidence: u8,
}

/// What stands on a receipt or an invoice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadExpense {
    /// Fields of the paper.
    pub fields: Vec<ExpenseField>,
    /// Its lines, each with its fields.
    pub items: Vec<Vec<ExpenseField>>,
}

/// Why a page was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFailure {
    /// The service asks to slow down.
    #[error("the reader throttles")]
    Throttled {
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// It is away, or took too long.
    #[error("the reader is not available: {0}")]
    Unavailable(String),
    /// It cannot read this picture, whenever it comes.
    #[error("the picture cannot be read: {0}")]
    Unreadable(String),
    /// There is no reader here that does this.
    #[error("no reader is installed")]
    NotInstalled,
}

/// Reads pictures of text.
#[async_trait]
pub trait Reader: Send + Sync {
    /// Whether there is one.
    fn is_installed(&self) -> bool;

    /// Whether each call is paid for: then its answers are kept for a second try.
    fn is_paid(&self) -> bool;

    /// Whether it knows receipts and invoices.
    fn knows_expenses(&self) -> bool;

    /// Reads the words of a page.
    async fn read(&self, page: &PagePicture) -> Result<ReadPage, ReadFailure>;

    /// Reads a receipt or an invoice.
    async fn read_expense(&self, page: &PagePicture) -> Result<ReadExpense, ReadFailure>;
}

/// Nothing reads pictures here.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReader;

#[async_trait]
impl Reader for NoReader {
    fn is_installed(&self) -> bool {
        false
    }

    fn is_paid(&self) -> bool {
        false
    }

    fn knows_expenses(&self) -> bool {
        false
    }

    async fn read(&self, _page: &PagePicture) -> Result<ReadPage, ReadFailure> {
        Err(ReadFailure::NotInstalled)
    }

    async fn read_expense(&self, _page: &PagePicture) -> Result<ReadExpense, ReadFailure> {
        Err(ReadFailure::NotInstalled)
    }
}
