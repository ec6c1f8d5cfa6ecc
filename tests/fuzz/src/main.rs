//! Damages PDFs at random and has each read as production reads it: in a child process with all its limits.
//!
//! ```text
//! cargo run --locked -p docmill-fuzz -- --seconds 600 samples/*.pdf tests/system/documents/*.pdf
//! cargo run --locked -p docmill-fuzz -- --seconds 600 --tables xlsx
//! cargo run --locked -p docmill-fuzz -- --seconds 600 --pictures jpeg
//! cargo run --locked -p docmill-fuzz -- --seconds 600 --grids
//! ```
//!
//! Files of tables, pictures, and pages of words and rulings are made here and read in this process: see [`trials`].
//!
//! Any way to end is fine but a crash: a child that died without having reached a limit. Such a document is kept, and
//! the program ends with an error. Pages whose reading failed inside a child that lived on are counted.

mod damage;
mod grids;
mod inputs;
mod pictures;
mod pieces;
mod tables;
mod trials;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Parser;
use docmill_core::sandbox::{Sandbox, SandboxEnd, SandboxTask};
use docmill_documents::pdf::TextRecord;
use docmill_sandbox::{ChildProcess, Limits};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// What is read of a damaged document.
const MAX_PAGES: u32 = 1_000;

#[derive(Parser)]
struct Arguments {
    /// How long; processor time for all but PDFs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where the damages begin; printed, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// Where documents that crash the reader are kept.
    #[arg(long, default_value = ".local/fuzz")]
    keep: PathBuf,
    /// Makes tables of this format instead of damaging PDFs.
    #[arg(long, value_enum)]
    tables: Option<inputs::Format>,
    /// Damages pictures of this kind.
    #[arg(long, value_enum, conflicts_with = "tables")]
    pictures: Option<pictures::Format>,
    /// Makes pages of words and rulings.
    #[arg(long, conflicts_with_all = ["tables", "pictures"])]
    grids: bool,
    /// Whole documents, to be damaged.
    #[arg(required_unless_present_any = ["tables", "pictures", "grids"])]
    documents: Vec<PathBuf>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<ExitCode, Failure> {
    if let Some(code) = docmill_sandbox::child(&docmill_pipelines::readers()) {
        return Ok(code);
    }
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(rand::random);
    let (seconds, keep) = (arguments.seconds, &arguments.keep);
    if let Some(format) = arguments.tables {
        let name = format!("{format:?}").to_lowercase();
        let make = |random: &mut StdRng| inputs::make(format, random);
        return trials::run(&name, seconds, seed, keep, make, tables::check);
    }
    if let Some(format) = arguments.pictures {
        let name = format!("{format:?}").to_lowercase();
        let make = |random: &mut StdRng| pictures::make(format, random);
        return trials::run(&name, seconds, seed, keep, make, pictures::check);
    }
    if arguments.grids {
        return trials::run("grids", seconds, seed, keep, grids::make, grids::check);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let documents: Vec<Vec<u8>> = arguments
        .documents
        .iter()
        .map(std::fs::read)
        .collect::<Result<_, _>>()?;
    let seed = arguments.seed.unwrap_or_else(rand::random);
    println!("seed {seed}");
    let sandbox = ChildProcess::new(Limits::default());
    let until = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut count = Count::default();
    for number in 0_u64.. {
        if Instant::now() >= until {
            break;
        }
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        let at = usize::try_from(number).unwrap_or(0) % documents.len();
        let document = Bytes::from(damage::damaged(&documents[at], &damage::PDF, &mut random));
        let task = SandboxTask {
            reader: "pdf-text",
            arguments: vec!["1".to_owned(), "-".to_owned(), MAX_PAGES.to_string()],
            document: document.clone(),
        };
        let answer = sandbox.read(task).await?;
        count.add(answer.end, &answer.output);
        if answer.end == SandboxEnd::Crashed {
            std::fs::create_dir_all(&arguments.keep)?;
            let path = arguments.keep.join(format!("crash-{seed}-{number}.pdf"));
            std::fs::write(&path, &document)?;
            println!("crash: {}", path.display());
        }
    }
    println!("{count:#?}");
    let crashed = count.ends.contains_key("Crashed") || count.silent > 0;
    Ok(if crashed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// What became of the documents.
#[derive(Debug, Default)]
struct Count {
    documents: u64,
    ends: BTreeMap<String, u64>,
    refused: u64,
    pages: u64,
    failed_pages: u64,
    capped_pages: u64,
    /// Finished without having said so, or with something that nobody can read.
    silent: u64,
}

impl Count {
    fn add(&mut self, end: SandboxEnd, output: &[u8]) {
        self.documents += 1;
        *self.ends.entry(format!("{end:?}")).or_default() += 1;
        let mut is_ended = false;
        for line in output.split_inclusive(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(TextRecord::Opened { .. }) => {}
                Ok(TextRecord::Refused(_)) => {
                    self.refused += 1;
                    is_ended = true;
                }
                Ok(TextRecord::Page(page)) => {
                    self.pages += 1;
                    self.failed_pages += u64::from(page.failed);
                    self.capped_pages += u64::from(!page.caps.is_empty());
                }
                Ok(TextRecord::Done) => is_ended = true,
                Err(_) => break,
            }
        }
        if end == SandboxEnd::Finished && !is_ended {
            self.silent += 1;
        }
    }
}
