//! Whole tables, from their words and rulings or from their cells (§6).

mod any;
mod drawn;
mod sheets;

use docmill_documents::tables::{Area, Cell, CellLine, DRAWN, Grid, TableRuling, TableWord};

use super::*;

/// A drawn table: edges of columns and rows, and what stands in which cell (row, column, rows, columns, text). A `|` in a
/// text begins a line.
fn drawn(columns: &[i32], rows: &[i32], cells: &[(usize, usize, usize, usize, &str)]) -> Content {
    let mut content = Content {
        aspect: 1.0,
        ..Content::default()
    };
    for (row, column, row_span, column_span, text) in cells {
        let (x0, x1) = (columns[*column], columns[column + column_span]);
        let (y0, y1) = (rows[*row], rows[row + row_span]);
        for (at, from, to) in [(y0, x0, x1), (y1, x0, x1)] {
            content.rulings.push(TableRuling {
                is_horizontal: true,
                at,
                from,
                to,
            });
        }
        for (at, from, to) in [(x0, y0, y1), (x1, y0, y1)] {
            content.rulings.push(TableRuling {
                is_horizontal: false,
                at,
                from,
                to,
            });
        }
        for (line, text) in (0..).zip(text.split('|')) {
            let mut x = x0 + 20;
            for word in text.split_whitespace() {
                let width = 12 * word.chars().count() as i32;
                let y = y0 + 20 + line * 90;
                content.words.push(TableWord {
                    text: word.to_owned(),
                    area: Area {
                        x0: x,
                        y0: y,
                        x1: x + width,
                        y1: y + 70,
                    },
                    confidence: 1.0,
                    rotation: 0,
                });
                x += width + 10;
            }
        }
    }
    content
}

/// Blocks as `day start-end name`, in order.
fn shown(found: &Extracted) -> Vec<String> {
    let blocks = found.tables.iter().flat_map(|table| &table.blocks);
    let mut shown: Vec<String> = blocks
        .map(|block| {
            let time = |time: Option<crate::timetable::model::Minute>| {
                time.map_or_else(|| "?".to_owned(), |time| time.to_string())
            };
            format!(
                "{} {}-{} {}",
                block.day.as_str(),
                time(block.start),
                time(block.end),
                block.event_name
            )
        })
        .collect();
    shown.sort();
    shown
}

/// A table of a file: rows of cells, a `|` between them.
fn sheet(rows: &[&str]) -> Content {
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split('|').collect()).collect();
    let across = cells.iter().map(Vec::len).max().unwrap();
    let edge = |at: usize, of: usize| (at * 10_000 / of) as i32;
    let mut grid = Grid {
        columns: (0..=across).map(|at| edge(at, across)).collect(),
        rows: (0..=rows.len()).map(|at| edge(at, rows.len())).collect(),
        cells: Vec::new(),
        confidence: DRAWN,
    };
    for (row, texts) in cells.iter().enumerate() {
        for (column, text) in texts.iter().enumerate() {
            let area = Area {
                x0: grid.columns[column],
                y0: grid.rows[row],
                x1: grid.columns[column + 1],
                y1: grid.rows[row + 1],
            };
            let line = CellLine {
                text: text.trim().to_owned(),
                area,
                height: 100,
                confidence: 1.0,
                ..CellLine::default()
            };
            grid.cells.push(Cell {
                row,
                column,
                row_span: 1,
                column_span: 1,
                area,
                lines: if line.text.is_empty() {
                    Vec::new()
                } else {
                    vec![line]
                },
                fill: None,
            });
        }
    }
    Content {
        grids: vec![grid],
        aspect: 1.0,
        ..Content::default()
    }
}
