//! Files that clients bring themselves: links, resuming, and the start of the job.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::dues::crowded;
use super::{Accepted, Intake};
use crate::access::{Action, Caller};
use crate::account::Dues;
use crate::audit::Deed;
use crate::ids::JobId;
use crate::job::{Job, Status};
use crate::moves;
use crate::pipeline::FileHead;
use crate::plan::upload_key;
use crate::ports::{Completion, Details, FileDetail, UploadedPart};
use crate::problem::{FieldError, Problem};
use crate::step::Applied;
use crate::time::Time;
use crate::timing::UPLOAD_LINK_LIFE;

/// Files above this size are brought in parts.
pub(super) const MULTIPART_ABOVE_BYTES: u64 = 16 << 20;

/// Size of a part but the last (S3: at least 5 MiB, at most 10,000 parts).
const PART_BYTES: u64 = 8 << 20;

/// S3's limit.
const MAX_PARTS: u64 = 10_000;

/// Links given in one answer.
pub const MAX_PART_LINKS: usize = 500;

/// How one file is to be brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileUpload {
    /// Position in the request's list.
    pub file: usize,
    /// Name.
    pub name: String,
    /// `put`: one request with the whole file; `multipart`: one a part.
    pub method: &'static str,
    /// Parts that are there already.
    pub uploaded: Vec<UploadedPart>,
    /// Links for parts that are missing.
    pub parts: Vec<UploadPart>,
    /// The links are good until then.
    pub expires_at: Time,
}

/// A link for one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UploadPart {
    /// From 1.
    pub number: u32,
    /// Where to `PUT` it.
    pub url: String,
    /// Headers to send; the signed `Content-Length` is not listed, since browsers set it themselves.
    pub headers: std::collections::BTreeMap<String, String>,
    /// First byte in the file.
    pub offset: u64,
    /// Exactly this many bytes.
    pub size: u64,
}

/// What is still to be brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Uploads {
    /// File by file.
    pub uploads: Vec<FileUpload>,
    /// More links are missing than fit in one answer: ask again when these are used.
    pub more: bool,
}

/// Body of `start`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRequest {
    /// Files in parts, with the ETags the store answered; may be left out, then what is there is taken.
    #[serde(default)]
    pub files: Vec<StartFile>,
}

/// One file of [`StartRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartFile {
    /// Position in the request's list.
    pub file: usize,
    /// Its parts.
    #[serde(default)]
    pub parts: Vec<UploadedPart>,
}

impl Intake {
    /// What is there of the job's files, and fresh links for the rest.
    pub async fn uploads(&self, caller: &Caller, id: JobId) -> Result<Uploads, Problem> {
        let granted = self.doors.job(caller, id, Action::BringFiles).await?;
        let job = granted.job();
        if job.status != Status::AwaitingUpload || job.cancel_requested_at.is_some() {
            return Err(not_awaiting(job));
        }
        let details = self.doors.details(&granted).await?;
        self.upload_links(job, &details).await
    }

    /// Links for what is missing, at most [`MAX_PART_LINKS`].
    pub async fn upload_links(&self, job: &Job, details: &Details) -> Result<Uploads, Problem> {
        let mut answer = Uploads::default();
        let mut left = MAX_PART_LINKS;
        for (index, file) in details.request.files.iter().enumerate() {
            let upload = match &file.upload_id {
                None => self.single_link(job, index, file, left).await?,
                Some(upload_id) => self.part_links(job, index, file, upload_id, left).await?,
            };
            let missing = missing_parts(file, &upload.uploaded) > upload.parts.len();
            answer.more |= missing;
            left -= upload.parts.len();
            answer.uploads.push(upload);
        }
        Ok(answer)
    }

