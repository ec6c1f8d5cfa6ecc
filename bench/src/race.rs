//! One job here and on the Celery peer, in turns: upload to answer, and upload to end.

use std::time::{Duration, Instant};

use docmill_cli::client::{Client, FormFile, NewJob, http_client};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::BenchResult;
use crate::measure::Sample;

/// Both are polled this often.
const POLL: Duration = Duration::from_millis(10);

/// Longest a job may take.
const LIMIT: Duration = Duration::from_secs(120);

/// What is submitted on both sides.
pub struct Race<'a> {
    /// Heading of the table.
    pub title: String,
    /// Our pipeline.
    pub pipeline: &'a str,
    /// Where the peer takes the same file, below its URL.
    pub peer_path: &'a str,
    /// Our file.
    pub file: FormFile,
    /// The peer's.
    pub peer_file: FormFile,
    /// Chunks that both must make of it, if they must.
    pub chunks: Option<u32>,
    /// Runs that count, on each side.
    pub runs: usize,
}

struct Times {
    answered: Duration,
    ended: Duration,
}

impl Race<'_> {
    async fn here(&self, client: &Client) -> BenchResult<Times> {
        let new = NewJob {
            pipeline: self.pipeline.to_owned(),
            ..NewJob::default()
        };
        let sent = Instant::now();
        let job = client.create(&new, std::slice::from_ref(&self.file)).await?;
        let answered = sent.elapsed();
        loop {
            let job = client.job(&job.job_id).await?;
            if job.is_over() {
                if job.status != "completed" || Some(job.processed_chunks) != job.total_chunks {
                    return Err(format!("job {} ended as {}", job.job_id, job.status).into());
                }
                self.same_chunks(job.total_chunks)?;
                return Ok(Times {
                    answered,
                    ended: sent.elapsed(),
                });
            }
            wait(sent).await?;
        }
    }

    async fn there(&self, http: &reqwest::Client, url: &str) -> BenchResult<Times> {
        let part = Part::stream(self.peer_file.bytes.clone())
            .file_name(self.peer_file.name.clone())
            .mime_str(&self.peer_file.content_type)?;
        let sent = Instant::now();
        let answer = http
            .post(format!("{url}/{}", self.peer_path))
            .multipart(Form::new().part("file", part))
            .send()
            .await?;
        let job: Value = answer.error_for_status()?.json().await?;
        let answered = sent.elapsed();
        let id = job["job_id"].as_str().ok_or("the peer gave no job id")?;
        let show = format!("{url}/jobs/{id}");
        loop {
            let job: Value = http.get(&show).send().await?.json().await?;
            if job["status"] == "completed" {
                self.same_chunks(job["chunks"].as_str().and_then(|chunks| chunks.parse().ok()))?;
                return Ok(Times {
                    answered,
                    ended: sent.elapsed(),
                });
            }
            wait(sent).await?;
        }
    }

    fn same_chunks(&self, made: Option<u32>) -> BenchResult<()> {
        match self.chunks {
            Some(chunks) if made != Some(chunks) => {
                Err(format!("{}: {chunks} chunks expected, {made:?} made", self.title).into())
            }
            _ => Ok(()),
        }
    }

    /// Prints a table.
    pub async fn run(&self, client: &Client, peer_url: &str) -> BenchResult<()> {
        let http = http_client().build()?;
        let mut samples: [Sample; 4] = Default::default();
        // The first two start processes.
        for run in 0..self.runs + 2 {
            let (ours, theirs) = (self.here(client).await?, self.there(&http, peer_url).await?);
            if run >= 2 {
                let values = [ours.answered, theirs.answered, ours.ended, theirs.ended];
                for (sample, value) in samples.iter_mut().zip(values) {
                    sample.add(value);
                }
            }
        }
        let [our_answer, their_answer, our_end, their_end] = &samples;
        println!("| {}, ms | median | min | p95 |\n|---|---|---|---|", self.title);
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
}

async fn wait(sent: Instant) -> BenchResult<()> {
    if sent.elapsed() > LIMIT {
        return Err(format!("the job did not end within {} s", LIMIT.as_secs()).into());
    }
    tokio::time::sleep(POLL).await;
    Ok(())
}
