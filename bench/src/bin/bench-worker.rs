//! `worker` with the pipeline of empty chunks.

use std::process::ExitCode;

fn main() -> Result<ExitCode, lambda_runtime::Error> {
    docmill_worker::start(docmill_bench::registry(), &docmill_pipelines::readers())
}
