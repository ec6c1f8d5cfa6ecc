//! Timetables to send, and their corrections.

use std::path::{Path, PathBuf};

use docmill_cli::client::{FormFile, Job, NewJob};
use serde_json::json;

use crate::User;

/// A job of the `timetable` pipeline.
pub fn timetable() -> NewJob {
    NewJob {
        pipeline: "timetable".to_owned(),
        ..NewJob::default()
    }
}

/// Where one of the samples lies.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../samples/timetable")
        .join(name)
}

/// One of the samples.
pub fn sample_file(name: &str, content_type: &str) -> FormFile {
    FormFile {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        bytes: std::fs::read(sample(name)).unwrap().into(),
    }
}

impl User {
    /// Gives the first block of the newest edition another name, and saves that as the next edition.
    pub async fn rename_first_block(&self, id: &str, name: &str) -> Job {
        let mut result = self.json(id).await;
        let basis = result["edition"]["number"].to_string();
        let mut tables = result["timetables"].take();
        tables[0]["blocks"][0]["event_name"] = json!(name);
        let body = json!({"timetables": tables});
        self.client.edit(id, &body, Some(&basis)).await.unwrap()
    }
}
