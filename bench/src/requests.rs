//! Requests to AWS as a + b × chunks, counted by the meter.

use std::collections::BTreeMap;
use std::time::Duration;

use docmill_cli::client::{Client, Job};

use crate::{BenchResult, empty};

/// What a chunk may cost.
const MAX_PER_CHUNK: f64 = 6.0;

async fn measured(client: &Client, chunks: u32) -> BenchResult<(Job, usize)> {
    let mut socket = client.live().await?;
    socket.subscribe_mine().await?;
    socket.next().await?;
    let (new, file) = empty::job(chunks);
    let id = client.create(&new, &[file]).await?.job_id;
    let mut frames = 0;
    let mut last = String::new();
    while last != "completed" {
        let frame = tokio::time::timeout(Duration::from_secs(60), socket.next()).await??;
        let frame = frame.ok_or("the WebSocket closed before the job ended")?;
        if frame["job_id"] == id.as_str() {
            frames += 1;
            last = frame["status"].as_str().unwrap_or_default().to_owned();
        }
    }
    socket.close().await;
    Ok((client.job(&id).await?, frames))
}

/// Counts a job of 10 chunks and one of 20, and prints the formula.
pub async fn run(client: &Client) -> BenchResult<()> {
    let (small, small_frames) = measured(client, 10).await?;
    let (large, large_frames) = measured(client, 20).await?;
    let mut rows: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (operation, count) in &small.usage.requests {
        rows.entry(operation).or_default().0 = *count;
    }
    for (operation, count) in &large.usage.requests {
        rows.entry(operation).or_default().1 = *count;
    }
    println!("| request | 10 chunks | 20 chunks | a + b × chunks |\n|---|---|---|---|");
    for (operation, (few, many)) in &rows {
        println!("| {operation} | {few} | {many} | {} |", formula(*few, *many).0);
    }
    let total = |pick: fn(&(u64, u64)) -> u64| rows.values().map(pick).sum::<u64>();
    let (text, b) = formula(total(|row| row.0), total(|row| row.1));
    println!(
        "| **all** | {} | {} | **{text}** |",
        total(|row| row.0),
        total(|row| row.1)
    );
    let events = formula(small.version, large.version).0;
    println!(
        "| event writes, apart | {} | {} | {events} |",
        small.version, large.version
    );
    println!("| pushes to one subscriber, apart | {small_frames} | {large_frames} | |");
    if b > MAX_PER_CHUNK {
        return Err(format!("a chunk costs {b} requests; {MAX_PER_CHUNK} are the most").into());
    }
    Ok(())
}

fn formula(ten: u64, twenty: u64) -> (String, f64) {
    let b = (twenty as f64 - ten as f64) / 10.0;
    (format!("{:.1} + {b:.1} × chunks", ten as f64 - b * 10.0), b)
}
