//! Docmill's pipelines, one folder each, and the list of them.

mod cells;
mod ladder;
mod novel;
mod pdf;

use std::sync::Arc;

use docmill_core::pipeline::Registry;
use docmill_core::sandbox::NamedReader;

pub use novel::Novel;
pub use pdf::ScanModels;

/// What an installation has beside the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Language models.
    pub models: bool,
}

/// Every pipeline of this installation. Scans are read where `DOCMILL_MODELS` names the folder with the networks.
pub fn registry(offer: Offer) -> Registry {
    let scans = ScanModels::from_environment();
    Registry::new(vec![Arc::new(
        Novel::new().with_models(offer.models).with_scans(scans),
    )])
}

/// What the pipelines' documents are read by: whoever runs a pipeline has a sandbox that knows these.
pub fn readers() -> Vec<NamedReader> {
    vec![
        NamedReader {
            name: pdf::READER,
            read: docmill_documents::pdf::read_text,
        },
        NamedReader {
            name: pdf::SCAN_READER,
            read: docmill_documents::pdf::read_scans,
        },
    ]
}
