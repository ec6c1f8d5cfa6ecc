//! `docmill edit`.

use std::path::Path;

use docmill_core::edition::MAX_EDIT_BYTES;
use serde_json::Value;
use tokio::io::AsyncReadExt;

use crate::args::Edit;
use crate::client::{Client, ClientError, ClientResult};
use crate::display;
use crate::exit::{Exit, Failure};

/// Makes the next edition of a job's result.
pub(super) async fn edit(client: &Client, arguments: &Edit, json: bool) -> Result<Exit, Failure> {
    let body = body(&arguments.file).await?;
    let basis = arguments.if_edition.map(|basis| basis.to_string());
    let job = client.edit(&arguments.id, &body, basis.as_deref()).await?;
    if json {
        display::json(&job.raw)?;
    } else {
        display::line(&format!(
            "The result is edited: its newest edition is {}.",
            job.edition.unwrap_or_default()
        ))?;
    }
    Ok(Exit::Done)
}

/// The edit, read no further than the service would take it.
async fn body(path: &Path) -> ClientResult<Value> {
    let most = MAX_EDIT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        tokio::io::stdin().take(most).read_to_end(&mut bytes).await
    } else {
        match tokio::fs::File::open(path).await {
            Ok(file) => file.take(most).read_to_end(&mut bytes).await,
            Err(error) => Err(error),
        }
    };
    read.map_err(|error| ClientError::file(path, error))?;
    if bytes.len() > MAX_EDIT_BYTES {
        return Err(ClientError::file(path, "an edit has at most 1 MB"));
    }
    serde_json::from_slice(&bytes).map_err(|error| ClientError::file(path, format!("no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn what_is_no_edit_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let read = async |bytes: &[u8]| {
            let path = folder.path().join("edit.json");
            std::fs::write(&path, bytes).unwrap();
            body(&path).await.map_err(|error| Failure::from(error).exit)
        };
        assert_eq!(read(b"{\"blocks\":[]}").await.ok(), Some(json!({"blocks": []})));
        let large = format!("\"{}\"", "x".repeat(MAX_EDIT_BYTES));
        for wrong in [&b""[..], b"{", large.as_bytes()] {
            assert_eq!(read(wrong).await.err(), Some(Exit::Usage));
        }
        let missing = body(Path::new("/nowhere/at/all.json")).await.unwrap_err();
        assert_eq!(Failure::from(missing).exit, Exit::Usage);
    }
}
