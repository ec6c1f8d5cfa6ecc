//! `intake` with the installation's pipelines.

use docmill_aws::config::{self, Env};
use docmill_pipelines::Offer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let models = config::has_models(&Env::process());
    docmill_intake::serve(docmill_pipelines::registry(Offer { models })).await
}
