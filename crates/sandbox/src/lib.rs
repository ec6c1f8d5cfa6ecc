//! Reads untrusted documents in a process of their own, with limits and without rights.
//!
//! [`ChildProcess`] starts the running program again as a reader of one document. The program's `main` calls
//! [`child`] before it does anything else: in a process that was started as a reader this gives up every right it does
//! not need, runs the reader, and says how the process is to end. Everywhere else it does nothing.
//!
//! ```text
//! parent                                     child
//!   document  -> sealed file in memory  ->     stdin
//!   limits, name, arguments             ->     command line; the environment is empty
//!   answer, up to a limit               <-     stdout: a header, then what the reader writes
//!   a look at its last words            <-     stderr
//! ```
//!
//! What holds a reader that a document has taken over: limits on address space, processor time, files and their size;
//! a filter that leaves it the system calls of arithmetic and of writing its answer; no environment, so no credentials;
//! and a parent that stops reading, and ends it, after a time.
//!
//! - `limits`: how much. `protocol`: what parent and child tell each other.
//! - `child`: the child's side. `confine`: what it gives up. `filter`: the system calls it keeps.
//! - `parent`: the other side. `document`: how the document travels. `ending`: what an exit status means.
//!
//! Linux only, as its users are.

mod child;
mod confine;
mod document;
mod ending;
mod filter;
mod limits;
mod parent;
mod protocol;

pub use child::child;
pub use limits::Limits;
pub use parent::ChildProcess;
