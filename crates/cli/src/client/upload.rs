//! Files that clients bring themselves: presigned PUTs, parts in parallel, resuming.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::{StreamExt, stream};
use reqwest::header::{CONTENT_LENGTH, ETAG};
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::files::LocalFile;
use super::jobs::{FormFile, NewJob};
use super::model::{FileUpload, Job, UploadPart, UploadedPart, Uploads};
use super::watch::back_off;
use super::{Client, ClientError, ClientResult};

/// Files of at most this size together go with the request; the service takes 4 MB with the form around them.
pub const FORM_LIMIT_BYTES: u64 = 3 << 20;

/// Parts on their way at the same time.
const PARALLEL_PARTS: usize = 4;

/// Tries of one part.
const PART_TRIES: u32 = 4;

/// Rounds of asking for links and using them. Each brings what the last one did not, so this many mean that nothing does.
const MAX_ROUNDS: u32 = 50;

/// A part is held in memory; S3 takes none larger.
const MAX_PART_BYTES: u64 = 5 << 30;

/// Told how many bytes of how many are there.
pub type UploadProgress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

impl Client {
    /// Creates a job from local files and starts it: small ones go with the request, larger ones by signed links.
    /// `created` learns the job's id as soon as there is one, so that an interrupted upload can be resumed.
    pub async fn submit(
        &self,
        new: &NewJob,
        files: &[LocalFile],
        created: &mut (dyn FnMut(&Job) + Send),
        progress: UploadProgress<'_>,
    ) -> ClientResult<Job> {
        let total: u64 = files.iter().map(|file| file.size).sum();
        if total <= FORM_LIMIT_BYTES {
            let mut sent = Vec::with_capacity(files.len());
            for file in files {
                sent.push(FormFile {
                    name: file.name.clone(),
                    content_type: file.content_type.clone(),
                    bytes: file.read().await?,
                });
            }
            let job = self.create(new, &sent).await?;
            created(&job);
            return Ok(job);
        }
        let mut announced: Vec<Value> = Vec::with_capacity(files.len());
        for file in files {
            let sha256 = file.sha256().await?;
            announced.push(json!({
                "name": file.name, "size": file.size, "content_type": file.content_type, "sha256": sha256,
            }));
        }
        let (job, uploads) = self.announce(new, &announced).await?;
        created(&job);
        if job.status != "awaiting_upload" {
            // The same key made this job before, and its files are there.
            return Ok(job);
        }
        self.bring(&job, files, Some(uploads), progress).await
    }

    /// Goes on with an upload that was interrupted, and starts the job.
    pub async fn resume(
        &self,
        id: &str,
        files: &[LocalFile],
        progress: UploadProgress<'_>,
    ) -> ClientResult<Job> {
        let job = self.job(id).await?;
        if job.status != "awaiting_upload" {
            return Ok(job);
        }
        let sizes: Vec<u64> = job.files.iter().map(|file| file.size).collect();
        if sizes != files.iter().map(|file| file.size).collect::<Vec<_>>() {
            return Err(ClientError::Usage(format!(
                "job {id} waits for {}: give the same files, in the same order",
                described(&job)
            )));
        }
        self.bring(&job, files, None, progress).await
    }

    async fn bring(
        &self,
        job: &Job,
        files: &[LocalFile],
        first: Option<Uploads>,
        progress: UploadProgress<'_>,
    ) -> ClientResult<Job> {
        let total: u64 = files.iter().map(|file| file.size).sum();
        let mut there = There::default();
        let mut links = first;
        for _ in 0..MAX_ROUNDS {
            let uploads = match links.take() {
                Some(uploads) => uploads,
                None => self.uploads(&job.job_id).await?,
            };
            there.note(&uploads);
            progress(there.bytes(), total);
            let wanted = wanted(&uploads, files)?;
            if wanted.is_empty() {
                return self.start(&job.job_id, &there.of_multipart()).await;
            }
            let mut sent = stream::iter(wanted)
                .map(|(file, local, part)| async move { (file, part, self.bring_part(local, part).await) })
                .buffer_unordered(PARALLEL_PARTS);
            let mut lost = None;
            while let Some((file, part, result)) = sent.next().await {
                match result {
                    Ok(etag) => there.add(file, part.number, etag, part.size),
                    // Links grow old on a slow line: fresh ones are asked for.
                    Err(ClientError::Refused(refusal))
                        if refusal.status == StatusCode::FORBIDDEN.as_u16() =>
                    {
                        lost = Some(ClientError::Refused(refusal));
                    }
                    Err(error) => return Err(error),
                }
                progress(there.bytes(), total);
            }
            if lost.is_none() && !uploads.more {
                return self.start(&job.job_id, &there.of_multipart()).await;
            }
        }
        Err(ClientError::Unreadable(
            "it never has all parts of the files".to_owned(),
        ))
    }

    async fn bring_part(&self, local: &LocalFile, part: &UploadPart) -> ClientResult<String> {
        let bytes = local.read_span(part.offset, part.size).await?;
        let mut tried = 1;
        loop {
            match self.put_part(part, bytes.clone()).await {
                Err(error) if error.is_passing() && tried < PART_TRIES => {
                    tokio::time::sleep(back_off(tried)).await;
                    tried += 1;
                }
                result => return result,
            }
        }
    }