    async fn single_link(
        &self,
        job: &Job,
        index: usize,
        file: &FileDetail,
        left: usize,
    ) -> Result<FileUpload, Problem> {
        let key = upload_key(job.id, index);
        let mut upload = self.file_upload(index, file, "put");
        // A job of version 1 was created just now: nothing can be there yet.
        let young = self.engine.clock.now().since(job.created_at).as_secs() < 1;
        if !young
            && let Some(head) = self.engine.blobs.head(&key).await?
            && head.size == file.size
        {
            upload.uploaded.push(UploadedPart {
                number: 1,
                etag: head.etag,
                size: head.size,
            });
        } else if left > 0 {
            let signed = self
                .transfers
                .sign_put(&key, &file.content_type, file.size, UPLOAD_LINK_LIFE)
                .await?;
            let part = UploadPart {
                number: 1,
                url: signed.url,
                headers: signed.headers,
                offset: 0,
                size: file.size,
            };
            upload.parts.push(part);
        }
        Ok(upload)
    }

    async fn part_links(
        &self,
        job: &Job,
        index: usize,
        file: &FileDetail,
        upload_id: &str,
        left: usize,
    ) -> Result<FileUpload, Problem> {
        let key = upload_key(job.id, index);
        let mut upload = self.file_upload(index, file, "multipart");
        upload.uploaded = self
            .transfers
            .parts(&key, upload_id)
            .await?
            .into_iter()
            .filter(|part| part_span(file.size, part.number).is_some_and(|(_, size)| size == part.size))
            .collect();
        let there: BTreeSet<u32> = upload.uploaded.iter().map(|part| part.number).collect();
        let missing = (1..=part_count(file.size))
            .filter(|number| !there.contains(number))
            .take(left);
        for number in missing {
            let Some((offset, size)) = part_span(file.size, number) else {
                continue;
            };
            let signed = self
                .transfers
                .sign_part(&key, upload_id, number, size, UPLOAD_LINK_LIFE)
                .await?;
            upload.parts.push(UploadPart {
                number,
                url: signed.url,
                headers: signed.headers,
                offset,
                size,
            });
        }
        Ok(upload)
    }

    fn file_upload(&self, index: usize, file: &FileDetail, method: &'static str) -> FileUpload {
        FileUpload {
            file: index,
            name: file.name.clone(),
            method,
            uploaded: Vec::new(),
            parts: Vec::new(),
            expires_at: self.engine.clock.now().plus(UPLOAD_LINK_LIFE),
        }
    }

    /// Completes the uploads, checks them and queues the job. Idempotent.
    pub async fn start(
        &self,
        caller: &Caller,
        id: JobId,
        request: &StartRequest,
    ) -> Result<Accepted, Problem> {
        self.engine.meter.take();
        let granted = self.doors.job(caller, id, Action::BringFiles).await?;
        let job = granted.job();
        let mut details = self.doors.details(&granted).await?;
        match job.status {
            Status::AwaitingUpload if job.cancel_requested_at.is_none() => {}
            Status::Queued | Status::Processing | Status::Completed => {
                return Ok(Accepted::of(&granted, details));
            }
            _ => return Err(not_awaiting(job)),
        }
        let pipeline = self.engine.pipeline(job)?;
        for index in 0..details.request.files.len() {
            let file = &details.request.files[index];
            self.complete_parts(id, index, file, request).await?;
            let etag = self.check_uploaded(id, index, file, pipeline).await?;
            details.request.files[index].etag = Some(etag);
        }
        self.engine
            .details
            .put_request(id, &details.request, job.expires_at)
            .await?;
        let mut usage = self.engine.meter.take();
        usage.count("dynamodb.update");
        usage.count("sqs.send");
        // The audit entry.
        usage.count("dynamodb.put");
        let now = self.engine.clock.now();
        let step = moves::enqueue(now, &self.engine.timing, pipeline.spec().stages.queued(), usage);
        let enqueued = self.engine.enqueue(job, step, &Dues::default()).await?;
        match enqueued.map_err(|_| crowded())? {
            Applied::Yes(job) => {
                let noted = self.note_job(caller, granted.standings(), Deed::JobStarted, &job);
                futures::join!(self.queue(&job), noted);
                Ok(Accepted::of(&granted.now(*job), details))
            }
            Applied::Refused(current) if matches!(current.status, Status::Queued | Status::Processing) => {
                Ok(Accepted::of(&granted.now(*current), details))
            }
            Applied::Refused(current) => Err(not_awaiting(&current)),
            Applied::Unknown => Err(Problem::job_not_found()),
        }
    }

