//! What parent and child tell each other. Both are the same executable, so nothing here has versions.

use std::ffi::OsString;
use std::process::ExitCode;

use rustix::process::Pid;

use crate::Limits;

/// The first argument of a process that is a reader.
pub(crate) const ARGUMENT: &str = "--docmill-reader";

/// What the child is told on its command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Whose child it is.
    pub(crate) parent: u32,
    /// Address space in bytes.
    pub(crate) memory_bytes: u64,
    /// Processor time in seconds.
    pub(crate) cpu_s: u64,
    /// Bytes of the document at most.
    pub(crate) document_bytes: u64,
    /// The reader's name.
    pub(crate) reader: String,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
}

impl Request {
    /// For a child of this process.
    pub(crate) fn new(limits: &Limits, reader: &str, arguments: &[String]) -> Self {
        Self {
            parent: std::process::id(),
            memory_bytes: limits.memory_bytes,
            // Zero seconds would be no limit on some kernels and a death at once on others.
            cpu_s: limits.cpu.as_secs().max(1),
            document_bytes: u64::try_from(limits.document_bytes).unwrap_or(u64::MAX),
            reader: reader.to_owned(),
            arguments: arguments.to_vec(),
        }
    }

    /// The child's command line, without the program.
    pub(crate) fn to_arguments(&self) -> Vec<String> {
        let numbers = [
            u64::from(self.parent),
            self.memory_bytes,
            self.cpu_s,
            self.document_bytes,
        ];
        std::iter::once(ARGUMENT.to_owned())
            .chain(numbers.map(|number| number.to_string()))
            .chain(std::iter::once(self.reader.clone()))
            .chain(self.arguments.iter().cloned())
            .collect()
    }

    /// Reads what follows [`ARGUMENT`] on a command line.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut arguments = arguments.map(|argument| argument.into_string().ok());
        let mut number = || arguments.next()??.parse::<u64>().ok();
        let (parent, memory_bytes, cpu_s, document_bytes) = (number()?, number()?, number()?, number()?);
        Some(Self {
            parent: u32::try_from(parent).ok()?,
            memory_bytes,
            cpu_s,
            document_bytes,
            reader: arguments.next()??,
            arguments: arguments.collect::<Option<Vec<_>>>()?,
        })
    }

    /// Whether `pid` is the parent.
    pub(crate) fn is_child_of(&self, pid: Option<Pid>) -> bool {
        let pid = pid.map(|pid| pid.as_raw_nonzero().get());
        pid.is_some_and(|pid| u32::try_from(pid) == Ok(self.parent))
    }
}

/// What the child writes before the reader runs: from here on its end says something about the document. The second
/// byte tells what the kernel answered to the filter of system calls: nothing, or an error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// 0 where the filter is in place.
    pub(crate) filter_errno: u8,
}

impl Header {
    /// Bytes it takes.
    pub(crate) const LEN: usize = 2;

    const MARK: u8 = b'R';

    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        [Self::MARK, self.filter_errno]
    }

    /// The header that `output` begins with, if it does.
    pub(crate) fn of(output: &[u8]) -> Option<Self> {
        match output {
            [Self::MARK, filter_errno, ..] => Some(Self {
                filter_errno: *filter_errno,
            }),
            _ => None,
        }
    }
}

/// Exit codes of a reader's process. Not those of a shell, of a command line, or of Rust's own panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The reader returned.
    Finished = 0,
    /// It did not come as far as the reader; why is on stderr.
    Setup = 110,
    /// No reader has that name.
    UnknownReader = 111,
    /// The reader returned an error.
    ReaderError = 112,
    /// The reader panicked.
    Panicked = 113,
    /// There was no memory for the document or for the stack.
    Memory = 114,
}

impl Code {
    const ALL: [Self; 6] = [
        Self::Finished,
        Self::Setup,
        Self::UnknownReader,
        Self::ReaderError,
        Self::Panicked,
        Self::Memory,
    ];

    /// The code that a process exited with, if it is one of these.
    pub(crate) fn of(exit: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| *code as i32 == exit)
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        ExitCode::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_command_line() {
        let arguments = vec![String::new(), "--pages".to_owned(), "ä\n".to_owned()];
        let request = Request::new(&Limits::default(), "pdf-text", &arguments);
        let mut line = request.to_arguments().into_iter().map(OsString::from);
        assert_eq!(line.next(), Some(OsString::from(ARGUMENT)));
        assert_eq!(Request::parse(line), Some(request));
    }

    #[test]
    fn a_command_line_that_is_no_request_is_none() {
        for line in [
            "",
            "1",
            "1 2 3 4",
            "1 2 x 4 name",
            "-1 2 3 4 name",
            "99999999999 2 3 4 name",
        ] {
            let words = line.split(' ').map(OsString::from);
            assert_eq!(Request::parse(words), None, "{line}");
        }
    }

    #[test]
    fn only_a_header_is_a_header() {
        let header = Header { filter_errno: 22 };
        assert_eq!(Header::of(&header.to_bytes()), Some(header));
        assert_eq!(Header::of(b"R"), None);
        assert_eq!(Header::of(b"Usage: docmill"), None);
    }

    #[test]
    fn codes_are_told_apart() {
        for code in Code::ALL {
            assert_eq!(Code::of(code as i32), Some(code));
        }
        assert_eq!(Code::of(101), None);
    }
}