    /// Uploads one part by its signed link; the ETag that the store gave it, quotes included.
    pub async fn put_part(&self, part: &UploadPart, bytes: Bytes) -> ClientResult<String> {
        let url = Url::parse(&part.url)
            .map_err(|_| ClientError::Unreadable("the link of an upload is no URL".to_owned()))?;
        let mut request = self.http.put(url).header(CONTENT_LENGTH, bytes.len()).body(bytes);
        for (name, value) in &part.headers {
            request = request.header(name, value);
        }
        let response = self.send(request).await?;
        let etag = response
            .headers()
            .get(ETAG)
            .and_then(|etag| Some(etag.to_str().ok()?.to_owned()));
        let status = response.status();
        if status.is_success() {
            return Ok(etag.unwrap_or_default());
        }
        // The store's 403 says that the link is over; the token has no part in it.
        let body = self
            .body(response, super::MAX_REFUSAL_BYTES)
            .await
            .unwrap_or_default();
        let refusal = super::Refusal::read(status.as_u16(), &body, None);
        Err(if status.is_server_error() {
            ClientError::Fault(refusal)
        } else {
            ClientError::Refused(refusal)
        })
    }
}

/// Links with the local file each belongs to.
fn wanted<'a>(
    uploads: &'a Uploads,
    files: &'a [LocalFile],
) -> ClientResult<Vec<(usize, &'a LocalFile, &'a UploadPart)>> {
    let mut wanted = Vec::new();
    for FileUpload { file, parts, .. } in &uploads.uploads {
        for part in parts {
            let local = files.get(*file).filter(|local| {
                let end = part.offset.checked_add(part.size);
                part.size <= MAX_PART_BYTES && end.is_some_and(|end| end <= local.size)
            });
            let local = local
                .ok_or_else(|| ClientError::Unreadable("it asks for parts that are not there".to_owned()))?;
            wanted.push((*file, local, part));
        }
    }
    Ok(wanted)
}

/// The job's files, for people.
fn described(job: &Job) -> String {
    let files: Vec<String> = job
        .files
        .iter()
        .map(|file| format!("{} ({} bytes)", super::printable(&file.name), file.size))
        .collect();
    files.join(", ")
}

/// What is there already.
#[derive(Debug, Default)]
struct There {
    /// By file and number.
    parts: BTreeMap<(usize, u32), UploadedPart>,
    multipart: BTreeSet<usize>,
}

impl There {
    fn note(&mut self, uploads: &Uploads) {
        for upload in &uploads.uploads {
            if upload.method == "multipart" {
                self.multipart.insert(upload.file);
            }
            for part in &upload.uploaded {
                self.add(upload.file, part.number, part.etag.clone(), part.size);
            }
        }
    }

    fn add(&mut self, file: usize, number: u32, etag: String, size: u64) {
        self.parts
            .insert((file, number), UploadedPart { number, etag, size });
    }

    fn bytes(&self) -> u64 {
        self.parts
            .values()
            .fold(0, |sum: u64, part| sum.saturating_add(part.size))
    }

    /// The parts by file, for `start`. A file with an unknown ETag is left out: then the store's own list is taken.
    fn of_multipart(&self) -> Vec<(usize, Vec<UploadedPart>)> {
        self.multipart
            .iter()
            .map(|file| {
                let parts = self.parts.iter().filter(|((of, _), _)| of == file);
                (*file, parts.map(|(_, part)| part.clone()).collect::<Vec<_>>())
            })
            .filter(|(_, parts)| parts.iter().all(|part| !part.etag.is_empty()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(size: u64) -> LocalFile {
        LocalFile {
            path: "x".into(),
            name: "x".into(),
            size,
            content_type: "text/plain".into(),
        }
    }

    fn asks_for(file: usize, offset: u64, size: u64) -> Uploads {
        Uploads {
            uploads: vec![FileUpload {
                file,
                method: "multipart".into(),
                parts: vec![UploadPart {
                    number: 1,
                    offset,
                    size,
                    ..UploadPart::default()
                }],
                ..FileUpload::default()
            }],
            more: false,
        }
    }

    #[test]
    fn only_bytes_that_are_there_can_be_asked_for() {
        let files = [local(100)];
        assert_eq!(wanted(&asks_for(0, 40, 60), &files).unwrap().len(), 1);
        for (file, offset, size) in [(0, 41, 60), (1, 0, 10), (0, u64::MAX, 2), (0, 0, u64::MAX)] {
            assert!(wanted(&asks_for(file, offset, size), &files).is_err());
        }
    }

    #[test]
    fn parts_are_named_once_and_in_order() {
        let mut there = There::default();
        there.note(&asks_for(0, 0, 10));
        there.add(0, 2, "\"b\"".into(), 5);
        there.add(0, 1, "\"a\"".into(), 8);
        there.add(0, 2, "\"c\"".into(), 5);
        assert_eq!(there.bytes(), 13);
        let files = there.of_multipart();
        let named: Vec<(u32, &str)> = files[0]
            .1
            .iter()
            .map(|part| (part.number, part.etag.as_str()))
            .collect();
        assert_eq!(named, [(1, "\"a\""), (2, "\"c\"")]);
        there.add(0, 3, String::new(), 5);
        assert!(there.of_multipart().is_empty(), "an unknown ETag is not made up");
    }
}
