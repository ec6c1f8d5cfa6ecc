//! A thousand jobs at once: all end, none twice, for what a job alone costs, in bounded memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use docmill_cli::client::{ClientResult, Job};
use docmill_system_tests::{Stack, User, assert_history};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{BenchResult, empty};

/// Chunks of each job.
const CHUNKS: u32 = 5;

/// Requests of the load generator at the same time.
const AT_ONCE: usize = 32;

/// How far the median of the requests of a job may be from those of a job alone.
const TOLERANCE: f64 = 0.05;

/// What a worker may take: its function has 1,024 MB, and these jobs carry nothing.
const MAX_WORKER_MB: u64 = 256;

/// Longest a job alone may take, and each job of many.
const ALONE: Duration = Duration::from_secs(30);
const EACH: Duration = Duration::from_secs(2);

/// How often is looked whether all is over, and how large the workers are.
const LOOK: Duration = Duration::from_secs(1);

async fn submit(user: &User) -> ClientResult<String> {
    let (new, file) = empty::job(CHUNKS);
    Ok(user.client.create(&new, &[file]).await?.job_id)
}

fn requests(job: &Job) -> u64 {
    job.usage.requests.values().sum()
}

/// Submits `jobs` jobs of `users` users, and prints what became of them.
pub async fn run(jobs: usize, users: usize) -> BenchResult<()> {
    let stack = docmill_system_tests::stack().ok_or("no local stack")?;
    let alone = alone(&stack).await?;
    let users: Vec<User> = stream::iter(0..users)
        .map(|_| stack.user("load"))
        .buffered(AT_ONCE)
        .collect()
        .await;

    let memory = Arc::new(Mutex::new(BTreeMap::new()));
    let watcher = tokio::spawn(watch_memory(stack.clone(), memory.clone()));
    let began = Instant::now();
    let submitted: Vec<(&User, String)> = stream::iter(0..jobs)
        .map(|n| {
            let user = &users[n % users.len()];
            async move {
                let id = submit(user).await?;
                ClientResult::Ok((user, id))
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let accepted = began.elapsed();
    wait_for_all(&stack, began, EACH * u32::try_from(jobs)? + ALONE).await?;
    let ended = began.elapsed();
    watcher.abort();

    let over: Vec<Job> = stream::iter(&submitted)
        .map(|(user, id)| checked(user, id))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for job in &over {
        *statuses.entry(job.status.as_str()).or_default() += 1;
    }
    let mut counts: Vec<u64> = over.iter().map(requests).collect();
    counts.sort_unstable();
    let (least, most) = (counts[0], counts[counts.len() - 1]);
    let median = counts[counts.len() / 2];
    let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    let alone_count = requests(&alone);
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let largest_mb = memory.values().max().copied().unwrap_or(0) / 1024;

    println!(
        "| {jobs} jobs of {CHUNKS} chunks, {} users | |\n|---|---|",
        users.len()
    );
    println!("| accepted after, s | {:.1} |", accepted.as_secs_f64());
    println!("| ended after, s | {:.1} |", ended.as_secs_f64());
    let statuses: Vec<String> = statuses
        .iter()
        .map(|(status, n)| format!("{n} {status}"))
        .collect();
    println!("| ended as | {} |", statuses.join(", "));
    println!("| requests to AWS of a job alone | {alone_count} |");
    println!("| of one among many: median, mean | {median}, {mean:.1} |");
    println!("| least, most | {least}, {most} |");
    println!("| worker processes seen | {} |", memory.len());
    println!("| largest worker at its peak, MB | {largest_mb} |");
    if most > least {
        println!("\n{}", differences(&alone, &over));
    }
    for (what, value) in [("median", median as f64), ("mean", mean)] {
        if (value / alone_count as f64 - 1.0).abs() > TOLERANCE {
            return Err(format!("the {what} of requests is more than 5 % from that of a job alone").into());
        }
    }
    if largest_mb > MAX_WORKER_MB {
        return Err(format!("a worker took {largest_mb} MB; {MAX_WORKER_MB} are the most").into());
    }
    Ok(())
}

/// A job by itself, after one that starts the processes.
async fn alone(stack: &Stack) -> BenchResult<Job> {
    let user = stack.user("alone").await;
    let mut last = None;
    for _ in 0..2 {
        let id = submit(&user).await?;
        wait_for_all(stack, Instant::now(), ALONE).await?;
        last = Some(checked(&user, &id).await?);
    }
    last.ok_or_else(|| "no job was made".into())
}

async fn wait_for_all(stack: &Stack, began: Instant, limit: Duration) -> BenchResult<()> {
    loop {
        let open = stack.open_jobs().await.len();
        if open == 0 {
            return Ok(());
        }
        if began.elapsed() > limit {
            return Err(format!("{open} jobs are open after {} s", limit.as_secs()).into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The job, which must have ended once with each chunk once: every version of it was told once, and the result has every
/// output.
async fn checked(user: &User, id: &str) -> BenchResult<Job> {
    let job = user.client.job(id).await?;
    if job.status != "completed" || job.total_chunks != Some(CHUNKS) || job.processed_chunks != CHUNKS {
        return Err(format!("{:#}", job.raw).into());
    }
    assert_history(&user.history(&job).await, &job);
    // Past the service, whose other functions do not know this pipeline.
    let key = format!("/{}/results/{id}/1/json-1", user.stack.value("DOCMILL_BUCKET"));
    let result = user.stack.aws.rest("s3", "GET", &key, Vec::new()).await.json();
    if result["merged"] != CHUNKS {
        return Err(format!("the result of {id} is {result}").into());
    }
    Ok(job)
}

/// The peak of every worker process, in KB by process id.
async fn watch_memory(stack: Stack, peaks: Arc<Mutex<BTreeMap<u32, u64>>>) {
    loop {
        for pid in stack.worker_processes() {
            if let Some(peak) = peak_kb(pid) {
                peaks
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(pid, peak);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn peak_kb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Mean of each request beside that of a job alone, where they differ.
fn differences(alone: &Job, jobs: &[Job]) -> String {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in jobs.iter().flat_map(|job| &job.usage.requests) {
        *sums.entry(name).or_default() += count;
    }
    let mut table = String::from("| request | alone | mean of many |\n|---|---|---|");
    for (name, sum) in sums {
        let (alone, mean) = (
            alone.usage.requests.get(name).copied().unwrap_or(0),
            sum as f64 / jobs.len() as f64,
        );
        table.push_str(&format!("\n| {name} | {alone} | {mean:.2} |"));
    }
    table
}
