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
use crate::transact::pause;

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
        let mut attempt = 0;
        loop {
            attempt += 1;
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
            if let Some(bytes) = collect(object.body, attempt).await? {
                return Ok(Fetched::Found(bytes));
            }
        }
    }

    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>> {
        // HTTP has no empty ranges.
        let Some(last) = length.checked_sub(1).map(|length| offset.saturating_add(length)) else {
            return Ok(Some(Bytes::new()));
        };
        let mut attempt = 0;
        loop {
            attempt += 1;
            let request = self.client.get_object().bucket(&self.bucket).key(key);
            let object = match request.range(format!("bytes={offset}-{last}")).send().await {
                Ok(object) => object,
                Err(error) if is_missing(&error) => return Ok(None),
                // The object ends before the range begins.
                Err(error) if errors::status_of(&error) == Some(416) => return Ok(Some(Bytes::new())),
                Err(error) => return Err(errors::s3(error)),
            };
            if let Some(bytes) = collect(object.body, attempt).await? {
                return Ok(Some(bytes));
            }
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

/// Times that a body is asked for; as often as the SDK sends a request.
const BODY_TRIES: u32 = 4;

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

/// The body, or `None` where it broke off and is to be asked for again. The SDK repeats requests, but it is through with
/// one when the headers are there; and a chunk, which has three tries, should not lose one for a connection.
async fn collect(body: ByteStream, attempt: u32) -> PortResult<Option<Bytes>> {
    match body.collect().await {
        Ok(bytes) => Ok(Some(bytes.into_bytes())),
        Err(error) if attempt < BODY_TRIES => {
            tracing::debug!(%error, attempt, "an object's body broke off");
            pause(attempt).await;
            Ok(None)
        }
        Err(error) => Err(PortError::Unavailable(format!(
            "s3: the object's body broke off: {error}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;

    use super::*;
    use crate::Clients;
    use crate::http::LazyHttpClient;

    /// An S3 of one object, `whole`, whose first answers break off in the middle of it.
    async fn breaking_off(times: usize) -> S3Blobs {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for (n, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 8192]).unwrap();
                let body = if n < times { "wh" } else { "whole" };
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n";
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(LazyHttpClient::default())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(url);
        S3Blobs::new(Clients::from_config(config.load().await).s3(), "bucket")
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_read_again() {
        let whole = Bytes::from_static(b"whole");
        let blobs = breaking_off(2).await;
        assert_eq!(blobs.get_range("key", 0, 5).await, Ok(Some(whole.clone())));
        let blobs = breaking_off(2).await;
        assert_eq!(blobs.get("key", None, 5).await, Ok(Fetched::Found(whole)));
    }

    #[tokio::test]
    async fn a_body_that_always_breaks_off_is_an_error_that_may_pass() {
        let blobs = breaking_off(usize::MAX).await;
        let read = blobs.get("key", None, 5).await;
        assert!(matches!(read, Err(PortError::Unavailable(_))), "{read:?}");
    }
}
