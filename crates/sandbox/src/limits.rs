//! How much a reader may use. The worker's memory is the sum of it: see `WorkerMemory` in `template.yaml`, and
//! `infra/checks/template.py`, which adds it up.

use std::time::Duration;

/// Address space. Of 43 PDFs of up to 34 MB and 2,415 pages each was read within it. Address space and not resident
/// memory: the kernel has no limit on the latter for a single process.
const MEMORY_BYTES: u64 = 512 << 20;

/// Processor time, over all threads. 80 MB of drawing operators took 3 s on an idle core; a function with little memory
/// has a fraction of one.
const CPU: Duration = Duration::from_secs(20);

/// Time on the clock. Above the processor time, for a machine that is busy; a reader that waits for something that
/// never comes uses no processor time.
const WALL: Duration = Duration::from_secs(30);

/// Far above the text of any document. The parent holds all of it.
const OUTPUT_BYTES: usize = 64 << 20;

/// Above the largest file that any pipeline takes.
const DOCUMENT_BYTES: usize = 64 << 20;

/// What a reader may use. The parent keeps `wall` and `output_bytes`; the child sets the others on itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Address space of the process in bytes, the program itself and the [stack](Limits::STACK_BYTES) included.
    /// Default: 512 MiB.
    pub memory_bytes: u64,
    /// Processor time of all its threads, in whole seconds, at least one. Default: 20 s.
    pub cpu: Duration,
    /// Time from its start to its end. Default: 30 s.
    pub wall: Duration,
    /// Bytes of its answer. Default: 64 MiB.
    pub output_bytes: usize,
    /// Bytes of the document. Default: 64 MiB.
    pub document_bytes: usize,
}

impl Limits {
    /// Stack of the thread that the reader runs on. Nested documents overflow the usual 8 MB; pages that are never
    /// touched cost nothing but address space.
    pub const STACK_BYTES: usize = 64 << 20;

    /// Files that may be open: standard input, output and error, and what a library may need for itself.
    pub(crate) const OPEN_FILES: u64 = 16;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            cpu: CPU,
            wall: WALL,
            output_bytes: OUTPUT_BYTES,
            document_bytes: DOCUMENT_BYTES,
        }
    }
}
