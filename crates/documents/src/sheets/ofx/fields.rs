//! Statements and transactions from tokens.

use std::borrow::Cow;
use std::collections::HashSet;

use super::tokens::{Token, Tokens};
use super::{AccountKind, Answer, Balance, Moment, Ofx, Statement, Transaction};
use crate::sheets::error::{Bound, SheetError};
use crate::sheets::limits::Budget;

/// Elements that hold elements, whatever the file makes of them, in alphabetical order.
const AGGREGATES: [&str; 28] = [
    "AVAILBAL",
    "BANKACCTFROM",
    "BANKACCTTO",
    "BANKMSGSRSV1",
    "BANKTRANLIST",
    "CCACCTFROM",
    "CCACCTTO",
    "CCSTMTRS",
    "CCSTMTTRNRS",
    "CREDITCARDMSGSRSV1",
    "CURRENCY",
    "FI",
    "INVACCTFROM",
    "INVBANKTRAN",
    "INVSTMTMSGSRSV1",
    "INVSTMTRS",
    "INVSTMTTRNRS",
    "INVTRANLIST",
    "LEDGERBAL",
    "OFX",
    "ORIGCURRENCY",
    "PAYEE",
    "SIGNONMSGSRSV1",
    "SONRS",
    "STATUS",
    "STMTRS",
    "STMTTRN",
    "STMTTRNRS",
];
/// Names of other elements that are remembered: the standard has some 500.
const MOST_NAMES: usize = 4_096;

pub(super) fn read(text: &str, budget: &mut Budget) -> Result<Ofx, SheetError> {
    let shapes = Shapes::of(text);
    let mut reader = Reader {
        budget,
        open: Vec::new(),
        leaf: None,
        value: String::new(),
        file: Ofx::default(),
    };
    for token in Tokens::new(text) {
        match token {
            Token::Open(name) => {
                let name = upper(name);
                reader.end_leaf()?;
                match shapes.is_aggregate(&name) {
                    true => reader.begin(name.into_owned())?,
                    false => reader.leaf = Some(name),
                }
            }
            Token::Close(name) => {
                reader.end_leaf()?;
                reader.end(&upper(name));
            }
            Token::Text(text) => reader.text(text, true)?,
            Token::Literal(text) => reader.text(text, false)?,
        }
    }
    reader.end_leaf()?;
    reader.drop_success();
    Ok(reader.file)
}

/// A name as the standard writes it.
fn upper(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Owned(name.to_ascii_uppercase()),
        false => Cow::Borrowed(name),
    }
}

/// Which elements hold elements. Version 1 does not close those that hold a text, and some banks do not close those that
/// hold nothing: what is closed somewhere and has a text nowhere holds elements.
struct Shapes {
    closed: HashSet<String>,
    with_text: HashSet<String>,
}

impl Shapes {
    fn of(text: &str) -> Self {
        let mut closed = HashSet::new();
        let mut with_text = HashSet::new();
        let mut last = None;
        for token in Tokens::new(text) {
            match token {
                Token::Open(name) => last = Some(name),
                Token::Close(name) => {
                    remember(&mut closed, name);
                    last = None;
                }
                Token::Text(text) | Token::Literal(text) => {
                    if let Some(name) = last.filter(|_| !text.trim().is_empty()) {
                        remember(&mut with_text, name);
                    }
                }
            }
        }
        Self { closed, with_text }
    }

    fn is_aggregate(&self, name: &str) -> bool {
        AGGREGATES.binary_search(&name).is_ok()
            || self.closed.contains(name) && !self.with_text.contains(name)
    }
}

fn remember(names: &mut HashSet<String>, name: &str) {
    if names.len() < MOST_NAMES && !names.contains(name) {
        names.insert(name.to_ascii_uppercase());
    }
}

struct Reader<'b, 't> {
    budget: &'b mut Budget,
    /// The aggregates that are open, outermost first.
    open: Vec<String>,
    /// The element that a text belongs to.
    leaf: Option<Cow<'t, str>>,
    /// Its text so far; empty without one.
    value: String,
    file: Ofx,
}

impl Reader<'_, '_> {
    fn begin(&mut self, name: String) -> Result<(), SheetError> {
        // None of OFX's aggregates lies in one of its own name: the earlier one was not closed.
        self.end(&name);
        let most = self.budget.limits().nesting;
        if self.open.len() as u64 >= u64::from(most) {
            return Err(SheetError::too_much(Bound::Nesting, most.into()));
        }
        match name.as_str() {
            "STMTRS" => self.statement(AccountKind::Bank)?,
            "CCSTMTRS" => self.statement(AccountKind::CreditCard)?,
            "INVSTMTRS" => self.statement(AccountKind::Investment)?,
            "STMTTRN" => {
                self.budget.row()?;
                if self.file.statements.is_empty() {
                    self.statement(AccountKind::Bank)?;
                }
                if let Some(statement) = self.file.statements.last_mut() {
                    statement.transactions.push(Transaction::default());
                }
            }
            "STATUS" => {
                // An answer is as rare as a statement, and only failures are kept.
                self.drop_success();
                if self.file.answers.len() as u64 >= u64::from(self.budget.limits().sheets) {
                    return Err(SheetError::too_much(
                        Bound::Sheets,
                        self.budget.limits().sheets.into(),
                    ));
                }
                self.file.answers.push(Answer::default());
            }
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    fn statement(&mut self, kind: AccountKind) -> Result<(), SheetError> {
        self.budget.sheet()?;
        self.file.statements.push(Statement {
            kind,
            ..Statement::default()
        });
        Ok(())
    }

    /// Closes an aggregate and what was left open in it; nothing if it is not open.
    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open == name) else {
            return;
        };
        self.open.truncate(at);
        if name == "STATUS" || at == 0 {
            self.drop_success();
        }
    }

