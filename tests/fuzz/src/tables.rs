//! What must hold for each file of tables: its reader hands on what it read as it read it, and keeps its limits.

use docmill_documents::sheets::{
    Kind, Limits, Reading, Sheet, SheetError, Tables, decode, delimited, docx, ofx, read_sheets, xlsx,
};
use rand::RngExt;
use rand::rngs::StdRng;

/// Limits that small files reach.
fn small_limits(random: &mut StdRng) -> Limits {
    let mut number = |most: u32| random.random_range(0..=most);
    Limits {
        rows: number(12),
        columns: number(8),
        cells: number(40),
        cell_bytes: number(60),
        text_bytes: number(400),
        elements: number(300),
        nesting: number(12),
        sheets: number(4),
        parts: number(8),
        ..Limits::default()
    }
}

/// How a file was read, or what is wrong with that.
pub(crate) fn check(file: &[u8], random: &mut StdRng) -> Result<&'static str, String> {
    let limits = &small_limits(random);
    let mut output = Vec::new();
    read_sheets(&["-".to_owned()], file.to_vec(), &mut output).map_err(|error| error.to_string())?;
    let code = match decode(&output, &Limits::default()) {
        Reading::Unfinished => return Err("its records cannot be read".to_owned()),
        Reading::Refused(refusal) => refusal.code(),
        Reading::Tables(tables) => {
            is_same(file, &tables).map_err(|refusal| refusal.to_string())?;
            "read"
        }
    };
    let within = [
        delimited::read(file, &delimited::Options::default(), limits).map(|found| vec![found.sheet]),
        xlsx::read(file, limits),
        docx::read(file, limits).map(|found| found.tables),
    ];
    for sheets in within.into_iter().flatten() {
        is_within(&sheets, limits)?;
    }
    if let Ok(found) = ofx::read(file, limits) {
        let rows: usize = found.statements.iter().map(|one| one.transactions.len()).sum();
        if rows > limits.rows as usize || found.statements.len() > limits.sheets as usize {
            return Err("more transactions or statements than allowed".to_owned());
        }
    }
    Ok(code)
}

/// Whether what was handed on is what the format's own reader finds.
fn is_same(file: &[u8], tables: &Tables) -> Result<(), SheetError> {
    let limits = Limits::default();
    let same = match tables.opened.kind {
        Kind::Delimited => {
            let found = delimited::read(file, &delimited::Options::default(), &limits)?;
            tables.sheets == [found.sheet]
        }
        Kind::Xlsx => tables.sheets == xlsx::read(file, &limits)?,
        Kind::Docx => {
            let found = docx::read(file, &limits)?;
            tables.sheets == found.tables && tables.paragraphs == found.paragraphs
        }
        Kind::Ofx => tables.statements == ofx::read(file, &limits)?,
        Kind::Encrypted => false,
    };
    for sheet in &tables.sheets {
        let json = serde_json::to_string(sheet).unwrap_or_default();
        assert!(
            serde_json::from_str::<Sheet>(&json).ok().as_ref() == Some(sheet),
            "{json}"
        );
        for cell in sheet.rows().flat_map(|row| row.cells().collect::<Vec<_>>()) {
            assert!(cell.row_span > 0 && cell.column_span > 0, "{cell:?}");
        }
    }
    assert!(same, "handed on is something else than was read");
    Ok(())
}

fn is_within(sheets: &[Sheet], limits: &Limits) -> Result<(), String> {
    let rows: usize = sheets.iter().map(Sheet::row_count).sum();
    let cells: usize = sheets.iter().map(Sheet::cell_count).sum();
    let text: usize = sheets
        .iter()
        .flat_map(Sheet::rows)
        .flat_map(|row| row.cells().map(|cell| cell.text.len()).collect::<Vec<_>>())
        .sum();
    let width = sheets.iter().map(Sheet::width).max().unwrap_or(0);
    let is_within = rows <= limits.rows as usize
        && cells <= limits.cells as usize
        && text <= limits.text_bytes as usize
        && width <= limits.columns
        && sheets.len() <= limits.sheets as usize;
    match is_within {
        true => Ok(()),
        false => Err(format!(
            "over its limits: {rows} rows, {cells} cells, {text} bytes, {width} columns"
        )),
    }
}
