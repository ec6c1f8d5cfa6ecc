//! One file a command; each is arguments in, exit code out.

mod doctor;
mod edit;
mod jobs;
mod result;
mod run;
mod submit;

use std::path::Path;

use clap::CommandFactory;

use crate::args::{Cli, Command, Global};
use crate::client::{Client, ClientError, ClientResult, Job, ResultQuery, Via, watch};
use crate::config;
use crate::display::{self, Screen, summary};
use crate::exit::{Exit, Failure};

/// Does what the command line says.
pub async fn run(cli: Cli) -> Result<Exit, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Submit(arguments) => submit::submit(&client(global)?, arguments, global.json).await,
        Command::Watch(arguments) => {
            let mut screen = Screen::new(global.json);
            follow(&client(global)?, &arguments.id, arguments.via, &mut screen).await
        }
        Command::Jobs(arguments) => jobs::list(&client(global)?, arguments, global.json).await,
        Command::Show(arguments) => jobs::show(&client(global)?, &arguments.id, global.json).await,
        Command::Cancel(arguments) => jobs::cancel(&client(global)?, &arguments.id, global.json).await,
        Command::Retry(arguments) => jobs::retry(&client(global)?, arguments, global.json).await,
        Command::Delete(arguments) => jobs::delete(&client(global)?, &arguments.id, global.json).await,
        Command::Result(arguments) => result::download(&client(global)?, arguments).await,
        Command::Edit(arguments) => edit::edit(&client(global)?, arguments, global.json).await,
        Command::Run(arguments) => run::run(arguments, global.json).await,
        Command::Doctor => doctor::doctor(&client(global)?).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "docmill", &mut script);
            display::to_stdout(&script)?;
            Ok(Exit::Done)
        }
    }
}

/// A client by the settings of this place.
fn client(global: &Global) -> Result<Client, Failure> {
    let here = std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_owned());
    let settings = config::resolve(&global.overrides(), |name| std::env::var(name).ok(), &here)?;
    Ok(Client::new(settings)?)
}

/// Follows a job to its end and shows what it brought.
async fn follow(client: &Client, id: &str, via: Option<Via>, screen: &mut Screen) -> Result<Exit, Failure> {
    let hint = format!("the job goes on: `docmill watch {id}` follows it");
    let mut show = |event: &crate::client::Event| screen.event(event);
    let job = interruptible(&hint, watch(client, id, via, &mut show)).await?;
    screen.finish();
    report(client, &job, screen.is_json()).await?;
    Ok(Exit::of_job(&job.status, job.outcome.as_deref()))
}

/// Shows an ended job: what stands in its result, what it took, where everything is.
async fn report(client: &Client, job: &Job, json: bool) -> Result<(), Failure> {
    if json {
        return display::json(&job.raw);
    }
    display::line("")?;
    if job.status == "completed" {
        let query = ResultQuery {
            format: Some("json".to_owned()),
            ..ResultQuery::default()
        };
        // A result of another form, or too large to look into, is still there to be downloaded.
        let shown = match client.result_bytes(&job.job_id, &query).await {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .ok()
                .and_then(|result| summary::sentences(&result)),
            Err(_) => None,
        };
        display::to_stdout(shown.unwrap_or_default().as_bytes())?;
    } else {
        display::line(&format!("The job is {}.", crate::client::printable(&job.status)))?;
    }
    let rest = [
        summary::totals(job),
        summary::notes(job),
        "\n".to_owned(),
        summary::links(client.base(), job),
    ];
    display::to_stdout(rest.concat().as_bytes())
}

/// Gives up waiting when the keyboard says so; `hint` tells how to go on.
async fn interruptible<T>(hint: &str, work: impl Future<Output = ClientResult<T>>) -> Result<T, Failure> {
    tokio::select! {
        done = work => done.map_err(Failure::from),
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure {
            exit: Exit::Interrupted,
            message: hint.to_owned(),
        }),
    }
}

/// Reads local files' names and sizes.
async fn local_files(paths: &[std::path::PathBuf]) -> Result<Vec<crate::client::LocalFile>, ClientError> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        files.push(crate::client::LocalFile::open(path).await?);
    }
    Ok(files)
}
