//! Sheets, and tables of documents: their cells are known.

use bytes::Bytes;
use docmill_core::pipeline::Work;
use docmill_documents::sheets::{Limits, Reading, Sheet, Tables, decode};
use docmill_documents::tables::{Area, Cell, CellLine, DRAWN, Grid, UNITS};

use super::{Page, ask_reader, fail, stage};
use crate::halt::Halt;
use crate::timetable::notices;
use crate::timetable::readers::SHEETS;
use crate::timetable::rules::Content;

/// Rows and columns of a timetable, at most: a week of quarters of an hour has 96 rows.
const MAX_ROWS: usize = 500;
const MAX_COLUMNS: u32 = 100;
/// Sheets or tables that are looked at.
const MAX_SHEETS: usize = 50;

/// Reads a file of tables.
pub(super) async fn read(bytes: &Bytes, work: &dyn Work) -> Result<Page, Halt> {
    work.report_part(stage::STRUCTURE, 24).await;
    let Some(output) = ask_reader(SHEETS, vec!["-".to_owned()], bytes.clone(), work).await? else {
        return fail(notices::corrupt(None));
    };
    match decode(&output, &Limits::default()) {
        Reading::Tables(tables) => Ok(Page {
            contents: content_of(&tables),
            confidence: 1.0,
            ..Page::default()
        }),
        Reading::Refused(refusal) => fail(notices::no_sheet(&refusal)),
        Reading::Unfinished => fail(notices::corrupt(None)),
    }
}

/// What is in the tables of a file: each by itself, with the paragraphs above it.
pub(in super::super) fn content_of(tables: &Tables) -> Vec<Content> {
    let shown = tables
        .sheets
        .iter()
        .enumerate()
        .filter(|(_, sheet)| !sheet.is_hidden());
    shown
        .take(MAX_SHEETS)
        .filter_map(|(index, sheet)| {
            let above = u32::try_from(index).unwrap_or(u32::MAX);
            let paragraphs = tables
                .paragraphs
                .iter()
                .filter(|(tables, _)| *tables == above || index == 0 && *tables == 0);
            let names = [sheet.name().to_owned()];
            let texts = paragraphs.map(|(_, text)| text.clone()).chain(names);
            Some(Content {
                grids: vec![grid(sheet)?],
                around: texts.map(|text| (-1, text)).collect(),
                aspect: 1.0,
                ..Content::default()
            })
        })
        .collect()
}

/// A sheet as a table whose rows and columns are all of one size.
fn grid(sheet: &Sheet) -> Option<Grid> {
    let columns: Vec<u32> = (0..sheet.width().min(MAX_COLUMNS))
        .filter(|column| !sheet.is_column_hidden(*column))
        .collect();
    let rows: Vec<_> = sheet
        .rows()
        .filter(|row| !row.is_hidden())
        .take(MAX_ROWS)
        .collect();
    let (across, down) = (columns.len(), rows.len());
    if across == 0 || down == 0 {
        return None;
    }
    let edge = |at: usize, of: usize| i32::try_from(at * UNITS as usize / of).unwrap_or(UNITS);
    let numbers: Vec<u32> = rows.iter().map(docmill_documents::sheets::Row::number).collect();
    let mut taken = vec![false; across * down];
    let mut cells = Vec::new();
    for (row, record) in rows.iter().enumerate() {
        for (column, number) in columns.iter().enumerate() {
            if taken.get(row * across + column).copied().unwrap_or(true) {
                continue;
            }
            let found = record.get(*number);
            let (row_span, column_span) = match found {
                // Of what is merged, rows and columns that are not shown do not count.
                Some(cell) => (
                    covered(&numbers, record.number(), cell.row_span),
                    covered(&columns, *number, cell.column_span),
                ),
                None => (1, 1),
            };
            let (row_span, column_span) = (
                row_span.clamp(1, down - row),
                column_span.clamp(1, across - column),
            );
            for taken_row in row..row + row_span {
                for place in taken
                    .iter_mut()
                    .skip(taken_row * across + column)
                    .take(column_span)
                {
                    *place = true;
                }
            }
            let area = Area {
                x0: edge(column, across),
                y0: edge(row, down),
                x1: edge(column + column_span, across),
                y1: edge(row + row_span, down),
            };
            cells.push(Cell {
                row,
                column,
                row_span,
                column_span,
                area,
                lines: found.map_or_else(Vec::new, |cell| lines(cell.text, area)),
                fill: None,
            });
        }
    }
    Some(Grid {
        columns: (0..=across).map(|at| edge(at, across)).collect(),
        rows: (0..=down).map(|at| edge(at, down)).collect(),
        cells,
        confidence: DRAWN,
    })
}

/// How many of some numbers are among so many from a first one.
fn covered(numbers: &[u32], first: u32, span: u32) -> usize {
    let all = first..first.saturating_add(span);
    numbers.iter().filter(|number| all.contains(number)).count()
}

fn lines(text: &str, area: Area) -> Vec<CellLine> {
    let written = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let written: Vec<&str> = written.collect();
    let height = area.height() / i32::try_from(written.len().max(1)).unwrap_or(1);
    (0..)
        .zip(written)
        .map(|(at, line)| CellLine {
            text: line.split_whitespace().collect::<Vec<_>>().join(" "),
            area: Area {
                y0: area.y0 + at * height,
                y1: area.y0 + (at + 1) * height,
                ..area
            },
            height,
            rotation: 0,
            confidence: 1.0,
            words: Vec::new(),
        })
        .collect()
}
