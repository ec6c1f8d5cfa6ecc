//! `docmill doctor`: the way from the settings to a finished job, step by step.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{Client, ClientError, ClientResult, FormFile, JobQuery, NewJob, watch};
use crate::display::{line, summary};
use crate::exit::{Exit, Failure};

/// A pong comes at once or never.
const PONG_LIMIT: Duration = Duration::from_secs(10);

/// Checks everything a user needs, in the order in which it is needed, and stops at the first thing that is amiss.
pub(super) async fn doctor(client: &Client) -> Result<Exit, Failure> {
    line(&format!("ok  settings: {}", client.base()))?;
    check("the service answers", client.get("/v1/health")).await?;
    let list = JobQuery {
        limit: Some(1),
        ..JobQuery::default()
    };
    check("the token is accepted", client.jobs(&list)).await?;
    check("tables, bucket and queues answer", client.get("/v1/health/deep")).await?;
    check("the WebSocket answers", pong(client)).await?;
    check("a small job completes", small_job(client)).await?;
    Ok(Exit::Done)
}

async fn check<T, E: Into<Failure>>(
    what: &str,
    call: impl Future<Output = Result<T, E>>,
) -> Result<(), Failure> {
    let began = Instant::now();
    let result = call.await;
    let took_ms = began.elapsed().as_millis();
    match result {
        Ok(_) => line(&format!("ok  {what} ({took_ms} ms)")),
        Err(error) => {
            let failure: Failure = error.into();
            Err(Failure {
                exit: failure.exit,
                message: format!("not so: {what}: {}", failure.message),
            })
        }
    }
}

async fn pong(client: &Client) -> ClientResult<()> {
    let silent = || ClientError::Unreachable {
        base: "the WebSocket".to_owned(),
        reason: "no pong came".to_owned(),
    };
    let mut socket = client.live().await?;
    socket.ping().await?;
    let answer = tokio::time::timeout(PONG_LIMIT, socket.next())
        .await
        .map_err(|_| silent())??;
    let is_pong = answer.is_some_and(|answer| answer.get("type").and_then(Value::as_str) == Some("pong"));
    socket.close().await;
    if is_pong { Ok(()) } else { Err(silent()) }
}

async fn small_job(client: &Client) -> Result<(), Failure> {
    let new = NewJob {
        pipeline: "novel".to_owned(),
        label: Some("docmill doctor".to_owned()),
        priority: Some("high".to_owned()),
        ..NewJob::default()
    };
    let file = FormFile {
        name: "doctor.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: "La mer était calme. Le vent soufflait.\n".into(),
    };
    let id = client.create(&new, &[file]).await?.job_id;
    let job = watch(client, &id, None, &mut |_| {}).await?;
    let exit = Exit::of_job(&job.status, job.outcome.as_deref());
    if exit == Exit::Done {
        return Ok(());
    }
    let message = format!("job {id} is {}. {}", job.status, summary::notes(&job).trim_end());
    Err(Failure { exit, message })
}
