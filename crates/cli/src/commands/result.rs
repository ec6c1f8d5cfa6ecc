//! `docmill result`, and where results go.

use std::io::IsTerminal;
use std::path::Path;

use tokio::io::AsyncWriteExt;

use crate::args::{Download, Form};
use crate::client::{Client, ClientError, ResultQuery};
use crate::display;
use crate::exit::{Exit, Failure};

/// Formats that would garble a terminal.
const BINARY: [&str; 1] = ["xlsx"];

/// Downloads a result.
pub(super) async fn download(client: &Client, arguments: &Download) -> Result<Exit, Failure> {
    let form = &arguments.form;
    let target = Target::of(form)?;
    let query = ResultQuery {
        format: form.format.clone(),
        part: form.part,
        edition: arguments.edition,
        start_index: form.start_index,
        full: form.full,
        variant: form.variant.clone(),
    };
    let mut response = client.result(&arguments.id, &query).await?;
    let mut sink = Sink::open(&target).await?;
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => sink.write(&bytes).await?,
            Ok(None) => break,
            Err(error) => {
                return Err(Failure::from(ClientError::Unreadable(format!(
                    "the download broke off: {error}"
                ))));
            }
        }
    }
    sink.finish().await?;
    if form.is_stored() && client.has_more(&arguments.id, &query).await {
        display::to_stderr(&more(form));
    }
    Ok(Exit::Done)
}

/// A format with a row limit comes in parts: whoever took one should know.
pub(super) fn more(form: &Form) -> String {
    let part = form.part.unwrap_or(1);
    format!(
        "docmill: this is part {part} of several: --part {} brings the next",
        part.saturating_add(1)
    )
}

/// Where a result goes.
pub(super) enum Target<'a> {
    /// Standard output.
    Stdout,
    /// A file.
    File(&'a Path),
}

impl<'a> Target<'a> {
    /// By the flags; refuses to write binary formats to a terminal.
    pub(super) fn of(form: &'a Form) -> Result<Self, Failure> {
        match form.output.as_deref() {
            Some(path) if path != Path::new("-") => Ok(Self::File(path)),
            _ => {
                let binary = form
                    .format
                    .as_deref()
                    .is_some_and(|format| BINARY.contains(&format));
                if binary && std::io::stdout().is_terminal() {
                    return Err(Failure::usage(
                        "this format is not for a terminal: give --output FILE",
                    ));
                }
                Ok(Self::Stdout)
            }
        }
    }
}

/// Takes a result as it comes. A file gets its name when it is whole.
pub(super) enum Sink<'a> {
    /// Standard output.
    Stdout,
    /// A file, under a name of its own until it is whole.
    File {
        /// Where it goes.
        path: &'a Path,
        /// Where it is.
        partial: std::path::PathBuf,
        /// Open for writing.
        file: tokio::fs::File,
    },
}

impl<'a> Sink<'a> {
    /// Opens the target.
    pub(super) async fn open(target: &Target<'a>) -> Result<Self, Failure> {
        let Target::File(path) = target else {
            return Ok(Self::Stdout);
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let partial = path.with_file_name(name);
        let file = tokio::fs::File::create(&partial)
            .await
            .map_err(|error| file_failure(path, &error))?;
        Ok(Self::File { path, partial, file })
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout => display::to_stdout(bytes),
            Self::File { path, file, .. } => file
                .write_all(bytes)
                .await
                .map_err(|error| file_failure(path, &error)),
        }
    }

    /// Gives the file its name.
    pub(super) async fn finish(self) -> Result<(), Failure> {
        let Self::File {
            path,
            partial,
            mut file,
        } = self
        else {
            return Ok(());
        };
        let finished = async {
            file.flush().await?;
            tokio::fs::rename(&partial, path).await
        };
        finished.await.map_err(|error| file_failure(path, &error))
    }
}

fn file_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::from(ClientError::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_gets_its_name_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let form = Form {
            output: Some(folder.path().join("r.csv")),
            ..Form::default()
        };
        let target = Target::of(&form).unwrap();
        let mut sink = Sink::open(&target).await.unwrap();
        sink.write(b"one").await.unwrap();
        sink.write(b"two").await.unwrap();
        assert!(!folder.path().join("r.csv").exists());
        sink.finish().await.unwrap();
        assert_eq!(std::fs::read(folder.path().join("r.csv")).unwrap(), b"onetwo");
        assert!(!folder.path().join("r.csv.part").exists());
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_the_users_mistake() {
        let form = Form {
            output: Some("/nowhere/at/all/r.csv".into()),
            ..Form::default()
        };
        let target = Target::of(&form).unwrap();
        let failure = Sink::open(&target).await.err().unwrap();
        assert_eq!(failure.exit, Exit::Usage);
    }
}
