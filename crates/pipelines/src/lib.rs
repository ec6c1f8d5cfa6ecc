//! Docmill's pipelines, one folder each, and the list of them.

mod cells;
mod novel;
mod pdf;

use std::sync::Arc;

use docmill_core::pipeline::Registry;
use docmill_core::sandbox::NamedReader;

pub use novel::Novel;

/// Every pipeline of this installation.
pub fn registry() -> Registry {
    Registry::new(vec![Arc::new(Novel::new())])
}

/// What the pipelines' documents are read by: whoever runs a pipeline has a sandbox that knows these.
pub fn readers() -> Vec<NamedReader> {
    vec![NamedReader {
        name: pdf::READER,
        read: docmill_documents::pdf::read_text,
    }]
}
