//! What reading a file costs: processor time and memory, whatever else the machine does.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
/// The allocator counts for all threads: one measurement at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What something used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Processor time of its thread.
    pub(crate) cpu: Duration,
    /// Bytes that were allocated at once, beyond those of what it was given.
    pub(crate) memory_bytes: usize,
}

/// Makes a file and measures reading it.
pub(crate) fn measured<F, T>(make: impl FnOnce() -> F, read: impl FnOnce(F) -> T) -> (T, Used) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = make();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let began = cpu();
    let found = read(file);
    let used = Used {
        cpu: cpu().saturating_sub(began),
        memory_bytes: MEMORY.peak_usage().saturating_sub(before),
    };
    (found, used)
}

/// Processor time of this thread: the first number that Linux has for it.
fn cpu() -> Duration {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(numbers.split(' ').next().unwrap().parse().unwrap())
}
