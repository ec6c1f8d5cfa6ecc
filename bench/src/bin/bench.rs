//! Runs one benchmark against the stack that the environment or `.local/stack.env` names.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use docmill_bench::race::Race;
use docmill_bench::{BenchResult, empty, latency, load, requests};
use docmill_cli::client::{Client, FormFile};
use docmill_cli::config::{Overrides, resolve};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Answer and first event of a small job.
    Latency {
        #[arg(long, default_value_t = 50)]
        runs: usize,
    },
    /// A job of empty chunks here and on a Celery peer: with nothing to carry, with a document cut into equal parts on
    /// both sides, and with the document cut into small PDFs on the peer, as the systems it stands for do.
    Platform {
        /// Base URL of the peer.
        #[arg(long)]
        peer: String,
        /// A PDF of at most 4 MB of which the peer makes `chunks` parts.
        #[arg(long)]
        file: PathBuf,
        #[arg(long, default_value_t = 66)]
        chunks: u32,
        #[arg(long, default_value_t = 15)]
        runs: usize,
    },
    /// A French PDF, here by `novel` and on the Celery peer.
    Book {
        /// Base URL of the peer.
        #[arg(long)]
        peer: String,
        /// The PDF, of at most 4 MB.
        #[arg(long)]
        file: PathBuf,
        #[arg(long, default_value_t = 5)]
        runs: usize,
    },
    /// Requests to AWS as a formula.
    Requests,
    /// Many jobs of five empty chunks at once.
    Load {
        #[arg(long, default_value_t = 1000)]
        jobs: usize,
        /// Whose they are, in equal parts.
        #[arg(long, default_value_t = 40)]
        users: usize,
    },
}

#[tokio::main]
async fn main() -> BenchResult<()> {
    let settings = resolve(
        &Overrides::default(),
        |name| std::env::var(name).ok(),
        &std::env::current_dir()?,
    )?;
    let client = Client::new(settings)?;
    match Arguments::parse().what {
        What::Latency { runs } => latency::run(&client, runs).await,
        What::Platform {
            peer,
            file,
            chunks,
            runs,
        } => {
            let document = document(&file)?;
            let carried = empty::file(chunks, &document.bytes);
            let nothing = empty::file(chunks, b"");
            let races = [
                ("nothing carried", nothing.clone(), "jobs", nothing),
                ("a document carried", carried.clone(), "jobs", carried.clone()),
                (
                    "a document carried, as small PDFs there",
                    carried,
                    "pages",
                    document,
                ),
            ];
            for (what, file, peer_path, peer_file) in races {
                let race = Race {
                    title: format!("{chunks} empty chunks, {what}"),
                    pipeline: "empty",
                    peer_path,
                    file,
                    peer_file,
                    chunks: Some(chunks),
                    runs,
                };
                race.run(&client, &peer).await?;
                println!();
            }
            Ok(())
        }
        What::Book { peer, file, runs } => {
            let file = document(&file)?;
            let race = Race {
                title: file.name.clone(),
                pipeline: "novel",
                peer_path: "books",
                peer_file: file.clone(),
                file,
                chunks: None,
                runs,
            };
            race.run(&client, &peer).await
        }
        What::Requests => requests::run(&client).await,
        What::Load { jobs, users } => load::run(jobs, users).await,
    }
}

fn document(path: &Path) -> BenchResult<FormFile> {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(FormFile {
        name: name.to_string_lossy().into_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: std::fs::read(path)?.into(),
    })
}
