//! Structured logs: JSON lines on standard output, which CloudWatch Logs takes as they are.
//!
//! `RUST_LOG` filters by level and by crate (`info`, `warn,docmill_core=debug`). INFO is quiet: one line an invocation,
//! written at the boundary, with `job_id`, `outcome` and `duration_ms` where there are such. Release builds have no TRACE:
//! none is written here, and the libraries' tells of bytes on the wire.

use std::panic::PanicHookInfo;
use std::time::Instant;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging. To be called once, first thing in `main`.
pub fn init() {
    let filter = std::env::var("RUST_LOG")
        .ok()
        .and_then(|filter| filter.parse::<Targets>().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_ansi(false);
    // Refused only when somebody started logging before, and then there are logs.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    std::panic::set_hook(Box::new(log_panic));
}

/// Where it happened, and not its message: that may quote the document at work.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map(|location| format!("{}:{}", location.file(), location.line()));
    tracing::error!(place, "panic");
}

/// Milliseconds since `started`, for `duration_ms`.
pub fn ms_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
