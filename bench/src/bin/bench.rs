//! Runs one benchmark against the stack that the environment or `.local/stack.env` names.

use clap::{Parser, Subcommand};
use docmill_bench::{BenchResult, latency, platform, requests};
use docmill_cli::client::Client;
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
        What::Platform { peer, chunks, runs } => platform::run(&client, &peer, chunks, runs).await,
        What::Requests => requests::run(&client).await,
    }
}