    /// Takes back the last answer if it is none of a failure: those before it were looked at when it began.
    fn drop_success(&mut self) {
        self.file.answers.pop_if(|answer| answer.is_success());
    }

    fn text(&mut self, text: &str, has_references: bool) -> Result<(), SheetError> {
        if self.leaf.is_some() {
            // A reference is longer than what it stands for.
            self.budget.check_cell(self.value.len() + text.len(), 0)?;
            match has_references {
                true => push_resolved(&mut self.value, text),
                false => self.value.push_str(text),
            }
        }
        Ok(())
    }

    fn end_leaf(&mut self) -> Result<(), SheetError> {
        let Some(name) = self.leaf.take() else {
            return Ok(());
        };
        let value = one_line(&self.value);
        self.value.clear();
        if value.is_empty() {
            return Ok(());
        }
        self.budget.cells(1)?;
        self.budget.text(value.len())?;
        let is_open = |name: &str| self.open.iter().any(|open| open == name);
        let parent = self.open.last().map_or("", String::as_str);
        let in_statement = is_open("STMTRS") || is_open("CCSTMTRS") || is_open("INVSTMTRS");
        if parent == "STATUS" {
            if let Some(answer) = self.file.answers.last_mut() {
                answer.set(&name, value);
            }
        } else if is_open("STMTTRN") {
            let transactions = self
                .file
                .statements
                .last_mut()
                .map(|statement| &mut statement.transactions);
            if let Some(transaction) = transactions.and_then(|all| all.last_mut()) {
                transaction.set(parent, &name, value);
            }
        } else if in_statement && let Some(statement) = self.file.statements.last_mut() {
            statement.set(parent, &name, value);
        }
        Ok(())
    }
}

impl Answer {
    fn is_success(&self) -> bool {
        self.code.is_empty() || self.code.bytes().all(|digit| digit == b'0')
    }

    fn set(&mut self, name: &str, value: String) {
        match name {
            "CODE" => self.code = value,
            "SEVERITY" => self.severity = value,
            "MESSAGE" => self.message = value,
            _ => {}
        }
    }
}

impl Statement {
    fn set(&mut self, parent: &str, name: &str, value: String) {
        match (parent, name) {
            ("STMTRS" | "CCSTMTRS" | "INVSTMTRS", "CURDEF") => self.currency = value,
            ("BANKACCTFROM" | "CCACCTFROM" | "INVACCTFROM", _) => match name {
                "BANKID" | "BROKERID" => self.bank_id = value,
                "BRANCHID" => self.branch_id = value,
                "ACCTID" => self.account_id = value,
                "ACCTTYPE" => self.account_type = value,
                _ => {}
            },
            ("BANKTRANLIST" | "INVTRANLIST", "DTSTART") => self.start = Moment::parse(&value),
            ("BANKTRANLIST" | "INVTRANLIST", "DTEND") => self.end = Moment::parse(&value),
            ("LEDGERBAL", _) => set_balance(&mut self.ledger, name, value),
            ("AVAILBAL", _) => set_balance(&mut self.available, name, value),
            _ => {}
        }
    }
}

/// A balance is one only with an amount, which comes before its day.
fn set_balance(balance: &mut Option<Balance>, name: &str, value: String) {
    match (name, balance) {
        ("BALAMT", balance) => {
            *balance = Some(Balance {
                amount: value,
                as_of: None,
            });
        }
        ("DTASOF", Some(balance)) => balance.as_of = Moment::parse(&value),
        _ => {}
    }
}

impl Transaction {
    fn set(&mut self, parent: &str, name: &str, value: String) {
        let field = match (parent, name) {
            ("STMTTRN", "DTPOSTED") => {
                self.posted = Moment::parse(&value);
                if self.posted.is_none() {
                    self.posted_unread = Some(value.into());
                }
                return;
            }
            ("STMTTRN", "DTUSER") => {
                self.user_date = Moment::parse(&value);
                return;
            }
            ("STMTTRN", "TRNTYPE") => &mut self.kind,
            ("STMTTRN", "TRNAMT") => &mut self.amount,
            ("STMTTRN", "FITID") => &mut self.bank_reference,
            ("STMTTRN", "CHECKNUM") => &mut self.check_number,
            ("STMTTRN", "REFNUM") => &mut self.reference,
            ("STMTTRN" | "PAYEE", "NAME") => &mut self.payee,
            ("STMTTRN", "MEMO") => &mut self.memo,
            ("CURRENCY" | "ORIGCURRENCY", "CURSYM") => &mut self.currency,
            _ => return,
        };
        // Of two, the first is kept: the second belongs to something that this reader does not know.
        field.get_or_insert_with(|| value.into());
    }
}

/// The lines of a value, without the white space around them, as one.
fn one_line(value: &str) -> String {
    let mut line = String::new();
    for part in value
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(part);
    }
    line
}

/// Appends a text with its references resolved: XML's own five, the non-breaking space that OFX 1.6, 2.3.2.1 has, and
/// numbers. Others stay as they are, and so does an `&` alone.
fn push_resolved(value: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        value.push_str(before);
        match resolve(reference) {
            Some((character, length)) => {
                value.push(character);
                rest = reference.get(length..).unwrap_or_default();
            }
            None => {
                value.push('&');
                rest = reference.get(1..).unwrap_or_default();
            }
        }
    }
    value.push_str(rest);
}

/// The character of the reference that a text begins with, and the reference's bytes.
fn resolve(text: &str) -> Option<(char, usize)> {
    /// `&#1114111;`
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|character| *character != '\0')?
        }
    };
    Some((character, end + 1))
}
