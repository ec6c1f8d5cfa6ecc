//! The platform alone against Celery on Redis: a job of empty chunks on both, in turns.

use std::time::{Duration, Instant};

use bytes::Bytes;
use docmill_cli::client::{Client, FormFile, NewJob};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::BenchResult;
use crate::measure::Sample;

/// Both are polled this often.
const POLL: Duration = Duration::from_millis(10);

/// Longest a job may take.
const LIMIT: Duration = Duration::from_secs(60);

struct Times {
    answered: Duration,
    ended: Duration,
}

async fn docmill(client: &Client, chunks: u32) -> BenchResult<Times> {
    let new = NewJob {
        pipeline: "empty".to_owned(),
        ..NewJob::default()
    };
    let file = FormFile {
        name: "chunks.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: Bytes::from(chunks.to_string()),
    };
    let sent = Instant::now();
    let job = client.create(&new, &[file]).await?;
    let answered = sent.elapsed();
    loop {
        let job = client.job(&job.job_id).await?;
        if job.is_over() {
            if job.status != "completed" || job.processed_chunks != chunks {
                return Err(format!("job {} ended as {}", job.job_id, job.status).into());
            }
            return Ok(Times {
                answered,
                ended: sent.elapsed(),
            });
        }
        wait(sent).await?;
    }
}

async fn peer(http: &reqwest::Client, url: &str, chunks: u32) -> BenchResult<Times> {
    let part = Part::text(chunks.to_string()).file_name("chunks.txt");
    let sent = Instant::now();
    let answer = http
        .post(format!("{url}/jobs"))
        .multipart(Form::new().part("file", part))
        .send()
        .await?;
    let job: Value = answer.error_for_status()?.json().await?;
    let answered = sent.elapsed();
    let show = format!(
        "{url}/jobs/{}",
        job["job_id"].as_str().ok_or("the peer gave no job id")?
    );
    loop {
        let job: Value = http.get(&show).send().await?.json().await?;
        if job["status"] == "completed" {
            return Ok(Times {
                answered,
                ended: sent.elapsed(),
            });
        }
        wait(sent).await?;
    }
}

async fn wait(sent: Instant) -> BenchResult<()> {
    if sent.elapsed() > LIMIT {
        return Err("the job did not end within a minute".into());
    }
    tokio::time::sleep(POLL).await;
    Ok(())
}

/// `runs` jobs of `chunks` empty chunks on each side, in turns; prints a table.
pub async fn run(client: &Client, peer_url: &str, chunks: u32, runs: usize) -> BenchResult<()> {
    let http = reqwest::Client::new();
    let mut samples: [Sample; 4] = Default::default();
    for run in 0..runs + 2 {
        let (ours, theirs) = (
            docmill(client, chunks).await?,
            peer(&http, peer_url, chunks).await?,
        );
        if run >= 2 {
            for (sample, value) in
                samples
                    .iter_mut()
                    .zip([ours.answered, theirs.answered, ours.ended, theirs.ended])
            {
                sample.add(value);
            }
        }
    }
    let [our_answer, their_answer, our_end, their_end] = &samples;
    println!("| {chunks} empty chunks, ms | median | min | p95 |\n|---|---|---|---|");
    println!("| Docmill: upload answered | {} |", our_answer.cells());
    println!("| Celery: upload answered | {} |", their_answer.cells());
    println!("| Docmill: completed | {} |", our_end.cells());
    println!("| Celery: completed | {} |", their_end.cells());
    println!(
        "\nDocmill / Celery: answered {:.2}, completed {:.2}",
        our_answer.median_ms() / their_answer.median_ms(),
        our_end.median_ms() / their_end.median_ms()
    );
    Ok(())
}
