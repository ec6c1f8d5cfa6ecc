//! `worker` with the installation's pipelines.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    docmill_worker::serve(docmill_pipelines::registry()).await
}
