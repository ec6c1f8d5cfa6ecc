//! Docmill's pipelines, one folder each, and the list of them.

mod novel;
mod pdf;

use std::sync::Arc;

use docmill_core::pipeline::Registry;

pub use novel::Novel;

/// Every pipeline of this installation.
pub fn registry() -> Registry {
    Registry::new(vec![Arc::new(Novel::new())])
}
