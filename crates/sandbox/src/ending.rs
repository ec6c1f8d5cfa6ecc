//! What a reader's exit status means.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use docmill_core::ports::PortError;
use docmill_core::sandbox::SandboxEnd;
use rustix::process::Signal;

use crate::protocol::Code;

/// Bytes of the end of stderr that are kept. Rust's last words are a line; what a library writes is of no interest.
pub(crate) const LAST_WORDS_BYTES: usize = 512;

/// How Rust ends a process that asked for memory in vain: this line, and SIGABRT. There is no other sign of it.
const ALLOCATION_FAILED: (&str, &str) = ("memory allocation of ", " bytes failed");

/// Why the parent ended a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It took too long.
    Time,
    /// It wrote too much.
    Output,
}

/// How a child's life ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending<'a> {
    /// Whether the parent ended it.
    pub(crate) stopped: Option<Stopped>,
    /// What the kernel says.
    pub(crate) status: ExitStatus,
    /// The end of what it wrote to stderr.
    pub(crate) last_words: &'a [u8],
}

impl Ending<'_> {
    /// How the reader ended, in a child that came as far as running it.
    pub(crate) fn of_reader(self) -> SandboxEnd {
        match self.stopped {
            Some(Stopped::Time) => return SandboxEnd::OutOfTime,
            Some(Stopped::Output) => return SandboxEnd::TooMuchOutput,
            None => {}
        }
        match (self.status.code().and_then(Code::of), self.status.signal()) {
            (Some(Code::Finished), _) => SandboxEnd::Finished,
            (Some(Code::Memory), _) => SandboxEnd::OutOfMemory,
            (_, Some(signal)) if signal == Signal::XCPU.as_raw() => SandboxEnd::OutOfTime,
            (_, Some(signal)) if signal == Signal::ABORT.as_raw() && self.allocation_failed() => {
                SandboxEnd::OutOfMemory
            }
            _ => SandboxEnd::Crashed,
        }
    }

    /// How the reader ended, in a child that did not come as far as running it; mostly no end of a reader at all.
    pub(crate) fn before_reader(self, reader: &str) -> Result<SandboxEnd, PortError> {
        match self.status.code().map(Code::of) {
            Some(Some(Code::Memory)) => Ok(SandboxEnd::OutOfMemory),
            Some(Some(Code::UnknownReader)) => Err(PortError::Broken(format!("no reader `{reader}`"))),
            // It has not looked at the document, so its words are its own.
            Some(_) => Err(PortError::Broken(format!(
                "`{reader}` could not be run: {}: {:?}",
                self.status,
                String::from_utf8_lossy(self.last_words).trim_end()
            ))),
            // The machine has no time or no memory for it.
            None => Err(PortError::Unavailable(format!(
                "`{reader}` was not begun: {}",
                self.status
            ))),
        }
    }

    fn allocation_failed(self) -> bool {
        let (begin, end) = ALLOCATION_FAILED;
        String::from_utf8_lossy(self.last_words)
            .lines()
            .any(|line| line.starts_with(begin) && line.ends_with(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &[u8] = b"memory allocation of 1073741824 bytes failed\n";

    fn end(status: i32, last_words: &[u8]) -> SandboxEnd {
        ending(None, status, last_words).of_reader()
    }

    fn ending(stopped: Option<Stopped>, status: i32, last_words: &[u8]) -> Ending<'_> {
        Ending {
            stopped,
            status: ExitStatus::from_raw(status),
            last_words,
        }
    }

    /// A wait status of a process that exited.
    fn exit(code: Code) -> i32 {
        (code as i32) << 8
    }

    #[test]
    fn exit_codes_are_ends() {
        assert_eq!(end(exit(Code::Finished), b""), SandboxEnd::Finished);
        assert_eq!(end(exit(Code::ReaderError), b""), SandboxEnd::Crashed);
        assert_eq!(end(exit(Code::Panicked), b""), SandboxEnd::Crashed);
        assert_eq!(end(exit(Code::Memory), b""), SandboxEnd::OutOfMemory);
        assert_eq!(end(101 << 8, b""), SandboxEnd::Crashed);
    }

    #[test]
    fn signals_are_ends() {
        let (abort, kill, segv, xcpu) = (6, 9, 11, 24);
        assert_eq!(end(abort, FAILED), SandboxEnd::OutOfMemory);
        assert_eq!(
            end(abort, b"thread has overflowed its stack"),
            SandboxEnd::Crashed
        );
        assert_eq!(end(abort, b""), SandboxEnd::Crashed);
        assert_eq!(end(xcpu, b""), SandboxEnd::OutOfTime);
        assert_eq!(end(kill, b""), SandboxEnd::Crashed);
        assert_eq!(end(segv, FAILED), SandboxEnd::Crashed);
    }

    #[test]
    fn what_the_parent_did_goes_first() {
        let stopped = |stopped| ending(Some(stopped), 9, FAILED).of_reader();
        assert_eq!(stopped(Stopped::Time), SandboxEnd::OutOfTime);
        assert_eq!(stopped(Stopped::Output), SandboxEnd::TooMuchOutput);
    }

    #[test]
    fn a_child_that_ran_no_reader_is_an_error() {
        let before = |status| ending(None, status, b"why \x1b\n").before_reader("pdf");
        assert_eq!(
            before(exit(Code::UnknownReader)),
            Err(PortError::Broken("no reader `pdf`".to_owned()))
        );
        let setup = "`pdf` could not be run: exit status: 110: \"why \\u{1b}\"";
        assert_eq!(
            before(exit(Code::Setup)),
            Err(PortError::Broken(setup.to_owned()))
        );
        assert_eq!(before(exit(Code::Memory)), Ok(SandboxEnd::OutOfMemory));
        assert!(matches!(before(9), Err(PortError::Unavailable(_))));
        // A program that knows nothing of readers.
        assert!(matches!(before(2 << 8), Err(PortError::Broken(_))));
        assert!(matches!(before(0), Err(PortError::Broken(_))));
    }
}
