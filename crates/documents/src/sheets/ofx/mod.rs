//! OFX and QFX: statements of banks and card companies.
//!
//! Version 1 is SGML whose leaf elements are not closed, version 2 is XML; banks write both and everything in between, so
//! one tolerant reader takes them all. Nothing is expanded: an entity that is not one of XML's own stays as it is, a
//! document type is skipped.
//!
//! The standard: Open Financial Exchange 1.6 and 2.3, <https://financialdataexchange.org/ofx>. No crate reads it that is
//! kept up and permissively licensed.

mod fields;
mod header;
mod moment;
mod tokens;

use serde::{Deserialize, Serialize};

use super::error::SheetError;
use super::kind::Kind;
use super::limits::{Budget, Limits};

pub use moment::Moment;

/// What a file of statements holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ofx {
    /// One for each account.
    pub statements: Vec<Statement>,
    /// What the bank answered instead of statements: an error's severity, code and message.
    pub answers: Vec<Answer>,
}

/// A bank's answer to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// 0 is success.
    pub code: String,
    /// `INFO`, `WARN` or `ERROR`.
    pub severity: String,
    /// For people, often empty.
    pub message: String,
}

/// What kind of account a statement is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// At a bank.
    #[default]
    Bank,
    /// Of a credit card.
    CreditCard,
    /// Of securities: only what was paid in money is read.
    Investment,
}

/// The statement of one account. Texts are as the bank wrote them, without white space around; empty where it wrote none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statement {
    /// The kind of account.
    pub kind: AccountKind,
    /// `BANKID`, or `BROKERID`.
    pub bank_id: String,
    /// `BRANCHID`.
    pub branch_id: String,
    /// `ACCTID`.
    pub account_id: String,
    /// `ACCTTYPE`: `CHECKING`, `SAVINGS`, ...
    pub account_type: String,
    /// `CURDEF`, ISO 4217.
    pub currency: String,
    /// `DTSTART`: the first moment that the transactions are of.
    pub start: Option<Moment>,
    /// `DTEND`.
    pub end: Option<Moment>,
    /// `LEDGERBAL`.
    pub ledger: Option<Balance>,
    /// `AVAILBAL`.
    pub available: Option<Balance>,
    /// In the file's order.
    pub transactions: Vec<Transaction>,
}

/// A balance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Balance {
    /// As the bank wrote it.
    pub amount: String,
    /// When it was so.
    pub as_of: Option<Moment>,
}

/// A transaction. Fields that the bank left empty or out are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transaction {
    /// `TRNTYPE`: `DEBIT`, `CREDIT`, `CHECK`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Box<str>>,
    /// `DTPOSTED`; none if missing or not a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted: Option<Moment>,
    /// `DTPOSTED` where it is not a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted_unread: Option<Box<str>>,
    /// `DTUSER`: when the owner did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_date: Option<Moment>,
    /// `TRNAMT` as the bank wrote it, with its sign: usually decimal digits with a point, sometimes with a comma.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Box<str>>,
    /// `FITID`: the bank's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_reference: Option<Box<str>>,
    /// `CHECKNUM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_number: Option<Box<str>>,
    /// `REFNUM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Box<str>>,
    /// `NAME`, or the name of `PAYEE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payee: Option<Box<str>>,
    /// `MEMO`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<Box<str>>,
    /// `CURSYM` of `CURRENCY` or `ORIGCURRENCY`: the amount is, or was, in another currency than the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Box<str>>,
}

impl Transaction {
    /// Bytes of all its texts.
    pub(super) fn text_bytes(&self) -> usize {
        [
            &self.kind,
            &self.posted_unread,
            &self.amount,
            &self.bank_reference,
            &self.check_number,
            &self.reference,
            &self.payee,
            &self.memo,
            &self.currency,
        ]
        .into_iter()
        .flatten()
        .map(|text| text.len())
        .sum()
    }
}

/// Reads statements.
///
/// # Errors
/// [`SheetError`]: too much of something, not a text, no OFX. A transaction that is incomplete is not an error.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Ofx, SheetError> {
    limits.check_file(bytes)?;
    if !is_ofx(bytes) {
        return Err(SheetError::WrongKind {
            expected: Some(Kind::Ofx),
        });
    }
    let text = header::decode(bytes)?;
    let mut budget = Budget::new(limits);
    fields::read(&text, &mut budget)
}

/// Whether the beginning of a text says that it is OFX.
pub(super) fn is_ofx(bytes: &[u8]) -> bool {
    header::begins_ofx(bytes)
}

#[cfg(test)]
mod tests;
