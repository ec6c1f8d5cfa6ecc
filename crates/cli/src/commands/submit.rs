//! `docmill submit`.

use std::sync::{Arc, Mutex, PoisonError};

use crate::args::{Submit, settings_of};
use crate::client::{Client, ClientResult, Job, NewJob};
use crate::display::{self, Screen};
use crate::exit::{Exit, Failure};

/// Makes a job of files, or goes on with an interrupted upload; follows it if asked to.
pub(super) async fn submit(client: &Client, arguments: &Submit, json: bool) -> Result<Exit, Failure> {
    let mut screen = Screen::new(json);
    let job = upload(client, arguments, &mut screen).await?;
    if arguments.watch {
        return super::follow(client, &job.job_id, arguments.via, &mut screen).await;
    }
    screen.finish();
    if json {
        display::json(&job.raw)?;
    } else {
        display::line(&job.job_id)?;
        screen.say(&format!("`docmill watch {}` follows the job", job.job_id));
    }
    Ok(Exit::Done)
}

async fn upload(client: &Client, arguments: &Submit, screen: &mut Screen) -> Result<Job, Failure> {
    let files = super::local_files(&arguments.files).await?;
    let known: Arc<Mutex<Option<String>>> = Arc::default();
    let remember = known.clone();
    let started = std::sync::atomic::AtomicBool::new(false);
    let mut progress = |bytes: u64, total: u64| {
        if bytes > 0 || !started.swap(true, std::sync::atomic::Ordering::Relaxed) {
            screen.upload(bytes, total);
        }
    };
    let mut created = |job: &Job| {
        *remember.lock().unwrap_or_else(PoisonError::into_inner) = Some(job.job_id.clone());
    };
    let work = async {
        let job: ClientResult<Job> = match &arguments.resume {
            Some(id) => {
                *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
                client.resume(id, &files, &mut progress).await
            }
            None => {
                client
                    .submit(&new_job(arguments), &files, &mut created, &mut progress)
                    .await
            }
        };
        job
    };
    let result = super::interruptible("interrupted", work).await;
    let id = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match (result, id) {
        // What is there need not be brought again.
        (Err(failure), Some(id)) if failure.exit != Exit::Refused => Err(Failure {
            exit: failure.exit,
            message: format!(
                "{}; `docmill submit --resume {id} FILE...` goes on with the upload",
                failure.message
            ),
        }),
        (result, _) => {
            if let Ok(job) = &result {
                screen.say(&format!("job {}", crate::client::printable(&job.job_id)));
            }
            result
        }
    }
}

/// A key of our own makes it safe to send the request again when its answer is lost.
fn new_job(arguments: &Submit) -> NewJob {
    let key = arguments.idempotency_key.clone();
    NewJob {
        pipeline: arguments.pipeline.clone(),
        kind: arguments.kind.clone(),
        settings: settings_of(&arguments.settings),
        priority: arguments.priority.map(|priority| priority.as_str().to_owned()),
        label: arguments.label.clone(),
        batch_id: arguments.batch_id.clone(),
        company_id: arguments.company.clone(),
        callback_url: arguments.callback_url.clone(),
        idempotency_key: Some(key.unwrap_or_else(|| docmill_core::ids::hex(&rand::random::<[u8; 16]>()))),
    }
}
