//! How soon a request is answered, and how soon a subscriber hears of the job.

use std::time::Instant;

use bytes::Bytes;
use docmill_cli::client::{Client, ClientError, FormFile, NewJob};

use crate::BenchResult;
use crate::measure::Sample;

const TEXT: &str = "La mer était calme. Paul lisait son journal et Marie préparait le café du matin.\n";

/// Submits `runs` small texts one after the other, subscribed to `mine`, and prints a table.
pub async fn run(client: &Client, runs: usize) -> BenchResult<()> {
    let mut socket = client.live().await?;
    socket.subscribe_mine().await?;
    socket.next().await?;
    let new = NewJob {
        pipeline: "novel".to_owned(),
        ..NewJob::default()
    };
    let (mut accepted, mut first_event, mut completed) =
        (Sample::default(), Sample::default(), Sample::default());
    for run in 0..runs + 3 {
        let file = FormFile {
            name: format!("latency-{run}.txt"),
            content_type: "text/plain".to_owned(),
            bytes: Bytes::from_static(TEXT.as_bytes()),
        };
        let sent = Instant::now();
        let files = [file];
        let submit = async {
            let job = client.create(&new, &files).await?;
            Ok::<_, ClientError>((job, sent.elapsed()))
        };
        let listen = async {
            let mut first = None;
            while let Some(frame) = socket.next().await? {
                first.get_or_insert_with(|| sent.elapsed());
                if frame["status"] == "completed" {
                    break;
                }
            }
            Ok::<_, ClientError>((first, sent.elapsed()))
        };
        let (submitted, heard) = futures::join!(submit, listen);
        let ((_, answered), (first, ended)) = (submitted?, heard?);
        // The first runs start processes.
        if run >= 3 {
            accepted.add(answered);
            first_event.add(first.ok_or("the WebSocket closed before the first event")?);
            completed.add(ended);
        }
    }
    println!("| from sending the request, ms | median | min | p95 |\n|---|---|---|---|");
    println!("| 202 | {} |", accepted.cells());
    println!("| first event over WebSocket | {} |", first_event.cells());
    println!("| completed, over WebSocket | {} |", completed.cells());
    if accepted.median_ms() > 30.0 || first_event.median_ms() > 60.0 {
        return Err("above 30 ms to the answer or 60 ms to the first event".into());
    }
    Ok(())
}
