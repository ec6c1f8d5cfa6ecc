//! [`BlobStore`].

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::ids::sha256_hex;
use docmill_core::ports::{BlobStore, Fetched, ObjectHead, PortResult};

use crate::lock;

/// Objects by key.
#[derive(Debug, Default)]
pub struct MemoryBlobs {
    objects: Mutex<BTreeMap<String, Object>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    content_type: String,
    pub(crate) bytes: Bytes,
    etag: String,
}

impl Object {
    fn head(&self) -> ObjectHead {
        ObjectHead {
            size: self.bytes.len() as u64,
            etag: self.etag.clone(),
        }
    }
}

impl MemoryBlobs {
    /// Every key, in order.
    pub fn all_keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }

    /// Removes an object, as retention would; whether it was there.
    pub fn remove(&self, key: &str) -> bool {
        lock(&self.objects).remove(key).is_some()
    }

    /// The media type an object was stored with.
    pub fn content_type(&self, key: &str) -> Option<String> {
        lock(&self.objects)
            .get(key)
            .map(|object| object.content_type.clone())
    }

    pub(crate) fn object(&self, key: &str) -> Option<Object> {
        lock(&self.objects).get(key).cloned()
    }

    pub(crate) fn store(&self, key: &str, content_type: &str, bytes: Bytes) -> ObjectHead {
        let object = Object {
            content_type: content_type.to_owned(),
            etag: etag(&bytes),
            bytes,
        };
        let head = object.head();
        lock(&self.objects).insert(key.to_owned(), object);
        head
    }
}

/// An ETag in the form S3 gives it, quotes included.
pub(crate) fn etag(bytes: &[u8]) -> String {
    format!("\"{:.32}\"", sha256_hex(bytes))
}

/// Whether two ETags name the same content; clients leave the quotes out now and then.
pub(crate) fn same_etag(one: &str, other: &str) -> bool {
    one.trim_matches('"') == other.trim_matches('"')
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead> {
        Ok(self.store(key, content_type, bytes))
    }

    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched> {
        let Some(object) = self.object(key) else {
            return Ok(Fetched::Missing);
        };
        Ok(if etag.is_some_and(|wanted| !same_etag(wanted, &object.etag)) {
            Fetched::Changed
        } else if object.bytes.len() as u64 > limit {
            Fetched::TooLarge
        } else {
            Fetched::Found(object.bytes)
        })
    }

    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        // S3 has no empty ranges, so nobody is asked there either.
        if length == 0 {
            return Ok(Some(Bytes::new()));
        }
        Ok(self.object(key).map(|object| {
            let size = object.bytes.len();
            let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(size);
            object
                .bytes
                .slice(clamp(offset)..clamp(offset.saturating_add(length)))
        }))
    }

    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>> {
        Ok(self.object(key).map(|object| object.head()))
    }

    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>> {
        let objects = lock(&self.objects);
        let behind = objects.keys().filter(|key| key.as_str() > after);
        Ok(behind
            .filter(|key| key.starts_with(prefix))
            .take(limit)
            .cloned()
            .collect())
    }

    async fn delete(&self, keys: &[String]) -> PortResult<()> {
        let mut objects = lock(&self.objects);
        for key in keys {
            objects.remove(key);
        }
        Ok(())
    }
}
