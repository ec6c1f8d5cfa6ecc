//! The parent's side.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Once;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_core::ports::{PortError, PortResult};
use docmill_core::sandbox::{Sandbox, SandboxAnswer, SandboxTask};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::Limits;
use crate::document;
use crate::ending::{Ending, LAST_WORDS_BYTES, Stopped};
use crate::protocol::{Header, Request};

/// The running program, even where its file was replaced or removed.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// What is in a child's environment, and nothing else: no credentials, no proxies. Further arenas would each reserve
/// address space, and a backtrace would read files.
const ENVIRONMENT: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("RUST_BACKTRACE", "0")];

/// Bytes read from a pipe at once: what a pipe holds.
const READ_BYTES: usize = 64 << 10;

/// Reads each document in a process of its own: this program, started again, whose `main` calls [`child`](crate::child).
///
/// Needs a tokio runtime with I/O and time. A child is killed when the thread that started it ends, so the future must
/// not be driven from a short-lived thread, such as one of `spawn_blocking`.
#[derive(Clone, Debug)]
pub struct ChildProcess {
    program: PathBuf,
    limits: Limits,
}

impl Default for ChildProcess {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl ChildProcess {
    /// Readers of this program under `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            program: THIS_PROGRAM.into(),
            limits,
        }
    }

    /// Readers of another program.
    #[must_use]
    pub fn of_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    async fn start(&self, reader: &str, arguments: &[String], document: Bytes) -> PortResult<Child> {
        let max = self.limits.document_bytes;
        if document.len() > max {
            let bytes = document.len();
            return Err(PortError::Broken(format!(
                "a document of {bytes} bytes is not read: {max} are the limit"
            )));
        }
        let sealed = tokio::task::spawn_blocking(move || document::seal(&document)).await;
        let document = sealed.map_err(io::Error::other).flatten().map_err(not_started)?;
        Command::new(&self.program)
            .args(Request::new(&self.limits, reader, arguments).to_arguments())
            .env_clear()
            .envs(ENVIRONMENT)
            .stdin(document)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)
    }

    /// Takes what the child writes until it is done, or ends it where there is a reason to.
    async fn listen(&self, child: &mut Child) -> io::Result<Heard> {
        let mut heard = Heard::default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let max = self.limits.output_bytes.saturating_add(Header::LEN);
        let listening = async {
            tokio::try_join!(
                read_up_to(stdout, max, &mut heard.output),
                read_last(stderr, &mut heard.last_words),
            )?;
            child.wait().await.map_err(Halt::Io)
        };
        heard.stopped = match timeout(self.limits.wall, listening).await {
            Ok(Ok(_)) => None,
            Ok(Err(Halt::TooMuch)) => Some(Stopped::Output),
            Ok(Err(Halt::Io(error))) => return Err(error),
            Err(_) => Some(Stopped::Time),
        };
        if heard.stopped.is_some() && child.try_wait()?.is_none() {
            child.start_kill()?;
        }
        Ok(heard)
    }
}

#[async_trait]
impl Sandbox for ChildProcess {
    async fn read(&self, task: SandboxTask) -> PortResult<SandboxAnswer> {
        let SandboxTask {
            reader,
            arguments,
            document,
        } = task;
        let mut child = self.start(reader, &arguments, document).await?;
        let broke_off = |error: io::Error| PortError::Unavailable(format!("`{reader}` broke off: {error}"));
        let heard = self.listen(&mut child).await.map_err(broke_off)?;
        let ending = Ending {
            stopped: heard.stopped,
            status: child.wait().await.map_err(broke_off)?,
            last_words: &heard.last_words,
        };
        let Some(header) = Header::of(&heard.output) else {
            let end = ending.before_reader(reader)?;
            let output = Bytes::new();
            return Ok(SandboxAnswer { output, end });
        };
        warn_of(header);
        let end = ending.of_reader();
        let output = Bytes::from(heard.output).slice(Header::LEN..);
        Ok(SandboxAnswer { output, end })
    }
}

/// What a child wrote, and whether it was ended.
#[derive(Debug, Default)]
struct Heard {
    output: Vec<u8>,
    last_words: Vec<u8>,
    stopped: Option<Stopped>,
}

/// Why nobody listens any more.
enum Halt {
    TooMuch,
    Io(io::Error),
}

/// Appends all of `from` to `output`, which takes up to `max` bytes.
async fn read_up_to(
    from: Option<impl AsyncRead + Unpin>,
    max: usize,
    output: &mut Vec<u8>,
) -> Result<(), Halt> {
    let Some(mut from) = from else {
        return Ok(());
    };
    while output.len() < max {
        let room = (max - output.len()).min(READ_BYTES);
        output.reserve(room);
        let read = (&mut from).take(room as u64).read_buf(output).await;
        if read.map_err(Halt::Io)? == 0 {
            return Ok(());
        }
    }
    match from.read(&mut [0]).await.map_err(Halt::Io)? {
        0 => Ok(()),
        _ => Err(Halt::TooMuch),
    }
}

/// Reads all of `from` and keeps its end.
async fn read_last(from: Option<impl AsyncRead + Unpin>, last: &mut Vec<u8>) -> Result<(), Halt> {
    let Some(mut from) = from else {
        return Ok(());
    };
    let mut buffer = [0; LAST_WORDS_BYTES];
    loop {
        let read = from.read(&mut buffer).await.map_err(Halt::Io)?;
        if read == 0 {
            return Ok(());
        }
        last.extend_from_slice(&buffer[..read]);
        let surplus = last.len().saturating_sub(LAST_WORDS_BYTES);
        last.drain(..surplus);
    }
}

/// Says once in this process that its readers run without a filter: they are limited, but could open a connection.
fn warn_of(header: Header) {
    static WARNED: Once = Once::new();
    let errno = header.filter_errno;
    if errno != 0 {
        WARNED.call_once(|| tracing::warn!(errno, "readers run without a filter of system calls"));
    }
}

/// What the machine has too little of may be there the next time; a program that is missing will not.
fn not_started(error: io::Error) -> PortError {
    let message = format!("a reader could not be started: {error}");
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::ArgumentListTooLong => PortError::Broken(message),
        _ => PortError::Unavailable(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn taken(bytes: &[u8], max: usize) -> (bool, Vec<u8>) {
        let mut output = Vec::new();
        let all = read_up_to(Some(bytes), max, &mut output).await;
        (all.is_ok(), output)
    }

    #[tokio::test]
    async fn output_is_cut_at_its_limit_and_not_before() {
        let bytes: Vec<u8> = (0..200_000u32).map(|n| n.to_le_bytes()[0]).collect();
        assert_eq!(taken(&bytes, 200_000).await, (true, bytes.clone()));
        assert_eq!(taken(&bytes, 199_999).await, (false, bytes[..199_999].to_vec()));
        assert_eq!(taken(b"", 0).await, (true, Vec::new()));
        assert_eq!(taken(b"x", 0).await, (false, Vec::new()));
    }

    #[tokio::test]
    async fn the_last_words_are_kept() {
        let words: Vec<u8> = (0..10_000u32).flat_map(|n| n.to_le_bytes()).collect();
        let mut last = Vec::new();
        assert!(read_last(Some(&words[..]), &mut last).await.is_ok());
        assert_eq!(last, words[words.len() - LAST_WORDS_BYTES..]);
    }
}
