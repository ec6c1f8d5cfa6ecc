//! Runs one benchmark against the stack that the environment or `.local/stack.env` names.

use std::path::PathBuf;

use bytes::Bytes;
use clap::{Parser, Subcommand};
use docmill_bench::race::Race;
use docmill_bench::{BenchResult, latency, requests};
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
    /// A job of empty chunks here and on a Celery peer.
    Platform {
        /// Base URL of the peer.
        #[arg(long)]
        peer: String,
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
        What::Platform { peer, chunks, runs } => {
            let race = Race {
                title: format!("{chunks} empty chunks"),
                pipeline: "empty",
                peer_path: "jobs",
                file: FormFile {
                    name: "chunks.txt".to_owned(),
                    content_type: "text/plain".to_owned(),
                    bytes: Bytes::from(chunks.to_string()),
                },
                runs,
            };
            race.run(&client, &peer).await
        }
        What::Book { peer, file, runs } => {
            let name = file
                .file_name()
                .unwrap_or(file.as_os_str())
                .to_string_lossy()
                .into_owned();
            let race = Race {
                title: name.clone(),
                pipeline: "novel",
                peer_path: "books",
                file: FormFile {
                    name,
                    content_type: "application/pdf".to_owned(),
                    bytes: std::fs::read(&file)?.into(),
                },
                runs,
            };
            race.run(&client, &peer).await
        }
        What::Requests => requests::run(&client).await,
    }
}
