//! [`Transfers`] by presigned S3 requests. Signing is local: only the multipart calls are requests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Part};
use docmill_core::ports::{Completion, PortError, PortResult, SignedRequest, Transfers, UploadedPart};

use crate::errors;

/// Links into one bucket.
#[derive(Clone, Debug)]
pub struct S3Transfers {
    client: Client,
    bucket: String,
}

impl S3Transfers {
    /// Links into `bucket`.
    pub fn new(client: Client, bucket: &str) -> Self {
        Self {
            client,
            bucket: bucket.to_owned(),
        }
    }
}

#[async_trait]
impl Transfers for S3Transfers {
    async fn sign_put(
        &self,
        key: &str,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> PortResult<SignedRequest> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type);
        let request = request.content_length(signed_size(size)?);
        Ok(signed(
            &request.presigned(lasting(life)?).await.map_err(errors::s3)?,
        ))
    }

    async fn begin_multipart(&self, key: &str, content_type: &str) -> PortResult<String> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key);
        let answer = request
            .content_type(content_type)
            .send()
            .await
            .map_err(errors::s3)?;
        let missing = || PortError::Broken("s3: a multipart upload without an id".to_owned());
        answer.upload_id().map(ToOwned::to_owned).ok_or_else(missing)
    }

    async fn sign_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u32,
        size: u64,
        life: Duration,
    ) -> PortResult<SignedRequest> {
        let request = self
            .client
            .upload_part()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(upload_id);
        let request = request
            .part_number(part_number(number)?)
            .content_length(signed_size(size)?);
        Ok(signed(
            &request.presigned(lasting(life)?).await.map_err(errors::s3)?,
        ))
    }

    async fn parts(&self, key: &str, upload_id: &str) -> PortResult<Vec<UploadedPart>> {
        let mut parts = Vec::new();
        let mut after = None;
        loop {
            let request = self
                .client
                .list_parts()
                .bucket(&self.bucket)
                .key(key)
                .upload_id(upload_id);
            let answer = match request.set_part_number_marker(after).send().await {
                Ok(answer) => answer,
                Err(error) if error.code() == Some("NoSuchUpload") => return Ok(Vec::new()),
                Err(error) => return Err(errors::s3(error)),
            };
            parts.extend(answer.parts().iter().filter_map(uploaded));
            after = answer.next_part_number_marker().map(ToOwned::to_owned);
            if answer.is_truncated() != Some(true) || after.is_none() {
                return Ok(parts);
            }
        }
    }

    async fn complete(&self, key: &str, upload_id: &str, parts: &[UploadedPart]) -> PortResult<Completion> {
        if parts.is_empty() {
            return Ok(Completion::BadParts);
        }
        let mut upload = CompletedMultipartUpload::builder();
        for part in parts {
            let number = part_number(part.number)?;
            upload = upload.parts(
                CompletedPart::builder()
                    .part_number(number)
                    .e_tag(&part.etag)
                    .build(),
            );
        }
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(key);
        let error = match request
            .upload_id(upload_id)
            .multipart_upload(upload.build())
            .send()
            .await
        {
            Ok(_) => return Ok(Completion::Done),
            Err(error) => error,
        };
        match error.code() {
            Some("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall") => Ok(Completion::BadParts),
            Some("NoSuchUpload") => Ok(Completion::NoUpload),
            _ => Err(errors::s3(error)),
        }
    }

    async fn sign_get(
        &self,
        key: &str,
        file_name: &str,
        content_type: &str,
        life: Duration,
    ) -> PortResult<String> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request
            .response_content_type(content_type)
            .response_content_disposition(attachment(file_name));
        let presigned = request.presigned(lasting(life)?).await.map_err(errors::s3)?;
        Ok(presigned.uri().to_owned())
    }
}

fn lasting(life: Duration) -> PortResult<PresigningConfig> {
    PresigningConfig::expires_in(life).map_err(|error| PortError::Broken(format!("s3: {error}")))
}

/// What a client has to send. It knows the host from the URL and the length from the body.
fn signed(presigned: &PresignedRequest) -> SignedRequest {
    let sent: BTreeMap<String, String> = presigned
        .headers()
        .filter(|(name, _)| !["host", "content-length"].contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    SignedRequest {
        url: presigned.uri().to_owned(),
        headers: sent,
    }
}

fn signed_size(size: u64) -> PortResult<i64> {
    i64::try_from(size).map_err(|_| PortError::Broken(format!("s3: no object has {size} bytes")))
}

fn part_number(number: u32) -> PortResult<i32> {
    i32::try_from(number).map_err(|_| PortError::Broken(format!("s3: no part has the number {number}")))
}

fn uploaded(part: &Part) -> Option<UploadedPart> {
    Some(UploadedPart {
        number: part.part_number().and_then(|number| u32::try_from(number).ok())?,
        etag: part.e_tag()?.to_owned(),
        size: part
            .size()
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or_default(),
    })
}

/// `Content-Disposition` after RFC 6266: a plain name for old clients, the true one in UTF-8.
fn attachment(file_name: &str) -> String {
    let plain: String = file_name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut exact = String::new();
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(exact, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn download_names_keep_their_letters() {
        assert_eq!(
            attachment("l’été \"1\".csv"),
            "attachment; filename=\"l__t_ _1_.csv\"; filename*=UTF-8''l%E2%80%99%C3%A9t%C3%A9%20%221%22.csv"
        );
    }
}