    async fn complete_parts(
        &self,
        id: JobId,
        index: usize,
        file: &FileDetail,
        request: &StartRequest,
    ) -> Result<(), Problem> {
        let Some(upload_id) = &file.upload_id else {
            return Ok(());
        };
        let key = upload_key(id, index);
        let named = request
            .files
            .iter()
            .find(|named| named.file == index)
            .map(|named| named.parts.clone());
        let mut parts = match named.filter(|parts| !parts.is_empty()) {
            Some(parts) if parts.len() as u64 > MAX_PARTS => return Err(bad_parts(index)),
            Some(parts) => parts,
            None => self.transfers.parts(&key, upload_id).await?,
        };
        parts.sort_by_key(|part| part.number);
        if parts.is_empty() {
            // Either nothing was brought, or an earlier start completed it: the check of the object tells.
            return Ok(());
        }
        match self.transfers.complete(&key, upload_id, &parts).await? {
            Completion::Done | Completion::NoUpload => Ok(()),
            Completion::BadParts => Err(bad_parts(index)),
        }
    }

    async fn check_uploaded(
        &self,
        id: JobId,
        index: usize,
        file: &FileDetail,
        pipeline: &dyn crate::pipeline::Pipeline,
    ) -> Result<String, Problem> {
        let key = upload_key(id, index);
        let head = self.engine.blobs.head(&key).await?.ok_or_else(|| {
            Problem::conflict(
                "UPLOAD_INCOMPLETE",
                format!(
                    "The file \"{}\" is not there yet. Please finish its upload.",
                    file.name
                ),
            )
        })?;
        if head.size != file.size {
            return Err(Problem::invalid(vec![FieldError::new(
                format!("files[{index}].size"),
                "SIZE_MISMATCH",
                format!(
                    "The file \"{}\" has {} bytes; {} were announced.",
                    file.name, head.size, file.size
                ),
            )]));
        }
        let sample = self
            .engine
            .blobs
            .get_range(&key, 0, FileHead::SAMPLE_BYTES.min(file.size))
            .await?;
        let head_of_file = FileHead {
            name: &file.name,
            content_type: &file.content_type,
            size: file.size,
            first_bytes: sample.as_deref(),
        };
        pipeline.check_file(&head_of_file)?;
        Ok(head.etag)
    }
}

fn part_bytes(size: u64) -> u64 {
    PART_BYTES.max(size.div_ceil(MAX_PARTS))
}

fn part_count(size: u64) -> u32 {
    u32::try_from(size.div_ceil(part_bytes(size))).unwrap_or(u32::MAX)
}

/// Offset and size of part `number` of a file of `size` bytes.
fn part_span(size: u64, number: u32) -> Option<(u64, u64)> {
    let offset = u64::from(number.checked_sub(1)?) * part_bytes(size);
    (offset < size).then(|| (offset, part_bytes(size).min(size - offset)))
}

fn missing_parts(file: &FileDetail, uploaded: &[UploadedPart]) -> usize {
    let wanted = if file.upload_id.is_some() {
        part_count(file.size) as usize
    } else {
        1
    };
    wanted.saturating_sub(uploaded.len())
}

fn not_awaiting(job: &Job) -> Problem {
    Problem::conflict(
        "NOT_AWAITING_UPLOAD",
        format!("The job does not wait for files: it is {}.", job.status),
    )
}

fn bad_parts(index: usize) -> Problem {
    Problem::invalid(vec![FieldError::new(
        format!("files[{index}].parts"),
        "PARTS_MISMATCH",
        "The parts named are not those that were uploaded. Ask for the upload's state and send what is missing.",
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_file_without_gaps() {
        for size in [MULTIPART_ABOVE_BYTES + 1, 50 << 20, 5 << 30, 100 << 30] {
            let count = part_count(size);
            assert!(u64::from(count) <= MAX_PARTS);
            let mut next = 0;
            for number in 1..=count {
                let (offset, bytes) = part_span(size, number).unwrap();
                assert_eq!(offset, next);
                assert!(
                    bytes >= 5 << 20 || number == count,
                    "S3 wants 5 MiB but in the last part"
                );
                next += bytes;
            }
            assert_eq!(next, size);
            assert_eq!(part_span(size, count + 1), None);
            assert_eq!(part_span(size, 0), None);
        }
    }
}
