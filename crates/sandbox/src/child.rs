//! The child's side.

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use docmill_core::sandbox::NamedReader;

use crate::Limits;
use crate::confine::confine;
use crate::document;
use crate::protocol::{ARGUMENT, Code, Header, Request};

/// Runs one of `readers` if this process was [started](crate::ChildProcess) to do so, and says how it is to end: `main`
/// returns that at once. `None` in every other process.
///
/// To be called first thing in `main`, before a runtime or a thread: what it gives up must not be held already, and a
/// thread that runs when the system calls are filtered would keep them.
///
/// The reader's `output` is not buffered: what it wrote is with the parent, however it ends. One that writes in small
/// pieces wraps it in a [`BufWriter`](io::BufWriter) and flushes that where a loss would hurt.
pub fn child(readers: &[NamedReader]) -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let code = serve(arguments, readers).unwrap_or_else(|error| {
        // No document was looked at yet, so this quotes none. Should it not get through, the exit code still does.
        let _ = writeln!(io::stderr(), "{error}");
        Code::Setup
    });
    Some(code.into())
}

fn serve(arguments: impl Iterator<Item = OsString>, readers: &[NamedReader]) -> io::Result<Code> {
    let request = Request::parse(arguments)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is not for people to call"))?;
    let filter = confine(&request)?;
    // A panic's message may quote the document.
    std::panic::set_hook(Box::new(|_| {}));
    let Some(reader) = readers.iter().find(|reader| reader.name == request.reader) else {
        return Ok(Code::UnknownReader);
    };
    let document = match document::receive(request.document_bytes) {
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => return Ok(Code::Memory),
        received => received?,
    };
    let header = Header {
        filter_errno: filter.err().unwrap_or(0),
    };
    Answer.write_all(&header.to_bytes())?;
    Ok(run(*reader, request.arguments, document))
}

/// Runs the reader on a thread with a stack for nested documents.
fn run(reader: NamedReader, arguments: Vec<String>, document: Vec<u8>) -> Code {
    let read = move || {
        let run = AssertUnwindSafe(|| (reader.read)(&arguments, document, &mut Answer));
        match catch_unwind(run) {
            Ok(Ok(())) => Code::Finished,
            Ok(Err(_)) => Code::ReaderError,
            Err(payload) => {
                // Dropping it may panic once more.
                std::mem::forget(payload);
                Code::Panicked
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(Limits::STACK_BYTES);
    match thread.spawn(read) {
        Ok(thread) => thread.join().unwrap_or(Code::Panicked),
        // No address space for the stack.
        Err(_) => Code::Memory,
    }
}

/// Standard output without the buffer of [`io::Stdout`], which dies with the process.
struct Answer;

impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
