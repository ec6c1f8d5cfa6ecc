//! The port that reads untrusted documents where they can do no harm.
//!
//! A document reader is a plain function over bytes. It runs in a process with limits on its memory, its time and what
//! it may write, without credentials and without a network; the caller gets what it wrote, and how it ended.

use std::io::{self, Write};

use async_trait::async_trait;
use bytes::Bytes;

use crate::ports::{PortError, PortResult};

/// Reads a document and writes what it found, as it finds it: what was written before it died is not lost.
pub type DocumentReader =
    fn(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> io::Result<()>;

/// A reader under the name that a process knows it by.
#[derive(Clone, Copy, Debug)]
pub struct NamedReader {
    /// Stable within a release: the process that runs it is the same executable.
    pub name: &'static str,
    /// The function.
    pub read: DocumentReader,
}

/// A document to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxTask {
    /// [`NamedReader::name`].
    pub reader: &'static str,
    /// Small; never from a user without having been checked.
    pub arguments: Vec<String>,
    /// The document.
    pub document: Bytes,
}

/// What a reader did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxAnswer {
    /// What it wrote; cut at any byte unless it [finished](SandboxEnd::Finished).
    pub output: Bytes,
    /// How it ended.
    pub end: SandboxEnd,
}

/// How a reader ended. Every end but the first is the document's fault, or a fault in the reader that it found: the
/// same document ends the same way again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SandboxEnd {
    /// It returned.
    Finished,
    /// It asked for more memory than it may have.
    OutOfMemory,
    /// It used more processor time, or took longer, than it may.
    OutOfTime,
    /// It wrote more than anybody wants to read.
    TooMuchOutput,
    /// It panicked, or a signal ended it.
    Crashed,
}

/// Reads untrusted documents.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Runs a reader over a document. An error says that it could not be run at all; how the reader ended is part of
    /// the answer. Dropping the future ends the reader.
    async fn read(&self, task: SandboxTask) -> PortResult<SandboxAnswer>;
}

/// For a process that accepts or moves jobs and works on none: reads nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSandbox;

#[async_trait]
impl Sandbox for NoSandbox {
    async fn read(&self, task: SandboxTask) -> PortResult<SandboxAnswer> {
        Err(PortError::Broken(format!(
            "`{}` cannot be run here: this process reads no documents",
            task.reader
        )))
    }
}
