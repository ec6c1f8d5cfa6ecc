//! Pages of words and rulings, made from bytes, and what must hold for the tables on each: cells do not overlap and are
//! inside of their table, and each word is in one cell or outside of all.

use docmill_documents::picture::Raster;
use docmill_documents::tables::{Area, Grid, TableRuling, TableWord, rulings_of, tables_of};
use rand::RngExt;
use rand::rngs::StdRng;

/// Bytes of a word or of a ruling: what it is, and where.
const ITEM_BYTES: usize = 9;
/// Sides of the picture that the same bytes make.
const PICTURE_SIDE: u32 = 64;

/// Up to 300 items; half of the pages have them on a lattice, where lines meet.
pub(crate) fn make(random: &mut StdRng) -> Vec<u8> {
    let step = [1, 500][random.random_range(0..2)];
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(0..300) {
        bytes.push(random.random());
        for _ in 0..4 {
            let number: i16 = random.random_range(-100 / step..=10_100 / step) * step;
            // Now and then not quite where the others are, or far outside.
            let number = match random.random_range(0..20) {
                0 => random.random(),
                1..4 => number.saturating_add(random.random_range(-30..=30)),
                _ => number,
            };
            bytes.extend(number.to_le_bytes());
        }
    }
    bytes
}

/// How many tables there are, or what is wrong with them.
pub(crate) fn check(bytes: &[u8], _: &mut StdRng) -> Result<&'static str, String> {
    let (mut words, mut rulings) = (Vec::new(), Vec::new());
    for item in bytes.as_chunks::<ITEM_BYTES>().0 {
        let [kind, a, b, c, d, e, f, g, h] = *item;
        let [x0, y0, x1, y1] = [[a, b], [c, d], [e, f], [g, h]].map(|two| i32::from(i16::from_le_bytes(two)));
        match kind % 3 {
            0 => words.push(TableWord {
                text: "w".repeat(usize::from(kind) % 7),
                area: Area::of_corners((x0, y0), (x1, y1)),
                confidence: 1.0,
                rotation: [0, 90, 180, 270][usize::from(kind / 3) % 4],
            }),
            direction => rulings.push(TableRuling {
                is_horizontal: direction == 1,
                at: x0,
                from: y0.min(y1),
                to: y0.max(y1),
            }),
        }
    }
    seen(bytes)?;
    let tables = tables_of(&words, &rulings);
    let mut uses = vec![0; words.len()];
    for grid in &tables.grids {
        check_cells(grid)?;
        let cells = grid.cells.iter().flat_map(|cell| &cell.lines);
        for index in cells.flat_map(|line| &line.words) {
            *uses.get_mut(*index).ok_or("a word that is none")? += 1;
        }
    }
    for index in &tables.outside {
        *uses.get_mut(*index).ok_or("a word that is none")? += 1;
    }
    // A word without any text may be nowhere.
    let is_once = |(uses, word): (&i32, &TableWord)| *uses == 1 || (*uses == 0 && word.text.is_empty());
    if !uses.iter().zip(&words).all(is_once) {
        return Err(format!("words are not in one place each: {uses:?}"));
    }
    Ok(match tables.grids.len() {
        0 => "no table",
        1 => "a table",
        _ => "tables",
    })
}

fn check_cells(grid: &Grid) -> Result<(), String> {
    let (rows, columns) = (grid.rows.len() - 1, grid.columns.len() - 1);
    let mut is_taken = vec![false; rows * columns];
    for cell in &grid.cells {
        let is_inside = cell.row + cell.row_span <= rows && cell.column + cell.column_span <= columns;
        if !is_inside || cell.row_span == 0 || cell.column_span == 0 {
            return Err(format!(
                "a cell outside of {rows} rows and {columns} columns: {cell:?}"
            ));
        }
        for row in cell.row..cell.row + cell.row_span {
            for column in cell.column..cell.column + cell.column_span {
                if std::mem::replace(&mut is_taken[row * columns + column], true) {
                    return Err(format!("cells overlap in row {row}, column {column}"));
                }
            }
        }
    }
    Ok(())
}

/// The rulings of a picture of the same bytes: all of them on the page.
fn seen(bytes: &[u8]) -> Result<Vec<TableRuling>, String> {
    let count = (PICTURE_SIDE * PICTURE_SIDE) as usize;
    let gray: Vec<u8> = bytes.iter().copied().cycle().take(count).collect();
    if gray.len() < count {
        return Ok(Vec::new());
    }
    let picture = Raster::of_gray(PICTURE_SIDE, PICTURE_SIDE, &gray).map_err(|error| error.to_string())?;
    let rulings = rulings_of(&picture).rulings;
    match rulings.iter().find(|ruling| ruling.from > ruling.to) {
        Some(ruling) => Err(format!("it ends before it begins: {ruling:?}")),
        None => Ok(rulings),
    }
}
