//! What reading a file costs: processor time and memory, whatever else the machine does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
/// See [`Alone`].
static ALONE: Mutex<()> = Mutex::new(());

/// What something used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Processor time of its thread.
    pub(crate) cpu: Duration,
    /// Bytes that were allocated at once, beyond those of what it was given.
    pub(crate) memory_bytes: usize,
}

/// The allocator counts for all threads: while somebody measures, and looks at what was read, no other test may work.
pub(crate) struct Alone {
    _guard: MutexGuard<'static, ()>,
}

impl Alone {
    /// Waits for the other tests.
    pub(crate) fn wait() -> Self {
        Self {
            _guard: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Makes a file and measures reading it.
    pub(crate) fn measured<F, T>(&self, make: impl FnOnce() -> F, read: impl FnOnce(F) -> T) -> (T, Used) {
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
}

/// Processor time of this thread: the first number that Linux has for it.
fn cpu() -> Duration {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(numbers.split(' ').next().unwrap().parse().unwrap())
}
