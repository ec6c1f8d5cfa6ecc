//! Benchmarks of the deployed stack.
//!
//! # Layout
//! - [`empty`]: a pipeline whose chunks do nothing, so that nothing but the platform is measured. The bins
//!   `bench-intake` and `bench-worker` are the functions with this pipeline beside the usual ones.
//! - [`measure`]: medians and tables. [`latency`], [`load`], [`race`], [`requests`]: one benchmark a file.

pub mod empty;
pub mod latency;
pub mod load;
pub mod measure;
pub mod race;
pub mod requests;

use std::sync::Arc;

use docmill_core::pipeline::{Pipeline, Registry};
use docmill_pipelines::Offer;

/// What a benchmark may fail with; it is shown as it is.
pub type BenchResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The usual pipelines and [`empty::Empty`].
pub fn registry() -> Registry {
    let empty: Arc<dyn Pipeline> = Arc::new(empty::Empty::default());
    docmill_pipelines::registry(Offer::default()).with(empty)
}
