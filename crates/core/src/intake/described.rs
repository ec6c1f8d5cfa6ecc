//! What a request describes: pipeline, settings and files, checked; and what they come to.

use serde_json::{Value, json};

use super::{DeclaredFile, Intake, Submission, clean_file_name, fields};
use crate::ids::sha256_hex;
use crate::pipeline::{Estimate, FileHead, FileSize, Pipeline};
use crate::ports::{FileDetail, RequestDetail};
use crate::problem::{FieldError, Problem};

impl Intake {
    /// The files as they are described, each fit to be brought.
    pub(super) fn declared(
        &self,
        pipeline: &dyn Pipeline,
        files: &[DeclaredFile],
    ) -> Result<Vec<FileDetail>, Problem> {
        let mut details = Vec::with_capacity(files.len());
        for (index, file) in files.iter().enumerate() {
            let name = clean_file_name(&file.name);
            let content_type = content_type(&file.content_type);
            let head = FileHead {
                name: &name,
                content_type: &content_type,
                size: file.size,
                first_bytes: None,
            };
            pipeline.check_file(&head)?;
            let sha256 = file.sha256.as_ref().map(|hash| hash.to_ascii_lowercase());
            if sha256.as_ref().is_some_and(|hash| !is_sha256(hash)) {
                let detail = "A SHA-256 has 64 hexadecimal digits.";
                let field = format!("files[{index}].sha256");
                return Err(Problem::invalid(vec![FieldError::new(
                    field,
                    "INVALID_SHA256",
                    detail,
                )]));
            }
            details.push(FileDetail {
                size: file.size,
                content_type,
                sha256,
                name,
                ..FileDetail::default()
            });
        }
        Ok(details)
    }

    /// Checks everything that needs no look at a file.
    pub(super) fn checked(
        &self,
        submission: &Submission,
        files: usize,
    ) -> Result<(&dyn Pipeline, Value), Problem> {
        fields::check(submission, &self.private_hosts)?;
        let pipeline = self.engine.registry.get(&submission.pipeline).ok_or_else(|| {
            let known: Vec<&str> = self
                .engine
                .registry
                .all()
                .map(|pipeline| pipeline.spec().name)
                .collect();
            let detail = format!("There is no such pipeline. Known are: {}.", known.join(", "));
            Problem::invalid(vec![FieldError::new("pipeline", "UNKNOWN_PIPELINE", detail)])
        })?;
        let spec = pipeline.spec();
        let kind = submission.kind.as_deref();
        if kind.is_some_and(|kind| !spec.kinds.contains(&kind)) || (kind.is_none() && spec.kinds.len() > 1) {
            let detail = match spec.kinds {
                [] => "This pipeline has no kinds.".to_owned(),
                kinds => format!("The kind must be one of: {}.", kinds.join(", ")),
            };
            return Err(Problem::invalid(vec![FieldError::new(
                "kind",
                "UNKNOWN_KIND",
                detail,
            )]));
        }
        let settings = pipeline
            .settings(kind, &submission.settings)
            .map_err(Problem::invalid)?;
        fields::check_count(files, spec.max_files)?;
        Ok((pipeline, settings))
    }
}

/// What a job by this request will come to.
pub(super) fn price(pipeline: &dyn Pipeline, kind: Option<&str>, request: &RequestDetail) -> Estimate {
    price_of(pipeline, kind, &request.settings, &request.files)
}

/// What a job over these files will come to.
pub(super) fn price_of(
    pipeline: &dyn Pipeline,
    kind: Option<&str>,
    settings: &Value,
    files: &[FileDetail],
) -> Estimate {
    let sizes: Vec<FileSize<'_>> = files
        .iter()
        .map(|file| FileSize {
            name: &file.name,
            content_type: &file.content_type,
            size: file.size,
        })
        .collect();
    pipeline.estimate(kind, settings, &sizes)
}

/// SHA-256 over what the request means: its fields and each file's name, size and hash, not the form's bytes.
pub(super) fn content_hash(submission: &Submission, request: &RequestDetail) -> String {
    let files: Vec<Value> = request
        .files
        .iter()
        .map(|file| json!([file.name, file.size, file.content_type, file.sha256]))
        .collect();
    let mut content = json!({
        "pipeline": submission.pipeline,
        "kind": submission.kind,
        "settings": request.settings,
        "priority": submission.priority,
        "label": submission.label,
        "batch_id": submission.batch_id,
        "company_id": submission.company_id,
        "files": files,
    });
    // Left out where there is none, as it was before there were callbacks: keys of that time still hold.
    if let Some(url) = &submission.callback_url {
        content["callback_url"] = json!(url);
    }
    // In one order, whatever the client's was: a library may have objects keep theirs.
    content.sort_all_objects();
    sha256_hex(content.to_string().as_bytes())
}

pub(super) fn content_type(declared: &str) -> String {
    let plain = declared.trim();
    let ok =
        !plain.is_empty() && plain.len() <= 100 && plain.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if ok {
        plain.to_owned()
    } else {
        "application/octet-stream".to_owned()
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
}
