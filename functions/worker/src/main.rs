//! `worker` with the installation's pipelines.

use std::process::ExitCode;

use docmill_aws::config::{self, Env};
use docmill_pipelines::Offer;

fn main() -> Result<ExitCode, lambda_runtime::Error> {
    let models = config::has_models(&Env::process());
    docmill_worker::start(
        docmill_pipelines::registry(Offer { models }),
        &docmill_pipelines::readers(),
    )
}
