//! Files on this machine, on their way to a job.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::{ClientError, ClientResult};

/// A file on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name, without the path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Media type, by its extension.
    pub content_type: String,
}

impl LocalFile {
    /// Looks at a file.
    pub async fn open(path: &Path) -> ClientResult<Self> {
        let metadata = tokio::fs::metadata(path)
            .await
            .map_err(|error| ClientError::file(path, error))?;
        if !metadata.is_file() {
            return Err(ClientError::file(path, "this is not a file"));
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            path: path.to_owned(),
            content_type: content_type(&name).to_owned(),
            name,
            size: metadata.len(),
        })
    }

    /// The whole file.
    pub async fn read(&self) -> ClientResult<Bytes> {
        let bytes = tokio::fs::read(&self.path).await;
        bytes
            .map(Bytes::from)
            .map_err(|error| ClientError::file(&self.path, error))
    }

    /// `size` bytes from `offset`.
    pub(super) async fn read_span(&self, offset: u64, size: u64) -> ClientResult<Bytes> {
        let read = async {
            let mut file = File::open(&self.path).await?;
            file.seek(SeekFrom::Start(offset)).await?;
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
            file.take(size).read_to_end(&mut bytes).await?;
            Ok::<_, std::io::Error>(bytes)
        };
        let bytes = read.await.map_err(|error| ClientError::file(&self.path, error))?;
        if bytes.len() as u64 != size {
            return Err(ClientError::file(
                &self.path,
                "it became shorter while it was read",
            ));
        }
        Ok(Bytes::from(bytes))
    }

    /// SHA-256 in hexadecimal, without the whole file in memory.
    pub async fn sha256(&self) -> ClientResult<String> {
        let hash = async {
            let mut file = File::open(&self.path).await?;
            let mut buffer = vec![0; 1 << 20];
            let mut hasher = Sha256::new();
            loop {
                match file.read(&mut buffer).await? {
                    0 => return Ok::<_, std::io::Error>(docmill_core::ids::hex(&hasher.finalize())),
                    read => hasher.update(&buffer[..read]),
                }
            }
        };
        hash.await.map_err(|error| ClientError::file(&self.path, error))
    }
}

/// Media type by extension, for those that pipelines take.
pub(super) fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "txt" => "text/plain",
        "pdf" => "application/pdf",
        "csv" => "text/csv",
        "json" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "tif" | "tiff" => "image/tiff",
        "ofx" => "application/x-ofx",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_read_by_span() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.TXT");
        std::fs::write(&path, b"0123456789").unwrap();
        let file = LocalFile::open(&path).await.unwrap();
        assert_eq!((file.size, file.content_type.as_str()), (10, "text/plain"));
        assert_eq!(file.read_span(3, 4).await.unwrap().as_ref(), b"3456");
        assert!(file.read_span(8, 4).await.is_err());
        assert_eq!(
            file.sha256().await.unwrap(),
            docmill_core::ids::sha256_hex(b"0123456789")
        );
        assert!(matches!(
            LocalFile::open(folder.path()).await,
            Err(ClientError::File { .. })
        ));
        assert!(matches!(
            LocalFile::open(&folder.path().join("none")).await,
            Err(ClientError::File { .. })
        ));
    }
}
