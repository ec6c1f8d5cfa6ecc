//! [`BlobStore`] on S3.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;
use docmill_core::ports::{BlobStore, Fetched, ObjectHead, PortError, PortResult};

use crate::errors;

/// Objects of one bucket.
#[derive(Clone, Debug)]
pub struct S3Blobs {
    client: Client,
    bucket: String,
}

impl S3Blobs {
    /// The objects of `bucket`.
    pub fn new(client: Client, bucket: &str) -> Self {
        Self {
            client,
            bucket: bucket.to_owned(),
        }
    }
}

#[async_trait]
impl BlobStore for S3Blobs {
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead> {
        let size = bytes.len() as u64;
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type);
        let answer = request
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(errors::s3)?;
        Ok(ObjectHead {
            size,
            etag: answer.e_tag().unwrap_or_default().to_owned(),
        })
    }

    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request.set_if_match(etag.map(ToOwned::to_owned));
        let object = match request.send().await {
            Ok(object) => object,
            Err(error) if is_missing(&error) => return Ok(Fetched::Missing),
            Err(error) if errors::status_of(&error) == Some(412) => return Ok(Fetched::Changed),
            Err(error) => return Err(errors::s3(error)),
        };
        // The headers are here and the body is not: leaving it unread costs the connection, not the memory.
        if size_of(object.content_length())? > limit {
            return Ok(Fetched::TooLarge);
        }
        Ok(Fetched::Found(collect(object.body).await?))
    }

    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        // HTTP has no empty ranges.
        let Some(last) = length.checked_sub(1).map(|length| offset.saturating_add(length)) else {
            return Ok(Some(Bytes::new()));
        };
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        match request.range(format!("bytes={offset}-{last}")).send().await {
            Ok(object) => Ok(Some(collect(object.body).await?)),
            Err(error) if is_missing(&error) => Ok(None),
            // The object ends before the range begins.
            Err(error) if errors::status_of(&error) == Some(416) => Ok(Some(Bytes::new())),
            Err(error) => Err(errors::s3(error)),
        }
    }

    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>> {
        match self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(head) => Ok(Some(ObjectHead {
                size: size_of(head.content_length())?,
                etag: head.e_tag().unwrap_or_default().to_owned(),
            })),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(errors::s3(error)),
        }
    }

    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let request = request.set_start_after((!after.is_empty()).then(|| after.to_owned()));
        let request = request.max_keys(i32::try_from(limit.min(PAGE)).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(errors::s3)?;
        let keys = answer.contents().iter().filter_map(|object| object.key());
        Ok(keys.map(ToOwned::to_owned).collect())
    }

    async fn delete(&self, keys: &[String]) -> PortResult<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let incomplete = |error| PortError::Broken(format!("s3: {error}"));
        let objects = keys
            .iter()
            .map(|key| ObjectIdentifier::builder().key(key).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(incomplete)?;
        let objects = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let request = self.client.delete_objects().bucket(&self.bucket);
        let request = request.delete(objects.map_err(incomplete)?);
        let answer = request.send().await.map_err(errors::s3)?;
        match answer.errors().first() {
            None => Ok(()),
            Some(error) => Err(PortError::Unavailable(format!(
                "s3: {} of {} objects not deleted, the first with {}",
                answer.errors().len(),
                keys.len(),
                error.code().unwrap_or_default()
            ))),
        }
    }
}

/// S3 lists and deletes at most so many at a time.
const PAGE: usize = 1_000;

/// Whether there is no such object. (Without permission to list the bucket S3 answers 403 instead, which stays an
/// error: it must not look like an object that is gone.)
fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    errors::status_of(error) == Some(404)
        && error.as_service_error().and_then(ProvideErrorMetadata::code) != Some("NoSuchBucket")
}

fn size_of(content_length: Option<i64>) -> PortResult<u64> {
    content_length
        .and_then(|length| u64::try_from(length).ok())
        .ok_or_else(|| PortError::Broken("s3: an object without a length".to_owned()))
}

async fn collect(body: ByteStream) -> PortResult<Bytes> {
    let broken_off = |error| PortError::Unavailable(format!("s3: the object's body broke off: {error}"));
    Ok(body.collect().await.map_err(broken_off)?.into_bytes())
}
