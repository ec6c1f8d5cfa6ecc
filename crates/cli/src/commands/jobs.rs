//! `docmill jobs`, `show`, `cancel`, `retry` and `delete`.

use serde_json::{Value, json};

use crate::args::{Jobs, Retry};
use crate::client::{Client, Job, JobQuery, printable};
use crate::display::{self, Screen, summary};
use crate::exit::{Exit, Failure};

/// Jobs in one answer of the service.
const PAGE: usize = 100;

/// Lists jobs, newest first.
pub(super) async fn list(client: &Client, arguments: &Jobs, json: bool) -> Result<Exit, Failure> {
    let wanted = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let mut query = JobQuery {
        status: arguments.status.clone(),
        pipeline: arguments.pipeline.clone(),
        batch_id: arguments.batch_id.clone(),
        company_id: arguments.company.clone(),
        ..JobQuery::default()
    };
    let mut jobs: Vec<Job> = Vec::new();
    while jobs.len() < wanted {
        query.limit = Some((wanted - jobs.len()).min(PAGE));
        let page = client.jobs(&query).await?;
        let nothing = page.jobs.is_empty();
        jobs.extend(page.jobs);
        // A page may be empty under a filter and still not be the last; the same cursor twice would never end.
        if page.next_cursor.is_none() || (nothing && page.next_cursor == query.cursor) {
            break;
        }
        query.cursor = page.next_cursor;
    }
    jobs.truncate(wanted);
    if json {
        for job in &jobs {
            display::json(&job.raw)?;
        }
    } else {
        display::to_stdout(summary::table(&jobs).as_bytes())?;
    }
    Ok(Exit::Done)
}

/// Shows one job.
pub(super) async fn show(client: &Client, id: &str, json: bool) -> Result<Exit, Failure> {
    print(&client.job(id).await?, json)
}

/// Cancels a job.
pub(super) async fn cancel(client: &Client, id: &str, json: bool) -> Result<Exit, Failure> {
    let job = client.cancel(id).await?;
    if json {
        return print(&job, true);
    }
    display::line(match job.status.as_str() {
        "cancelled" => "The job is cancelled.",
        _ => "The cancel is accepted: the job ends as soon as nobody works on it any more.",
    })?;
    Ok(Exit::Done)
}

/// Starts the next attempt, over what failed.
pub(super) async fn retry(client: &Client, arguments: &Retry, json: bool) -> Result<Exit, Failure> {
    let job = client.retry(&arguments.id).await?;
    if arguments.watch {
        let mut screen = Screen::new(json);
        return super::follow(client, &job.job_id, arguments.via, &mut screen).await;
    }
    if json {
        return print(&job, true);
    }
    display::line(&format!("Attempt {} is {}.", job.attempt, printable(&job.status)))?;
    Ok(Exit::Done)
}

/// Deletes a job with all that hangs on it.
pub(super) async fn delete(client: &Client, id: &str, json: bool) -> Result<Exit, Failure> {
    client.delete(id).await?;
    if json {
        display::json(&json!({"deleted": id}))?;
    } else {
        display::line("The job is deleted, with its files and results.")?;
    }
    Ok(Exit::Done)
}

fn print(job: &Job, json: bool) -> Result<Exit, Failure> {
    if json {
        let raw = if job.raw == Value::Null {
            json!({"job_id": job.job_id})
        } else {
            job.raw.clone()
        };
        display::json(&raw)?;
    } else {
        display::to_stdout(summary::details(job).as_bytes())?;
    }
    Ok(Exit::Done)
}
