//! Prints what is read of a file with tables, as one line of JSON.

use std::io::{Error, Result};

use docmill_documents::sheets::ofx::{Balance, Moment, Ofx, Statement, Transaction};
use docmill_documents::sheets::{Kind, Limits, Sheet, SheetError, delimited, docx, kind, ofx, xlsx};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let path = std::env::args()
        .nth(1)
        .ok_or_else(|| Error::other("usage: tables FILE"))?;
    let bytes = std::fs::read(&path)?;
    let kind = kind(&bytes, &path);
    let read = match kind {
        Some(kind) => read(&bytes, kind),
        None => Ok(Value::Null),
    };
    let kind = format!("{kind:?}");
    println!(
        "{}",
        match read {
            Ok(read) => json!({ "kind": kind, "ok": read }),
            Err(error) => json!({ "kind": kind, "code": error.code(), "error": error.to_string() }),
        }
    );
    Ok(())
}

fn read(bytes: &[u8], kind: Kind) -> std::result::Result<Value, SheetError> {
    let limits = Limits::default();
    // What a measurement is made of: nothing is kept but the tables.
    let counts_only = std::env::var_os("COUNTS_ONLY").is_some();
    Ok(match kind {
        Kind::Delimited => {
            let read = delimited::read(bytes, &delimited::Options::default(), &limits)?;
            match counts_only {
                true => json!(read.sheet.cell_count()),
                false => json!({
                    "encoding": read.encoding.name(),
                    "delimiter": format!("{:?}", read.delimiter),
                    "replaced": read.has_replaced,
                    "sheet": sheet(&read.sheet),
                }),
            }
        }
        Kind::Ofx => {
            let read = ofx::read(bytes, &limits)?;
            match counts_only {
                true => json!(read.statements.len()),
                false => statements(&read),
            }
        }
        Kind::Xlsx => {
            let read = xlsx::read(bytes, &limits)?;
            match counts_only {
                true => json!(read.iter().map(Sheet::cell_count).sum::<usize>()),
                false => read.iter().map(sheet).collect(),
            }
        }
        Kind::Docx => {
            let read = docx::read(bytes, &limits)?;
            match counts_only {
                true => json!(read.tables.len()),
                false => json!({
                    "tables": read.tables.iter().map(sheet).collect::<Value>(),
                    "paragraphs": read.paragraphs,
                }),
            }
        }
        Kind::Encrypted => return Err(SheetError::Encrypted),
    })
}

fn sheet(sheet: &Sheet) -> Value {
    let rows: Value = sheet
        .rows()
        .map(|row| {
            let cells: Value = row
                .cells()
                .map(|cell| {
                    json!([
                        cell.column,
                        cell.text,
                        cell.source,
                        format!("{:?}", cell.value),
                        cell.row_span,
                        cell.column_span
                    ])
                })
                .collect();
            json!({ "n": row.number(), "hidden": row.is_hidden(), "c": cells })
        })
        .collect();
    let merges: Value = sheet
        .merges()
        .iter()
        .map(|merge| json!([merge.row, merge.column, merge.rows, merge.columns]))
        .collect();
    json!({ "name": sheet.name(), "hidden": sheet.is_hidden(), "rows": rows, "merges": merges })
}

fn statements(file: &Ofx) -> Value {
    json!({
        "answers": file.answers.iter().map(|answer| json!([answer.code, answer.severity, answer.message])).collect::<Value>(),
        "statements": file.statements.iter().map(statement).collect::<Value>(),
    })
}

fn statement(statement: &Statement) -> Value {
    let balance = |balance: &Option<Balance>| {
        balance
            .as_ref()
            .map(|balance| json!([balance.amount, text(balance.as_of)]))
    };
    json!({
        "kind": format!("{:?}", statement.kind),
        "bank": statement.bank_id,
        "account": statement.account_id,
        "type": statement.account_type,
        "currency": statement.currency,
        "start": text(statement.start),
        "end": text(statement.end),
        "ledger": balance(&statement.ledger),
        "available": balance(&statement.available),
        "tx": statement.transactions.iter().map(transaction).collect::<Value>(),
    })
}

fn transaction(transaction: &Transaction) -> Value {
    json!({
        "kind": transaction.kind,
        "posted": text(transaction.posted),
        "unread": transaction.posted_unread,
        "user": text(transaction.user_date),
        "amount": transaction.amount,
        "id": transaction.bank_reference,
        "check": transaction.check_number,
        "reference": transaction.reference,
        "payee": transaction.payee,
        "memo": transaction.memo,
        "currency": transaction.currency,
    })
}

fn text(moment: Option<Moment>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}
