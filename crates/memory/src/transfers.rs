//! [`Transfers`], with the other end of the signed links.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::ports::{Clock, Completion, PortResult, SignedRequest, Transfers, UploadedPart};
use docmill_core::time::Time;

use crate::blobs::{MemoryBlobs, etag, same_etag};
use crate::lock;

/// Signed links (`memory://…`) and multipart uploads.
pub struct MemoryTransfers {
    blobs: Arc<MemoryBlobs>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    /// By URL.
    links: BTreeMap<String, Link>,
    /// By upload id.
    uploads: BTreeMap<String, Upload>,
}

#[derive(Clone, Debug)]
struct Link {
    grant: Grant,
    expires_at: Time,
}

#[derive(Clone, Debug)]
enum Grant {
    Put {
        key: String,
        content_type: String,
        size: u64,
    },
    Part {
        upload_id: String,
        number: u32,
        size: u64,
    },
    Get {
        key: String,
        file_name: String,
        content_type: String,
    },
}

#[derive(Debug)]
struct Upload {
    key: String,
    content_type: String,
    parts: BTreeMap<u32, Bytes>,
}

/// What a signed download link gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Name to save it under.
    pub file_name: String,
    /// Media type.
    pub content_type: String,
    /// The object.
    pub bytes: Bytes,
}

/// Why a signed upload link did not take what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedUpload {
    /// Not a link of ours, or one that is over.
    NoLink,
    /// Another length or media type than was signed.
    NotAsSigned,
    /// The multipart upload is over.
    NoUpload,
}

impl MemoryTransfers {
    /// Links to `blobs` that end in `clock`'s time.
    pub fn new(blobs: Arc<MemoryBlobs>, clock: Arc<dyn Clock>) -> Self {
        Self {
            blobs,
            clock,
            state: Mutex::default(),
        }
    }

    /// Does what a client does with a signed PUT, for a whole object or for a part; the ETag.
    pub fn upload(
        &self,
        url: &str,
        content_type: Option<&str>,
        bytes: Bytes,
    ) -> Result<String, RefusedUpload> {
        let sent = bytes.len() as u64;
        match self.open(url).ok_or(RefusedUpload::NoLink)? {
            Grant::Put {
                key,
                content_type: signed,
                size,
            } => {
                if size != sent || content_type != Some(signed.as_str()) {
                    return Err(RefusedUpload::NotAsSigned);
                }
                Ok(self.blobs.store(&key, &signed, bytes).etag)
            }
            Grant::Part {
                upload_id,
                number,
                size,
            } => {
                if size != sent {
                    return Err(RefusedUpload::NotAsSigned);
                }
                let mut state = lock(&self.state);
                let upload = state.uploads.get_mut(&upload_id).ok_or(RefusedUpload::NoUpload)?;
                let etag = etag(&bytes);
                upload.parts.insert(number, bytes);
                Ok(etag)
            }
            Grant::Get { .. } => Err(RefusedUpload::NoLink),
        }
    }

    /// Does what a client does with a signed GET; `None` when the link is over or the object gone.
    pub fn download(&self, url: &str) -> Option<Download> {
        let Grant::Get {
            key,
            file_name,
            content_type,
        } = self.open(url)?
        else {
            return None;
        };
        let bytes = self.blobs.object(&key)?.bytes;
        Some(Download {
            file_name,
            content_type,
            bytes,
        })
    }

    fn open(&self, url: &str) -> Option<Grant> {
        let now = self.clock.now();
        let state = lock(&self.state);
        state
            .links
            .get(url)
            .filter(|link| link.expires_at > now)
            .map(|link| link.grant.clone())
    }

    fn sign(&self, key: &str, grant: Grant, life: Duration) -> String {
        let expires_at = self.clock.now().plus(life);
        let mut state = lock(&self.state);
        state.last_id += 1;
        let url = format!("memory://{key}?link={}", state.last_id);
        state.links.insert(url.clone(), Link { grant, expires_at });
        url
    }
}

#[async_trait]
impl Transfers for MemoryTransfers {
    async fn sign_put(
        &self,
        key: &str,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> PortResult<SignedRequest> {
        let grant = Grant::Put {
            key: key.to_owned(),
            content_type: content_type.to_owned(),
            size,
        };
        let headers = BTreeMap::from([("content-type".to_owned(), content_type.to_owned())]);
        Ok(SignedRequest {
            url: self.sign(key, grant, life),
            headers,
        })
    }

    async fn begin_multipart(&self, key: &str, content_type: &str) -> PortResult<String> {
        let mut state = lock(&self.state);
        state.last_id += 1;
        let upload_id = format!("upload-{}", state.last_id);
        let upload = Upload {
            key: key.to_owned(),
            content_type: content_type.to_owned(),
            parts: BTreeMap::new(),
        };
        state.uploads.insert(upload_id.clone(), upload);
        Ok(upload_id)
    }

    async fn sign_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u32,
        size: u64,
        life: Duration,
    ) -> PortResult<SignedRequest> {
        let grant = Grant::Part {
            upload_id: upload_id.to_owned(),
            number,
            size,
        };
        Ok(SignedRequest {
            url: self.sign(key, grant, life),
            headers: BTreeMap::new(),
        })
    }

    async fn parts(&self, _key: &str, upload_id: &str) -> PortResult<Vec<UploadedPart>> {
        let state = lock(&self.state);
        let parts = state.uploads.get(upload_id).map(|upload| &upload.parts);
        let part = |(number, bytes): (&u32, &Bytes)| UploadedPart {
            number: *number,
            etag: etag(bytes),
            size: bytes.len() as u64,
        };
        Ok(parts.into_iter().flatten().map(part).collect())
    }

    async fn complete(&self, key: &str, upload_id: &str, parts: &[UploadedPart]) -> PortResult<Completion> {
        let mut state = lock(&self.state);
        let Some(upload) = state.uploads.get(upload_id).filter(|upload| upload.key == key) else {
            return Ok(Completion::NoUpload);
        };
        let rising = parts.windows(2).all(|pair| pair[0].number < pair[1].number);
        let there = |part: &UploadedPart| {
            upload
                .parts
                .get(&part.number)
                .filter(|bytes| same_etag(&etag(bytes), &part.etag))
        };
        let Some(bytes) = parts.iter().map(there).collect::<Option<Vec<_>>>() else {
            return Ok(Completion::BadParts);
        };
        if parts.is_empty() || !rising {
            return Ok(Completion::BadParts);
        }
        let whole: Vec<u8> = bytes.into_iter().flatten().copied().collect();
        self.blobs.store(key, &upload.content_type, whole.into());
        state.uploads.remove(upload_id);
        Ok(Completion::Done)
    }

    async fn sign_get(
        &self,
        key: &str,
        file_name: &str,
        content_type: &str,
        life: Duration,
    ) -> PortResult<String> {
        let grant = Grant::Get {
            key: key.to_owned(),
            file_name: file_name.to_owned(),
            content_type: content_type.to_owned(),
        };
        Ok(self.sign(key, grant, life))
    }
}
