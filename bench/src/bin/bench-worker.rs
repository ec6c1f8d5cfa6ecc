//! `worker` with the pipeline of empty chunks.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    docmill_worker::serve(docmill_bench::registry()).await
}
