//! Files of tables, made at random, and what must hold for each: its reader returns within a second of processor time,
//! hands on what it read as it read it, and keeps its limits. A file for which it does not is kept.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use docmill_documents::sheets::{
    Kind, Limits, Reading, Sheet, SheetError, Tables, decode, delimited, docx, ofx, read_sheets, xlsx,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::Failure;
use crate::inputs::{self, Format};

/// Processor time for one file.
const MOST_CPU: Duration = Duration::from_secs(1);

/// Makes and reads files for so many seconds of processor time.
pub(crate) fn run(format: Format, seconds: u64, seed: u64, keep: &Path) -> Result<ExitCode, Failure> {
    println!("seed {seed}");
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let until = cpu()? + Duration::from_secs(seconds);
    let mut found: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    let mut failures = 0;
    let mut files = 0;
    let mut began = cpu()?;
    while began < until {
        let number = files;
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        let file = inputs::make(format, &mut random);
        let limits = small_limits(&mut random);
        let before = cpu()?;
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&file, &limits)))
            .unwrap_or_else(|_| Err("it panicked".to_owned()));
        let ended = cpu()?;
        let took = ended.saturating_sub(before);
        slowest = slowest.max(took);
        let outcome = match outcome {
            Ok(_) if took > MOST_CPU => Err(format!("it took {took:?}")),
            outcome => outcome,
        };
        match outcome {
            Ok(code) => *found.entry(code).or_default() += 1,
            Err(reason) => {
                failures += 1;
                std::fs::create_dir_all(keep)?;
                let path = keep.join(format!("{format:?}-{seed}-{number}").to_lowercase());
                std::fs::write(&path, &file)?;
                println!("{}: {reason}", path.display());
            }
        }
        files += 1;
        began = ended;
    }
    println!("{format:?}: {files} files, {failures} failures, slowest {slowest:?}, {found:#?}");
    Ok(if failures > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

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
fn check(file: &[u8], limits: &Limits) -> Result<&'static str, String> {
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

/// Processor time of this thread: the first number that Linux has for it.
fn cpu() -> Result<Duration, Failure> {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = numbers.split(' ').next().unwrap_or_default();
    Ok(Duration::from_nanos(first.parse()?))
}
