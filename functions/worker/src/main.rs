//! `worker` with the installation's pipelines.

use std::process::ExitCode;

fn main() -> Result<ExitCode, lambda_runtime::Error> {
    docmill_worker::start(docmill_pipelines::registry(), &docmill_pipelines::readers())
}
