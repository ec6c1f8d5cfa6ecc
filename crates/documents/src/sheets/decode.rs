//! What a process wrote that read a file's tables.

use super::error::{Bound, SheetError};
use super::limits::{Budget, Limits};
use super::ofx::Ofx;
use super::record::{Opened, SheetRecord};
use super::sheet::{Sheet, SheetBuilder};

/// Bytes of a record: a row of a megabyte, each character of it escaped.
const RECORD_BYTES: usize = 8 << 20;

/// What came of reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All of it was read.
    Tables(Box<Tables>),
    /// It cannot be read, for this reason.
    Refused(SheetError),
    /// The process ended before it was done, or wrote what nobody can read.
    Unfinished,
}

/// The tables of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// What it was read as.
    pub opened: Opened,
    /// Sheets of a workbook, tables of a document; the one table of a text.
    pub sheets: Vec<Sheet>,
    /// Paragraphs of a document outside of tables, and for each how many tables stand above it.
    pub paragraphs: Vec<(u32, String)>,
    /// Statements of a bank.
    pub statements: Ofx,
}

/// Reads what [`super::read_sheets`] wrote. The process that wrote it may have been taken over by the document: it is
/// believed no more than the document, and refused where it is over the limits.
pub fn decode(output: &[u8], limits: &Limits) -> Reading {
    let mut decoder = Decoder {
        budget: Budget::new(limits),
        tables: None,
        sheet: None,
    };
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        if line.len() > RECORD_BYTES || !line.ends_with(b"\n") {
            return Reading::Unfinished;
        }
        let Ok(record) = serde_json::from_slice(line) else {
            return Reading::Unfinished;
        };
        match decoder.add(record) {
            Ok(Step::More) => {}
            Ok(Step::Done) => {
                return match decoder.tables {
                    Some(tables) => Reading::Tables(Box::new(tables)),
                    None => Reading::Unfinished,
                };
            }
            Ok(Step::Wrong) => return Reading::Unfinished,
            Err(refusal) => return Reading::Refused(refusal),
        }
    }
    Reading::Unfinished
}

enum Step {
    More,
    Done,
    /// A record where none of its kind belongs.
    Wrong,
}

struct Decoder {
    budget: Budget,
    tables: Option<Tables>,
    sheet: Option<SheetBuilder>,
}

impl Decoder {
    fn add(&mut self, record: SheetRecord<'_>) -> Result<Step, SheetError> {
        if !matches!(record, SheetRecord::Rows(_)) {
            self.end_sheet();
        }
        let budget = &mut self.budget;
        match (record, &mut self.tables) {
            (SheetRecord::Refused(refusal), None) => return Err(refusal),
            (SheetRecord::Opened(opened), none @ None) => {
                *none = Some(Tables {
                    opened,
                    sheets: Vec::new(),
                    paragraphs: Vec::new(),
                    statements: Ofx::default(),
                });
            }
            (SheetRecord::Sheet(head), Some(_)) => self.sheet = Some(head.begin(budget)?),
            (SheetRecord::Rows(rows), Some(_)) => {
                let Some(sheet) = &mut self.sheet else {
                    return Ok(Step::Wrong);
                };
                for row in &rows {
                    row.add_to(sheet, budget)?;
                }
            }
            (SheetRecord::Paragraphs(paragraphs), Some(tables)) => {
                for (_, text) in &paragraphs {
                    budget.row()?;
                    budget.text(text.len())?;
                }
                tables.paragraphs.extend(paragraphs);
            }
            (SheetRecord::Statement(statement), Some(tables)) => {
                budget.sheet()?;
                tables.statements.statements.push(*statement);
            }
            (SheetRecord::Transactions(transactions), Some(tables)) => {
                let Some(statement) = tables.statements.statements.last_mut() else {
                    return Ok(Step::Wrong);
                };
                for transaction in &transactions {
                    budget.row()?;
                    budget.text(transaction.text_bytes())?;
                }
                statement.transactions.extend(transactions);
            }
            (SheetRecord::Answers(answers), Some(tables)) => {
                let most = budget.limits().sheets;
                let kept = &mut tables.statements.answers;
                if kept.len() + answers.len() > most as usize {
                    return Err(SheetError::too_much(Bound::Sheets, most.into()));
                }
                kept.extend(answers);
            }
            (SheetRecord::Done, Some(_)) => return Ok(Step::Done),
            (_, _) => return Ok(Step::Wrong),
        }
        Ok(Step::More)
    }

    fn end_sheet(&mut self) {
        if let (Some(sheet), Some(tables)) = (self.sheet.take(), &mut self.tables) {
            tables.sheets.push(sheet.finish());
        }
    }
}
