//! Pictures of text, read here: [`Reader`] over a sandbox and the networks that come with the installation.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::reader::{PagePicture, ReadExpense, ReadFailure, ReadPage, ReadWord, Reader};
use docmill_core::sandbox::{Sandbox, SandboxEnd, SandboxTask};
use docmill_documents::ocr::{DETECTOR_FILE, RECOGNISER_FILE, ScanJob, ScannedWord};

use crate::rows;

/// Name of the reader that a sandbox knows.
pub(crate) const READER: &str = "ocr";

/// Reads pictures in a process of their own.
#[derive(Clone)]
pub struct BuiltinReader {
    sandbox: Arc<dyn Sandbox>,
    folder: PathBuf,
    networks: Arc<OnceLock<Option<Bytes>>>,
}

impl BuiltinReader {
    /// With the networks in `folder`, which are looked for when the first page comes, and kept.
    pub fn new(sandbox: Arc<dyn Sandbox>, folder: impl Into<PathBuf>) -> Self {
        Self {
            sandbox,
            folder: folder.into(),
            networks: Arc::default(),
        }
    }

    /// The networks as [`ScanJob`] wants them; `None` where they are not.
    fn networks(&self) -> Option<&Bytes> {
        let packed = || {
            let file = |name| {
                let path = self.folder.join(name);
                let read = std::fs::read(&path);
                read.inspect_err(
                    |error| tracing::error!(path = %path.display(), %error, "no pictures are read"),
                )
                .ok()
            };
            Some(ScanJob::pack(&file(DETECTOR_FILE)?, &file(RECOGNISER_FILE)?).into())
        };
        self.networks.get_or_init(packed).as_ref()
    }
}

/// Where the networks are: in the folder that `DOCMILL_MODELS` names, else in `models` beside the running program, where
/// they are packed with it.
pub fn networks_folder() -> PathBuf {
    let named = std::env::var_os("DOCMILL_MODELS").filter(|folder| !folder.is_empty());
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join("models"));
    named.map(PathBuf::from).or_else(beside).unwrap_or_default()
}

/// Whether the networks are in a folder.
pub fn has_networks(folder: &Path) -> bool {
    [DETECTOR_FILE, RECOGNISER_FILE]
        .iter()
        .all(|name| folder.join(name).is_file())
}

#[async_trait]
impl Reader for BuiltinReader {
    fn is_installed(&self) -> bool {
        has_networks(&self.folder)
    }

    fn is_paid(&self) -> bool {
        false
    }

    fn knows_expenses(&self) -> bool {
        false
    }

    async fn read(&self, page: &PagePicture) -> Result<ReadPage, ReadFailure> {
        let networks = self.networks().ok_or(ReadFailure::NotInstalled)?;
        let header = rows::header(page).map_err(|error| ReadFailure::Unreadable(error.to_string()))?;
        let task = SandboxTask {
            reader: READER,
            arguments: Vec::new(),
            document: [&networks[..], &header, &page.rows].concat().into(),
        };
        let answer = self
            .sandbox
            .read(task)
            .await
            .map_err(|error| ReadFailure::Unavailable(error.to_string()))?;
        if answer.end != SandboxEnd::Finished {
            tracing::warn!(end = ?answer.end, "a reader of pictures died");
            return Err(ReadFailure::Unreadable("its reader gave it up".to_owned()));
        }
        let read: Vec<ScannedWord> = serde_json::from_slice(&answer.output).map_err(|error| {
            tracing::error!(%error, "a reader of pictures wrote something else");
            ReadFailure::Unreadable("its reader gave it up".to_owned())
        })?;
        let words = read.into_iter().map(|word| ReadWord {
            text: word.text,
            corners: word.corners,
            confidence: word.confidence,
        });
        Ok(ReadPage {
            words: words.collect(),
        })
    }

    async fn read_expense(&self, _page: &PagePicture) -> Result<ReadExpense, ReadFailure> {
        Err(ReadFailure::NotInstalled)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use docmill_core::sandbox::NamedReader;
    use docmill_documents::picture::Rows;
    use docmill_memory::InProcess;
    use futures::executor::block_on;

    use super::*;

    fn page() -> PagePicture {
        PagePicture {
            width: 3,
            height: 2,
            channels: 1,
            milli_dpi: 0,
            rows: Bytes::from_static(b"abcdef"),
        }
    }

    fn echo(_arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
        let job = ScanJob::unpack(document)?;
        assert_eq!(
            (&job.detector[..], &job.recogniser[..]),
            (&b"where"[..], &b"what"[..])
        );
        let rows = Rows::parse(job.document).map_err(io::Error::other)?;
        assert_eq!(
            (rows.width(), rows.height(), rows.bytes()),
            (3, 2, &b"abcdef"[..])
        );
        output.write_all(br#"[{"text":"Il","corners":[[0,0],[2,0],[2,1],[0,1]],"confidence":0.5,"line":0}]"#)
    }

    fn give_up(_: &[String], _: Vec<u8>, _: &mut dyn Write) -> io::Result<()> {
        Err(io::Error::other("no"))
    }

    fn reader(read: docmill_core::sandbox::DocumentReader, folder: &Path) -> BuiltinReader {
        let sandbox = InProcess::new(vec![NamedReader { name: READER, read }]);
        BuiltinReader::new(Arc::new(sandbox), folder)
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(DETECTOR_FILE), "where").unwrap();
        std::fs::write(folder.path().join(RECOGNISER_FILE), "what").unwrap();
        folder
    }

    #[test]
    fn a_page_goes_to_the_sandbox_with_the_networks() {
        let folder = folder();
        let reader = reader(echo, folder.path());
        assert!(reader.is_installed() && !reader.is_paid());
        let read = block_on(reader.read(&page())).unwrap();
        assert_eq!(read.words[0].text, "Il");
        assert_eq!(read.words[0].corners[2], (2.0, 1.0));
    }

    #[test]
    fn what_its_reader_gives_up_is_unreadable() {
        let folder = folder();
        let read = block_on(reader(give_up, folder.path()).read(&page()));
        assert!(matches!(read, Err(ReadFailure::Unreadable(_))));
    }

    #[test]
    fn without_networks_there_is_no_reader() {
        let empty = tempfile::tempdir().unwrap();
        let reader = reader(echo, empty.path());
        assert!(!reader.is_installed());
        assert_eq!(block_on(reader.read(&page())), Err(ReadFailure::NotInstalled));
    }

    #[test]
    fn a_size_that_is_none_is_not_sent() {
        let folder = folder();
        let nothing = PagePicture { width: 0, ..page() };
        let read = block_on(reader(echo, folder.path()).read(&nothing));
        assert!(matches!(read, Err(ReadFailure::Unreadable(_))));
    }
}
