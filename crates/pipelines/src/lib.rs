//! Docmill's pipelines, one folder each, and the list of them.

mod cells;
mod halt;
mod ladder;
mod novel;
mod ocr;
mod pdf;
mod rows;
mod settings;
mod timetable;

use std::sync::Arc;

use docmill_core::pipeline::Registry;
use docmill_core::sandbox::NamedReader;

pub use novel::Novel;
pub use ocr::{BuiltinReader, has_networks, networks_folder};
pub use timetable::Timetable;

/// What an installation has beside the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Language models.
    pub models: bool,
}

/// Every pipeline of this installation.
pub fn registry(offer: Offer) -> Registry {
    Registry::new(vec![
        Arc::new(Novel::new().with_models(offer.models)),
        Arc::new(Timetable::new().with_models(offer.models)),
    ])
}

/// What the pipelines' documents are read by: whoever runs a pipeline has a sandbox that knows these.
pub fn readers() -> Vec<NamedReader> {
    let mut readers = vec![
        NamedReader {
            name: pdf::READER,
            read: docmill_documents::pdf::read_text,
        },
        NamedReader {
            name: pdf::DRAWER,
            read: docmill_documents::pdf::draw_page,
        },
        NamedReader {
            name: ocr::READER,
            read: docmill_documents::ocr::read_picture,
        },
        NamedReader {
            name: pdf::CONTENT,
            read: docmill_documents::pdf::read_content,
        },
    ];
    readers.extend(timetable::READERS);
    readers
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// They lie side by side in a company's export, and in the folder that a browser saves to.
    #[test]
    fn files_of_a_result_have_different_names() {
        for pipeline in registry(Offer::default()).all() {
            let formats = pipeline.spec().formats;
            let parts = formats
                .iter()
                .flat_map(|format| [1, 2].map(|part| format.file_name("result", part)));
            let names: BTreeSet<String> = parts.collect();
            assert_eq!(names.len(), 2 * formats.len(), "{names:?}");
            assert!(names.contains("result.json") && names.contains("result-2.json"));
        }
    }
}
