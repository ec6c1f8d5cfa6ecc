//! Readers of every kind in processes of their own, which are this program.
//!
//! `cargo test -p docmill-sandbox --test sandbox [-- part-of-a-test's-name]`

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod ends;
mod processes;
mod readers;
mod rights;
mod unfiltered;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::process::ExitCode;

use bytes::Bytes;
use docmill_core::ports::PortResult;
use docmill_core::sandbox::{Sandbox, SandboxAnswer, SandboxTask};
use docmill_sandbox::{ChildProcess, Limits};
use tokio::runtime::Runtime;

/// A test, and what it is called.
type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

macro_rules! tests {
    ($($file:ident::$test:ident,)*) => {
        const TESTS: &[Test] = &[$((
            concat!(stringify!($file), "::", stringify!($test)),
            || Box::pin($file::$test()),
        )),*];
    };
}

tests! {
    ends::a_reader_answers,
    ends::a_large_document_comes_and_goes,
    ends::an_unknown_reader_is_an_error,
    ends::a_program_without_readers_is_an_error,
    ends::a_document_above_its_limit_is_an_error,
    ends::an_error_keeps_what_was_written,
    ends::a_panic_is_a_crash,
    ends::an_abort_is_a_crash,
    ends::a_stack_that_overflows_is_a_crash,
    ends::a_deep_stack_is_none,
    ends::an_allocation_is_refused,
    ends::many_allocations_are_refused,
    ends::a_document_that_does_not_fit_is_out_of_memory,
    ends::a_loop_is_out_of_time,
    ends::a_wait_is_out_of_time,
    ends::a_flood_is_too_much_output,
    ends::output_may_be_as_large_as_its_limit,
    ends::chatter_on_stderr_stops_nobody,
    rights::the_environment_is_empty,
    rights::a_reader_has_no_rights,
    rights::a_reader_may_have_threads,
    unfiltered::documents_are_read_with_one_warning,
    processes::a_dropped_future_leaves_no_process,
    processes::a_dead_parent_leaves_no_child,
    processes::readers_run_side_by_side,
}

fn main() -> ExitCode {
    if let Some(end) = docmill_sandbox::child(readers::ALL) {
        return end;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(processes::PARENT) => runtime.block_on(processes::be_a_parent()),
        Some(unfiltered::UNFILTERED) => runtime.block_on(unfiltered::be_without_filters()),
        _ => {
            return run(
                &runtime,
                arguments.iter().find(|argument| !argument.starts_with('-')),
            );
        }
    }
    ExitCode::SUCCESS
}

/// Runs the tests one after the other: all, or those with `part` in their name.
fn run(runtime: &Runtime, part: Option<&String>) -> ExitCode {
    let is_wanted = |test: &&Test| part.is_none_or(|part| test.0.contains(part.as_str()));
    let wanted: Vec<&Test> = TESTS.iter().filter(is_wanted).collect();
    let mut failed = 0;
    for (name, test) in &wanted {
        let passed = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test()))).is_ok();
        println!("{name} {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    println!("{} tests, {failed} failed", wanted.len());
    ExitCode::from(u8::from(failed > 0))
}

/// Reads a document under limits.
async fn try_read(limits: Limits, reader: &'static str, document: &[u8]) -> PortResult<SandboxAnswer> {
    let task = SandboxTask {
        reader,
        arguments: vec!["an argument".to_owned(), String::new()],
        document: Bytes::copy_from_slice(document),
    };
    ChildProcess::new(limits).read(task).await
}

/// Reads a document under the usual limits, and expects an answer.
async fn read(reader: &'static str, document: &[u8]) -> SandboxAnswer {
    try_read(Limits::default(), reader, document).await.unwrap()
}
